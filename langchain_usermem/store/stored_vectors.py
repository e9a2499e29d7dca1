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

_OF_NAMESPACE = """SELECT i.id, i.key, v.terms, v.vector, v.digest
    FROM items i INDEXED BY items_by_sequence
    JOIN vectors v ON v.id >= i.first_vector AND v.id < i.first_vector + i.vector_count
    WHERE v.vector IS NOT NULL AND i.namespace_id = ?"""

Owner = tuple[int, str]
"""The id and the key of the item that a vector is of."""

_Record = tuple[Any, ...]


@cache
def _by_number(size: int) -> str:
    """The statement that reads so many vectors."""
    marks = ", ".join(["?"] * size)
    return f"SELECT id, terms, vector, digest FROM vectors WHERE id IN ({marks}) ORDER BY id"  # noqa: S608 - constants only


class StoredVectors:
    """The vectors of one namespace as a transaction sees them; each is held against its digest."""

    def __init__(self, connection: Connection, namespace: NamespaceRow) -> None:
        self._connection = connection
        self._path = namespace.path
        self._namespace_id = namespace.id

    def cosines(self, query: FloatArray, numbers: IdArray, owners: Sequence[Owner]) -> FloatArray:
        """The cosine of a query with some vectors; `numbers` ascend, and `owners` are parallel.

        Raises:
            CorruptRowError: a vector is missing, or does not match its digest.
        """
        records = self._numbered(numbers.tolist())
        if len(records) < len(owners) or any(vector is None for _, _, vector, _ in records):
            raise CorruptRowError(
                f"vectors of namespace {namespace_of(self._path)!r} are missing. "
                "Run 'usermem doctor'."
            )
        owned = [(*owner, *record[1:]) for owner, record in zip(owners, records, strict=True)]
        return inner_products(query, self._checked(owned))

    def cosines_of_all(self, query: FloatArray, ids: IdArray) -> FloatArray:
        """The best cosine with the vectors of each item of the namespace; NaN where it has none.

        All are read, a part at a time; `ids` ascend.

        Raises:
            CorruptRowError: a vector does not match its digest.
        """
        best = np.full(len(ids), np.nan, dtype=np.float32)
        for records in self._all():
            owners = [record[0] for record in records]
            places = np.searchsorted(ids, owners)
            np.fmax.at(best, places, inner_products(query, self._checked(records)))
        return best

    def _numbered(self, numbers: Sequence[int]) -> list[_Record]:
        """What the file has of the vectors of some numbers, in their order."""
        found: list[_Record] = []
        for part in padded(numbers, None):
            found.extend(self._connection.execute(_by_number(len(part)), part))
        return found

    def _all(self) -> Iterator[list[_Record]]:
        cursor = self._connection.execute(_OF_NAMESPACE, (self._namespace_id,))
        while records := cursor.fetchmany(PART):
            yield records

    def _checked(self, records: Sequence[_Record]) -> FloatArray:
        """The components of some vectors, shape (n, width)."""
        for item_id, key, terms, vector, digest in records:
            if digest != text_digest(self._path, key, item_id=item_id, terms=terms, vector=vector):
                raise corrupt(self._path, key)
        joined = b"".join(record[3] for record in records)
        return np.frombuffer(joined, dtype="<f4").reshape(len(records), -1)
