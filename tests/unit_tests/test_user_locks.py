"""One consolidation at a time for each user."""

import gc

import pytest
from langgraph.store.memory import InMemoryStore

from langchain_usermem import user_locks
from langchain_usermem.errors import StoreBusyError
from langchain_usermem.steps import Steps, arun, run
from langchain_usermem.user_locks import lock_of

ADA, BEN = ("usermem", "ada"), ("usermem", "ben")


def test_a_lock_belongs_to_a_user_of_a_store() -> None:
    """The same user of the same store has one lock, everybody else another."""
    store, other = InMemoryStore(), InMemoryStore()
    lock = lock_of(store, ADA)
    assert lock is lock_of(store, ADA)
    assert lock is not lock_of(store, BEN)
    assert lock is not lock_of(other, ADA)


def test_locks_that_nobody_refers_to_are_gone() -> None:
    """A million users leave nothing behind."""
    store = InMemoryStore()
    kept = [lock_of(store, ("usermem", str(n))) for n in range(10)]
    del kept
    gc.collect()
    assert not [key for key in user_locks._locks if key[0] == id(store)]


async def test_a_wait_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """What can never let go is an error that tells the way out, blocking and awaiting."""
    monkeypatch.setattr(user_locks, "MAX_WAIT_SECONDS", 0.01)
    lock = lock_of(InMemoryStore(), ADA)
    await arun(acquiring(lock))
    with pytest.raises(StoreBusyError, match="async methods"):
        run(acquiring(lock))
    with pytest.raises(StoreBusyError, match="async methods"):
        await arun(acquiring(lock))
    lock.release()
    run(acquiring(lock))
    lock.release()


def acquiring(lock: user_locks.UserLock) -> Steps[None]:
    """The steps of acquiring a lock."""
    yield from lock.acquired()
