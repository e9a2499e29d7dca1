"""A thread that deletes what has expired, at intervals."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future

from langchain_usermem.errors import StoreClosedError, StoreError

_LOG = logging.getLogger(__name__)


class Sweeper:
    """Calls `sweep` every so often between `start` and `stop`."""

    def __init__(self, sweep: Callable[[], int]) -> None:
        self._sweep = sweep
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._done: Future[None] = Future()

    def start(self, interval_minutes: float) -> "Future[None]":
        """Begin, unless begun already; the future is done when the sweeper has stopped."""
        if self._thread is None or not self._thread.is_alive():
            self._stopped = threading.Event()
            self._done = Future()
            # Whoever cancels the future stops the sweeper.
            self._done.add_done_callback(lambda _, stopped=self._stopped: stopped.set())  # type: ignore[misc] # bound early
            self._thread = threading.Thread(
                target=self._work,
                args=(self._stopped, self._done, 60 * interval_minutes),
                name="usermem-sweeper",
                daemon=True,
            )
            self._thread.start()
        return self._done

    def stop(self, timeout: float | None = None) -> bool:
        """Stop, and wait up to `timeout` seconds; returns whether it has stopped."""
        self._stopped.set()
        if self._thread is None:
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _work(
        self, stopped: threading.Event, done: "Future[None]", interval_seconds: float
    ) -> None:
        while not stopped.wait(interval_seconds):
            try:
                self._sweep()
            except StoreClosedError:
                break
            except StoreError:
                # The next round tries again; reads leave expired rows out all the same.
                _LOG.warning("sweeping expired rows failed", exc_info=True)
        if done.set_running_or_notify_cancel():
            done.set_result(None)
