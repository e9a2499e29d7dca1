"""Writes that happen only if what they build on is unchanged."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from langgraph.store.base import GetOp, InvalidNamespaceError, Item, Op, PutOp
from langgraph.store.memory import InMemoryStore

from langchain_usermem.errors import InvalidOperationError
from langchain_usermem.store import ConditionalStore, FaissStore
from langchain_usermem.store.conditional import Versions
from langchain_usermem.store.signals import Namespace

from .conftest import Clock, HashEmbeddings

ADA: Namespace = ("users", "ada")
ApplyIf = Callable[[FaissStore, list[Op], Versions], bool]


def _awaited(store: FaissStore, ops: list[Op], versions: Versions) -> bool:
    async def run() -> bool:
        return await store.aapply_if(ops, versions)

    return asyncio.run(run())


@pytest.fixture(params=[FaissStore.apply_if, _awaited], ids=["sync", "async"])
def apply_if(request: pytest.FixtureRequest) -> ApplyIf:
    """Either way to write on a condition."""
    chosen: ApplyIf = request.param
    return chosen


def version(store: FaissStore, key: str) -> datetime | None:
    """The version of a key, None if it has no item."""
    found = store.get(ADA, key)
    return found.updated_at if found else None


def value(store: FaissStore, key: str) -> dict[str, Any] | None:
    """The value of a key."""
    found = store.get(ADA, key)
    return found.value if found else None


def test_unchanged_items_let_the_batch_through(store: FaissStore, apply_if: ApplyIf) -> None:
    """A batch of puts and deletes is done, and is searched like any other."""
    store.put(ADA, "a", {"text": "one"})
    store.put(ADA, "b", {"text": "two"})
    versions = {(ADA, key): version(store, key) for key in "abc"}
    ops: list[Op] = [PutOp(ADA, "a", {"text": "three"}), PutOp(ADA, "b", None)]
    assert apply_if(store, [*ops, PutOp(ADA, "c", {"text": "four"})], versions) is True
    assert [value(store, key) for key in "abc"] == [{"text": "three"}, None, {"text": "four"}]
    best = store.search(ADA, query="three")[0]
    assert (best.key, round(best.score or 0, 4)) == ("a", 1.0)


@pytest.mark.parametrize("change", ["update", "same value", "delete", "replace"])
def test_changed_item_stops_the_batch(store: FaissStore, apply_if: ApplyIf, change: str) -> None:
    """Whoever was faster, in whichever way, none of the batch is written."""
    store.put(ADA, "a", {"n": 1})
    versions = {(ADA, "a"): version(store, "a")}
    if change in ("delete", "replace"):
        store.delete(ADA, "a")
    if change != "delete":
        store.put(ADA, "a", {"n": 1 if change == "same value" else 2})
    before = value(store, "a")
    assert apply_if(store, [PutOp(ADA, "a", {"n": 9}), PutOp(ADA, "b", {})], versions) is False
    assert (value(store, "a"), value(store, "b")) == (before, None)


def test_none_stands_for_no_item(store: FaissStore, apply_if: ApplyIf) -> None:
    """Of two that would make the same item the second is told."""
    versions: Versions = {(ADA, "a"): None}
    done = [apply_if(store, [PutOp(ADA, "a", {"n": n})], versions) for n in (1, 2)]
    assert done == [True, False]
    assert value(store, "a") == {"n": 1}


def test_item_that_is_only_read_counts_too(store: FaissStore, apply_if: ApplyIf) -> None:
    """A write may depend on a row that it does not touch."""
    store.put(ADA, "read", {"n": 1})
    versions = {(ADA, "read"): version(store, "read")}
    assert apply_if(store, [PutOp(ADA, "x", {})], versions)
    store.put(ADA, "read", {"n": 2})
    assert not apply_if(store, [PutOp(ADA, "y", {})], versions)
    assert (value(store, "x"), value(store, "y")) == ({}, None)


def test_nothing_to_compare_is_no_hindrance(store: FaissStore, apply_if: ApplyIf) -> None:
    """Without versions it is a batch, without operations a question."""
    assert apply_if(store, [PutOp(ADA, "a", {})], {})
    assert apply_if(store, [], {(ADA, "a"): version(store, "a")})
    assert not apply_if(store, [], {(ADA, "a"): None})


def test_expired_item_is_none(clock: Clock, store: FaissStore, apply_if: ApplyIf) -> None:
    """What no read gives out is no item here either."""
    store.put(ADA, "a", {"n": 1}, ttl=1)
    old = version(store, "a")
    clock.advance(minutes=1)
    assert not apply_if(store, [PutOp(ADA, "a", {"n": 2})], {(ADA, "a"): old})
    assert apply_if(store, [PutOp(ADA, "a", {"n": 3})], {(ADA, "a"): None})
    assert value(store, "a") == {"n": 3}


def test_prolonged_item_is_the_same(clock: Clock, store: FaissStore, apply_if: ApplyIf) -> None:
    """Reading moves the end of a life and not the version."""
    store.put(ADA, "a", {"n": 1}, ttl=2)
    clock.advance(minutes=1)
    versions = {(ADA, "a"): version(store, "a")}
    clock.advance(minutes=1.5)
    assert apply_if(store, [PutOp(ADA, "a", {"n": 2})], versions)


def test_versions_rise_whatever_the_clock_does(clock: Clock, store: FaissStore) -> None:
    """A row's updated_at is later with each put, though the clock stands still or is set back."""
    store.put(ADA, "a", {"n": 0})
    begun = version(store, "a")
    assert begun == clock.time
    store.put(ADA, "a", {"n": 1})
    clock.advance(days=-1)
    store.put(ADA, "a", {"n": 2})
    assert version(store, "a") == begun + timedelta(microseconds=2)
    clock.advance(days=2)
    store.put(ADA, "a", {"n": 3})
    assert version(store, "a") == clock.time


def test_late_vector_changes_no_version(
    store: FaissStore, embeddings: HashEmbeddings, apply_if: ApplyIf
) -> None:
    """A row that was embedded meanwhile is the row that was read."""
    embeddings.fault = lambda texts: [] * len(texts)
    store.put(ADA, "a", {"text": "words"})
    versions = {(ADA, "a"): version(store, "a")}
    embeddings.fault = None
    assert store.embed_pending() == 1
    assert apply_if(store, [PutOp(ADA, "a", {"text": "other"})], versions)


REFUSED: list[tuple[Op, Any, type[Exception], str]] = [
    (GetOp(ADA, "a"), {}, InvalidOperationError, "takes PutOp only, got GetOp"),
    (PutOp(ADA, "a", {}), {(ADA, "a"): "today"}, InvalidOperationError, "updated_at"),
    (PutOp(ADA, "a", {}), {(ADA, "a"): datetime(2026, 1, 1)}, InvalidOperationError, "updated_at"),  # noqa: DTZ001 - refused for it
    (PutOp(ADA, "a", {}), {(("a.b",), "a"): None}, InvalidNamespaceError, "period"),
    (PutOp(ADA, "a", {}), {(ADA, 1): None}, InvalidOperationError, "a key is a string"),
    (PutOp(ADA, "a", {"x": {1}}), {}, InvalidOperationError, "not JSON"),
]


@pytest.mark.parametrize(("op", "versions", "error", "words"), REFUSED)
def test_bad_calls_are_refused(  # noqa: PLR0913 - four of them are parameters of the test
    store: FaissStore,
    apply_if: ApplyIf,
    *,
    op: Op,
    versions: Any,
    error: type[Exception],
    words: str,
) -> None:
    """A read, a version that is none, and what no batch may do are errors; nothing is written."""
    with pytest.raises(error, match=words):
        apply_if(store, [PutOp(ADA, "beside", {}), op], versions)
    assert value(store, "beside") is None


def test_store_is_a_conditional_store(store: FaissStore) -> None:
    """The protocol can be tested for at run time."""
    assert isinstance(store, ConditionalStore)
    assert not isinstance(InMemoryStore(), ConditionalStore)


def raised(item: Item | None) -> dict[str, Any]:
    """A counter, one further."""
    return {"n": item.value["n"] + 1 if item else 1}


def increment(store: FaissStore, key: str) -> None:
    """Raise a counter by one, reading again for as long as others are faster."""
    done = False
    while not done:
        found = store.get(ADA, key)
        versions = {(ADA, key): found.updated_at if found else None}
        done = store.apply_if([PutOp(ADA, key, raised(found), index=False)], versions)


def test_no_thread_loses_an_increment(store: FaissStore) -> None:
    """16 threads raise each of three counters 5 times: 80 is what each shows."""

    def work(_: int) -> None:
        for n in range(15):
            increment(store, f"counter {n % 3}")

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(16)))
    assert [value(store, f"counter {n}") for n in range(3)] == [{"n": 80}] * 3


def test_no_task_loses_an_increment(store: FaissStore) -> None:
    """16 tasks of one event loop raise a counter 4 times each."""

    async def work() -> None:
        for _ in range(4):
            done = False
            while not done:
                found = await store.aget(ADA, "k")
                versions = {(ADA, "k"): found.updated_at if found else None}
                done = await store.aapply_if([PutOp(ADA, "k", raised(found))], versions)

    async def all_at_once() -> None:
        await asyncio.gather(*(work() for _ in range(16)))

    asyncio.run(all_at_once())
    assert value(store, "k") == {"n": 64}


PROCESS = """
import sys
from langgraph.store.base import PutOp
from langchain_usermem.store import FaissStore

space, key = ("users", "ada"), "k"
with FaissStore(sys.argv[1], index=False) as store:
    for _ in range(int(sys.argv[2])):
        done = False
        while not done:
            found = store.get(space, key)
            value = {"n": found.value["n"] + 1 if found else 1}
            versions = {(space, key): found.updated_at if found else None}
            done = store.apply_if([PutOp(space, key, value)], versions)
"""


def test_no_process_loses_an_increment(tmp_path: Path) -> None:
    """Two processes and this one raise a counter 40 times each: it shows 120."""
    file = tmp_path / "m.db"
    with FaissStore(file, index=False) as store:
        command = [sys.executable, "-c", PROCESS, str(file), "40"]
        others = [subprocess.Popen(command) for _ in range(2)]  # noqa: S603 - our own script
        for _ in range(40):
            increment(store, "k")
        assert [other.wait(timeout=120) for other in others] == [0, 0]
        assert value(store, "k") == {"n": 120}
