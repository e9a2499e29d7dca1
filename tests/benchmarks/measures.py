"""What is measured of one store at one size, in a process of its own."""

import asyncio
import os
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
from langgraph.store.base import BaseStore, PutOp

from tests.benchmarks.contestants import Contestant
from tests.benchmarks.workload import (
    NumberedEmbeddings,
    Size,
    memory,
    namespace_of,
    puts,
    query,
)

T = TypeVar("T")

_ROWS_A_BATCH = 1_000
_SEARCHES = 200
_COLD_USERS = 20
_SINGLE_PUTS = 50
_WRITERS = 64
_PUTS_A_WRITER = 20
_BEST = 10


@dataclass(frozen=True, slots=True)
class Figures:
    """What came out; times in milliseconds, None where there is nothing to measure."""

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
    note: str = ""


def measured(contestant: Contestant, size: Size, folder: Path) -> Figures:
    """All figures of a store, filled with a size's memories in an empty folder."""
    embeddings = NumberedEmbeddings(size)
    before = resident_mb()
    with contestant.opened(folder, embeddings, size.dimensions) as store:
        bulk = _bulk(store, embeddings, size)
        hot, found = _hot(store, embeddings, size)
        put = _durable_put(store, size) if contestant.durable else None
        together = asyncio.run(_together(store, embeddings, size))
        resident = resident_mb() - before
    cold: list[float] = []
    if contestant.durable:
        with contestant.opened(folder, embeddings, size.dimensions) as store:
            cold = _cold(store, embeddings, size)
    return Figures(
        contestant.name,
        size.users,
        size.memories,
        size.dimensions,
        hot_p50=percentile(hot, 50),
        hot_p95=percentile(hot, 95),
        cold_p50=percentile(cold, 50) if cold else None,
        cold_p95=percentile(cold, 95) if cold else None,
        put_p50=put,
        puts_a_second=together,
        bulk_rows_a_second=bulk,
        resident_mb=resident,
        found_share=found,
    )


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


def in_batches(ops: Iterable[PutOp]) -> Iterator[list[PutOp]]:
    """Operations in order, in lots of a size that stores like."""
    rest = iter(ops)
    while batch := list(islice(rest, _ROWS_A_BATCH)):
        yield batch


def _bulk(store: BaseStore, embeddings: NumberedEmbeddings, size: Size) -> float:
    """Rows written a second, embedding excluded."""
    spent = 0.0
    embeddings.milliseconds = 0.0
    for batch in in_batches(puts(size)):
        spent += timed(lambda batch=batch: store.batch(batch))[0]  # type: ignore[misc] # mypy cannot infer the default's type
    return size.total / (spent - embeddings.milliseconds) * 1e3


def _hot(store: BaseStore, embeddings: NumberedEmbeddings, size: Size) -> tuple[list[float], float]:
    """Times of searches for one user, and the share that found the memory asked for."""
    user = size.users // 2
    for number in range(min(_SEARCHES, size.memories)):
        embeddings.embed_query(query(user, number))
    _search(store, user, 0)
    answers = [_search(store, user, n % size.memories) for n in range(_SEARCHES)]
    return [spent for spent, _ in answers], statistics.mean(found for _, found in answers)


def _cold(store: BaseStore, embeddings: NumberedEmbeddings, size: Size) -> list[float]:
    """Times of the first searches of users after opening."""
    users = range(0, size.users, max(size.users // _COLD_USERS, 1))
    for user in users:
        embeddings.embed_query(query(user, 0))
    return [_search(store, user, 0)[0] for user in users]


def _search(store: BaseStore, user: int, number: int) -> tuple[float, bool]:
    """The time of a search, and whether it found the memory it asked for."""
    spent, items = timed(
        lambda: store.search(
            namespace_of(user), query=query(user, number), limit=_BEST, refresh_ttl=False
        )
    )
    return spent, f"key-{number}" in [item.key for item in items]


def _durable_put(store: BaseStore, size: Size) -> float:
    """Milliseconds of the median put, one after another."""
    numbers = range(size.memories, size.memories + _SINGLE_PUTS)
    return statistics.median(
        timed(lambda n=n: store.put(namespace_of(0), f"key-{n}", memory(0, n)))[0]  # type: ignore[misc] # as above
        for n in numbers
    )


async def _together(store: BaseStore, embeddings: NumberedEmbeddings, size: Size) -> float:
    """Puts a second by many writers at once, each waiting for its own."""
    for user in range(min(_WRITERS, size.users)):
        embeddings.unit_vectors(user)

    async def write(writer: int) -> None:
        user = writer % size.users
        for n in range(_PUTS_A_WRITER):
            await store.aput(namespace_of(user), f"by-{writer}-{n}", memory(user, n))

    start = time.perf_counter()
    await asyncio.gather(*(write(writer) for writer in range(_WRITERS)))
    return _WRITERS * _PUTS_A_WRITER / (time.perf_counter() - start)
