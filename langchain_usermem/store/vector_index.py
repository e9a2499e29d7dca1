"""Cosine similarity of a query with the vectors of one partition, by FAISS."""

import threading

import faiss
import numpy as np
from numpy.typing import NDArray

from langchain_usermem.embeddings import FloatArray
from langchain_usermem.errors import DimensionMismatchError, EmbeddingError

IdArray = NDArray[np.int64]

CODES_FROM = 50_000
"""From so many vectors on there is a one-bit code of each, to find the near ones by."""


_PART = 4_096


class VectorIndex:
    """A flat inner-product index over unit vectors, each belonging to an item.

    FAISS checks shapes with asserts, which `python -O` removes, and is not safe to share
    between threads: both are seen to here.

    Args:
        dimensions: components of each vector.
        codes_from: how many vectors it takes until they are given codes.
    """

    def __init__(self, dimensions: int, *, codes_from: int = CODES_FROM) -> None:
        self.dimensions = dimensions
        self._codes_from = codes_from
        self._codes: SignCodes | None = None
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
        codes = self._codes.size_bytes if self._codes else 0
        return codes + self._owners.size * (4 * self.dimensions + self._owners.itemsize)

    def add(self, owners: IdArray, vectors: FloatArray) -> None:
        """Add vectors, float32 of shape (n, dimensions) and unit length, of items (n,).

        Raises:
            DimensionMismatchError: the vectors have another shape.
            EmbeddingError: they are not float32, or hold a value that is not finite.
        """
        check_vectors(vectors, rows=len(owners), dimensions=self.dimensions)
        with self._lock:
            _use_one_thread()
            vectors = np.ascontiguousarray(vectors)
            self._index.add(vectors)
            self._owners = np.concatenate([self._owners, owners])
            self._add_codes(vectors)

    def remove(self, owners: IdArray) -> None:
        """Remove all vectors of some items."""
        with self._lock:
            gone = np.isin(self._owners, owners)
            if gone.any():
                _use_one_thread()
                places = np.flatnonzero(gone)
                self._index.remove_ids(faiss.IDSelectorBatch(places))
                self._owners = self._owners[~gone]
                if self._codes:
                    self._codes.remove(places)

    def similarities(self, query: FloatArray) -> FloatArray:
        """The cosine of a query, float32 of shape (dimensions,), with each vector: shape (n,).

        Raises:
            DimensionMismatchError: the query has another shape.
            EmbeddingError: it is not float32, or holds a value that is not finite.
        """
        check_vectors(query[np.newaxis], rows=1, dimensions=self.dimensions)
        with self._lock:
            return self._compared_with_all(np.ascontiguousarray(query))

    def nearest(self, query: FloatArray, count: int) -> tuple[IdArray, FloatArray] | None:
        """The places of about the `count` nearest vectors in no order, and their cosines.

        They are those whose codes differ from the query's in the fewest bits. None where there
        are no codes, or no more than `count` vectors.

        Raises:
            DimensionMismatchError: the query has another shape.
            EmbeddingError: it is not float32, or holds a value that is not finite.
        """
        with self._lock:
            if self._codes is None or count >= len(self._owners):
                return None
            check_vectors(query[np.newaxis], rows=1, dimensions=self.dimensions)
            _use_one_thread()
            places = self._codes.nearest(query, count)
            return places, self._compared(np.ascontiguousarray(query), places)

    def codes(self) -> "SignCodes":
        """The codes of the same vectors; nothing is added here any more."""
        with self._lock:
            return self._codes or self._all_codes()

    def _add_codes(self, vectors: FloatArray) -> None:
        if self._codes:
            self._codes.add(vectors)
        elif len(self._owners) >= self._codes_from:
            self._codes = self._all_codes()

    def _all_codes(self) -> "SignCodes":
        _use_one_thread()
        codes = SignCodes(self.dimensions)
        # In parts, so that there is no second copy of all vectors.
        for first in range(0, len(self._owners), _PART):
            count = min(_PART, len(self._owners) - first)
            codes.add(self._index.reconstruct_n(first, count))
        return codes

    def _compared_with_all(self, query: FloatArray) -> FloatArray:
        # Each vector on its own. By matrix product, which is what `pairwise_distances` does,
        # equal vectors differ in the last bit by where they stand, and ties are none.
        return _inner_products(query, self._index.get_xb(), count=len(self._owners))

    def _compared(self, query: FloatArray, places: IdArray) -> FloatArray:
        """The same with some vectors only, to the last bit."""
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


class SignCodes:
    """The signs of vectors' components, a bit each: how many differ tells roughly how near.

    A thirty-second of the vectors' size, and as much faster to look through. Its owner locks it.
    """

    def __init__(self, dimensions: int) -> None:
        self.dimensions = dimensions
        self._index = faiss.IndexBinaryFlat(8 * -(-dimensions // 8))
        # Counting is faster than a heap for more than a few.
        self._index.use_heap = False  # type: ignore[attr-defined] # missing in its stubs

    @property
    def size_bytes(self) -> int:
        """Memory that the codes take."""
        return int(self._index.ntotal * self._index.code_size)

    def add(self, vectors: FloatArray) -> None:
        """Add the codes of some vectors."""
        _use_one_thread()
        self._index.add(np.packbits(vectors > 0, axis=1))

    def remove(self, places: IdArray) -> None:
        """Remove the codes at some places; those behind move up."""
        _use_one_thread()
        self._index.remove_ids(faiss.IDSelectorBatch(places))

    def nearest(self, query: FloatArray, count: int) -> IdArray:
        """The places of the `count` codes nearest to a query's, in no order."""
        _use_one_thread()
        _, places = self._index.search(np.packbits(query[np.newaxis] > 0, axis=1), count)
        found: IdArray = places[0][places[0] >= 0].astype(np.int64)
        return found

    def agreeing(self, query: FloatArray, places: IdArray) -> FloatArray:
        """The sum of a query's components where the codes at some places have a one: shape (n,).

        It orders vectors better than counting the signs that differ, as those of small
        components say little.
        """
        signs = np.unpackbits(self._all()[places], axis=1, count=self.dimensions)
        vectors = signs.astype(np.float32)
        query = np.ascontiguousarray(query)
        return _inner_products(query, faiss.swig_ptr(vectors), count=len(vectors))

    def differing(self, query: FloatArray) -> NDArray[np.int32]:
        """In how many bits each code differs from a query's: shape (n,)."""
        code = np.packbits(query > 0)
        found = np.empty(self._index.ntotal, dtype=np.int32)
        faiss.hammings(  # type: ignore[attr-defined] # missing in its stubs
            faiss.swig_ptr(code),
            self._index.xb.data(),  # type: ignore[attr-defined] # missing in its stubs
            1,
            len(found),
            len(code),
            faiss.swig_ptr(found),
        )
        return found

    def _all(self) -> NDArray[np.uint8]:
        """All codes, shape (n, bytes), where they lie: not to be kept."""
        start = self._index.xb.data()  # type: ignore[attr-defined] # missing in its stubs
        flat: NDArray[np.uint8] = faiss.rev_swig_ptr(start, self.size_bytes)
        return flat.reshape(-1, self._index.code_size)


def inner_products(query: FloatArray, vectors: FloatArray) -> FloatArray:
    """The cosine of a query with each of some unit vectors, as `similarities` computes it.

    Raises:
        DimensionMismatchError: their widths differ.
        EmbeddingError: they are not float32, or hold a value that is not finite.
    """
    check_vectors(vectors, rows=len(vectors), dimensions=len(query))
    check_vectors(query[np.newaxis], rows=1, dimensions=len(query))
    vectors, query = np.ascontiguousarray(vectors), np.ascontiguousarray(query)
    return _inner_products(query, faiss.swig_ptr(vectors), count=len(vectors))


def _inner_products(query: FloatArray, vectors: object, *, count: int) -> FloatArray:
    """The same of vectors that a pointer of FAISS shows."""
    found = np.empty(count, dtype=np.float32)
    faiss.fvec_inner_products_ny(  # type: ignore[attr-defined] # missing in its stubs
        faiss.swig_ptr(found), faiss.swig_ptr(query), vectors, len(query), count
    )
    return found


def check_vectors(vectors: FloatArray, *, rows: int, dimensions: int) -> None:
    """Refuse vectors that FAISS would read beyond, or never find.

    Raises:
        DimensionMismatchError: their shape is not (rows, dimensions).
        EmbeddingError: they are not float32, or hold a value that is not finite.
    """
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
