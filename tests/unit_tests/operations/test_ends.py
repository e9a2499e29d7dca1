"""The ends of a memory: superseded, forgotten, deleted, expired. Each keeps what it says."""

from datetime import timedelta
from typing import Any

import pytest
from langgraph.store.base import BaseStore

from langchain_usermem.errors import MemoryNotFoundError
from langchain_usermem.memory import Memory
from langchain_usermem.records import tidy
from langchain_usermem.steps import run
from langchain_usermem.times import utc_now
from langchain_usermem.user_memory import UserMemory

ADA = "ada@example.com"
BEFORE, SINCE = "2026-02-01", "2026-04-01"


@pytest.fixture
def memory(store: BaseStore) -> UserMemory:
    """A memory over our store, and one over LangGraph's."""
    return UserMemory(store)


def home(memory: UserMemory, city: str, month: int) -> Memory:
    """A home told on the first of a month of 2026."""
    return memory.remember(
        f"Lives in {city}", user_id=ADA, attribute="home_city", observed_at=f"2026-0{month}-01"
    )


def found(memory: UserMemory, as_of: str | None = None) -> list[str]:
    """What is recalled of where Ada lives."""
    hits = memory.search("Where does she live? Lives in", user_id=ADA, as_of=as_of, floor=0.0)
    return [hit.memory.content for hit in hits]


def tidied(memory: UserMemory, days: float) -> None:
    """Do what is due in so many days."""
    later = utc_now() + timedelta(days=days)
    run(tidy(memory.store, memory.namespace(ADA), later, memory.settings))


def everything(memory: UserMemory) -> str:
    """All that is stored of Ada."""
    return str([i.dict() for i in memory.store.search(memory.namespace(ADA), limit=100)])


def test_what_is_superseded_is_recalled_only_as_of_its_days(memory: UserMemory) -> None:
    """It stays in the past, however much time goes by."""
    home(memory, "Leeds", 1)
    home(memory, "York", 3)
    tidied(memory, days=10_000)
    assert (found(memory), found(memory, BEFORE), found(memory, SINCE)) == (
        ["Lives in York"],
        ["Lives in Leeds"],
        ["Lives in York"],
    )


def test_what_is_over_can_hold_again(memory: UserMemory) -> None:
    """Said anew it is a memory of its own, in force; the time that is over stays what it was."""
    slot: dict[str, Any] = {"user_id": ADA, "attribute": "home_city"}
    memory.remember("Lives in Leeds", observed_at="2026-01-01", valid_until="2026-02-10", **slot)
    memory.remember("Lives in Leeds", observed_at="2026-03-01", **slot)
    assert [[*found(memory, day)] for day in (None, BEFORE, SINCE, "2026-02-20")] == [
        ["Lives in Leeds"],
        ["Lives in Leeds"],
        ["Lives in Leeds"],
        [],
    ]


def test_what_is_forgotten_is_recalled_of_no_day(memory: UserMemory) -> None:
    """Neither now nor as of a day on which it was known; within a week it can be undone."""
    home(memory, "Leeds", 1)
    (change,) = memory.forget("where I live", user_id=ADA).changes
    assert (found(memory), found(memory, BEFORE)) == ([], [])
    tidied(memory, days=6.9)
    memory.undo(change.id, user_id=ADA)
    assert (found(memory), found(memory, BEFORE)) == (["Lives in Leeds"], ["Lives in Leeds"])


def test_what_was_forgotten_a_week_ago_is_purged_with_all_its_versions(memory: UserMemory) -> None:
    """No word of it is left, in whatever wording; a tombstone without text is, and no undoing."""
    one = home(memory, "Leeds", 1)
    memory.update(one.id, user_id=ADA, content="Lives in Headingley")
    (change,) = memory.forget("where I live", user_id=ADA).changes
    tidied(memory, days=7.1)
    assert "Leeds" not in everything(memory)
    assert "Headingley" not in everything(memory)
    (tombstone,) = memory.store.search((*memory.namespace(ADA), "audit"))
    assert (tombstone.key, tombstone.value["action"]) == (one.id, "delete")
    with pytest.raises(MemoryNotFoundError, match="no change"):
        memory.undo(change.id, user_id=ADA)
    assert memory.history(one.id, user_id=ADA) == []


def test_forgetting_a_slot_forgets_what_filled_it_before(memory: UserMemory) -> None:
    """The past that the same words mean goes with it."""
    home(memory, "Leeds", 1)
    home(memory, "York", 3)
    memory.forget("where I live", user_id=ADA)
    assert (found(memory), found(memory, BEFORE)) == ([], [])
    tidied(memory, days=7.1)
    assert "Lives in" not in everything(memory)


def test_what_is_deleted_is_gone_at_once(memory: UserMemory) -> None:
    """Of no day is it recalled, nothing can bring it back, and the tombstone holds no text."""
    one = home(memory, "Leeds", 1)
    (added,) = memory.history(one.id, user_id=ADA)
    memory.delete(one.id, user_id=ADA)
    assert (found(memory), found(memory, BEFORE)) == ([], [])
    assert "Leeds" not in everything(memory)
    (tombstone,) = memory.store.search((*memory.namespace(ADA), "audit"))
    assert tombstone.value.keys() == {"memory_id", "action", "at", "created_at"}
    with pytest.raises(MemoryNotFoundError):
        memory.undo(added.id, user_id=ADA)
    with pytest.raises(MemoryNotFoundError):
        memory.delete(one.id, user_id=ADA)


@pytest.mark.parametrize("end", ["delete", "forget"])
def test_what_a_merge_said_goes_though_it_was_undone(memory: UserMemory, end: str) -> None:
    """The merged memory lies in the past then, and holds the words of both."""
    one, other = (
        memory.remember("Keeps bees", user_id=ADA, consolidate=False, evidence=[quote])
        for quote in ("My bees!", "The hives are mine.")
    )
    (change,) = memory.reflect(user_id=ADA, apply=True).changes
    memory.undo(change.id, user_id=ADA)
    if end == "delete":
        memory.delete(one.id, user_id=ADA)
        assert [m.id for m in memory.list(user_id=ADA, include_past=True)] == [other.id]
        assert "My bees!" not in everything(memory)
        memory.delete(other.id, user_id=ADA)
    else:
        memory.forget("Keeps bees", user_id=ADA)
        tidied(memory, 8)
    assert "bees" not in everything(memory)


def test_what_has_expired_is_past_from_that_moment(memory: UserMemory) -> None:
    """It is recalled until its end and as of the days before; tidying moves it, and keeps it."""
    memory.remember(
        "Lives in a tent",
        user_id=ADA,
        observed_at="2026-01-01",
        expires_at="2026-03-01",
        consolidate=False,
    )
    until = memory.search("tent", user_id=ADA, now="2026-02-28T23:59:59Z", floor=0.0)
    assert len(until) == 1
    assert memory.search("tent", user_id=ADA, now="2026-03-01T00:00:00Z", floor=0.0) == []
    tidied(memory, days=0)
    assert [m.status for m in memory.list(user_id=ADA, include_past=True)] == ["expired"]
    assert (found(memory), found(memory, BEFORE), found(memory, SINCE)) == (
        [],
        ["Lives in a tent"],
        [],
    )
