"""`kill -9`: whatever a process was doing, nothing that it acknowledged is lost."""

import os
import random
import select
import signal
from collections import Counter
from collections.abc import Sequence
from functools import partial
from itertools import islice
from pathlib import Path

import pytest

from langchain_usermem.store import FaissStore, writer
from langchain_usermem.store import jobs as jobs_module
from langchain_usermem.store.doctor import doctor
from langchain_usermem.store.jobs import Job

from .conftest import Report
from .model import EPOCH, INDEX, State, after, check_searches, held, steps, take, texts_of
from .processes import Child, Tell, forked
from .sizes import size

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here"),
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),
]

RARE = ("VACUUM", "PRAGMA wal_checkpoint")
FAILPOINTS = (
    *("BEGIN", "SAVEPOINT", "UPDATE", "INSERT", "DELETE", "RELEASE", "COMMIT", "SETTLE"),
    *RARE,
)
"""The first word of the SQL before which a process dies; SETTLE: committed, but not yet told."""


def work_until_killed(
    file: Path, tell: Tell, *, seed: int, failpoint: tuple[str, int] | None = None
) -> None:
    """Take steps one after the other, telling the number of each that has returned."""
    store = FaissStore(file, index=INDEX)
    if failpoint:
        die_at(store, *failpoint)
    for number, step in enumerate(steps(seed), start=1):
        FaissStore._clock = staticmethod(lambda now=step.moment: now)
        store._core._now = store._core._writer._now = FaissStore._clock
        take(store, step)
        tell(f"{number}")


def die_at(store: FaissStore, word: str, time: int) -> None:
    """Have this process killed the n-th time it comes to a failpoint."""
    left = [time]

    def watch(reached: str) -> None:
        if reached.startswith(word):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def settle(jobs: Sequence[Job]) -> None:
        watch("SETTLE")
        jobs_module.settle(jobs)

    writer.settle = settle  # type: ignore[attr-defined] # a fault
    store._core._connections._writer.set_trace_callback(watch)


def outcome(file: Path, before: State, *, seed: int, acknowledged: int) -> State:
    """The state after a kill, which is that of the steps acknowledged, or of one more."""
    sure = before
    taken = list(islice(steps(seed), acknowledged + 1))
    for step in taken[:-1]:
        sure = after(sure, step)
    perhaps = after(sure, taken[-1])
    with FaissStore(file, index=INDEX) as store:
        found = held(store)
        assert found in (texts_of(sure), texts_of(perhaps))
        check_searches(store, found, query=f"words {seed}")
    assert doctor(file).problems == ()
    return perhaps if found == texts_of(perhaps) else sure


def acknowledged_by(child: Child, chance: random.Random) -> int:
    """How many steps a child told of before it was killed at a random moment."""
    told = [child.line() for _ in range(chance.randint(1, 12))]
    select.select([], [], [], chance.random() * 0.01)  # The moment is the fault.
    child.kill()
    told += child.rest()
    assert child.code() == -signal.SIGKILL, told
    return len(told)


@pytest.fixture(autouse=True)
def clock_in_1970(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here no row has expired: what is seen is what is in the file."""
    monkeypatch.setattr(FaissStore, "_clock", staticmethod(lambda: EPOCH))


def test_kills_at_random_moments(file: Path, report: Report) -> None:
    """All steps acknowledged are there, the next wholly or not; searches agree with numpy."""
    kills, told = size("KILLS", short=12), 0
    chance, rows = random.Random(1), State()  # noqa: S311 - nothing secret
    for seed in range(kills):
        with forked(partial(work_until_killed, file, seed=seed)) as child:
            acknowledged = acknowledged_by(child, chance)
        told += acknowledged
        rows = outcome(file, rows, seed=seed, acknowledged=acknowledged)
    report(f"{kills} kills at random moments: {told} acknowledged steps, 0 lost, 0 torn")


def test_kills_at_failpoints(file: Path, report: Report) -> None:
    """The same where the process dies before a certain kind of statement, or after a commit."""
    kills, reached = size("FAILPOINT_KILLS", short=20), Counter[str]()
    chance, rows = random.Random(2), State()  # noqa: S311 - nothing secret
    for seed in range(kills):
        word = FAILPOINTS[seed % len(FAILPOINTS)]
        at = word, chance.randint(1, 2 if word in RARE else 12)
        with forked(partial(work_until_killed, file, seed=seed, failpoint=at)) as child:
            told = child.rest()
            assert child.code() == -signal.SIGKILL, told
        reached[word] += 1
        rows = outcome(file, rows, seed=seed, acknowledged=len(told))
    report(f"{kills} kills at failpoints {dict(reached)}: 0 acknowledged steps lost, 0 torn")
