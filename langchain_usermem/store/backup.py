"""A copy of a store's file, taken while others go on writing to it."""

import os
import tempfile
from pathlib import Path

from langchain_usermem.errors import StorePathError
from langchain_usermem.store.connections import Connections
from langchain_usermem.store.schema import existing_folder


def back_up(connections: Connections, target: Path) -> None:
    """Write what is committed now to a new file, which appears once it is whole and on disk.

    Raises:
        StorePathError: the target exists, or cannot be made.
        StoreFullError: there is no room for it.
    """
    existing_folder(target)
    if target.exists():
        raise StorePathError(f"{str(target)!r} exists. Name a file that does not, or remove it.")
    part = _empty_file_beside(target)
    try:
        connections.copy_into(str(part))
        # VACUUM INTO leaves the copy in the system's cache.
        _flush(part)
        part.rename(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _flush(target.parent)


def _empty_file_beside(target: Path) -> Path:
    """A new file in the target's folder, readable by its owner only."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f"{target.name}.", dir=target.parent)
    except OSError as error:
        raise StorePathError(
            f"cannot make a file in {str(target.parent)!r} ({error.strerror}). "
            "Choose a folder that this process may write to."
        ) from error
    os.close(descriptor)
    return Path(name)


def _flush(path: Path) -> None:
    """Have a file, or the names in a folder, written to the disk."""
    if os.name == "nt" and path.is_dir():
        return  # A folder cannot be opened there.
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
