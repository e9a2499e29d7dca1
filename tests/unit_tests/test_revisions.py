"""Writes that are done only if nobody wrote about the user in between."""

from collections.abc import Iterator

import pytest
from langgraph.store.base import BaseStore, PutOp
from langgraph.store.memory import InMemoryStore

from langchain_usermem.errors import StoreBusyError
from langchain_usermem.namespaces import Namespace, user_namespace
from langchain_usermem.revisions import MAX_TRIES, Found, Plan, alone, unhindered
from langchain_usermem.steps import Steps, arun, run
from langchain_usermem.store.faiss_store import FaissStore

ADA = user_namespace("ada")
BOB = user_namespace("bob")
PLACE = (*ADA, "numbers"), "n"


@pytest.fixture
def store() -> Iterator[FaissStore]:
    """A store in memory, without vectors."""
    with FaissStore(":memory:", index=False) as opened:
        yield opened


def number(store: BaseStore) -> int:
    """The number as it is stored."""
    item = store.get(*PLACE)
    return int(item.value["n"]) if item else 0


def counting(store: BaseStore, user: Namespace, *, interrupted_by: Iterator[object]) -> Steps[int]:
    """Add one to a number; whatever interrupts happens between reading and writing."""

    def work(_: Found) -> Steps[Plan[int]]:
        yield from ()
        read = number(store)
        next(interrupted_by, None)
        return Plan([PutOp(*PLACE, {"n": read + 1})], read + 1)

    return (yield from unhindered(store, user, work))


def others(store: BaseStore, user: Namespace, times: int) -> Iterator[object]:
    """Somebody else counts, so many times."""
    for _ in range(times):
        yield run(counting(store, user, interrupted_by=iter(())))


def test_another_write_in_between_begins_the_work_again(store: FaissStore) -> None:
    """Neither of two who count at once is lost."""
    assert run(counting(store, ADA, interrupted_by=others(store, ADA, 3))) == 4
    assert number(store) == 4


async def test_the_awaiting_path_does_the_same(store: FaissStore) -> None:
    """Neither of two who count at once is lost."""
    assert await arun(counting(store, ADA, interrupted_by=others(store, ADA, 1))) == 2


def test_writes_about_other_users_hinder_nobody(store: FaissStore) -> None:
    """The count is one of each user's own: what Bob writes goes unnoticed."""
    assert run(counting(store, ADA, interrupted_by=others(store, BOB, 1))) == 1


def test_work_that_is_always_overtaken_ends(store: FaissStore) -> None:
    """After so many tries the error says that others were faster."""
    with pytest.raises(StoreBusyError, match=str(MAX_TRIES)):
        run(counting(store, ADA, interrupted_by=others(store, ADA, MAX_TRIES)))
    assert number(store) == MAX_TRIES


def test_a_watched_item_that_changes_begins_the_work_again(store: FaissStore) -> None:
    """Also where it was written without being counted."""
    seen = []

    def work(found: Found) -> Steps[Plan[None]]:
        yield from ()
        seen.append(found[PLACE] is not None)
        store.put(*PLACE, {"n": len(seen)}) if len(seen) == 1 else None
        return Plan([PutOp((*ADA, "numbers"), "done", {})], None)

    run(alone(store, ADA, work, watched=[PLACE]))
    assert seen == [False, True]


def test_work_that_writes_nothing_counts_as_no_write(store: FaissStore) -> None:
    """What only looked cannot hinder anybody."""

    def work(_: Found) -> Steps[Plan[str]]:
        yield from ()
        return Plan((), "looked")

    assert run(unhindered(store, ADA, work)) == "looked"
    assert store.list_namespaces() == []


def test_a_store_that_cannot_compare_is_written_as_it_is() -> None:
    """No count is kept where nobody could compare it."""
    plain = InMemoryStore()
    assert run(counting(plain, ADA, interrupted_by=iter(()))) == 1
    assert plain.list_namespaces() == [PLACE[0]]
