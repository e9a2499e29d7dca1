"""The codes of vectors that lie elsewhere, by which the near ones are found."""

import numpy as np

from langchain_usermem.embeddings import FloatArray
from langchain_usermem.store.vector_index import IdArray, SignCodes, VectorIndex, check_vectors


class CodeIndex:
    """The codes of vectors, each belonging to an item. Its owner locks it.

    Args:
        owners: the item of each vector, shape (n,).
        codes: those of the vectors, which belong to this index from now on.
    """

    def __init__(self, owners: IdArray, codes: SignCodes) -> None:
        self.owners = owners
        self._codes = codes

    @classmethod
    def of(cls, index: VectorIndex) -> "CodeIndex":
        """The same vectors without the vectors; nothing is added to `index` any more."""
        return cls(index.owners, index.codes())

    @property
    def dimensions(self) -> int:
        """Components of each vector."""
        return self._codes.dimensions

    @property
    def size_bytes(self) -> int:
        """Memory that codes and ids take."""
        return self._codes.size_bytes + self.owners.nbytes

    def add(self, owners: IdArray, vectors: FloatArray) -> None:
        """Add the codes of vectors, which are checked as `VectorIndex.add` checks them."""
        check_vectors(vectors, rows=len(owners), dimensions=self.dimensions)
        self._codes.add(vectors)
        self.owners = np.concatenate([self.owners, owners])

    def remove(self, owners: IdArray) -> None:
        """Remove all codes of some items."""
        gone = np.isin(self.owners, owners)
        if gone.any():
            self._codes.remove(np.flatnonzero(gone))
            self.owners = self.owners[~gone]

    def nearest(self, query: FloatArray, count: int, *, among: int) -> IdArray | None:
        """The places of about the `count` nearest vectors in no order; None if there are no more.

        They are chosen by the query's components among those whose codes differ from its own in
        the fewest bits, of which `among` are looked at.
        """
        if count >= len(self.owners):
            return None
        check_vectors(query[np.newaxis], rows=1, dimensions=self.dimensions)
        near = self._codes.nearest(query, min(max(among, count), len(self.owners)))
        if len(near) <= count:
            return near
        agreeing = self._codes.agreeing(query, near)
        return near[np.argpartition(-agreeing, count)[:count]]

    def estimates(self, query: FloatArray) -> FloatArray:
        """What the cosine with each vector is about: shape (n,), in [-1, 1].

        The share of signs that differ grows with the angle between two vectors, and is the
        angle's share of a half turn where directions are spread evenly.
        """
        check_vectors(query[np.newaxis], rows=1, dimensions=self.dimensions)
        shares = self._codes.differing(query) / np.float32(self.dimensions)
        found: FloatArray = np.cos(np.float32(np.pi) * shares).astype(np.float32)
        return found
