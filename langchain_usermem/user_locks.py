"""One consolidation at a time for each user, within this process.

Two turns of one user that are consolidated at once would not see each other: both would add,
and neither would supersede. Other users never wait. A wait has an end: a blocking call on an
event loop, or a child forked meanwhile, would else wait for what can never let go.
"""

import asyncio
import threading
import time
from weakref import WeakValueDictionary

from langgraph.store.base import BaseStore

from langchain_usermem.errors import StoreBusyError
from langchain_usermem.namespaces import Namespace
from langchain_usermem.steps import Effect

MAX_WAIT_SECONDS = 120.0
"""How long a consolidation waits for the one before it, whose model may be slow."""

_POLL_SECONDS = 0.005


class UserLock:
    """A lock that any thread or task may hold, and any may release."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def acquired(self) -> Effect[None]:
        """Wait until the lock is held.

        Raises:
            StoreBusyError: another held it for `MAX_WAIT_SECONDS`.
        """
        return Effect(call=self._block, acall=self._poll)

    def release(self) -> None:
        """Let the next one in."""
        self._lock.release()

    def _block(self) -> None:
        if not self._lock.acquire(timeout=MAX_WAIT_SECONDS):
            raise _busy()

    async def _poll(self) -> None:
        deadline = time.monotonic() + MAX_WAIT_SECONDS
        # A thread that waits in a cancelled task's place would hold the lock for ever.
        while not self._lock.acquire(blocking=False):
            if time.monotonic() > deadline:
                raise _busy()
            await asyncio.sleep(_POLL_SECONDS)


def _busy() -> StoreBusyError:
    return StoreBusyError(
        f"another turn of this user has been consolidated for {MAX_WAIT_SECONDS:g} seconds. Add "
        "this one again later; on an event loop use the async methods."
    )


_locks: WeakValueDictionary[tuple[int, Namespace], UserLock] = WeakValueDictionary()
_guard = threading.Lock()


def lock_of(store: BaseStore, user: Namespace) -> UserLock:
    """The lock of a user in a store; it lives as long as somebody refers to it."""
    with _guard:
        lock = _locks.get((id(store), user))
        if lock is None:
            lock = _locks[id(store), user] = UserLock()
        return lock
