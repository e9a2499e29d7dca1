"""The vectors of one partition: all of them, or their codes where all would take too much."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from langchain_usermem.embeddings import FloatArray
from langchain_usermem.errors import DimensionMismatchError
from langchain_usermem.store.code_index import CodeIndex
from langchain_usermem.store.plan import namespace_of
from langchain_usermem.store.rows import Texts
from langchain_usermem.store.stored_vectors import StoredVectors
from langchain_usermem.store.vector_index import IdArray, VectorIndex

LEAST_COMPARED = 1_024
"""How many vectors in memory at least are compared, of those that are near by their codes."""

LEAST_LOOKED_AT = 2_048
"""Among how many at least are chosen by their codes which ones to read from the file."""

LEAST_KEPT = 256
"""How many of either at least come out."""

# Of questions among 200,000 real texts .99 of the ten nearest come out with these, and of the 50
# and of the 200 nearest.
COMPARED_FACTOR = 32
KEPT_FACTOR = 8

MOST_READ = 16_384
"""How many vectors at most are read at once; for more, all are, a part at a time."""

READ_FOR_SIGNALS = 1_024
_FLOAT_BYTES = 4

Keys = Sequence[tuple[tuple[str, ...], str]]
"""The namespace and the key of each row."""


class Near(NamedTuple):
    """The places of some rows, and the cosines of their best vectors: shape (n,)."""

    places: IdArray
    similarity: FloatArray


class PartitionVectors:
    """The vectors of the rows of one partition, whose owner locks it.

    Args:
        path: the namespace's.

    Attributes:
        is_full: whether each row has exactly one.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._index: VectorIndex | CodeIndex | None = None
        self._numbers: IdArray = np.empty(0, dtype=np.int64)
        self.place(self._numbers, ())

    @property
    def is_empty(self) -> bool:
        """Whether there are none, and never were any."""
        return self._index is None

    @property
    def has_codes_only(self) -> bool:
        """Whether the file has to be read for a cosine."""
        return isinstance(self._index, CodeIndex)

    @property
    def size_bytes(self) -> int:
        """Memory they take."""
        return (self._index.size_bytes if self._index else 0) + self._numbers.nbytes

    def add(self, texts: Texts) -> None:
        """Take in the vectors of some texts.

        Raises:
            DimensionMismatchError: they are of several widths.
        """
        parts = enumerate(zip(texts.vectors, texts.digests, strict=True))
        there = [place for place, (vector, digest) in parts if vector and digest is not None]
        if not there:
            return
        stored = [texts.vectors[place] or b"" for place in there]
        vectors = np.frombuffer(b"".join(stored), dtype="<f4").reshape(-1, self._width(stored))
        items = np.array([texts.item_ids[place] for place in there], dtype=np.int64)
        numbers = np.array([texts.numbers[place] for place in there], dtype=np.int64)
        self._index = self._index or VectorIndex(vectors.shape[1])
        self._index.add(items, vectors)
        self._numbers = np.concatenate([self._numbers, numbers])

    def remove(self, items: IdArray) -> None:
        """Remove those of some items."""
        if self._index:
            self._numbers = self._numbers[~np.isin(self._index.owners, items)]
            self._index.remove(items)

    def keep_codes(self) -> None:
        """Keep their codes only, from now on."""
        if self._index and not isinstance(self._index, CodeIndex):
            self._index = CodeIndex.of(self._index)

    def place(self, ids: IdArray, keys: Keys) -> None:
        """Note the rows that they belong to: `ids` ascend, and are not changed afterwards."""
        owners = self._index.owners if self._index else ids[:0]
        self._ids, self._keys = ids, keys
        self._is_in_order = np.array_equal(owners, ids)
        self._places = np.arange(len(ids)) if self._is_in_order else np.searchsorted(ids, owners)
        self._is_one_each = self._is_in_order or len(np.unique(owners)) == len(owners)
        self.is_full = self._is_one_each and len(owners) == len(ids)

    def similarity(self, query: FloatArray, stored: StoredVectors) -> FloatArray:
        """The best cosine of each row with a query; NaN where a row has no vector."""
        if self._index is None:
            return np.full(len(self._ids), np.nan, dtype=np.float32)
        if isinstance(self._index, CodeIndex):
            return stored.cosines_of_all(query, self._ids)
        return self._best_of_each(self._index.similarities(query))

    def similarity_at(
        self, places: IdArray, query: FloatArray, stored: StoredVectors
    ) -> FloatArray:
        """The same of the rows at some places, for which alone the file is read if they are few."""
        if not self.has_codes_only:
            return self.similarity(query, stored)[places]
        wanted = np.flatnonzero(np.isin(self._places, places))
        if len(wanted) > MOST_READ:
            return self.similarity(query, stored)[places]
        similarity = np.full(len(self._ids), np.nan, dtype=np.float32)
        if len(wanted):
            read = self._read(wanted, query, stored)
            similarity[read.places] = read.similarity
        return similarity[places]

    def estimates(self, query: FloatArray, stored: StoredVectors) -> FloatArray:
        """The same, but with codes only right for the nearest thousand, about right for others."""
        if isinstance(self._index, CodeIndex):
            near = self.nearest(query, stored, wanted=READ_FOR_SIGNALS // KEPT_FACTOR)
            if near:
                similarity = self._best_of_each(self._index.estimates(query))
                similarity[near.places] = near.similarity
                return similarity
        return self.similarity(query, stored)

    def nearest(self, query: FloatArray, stored: StoredVectors, *, wanted: int) -> Near | None:
        """Rows among which nearly surely are the `wanted` nearest of very many; else None."""
        rounded = 1 << (wanted - 1).bit_length()
        count = max(LEAST_KEPT, KEPT_FACTOR * rounded)
        compared = max(LEAST_COMPARED, COMPARED_FACTOR * rounded)
        if isinstance(self._index, CodeIndex):
            near = self._index.nearest(query, count, among=max(LEAST_LOOKED_AT, compared))
            return None if near is None else self._read(near, query, stored)
        found = self._index.nearest(query, compared) if self._index else None
        return _best(count, Near(self._places[found[0]], found[1])) if found else None

    def _read(self, near: IdArray, query: FloatArray, stored: StoredVectors) -> Near:
        """The rows of some vectors, with their exact cosines."""
        # In the order of the file.
        near = near[np.argsort(self._numbers[near])]
        places = self._places[near]
        keys = [self._keys[place][1] for place in places.tolist()]
        owners = list(zip(self._ids[places].tolist(), keys, strict=True))
        found = stored.cosines(query, self._numbers[near], owners)
        rows, row_of = np.unique(places, return_inverse=True)
        best = np.full(len(rows), np.nan, dtype=np.float32)
        np.fmax.at(best, row_of, found)
        return Near(rows, best)

    def _best_of_each(self, found: FloatArray) -> FloatArray:
        """The best of the similarities of each row's vectors; NaN where it has none."""
        if self._is_in_order:
            return found
        best = np.full(len(self._ids), np.nan, dtype=np.float32)
        if self._is_one_each:
            best[self._places] = found
        else:
            np.fmax.at(best, self._places, found)
        return best

    def _width(self, stored: Sequence[bytes]) -> int:
        """How many components each of some vectors has."""
        width, rest = divmod(len(stored[0]), _FLOAT_BYTES)
        if rest or any(len(vector) != len(stored[0]) for vector in stored):
            raise DimensionMismatchError(
                f"namespace {namespace_of(self._path)!r} holds vectors of several widths. "
                "Restore the file from a backup."
            )
        return width


def _best(count: int, near: Near) -> Near:
    """The `count` rows of the greatest similarity, in no order."""
    if count >= len(near.places):
        return near
    best = np.argpartition(-near.similarity, count)[:count]
    return Near(near.places[best], near.similarity[best])
