"""Cosine similarity of a query with the vectors of one partition, by FAISS."""

import threading

import faiss
import numpy as np
from numpy.typing import NDArray

from langchain_usermem.embeddings import FloatArray
from langchain_usermem.errors import DimensionMismatchError, EmbeddingError

IdArray = NDArray[np.int64]


class VectorIndex:
    """A flat inner-product index over unit vectors, each belonging to an item.

    FAISS checks shapes with asserts, which `python -O` removes, and is not safe to share
    between threads: both are seen to here.

    Args:
        dimensions: components of each vector.
    """

    def __init__(self, dimensions: int) -> None:
        self.dimensions = dimensions
        self._index = faiss.IndexFlatIP(dimensions)
        self._owners: IdArray = np.empty(0, dtype=np.int64)
        self._lock = threading.Lock()

    @property
    def owners(self) -> IdArray:
        """The item of each vector, shape (n,); the array is never changed in place."""
        return self._owners

    @property
    def size_bytes(self) -> int:
        """Memory that vectors and ids take."""
        return self._owners.size * (4 * self.dimensions + self._owners.itemsize)

    def add(self, owners: IdArray, vectors: FloatArray) -> None:
        """Add vectors, float32 of shape (n, dimensions) and unit length, of items (n,).

        Raises:
            DimensionMismatchError: the vectors have another shape.
            EmbeddingError: they are not float32, or hold a value that is not finite.
        """
        _check(vectors, rows=len(owners), dimensions=self.dimensions)
        with self._lock:
            _use_one_thread()
            self._index.add(np.ascontiguousarray(vectors))
            self._owners = np.concatenate([self._owners, owners])

    def remove(self, owners: IdArray) -> None:
        """Remove all vectors of some items."""
        with self._lock:
            gone = np.isin(self._owners, owners)
            if gone.any():
                _use_one_thread()
                self._index.remove_ids(faiss.IDSelectorBatch(np.flatnonzero(gone)))
                self._owners = self._owners[~gone]

    def similarities(self, query: FloatArray) -> FloatArray:
        """The cosine of a query, float32 of shape (dimensions,), with each vector: shape (n,).

        Raises:
            DimensionMismatchError: the query has another shape.
            EmbeddingError: it is not float32, or holds a value that is not finite.
        """
        _check(query[np.newaxis], rows=1, dimensions=self.dimensions)
        with self._lock:
            return self._compared(np.ascontiguousarray(query))

    def _compared(self, query: FloatArray) -> FloatArray:
        # Each vector on its own. By matrix product, which is what `pairwise_distances` does,
        # equal vectors differ in the last bit by where they stand, and ties are none.
        places = np.arange(len(self._owners), dtype=np.int64)
        found = np.empty(len(places), dtype=np.float32)
        if len(places):
            _use_one_thread()
            self._index.compute_distance_subset(  # type: ignore[attr-defined] # missing in its stubs
                1,
                faiss.swig_ptr(query),
                len(places),
                faiss.swig_ptr(found),
                faiss.swig_ptr(places),
            )
        return found


def _check(vectors: FloatArray, *, rows: int, dimensions: int) -> None:
    if vectors.shape != (rows, dimensions):
        raise DimensionMismatchError(
            f"expected vectors of shape ({rows}, {dimensions}), got {vectors.shape}. "
            "Use the embedder that the file was made with."
        )
    if vectors.dtype != np.float32 or not np.isfinite(vectors).all():
        raise EmbeddingError(f"vectors are finite float32 numbers, got {vectors.dtype} or worse.")


def _use_one_thread() -> None:
    """OpenMP counts threads for each calling thread; more than one hangs a forked child."""
    faiss.omp_set_num_threads(1)
