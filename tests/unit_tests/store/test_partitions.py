"""Indexes in memory: brought up to date, bounded in bytes, in the right order."""

import math
import random

import numpy as np
import pytest
from langgraph.store.base import PutOp, SearchOp

from langchain_usermem.store import FaissStore
from langchain_usermem.store.edits import prune_deletions
from langchain_usermem.store.jobs import WorkJob
from langchain_usermem.store.order import best_first
from langchain_usermem.store.partition import Query
from langchain_usermem.store.partitions import Partitions, StaleSnapshotError
from langchain_usermem.store.rows import namespaces_below
from langchain_usermem.store.scored import Scored

ADA = ("users", "ada")


def scored(similarity: list[float], keywords: list[float], updated: list[int]) -> Scored:
    """Rows with ids from 0 on."""
    return Scored(
        np.arange(len(similarity), dtype=np.int64),
        np.array(updated, dtype=np.int64),
        np.array(similarity, dtype=np.float32),
        np.array(keywords, dtype=np.float32),
    )


def test_order_of_a_search() -> None:
    """By similarity, then shared words, then newest first; ties by id, newest, falling id."""
    nan = float("nan")
    rows = scored(
        [0.5, nan, 0.9, nan, 0.5, nan, nan, nan, nan],
        [1.0, 0.2, 0.0, 0.8, 0.0, 0.0, 0.0, 0.2, 0.0],
        [1, 1, 1, 1, 1, 5, 9, 2, 5],
    )
    for wanted in (0, 1, 2, 3, 4, 9, 20):
        chunks = list(best_first(rows, wanted=wanted))
        assert np.concatenate(chunks).tolist() == [2, 0, 4, 3, 7, 1, 6, 8, 5]


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_head_agrees_with_sorting_all(missing: float) -> None:
    """The first k of 500 rows with many ties are those of a full sort."""
    chance = random.Random(5)  # noqa: S311 - nothing secret
    similarity = [
        float("nan") if chance.random() < missing else chance.randrange(20) / 20 for _ in range(500)
    ]
    rows = scored(similarity, [0.0] * 500, [0] * 500)
    near = [n for n in range(500) if not math.isnan(similarity[n])]
    expected = sorted(near, key=lambda n: (-similarity[n], n))
    for wanted in (1, 10, 99, len(near)):
        assert next(best_first(rows, wanted=wanted))[:wanted].tolist() == expected[:wanted]


def fill(store: FaissStore, users: int, rows: int = 5) -> None:
    """Rows for some users, in one batch."""
    store.batch(
        [
            PutOp(("u", f"{user}"), f"k{n}", {"text": f"text {user} {n}"})
            for user in range(users)
            for n in range(rows)
        ]
    )


def test_least_recently_used_goes_first(store: FaissStore) -> None:
    """With room for two partitions the third takes the place of the one used longest ago."""
    fill(store, 3)
    store.search(("u", "0"), query="q")
    size = store.health().partition_bytes
    partitions = Partitions(limit_bytes=2 * size + size // 2)
    store._core.reads._partitions = partitions
    store._core._partitions = partitions
    for user in ("0", "1", "0", "2"):
        store.search(("u", user), query="q")
        assert partitions.size_bytes <= 2 * size + size // 2
    with store._core._connections.reading() as connection:
        rows = {row.path: row.id for row in namespaces_below(connection, "u.")}
    assert list(partitions._slots) == [rows["u.0."], rows["u.2."]]


def test_broad_search_pushes_nobody_out(store: FaissStore) -> None:
    """A search over more users than there is room for finds all, and keeps who was there."""
    fill(store, 20)
    store.search(("u", "7"), query="q")
    size = store.health().partition_bytes
    partitions = Partitions(limit_bytes=3 * size)
    store._core.reads._partitions = partitions
    store.search(("u", "7"), query="q")
    assert len(store.search(("u",), query="q", limit=999)) == 100
    assert len(partitions) <= 3
    assert ("u", "7") in {slot.partition._namespace for slot in partitions._slots.values()}


def test_partition_ahead_of_a_snapshot_is_not_read(store: FaissStore) -> None:
    """An older transaction refuses an index that knows newer rows; a search begins anew."""
    fill(store, 1)
    partitions = Partitions()
    connections = store._core._connections
    query = Query("q", None)
    with connections.reading() as connection:
        (before,) = namespaces_below(connection, "u.")
        partitions.scored(connection, [before], query)
    store.put(("u", "0"), "new", {"text": "new"})
    with connections.reading() as connection:
        (after,) = namespaces_below(connection, "u.")
        assert len(partitions.scored(connection, [after], query).ids) == 6
        with pytest.raises(StaleSnapshotError):
            partitions.scored(connection, [before], query)
    assert len(store.search(("u", "0"), query="q")) == 6


def test_index_older_than_the_marks_of_deletion_is_loaded_anew(store: FaissStore) -> None:
    """When marks were pruned that an index has not seen, it drops what was deleted all the same."""
    fill(store, 2)
    store.search(("u",), query="q")
    store.delete(("u", "0"), "k1")
    store.delete(("u", "0"), "k2")
    prune = WorkJob(lambda connection: prune_deletions(connection, kept=0))
    store._core._writer.submit(prune).future.result()
    found = store.search(("u",), query="q", limit=99)
    assert {(item.namespace[1], item.key) for item in found} == {
        (user, f"k{n}") for user in "01" for n in range(5)
    } - {("0", "k1"), ("0", "k2")}


def test_marks_of_deletion_do_not_pile_up() -> None:
    """Without any sweep, no more than some ten thousand are kept."""
    keys = [f"k{n}" for n in range(10_001)]
    with FaissStore(":memory:", index=False) as store:
        store.batch([PutOp(ADA, key, {}) for key in keys])
        store.batch([PutOp(ADA, key, None) for key in keys])
        for n in range(1_000):
            store.put(ADA, "other", {"n": n})
        with store._core._connections.reading() as connection:
            (marks,) = connection.execute("SELECT count(*) FROM deletions").fetchone()
    assert marks == 0


def test_batch_of_searches_sees_one_state(store: FaissStore) -> None:
    """Two searches of one batch agree while another thread writes."""
    fill(store, 1)
    for n in range(20):
        store.put(("u", "0"), f"new {n}", {"text": "words"})
        first, second = store.batch([SearchOp(("u", "0"), query="q", limit=99)] * 2)
        assert first == second
