"""Rows with an end: gone from the moment it comes, prolonged by reading, swept away."""

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from langgraph.store.base import GetOp, ListNamespacesOp, PutOp, SearchOp

from langchain_usermem.store import FaissStore

from .conftest import Batch, Clock, HashEmbeddings

ADA = ("users", "ada")


@pytest.fixture
def timed(clock: Clock, store: FaissStore) -> FaissStore:
    """A store on the hand-set clock."""
    del clock
    return store


def alive(store: FaissStore, batch: Batch) -> list[bool]:
    """Whether each way to read, none of which prolongs, gives the row out."""
    results = batch(
        store,
        [
            GetOp(ADA, "k", refresh_ttl=False),
            SearchOp(ADA, refresh_ttl=False),
            SearchOp(ADA, query="words", refresh_ttl=False),
            ListNamespacesOp(),
        ],
    )
    return [*map(bool, results), bool(store.signals([ADA], "words").keys)]


def test_row_is_gone_from_the_moment_it_ends(clock: Clock, timed: FaissStore, batch: Batch) -> None:
    """A microsecond before its end a row is everywhere, at its end nowhere."""
    batch(timed, [PutOp(ADA, "k", {"text": "words"}, ttl=2)])
    clock.advance(minutes=2, microseconds=-1)
    assert alive(timed, batch) == [True] * 5
    clock.advance(microseconds=1)
    assert alive(timed, batch) == [False] * 5


@pytest.mark.parametrize("op", [GetOp(ADA, "k"), SearchOp(ADA), SearchOp(ADA, query="words")])
def test_reading_prolongs_a_life(
    clock: Clock, timed: FaissStore, batch: Batch, op: GetOp | SearchOp
) -> None:
    """Each read begins the row's minutes anew, at once, and on disk by the next write."""
    batch(timed, [PutOp(ADA, "k", {"text": "words"}, ttl=2)])
    for _ in range(3):
        clock.advance(minutes=1.5)
        batch(timed, [op])
    clock.advance(minutes=1.5)
    assert alive(timed, batch) == [True] * 5
    batch(timed, [PutOp(ADA, "other", {}, ttl=0)])
    assert alive(timed, batch) == [True] * 5
    clock.advance(minutes=0.5)
    assert alive(timed, batch) == [False] * 5


def test_prolonged_life_is_on_disk_after_closing(clock: Clock, tmp_path: Path) -> None:
    """A read's refresh survives the store."""
    file = tmp_path / "m.db"
    with FaissStore(file, index=False) as store:
        store.put(ADA, "k", {}, ttl=2)
        clock.advance(minutes=1)
        store.get(ADA, "k")
    clock.advance(minutes=1.5)
    with FaissStore(file, index=False) as store:
        assert store.get(ADA, "k", refresh_ttl=False)


def test_put_begins_a_life_anew(clock: Clock, timed: FaissStore, batch: Batch) -> None:
    """Writing sets the end anew; without a ttl there is none."""
    batch(timed, [PutOp(ADA, "k", {"text": "words"}, ttl=2)])
    clock.advance(minutes=1)
    batch(timed, [PutOp(ADA, "k", {"text": "words"}, ttl=2)])
    clock.advance(minutes=1.5)
    assert all(alive(timed, batch))
    batch(timed, [PutOp(ADA, "k", {"text": "words"})])
    clock.advance(days=1000)
    assert all(alive(timed, batch))


def test_expired_key_begins_with_a_new_created_at(clock: Clock, timed: FaissStore) -> None:
    """A put over a row past its end creates it, and does not update it."""
    timed.put(ADA, "k", {}, ttl=1)
    clock.advance(minutes=1)
    timed.put(ADA, "k", {})
    found = timed.get(ADA, "k")
    assert found
    assert found.created_at == clock.time


def test_sweep_deletes_expired_rows_only(
    clock: Clock, tmp_path: Path, embeddings: HashEmbeddings
) -> None:
    """A sweep removes expired rows with their vectors, and returns how many there were."""
    file = tmp_path / "m.db"
    with FaissStore(file, index={"embed": embeddings}) as store:
        store.batch([PutOp(ADA, f"k{n}", {"n": n}, ttl=1 + n % 2) for n in range(10)])
        store.search(ADA, query="warm", refresh_ttl=False)
        clock.advance(minutes=1)
        assert (store.sweep_ttl(), store.sweep_ttl()) == (5, 0)
        assert len(store.search(ADA, query="q", limit=99)) == 5
    with sqlite3.connect(file) as connection:
        counts = [
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - ours
            for table in ("items", "vectors")
        ]
    connection.close()
    assert counts == [(5,), (5,)]


def test_default_ttl_and_refresh_are_configured(clock: Clock, tmp_path: Path) -> None:
    """The configuration gives puts their ttl, and tells whether reads prolong."""
    ttl = {"default_ttl": 2.0, "refresh_on_read": False}
    with FaissStore(tmp_path / "m.db", index=False, ttl=ttl) as store:  # type: ignore[arg-type] # a TypedDict
        store.put(ADA, "k", {})
        store.put(ADA, "for ever", {}, ttl=None)
        clock.advance(minutes=1)
        store.get(ADA, "k")
        clock.advance(minutes=1)
        assert [item.key for item in store.search(ADA)] == ["for ever"]


@pytest.fixture
def sweeping(clock: Clock, path: str) -> Iterator[FaissStore]:
    """A store that sweeps every 60 microseconds."""
    del clock
    with FaissStore(path, index=False) as store:
        yield store
        store.stop_ttl_sweeper()


def test_sweeper_runs_until_stopped(clock: Clock, sweeping: FaissStore) -> None:
    """The sweeper deletes by itself; its future is done when it has stopped."""
    sweeping.put(ADA, "k", {}, ttl=1)
    clock.advance(minutes=1)
    done = sweeping.start_ttl_sweeper(1e-6)
    assert sweeping.start_ttl_sweeper(1e-6) is done
    connections = sweeping._core._connections
    count = 1
    while count:
        with connections.reading() as connection:
            (count,) = connection.execute("SELECT count(*) FROM items").fetchone()
    assert not done.done()
    assert sweeping.stop_ttl_sweeper(timeout=10) is True
    assert done.result(timeout=10) is None


def test_stopping_a_sweeper_that_never_ran(store: FaissStore) -> None:
    """There is nothing to stop, which is success."""
    assert store.stop_ttl_sweeper() is True


def test_closing_ends_the_sweeper(path: str) -> None:
    """A store that closes takes its sweeper with it."""
    store = FaissStore(path, index=False)
    done = store.start_ttl_sweeper(60)
    store.close()
    assert done.result(timeout=10) is None


def test_async_context_manager_closes(path: str) -> None:
    """`async with` closes the store."""

    async def use() -> FaissStore:
        async with FaissStore(path, index=False) as store:
            await store.aput(ADA, "k", {}, ttl=1)
            return store

    with pytest.raises(RuntimeError, match="is closed"):
        asyncio.run(use()).get(ADA, "k")
