"""A user is erased while another process extracts a turn of theirs, or after it was killed."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from langchain_usermem.testing import ScriptedChatModel
from langchain_usermem.user_memory import UserMemory

ADDING = """
import sys
from langchain_usermem.testing import ScriptedChatModel, candidate_item
from langchain_usermem.user_memory import UserMemory

class Slow(ScriptedChatModel):
    def _next_structured(self, prompt, name):
        print("asked", flush=True)
        input()
        return super()._next_structured(prompt, name)

york = candidate_item("Lives in York", attribute="home_city", quote="I moved to York.")
with UserMemory(sys.argv[1], Slow(structured=[{"memories": [york]}])) as memory:
    report = memory.add("I moved to York.", user_id="ada", thread_id="t")
    print(*(skipped.reason for skipped in report.skipped))
"""

Adding = subprocess.Popen[str]


@contextmanager
def adding(file: Path) -> Iterator[Adding]:
    """A process whose model has been asked about a turn, and waits for a line to answer it."""
    command = [sys.executable, "-c", ADDING, str(file)]
    begun = subprocess.Popen(  # noqa: S603 - our own text
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert begun.stdout is not None
        assert begun.stdout.readline() == "asked\n"
        yield begun
    finally:
        begun.kill()
        begun.communicate()


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[UserMemory]:
    """A memory in a file that knows something of the user and of another."""
    with UserMemory(tmp_path / "m.db", ScriptedChatModel()) as memory:
        for user_id in ("ada", "bob"):
            memory.remember("Lives in Leeds", user_id=user_id, attribute="home_city")
        yield memory


def test_what_another_process_extracts_meanwhile_is_not_stored(
    tmp_path: Path, memory: UserMemory
) -> None:
    """Its report says why; the file is without a row, and then without a byte, of the user."""
    with adding(tmp_path / "m.db") as process:
        assert [turn.user_id for turn in memory.inbox()] == ["ada"]
        erased = memory.erase(user_id="ada")
        assert erased.rows == {"changes": 1, "inbox": 1, "memories": 1, "revision": 1}
        out, _ = process.communicate("go\n")
    assert out == "this turn was taken out of the inbox meanwhile\n"
    assert memory.users() == ["bob"]
    assert [one.content for one in memory.list(user_id="bob")] == ["Lives in Leeds"]


def test_what_a_killed_process_left_waiting_is_erased_too(
    tmp_path: Path, memory: UserMemory
) -> None:
    """Nobody takes the turn up any more."""
    with adding(tmp_path / "m.db") as process:
        process.kill()
        process.wait()
    assert memory.erase(user_id="ada").rows["inbox"] == 1
    assert memory.flush(user_id="ada").changes == ()
    assert memory.users() == ["bob"]
