"""A disk without room: the write fails with a typed error, and nothing else does."""

import gc
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from langgraph.store.base import PutOp

from langchain_usermem.errors import StoreFullError
from langchain_usermem.store import FaissStore
from langchain_usermem.store.doctor import doctor

from .conftest import Report
from .model import INDEX, check_searches, held

ADA = ("u", "ada")
_MEGABYTES = 2


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes."""
    mount = shutil.which("mount")
    if mount is None or os.name == "nt" or os.geteuid() != 0:
        pytest.skip("only root mounts a file system")
    folder = tmp_path / "disk"
    folder.mkdir()
    command = [mount, "-t", "tmpfs", "-o", f"size={_MEGABYTES}m", "none", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:  # noqa: S603 - ours
        pytest.skip("mounting is not allowed here")
    yield folder
    gc.collect()  # The lock file stays open as long as its object.
    subprocess.run(["umount", str(folder)], check=True)  # noqa: S603, S607 - our own mount


def fill(store: FaissStore, name: str) -> list[str]:
    """Put rows until there is no room; returns the keys of those acknowledged."""
    keys: list[str] = []
    while True:
        key = f"{name} {len(keys)}"
        try:
            store.put(ADA, key, {"text": f"{key} " + "x" * 2_000})
        except StoreFullError:
            return keys
        keys.append(key)


def test_full_disk_and_room_again(small_disk: Path, report: Report) -> None:
    """All acknowledged rows are read while the disk is full, and writing goes on with room."""
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(300_000))
    with FaissStore(small_disk / "m.db", index=INDEX) as store:
        store.put(ADA, "first", {"text": "words"})
        keys = ["first", *fill(store, "a")]
        for _ in range(3):
            with pytest.raises(StoreFullError):
                store.batch([PutOp(ADA, f"b{n}", {"text": "x" * 9_000}) for n in range(40)])
        rows = held(store)
        assert {key for _, key in rows} == set(keys)
        check_searches(store, rows, "words")
        ballast.unlink()
        store.put(ADA, "again", {"text": "words again"})
        assert {key for _, key in held(store)} == {*keys, "again"}
    report(f"disk of {_MEGABYTES} MB filled: {len(keys)} acknowledged rows, 0 lost, room: goes on")


def test_opening_on_a_full_disk(small_disk: Path) -> None:
    """A store closed on a full disk holds all that was acknowledged once it is opened again."""
    with FaissStore(small_disk / "m.db", index=INDEX) as store:
        keys = fill(store, "a")
    subprocess.run(  # noqa: S603 - our own mount
        ["mount", "-o", f"remount,size={4 * _MEGABYTES}m", str(small_disk)],  # noqa: S607
        check=True,
    )
    with FaissStore(small_disk / "m.db", index=INDEX) as store:
        assert {key for _, key in held(store)} == set(keys)
        store.put(ADA, "again", {"text": "words"})
    assert doctor(small_disk / "m.db").is_healthy


def test_reading_on_a_disk_that_is_full(small_disk: Path) -> None:
    """A second store opens on a full disk, and reads all rows."""
    with FaissStore(small_disk / "m.db", index=INDEX) as store:
        keys = fill(store, "a")
        with FaissStore(small_disk / "m.db", index=INDEX) as other:
            assert {key for _, key in held(other)} == set(keys)


def test_page_limit(file: Path) -> None:
    """A file that may not grow refuses every write that would make it, and only those."""
    with FaissStore(file, index=INDEX) as store:
        writer = store._core._connections._writer
        writer.execute("PRAGMA max_page_count = 60")
        keys = fill(store, "a")
        assert {key for _, key in held(store)} == set(keys)
        store.delete(ADA, keys.pop())
        store.delete(ADA, keys.pop())
        store.put(ADA, "small", {"text": "words"})
        check_searches(store, held(store), "words")
        writer.execute("PRAGMA max_page_count = 100000")
        store.put(ADA, "large", {"text": "x" * 100_000})
        assert {key for _, key in held(store)} == {*keys, "small", "large"}


def test_backup_without_room(small_disk: Path, tmp_path: Path) -> None:
    """A backup that does not fit is an error, and leaves no half of a file."""
    with FaissStore(tmp_path / "m.db", index=INDEX) as store:
        store.put(ADA, "large", {"text": "x" * 3_000_000}, index=False)
        with pytest.raises(StoreFullError):
            store.backup(small_disk / "copy.db")
        assert list(small_disk.iterdir()) == []
        assert set(held(store)) == {(ADA, "large")}
