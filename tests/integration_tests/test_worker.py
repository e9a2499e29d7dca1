"""`usermem worker` as a process of its own, over a file to which another process adds turns."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from langchain_usermem.settings import MemorySettings
from langchain_usermem.user_memory import UserMemory

LATER = MemorySettings(writes="background", quiet_seconds=0, lease_seconds=2)
PLACES = [f"I live in {name}." for name in ("Leeds", "York", "Bath", "Ely", "Hull")]

MOST_SECONDS = 60

Worker = subprocess.Popen[str]


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[UserMemory]:
    """A memory that leaves extracting to another process."""
    with UserMemory(tmp_path / "m.db", settings=LATER, worker=False) as memory:
        yield memory


@contextmanager
def worker(folder: Path) -> Iterator[Worker]:
    """A worker that has begun, on the file in this folder."""
    settings = folder / "settings.json"
    settings.write_text(LATER.model_dump_json())
    options = ["--path", str(folder / "m.db"), "--settings", str(settings), "--model", "offline"]
    command = [sys.executable, "-u", "-m", "langchain_usermem", *options, "worker"]
    begun = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ours
    try:
        assert line_of(begun) == "working; Ctrl-C ends"
        yield begun
    finally:
        begun.kill()
        begun.communicate()


def line_of(process: Worker) -> str:
    """The next line that a process prints; empty once it has ended."""
    assert process.stdout is not None
    return process.stdout.readline().rstrip("\n")


def wait_for_nothing(memory: UserMemory) -> None:
    """Wait until nothing is in the inbox, for as long as a slow machine may need."""
    deadline = time.monotonic() + MOST_SECONDS
    while memory.inbox():
        assert time.monotonic() < deadline, "the worker does not get on"
        time.sleep(0.02)


def add(memory: UserMemory, user_id: str) -> None:
    """Five homes of one user, each in a turn of its own."""
    for place in PLACES:
        memory.add(place, user_id=user_id)


def extracted(memory: UserMemory, user_id: str) -> list[str]:
    """What was made of a user's turns, in the order in which they were said."""
    changes = memory.history(user_id=user_id)
    return [change.after.content for change in changes if change.after]


HOMES = ["Lives in Leeds", "Lives in York", "Lives in Bath", "Lives in Ely", "Lives in Hull"]


def test_turns_that_another_process_adds_are_extracted(tmp_path: Path, memory: UserMemory) -> None:
    """Each once and in order; on SIGTERM the worker exits with 0, and what came since waits."""
    with worker(tmp_path) as process:
        add(memory, "ada")
        wait_for_nothing(memory)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert (extracted(memory, "ada"), memory.inbox()) == (HOMES, [])
    add(memory, "bob")
    assert len(memory.inbox()) == 5
    memory.flush()
    assert extracted(memory, "bob") == HOMES


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_a_worker_that_is_killed_loses_nothing(tmp_path: Path, memory: UserMemory) -> None:
    """What it had in hand, another extracts once its lease is over, and once only."""
    with worker(tmp_path) as process:
        for number in range(20):
            add(memory, f"user{number}")
        assert line_of(process)
        process.send_signal(signal.SIGKILL)
        assert process.wait(10) == -signal.SIGKILL
    memory.flush()
    assert memory.inbox() == []
    assert [extracted(memory, f"user{number}") for number in range(20)] == [HOMES] * 20
