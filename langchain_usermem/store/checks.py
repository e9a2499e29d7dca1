"""What can be wrong with a file, and where. Nothing here changes it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np

from langchain_usermem.errors import StoreError
from langchain_usermem.store.columns import COLUMNS, Columns, columns_of
from langchain_usermem.store.digests import row_digest, text_digest
from langchain_usermem.store.keyword_index import terms_to_bytes
from langchain_usermem.store.plan import namespace_of, texts_at
from langchain_usermem.store.rows import stored_fingerprint
from langchain_usermem.store.schema import Connection, store_errors
from langchain_usermem.text import indexed_ids

_UNIT_TOLERANCE = 1e-3
_ROWS_AT_ONCE = 1_000


class Kind(StrEnum):
    """What is wrong. All but the first two can be made anew from the values."""

    STRUCTURE = "SQLite finds the file damaged"
    ROW = "a row does not match its digest"
    INDEXING = "the words, vectors or columns kept of a row are damaged"
    END = "the end of a row's life does not follow from its TTL"
    STRAY = "words and vectors are left that belong to no row"
    NUMBERS = "write numbers are out of order"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong, and the row it is wrong with if it is one's; never its text."""

    kind: Kind
    item_id: int | None = None
    path: str | None = None
    key: str | None = None

    def __str__(self) -> str:
        """One line for people."""
        if self.item_id is None:
            return str(self.kind)
        whose = namespace_of(self.path) if self.path else "none"
        return f"{self.kind}: {self.key!r} of namespace {whose}"


class _Stored(NamedTuple):
    """A row of `items` with the path of its namespace, None if that is missing."""

    id: int
    path: str | None
    key: str
    value: str
    paths: str | None
    created_at: int
    updated_at: int
    ttl: float | None
    first_vector: int
    vector_count: int
    digest: bytes
    expires_at: int | None
    pending: int
    columns: Columns


_STORED = f"""SELECT i.id, n.path, i.key, i.value, i.paths, i.created_at, i.updated_at, i.ttl,
    i.first_vector, i.vector_count, i.digest, i.expires_at, i.pending,
    {", ".join(f"i.{name}" for name in COLUMNS)}
    FROM items i LEFT JOIN namespaces n ON n.id = i.namespace_id
    WHERE i.id > ? ORDER BY i.id LIMIT ?"""  # noqa: S608 - constants only
_FIELDS = len(_Stored._fields) - 1

_OUT_OF_ORDER = """SELECT
    (SELECT max(sequence) FROM items) > (SELECT value FROM meta WHERE key = 'sequence')
    OR (SELECT max(sequence) FROM deletions) > (SELECT value FROM meta WHERE key = 'sequence')
    OR (SELECT max(sequence) FROM namespaces) > (SELECT value FROM meta WHERE key = 'sequence')
    OR (SELECT value FROM meta WHERE key = 'pruned')
        > (SELECT value FROM meta WHERE key = 'sequence')
    OR (SELECT max(id) FROM items) > (SELECT value FROM meta WHERE key = 'item')
    OR (SELECT max(id) FROM namespaces) > (SELECT value FROM meta WHERE key = 'namespace')
    OR (SELECT count(*) FROM meta WHERE key IN ('sequence', 'item', 'namespace', 'pruned')) < 4
    OR EXISTS (SELECT 1 FROM items i JOIN namespaces n ON n.id = i.namespace_id
        WHERE i.sequence > n.sequence OR i.first_vector + i.vector_count - 1 > n.last_vector)
    OR EXISTS (SELECT 1 FROM deletions d JOIN items i ON i.id = d.item_id)
    OR EXISTS (SELECT 1 FROM deletions d JOIN namespaces n ON n.id = d.namespace_id
        WHERE d.sequence > n.sequence)"""


def problems(connection: Connection, path: str) -> list[Problem]:
    """All that is wrong with the file behind a connection."""
    # A text that is no UTF-8 any more is to fail its own digest, not the whole reading.
    connection.text_factory = _lenient
    found: list[Problem] = []
    try:
        with store_errors(path):
            found.extend(_structure(connection))
            found.extend(_rows(connection))
            found.extend(_strays(connection))
            found.extend(_numbers(connection))
    except (StoreError, TypeError, ValueError):
        # Damaged pages hold values of types that no store writes.
        found.append(Problem(Kind.STRUCTURE))
    finally:
        connection.text_factory = str
    return list(dict.fromkeys(found))


def _lenient(text: bytes) -> str:
    return text.decode(errors="replace")


def _structure(connection: Connection) -> Iterator[Problem]:
    (answer,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if answer != "ok":
        yield Problem(Kind.STRUCTURE)


def _rows(connection: Connection) -> Iterator[Problem]:
    fingerprint = stored_fingerprint(connection)
    width = int(fingerprint.rpartition("/")[2]) if fingerprint else None
    after = 0
    while records := connection.execute(_STORED, (after, _ROWS_AT_ONCE)).fetchall():
        for record in records:
            row = _Stored._make((*record[:_FIELDS], record[_FIELDS:]))
            kind = _kind(connection, row, width)
            if kind:
                yield Problem(kind, row.id, row.path, row.key)
        after = records[-1][0]


def _kind(connection: Connection, row: _Stored, width: int | None) -> Kind | None:
    """What is wrong with a row, the worst first."""
    if not _is_intact(row):
        return Kind.ROW
    if not _is_indexed(connection, row, width):
        return Kind.INDEXING
    return None if _has_an_end(row) else Kind.END


def _is_intact(row: _Stored) -> bool:
    if row.path is None:
        return False
    marks = (row.created_at, row.updated_at, row.ttl, row.first_vector, row.vector_count)
    digest = row_digest(row.path, row.key, value=row.value, paths=row.paths, marks=marks)
    return digest == row.digest


def _is_indexed(connection: Connection, row: _Stored, width: int | None) -> bool:
    """Whether an intact row's columns, words and vectors are those of its value."""
    value = json.loads(row.value)
    texts = texts_at(value, json.loads(row.paths or "[]"))
    records = connection.execute(
        "SELECT digest, terms, vector FROM vectors WHERE id >= ? AND id < ? ORDER BY id",
        (row.first_vector, row.first_vector + row.vector_count),
    ).fetchall()
    if row.columns != columns_of(value) or not len(texts) == len(records) == row.vector_count:
        return False
    waiting = any(vector is None for _, _, vector in records)
    return row.pending == waiting and all(
        _is_sound(row, text, record=record, width=width)
        for text, record in zip(texts, records, strict=True)
    )


def _is_sound(row: _Stored, text: str, *, record: tuple[Any, ...], width: int | None) -> bool:
    digest, terms, vector = record
    if terms != terms_to_bytes(indexed_ids(text)):
        return False
    whole = text_digest(row.path or "", row.key, item_id=row.id, terms=terms, vector=vector)
    return whole == digest and (vector is None or _is_unit(vector, width))


def _is_unit(stored: bytes, width: int | None) -> bool:
    """Whether a vector has its width, and length one, or nought where a text has no words."""
    if width is None or len(stored) != width * np.dtype("<f4").itemsize:
        return False
    length = float(np.linalg.norm(np.frombuffer(stored, dtype="<f4")))
    return length == 0 or abs(length - 1) < _UNIT_TOLERANCE


def _has_an_end(row: _Stored) -> bool:
    """Whether a row ends if, and only if, it has a TTL.

    When, no one can tell: reads move it, and clocks are set back.
    """
    return (row.ttl is None) == (row.expires_at is None)


def _strays(connection: Connection) -> Iterator[Problem]:
    if stray_texts(connection):
        yield Problem(Kind.STRAY)


def stray_texts(connection: Connection) -> list[int]:
    """The numbers of texts that belong to no row."""
    there = [number for (number,) in connection.execute("SELECT id FROM vectors")]
    ranges = connection.execute("SELECT first_vector, vector_count FROM items")
    # A damaged row may claim any number of them.
    used = [first + n for first, count in ranges for n in range(min(count, len(there)))]
    strays: list[int] = np.setdiff1d(there, used).tolist()
    return strays


def _numbers(connection: Connection) -> Iterator[Problem]:
    (out_of_order,) = connection.execute(_OUT_OF_ORDER).fetchone()
    if out_of_order:
        yield Problem(Kind.NUMBERS)
