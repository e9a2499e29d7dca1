"""What candidates are held against, and how often a store is asked for it."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

import pytest
from langgraph.store.base import BaseStore, Op, Result
from langgraph.store.memory import InMemoryStore

from langchain_usermem.draft import Scope
from langchain_usermem.memory import Candidate
from langchain_usermem.namespaces import user_namespace
from langchain_usermem.neighbours import neighbours_of
from langchain_usermem.settings import MemorySettings
from langchain_usermem.steps import arun, run
from langchain_usermem.store.faiss_store import FaissStore
from langchain_usermem.store.signals import Choose
from langchain_usermem.user_memory import UserMemory

T = TypeVar("T")

SCOPE = Scope(user=user_namespace("ada"), now=datetime(2026, 5, 1, tzinfo=UTC), key="turn")
SETTINGS = MemorySettings()
FIVE = [
    Candidate(content="Lives in York", attribute="home_city"),
    Candidate(content="Likes strong tea", attribute="opinion:tea"),
    Candidate(content="Likes weak tea", attribute="opinion:tea"),
    Candidate(content="Has a golden retriever"),
    Candidate(content="dog", forget=True),
]


class _CountingFaiss(FaissStore):
    """Our own store, with what it was asked for."""

    batches = 0
    ranked = 0

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        self.batches += 1
        return super().batch(ops)

    def chosen(self, namespaces: Sequence[tuple[str, ...]], query: str, choose: Choose[T]) -> T:
        self.ranked += 1
        return super().chosen(namespaces, query, choose)


class _CountingInMemory(InMemoryStore):
    """A store of LangGraph's, with how often it was asked."""

    batches = 0

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        self.batches += 1
        return super().batch(ops)


def filled(store: BaseStore) -> BaseStore:
    """A store with memories of two owners."""
    memory = UserMemory(store, user_id="ada")
    memory.remember("Lives in Leeds", attribute="home_city")
    memory.remember("Likes tea", attribute="opinion:tea")
    memory.remember("Has a dog", agent_id="vet")
    return store


def seen(store: BaseStore, scope: Scope = SCOPE) -> list[set[str]]:
    """The statements beside each of five candidates."""
    found = run(neighbours_of(store, FIVE, scope, SETTINGS))
    return [{recalled.memory.content for recalled in beside} for beside in found]


@pytest.mark.parametrize("kind", [FaissStore, InMemoryStore])
def test_each_candidate_is_held_against_its_own_neighbours(kind: type) -> None:
    """Those of its owner near it and in its slot; to be forgotten is what any agent keeps."""
    store = filled(kind(":memory:") if kind is FaissStore else kind())
    shared = {"Lives in Leeds", "Likes tea"}
    *beside, forgettable = seen(store)
    assert beside == [shared, shared, shared, shared]
    assert forgettable == shared | {"Has a dog"}
    own = Scope(**{**SCOPE.__dict__, "agent_id": "vet"})
    assert seen(store, own)[3] == {"Has a dog"}


def test_what_fills_a_slot_is_seen_however_far_it_is() -> None:
    """Beyond the nearest, and with no word in common."""
    store = FaissStore(":memory:")
    memory = UserMemory(store, user_id="ada")
    memory.remember("Resides somewhere", attribute="home_city")
    memory.remember_many([f"Lives in York street {number}" for number in range(30)])
    assert "Resides somewhere" in seen(store)[0]


def test_five_candidates_cost_as_many_reads_as_one() -> None:
    """The winners of each are read as they are ranked, and the slots of all in one batch."""
    ours = filled(_CountingFaiss(":memory:"))
    assert isinstance(ours, _CountingFaiss)
    ours.batches = ours.ranked = 0
    run(neighbours_of(ours, FIVE[:4], SCOPE, SETTINGS))
    assert (ours.ranked, ours.batches) == (4, 1)
    other = filled(_CountingInMemory())
    assert isinstance(other, _CountingInMemory)
    other.batches = 0
    run(neighbours_of(other, FIVE[:4], SCOPE, SETTINGS))
    # The nearest; all of it, for want of vectors; the slots.
    assert other.batches == 3


async def test_read_without_blocking_they_are_the_same() -> None:
    """Awaited, every candidate has the neighbours it has otherwise."""
    store = filled(FaissStore(":memory:"))
    awaited = await arun(neighbours_of(store, FIVE, SCOPE, SETTINGS))
    assert awaited == run(neighbours_of(store, FIVE, SCOPE, SETTINGS))
