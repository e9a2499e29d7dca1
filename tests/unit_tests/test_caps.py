"""Caps: the least valuable memories go first, and every one of them is in the report."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore

from langchain_usermem.memory import Memory
from langchain_usermem.policy import beyond_caps, value_of
from langchain_usermem.settings import MemorySettings
from langchain_usermem.store.faiss_store import FaissStore
from langchain_usermem.user_memory import UserMemory

ADA = "ada@example.com"
NOW = datetime(2026, 5, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def one(content: str, **fields: object) -> Memory:
    """A memory said now, unless the fields say otherwise."""
    return Memory.from_value(
        {"id": content, "content": content, "observed_at": NOW, "created_at": NOW, **fields}
    )


def capped(**policy: object) -> MemorySettings:
    """Settings with such a policy."""
    return MemorySettings.from_value({"policy": policy})


@pytest.fixture(params=["faiss", "in_memory"])
def store(request: pytest.FixtureRequest) -> Iterator[BaseStore]:
    """Our store, and LangGraph's."""
    made: BaseStore = FaissStore(":memory:") if request.param == "faiss" else InMemoryStore()
    yield made
    if isinstance(made, FaissStore):
        made.close()


def contents(memory: UserMemory) -> list[str]:
    """What is remembered of Ada."""
    return [found.content for found in memory.list(user_id=ADA)]


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ({}, 0.5),
        ({"importance": 0.8, "confidence": 0.5}, 0.4),
        ({"observed_at": NOW - 90 * DAY}, 0.25),
        ({"observed_at": NOW - 180 * DAY, "importance": 1.0}, 0.25),
        ({"observed_at": NOW + 9 * DAY}, 0.5),
    ],
)
def test_value(fields: dict[str, object], value: float) -> None:
    """Importance times confidence, half of it for every 90 days since it was last said."""
    assert value_of(one("a", **fields), NOW) == pytest.approx(value)


def test_what_is_worth_least_goes_first() -> None:
    """By value, of equals the oldest; standing and asked-for ones after all others."""
    memories = [
        one("asked", importance=0.9, observed_at=NOW - 900 * DAY),
        one("standing", importance=0.1, standing=True),
        one("fact"),
        one("older fact", created_at=NOW - DAY),
        one("context", importance=0.3),
        one("doubtful", confidence=0.5),
    ]
    order = [memory.content for memory, _ in beyond_caps(memories, NOW, capped(max_memories=1))]
    assert order == ["doubtful", "context", "older fact", "fact", "asked"]
    backwards = beyond_caps(memories[::-1], NOW, capped(max_memories=1))
    assert [memory.content for memory, _ in backwards] == order


def test_a_cap_that_is_not_reached_forgets_nothing() -> None:
    """As many as are allowed may stay."""
    memories = [one("a"), one("b")]
    assert beyond_caps(memories, NOW, capped(max_memories=2)) == []
    assert beyond_caps(memories, NOW, capped(max_by_category={"fact": 2})) == []
    assert beyond_caps(memories, NOW, MemorySettings()) == []


def test_caps_of_categories_count_before_the_cap_of_all() -> None:
    """What a category has too many of makes room for the others."""
    memories = [one("a"), one("b"), one("c", category="context", importance=0.1)]
    settings = capped(max_memories=2, max_by_category={"fact": 1})
    assert [
        (memory.content, reason) for memory, reason in beyond_caps(memories, NOW, settings)
    ] == [("a", "beyond 1 memories of category 'fact'")]


def test_what_goes_beyond_a_cap_is_reported(store: BaseStore) -> None:
    """The report and the history say what was forgotten and why, and it can be taken back."""
    memory = UserMemory(store, settings=capped(max_memories=2))
    memory.add("I like tea.", user_id=ADA, observed_at=NOW - 400 * DAY)
    memory.add("I like jam.", user_id=ADA, observed_at=NOW)
    report = memory.add("I like figs.", user_id=ADA, observed_at=NOW)
    assert [found.content for found in report.added] == ["Likes figs"]
    assert [found.content for found in report.forgotten] == ["Likes tea"]
    assert report.changes[-1].reason == "beyond 2 memories"
    assert contents(memory) == ["Likes jam", "Likes figs"]
    assert memory.history(user_id=ADA)[-1] == report.changes[-1]
    memory.undo(report.changes[-1].id, user_id=ADA)
    assert sorted(contents(memory)) == ["Likes figs", "Likes jam", "Likes tea"]


def test_statements_and_approval_are_held_against_the_cap(store: BaseStore) -> None:
    """Whichever way memories come in, no more stay than are allowed."""
    settings = capped(max_memories=2, categories={"identity": "review"})
    memory = UserMemory(store, settings=settings)
    memory.remember_many(["Likes tea", "Likes jam", "Likes figs"], user_id=ADA)
    assert len(contents(memory)) == 2
    name = memory.remember("Name is Ada", user_id=ADA, category="identity")
    assert len(memory.list(user_id=ADA)) == 3
    report = memory.approve(name.id, user_id=ADA)
    assert len(report.forgotten) == 1
    assert len(memory.list(user_id=ADA)) == 2
    assert memory.profile(user_id=ADA) == report.approved


def test_private_memories_count_for_their_user(store: BaseStore) -> None:
    """The cap is one over all agents, and not shared between users."""
    memory = UserMemory(store, settings=capped(max_memories=1))
    memory.remember("Likes tea", user_id=ADA)
    memory.remember("Likes jam", user_id="bob@example.com")
    memory.remember("Likes figs", user_id=ADA, agent_id="coach")
    assert contents(memory) == ["Likes figs"]
    assert len(memory.list(user_id="bob@example.com")) == 1


def test_a_replacement_needs_no_room(store: BaseStore) -> None:
    """What is superseded or said again forgets nothing else."""
    memory = UserMemory(store, settings=capped(max_memories=1))
    memory.add("I live in Leeds.", user_id=ADA)
    for text in ("I live in Leeds.", "I moved to York."):
        assert memory.add(text, user_id=ADA).forgotten == []
    assert contents(memory) == ["Lives in York"]


def test_what_is_over_takes_no_place(store: BaseStore) -> None:
    """Nobody recalls it, however much it mattered: what holds now is not forgotten for it."""
    memory = UserMemory(store, settings=capped(max_memories=1))
    memory.remember("Lives in Leeds", user_id=ADA, standing=True, valid_until=NOW - 2_000 * DAY)
    memory.remember_many(["Likes tea"], user_id=ADA)
    assert contents(memory) == ["Likes tea"]
