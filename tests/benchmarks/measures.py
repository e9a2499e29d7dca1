"""What is measured of one subject at one size, in processes of their own."""

import asyncio
import os
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from typing import TypeVar

import numpy as np

from tests.benchmarks.contestants import Contestant
from tests.benchmarks.subjects import BEST, Subject
from tests.benchmarks.workload import NumberedEmbeddings, Row, Size, memories, memory, query

T = TypeVar("T")

SEARCHES = 200
"""Most searches of a kind; fewer where they take long."""

_ENOUGH_MS = 20_000
_FEW = 20
_ROWS_A_LOT = 1_000
_COLD_USERS = 20
_SINGLE_PUTS = 50
_WRITERS = 64
_PUTS_A_WRITER = 20


@dataclass(frozen=True, slots=True)
class Figures:
    """What came out; times in milliseconds, None where there is nothing to measure.

    Attributes:
        found_share: how many searches found the memory that they asked for.
        recall: how many of a user's ten nearest memories came back, compared with all of them
            looked at one by one.
    """

    store: str
    users: int
    memories: int
    dimensions: int
    hot_p50: float | None = None
    hot_p95: float | None = None
    cold_p50: float | None = None
    cold_p95: float | None = None
    put_p50: float | None = None
    puts_a_second: float | None = None
    bulk_rows_a_second: float | None = None
    resident_mb: float | None = None
    found_share: float | None = None
    recall: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Search:
    """One search: how long it took, and how right it was."""

    milliseconds: float
    found: bool
    recall: float


def measured(contestant: Contestant, size: Size, folder: Path) -> dict[str, float | None]:
    """Figures of a subject while it is filled with a size's memories in an empty folder."""
    embeddings = NumberedEmbeddings(size)
    before = resident_mb()
    with contestant.opened(folder, embeddings, size.dimensions) as subject:
        bulk = _bulk(subject, embeddings, size, timed_rows=contestant.timed_rows)
        hot = list(_hot(subject, embeddings, size))
        resident = resident_mb() - before
        put = _durable_put(subject, size) if contestant.durable else None
        many = contestant.concurrent
        together = asyncio.run(_together(subject, embeddings, size)) if many else None
    times = [search.milliseconds for search in hot]
    return {
        "hot_p50": percentile(times, 50),
        "hot_p95": percentile(times, 95),
        "put_p50": put,
        "puts_a_second": together,
        "bulk_rows_a_second": bulk,
        "resident_mb": resident,
        "found_share": statistics.mean(search.found for search in hot),
        "recall": statistics.mean(search.recall for search in hot),
    }


def measured_again(contestant: Contestant, size: Size, folder: Path) -> dict[str, float | None]:
    """Figures of a filled subject that a new process opens; its file is in the system's cache."""
    embeddings = NumberedEmbeddings(size)
    with contestant.opened(folder, embeddings, size.dimensions) as subject:
        times = [search.milliseconds for search in _cold(subject, embeddings, size)]
    return {"cold_p50": percentile(times, 50), "cold_p95": percentile(times, 95)}


def percentile(milliseconds: list[float], share: int) -> float:
    """The time that `share` per cent of some times do not exceed."""
    return float(np.percentile(milliseconds, share))


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """How many milliseconds some work took, and what it returned."""
    start = time.perf_counter()
    result = work()
    return (time.perf_counter() - start) * 1e3, result


def resident_mb() -> float:
    """Memory of this process, as Linux tells it."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def in_lots(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows in order, in lots of a size that stores like."""
    rest = iter(rows)
    while lot := list(islice(rest, _ROWS_A_LOT)):
        yield lot


def until_enough(searches: Iterable[Search]) -> Iterator[Search]:
    """Searches as they are made, until they are many or have cost enough."""
    spent = 0.0
    for made, search in enumerate(islice(searches, SEARCHES), 1):
        yield search
        spent += search.milliseconds
        if made >= _FEW and spent > _ENOUGH_MS:
            return


def _bulk(
    subject: Subject, embeddings: NumberedEmbeddings, size: Size, *, timed_rows: int | None
) -> float:
    """Rows written a second, embedding excluded."""
    rows = memories(size)
    last = timed_rows or size.total
    for lot in in_lots(islice(rows, size.total - last)):
        subject.fill(lot)
    embeddings.milliseconds = 0.0
    spent = sum(timed(lambda lot=lot: subject.write(lot))[0] for lot in in_lots(rows))  # type: ignore[misc] # mypy cannot infer the default's type
    return last / (spent - embeddings.milliseconds) * 1e3


def _hot(subject: Subject, embeddings: NumberedEmbeddings, size: Size) -> Iterator[Search]:
    """Searches for one user who has been searched for before."""
    user = size.users // 2
    subject.search(user, query(user, 0))
    numbers = (made % size.memories for made in count())
    yield from until_enough(
        _searched(subject, embeddings, size, user=user, number=number) for number in numbers
    )


def _cold(subject: Subject, embeddings: NumberedEmbeddings, size: Size) -> Iterator[Search]:
    """The first searches for some users."""
    for user in range(0, size.users, max(size.users // _COLD_USERS, 1)):
        yield _searched(subject, embeddings, size, user=user, number=0)


def _searched(
    subject: Subject, embeddings: NumberedEmbeddings, size: Size, *, user: int, number: int
) -> Search:
    """A search whose query was embedded before, and how right its answer is."""
    text = query(user, number)
    nearest = _nearest(embeddings, size, user=user, text=text)
    spent, keys = timed(lambda: subject.search(user, text))
    right = nearest.intersection(keys)
    return Search(spent, f"key-{number}" in keys, len(right) / len(nearest))


def _nearest(embeddings: NumberedEmbeddings, size: Size, *, user: int, text: str) -> set[str]:
    """The keys of a user's memories nearest to a text, by looking at each."""
    vectors = embeddings.unit_vectors(user)[: size.memories]
    likeness = vectors @ np.array(embeddings.embed_query(text), dtype=np.float32)
    best = np.argpartition(-likeness, min(BEST, size.memories) - 1)[:BEST]
    return {f"key-{number}" for number in best}


def _durable_put(subject: Subject, size: Size) -> float:
    """Milliseconds of the median put, one after another."""
    rows = [memory(0, size.memories + n) for n in range(_SINGLE_PUTS)]
    return statistics.median(timed(lambda row=row: subject.put(row))[0] for row in rows)  # type: ignore[misc] # as above


async def _together(subject: Subject, embeddings: NumberedEmbeddings, size: Size) -> float:
    """Puts a second by many writers at once, each waiting for its own."""
    for user in range(min(_WRITERS, size.users)):
        embeddings.unit_vectors(user)

    async def write(writer: int) -> None:
        user = writer % size.users
        for n in range(_PUTS_A_WRITER):
            await subject.aput(memory(user, n, key=f"by-{writer}-{n}"))

    start = time.perf_counter()
    await asyncio.gather(*(write(writer) for writer in range(_WRITERS)))
    return _WRITERS * _PUTS_A_WRITER / (time.perf_counter() - start)
