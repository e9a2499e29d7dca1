"""A lock file that serialises commits and checkpoints across processes.

SQLite before 3.51.3 can corrupt a write-ahead log when two connections commit and checkpoint
at the same instant. The lock stands in a file of its own: closing any descriptor of the
database itself would drop SQLite's locks on it.
"""

import os
import sys
import threading
import time
import weakref
from pathlib import Path
from types import TracebackType
from typing import Self

from langchain_usermem.errors import StoreBusyError, StorePathError

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


PATIENCE_SECONDS = 30.0
_LONGEST_PAUSE_SECONDS = 0.02


class FileLock:
    """An exclusive lock between threads and processes, held inside a `with` block.

    Raises:
        StorePathError: the lock file cannot be made.
        StoreBusyError: another process held it for longer than `patience` seconds.
    """

    def __init__(self, path: Path, *, patience: float = PATIENCE_SECONDS) -> None:
        self._path = path
        self._patience = patience
        self._threads = threading.Lock()
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StorePathError(
                f"cannot make the lock file {str(path)!r} ({error.strerror}). "
                "Choose a folder that this process may write to."
            ) from error
        # The file stays when nobody uses it any more: others may be waiting on it.
        weakref.finalize(self, os.close, self._descriptor).atexit = False

    def __enter__(self) -> Self:
        """Wait for the lock."""
        if not self._threads.acquire(timeout=self._patience):
            raise self._busy()
        try:
            self._wait()
        except BaseException:
            self._threads.release()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let the next one in."""
        _unlock(self._descriptor)
        self._threads.release()

    def _wait(self) -> None:
        deadline = time.monotonic() + self._patience
        pause = 0.0005
        while True:
            try:
                return _try_lock(self._descriptor)
            except OSError:
                if time.monotonic() >= deadline:
                    raise self._busy() from None
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def _busy(self) -> StoreBusyError:
        return StoreBusyError(
            f"another process held {str(self._path)!r} for more than {self._patience:g} s. "
            "Try again, or end the process that holds it."
        )
