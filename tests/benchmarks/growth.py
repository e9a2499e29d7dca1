"""`python -m tests.benchmarks.growth`: what a user pays for the others in the file.

One file holds few users, another many: `MANY=10000x100` unless the environment says otherwise.
The searches of a user in the one and in the other alternate, so that whatever else the machine
does falls on both.
"""

import os
import random
import sys
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from langchain_usermem import FaissStore, UserMemory
from tests.benchmarks.apart import apart, put_out_of_the_cache
from tests.benchmarks.measures import in_lots, percentile, resident_mb, timed
from tests.benchmarks.subjects import StoreSubject
from tests.benchmarks.workload import NumberedEmbeddings, Size, memories, query
from tests.evaluation import locomo

_FEW = Size(100, 100, 256)
_LONG = Size(10, 1_000, 256)
_HOT_SEARCHES = 1_000
_COLD_SEARCHES = 100
_RECALLED = 1_000
_FILE = "memories.db"


def main() -> None:
    """Fill the files and print what was asked for and what came out."""
    many = Size.of(os.environ.get("MANY", "10000x100"), 256)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for size in (_FEW, many, _LONG):
            apart(_fill, folder / str(size), size)
        for line in _lines(folder, many):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()


def _lines(folder: Path, many: Size) -> Iterable[str]:
    opening = folder / str(many)
    milliseconds, megabytes = apart(_opening, opening, many)
    yield f"opening a file of {many}: {milliseconds:.1f} ms, {megabytes:.1f} MB (asked 100 and 20)"
    few, grown = apart(_hot, folder, many)
    yield (
        f"a cached user, p50: {few:.3f} ms among {_FEW}, {grown:.3f} ms among {many}: "
        f"{grown / few:.2f}x (asked 1.5x)"
    )
    yield f"an uncached user of 100: {_times(apart(_cold, opening, many))} (asked 5 ms)"
    long = folder / str(_LONG)
    yield f"an uncached user of 1,000: {_times(apart(_cold, long, _LONG))} (asked 10 ms)"
    put_out_of_the_cache(long / _FILE)
    yield f"the same from disk: {_times(apart(_cold, long, _LONG))} (asked 50 ms)"
    put_out_of_the_cache(opening / _FILE)
    yield f"of 100 among {many} from disk: {_times(apart(_cold, opening, many))}"
    recall = apart(_recall)
    shown = "skipped: USERMEM_DATA is unset" if recall is None else f"p50 {recall:.2f} ms"
    yield f"UserMemory.search among 1,000 real turns: {shown} (asked 1 ms)"


def _times(milliseconds: list[float]) -> str:
    """The first of some times, their median and their 95th percentile."""
    median, slow = percentile(milliseconds, 50), percentile(milliseconds, 95)
    return f"first {milliseconds[0]:.1f} ms, p50 {median:.2f} ms, p95 {slow:.2f} ms"


def _fill(folder: Path, size: Size) -> None:
    folder.mkdir()
    with _store(folder, NumberedEmbeddings(size), size) as store:
        for lot in in_lots(memories(size)):
            StoreSubject(store).write(lot)


def _store(folder: Path, embeddings: NumberedEmbeddings, size: Size) -> FaissStore:
    index = {"embed": embeddings, "dims": size.dimensions, "fields": ["text"]}
    return FaissStore(folder / _FILE, index=index)


def _opening(folder: Path, size: Size) -> tuple[float, float]:
    """How long opening takes, and how much more memory the process has after it."""
    embeddings = NumberedEmbeddings(size)
    before = resident_mb()
    milliseconds, store = timed(lambda: _store(folder, embeddings, size))
    taken = resident_mb() - before
    store.close()
    return milliseconds, taken


def _hot(folder: Path, many: Size) -> tuple[float, float]:
    """Medians of searches for a cached user, among few and among many, turn and turn about."""
    times: dict[Size, list[float]] = {_FEW: [], many: []}
    with ExitStack() as opened:
        subjects = {size: _subject(opened, folder, size) for size in times}
        for n in range(_HOT_SEARCHES):
            for size, subject in subjects.items():
                text = query(size.users // 2, n % size.memories)
                spent, _ = timed(lambda s=subject, u=size.users // 2, t=text: s.search(u, t))  # type: ignore[misc] # mypy cannot infer the defaults' types
                times[size].append(spent)
    return percentile(times[_FEW], 50), percentile(times[many], 50)


def _subject(opened: ExitStack, folder: Path, size: Size) -> StoreSubject:
    """A store whose user in the middle has been searched for everything."""
    embeddings = NumberedEmbeddings(size)
    store = opened.enter_context(_store(folder / str(size), embeddings, size))
    subject = StoreSubject(store)
    for n in range(size.memories):
        subject.search(size.users // 2, query(size.users // 2, n))
    return subject


def _cold(folder: Path, size: Size) -> list[float]:
    """Times of the first searches for some users, scattered over the file."""
    embeddings = NumberedEmbeddings(size)
    users = random.Random(7).sample(range(size.users), min(_COLD_SEARCHES, size.users))  # noqa: S311 - scatter, no secret
    for user in users:
        embeddings.embed_query(query(user, 0))
    with _store(folder, embeddings, size) as store:
        subject = StoreSubject(store)
        return [timed(lambda u=user: subject.search(u, query(u, 0)))[0] for user in users]  # type: ignore[misc] # as above


def _recall() -> float | None:
    """The median of whole recalls, local embedding included, of questions not asked before."""
    conversations = locomo.conversations()
    if not conversations:
        return None
    turns = [turn.content for one in conversations for turn in one.turns]
    asked = [question.text for one in conversations for question in one.questions]
    with FaissStore(":memory:") as store:
        memory = UserMemory(store, user_id="user")
        memory.remember_many(turns[:_RECALLED])
        memory.search(asked[0])
        return percentile([timed(lambda text=text: memory.search(text))[0] for text in asked], 50)  # type: ignore[misc] # as above


if __name__ == "__main__":
    main()
