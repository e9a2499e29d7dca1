"""`usermem worker`: what waits is extracted, once or until a signal."""

import os
import re
import signal
from pathlib import Path
from typing import Any, NoReturn

import pytest
from langchain_core.messages import BaseMessage

from langchain_usermem import FaissStore, MemorySettings, UserMemory
from langchain_usermem.cli.choices import Choices
from langchain_usermem.cli.working import ending
from langchain_usermem.errors import StoreFullError
from langchain_usermem.testing import ScriptedChatModel

from .conftest import Run

LATER = MemorySettings(writes="background", quiet_seconds=0, max_attempts=1, model_attempts=1)


@pytest.fixture(autouse=True)
def settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings by which conversations need no rest, named by the environment."""
    file = tmp_path / "later.json"
    file.write_text(LATER.model_dump_json())
    monkeypatch.setenv("USERMEM_SETTINGS", str(file))


@pytest.fixture
def later(memory: UserMemory) -> UserMemory:
    """The memory as an application has it that leaves extracting to a worker."""
    return UserMemory(memory.store, settings=LATER, worker=False)


def lines(out: str) -> list[str]:
    """What was printed, without the times."""
    return [re.sub(r"^[-\d]+ [:\d]+ ", "", line) for line in out.splitlines()]


def contents(memory: UserMemory, user_id: str) -> list[str]:
    """What is remembered, oldest first."""
    return [one.content for one in memory.list(user_id=user_id)]


def test_once_extracts_all_that_waits(usermem: Run, later: UserMemory) -> None:
    """One line counts what was done, and holds no word of it."""
    later.add("I live in Leeds.", user_id="ada")
    later.add("I moved to York. I have a dog called Biscuit.", user_id="ada")
    ran = usermem("worker", "--once")
    assert (ran.code, lines(ran.out)) == (0, ["2 turns: 2 add, 1 supersede"])
    assert contents(later, "ada") == ["Lives in York", "Has a dog called Biscuit"]


def test_once_on_an_empty_inbox_says_nothing(usermem: Run) -> None:
    """There is nothing to do, and nothing failed."""
    ran = usermem("worker", "--once")
    assert (ran.code, ran.out) == (0, "")


def test_a_turn_without_anything_in_it_leaves_the_inbox(usermem: Run, later: UserMemory) -> None:
    """The line says why nothing was done."""
    later.add("Hmm, well.", user_id="ada")
    assert lines(usermem("worker", "--once").out) == ["1 turn: nothing to remember"]


def test_once_ends_with_one_if_something_is_left(
    usermem: Run, later: UserMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it failed just now or was parked before; the error's kind is named."""
    model = ScriptedChatModel(structured=[TimeoutError("Leeds")] * 20)
    monkeypatch.setattr(Choices, "open_model", lambda _: model)
    later.add("I live in Leeds.", user_id="ada")
    first, second = usermem("worker", "--once"), usermem("worker", "--once")
    assert (first.code, second.code) == (1, 1)
    assert re.match(r"1 failed at extract: .*TimeoutError", lines(first.out)[0])
    assert "Leeds" not in first.out


class Interrupting(ScriptedChatModel):
    """A model that is asked at the moment at which a signal comes."""

    number: signal.Signals = signal.SIGINT

    def _next_structured(self, prompt: list[BaseMessage], name: str) -> Any:
        os.kill(os.getpid(), self.number)
        return super()._next_structured(prompt, name)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_worker(
    usermem: Run, later: UserMemory, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """It finishes what it has in hand, begins nothing more, and exits with 0."""
    monkeypatch.setattr(Choices, "open_model", lambda _: Interrupting(number=number))
    for user in ("ada", "bob"):
        later.add("I live in Leeds.", user_id=user)
    before = signal.getsignal(number)
    ran = usermem("worker")
    assert (ran.code, lines(ran.out)) == (
        0,
        ["working; Ctrl-C ends", "1 turn: nothing to remember"],
    )
    assert len(later.inbox()) == 1
    assert signal.getsignal(number) is before


def test_a_second_signal_ends_at_once() -> None:
    """The first one only asks."""
    with ending() as end:
        os.kill(os.getpid(), signal.SIGINT)
        assert end.is_asked()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_a_store_that_fails_ends_no_worker(
    usermem: Run, later: UserMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told on stderr, and tried again."""
    later.add("I live in Leeds.", user_id="ada")
    faults = [StoreFullError("no room"), StoreFullError("no room")]

    def batch(*_: object) -> NoReturn:
        fault = faults.pop()
        if not faults:
            os.kill(os.getpid(), signal.SIGTERM)
        raise fault

    monkeypatch.setattr(FaissStore, "batch", batch)
    ran = usermem("worker")
    assert (ran.code, ran.err) == (0, "no room\nno room\n")


def test_settings_are_those_of_the_application(usermem: Run, tmp_path: Path) -> None:
    """A root of its own, read from the file that `--settings` names."""
    settings = LATER.model_copy(update={"root": "mine"})
    file, path = tmp_path / "settings.json", tmp_path / "mine.db"
    file.write_text(settings.model_dump_json())
    with FaissStore(path) as store:
        later = UserMemory(store, settings=settings, worker=False)
        later.add("I live in Leeds.", user_id="ada")
        assert usermem("--path", str(path), "worker", "--once").out == ""
        ran = usermem("--path", str(path), "--settings", str(file), "worker", "--once")
        assert lines(ran.out) == ["1 turn: 1 add"]
        assert contents(later, "ada") == ["Lives in Leeds"]


@pytest.mark.parametrize(
    ("text", "fault"), [("[", "the file: Invalid JSON"), ('{"writes": "never"}', "writes: Input")]
)
def test_settings_that_are_none_are_a_mistake_in_usage(
    usermem: Run, tmp_path: Path, text: str, fault: str
) -> None:
    """The message names the field."""
    file = tmp_path / "settings.json"
    file.write_text(text)
    ran = usermem("--settings", str(file), "worker", "--once")
    assert ran.code == 2
    assert fault in ran.err
