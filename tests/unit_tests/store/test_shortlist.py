"""One-bit codes of very large namespaces, with the bounds set low, held against numpy."""

from functools import partial

import numpy as np
import pytest
from langgraph.store.base import PutOp

from langchain_usermem.embeddings import FloatArray, unit_rows
from langchain_usermem.store import FaissStore, partition_vectors
from langchain_usermem.store.vector_index import VectorIndex
from tests.unit_tests.store.conftest import HashEmbeddings

ADA = ("users", "ada")
ROWS = 400


def unit(count: int, dimensions: int = 64) -> FloatArray:
    """Random unit vectors."""
    rows = np.random.default_rng(3).normal(size=(count, dimensions))
    return unit_rows(rows.astype(np.float32))


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch, embeddings: HashEmbeddings) -> FaissStore:
    """A store whose namespaces count as very large from 100 rows on; 400 rows of Ada's."""
    monkeypatch.setattr(partition_vectors, "VectorIndex", partial(VectorIndex, codes_from=100))
    monkeypatch.setattr(partition_vectors, "LEAST_COMPARED", 200)
    monkeypatch.setattr(partition_vectors, "COMPARED_FACTOR", 1)
    store = FaissStore(":memory:", index={"embed": embeddings, "dims": 16, "fields": ["text"]})
    store.batch([PutOp(ADA, f"k{n}", {"text": f"memory {n}", "n": n}) for n in range(ROWS)])
    return store


def test_no_codes_below_the_bound() -> None:
    """The 100th vector brings codes, of all that came before too; asking for all needs none."""
    index, vectors = VectorIndex(64, codes_from=100), unit(100)
    index.add(np.arange(99), vectors[:99])
    assert index.nearest(vectors[0], 10) is None
    index.add(np.array([99]), vectors[99:])
    assert index.nearest(vectors[0], 100) is None
    found = index.nearest(vectors[0], 10)
    assert found is not None
    assert found[0].tolist()[int(np.argmax(found[1]))] == 0
    assert index.size_bytes == 100 * (64 * 4 + 8 + 64 // 8)


def test_nearest_differ_in_the_fewest_signs() -> None:
    """The places are those of least Hamming distance, and their cosines are exact."""
    vectors, count = unit(500), 50
    index = VectorIndex(64, codes_from=100)
    index.add(np.arange(500), vectors)
    query = unit(501)[500]
    found = index.nearest(query, count)
    assert found is not None
    places, cosines = found
    differing = ((vectors > 0) != (query > 0)).sum(axis=1)
    assert sorted(differing[places]) == sorted(differing)[:count]
    np.testing.assert_allclose(cosines, vectors[places] @ query, atol=1e-6)


def test_codes_of_an_uneven_width() -> None:
    """Vectors of 13 components have codes of 16 bits, the last three of which never differ."""
    index, vectors = VectorIndex(13, codes_from=20), unit(60, 13)
    index.add(np.arange(60), vectors)
    found = index.nearest(vectors[7], 5)
    assert found is not None
    assert found[0][np.argmax(found[1])] == 7


def test_removed_vectors_leave_no_codes() -> None:
    """After a removal the places are those of the vectors that are left."""
    index, vectors = VectorIndex(64, codes_from=100), unit(300)
    index.add(np.arange(300), vectors)
    gone = np.arange(0, 300, 3)
    index.remove(gone)
    for number in (1, 100, 299):
        found = index.nearest(vectors[number], 20)
        assert found is not None
        assert index.owners[found[0][np.argmax(found[1])]] == number
        assert not set(index.owners[found[0]].tolist()) & set(gone.tolist())


def test_search_of_a_very_large_namespace(large: FaissStore, embeddings: HashEmbeddings) -> None:
    """The first results are nearly always those of an exact scan, with the same scores."""
    texts = [f"memory {n}" for n in range(ROWS)]
    vectors = unit_rows(np.array([embeddings.vector(text) for text in texts], dtype=np.float32))
    agreeing = 0
    for number in range(50):
        query = unit_rows(np.array([embeddings.vector(f"query {number}")], dtype=np.float32))[0]
        exact = np.sort(vectors @ query)[::-1][:5]
        found = [item.score or 0.0 for item in large.search(ADA, query=f"query {number}", limit=5)]
        assert found == sorted(found, reverse=True)
        agreeing += sum(score >= exact[-1] - 1e-6 for score in found)
    # 250 in all; 16 signs are few, a real embedder has 256 or more.
    assert agreeing >= 235


def test_a_filtered_page_has_the_nearest_that_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one row in 45 passes, the end of a shortlist is not taken for the next nearest."""
    monkeypatch.setattr(partition_vectors, "VectorIndex", partial(VectorIndex, codes_from=100))
    embeddings = HashEmbeddings(64)
    texts = [f"memory {n}" for n in range(6_000)]
    vectors = unit_rows(np.array([embeddings.vector(text) for text in texts], dtype=np.float32))
    with FaissStore(":memory:", index={"embed": embeddings, "dims": 64, "fields": ["t"]}) as store:
        store.batch([PutOp(ADA, t, {"t": t, "k": n % 45}) for n, t in enumerate(texts)])
        for k in range(10):
            query = unit_rows(np.array([embeddings.vector(f"q{k}")], dtype=np.float32))[0]
            nearest = sorted(range(k, 6_000, 45), key=lambda n: -float(vectors[n] @ query))[:10]
            found = store.search(ADA, query=f"q{k}", filter={"k": k})
            assert [item.key for item in found] == [texts[n] for n in nearest]


def test_a_shortlist_too_short_is_left_for_an_exact_scan(large: FaissStore) -> None:
    """A filter that few rows pass, and a page far down, are answered from all rows."""
    (only,) = large.search(ADA, query="memory 3", filter={"n": 250})
    assert only.value["n"] == 250
    last = large.search(ADA, query="memory 3", limit=20, offset=ROWS - 10)
    assert len(last) == 10
    assert len(large.search(ADA, query="memory 3", limit=ROWS)) == ROWS


def test_deleted_rows_are_gone_at_once_from_a_shortlist(large: FaissStore) -> None:
    """Deleting and adding show in the very next search."""
    assert large.search(ADA, query="memory 7", limit=1)[0].key == "k7"
    large.delete(ADA, "k7")
    assert "k7" not in [item.key for item in large.search(ADA, query="memory 7", limit=50)]
    large.put(ADA, "new", {"text": "memory 7"})
    assert large.search(ADA, query="memory 7", limit=1)[0].key == "new"
