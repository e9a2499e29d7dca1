"""What is acknowledged stays: crashes, processes, threads, forks, full disks and bad files."""

import asyncio
import gc
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from blockbuster import blockbuster_ctx
from langgraph.store.base import GetOp, PutOp, SearchOp

from langchain_usermem.errors import (
    CorruptRowError,
    StoreBusyError,
    StoreClosedError,
    StoreFormatError,
    StoreFullError,
    StorePathError,
)
from langchain_usermem.store import FaissStore
from langchain_usermem.store.connections import Connections
from langchain_usermem.store.lock import FileLock

from .conftest import Batch, HashEmbeddings

ADA = ("users", "ada")

WRITE_UNTIL_KILLED = """
import sys
from langchain_usermem.store import FaissStore
store = FaissStore(sys.argv[1], index=False)
for n in range(10_000):
    store.put(("users", "ada"), f"k{n}", {"n": n})
    print(n, flush=True)
"""
WRITE_ONE_AND_WAIT = """
import sys
from langchain_usermem.store import FaissStore
store = FaissStore(sys.argv[1], index=False)
for line in sys.stdin:
    store.put(("users", "ada"), line.strip(), {"text": "from the child " + line})
    print(len(store.search(("users", "ada"), query="child", limit=99)), flush=True)
"""


def child(script: str, file: Path) -> "subprocess.Popen[str]":
    """A Python process that runs a script on a file."""
    return subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, "-c", script, str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a store's file may lie."""
    return tmp_path / "m.db"


def test_loop_that_ends_before_the_commit_stops_no_writer(path: str) -> None:
    """A caller whose event loop was closed meanwhile is passed over; others write on."""
    with FaissStore(path, index=False) as store:
        loop = asyncio.new_event_loop()
        with store._core._connections.writing():
            task = loop.create_task(store.aput(ADA, "lost", {}))
            loop.call_later(0.05, loop.stop)
            loop.run_forever()
            task.cancel()
            loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
            loop.close()
        store.put(ADA, "kept", {})
        assert store.get(ADA, "kept")


def test_rows_and_vectors_survive_reopening(file: Path, embeddings: HashEmbeddings) -> None:
    """A file opened again gives the same rows, times, order and scores."""
    index = {"embed": embeddings, "fields": ["text"]}
    with FaissStore(file, index=index) as store:
        store.batch([PutOp(ADA, f"k{n}", {"text": f"text {n}"}) for n in range(30)])
        store.delete(ADA, "k3")
        before = store.search(ADA, query="q", limit=99), store.search(ADA, limit=99)
    with FaissStore(file, index=index) as store:
        assert (store.search(ADA, query="q", limit=99), store.search(ADA, limit=99)) == before
        assert len(before[0]) == 29


def test_killed_process_loses_nothing_acknowledged(file: Path) -> None:
    """After SIGKILL in the middle of writing all that was acknowledged is there, in order."""
    with child(WRITE_UNTIL_KILLED, file) as process:
        assert process.stdout is not None
        acknowledged = [int(process.stdout.readline()) for _ in range(50)]
        process.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in process.stdout if line.endswith("\n")]
    with FaissStore(file, index=False) as store:
        found = {item.value["n"] for item in store.search(ADA, limit=20_000)}
    assert set(acknowledged) <= found
    assert found <= set(range(len(acknowledged) + 1))


def test_two_processes_see_each_others_rows(file: Path) -> None:
    """A warm search finds what another process wrote a moment ago, both ways."""
    with FaissStore(file, index=False) as store, child(WRITE_ONE_AND_WAIT, file) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for n in range(1, 6):
            store.put(ADA, f"own {n}", {"text": "child of ours"})
            assert len(store.search(ADA, query="child", limit=99)) == 2 * n - 1
            process.stdin.write(f"k{n}\n")
            process.stdin.flush()
            assert int(process.stdout.readline()) == 2 * n
            assert len(store.search(ADA, query="child", limit=99)) == 2 * n
        process.stdin.close()


def test_threads_write_and_search_at_once(store: FaissStore) -> None:
    """16 threads that put, delete and search leave just what each left last."""

    def work(thread: int) -> None:
        for n in range(12):
            store.put(ADA, f"{thread}-{n}", {"text": f"text {thread} {n}"})
            if n % 3 == 0:
                store.delete(ADA, f"{thread}-{n}")
            found = store.search(ADA, query=f"text {thread} {n}", limit=3)
            assert all(item.score is not None for item in found)

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(work, range(16)))
    left = {f"{thread}-{n}" for thread in range(16) for n in range(12) if n % 3}
    assert {item.key for item in store.search(ADA, query="q", limit=999)} == left
    assert {item.key for item in store.search(ADA, limit=999)} == left


def test_async_writers_share_commits(store: FaissStore) -> None:
    """64 coroutines that write the same and their own keys all succeed, in order."""

    async def write(writer: int) -> None:
        for n in range(5):
            await store.abatch([PutOp(ADA, "shared", {"n": n}), PutOp(ADA, f"{writer}", {"n": n})])

    async def write_all() -> None:
        await asyncio.gather(*(write(writer) for writer in range(64)))

    asyncio.run(write_all())
    assert {item.value["n"] for item in store.search(ADA, limit=99)} == {4}
    assert store.health().items == 65


def test_cancelled_write_harms_no_other(store: FaissStore) -> None:
    """A caller that gives up does not stop those whose writes share its commit."""

    async def use() -> None:
        tasks = [asyncio.create_task(store.aput(ADA, f"k{n}", {"n": n})) for n in range(20)]
        await asyncio.sleep(0)
        tasks[3].cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert [n for n, result in enumerate(results) if result is not None] == [3]

    asyncio.run(use())
    assert {f"k{n}" for n in range(20) if n != 3} <= {i.key for i in store.search(ADA, limit=99)}


def test_event_loop_is_never_blocked(file: Path) -> None:
    """Putting, searching, listing and closing do no file or lock work in the loop's thread."""

    async def use() -> None:
        async with FaissStore(file, index=False) as store:
            with blockbuster_ctx():
                await store.aput(ADA, "k", {"text": "words"}, ttl=1)
                assert await store.aget(ADA, "k")
                assert await store.asearch(ADA, query="words")
                assert await store.alist_namespaces()
                assert (await store.asignals([ADA], "words")).keys
                await store.adelete(ADA, "k")

    asyncio.run(use())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_forked_child_reads_and_writes(file: Path, embeddings: HashEmbeddings) -> None:
    """A child made by fork opens the file anew; the parent goes on undisturbed."""
    with FaissStore(file, index={"embed": embeddings, "fields": ["text"]}) as store:
        store.put(ADA, "parent", {"text": "words"})
        store.search(ADA, query="words")
        pid = os.fork()
        if pid == 0:
            store.put(ADA, "child", {"text": "other words"})
            os._exit(0 if len(store.search(ADA, query="words")) == 2 else 1)
        assert os.waitpid(pid, 0)[1] == 0
        store.put(ADA, "after", {"text": "more words"})
        assert {i.key for i in store.search(ADA, query="q")} == {"parent", "child", "after"}


def test_closed_store_says_so(store: FaissStore, batch: Batch) -> None:
    """After closing, which may be repeated, every use raises StoreClosedError."""
    store.put(ADA, "k", {})
    store.close()
    store.close()
    for ops in ([GetOp(ADA, "k")], [PutOp(ADA, "k", {})], [SearchOp(ADA, query="q")]):
        with pytest.raises(StoreClosedError):
            batch(store, ops)
    with pytest.raises(StoreClosedError):
        store.health()


def test_closing_waits_for_what_was_queued(file: Path) -> None:
    """Writes from threads that race with closing are either stored or refused."""
    store = FaissStore(file, index=False)
    stored: list[str] = []

    def write(thread: int) -> None:
        for n in range(1000):
            try:
                store.put(ADA, f"{thread}-{n}", {})
            except StoreClosedError:
                return
            stored.append(f"{thread}-{n}")

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    while len(stored) < 20:
        pass
    store.close()
    for thread in threads:
        thread.join()
    with FaissStore(file, index=False) as again:
        assert {i.key for i in again.search(ADA, limit=9999)} == set(stored)


def test_a_read_that_ends_while_the_store_closes_is_no_error(file: Path) -> None:
    """Whether the read or the closing comes first to the connection, it is closed once."""
    connections = Connections(str(file))

    class ClosedMeanwhile(deque[Any]):
        def append(self, connection: Any) -> None:
            super().append(connection)
            connections.close()

    connections._idle = ClosedMeanwhile()
    with connections.reading():
        pass
    assert not connections._idle


def test_forgotten_store_closes_itself(file: Path) -> None:
    """A store that nobody holds any more ends its threads and lets go of its file."""
    before = set(threading.enumerate())
    FaissStore(file, index=False).put(ADA, "k", {})
    gc.collect()
    assert not set(threading.enumerate()) - before
    assert not Path(f"{file}-wal").exists()


def test_files_belong_to_their_owner_only(file: Path) -> None:
    """Nobody but the owner may read the file, its log, or its lock."""
    with FaissStore(file, index=False) as store:
        store.put(ADA, "k", {})
        for path in file.parent.iterdir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_missing_folder_is_named(tmp_path: Path) -> None:
    """A path in a folder that does not exist is refused, with the folder's name."""
    with pytest.raises(StorePathError, match=r"nowhere.*does not exist"):
        FaissStore(tmp_path / "nowhere" / "m.db", index=False)


def test_folder_is_no_file(tmp_path: Path) -> None:
    """A folder in place of a file is refused, with the way out."""
    with pytest.raises(StorePathError, match=r"is a folder\. Name a file in it"):
        FaissStore(tmp_path, index=False)


@pytest.mark.parametrize("address", ["sqlite:///m.db", "file::memory:?cache=shared", "file:m.db"])
def test_address_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """What other stores are opened by is refused, and makes no file of that name."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StorePathError, match=r"is an address\. Name a file.*or ':memory:'"):
        FaissStore(address, index=False)
    assert not list(tmp_path.iterdir())


def test_unwritable_place_is_refused() -> None:
    """A place where no file can be made is refused."""
    with pytest.raises(StorePathError):
        FaissStore("/proc/m.db", index=False)


def test_foreign_files_are_left_alone(file: Path) -> None:
    """Text, and another program's database, are refused and not changed."""
    file.write_text("dear diary, " * 500)
    with pytest.raises(StoreFormatError):
        FaissStore(file, index=False)
    assert file.read_text().startswith("dear diary")
    file.unlink()
    with sqlite3.connect(file) as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()
    before = file.read_bytes()
    with pytest.raises(StoreFormatError, match="another program"):
        FaissStore(file, index=False)
    assert file.read_bytes() == before


def test_newer_format_is_refused(file: Path) -> None:
    """A file of a later version is refused, with the way to read it."""
    FaissStore(file, index=False).close()
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreFormatError, match=r"format 99.*pip install --upgrade"):
        FaissStore(file, index=False)


@pytest.mark.parametrize("column", ["value", "key", "created_at", "updated_at", "paths", "ttl"])
def test_changed_row_is_an_error(file: Path, column: str) -> None:
    """A row that was changed behind the store's back is named, and not given out."""
    with FaissStore(file, index=False) as store:
        store.put(ADA, "k", {"text": "swordfish"}, ttl=9)
        store.put(ADA, "intact", {"text": "fine"})
    change = {"value": "'{}'", "key": "'other'", "paths": "'[]'"}.get(column, "7")
    with sqlite3.connect(file) as connection:
        connection.execute(f"UPDATE items SET {column} = {change} WHERE key = 'k'")  # noqa: S608 - ours
    connection.close()
    with FaissStore(file, index=False) as store:
        with pytest.raises(CorruptRowError) as caught:
            store.get(ADA, "other" if column == "key" else "k")
        assert "ada" in str(caught.value)
        assert "swordfish" not in str(caught.value)
        assert store.get(ADA, "intact")


@pytest.mark.parametrize("column", ["vector", "terms"])
def test_changed_vector_is_an_error(file: Path, embeddings: HashEmbeddings, column: str) -> None:
    """A vector or a keyword that was changed behind the store's back is an error."""
    index = {"embed": embeddings, "fields": ["text"]}
    with FaissStore(file, index=index) as store:
        store.put(ADA, "k", {"text": "one two"})
    with sqlite3.connect(file) as connection:
        (blob,) = connection.execute(f"SELECT {column} FROM vectors").fetchone()  # noqa: S608 - ours
        flipped = bytes([blob[0] ^ 1]) + blob[1:]
        connection.execute(f"UPDATE vectors SET {column} = ?", (flipped,))  # noqa: S608 - ours
    connection.close()
    with FaissStore(file, index=index) as store, pytest.raises(CorruptRowError, match="'k'"):
        store.search(ADA, query="q")


@pytest.mark.parametrize("change", ["vector = 7", "vector = 'text'", "terms = 7", "digest = 7"])
def test_part_of_another_type_is_an_error(
    file: Path, embeddings: HashEmbeddings, change: str
) -> None:
    """One bit can make a blob a number or a text: that is the same error."""
    index = {"embed": embeddings, "fields": ["text"]}
    with FaissStore(file, index=index) as store:
        store.put(ADA, "k", {"text": "t"})
    with sqlite3.connect(file) as connection:
        connection.execute(f"UPDATE vectors SET {change}")  # noqa: S608 - ours
    connection.close()
    with FaissStore(file, index=index) as store, pytest.raises(CorruptRowError, match="'k'"):
        store.search(ADA, query="q")


def test_time_that_is_no_number_is_an_error(file: Path) -> None:
    """A row whose time of update is a text fails the search, and says where to look."""
    with FaissStore(file, index=False) as store:
        store.put(ADA, "k", {"text": "t"})
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE items SET updated_at = 'then'")
    connection.close()
    with FaissStore(file, index=False) as store, pytest.raises(CorruptRowError, match="doctor"):
        store.search(ADA, query="q")


def test_full_disk_loses_the_batch_and_nothing_else(file: Path) -> None:
    """With no room left a batch fails as a whole; afterwards the store goes on."""
    with FaissStore(file, index=False) as store:
        store.put(ADA, "before", {"text": "kept"})
        writer = store._core._connections._writer
        writer.execute("PRAGMA max_page_count = 30")
        big = [PutOp(ADA, f"k{n}", {"text": "x" * 5000}, index=False) for n in range(100)]
        with pytest.raises(StoreFullError, match="Make room"):
            store.batch([PutOp(ADA, "beside", {}), *big])
        assert [item.key for item in store.search(ADA, limit=99)] == ["before"]
        writer.execute("PRAGMA max_page_count = 100000")
        store.batch(big)
        assert store.health().items == 101


def test_lock_held_elsewhere_is_reported(tmp_path: Path) -> None:
    """A lock that another holder keeps gives StoreBusyError when patience ends, and then works."""
    path = tmp_path / "lock"
    mine, theirs = FileLock(path, patience=0.01), FileLock(path)
    with theirs, pytest.raises(StoreBusyError, match=r"more than 0\.01 s"):
        mine.__enter__()
    with mine:
        pass


def test_many_namespaces(file: Path) -> None:
    """500 users in one file are listed, and each finds their own rows only."""
    with FaissStore(file, index=False) as store:
        store.batch([PutOp(("u", f"{n}"), "k", {"text": f"user {n}"}) for n in range(500)])
        assert len(store.list_namespaces(limit=999)) == 500
        for n in (1, 12, 499):
            (found,) = store.search(("u", f"{n}"), query="user")
            assert found.value == {"text": f"user {n}"}
        assert len(store.search(("u",), query="user 7", limit=999)) == 500


def test_compacting_leaves_no_byte_of_what_was_deleted(
    file: Path, embeddings: HashEmbeddings
) -> None:
    """After deleting and compacting neither text, key nor user id is in the file or its log."""
    index = {"embed": embeddings, "fields": ["text"]}
    with FaissStore(file, index=index) as store:
        for n in range(200):
            store.put(("users", f"person-{n % 5}"), f"key-{n}", {"text": f"swordfish {n}" * 9})
        store.search(("users",), query="swordfish")
        for n in range(200):
            if n % 5 == 3:
                store.delete(("users", "person-3"), f"key-{n}")
        assert store.compact() is True
        # Not in this process: closing any descriptor of the file drops SQLite's locks on it.
        found = subprocess.run(  # noqa: S603 - our own words
            ["grep", "-cE", "person-3|key-3\\b|swordfish 3swordfish", file, f"{file}-wal"],  # noqa: S607
            check=False,
            capture_output=True,
            text=True,
        )
        assert found.stdout.split() == [f"{file}:0", f"{file}-wal:0"]
        assert len(store.search(("users",), query="swordfish", limit=999)) == 160
        store.put(("users", "person-3"), "key-3", {"text": "back"})
        assert len(store.search(("users", "person-3"), query="swordfish")) == 1


def test_indexes_survive_compacting_in_another_process(file: Path) -> None:
    """A warm index whose marks of deletion were dropped elsewhere is loaded anew."""
    with FaissStore(file, index=False) as warm, FaissStore(file, index=False) as other:
        warm.batch([PutOp(ADA, f"k{n}", {"text": f"words {n}"}) for n in range(9)])
        assert len(warm.search(ADA, query="words")) == 9
        other.delete(ADA, "k4")
        other.compact()
        assert "k4" not in {item.key for item in warm.search(ADA, query="words")}
        assert len(warm.signals([ADA], "words").keys) == 8
