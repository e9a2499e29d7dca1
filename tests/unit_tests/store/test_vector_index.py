"""FAISS behind checks that stay under `python -O`, held against numpy."""

import threading
from typing import Any

import numpy as np
import pytest

from langchain_usermem.embeddings import FloatArray, unit_rows
from langchain_usermem.errors import DimensionMismatchError, EmbeddingError
from langchain_usermem.store.vector_index import IdArray, VectorIndex


def unit(count: int, dimensions: int = 8, seed: int = 0) -> FloatArray:
    """Random unit vectors."""
    rows = np.random.default_rng(seed).normal(size=(count, dimensions))
    return unit_rows(rows.astype(np.float32))


def ids(*numbers: int) -> IdArray:
    """Item ids as an array."""
    return np.array(numbers, dtype=np.int64)


def test_similarities_are_inner_products() -> None:
    """After adding and removing, each vector's cosine stands beside its item."""
    index, vectors = VectorIndex(8), unit(20)
    index.add(np.arange(15, dtype=np.int64), vectors[:15])
    index.add(np.arange(100, 105, dtype=np.int64), vectors[15:])
    index.remove(ids(0, 7, 102, 999))
    kept = [n for n in range(20) if n not in (0, 7, 17)]
    query = unit(1, seed=1)[0]
    assert index.owners.tolist() == [n if n < 15 else n + 85 for n in kept]
    np.testing.assert_allclose(index.similarities(query), vectors[kept] @ query, atol=1e-6)
    assert index.size_bytes == 17 * (32 + 8)


def test_all_vectors_of_an_item_are_removed() -> None:
    """An item may own several vectors, which go together."""
    index = VectorIndex(8)
    index.add(ids(5, 6, 5), unit(3))
    index.remove(ids(5))
    assert index.owners.tolist() == [6]
    assert index.similarities(unit(1)[0]).shape == (1,)


def test_equal_vectors_have_equal_similarities() -> None:
    """Whatever their place, copies of a vector score alike to the last bit."""
    index = VectorIndex(256)
    index.add(np.arange(37, dtype=np.int64), np.repeat(unit(1, 256), 37, axis=0))
    assert len(set(index.similarities(unit(1, 256, seed=1)[0]).tolist())) == 1


def test_empty_index_answers_with_nothing() -> None:
    """Without vectors there are no similarities."""
    assert VectorIndex(8).similarities(unit(1)[0]).shape == (0,)


BAD: list[tuple[Any, type[Exception]]] = [
    (unit(2, 7), DimensionMismatchError),
    (unit(3), DimensionMismatchError),
    (unit(1)[0], DimensionMismatchError),
    (unit(2).astype(np.float64), EmbeddingError),
    (np.full((2, 8), np.nan, dtype=np.float32), EmbeddingError),
    (np.full((2, 8), np.inf, dtype=np.float32), EmbeddingError),
]


@pytest.mark.parametrize(("vectors", "error"), BAD)
def test_bad_vectors_are_refused(vectors: FloatArray, error: type[Exception]) -> None:
    """Vectors of another shape, dtype, or that are not finite never reach FAISS."""
    index = VectorIndex(8)
    with pytest.raises(error):
        index.add(ids(1, 2), vectors)
    assert index.owners.tolist() == []


def test_bad_queries_are_refused() -> None:
    """A query is checked as vectors are."""
    index = VectorIndex(8)
    with pytest.raises(DimensionMismatchError):
        index.similarities(unit(1, 9)[0])
    with pytest.raises(EmbeddingError):
        index.similarities(np.full(8, np.nan, dtype=np.float32))


def test_threads_may_share_an_index() -> None:
    """Eight threads that add, ask and remove leave the vectors they did not remove."""
    index = VectorIndex(8)

    def work(thread: int) -> None:
        for n in range(50):
            item = 1000 * thread + n
            index.add(ids(item), unit(1, seed=item))
            index.similarities(unit(1)[0])
            if n % 2:
                index.remove(ids(item))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = [1000 * thread + n for thread in range(8) for n in range(0, 50, 2)]
    assert sorted(index.owners.tolist()) == expected
