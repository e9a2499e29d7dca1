"""Partitions too large for memory, which keep codes of their vectors, held against whole ones."""

import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from langgraph.store.base import PutOp

from langchain_usermem.embeddings import FloatArray, unit_rows
from langchain_usermem.errors import CorruptRowError
from langchain_usermem.store import (
    FaissStore,
    answers,
    jobs,
    partition_vectors,
    rows,
    stored_vectors,
)
from langchain_usermem.store.code_index import CodeIndex
from langchain_usermem.store.partitions import Partitions
from langchain_usermem.store.vector_index import VectorIndex, inner_products
from tests.unit_tests.store.conftest import HashEmbeddings

ADA = ("users", "ada")
DIMENSIONS = 256
ROWS = 400
# Keys, columns, words and codes of 600 rows, and the vectors of no more than 100.
LIMIT = 600 * 550 + 100 * 4 * DIMENSIONS

INDEXED: tuple[Literal[False] | list[str], ...] = (["text", "more"], ["text"], False)
"""What rows are found by: two texts, one, or none."""


def opened(path: Path, limit_bytes: int = LIMIT) -> FaissStore:
    """A store whose partitions take no more than so many bytes."""
    config = {"embed": HashEmbeddings(DIMENSIONS), "dims": DIMENSIONS, "fields": ["text"]}
    store = FaissStore(path, index=config)
    store._core._partitions = store._core.reads._partitions = Partitions(limit_bytes)
    return store


@pytest.fixture(autouse=True)
def low_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Codes from 100 rows on, shortlists of 50 or what is wanted, and parts of 64 at load."""
    monkeypatch.setattr(partition_vectors, "VectorIndex", partial(VectorIndex, codes_from=100))
    for bound in ("LEAST_COMPARED", "LEAST_LOOKED_AT", "LEAST_KEPT", "READ_FOR_SIGNALS"):
        monkeypatch.setattr(partition_vectors, bound, 50)
    for factor in ("COMPARED_FACTOR", "KEPT_FACTOR"):
        monkeypatch.setattr(partition_vectors, factor, 1)
    monkeypatch.setattr(rows, "PART", 64)
    monkeypatch.setattr(stored_vectors, "PART", 64)


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[FaissStore, FaissStore]]:
    """One file with 400 rows of Ada's, open twice: with little memory, and with enough."""
    path = tmp_path / "memories.db"
    with opened(path) as small, opened(path, 2**30) as whole:
        small.batch([PutOp(ADA, f"k{n}", {"text": f"memory {n}", "n": n}) for n in range(ROWS)])
        yield small, whole


def vectors_of(store: FaissStore) -> object:
    """What the only partition of a store keeps of its vectors."""
    (slot,) = store._core._partitions._slots.values()
    return slot.partition._vectors._index


def found(store: FaissStore, query: str, **options: int) -> list[tuple[str, float | None]]:
    """Keys and scores of a search among Ada's."""
    results = store.search(ADA, query=query, **options)  # type: ignore[arg-type] # numbers
    return [(item.key, item.score) for item in results]


def check_alike(pair: tuple[FaissStore, FaissStore], query: str) -> None:
    """A few results, a page far down, and all of them are the same from both stores."""
    for options in ({"limit": 10}, {"limit": 10, "offset": 35}, {"limit": 10_000}):
        small, whole = (found(store, query, **options) for store in pair)
        assert [key for key, _ in small] == [key for key, _ in whole]
        first, second = ([score for _, score in one] for one in (small, whole))
        np.testing.assert_allclose(
            np.array(first, dtype=float), np.array(second, dtype=float), atol=1e-6
        )


def test_vectors_that_do_not_fit_are_not_kept(pair: tuple[FaissStore, FaissStore]) -> None:
    """With little memory a partition has codes only, takes less than the bound, and finds."""
    small, whole = pair
    check_alike(pair, "memory 7")
    assert found(small, "memory 7", limit=1)[0][0] == "k7"
    assert isinstance(vectors_of(small), CodeIndex)
    assert isinstance(vectors_of(whole), VectorIndex)
    saved = whole.health().partition_bytes - small.health().partition_bytes
    assert saved == ROWS * 4 * DIMENSIONS
    assert small.health().partition_bytes < LIMIT < whole.health().partition_bytes


@pytest.mark.parametrize("seed", range(4))
def test_random_changes_show_as_with_vectors(
    pair: tuple[FaissStore, FaissStore], seed: int
) -> None:
    """After each of 25 batches of puts, updates and deletes both give the same results."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    for turn in range(25):
        keys = chance.sample(range(ROWS + 100), chance.choice([1, 5, 30]))
        texts = [{"text": f"memory {chance.randrange(10_000)}", "n": key} for key in keys]
        values = [text if chance.random() < 0.6 else None for text in texts]
        chance.choice(pair).batch(
            [PutOp(ADA, f"k{key}", value) for key, value in zip(keys, values, strict=True)]
        )
        check_alike(pair, f"memory {chance.randrange(10_000)}")
        assert pair[0].health().partition_bytes < LIMIT, turn
    assert isinstance(vectors_of(pair[0]), CodeIndex)


def test_a_deleted_and_an_updated_row_show_at_once(pair: tuple[FaissStore, FaissStore]) -> None:
    """What another store deleted or overwrote is gone in the next search, what it put is there."""
    small, whole = pair
    assert found(small, "memory 7", limit=1)[0][0] == "k7"
    whole.delete(ADA, "k7")
    assert "k7" not in [key for key, _ in found(small, "memory 7", limit=ROWS)]
    whole.put(ADA, "k8", {"text": "memory 7"})
    key, score = found(small, "memory 7", limit=1)[0]
    assert key == "k8"
    assert score == pytest.approx(1.0, abs=1e-6)
    assert "k8" not in [key for key, _ in found(small, "memory 8", limit=5)]


def test_rows_without_vectors_and_with_several(tmp_path: Path) -> None:
    """Rows of two texts count by the nearer one, rows of none come last, as with vectors."""
    path = tmp_path / "memories.db"
    with opened(path) as small, opened(path, 2**30) as whole:
        for first, index in enumerate(INDEXED):
            small.batch(
                [
                    PutOp(ADA, f"k{n}", {"text": f"memory {n}", "more": f"other {n}"}, index=index)
                    for n in range(first, 300, len(INDEXED))
                ]
            )
        for query in ("memory 9", "other 9", "nothing"):
            assert found(small, query, limit=300) == found(whole, query, limit=300)
            assert found(small, query, limit=1, offset=250) == found(
                whole, query, limit=1, offset=250
            )
            one, other = small.signals([ADA], query), whole.signals([ADA], query)
            np.testing.assert_array_equal(np.isnan(one.similarity), np.isnan(other.similarity))
        assert isinstance(vectors_of(small), CodeIndex)
        for query in ("memory 9", "other 9"):
            assert found(small, query, limit=1) == found(whole, query, limit=1)
            assert found(small, query, limit=1)[0][0] == "k9"


def test_signals_are_exact_for_the_shortlist(pair: tuple[FaissStore, FaissStore]) -> None:
    """Keys and keywords are the same; the 50 nearest exact, the others about right."""
    small, whole = (store.signals([ADA], "memory 7") for store in pair)
    assert small.keys == whole.keys
    assert small.columns == whole.columns
    np.testing.assert_array_equal(small.keywords, whole.keywords)
    differences = np.abs(small.similarity - whole.similarity)
    assert (differences == 0).sum() >= 50
    assert differences[np.argsort(-whole.similarity)[:5]].tolist() == [0.0] * 5
    # The angle by 256 signs has a standard deviation of about 0.1.
    assert differences.max() < 0.4
    assert differences.mean() < 0.1


def test_a_search_of_all_users_streams_what_does_not_fit(
    pair: tuple[FaissStore, FaissStore],
) -> None:
    """Under a prefix all rows are scored exactly, whatever is in memory."""
    small, whole = pair
    whole.put(("users", "bob"), "b", {"text": "memory 7 of Bob"})
    results = [store.search(("users",), query="memory 7", limit=999) for store in pair]
    first, second = ([(item.key, item.score) for item in one] for one in results)
    assert len(first) == ROWS + 1
    assert first == second
    assert small.health().partition_bytes < LIMIT


def test_a_changed_vector_is_refused(pair: tuple[FaissStore, FaissStore]) -> None:
    """A bit of a shortlisted vector that flips after loading is an error, not another score."""
    small, _ = pair
    assert found(small, "memory 7", limit=1)[0][0] == "k7"
    flip_first_vector(small)
    with pytest.raises(CorruptRowError, match="'k0'"):
        small.search(ADA, query="memory 0", limit=5)
    with pytest.raises(CorruptRowError, match="'k0'"):
        small.search(ADA, query="memory 7", limit=ROWS)


def test_a_missing_vector_is_refused(pair: tuple[FaissStore, FaissStore]) -> None:
    """A shortlisted vector that the file lacks is an error, not a memory missed."""
    small, _ = pair
    assert found(small, "memory 7", limit=1)[0][0] == "k7"
    with small._core._connections.reading() as connection:
        (first,) = connection.execute("SELECT min(id) FROM vectors").fetchone()
    execute(small, "DELETE FROM vectors WHERE id = ?", first)
    with pytest.raises(CorruptRowError, match="doctor"):
        small.search(ADA, query="memory 0", limit=5)


@pytest.mark.parametrize("most", [0, 1_000])
def test_a_strict_filter_reads_no_more_vectors_than_pass(
    pair: tuple[FaissStore, FaissStore], most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that equal a value are found wherever they lie, with the scores of an exact scan."""
    small, whole = pair
    monkeypatch.setattr(answers, "_MOST_BY_CODES", 64)
    monkeypatch.setattr(partition_vectors, "MOST_READ", most)
    whole.batch([PutOp(ADA, f"k{n}", {"text": f"memory {n}", "kind": "rare"}) for n in (7, 99)])
    small.put(ADA, "bare", {"text": "memory", "kind": "rare"}, index=False)
    for prefix in (ADA, ("users",)):
        for limit in (1, 10):
            results = [
                store.search(prefix, query="memory 1", filter={"kind": "rare"}, limit=limit)
                for store in pair
            ]
            first, second = ([(item.key, item.score) for item in one] for one in results)
            assert first == second
        assert {key for key, _ in first} == {"k7", "k99", "bare"}
    assert small.search(ADA, query="memory 1", filter={"kind": "none"}) == []


def test_a_strict_filter_does_not_meet_a_damaged_vector_elsewhere(
    pair: tuple[FaissStore, FaissStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one vector damaged, what an equality leaves out is found still, all are not."""
    small, _ = pair
    monkeypatch.setattr(answers, "_MOST_BY_CODES", 64)
    assert found(small, "memory 7", limit=1)[0][0] == "k7"
    flip_first_vector(small)
    (only,) = small.search(ADA, query="memory 7", filter={"n": 250})
    assert only.key == "k250"
    with pytest.raises(CorruptRowError, match="'k0'"):
        small.search(ADA, query="memory 7", filter={"n": {"$gte": 250}}, limit=ROWS)


def test_code_index_holds_what_a_vector_index_would() -> None:
    """Nearest codes are the same with and without vectors, after adding and removing."""
    vectors = random_units(300)
    index, twin = VectorIndex(64, codes_from=100), VectorIndex(64)
    for one in (index, twin):
        one.add(np.arange(200), vectors[:200])
    codes = CodeIndex.of(twin)
    gone = np.arange(0, 250, 7)
    for each in (index, codes):
        each.add(np.arange(200, 300), vectors[200:])
        each.remove(gone)
    query = random_units(301)[300]
    found = index.nearest(query, 20)
    near = codes.nearest(query, 20, among=20)
    assert found is not None
    assert near is not None
    assert near.tolist() == found[0].tolist()
    assert codes.owners.tolist() == index.owners.tolist()
    assert codes.size_bytes == len(codes.owners) * (8 + 8)
    assert codes.nearest(query, len(codes.owners), among=999) is None


def test_codes_are_chosen_by_the_components_of_the_query() -> None:
    """Of the 60 that differ in the fewest signs, the 10 that agree with most of the query stay."""
    vectors, query = random_units(300), random_units(301)[300]
    index = VectorIndex(64)
    index.add(np.arange(300), vectors)
    signs = vectors > 0
    differing = (signs != (query > 0)).sum(axis=1)
    border = np.sort(differing)[59]
    found = CodeIndex.of(index).nearest(query, 10, among=60)
    assert found is not None
    agreeing = np.where(signs, query, 0).sum(axis=1)
    certain = agreeing[differing < border]
    assert (differing[found] <= border).all()
    assert len(set(found.tolist())) == 10
    assert agreeing[found].min() >= np.sort(certain)[-10] - 1e-6


def test_a_page_by_codes_has_its_exact_scores(pair: tuple[FaissStore, FaissStore]) -> None:
    """Ten of 400, fifty read of two hundred looked at: each has the score of an exact scan."""
    small, whole = pair
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(partition_vectors, "LEAST_LOOKED_AT", 200)
        exact = dict(found(whole, "memory 7", limit=ROWS))
        for prefix in (ADA, ("users",)):
            items = small.search(prefix, query="memory 7", limit=10)
            scores = [item.score or 0.0 for item in items]
            assert items[0].key == "k7"
            assert scores == sorted(scores, reverse=True)
            assert scores == [exact[item.key] for item in items]


def test_estimates_are_cosines_of_the_share_of_signs() -> None:
    """A vector itself is estimated at 1, its opposite at -1, others by the signs that differ."""
    vectors = random_units(50)
    index = VectorIndex(64)
    index.add(np.arange(51), np.concatenate([vectors, -vectors[:1]]))
    codes = CodeIndex.of(index)
    differing = ((vectors > 0) != (vectors[0] > 0)).sum(axis=1)
    found = codes.estimates(vectors[0])
    np.testing.assert_allclose(found[:50], np.cos(np.pi * differing / 64), atol=1e-6)
    assert found[0] == 1.0
    assert found[50] == -1.0


def test_cosines_are_those_of_an_index_to_the_last_bit() -> None:
    """Vectors from elsewhere are compared as those in the index are."""
    vectors = random_units(40)
    index = VectorIndex(64)
    index.add(np.arange(40), vectors)
    query = random_units(41)[40]
    np.testing.assert_array_equal(inner_products(query, vectors), index.similarities(query))


def random_units(count: int) -> FloatArray:
    """Random unit vectors of 64 components."""
    drawn = np.random.default_rng(3).normal(size=(count, 64))
    return unit_rows(drawn.astype(np.float32))


def flip_first_vector(store: FaissStore) -> None:
    """Change a bit of the first vector in the file, behind the store's back."""
    with store._core._connections.reading() as connection:
        number, vector = connection.execute(
            "SELECT id, vector FROM vectors ORDER BY id LIMIT 1"
        ).fetchone()
    flipped = bytes([vector[0] ^ 1]) + vector[1:]
    execute(store, "UPDATE vectors SET vector = ? WHERE id = ?", flipped, number)


def execute(store: FaissStore, statement: str, *values: object) -> None:
    """Run one statement by the store's own writer."""
    work = jobs.WorkJob(lambda connection: connection.execute(statement, values).rowcount)
    store._core._writer.submit(work).future.result()


def test_a_single_large_partition_may_keep_its_vectors(
    pair: tuple[FaissStore, FaissStore],
) -> None:
    """Up to a bound of its own, beyond that of all together: searches from memory are faster."""
    small, _ = pair
    alone = Partitions(LIMIT, alone_bytes=100 * LIMIT)
    small._core._partitions = small._core.reads._partitions = alone
    found(small, "memory 7")
    assert isinstance(vectors_of(small), VectorIndex)
    assert alone.size_bytes > LIMIT
