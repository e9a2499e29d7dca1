"""Rows that wait for their vectors."""

import json
from typing import Any, NamedTuple

from langchain_usermem.store.digests import row_digest
from langchain_usermem.store.plan import texts_at
from langchain_usermem.store.schema import Connection


class PendingRow(NamedTuple):
    """A row that waits for vectors, as of a write number, with its texts."""

    id: int
    sequence: int
    key: str
    texts: tuple[str, ...]


def pending_rows(connection: Connection, *, after: int, limit: int) -> list[PendingRow]:
    """Rows that wait for vectors, by id, from the one after an id on; damaged ones are left out."""
    found = connection.execute(
        """SELECT i.id, n.path, i.key, i.value, i.paths, i.created_at, i.updated_at, i.ttl,
        i.first_vector, i.vector_count, i.digest, i.sequence
        FROM items i INDEXED BY items_pending JOIN namespaces n ON n.id = i.namespace_id
        WHERE i.pending = 1 AND i.id > ? ORDER BY i.id LIMIT ?""",
        (after, limit),
    )
    rows = (_pending(record) for record in found)
    return [row for row in rows if row is not None]


def _pending(record: tuple[Any, ...]) -> PendingRow | None:
    row_id, path, key, value, paths, *marks, digest, sequence = record
    # Reading it will say that it is damaged; the others need not wait for that.
    if row_digest(path, key, value=value, paths=paths, marks=tuple(marks)) != digest:
        return None
    return PendingRow(row_id, sequence, key, texts_at(json.loads(value), json.loads(paths or "[]")))
