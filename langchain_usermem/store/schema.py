"""The file's format: its tables, how it is opened and checked, and what its errors mean."""

import os
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from langchain_usermem.errors import (
    CorruptRowError,
    StoreBusyError,
    StoreError,
    StoreFormatError,
    StoreFullError,
    StorePathError,
)

Connection = sqlite3.Connection
Cursor = sqlite3.Cursor

APPLICATION_ID = 0x756D656D
# A path has lost one of the strokes of "sqlite:///memories.db".
_ADDRESS = re.compile(r"file:|\w{2,}:/")
"""`umem` in ASCII: marks the file as ours."""

_BUSY_SECONDS = 30.0
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    # NORMAL survives a killed process; only FULL survives a power cut.
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA temp_store = MEMORY",
)

# One tuple of statements for each format, in order: format n is made of n - 1.
_MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID",
        # `path` is the labels, each ended by a full stop, which no label may hold: a range of
        # paths is a prefix of whole labels. `last_vector` numbers the namespace's texts.
        """CREATE TABLE namespaces (
            id INTEGER PRIMARY KEY,
            path TEXT NOT NULL UNIQUE,
            sequence INTEGER NOT NULL,
            last_vector INTEGER NOT NULL
        )""",
        # Times are microseconds since 1970 in UTC. The texts of a row are `vector_count` rows
        # of `vectors` from `first_vector` on; `pending` is 1 while they wait for vectors. The
        # columns from `category` on repeat fields of the value.
        """CREATE TABLE items (
            id INTEGER PRIMARY KEY,
            namespace_id INTEGER NOT NULL,
            key TEXT NOT NULL,
            sequence INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            expires_at INTEGER,
            ttl REAL,
            first_vector INTEGER NOT NULL,
            vector_count INTEGER NOT NULL,
            pending INTEGER NOT NULL,
            paths TEXT,
            digest BLOB NOT NULL,
            value TEXT NOT NULL,
            category,
            thread_id,
            ordinal,
            observed_at,
            importance,
            UNIQUE (namespace_id, key)
        )""",
        # Covering, so that a partition loads without touching the values.
        """CREATE INDEX items_by_sequence ON items (
            namespace_id, sequence, updated_at, first_vector, vector_count, key,
            category, thread_id, ordinal, observed_at, importance
        )""",
        "CREATE INDEX items_by_expiry ON items (expires_at) WHERE expires_at IS NOT NULL",
        "CREATE INDEX items_pending ON items (id) WHERE pending = 1",
        # `id` is namespace_id << 32 | n: the vectors of one user lie together in the file.
        """CREATE TABLE vectors (
            id INTEGER PRIMARY KEY,
            digest BLOB NOT NULL,
            terms BLOB NOT NULL,
            vector BLOB
        )""",
        """CREATE TABLE deletions (
            namespace_id INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            item_id INTEGER NOT NULL,
            PRIMARY KEY (namespace_id, sequence, item_id)
        ) WITHOUT ROWID""",
        "INSERT INTO meta VALUES ('sequence', 0), ('item', 0), ('namespace', 0), ('pruned', 0)",
    ),
    # Without it, leaving out what has expired takes reading every row of a namespace.
    (
        """CREATE INDEX items_by_end ON items (namespace_id, expires_at)
        WHERE expires_at IS NOT NULL""",
    ),
)

FORMAT = len(_MIGRATIONS)
"""The newest format this version reads and writes, kept as `user_version`."""


class store_errors:  # noqa: N801 - a context manager reads as a verb
    """Turns SQLite's errors into ours inside a `with` block; they never hold stored text."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> Self:
        """Nothing happens."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Raise our error in place of SQLite's."""
        if isinstance(error, sqlite3.Error):
            raise _translated(error, self._path) from _unquoting(error)
        if isinstance(error, UnicodeDecodeError):
            # SQLite's own message quoted damaged bytes, which Python could not decode.
            raise _damaged(self._path) from None


def connect(address: str) -> Connection:
    """An open connection that commits when told to, with every pragma set."""
    connection = _bare_connection(address)
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    return connection


def prepare(address: str) -> None:
    """Make the tables of a new file, or bring an older one up to date.

    Raises:
        StoreFormatError: the file is not ours, or newer than this version.
    """
    connection = _bare_connection(address)
    try:
        prepare_connection(connection, address)
    finally:
        connection.close()


def prepare_connection(connection: Connection, address: str) -> None:
    """Check the format behind a connection, and make what is missing, in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        _migrate(connection, _checked_format(connection, address))
        _check_tables(connection, address)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _bare_connection(address: str) -> Connection:
    return sqlite3.connect(
        address,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
        # Connections are pooled: one thread at a time, but not always the same one.
        check_same_thread=False,
    )


def _checked_format(connection: Connection, address: str) -> int:
    """The format of the file; 0 for an empty one."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if application == 0 and version == 0 and tables == 0:
        return 0
    if application != APPLICATION_ID:
        raise StoreFormatError(
            f"{address!r} is a database of another program (application id {application:#x}). "
            "Give the store a file of its own."
        )
    if version > FORMAT:
        raise StoreFormatError(
            f"{address!r} has format {version}; this version reads up to {FORMAT}. "
            "Run: pip install --upgrade langchain-usermem"
        )
    return int(version)


def _migrate(connection: Connection, version: int) -> None:
    if version == FORMAT:
        return  # Nothing is written, so that a file opens on a full disk.
    for number, statements in enumerate(_MIGRATIONS[version:], start=version + 1):
        for statement in statements:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {number}")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def _check_tables(connection: Connection, address: str) -> None:
    """Refuse a file whose tables are not as they were made: what it says would mean nothing."""
    pristine = sqlite3.connect(":memory:")
    try:
        _migrate(pristine, 0)
        if not _tables(pristine) <= _tables(connection):
            raise _damaged(address)
    finally:
        pristine.close()


def _tables(connection: Connection) -> set[tuple[object, ...]]:
    return set(connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema"))


def _unquoting(error: sqlite3.Error) -> sqlite3.Error | None:
    """The error, unless it quotes stored text, as Python's does when that is not UTF-8."""
    return error if hasattr(error, "sqlite_errorcode") else None


def _damaged(path: str) -> StoreFormatError:
    return StoreFormatError(f"{path!r} is damaged. Restore it from a backup.")


def _translated(error: sqlite3.Error, path: str) -> StoreError:
    # Extended codes carry the primary one in their low byte.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    if code == 0 and isinstance(error, sqlite3.OperationalError):
        return CorruptRowError(f"{path!r}: a text is no UTF-8. Run 'usermem doctor' to find it.")
    kind, advice = _MEANINGS.get(code, (StoreError, "See the error it was raised from."))
    return kind(f"{path!r}: SQLite answered {name}. {advice}")


_MEANINGS: dict[int, tuple[type[StoreError], str]] = {
    sqlite3.SQLITE_FULL: (StoreFullError, "Make room on the disk; nothing was written."),
    sqlite3.SQLITE_BUSY: (StoreBusyError, "Another process holds the file; try again."),
    sqlite3.SQLITE_LOCKED: (StoreBusyError, "Another connection holds the file; try again."),
    sqlite3.SQLITE_NOTADB: (StoreFormatError, "It is no database. Give the store its own file."),
    sqlite3.SQLITE_CORRUPT: (StoreFormatError, "The file is damaged. Restore it from a backup."),
    sqlite3.SQLITE_CANTOPEN: (StorePathError, "Choose a file that this process may open."),
    sqlite3.SQLITE_READONLY: (StorePathError, "Choose a file that this process may write to."),
    sqlite3.SQLITE_IOERR: (StorePathError, "Reading or writing it failed. Check the disk."),
    sqlite3.SQLITE_PERM: (StorePathError, "Choose a file that this process may write to."),
}


def existing_folder(path: Path) -> None:
    """Refuse a path that no database can stand at.

    Raises:
        StorePathError: its folder is missing or closed to us, it is a folder itself, or an
            address such as other stores are opened by.
    """
    if _ADDRESS.match(str(path)):
        raise StorePathError(
            f"{str(path)!r} is an address. Name a file, such as memories.db, or ':memory:'."
        )
    if _is_there(path, Path.is_dir):
        raise StorePathError(f"{str(path)!r} is a folder. Name a file in it, such as memories.db.")
    if not _is_there(path.parent, Path.is_dir):
        raise StorePathError(
            f"the folder {str(path.parent)!r} does not exist. Make it first, or name another."
        )


def existing_file(
    path: str | os.PathLike[str], *, way_out: str = "Name one that a store made."
) -> None:
    """Refuse a path at which no file stands.

    Raises:
        StorePathError: it is missing, a folder, or in a folder closed to us.
    """
    if not _is_there(Path(path), Path.is_file):
        raise StorePathError(f"there is no file {os.fspath(path)!r}. {way_out}")


def _is_there(path: Path, kind: Callable[[Path], bool]) -> bool:
    try:
        return kind(path)
    except OSError as error:
        raise StorePathError(
            f"cannot look at {str(path)!r} ({error.strerror}). "
            "Choose a folder that this process may enter."
        ) from error
