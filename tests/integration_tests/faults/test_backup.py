"""Backups while others write, and files of older formats."""

import os
import signal
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event

import pytest
from langgraph.store.base import PutOp

from langchain_usermem.errors import StoreClosedError, StoreError, StoreFormatError, StorePathError
from langchain_usermem.store import FaissStore, backup, schema
from langchain_usermem.store.doctor import doctor

from .conftest import Report
from .model import INDEX, check_searches, held
from .processes import Tell, forked
from .sizes import size

ADA = ("u", "ada")
PARTS = ("one", "two")
_SLOTS = 20


def fill(store: FaissStore, rows: int = 30) -> None:
    """Put some rows."""
    store.batch([PutOp(ADA, f"k{n}", {"text": f"words {n}"}) for n in range(rows)])


def test_backups_while_others_write(file: Path, report: Report) -> None:
    """Each copy taken meanwhile is a whole store, with all that was acknowledged before it."""
    backups, stopped = size("BACKUPS", short=5), Event()
    acknowledged = [0] * 4

    def write(store: FaissStore, thread: int) -> None:
        while not stopped.is_set():
            n = acknowledged[thread] + 1
            keys = [f"{part} {thread} {n % _SLOTS}" for part in PARTS]
            store.batch([PutOp(ADA, key, {"text": f"words {key} {n}"}) for key in keys])
            acknowledged[thread] = n

    with FaissStore(file, index=INDEX) as store, ThreadPoolExecutor(4) as threads:
        writing = [threads.submit(write, store, thread) for thread in range(4)]
        try:
            for number in range(backups):
                before = list(acknowledged)
                copy = file.with_name(f"copy-{number}.db")
                store.backup(copy)
                check_copy(copy, before)
        finally:
            stopped.set()
        assert [future.result() for future in writing] == [None] * 4
    report(f"{backups} backups while 4 threads wrote {2 * sum(acknowledged):,} rows: all whole")


def check_copy(copy: Path, acknowledged: list[int]) -> None:
    """Assert that a copy is what it was after some batch of each thread, not an earlier one."""
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with FaissStore(copy, index=INDEX) as store:
        rows = held(store)
        check_searches(store, rows, "words")
    found = {key: int(text.split()[-1]) for (_, key), text in rows.items()}
    expected: dict[str, int] = {}
    for thread, sure in enumerate(acknowledged):
        own = [number for key, number in found.items() if key.split()[1] == f"{thread}"]
        last = max(own, default=0)
        assert last >= sure
        for n in range(max(last - _SLOTS, 0) + 1, last + 1):
            expected |= {f"{part} {thread} {n % _SLOTS}": n for part in PARTS}
    assert found == expected
    assert doctor(copy).is_healthy


def test_restored_copy_goes_its_own_way(file: Path) -> None:
    """A copy opened elsewhere gives the same searches, and is written to on its own."""
    with FaissStore(file, index=INDEX) as store:
        fill(store)
        found = store.search(ADA, query="words", limit=99)
        store.backup(file.with_name("copy.db"))
        with FaissStore(file.with_name("copy.db"), index=INDEX) as copy:
            assert copy.search(ADA, query="words", limit=99) == found
            copy.delete(ADA, "k1")
            assert len(held(copy)) == 29
        assert len(held(store)) == 30


def test_backup_of_a_store_in_memory(file: Path) -> None:
    """What lives in memory only can be kept in a file."""
    with FaissStore(":memory:", index=INDEX) as store:
        fill(store)
        store.backup(file)
        rows = held(store)
    with FaissStore(file, index=INDEX) as store:
        assert held(store) == rows


def test_backup_replaces_no_file(file: Path) -> None:
    """A target that exists, or is in no folder, is refused and left alone; so is a closed store."""
    (file.parent / "there").write_text("mine")
    with FaissStore(file, index=INDEX) as store:
        with pytest.raises(StorePathError, match="exists"):
            store.backup(file.parent / "there")
        with pytest.raises(StorePathError, match="does not exist"):
            store.backup(file.parent / "nowhere" / "copy.db")
        with pytest.raises(StorePathError, match="is a folder"):
            store.backup(file.parent)
    with pytest.raises(StoreClosedError):
        store.backup(file.parent / "copy.db")
    assert (file.parent / "there").read_text() == "mine"
    assert {path.name for path in file.parent.iterdir()} == {"m.db", "m.db-lock", "there"}


@pytest.fixture
def next_format(file: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A file of the present format, in a version whose next format has one more table."""
    with FaissStore(file, index=INDEX) as store:
        fill(store)
    step = ["CREATE TABLE later (x)", "INSERT INTO later SELECT count(*) FROM items"]
    monkeypatch.setattr(schema, "FORMAT", schema.FORMAT + 1)
    monkeypatch.setattr(schema, "_MIGRATIONS", (*schema._MIGRATIONS, step))
    return step


def pragma(file: Path, statement: str) -> object:
    """What a statement answers on a closed file."""
    connection = sqlite3.connect(file)
    try:
        return connection.execute(statement).fetchone()[0]
    finally:
        connection.close()


@pytest.mark.usefixtures("next_format")
def test_older_file_migrates_at_opening(file: Path) -> None:
    """A file of the format before has its rows, and the new table, once it is opened."""
    with FaissStore(file, index=INDEX) as store:
        rows = held(store)
        assert len(rows) == 30
        check_searches(store, rows, "words")
    assert pragma(file, "SELECT x FROM later") == 30
    assert pragma(file, "PRAGMA user_version") == schema.FORMAT
    assert doctor(file).is_healthy


def test_file_of_the_first_format(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file made before rows were indexed by their ends is read and searched as any other."""
    with monkeypatch.context() as first:
        first.setattr(schema, "FORMAT", 1)
        first.setattr(schema, "_MIGRATIONS", schema._MIGRATIONS[:1])
        with FaissStore(file, index=INDEX) as store:
            fill(store)
    assert pragma(file, "PRAGMA user_version") == 1
    with FaissStore(file, index=INDEX) as store:
        rows = held(store)
        assert len(rows) == 30
        check_searches(store, rows, "words")
        assert len(store.signals([ADA], "words").keys) == 30
    assert doctor(file).is_healthy


def test_failed_migration_changes_nothing(
    file: Path, next_format: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A migration that fails half-way leaves the file as it was, to the version before too."""
    next_format.append("INSERT INTO nowhere VALUES (1)")
    with pytest.raises(StoreError):
        FaissStore(file, index=INDEX)
    assert pragma(file, "PRAGMA user_version") == schema.FORMAT - 1
    monkeypatch.undo()
    with FaissStore(file, index=INDEX) as store:
        assert len(held(store)) == 30


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
@pytest.mark.usefixtures("next_format")
def test_processes_migrate_once(file: Path) -> None:
    """Of four processes that open an older file at once one migrates it, and all go on."""

    def work(tell: Tell) -> None:
        with FaissStore(file, index=INDEX) as store:
            tell(f"{len(held(store))}")

    with ExitStack() as stack:
        children = [stack.enter_context(forked(work)) for _ in range(4)]
        assert [child.rest() for child in children] == [["30"]] * 4
    assert pragma(file, "SELECT count(*) FROM later") == 1


@pytest.mark.usefixtures("next_format")
def test_migrated_file_is_refused_by_the_version_before(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was migrated is not half-opened by an older version."""
    FaissStore(file, index=INDEX).close()
    monkeypatch.undo()
    with pytest.raises(StoreFormatError, match="pip install --upgrade"):
        FaissStore(file, index=INDEX)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_killed_backup_leaves_the_target_away(file: Path) -> None:
    """A process killed while it copies leaves no file under the target's name."""

    def work(tell: Tell) -> None:
        store = FaissStore(file, index=INDEX)
        fill(store)
        backup._flush = lambda path: os.kill(os.getpid(), signal.SIGKILL)  # noqa: ARG005 - a fault
        tell("begun")
        store.backup(file.with_name("copy.db"))
        tell("done")

    with forked(work) as child:
        assert child.rest() == ["begun"]
        assert child.code() == -signal.SIGKILL
    assert not file.with_name("copy.db").exists()
    with FaissStore(file, index=INDEX) as store:
        assert len(held(store)) == 30
