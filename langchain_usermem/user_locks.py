"""One consolidation at a time for each user, within this process.

Two turns of one user that are consolidated at once would not see each other: both would add,
and neither would supersede. Other users never wait.
"""

import asyncio
import threading
from weakref import WeakValueDictionary

from langgraph.store.base import BaseStore

from langchain_usermem.namespaces import Namespace
from langchain_usermem.steps import Effect

_POLL_SECONDS = 0.005


class UserLock:
    """A lock that any thread or task may hold, and any may release."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def acquired(self) -> Effect[None]:
        """Wait until the lock is held."""
        return Effect(call=self._block, acall=self._poll)

    def release(self) -> None:
        """Let the next one in."""
        self._lock.release()

    def _block(self) -> None:
        self._lock.acquire()

    async def _poll(self) -> None:
        # A thread that waits in a cancelled task's place would hold the lock for ever.
        while not self._lock.acquire(blocking=False):  # noqa: ASYNC110 - threads hold it too
            await asyncio.sleep(_POLL_SECONDS)


_locks: WeakValueDictionary[tuple[int, Namespace], UserLock] = WeakValueDictionary()
_guard = threading.Lock()


def lock_of(store: BaseStore, user: Namespace) -> UserLock:
    """The lock of a user in a store; it lives as long as somebody refers to it."""
    with _guard:
        lock = _locks.get((id(store), user))
        if lock is None:
            lock = _locks[id(store), user] = UserLock()
        return lock
