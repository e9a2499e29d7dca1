"""Writing the tables: what a commit does for the batches in it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from langchain_usermem.errors import EmbedderMismatchError
from langchain_usermem.store.digests import row_digest, text_digest
from langchain_usermem.store.indexed_text import Text
from langchain_usermem.store.known import Known, KnownRow, Space, known_to
from langchain_usermem.store.plan import Draft
from langchain_usermem.store.schema import Connection

_NAMESPACE_SHIFT = 32
_MICROS_PER_MINUTE = 60_000_000
_KEPT_DELETIONS = 10_000
_COMMITS_BETWEEN_PRUNINGS = 1_000


@dataclass(frozen=True, slots=True)
class Write:
    """The drafts of one batch, with what is indexed of each text in them.

    `fingerprint` tells which embedder the vectors are of; None where there are none.
    """

    drafts: Sequence[Draft]
    texts: Mapping[str, Text]
    fingerprint: str | None


@dataclass(slots=True)
class _Commit:
    """Records gathered to be written in a few statements, whatever the number of drafts."""

    known: Known
    moment: int
    sequence: int
    last_item: int
    last_namespace: int
    added: list[tuple[object, ...]] = field(default_factory=list)
    replaced: list[tuple[object, ...]] = field(default_factory=list)
    texts: list[tuple[object, ...]] = field(default_factory=list)
    freed: list[tuple[int, int]] = field(default_factory=list)
    deleted: list[tuple[int, int, int]] = field(default_factory=list)

    def add(self, draft: Draft, texts: Sequence[Text]) -> None:
        """Take in a draft with its texts."""
        space = self.known.spaces.get(draft.path)
        row = self.known.rows.get((draft.path, draft.key))
        if draft.value is not None:
            space = space or self._made(draft.path)
            self._put(draft, draft.value, texts=texts, place=(space, row))
        elif space and row:
            space.touched = True
            self.freed.append((row.first_vector, row.end_vector))
            self.deleted.append((space.id, self.sequence, row.id))

    def write(self, connection: Connection) -> None:
        """Bring the records into the tables."""
        self._write_namespaces(connection)
        remove_texts(connection, self.freed)
        if self.deleted:
            ids = [(row_id,) for _, _, row_id in self.deleted]
            connection.executemany("DELETE FROM items WHERE id = ?", ids)
            connection.executemany("INSERT INTO deletions VALUES (?, ?, ?)", self.deleted)
        # Apart, since looking for what to replace takes a quarter of adding a row.
        connection.executemany(f"INSERT {_ITEM}", self.added)
        connection.executemany(f"INSERT OR REPLACE {_ITEM}", self.replaced)
        add_texts(connection, self.texts)
        counters = (("item", self.last_item), ("namespace", self.last_namespace))
        connection.executemany(
            "UPDATE meta SET value = ?2 WHERE key = ?1", (*counters, ("sequence", self.sequence))
        )
        if self.sequence % _COMMITS_BETWEEN_PRUNINGS == 0:
            prune_deletions(connection)

    def _write_namespaces(self, connection: Connection) -> None:
        touched = [(path, space) for path, space in self.known.spaces.items() if space.touched]
        connection.executemany(
            "INSERT INTO namespaces VALUES (?, ?, ?, ?)",
            [(s.id, path, self.sequence, s.last_vector) for path, s in touched if s.new],
        )
        connection.executemany(
            "UPDATE namespaces SET sequence = ?, last_vector = ? WHERE id = ?",
            [(self.sequence, s.last_vector, s.id) for _, s in touched if not s.new],
        )

    def _made(self, path: str) -> Space:
        # Counted here, since SQLite would give the number of a removed row out again.
        self.last_namespace += 1
        space = Space(self.last_namespace, self.last_namespace << _NAMESPACE_SHIFT, new=True)
        self.known.spaces[path] = space
        return space

    def _put(
        self,
        draft: Draft,
        value: str,
        *,
        texts: Sequence[Text],
        place: tuple[Space, KnownRow | None],
    ) -> None:
        space, known = place
        item_id, created_at, updated_at = self._identity(known)
        first = space.last_vector + 1
        space.last_vector += len(texts)
        space.touched = True
        marks = (created_at, updated_at, draft.ttl, first, len(texts))
        digest = row_digest(draft.path, draft.key, value=value, paths=draft.paths, marks=marks)
        pending = any(text.vector is None for text in texts)
        times = (created_at, updated_at, expiry(self.moment, draft.ttl), draft.ttl)
        indexed = (first, len(texts), pending, draft.paths)
        known_by = (item_id, space.id, draft.key, self.sequence)
        rows = self.added if known is None else self.replaced
        rows.append((*known_by, *times, *indexed, digest, value, *draft.columns))
        owner = (draft.path, draft.key, item_id)
        self.texts.extend(text_records(owner, texts, first=first))

    def _identity(self, known: KnownRow | None) -> tuple[int, int, int]:
        """The id, time of creation and of update of a row; an expired one begins a new life."""
        if known is None:
            self.last_item += 1
            return self.last_item, self.moment, self.moment
        self.freed.append((known.first_vector, known.end_vector))
        expired = known.expires_at is not None and known.expires_at <= self.moment
        # Never the same twice, though clocks stand still or are set back: it is the version
        # that conditional writes compare.
        updated_at = max(self.moment, known.updated_at + 1)
        return known.id, self.moment if expired else known.created_at, updated_at


_ITEM = """INTO items VALUES
    (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""


def expiry(moment: int, ttl: float | None) -> int | None:
    """When a row that lives `ttl` minutes from `moment` ends, in microseconds since 1970."""
    return None if ttl is None else moment + round(ttl * _MICROS_PER_MINUTE)


def text_records(
    owner: tuple[str, str, int], texts: Sequence[Text], *, first: int
) -> list[tuple[object, ...]]:
    """Records of `vectors` for the texts of one row, numbered from `first`.

    `owner` is the path, the key and the id of the row.
    """
    path, key, item_id = owner
    return [
        (
            number,
            text_digest(path, key, item_id=item_id, terms=text.terms, vector=text.vector),
            *text,
        )
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
    known = known_to(connection, [draft for write in writes for draft in write.drafts])
    counters = connection.execute(
        "SELECT value FROM meta WHERE key IN ('item', 'namespace', 'sequence') ORDER BY key"
    )
    (last_item,), (last_namespace,), (sequence,) = counters
    commit = _Commit(known, moment, sequence + 1, last_item, last_namespace)
    for write in writes:
        for draft in write.drafts:
            commit.add(draft, [write.texts[text] for text in draft.texts])
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
        "cannot be compared. Open it with the original embedder, or run 'usermem reembed'."
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
