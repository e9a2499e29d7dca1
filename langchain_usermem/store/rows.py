"""Reading the tables: rows, texts with their vectors, and namespaces."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import chain
from typing import Any, NamedTuple, Self

from langchain_usermem.errors import CorruptRowError
from langchain_usermem.store.columns import COLUMNS, Columns
from langchain_usermem.store.digests import row_digest
from langchain_usermem.store.padding import padded
from langchain_usermem.store.plan import namespace_of
from langchain_usermem.store.prefilter import Condition, clauses_of
from langchain_usermem.store.schema import Connection, Cursor
from langchain_usermem.store.verified import Place, Row, Version

PART = 4_096
"""How many texts with their vectors are read at once."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# What a digest vouches for has nothing before or after it, for which `loads` would look.
_scanned = json.JSONDecoder().raw_decode


class Alive(NamedTuple):
    """When a row counts as alive: after `moment`, or if a read not yet written prolonged it.

    `moment` is in microseconds since 1970; `prolonged` a JSON list of row ids.
    """

    moment: int
    prolonged: str = "[]"

    @classmethod
    def of(cls, moment: int, ends: Mapping[int, int]) -> Self:
        """As of a moment, with the moved ends of some rows by id."""
        if not ends:
            return cls(moment)
        return cls(moment, json.dumps([row_id for row_id, end in ends.items() if end > moment]))


class NamespaceRow(NamedTuple):
    """A namespace as of one state: its id, its path, and the number of its last write."""

    id: int
    path: str
    sequence: int


class Texts(NamedTuple):
    """The texts of changed rows, as parallel sequences; None for the parts where one has none."""

    terms: Sequence[bytes | None]
    vectors: Sequence[bytes | None]
    digests: Sequence[bytes | None]
    numbers: Sequence[int | None]
    item_ids: Sequence[int]
    keys: Sequence[str]
    updated: Sequence[int]
    columns: Sequence[Columns]

    @classmethod
    def of(cls, records: Sequence[tuple[Any, ...]]) -> Self:
        """Those in what SQLite answered, turned round: row by row takes twice as long."""
        if not records:
            return cls((), (), (), (), (), (), (), ())
        parts = list(zip(*records, strict=True))
        texts = len(cls._fields) - 1
        return cls._make([*parts[:texts], list(zip(*parts[texts:], strict=True))])

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Those of several parts, one part after the other."""
        if len(parts) == 1:
            return parts[0]
        if not parts:
            return cls.of(())
        return cls(*(list(chain.from_iterable(column)) for column in zip(*parts, strict=True)))


class Changes(NamedTuple):
    """What a namespace gained and lost since some sequence number.

    `parts` are read from the transaction while they are asked for.
    """

    parts: Iterable[Texts]
    deleted: list[int]
    whole: bool
    """Whether this is all there is, and takes the place of what was known."""


def micros_of(moment: datetime) -> int:
    """Microseconds since 1970 of a moment with a zone, without rounding."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(micros: int) -> datetime:
    """The moment in UTC that `micros_of` counted."""
    return _EPOCH + timedelta(0, 0, micros)


_ALIVE_THEN = """(i.expires_at IS NULL OR i.expires_at > ?
    OR i.id IN (SELECT value FROM json_each(?)))"""
_ALIVE = """(i.expires_at IS NULL OR i.expires_at > :moment
    OR i.id IN (SELECT value FROM json_each(:prolonged)))"""
_ROW = """SELECT i.id, n.path, i.key, i.value, i.paths, i.created_at,
    i.updated_at, i.ttl, i.first_vector, i.vector_count, i.digest
    FROM items i JOIN namespaces n ON n.id = i.namespace_id"""
_COLUMNS = ", ".join(f"i.{name}" for name in COLUMNS)


@cache
def _rows_by_id(size: int) -> str:
    """The statement that reads so many rows; twice as fast as with a list in JSON."""
    marks = ", ".join(["?"] * size)
    return f"{_ROW} WHERE i.id IN ({marks}) AND {_ALIVE_THEN}"


def rows_by_id(connection: Connection, ids: Sequence[int], *, alive: Alive) -> list[Row]:
    """The live rows among some ids, in no order.

    Raises:
        CorruptRowError: one does not match its digest.
    """
    found: list[Row] = []
    for part in padded(ids, None):
        records = connection.execute(_rows_by_id(len(part)), (*part, *alive))
        found.extend(_row(record) for record in records)
    return found


def _row(record: tuple[Any, ...]) -> Row:
    row_id, path, key, value, paths, created, updated, ttl, first, count, digest = record
    marks = (created, updated, ttl, first, count)
    if row_digest(path, key, value=value, paths=paths, marks=marks) != digest:
        raise corrupt(path, key)
    since = moment_of(created)
    times = (updated, since, since if updated == created else moment_of(updated))
    return Row(row_id, path, key, _scanned(value)[0], *times, ttl, len(value), made={})


@cache
def _versions_by_key(size: int) -> str:
    """The statement that looks up so many pairs of a path and a key."""
    # Bound one by one, as JSON would cut a key at a NUL. CROSS JOIN keeps the order of tables.
    pairs = ", ".join(["(?, ?)"] * size)
    return f"""WITH wanted(path, key) AS (VALUES {pairs})
        SELECT w.path, w.key, i.id, i.updated_at FROM wanted w
        CROSS JOIN namespaces n ON n.path = w.path
        CROSS JOIN items i ON i.namespace_id = n.id AND i.key = w.key
        WHERE {_ALIVE_THEN}"""  # noqa: S608 - constants only


def versions_by_key(
    connection: Connection, places: Sequence[Place], *, alive: Alive
) -> dict[Place, Version]:
    """Which of some places hold a live row, and in which version."""
    nowhere: tuple[str | None, str | None] = (None, None)
    found: dict[Place, Version] = {}
    for part in padded(places, nowhere):
        wanted = chain.from_iterable(part)
        records = connection.execute(_versions_by_key(len(part)), (*wanted, *alive))
        found |= {(path, key): (row_id, updated) for path, key, row_id, updated in records}
    return found


def corrupt(path: str, key: str) -> CorruptRowError:
    """What reading a row raises that does not match its digest."""
    return CorruptRowError(
        f"row {key!r} of namespace {namespace_of(path)!r} does not match its digest. "
        "Put it anew, or restore the file from a backup."
    )


def namespaces_below(connection: Connection, prefix: str) -> list[NamespaceRow]:
    """The namespaces at and below a path, in the order of their paths."""
    found = connection.execute(
        "SELECT id, path, sequence FROM namespaces WHERE path >= ? AND path < ? ORDER BY path",
        (prefix, _end_of(prefix)),
    )
    return [NamespaceRow(*record) for record in found]


def _end_of(prefix: str) -> str | bytes:
    """The least value above all paths with a prefix: `/` follows the full stop."""
    # Any bytes are above all text in SQLite's order.
    return f"{prefix[:-1]}/" if prefix else b""


def namespaces_at(connection: Connection, paths: Sequence[str]) -> list[NamespaceRow]:
    """The namespaces at exactly these paths, in the order of the paths."""
    found: list[NamespaceRow] = []
    for part in padded(list(dict.fromkeys(paths)), None):
        found.extend(map(NamespaceRow._make, connection.execute(_namespaces_at(len(part)), part)))
    return sorted(found, key=lambda namespace: namespace.path)


@cache
def _namespaces_at(size: int) -> str:
    marks = ", ".join(["?"] * size)
    return f"SELECT id, path, sequence FROM namespaces WHERE path IN ({marks})"  # noqa: S608 - constants only


def live_paths(connection: Connection, prefix: str, *, alive: Alive) -> list[str]:
    """The paths at and below one that hold a live row, in order."""
    found = connection.execute(
        f"""SELECT n.path FROM namespaces n WHERE n.path >= :low AND n.path < :high
        AND EXISTS (SELECT 1 FROM items i WHERE i.namespace_id = n.id AND {_ALIVE})
        ORDER BY n.path""",  # noqa: S608 - constants only
        {"low": prefix, "high": _end_of(prefix)} | alive._asdict(),
    )
    return [path for (path,) in found]


def newest(
    connection: Connection, namespaces: Sequence[NamespaceRow], conditions: Sequence[Condition]
) -> list[Version]:
    """The rows of some namespaces, expired ones too: last updated first, then by id.

    All that pass the conditions are among them.
    """
    listed = json.dumps([namespace.id for namespace in namespaces])
    found = connection.execute(
        f"""SELECT i.id, i.updated_at FROM items i
        WHERE i.namespace_id IN (SELECT value FROM json_each(?)) {clauses_of(conditions)}
        ORDER BY i.updated_at DESC, i.id DESC""",  # noqa: S608 - constants only
        (listed, *chain.from_iterable(conditions)),
    )
    return found.fetchall()


def expired_ids(
    connection: Connection, namespaces: Sequence[NamespaceRow], *, alive: Alive
) -> list[int]:
    """Ids of the rows of some namespaces whose life is over, but which are still there."""
    found: list[int] = []
    for part in padded([namespace.id for namespace in namespaces], None):
        ended = connection.execute(_expired_ids(len(part)), (*part, alive.moment, *alive))
        found.extend(row_id for (row_id,) in ended)
    return found


@cache
def _expired_ids(size: int) -> str:
    marks = ", ".join(["?"] * size)
    return f"""SELECT i.id FROM items i INDEXED BY items_by_end
        WHERE i.namespace_id IN ({marks}) AND i.expires_at <= ? AND NOT {_ALIVE_THEN}"""  # noqa: S608 - constants only


def changes_since(connection: Connection, namespace: NamespaceRow, sequence: int) -> Changes:
    """What a namespace gained and lost after a sequence number; all of it after 0."""
    (pruned,) = connection.execute("SELECT value FROM meta WHERE key = 'pruned'").fetchone()
    since = 0 if sequence < pruned else sequence
    texts = connection.execute(
        f"""SELECT v.terms, v.vector, v.digest, v.id, i.id, i.key, i.updated_at, {_COLUMNS}
        FROM items i INDEXED BY items_by_sequence LEFT JOIN vectors v
        ON v.id >= i.first_vector AND v.id < i.first_vector + i.vector_count
        WHERE i.namespace_id = ? AND i.sequence > ?""",  # noqa: S608 - constants only
        (namespace.id, since),
    )
    deleted = connection.execute(
        "SELECT item_id FROM deletions WHERE namespace_id = ? AND sequence > ?",
        (namespace.id, since),
    )
    whole = since == 0
    gone = [] if whole else [item_id for (item_id,) in deleted]
    # Only where nothing was known before may the texts of one item come in two parts.
    return Changes(_in_parts(texts) if whole else [Texts.of(texts.fetchall())], gone, whole)


def _in_parts(cursor: Cursor) -> Iterator[Texts]:
    """What SQLite answers, never all of it in memory at once."""
    while records := cursor.fetchmany(PART):
        yield Texts.of(records)


def count_rows(connection: Connection, *, alive: Alive) -> tuple[int, int]:
    """How many rows are alive, and how many wait for vectors."""
    (live,) = connection.execute(
        f"SELECT count(*) FROM items i WHERE {_ALIVE}",  # noqa: S608 - constants only
        alive._asdict(),
    ).fetchone()
    (pending,) = connection.execute("SELECT count(*) FROM items WHERE pending = 1").fetchone()
    return live, pending


def stored_fingerprint(connection: Connection) -> str | None:
    """Which embedder the vectors are of; None while there are none."""
    found = connection.execute("SELECT value FROM meta WHERE key = 'embedder'").fetchone()
    return found[0] if found else None
