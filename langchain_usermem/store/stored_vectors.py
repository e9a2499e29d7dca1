"""Cosines with vectors that are not in memory, read from the file in one transaction."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np

from langchain_usermem.embeddings import FloatArray
from langchain_usermem.errors import CorruptRowError
from langchain_usermem.store.digests import text_digest
from langchain_usermem.store.padding import padded
from langchain_usermem.store.plan import namespace_of
from langchain_usermem.store.rows import PART, NamespaceRow, corrupt
from langchain_usermem.store.schema import Connection
from langchain_usermem.store.vector_index import IdArray, inner_products

_VECTORS = """SELECT i.id, i.key, v.terms, v.vector, v.digest FROM items i {index}
    JOIN vectors v ON v.id >= i.first_vector AND v.id < i.first_vector + i.vector_count
    WHERE v.vector IS NOT NULL AND {condition}"""
_OF_NAMESPACE = _VECTORS.format(
    index="INDEXED BY items_by_sequence", condition="i.namespace_id = ?"
)

_Record = tuple[Any, ...]


@cache
def _by_item(size: int) -> str:
    """The statement that reads the vectors of so many items."""
    marks = ", ".join(["?"] * size)
    return _VECTORS.format(index="", condition=f"i.id IN ({marks})")


class StoredVectors:
    """The vectors of one namespace as a transaction sees them; each is held against its digest."""

    def __init__(self, connection: Connection, namespace: NamespaceRow) -> None:
        self._connection = connection
        self._path = namespace.path
        self._namespace_id = namespace.id

    def cosines(self, query: FloatArray, ids: IdArray) -> FloatArray:
        """The best cosine of a query with the vectors of each item; `ids` ascend, shape (n,).

        Raises:
            CorruptRowError: a vector is missing, or does not match its digest.
        """
        best = self._best(query, self._of(ids.tolist()), ids)
        if np.isnan(best).any():
            raise CorruptRowError(
                f"vectors of namespace {namespace_of(self._path)!r} are missing. "
                "Run 'usermem doctor'."
            )
        return best

    def cosines_of_all(self, query: FloatArray, ids: IdArray) -> FloatArray:
        """The same of all items of the namespace, some of which may have none: NaN.

        Raises:
            CorruptRowError: a vector does not match its digest.
        """
        return self._best(query, self._all(), ids)

    def _best(self, query: FloatArray, parts: Iterator[list[_Record]], ids: IdArray) -> FloatArray:
        best = np.full(len(ids), np.nan, dtype=np.float32)
        for records in parts:
            owners = [record[0] for record in records]
            vectors = self._checked(records).reshape(len(records), -1)
            places = np.searchsorted(ids, owners)
            np.fmax.at(best, places, inner_products(query, vectors))
        return best

    def _of(self, ids: Sequence[int]) -> Iterator[list[_Record]]:
        for part in padded(ids, None):
            records = self._connection.execute(_by_item(len(part)), part).fetchall()
            if records:
                yield records

    def _all(self) -> Iterator[list[_Record]]:
        cursor = self._connection.execute(_OF_NAMESPACE, (self._namespace_id,))
        while records := cursor.fetchmany(PART):
            yield records

    def _checked(self, records: Sequence[_Record]) -> FloatArray:
        """The numbers of some vectors, one vector after the other."""
        for item_id, key, terms, vector, digest in records:
            if digest != text_digest(self._path, key, item_id=item_id, terms=terms, vector=vector):
                raise corrupt(self._path, key)
        return np.frombuffer(b"".join(record[3] for record in records), dtype="<f4")
