"""Writing the tables: what a commit does for the batches in it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from langchain_usermem.errors import EmbedderMismatchError
from langchain_usermem.store.digests import row_digest, text_digest
from langchain_usermem.store.indexed_text import Text
from langchain_usermem.store.plan import Draft
from langchain_usermem.store.rows import PendingRow
from langchain_usermem.store.schema import Connection

_NAMESPACE_SHIFT = 32
_MICROS_PER_MINUTE = 60_000_000
_KEPT_DELETIONS = 10_000


@dataclass(frozen=True, slots=True)
class Write:
    """The drafts of one batch, with what is indexed of each text in them.

    `fingerprint` tells which embedder the vectors are of; None where there are none.
    """

    drafts: Sequence[Draft]
    texts: Mapping[str, Text]
    fingerprint: str | None


class _Known(NamedTuple):
    """What a write needs to know of the row it takes the place of."""

    id: int
    created_at: int
    expires_at: int | None
    first_vector: int
    end_vector: int


@dataclass(slots=True)
class _Space:
    """A namespace, and the number of its last text."""

    id: int
    last_vector: int
    touched: bool = False


@dataclass(slots=True)
class _Commit:
    """Records gathered to be written in a few statements, whatever the number of drafts."""

    sequence: int
    moment: int
    last_item: int
    spaces: dict[str, _Space] = field(default_factory=dict)
    rows: list[tuple[object, ...]] = field(default_factory=list)
    texts: list[tuple[object, ...]] = field(default_factory=list)
    freed: list[tuple[int, int]] = field(default_factory=list)
    deleted: list[tuple[int, int, int]] = field(default_factory=list)

    def add(self, connection: Connection, draft: Draft, texts: Sequence[Text]) -> None:
        """Take in a draft with its texts."""
        space, known = self._found(connection, draft)
        if draft.value is not None:
            space = space or self._made(connection, draft.path)
            self._put(draft, draft.value, texts=texts, place=(space, known))
        elif space and known:
            space.touched = True
            self.freed.append((known.first_vector, known.end_vector))
            self.deleted.append((space.id, self.sequence, known.id))

    def write(self, connection: Connection) -> None:
        """Bring the records into the tables."""
        remove_texts(connection, self.freed)
        connection.executemany("DELETE FROM items WHERE id = ?", [(d[2],) for d in self.deleted])
        connection.executemany("INSERT INTO deletions VALUES (?, ?, ?)", self.deleted)
        connection.executemany(_REPLACE_ITEM, self.rows)
        add_texts(connection, self.texts)
        connection.execute("UPDATE meta SET value = ? WHERE key = 'item'", (self.last_item,))
        connection.executemany(
            "UPDATE namespaces SET sequence = ?, last_vector = ? WHERE id = ?",
            [(self.sequence, s.last_vector, s.id) for s in self.spaces.values() if s.touched],
        )

    def _found(self, connection: Connection, draft: Draft) -> tuple[_Space | None, _Known | None]:
        """The namespace and the row of a draft, as far as they exist."""
        found = connection.execute(_KNOWN, (draft.key, draft.path)).fetchone()
        if found is None:
            return self.spaces.get(draft.path), None
        namespace_id, last_vector, *row = found
        space = self.spaces.setdefault(draft.path, _Space(namespace_id, last_vector))
        return space, None if row[0] is None else _Known(*row)

    def _made(self, connection: Connection, path: str) -> _Space:
        # Counted here, since SQLite would give the number of a removed row out again.
        number = next_number(connection, "namespace")
        space = _Space(number, number << _NAMESPACE_SHIFT)
        connection.execute(
            "INSERT INTO namespaces VALUES (?, ?, 0, ?)", (number, path, space.last_vector)
        )
        self.spaces[path] = space
        return space

    def _put(
        self,
        draft: Draft,
        value: str,
        *,
        texts: Sequence[Text],
        place: tuple[_Space, _Known | None],
    ) -> None:
        space, known = place
        item_id, created_at = self._identity(known)
        first = space.last_vector + 1
        space.last_vector += len(texts)
        space.touched = True
        marks = (created_at, self.moment, draft.ttl, first, len(texts))
        digest = row_digest(space.id, draft.key, value=value, paths=draft.paths, marks=marks)
        pending = any(text.vector is None for text in texts)
        times = (created_at, self.moment, expiry(self.moment, draft.ttl), draft.ttl)
        indexed = (first, len(texts), pending, draft.paths)
        self.rows.append(
            (item_id, space.id, draft.key, self.sequence, *times, *indexed, digest, value)
        )
        self.texts.extend(text_records(item_id, draft.key, texts=texts, first=first))

    def _identity(self, known: _Known | None) -> tuple[int, int]:
        """The id and time of creation of a row; an expired one begins a new life."""
        if known is None:
            self.last_item += 1
            return self.last_item, self.moment
        self.freed.append((known.first_vector, known.end_vector))
        expired = known.expires_at is not None and known.expires_at <= self.moment
        return known.id, self.moment if expired else known.created_at


_KNOWN = """SELECT n.id, n.last_vector, i.id, i.created_at, i.expires_at, i.first_vector,
    i.first_vector + i.vector_count
    FROM namespaces n LEFT JOIN items i ON i.namespace_id = n.id AND i.key = ?
    WHERE n.path = ?"""
_REPLACE_ITEM = "INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def expiry(moment: int, ttl: float | None) -> int | None:
    """When a row that lives `ttl` minutes from `moment` ends, in microseconds since 1970."""
    return None if ttl is None else moment + round(ttl * _MICROS_PER_MINUTE)


def text_records(
    item_id: int, key: str, *, texts: Sequence[Text], first: int
) -> list[tuple[object, ...]]:
    """Records of `vectors` for the texts of one row, numbered from `first`."""
    return [
        (number, text_digest(item_id, key, terms=text.terms, vector=text.vector), *text)
        for number, text in enumerate(texts, start=first)
    ]


def write_all(connection: Connection, writes: Sequence[Write], *, moment: int) -> None:
    """Put and delete the rows of some batches, all at `moment`, under one sequence number.

    No key may stand in two of them.

    Raises:
        EmbedderMismatchError: the vectors are of another embedder than the file's.
    """
    for fingerprint in {write.fingerprint for write in writes if write.fingerprint}:
        claim_fingerprint(connection, fingerprint)
    (last_item,) = connection.execute("SELECT value FROM meta WHERE key = 'item'").fetchone()
    commit = _Commit(next_number(connection, "sequence"), moment, last_item)
    for write in writes:
        for draft in write.drafts:
            commit.add(connection, draft, [write.texts[text] for text in draft.texts])
    commit.write(connection)


def next_number(connection: Connection, counter: str) -> int:
    """The next number of a counter, which it never gives out again."""
    (number,) = connection.execute(
        "UPDATE meta SET value = value + 1 WHERE key = ? RETURNING value", (counter,)
    ).fetchone()
    return int(number)


def remove_texts(connection: Connection, ranges: Iterable[tuple[int, int]]) -> None:
    """Remove the texts numbered from the first up to the second of each pair."""
    connection.executemany("DELETE FROM vectors WHERE id >= ? AND id < ?", ranges)


def add_texts(connection: Connection, records: Iterable[tuple[object, ...]]) -> None:
    """Add the texts that `text_records` made."""
    connection.executemany("INSERT INTO vectors VALUES (?, ?, ?, ?)", records)


def claim_fingerprint(connection: Connection, fingerprint: str) -> None:
    """Note which embedder the vectors are of, when the first one is written.

    Raises:
        EmbedderMismatchError: they are of another one.
    """
    connection.execute("INSERT OR IGNORE INTO meta VALUES ('embedder', ?)", (fingerprint,))
    (stored,) = connection.execute("SELECT value FROM meta WHERE key = 'embedder'").fetchone()
    if stored != fingerprint:
        raise embedder_mismatch(stored, fingerprint)


def embedder_mismatch(stored: str, given: str) -> EmbedderMismatchError:
    """What opening a file with another embedder than its own raises."""
    return EmbedderMismatchError(
        f"the vectors in this file are of embedder {stored!r}, the one given is {given!r}; they "
        "cannot be compared. Open it with the original embedder, or start a new file."
    )


def prolong(connection: Connection, ends: Mapping[int, int]) -> None:
    """Move the ends of rows' lives to later moments, by id."""
    connection.executemany(
        "UPDATE items SET expires_at = ? WHERE id = ? AND expires_at < ?",
        [(end, row_id, end) for row_id, end in ends.items()],
    )


def sweep(connection: Connection, *, moment: int) -> int:
    """Delete the rows whose life ended by `moment`; returns how many there were."""
    found = connection.execute(
        """SELECT namespace_id, id, first_vector, first_vector + vector_count FROM items
        WHERE expires_at <= ? ORDER BY namespace_id""",
        (moment,),
    ).fetchall()
    if not found:
        return 0
    sequence = next_number(connection, "sequence")
    remove_texts(connection, [(first, end) for _, _, first, end in found])
    connection.executemany("DELETE FROM items WHERE id = ?", [(row_id,) for _, row_id, *_ in found])
    connection.executemany(
        "INSERT INTO deletions VALUES (?, ?, ?)",
        [(namespace_id, sequence, row_id) for namespace_id, row_id, *_ in found],
    )
    connection.executemany(
        "UPDATE namespaces SET sequence = ? WHERE id = ?",
        [(sequence, namespace_id) for namespace_id in {record[0] for record in found}],
    )
    return len(found)


def drop_traces(connection: Connection) -> None:
    """Forget the namespaces without rows, and the marks of all deleted rows."""
    connection.execute("DELETE FROM deletions")
    connection.execute(
        "DELETE FROM namespaces WHERE NOT EXISTS "
        "(SELECT 1 FROM items WHERE namespace_id = namespaces.id)"
    )
    sequence = next_number(connection, "sequence")
    connection.execute("UPDATE meta SET value = ? WHERE key = 'pruned'", (sequence,))


def prune_deletions(connection: Connection, *, kept: int = _KEPT_DELETIONS) -> None:
    """Forget the oldest marks of deleted rows; indexes older than those are loaded anew."""
    found = connection.execute(
        "SELECT sequence FROM deletions ORDER BY sequence DESC LIMIT 1 OFFSET ?", (kept,)
    ).fetchone()
    if found:
        connection.execute("DELETE FROM deletions WHERE sequence <= ?", found)
        connection.execute("UPDATE meta SET value = ? WHERE key = 'pruned'", found)


def write_late(connection: Connection, row: PendingRow, texts: Sequence[Text]) -> bool:
    """Give a row its vectors; returns False, and does nothing, if it was written meanwhile."""
    found = connection.execute(
        """SELECT i.namespace_id, n.last_vector + 1, i.value, i.paths, i.created_at, i.updated_at,
        i.ttl, i.first_vector, i.first_vector + i.vector_count
        FROM items i JOIN namespaces n ON n.id = i.namespace_id
        WHERE i.id = ? AND i.sequence = ?""",
        (row.id, row.sequence),
    ).fetchone()
    if found is None:
        return False
    namespace_id, first, value, paths, *times, old_first, old_end = found
    marks = (*times, first, len(texts))
    digest = row_digest(namespace_id, row.key, value=value, paths=paths, marks=marks)
    sequence = next_number(connection, "sequence")
    remove_texts(connection, [(old_first, old_end)])
    add_texts(connection, text_records(row.id, row.key, texts=texts, first=first))
    connection.execute(
        """UPDATE items SET sequence = ?, first_vector = ?, vector_count = ?, pending = 0,
        digest = ? WHERE id = ?""",
        (sequence, first, len(texts), digest, row.id),
    )
    connection.execute(
        "UPDATE namespaces SET sequence = ?, last_vector = ? WHERE id = ?",
        (sequence, first + len(texts) - 1, namespace_id),
    )
    return True
