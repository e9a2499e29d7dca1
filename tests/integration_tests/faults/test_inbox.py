"""`kill -9` while turns are accepted and extracted: each is extracted, once in its effect."""

import os
import random
import select
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path

import pytest
from langgraph.store.base import PutOp

from langchain_usermem.namespaces import user_namespace
from langchain_usermem.settings import MemorySettings
from langchain_usermem.user_memory import UserMemory

from .conftest import Report
from .processes import Tell, forked
from .sizes import size
from .talking import Said, UnderstandingModel, conversation

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here"),
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),
]

SETTINGS = MemorySettings(
    writes="background", quiet_seconds=0, retry_seconds=0, lease_seconds=0.5, max_attempts=1_000
)


def opened(file: Path, *, worker: bool = False) -> UserMemory:
    """A memory in the background, over a file."""
    return UserMemory(file, UnderstandingModel(), settings=SETTINGS, worker=worker)


def accept(memory: UserMemory, said: Said) -> None:
    """Take a turn into the inbox."""
    memory.add([said.message], user_id=said.user, thread_id=said.thread)


def work_until_killed(file: Path, turns: Sequence[Said], tell: Tell) -> None:
    """Accept turns, telling of each, while a thread extracts them."""
    with opened(file, worker=True) as memory:
        for said in turns:
            accept(memory, said)
            tell(said.text)
        memory.flush()


def held(memory: UserMemory) -> dict[str, list[str]]:
    """What is remembered of each user, past or not, as text."""
    return {
        user: sorted(
            f"{one.status}: {one.content}" for one in memory.list(user_id=user, include_past=True)
        )
        for user in memory.users()
    }


def extracted(memory: UserMemory, turns: Sequence[Said]) -> int:
    """How many turns of each user were ever extracted."""
    users = {said.user for said in turns}
    found = [memory.store.search((*user_namespace(user), "turns"), limit=10_000) for user in users]
    return sum(map(len, found))


def test_every_accepted_turn_is_extracted_once_in_its_effect(file: Path, report: Report) -> None:
    """After each kill and in the end the memories are those of a run that nobody killed."""
    kills, chance = size("INBOX_KILLS", short=6), random.Random(5)  # noqa: S311 - nothing secret
    told = iter(conversation(1_000_000, users=4))
    turns: list[Said] = []
    for _ in range(kills):
        some = list(islice(told, 8))
        with forked(partial(work_until_killed, file, some)) as child:
            acknowledged = [child.line() for _ in range(chance.randint(1, 8))]
            select.select([], [], [], chance.random() * 0.2)  # The moment is the fault.
            child.kill()
            acknowledged += child.rest()
            assert child.code() in (-signal.SIGKILL, 0), acknowledged
        # One more may have been stored without being told of. What was not, is said again.
        turns += some
        with opened(file) as memory:
            for said in some[len(acknowledged) :]:
                accept(memory, said)
    with opened(file) as memory, UserMemory(":memory:", UnderstandingModel()) as whole:
        memory.flush(timeout=120)
        for said in turns:
            accept(whole, said)
        assert (memory.inbox(), extracted(memory, turns)) == ([], len(turns))
        assert held(memory) == held(whole)
    report(f"{kills} kills amid {len(turns)} turns in the inbox: all extracted, none twice")


def test_processes_share_the_work(file: Path, report: Report) -> None:
    """Turns of many users, extracted by four processes at once, are each extracted once."""
    turns = list(conversation(80, users=20, seed=4))
    with opened(file) as memory:
        for said in turns:
            accept(memory, said)
    counts = list(_flushed_by(4, file))
    with opened(file) as memory, UserMemory(":memory:", UnderstandingModel()) as whole:
        for said in turns:
            accept(whole, said)
        assert (memory.inbox(), held(memory)) == ([], held(whole))
        assert sum(counts) == sum(len(memory.history(user_id=u)) for u in memory.users())
    report(f"4 processes, {len(turns)} turns of 20 users: changes by process {counts}, none twice")


def _flushed_by(processes: int, file: Path) -> Iterator[int]:
    """How many changes each of so many processes made, which flush at once."""

    def flush(tell: Tell) -> None:
        with opened(file) as memory:
            tell(str(len(memory.flush().changes)))

    def run(_: int) -> int:
        with forked(flush) as child:
            line = child.line()
            assert child.code() == 0, child.rest()
            return int(line)

    with ThreadPoolExecutor(processes) as pool:
        yield from pool.map(run, range(processes))


def test_a_damaged_turn_hinders_no_other(file: Path) -> None:
    """A row of the inbox that is no turn is passed over by all but its own user's work."""
    with opened(file) as memory:
        user = user_namespace("user-0")
        memory.store.batch([PutOp((*user, "inbox"), "broken", {"key": 7}, index=False)])
        for said in conversation(8, users=4):
            accept(memory, said)
        report = memory.work_off()
        assert [failure.stage for failure in report.failed] == ["store"]
        assert {turn for turn in memory.users() if turn != "user-0"} == {
            "user-1",
            "user-2",
            "user-3",
        }
        assert all(not memory.inbox(user_id=f"user-{n}") for n in (1, 2, 3))
