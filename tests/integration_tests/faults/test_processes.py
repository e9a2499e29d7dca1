"""Several processes, threads and coroutines on one file."""

import asyncio
import mmap
import os
import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest
from langgraph.store.base import PutOp
from numpy.typing import NDArray

from langchain_usermem.errors import InvalidOperationError
from langchain_usermem.store import FaissStore

from .conftest import Report
from .model import INDEX, check_searches, held
from .processes import Child, Tell, forked
from .sizes import size

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here"),
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),
]

ADA = ("u", "ada")
PROCESSES = 4


def put_and_search(file: Path, tell: Tell, *, number: int, puts: int) -> None:
    """Put rows, searching after each; tell when every row of every process is found."""
    with FaissStore(file, index=INDEX) as store:
        known = 0
        for n in range(puts):
            store.put(ADA, f"{number} {n}", {"text": f"words {number} {n}"})
            found = store.search(ADA, query="words", limit=10_000)
            own = {item.key for item in found if item.key.startswith(f"{number} ")}
            assert own == {f"{number} {m}" for m in range(n + 1)}
            assert len(found) >= max(known, n + 1)
            known = len(found)
        while known < PROCESSES * puts:
            known = len(store.search(ADA, query="words", limit=10_000))
        tell(f"{store.health().partition_loads}")


def test_processes_see_each_others_rows(file: Path, report: Report) -> None:
    """Four processes put and search; each finds all rows, having loaded its index but once."""
    puts = size("PROCESS_PUTS", short=60)
    FaissStore(file, index=INDEX).close()
    begun = time.perf_counter()
    with ExitStack() as stack:
        children = [
            stack.enter_context(forked(partial(put_and_search, file, number=n, puts=puts)))
            for n in range(PROCESSES)
        ]
        told = [child.rest() for child in children]
        assert [child.code() for child in children] == [0] * PROCESSES, told
    seconds = time.perf_counter() - begun
    assert told == [["1"]] * PROCESSES
    with FaissStore(file, index=INDEX) as store:
        rows = held(store)
        assert len(rows) == PROCESSES * puts
        check_searches(store, rows, "words")
    report(f"{PROCESSES} processes x {puts} puts, each with a search: {seconds:.1f} s, 0 missed")


def test_async_writers(file: Path, report: Report) -> None:
    """64 coroutines that put one after the other all have their rows."""
    puts = size("ASYNC_PUTS", short=10)

    async def write(store: FaissStore, writer: int) -> None:
        for n in range(puts):
            await store.aput(ADA, f"{writer} {n}", {"text": f"words {writer} {n}"})

    async def run() -> float:
        async with FaissStore(file, index=INDEX) as store:
            begun = time.perf_counter()
            await asyncio.gather(*(write(store, writer) for writer in range(64)))
            return time.perf_counter() - begun

    seconds = asyncio.run(run())
    with FaissStore(file, index=INDEX) as store:
        assert set(held(store)) == {(ADA, f"{w} {n}") for w in range(64) for n in range(puts)}
    report(f"64 async writers x {puts}: {64 * puts / seconds:,.0f} durable puts/s, all there")


def test_one_invalid_operation_fails_alone(file: Path) -> None:
    """Of ten batches at once the one with an operation out of contract fails, and no other."""

    async def run(store: FaissStore) -> list[object]:
        batches = [[PutOp(ADA, f"k{n}", {"text": f"words {n}"})] for n in range(10)]
        batches[6].append(PutOp(ADA, "bad", {"n": float("nan")}))
        return await asyncio.gather(*map(store.abatch, batches), return_exceptions=True)

    with FaissStore(file, index=INDEX) as store:
        results = asyncio.run(run(store))
        assert [isinstance(result, InvalidOperationError) for result in results] == [
            n == 6 for n in range(10)
        ]
        assert set(held(store)) == {(ADA, f"k{n}") for n in range(10) if n != 6}


def test_one_failing_commit_part_fails_alone(file: Path) -> None:
    """Of ten batches in one commit the one that the file refuses fails, and no other."""

    def write(n: int) -> Exception | None:
        barrier.wait()
        try:
            store.put(ADA, f"k{n}", {"text": f"words {n}"})
        except Exception as error:  # noqa: BLE001 - whichever it is, it is compared
            return error
        return None

    barrier = Barrier(10)
    with FaissStore(file, index=INDEX) as store, ThreadPoolExecutor(10) as threads:
        store._core._connections._writer.execute(
            """CREATE TEMP TRIGGER refuse BEFORE INSERT ON main.items WHEN NEW.key = 'k6'
            BEGIN SELECT RAISE(ABORT, 'refused'); END"""
        )
        errors = list(threads.map(write, range(10)))
        assert [n for n, error in enumerate(errors) if error] == [6]
        assert set(held(store)) == {(ADA, f"k{n}") for n in range(10) if n != 6}


def test_durable_puts_grow_with_writers(file: Path, report: Report) -> None:
    """However many threads put, all rows are there; how fast is reported, not asserted."""
    puts, rates = size("RATE_PUTS", short=40), []
    with FaissStore(file, index=False) as store:
        for writers in (1, 4, 16, 64):

            def write(writer: int, of: int = writers) -> None:
                for n in range(puts):
                    store.put(ADA, f"{of} {writer} {n}", {"text": "words"})

            begun = time.perf_counter()
            with ThreadPoolExecutor(writers) as threads:
                list(threads.map(write, range(writers)))
            rates.append(f"{writers}: {writers * puts / (time.perf_counter() - begun):,.0f}")
        assert len(held(store)) == puts * (1 + 4 + 16 + 64)
    report(f"durable puts/s by writers (threads): {', '.join(rates)}")


class Board:
    """What is known of each key, shared by processes: odd while it changes.

    Every number counts the changes begun and done; half of it is even when the key is absent.
    """

    def __init__(self, keys: int) -> None:
        self._memory = mmap.mmap(-1, 8 * keys)
        self.numbers: NDArray[np.int64] = np.frombuffer(self._memory, dtype=np.int64)

    def copy(self) -> list[int]:
        """All numbers now."""
        numbers: list[int] = self.numbers.tolist()
        return numbers


def erase_and_add(file: Path, tell: Tell, *, board: Board, writer: int, rounds: int) -> None:
    """Add and erase keys of one's own, over and over, compacting now and then."""
    chance = random.Random(writer)  # noqa: S311 - nothing secret
    own = range(writer * 5, writer * 5 + 5)
    with FaissStore(file, index=INDEX) as store:
        for n in range(rounds):
            key = chance.choice(own)
            board.numbers[key] += 1
            version = (int(board.numbers[key]) + 1) // 2
            if version % 2:
                store.put(ADA, f"k{key}", {"text": f"words {version}", "version": version})
            else:
                store.delete(ADA, f"k{key}")
            board.numbers[key] += 1
            if n % 40 == 39:
                store.compact()
    tell("done")


def search_meanwhile(file: Path, tell: Tell, *, board: Board, keys: int) -> None:
    """Search until nothing changes any more, holding each result against the board."""
    sure = 0
    with FaissStore(file, index=INDEX) as store:
        while board.numbers[keys] == 0:
            before = board.copy()
            query = "words" if sure % 2 else None
            found = store.search(ADA, query=query, limit=999, filter={"version": {"$gt": 0}})
            signalled = {key for _, key in store.signals([ADA], "words").keys}
            now = board.copy()
            versions = {item.key: item.value["version"] for item in found}
            for key in range(keys):
                if before[key] == now[key] and now[key] % 2 == 0:
                    version = now[key] // 2
                    wanted = version if version % 2 else None
                    assert versions.get(f"k{key}") == wanted, (key, version, versions)
                    assert (f"k{key}" in signalled) == bool(wanted)
                    sure += 1
    tell(f"{sure}")


def test_erased_memories_stay_erased_everywhere(file: Path, report: Report) -> None:
    """Searching while others erase and re-add keys finds no erased row, and misses no other."""
    rounds, writers = size("ERASE_ROUNDS", short=120), 2
    keys = writers * 5
    board = Board(keys + 1)
    FaissStore(file, index=INDEX).close()
    with ExitStack() as stack:
        searching = _started(stack, partial(search_meanwhile, file, board=board, keys=keys), 2)
        erasing = [
            stack.enter_context(
                forked(partial(erase_and_add, file, board=board, writer=n, rounds=rounds))
            )
            for n in range(writers)
        ]
        assert [child.rest() for child in erasing] == [["done"]] * writers
        board.numbers[keys] = 1
        told = [child.rest() for child in searching]
        assert [child.code() for child in searching] == [0, 0], told
    compared = sum(int(line) for (line,) in told)
    report(f"{writers} erase and re-add x {rounds}, 2 search: {compared:,} compared, 0 wrong")


def _started(stack: ExitStack, work: "partial[None]", number: int) -> list[Child]:
    return [stack.enter_context(forked(work)) for _ in range(number)]


def test_fork_after_a_search(file: Path) -> None:
    """Children forked off a warm store search and write, as does their parent afterwards."""
    with FaissStore(file, index=INDEX) as store:
        store.batch([PutOp(ADA, f"k{n}", {"text": f"words {n}"}) for n in range(50)])
        store.search(ADA, query="words")
        for n in range(5):
            with forked(partial(_put_in_child, store, n)) as child:
                assert child.rest() == [f"{50 + 2 * n + 1}"]
                assert child.code() == 0
            store.put(ADA, f"parent {n}", {"text": f"parent {n}"})
        check_searches(store, held(store), "words")
        assert len(held(store)) == 60


def _put_in_child(store: FaissStore, number: int, tell: Tell) -> None:
    store.put(ADA, f"child {number}", {"text": f"child {number}"})
    tell(f"{len(store.search(ADA, query='words', limit=999))}")
