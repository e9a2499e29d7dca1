"""Transactions on one database: any number of readers, one writer."""

import os
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from langchain_usermem.errors import StoreClosedError, StorePathError
from langchain_usermem.store.lock import FileLock
from langchain_usermem.store.schema import (
    Connection,
    connect,
    existing_folder,
    prepare,
    prepare_connection,
    store_errors,
)

MEMORY = ":memory:"
_LOG_PAGES = 4_000

# What a fork left behind, kept for good: to close an inherited connection, as its end of life
# would, could checkpoint the log under the parent.
_inherited: list[object] = []


class Connections:
    """Read and write transactions on a file, opened and made on construction.

    Raises:
        StorePathError: the path cannot be a database.
        StoreFormatError: it is a foreign database, or a newer one.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._closed = False
        self._idle: deque[Connection] = deque()
        self._lock = FileLock(Path(f"{path}-lock"))
        with self._lock, store_errors(path):
            _make_private(Path(path))
            prepare(path)
            self._writer = connect(path)
            # Many writers touch the same pages again and again: they are copied back once.
            self._writer.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection inside a read transaction: it sees one state throughout."""
        with store_errors(self.path):
            connection = self._borrowed()
            try:
                connection.execute("BEGIN")
                yield connection
            finally:
                self._returned(connection)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection inside the one write transaction, committed at the end of the block."""
        if self._closed:
            raise closed_error(self.path)
        with store_errors(self.path), self._lock, transaction(self._writer):
            yield self._writer

    def compact(self) -> bool:
        """Rewrite the file without what was deleted; False if a reader kept the log from going."""
        if self._closed:
            raise closed_error(self.path)
        with store_errors(self.path), self._lock:
            return _compact(self._writer)

    def copy_into(self, target: str) -> None:
        """Write what is committed now to an empty file; others go on reading and writing."""
        with store_errors(f"{self.path} into {target}"):
            connection = self._borrowed()
            try:
                connection.execute("VACUUM INTO ?", (target,))
            finally:
                self._returned(connection)

    def close(self) -> None:
        """Close every connection; the last one writes the log back into the file."""
        if self._closed:
            return
        self._closed = True
        with self._lock, store_errors(self.path):
            self._close_idle()
            self._writer.close()

    def reopened(self) -> "Connections":
        """New connections to the same file, for a child that inherited these by a fork."""
        _inherited.append(self)
        return Connections(self.path)

    def _borrowed(self) -> Connection:
        if self._closed:
            raise closed_error(self.path)
        try:
            return self._idle.pop()
        except IndexError:
            return connect(self.path)

    def _returned(self, connection: Connection) -> None:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        self._idle.append(connection)
        if self._closed:
            with self._lock:
                self._close_idle()

    def _close_idle(self) -> None:
        """Close what nobody reads with; whoever comes second finds nothing left."""
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return
            connection.close()


class MemoryConnections(Connections):
    """The same on one connection to a database in memory, used by one thread at a time."""

    def __init__(self) -> None:
        self.path = MEMORY
        self._closed = False
        self._turn = threading.Lock()
        self._writer = connect(MEMORY)
        prepare_connection(self._writer, MEMORY)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """The connection, inside a transaction that is rolled back."""
        with self._turn, store_errors(self.path):
            if self._closed:
                raise closed_error(self.path)
            self._writer.execute("BEGIN")
            try:
                yield self._writer
            finally:
                self._writer.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """The connection, inside a transaction that is committed."""
        with self._turn, store_errors(self.path):
            if self._closed:
                raise closed_error(self.path)
            with transaction(self._writer):
                yield self._writer

    def compact(self) -> bool:
        """Rewrite the database without what was deleted."""
        with self._turn, store_errors(self.path):
            if self._closed:
                raise closed_error(self.path)
            return _compact(self._writer)

    def copy_into(self, target: str) -> None:
        """Write the database to an empty file."""
        with self._turn, store_errors(f"{self.path} into {target}"):
            if self._closed:
                raise closed_error(self.path)
            self._writer.execute("VACUUM INTO ?", (target,))

    def close(self) -> None:
        """Drop the database."""
        with self._turn:
            self._closed = True
            self._writer.close()

    def reopened(self) -> "Connections":
        """The database, a copy of the parent's, behind a lock that nobody holds."""
        self._turn = threading.Lock()
        return self


def open_connections(path: str | os.PathLike[str]) -> Connections:
    """Connections to the database at a path; `":memory:"` is one that dies with them."""
    if os.fspath(path) == MEMORY:
        return MemoryConnections()
    existing_folder(Path(path))
    return Connections(str(Path(path).resolve()))


def transaction(connection: Connection) -> AbstractContextManager[None]:
    """A write transaction, rolled back if its block raises."""
    return _scope(connection, "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK")


def savepoint(connection: Connection) -> AbstractContextManager[None]:
    """A part of a transaction, undone alone if its block raises."""
    return _scope(connection, "SAVEPOINT part", "RELEASE part", "ROLLBACK TO part; RELEASE part")


@contextmanager
def _scope(connection: Connection, begin: str, end: str, undo: str) -> Iterator[None]:
    connection.execute(begin)
    try:
        yield
        connection.execute(end)
    except BaseException:
        # A full disk may have rolled everything back already.
        if connection.in_transaction:
            for statement in undo.split(";"):
                connection.execute(statement)
        raise


def _compact(connection: Connection) -> bool:
    connection.execute("VACUUM")
    (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def closed_error(path: str) -> StoreClosedError:
    """What a use after `close()` raises."""
    return StoreClosedError(f"the store {path!r} is closed. Open it again to use it.")


def _make_private(path: Path) -> None:
    """Make a missing file, readable by its owner only, before SQLite opens it.

    The lock is held, so no connection of this process can be open on it: closing a
    descriptor of the file would drop that connection's locks.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise StorePathError(
            f"cannot make {str(path)!r} ({error.strerror}). "
            "Choose a folder that this process may write to."
        ) from error
