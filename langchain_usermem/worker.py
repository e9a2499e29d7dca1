"""The thread that works off an inbox while there is anything in it."""

import logging
import os
import threading
from collections.abc import Callable
from typing import Protocol

from langchain_usermem.errors import StoreClosedError
from langchain_usermem.operations.catching_up import InboxHealth
from langchain_usermem.report import AddReport

_LOG = logging.getLogger(__name__)

MAX_POLL_SECONDS = 5.0
"""The longest time in which a turn that became ready goes unnoticed."""


class Inbox(Protocol):
    """What a worker works off."""

    def work_off(self, *, until: Callable[[], bool]) -> AddReport:
        """Extract what is ready; begin nothing more once `until` holds."""
        ...

    def health(self) -> InboxHealth:
        """What waits."""
        ...


def poll_seconds(quiet_seconds: float) -> float:
    """How often to look for turns that have become ready."""
    return min(max(quiet_seconds / 4, 0.01), MAX_POLL_SECONDS)


class InboxWorker:
    """Works off an inbox from the moment it is woken until nothing waits.

    Args:
        inbox: a memory; what `wake` is called for must be in its store already.
        quiet_seconds: how long conversations rest before they are ready.
    """

    def __init__(self, inbox: Inbox, *, quiet_seconds: float) -> None:
        self._inbox = inbox
        self._poll_seconds = poll_seconds(quiet_seconds)
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._process = os.getpid()
        self._guard = threading.Lock()
        self._woken = threading.Event()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """Begin to work, unless that has begun; in a child that was forked, there too."""
        if os.getpid() != self._process:
            # Threads do not come along, and locks may have been held.
            self._begin_anew()
        with self._guard:
            self._woken.set()
            if self._thread is None and not self._stopped.is_set():
                thread = threading.Thread(target=self._work, name="usermem-inbox", daemon=True)
                self._thread = thread
                thread.start()

    def stop(self, timeout: float | None = None) -> bool:
        """Begin nothing more, and wait up to `timeout` seconds for what is being extracted.

        Returns whether nothing is any more. What waits stays in the inbox.
        """
        if os.getpid() != self._process:
            return True
        self._stopped.set()
        self._woken.set()
        thread = self._thread
        if thread is not None:
            thread.join(timeout)
        return thread is None or not thread.is_alive()

    def _work(self) -> None:
        """Work until nothing waits, or until stopped."""
        while True:
            self._woken.clear()
            is_done = self._stopped.is_set() or self._worked_off()
            with self._guard:
                # Who wakes it after this begins it anew.
                if self._stopped.is_set() or (is_done and not self._woken.is_set()):
                    self._thread = None
                    return
            self._woken.wait(self._poll_seconds)

    def _worked_off(self) -> bool:
        """Whether nothing waits any more, or nothing can be done about it."""
        try:
            self._inbox.work_off(until=self._stopped.is_set)
            return not self._inbox.health().waiting
        except StoreClosedError:
            return True
        except Exception as error:  # noqa: BLE001 - it tries again, whatever a store raises
            # The text of an error may quote what somebody said.
            _LOG.warning("working off the inbox failed: %s", type(error).__name__)
            return False
