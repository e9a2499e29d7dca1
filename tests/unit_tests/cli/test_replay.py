"""`usermem replay`: past conversations become memories, all of a file or nothing."""

import json
import re
from pathlib import Path

import pytest

from langchain_usermem import UserMemory
from langchain_usermem.cli.choices import Choices
from langchain_usermem.testing import ScriptedChatModel

from .conftest import Run

TALK = [
    ("user", "I live in Leeds.", "2026-05-01T09:00:00+00:00", "one"),
    ("assistant", "Noted.", "2026-05-01T09:01:00+00:00", "one"),
    ("user", "I have a dog called Biscuit.", "2026-05-01T09:02:00+00:00", "one"),
    ("user", "Actually, I moved to York.", "2026-08-01T09:00:00+00:00", "two"),
]
KEYS = ("role", "content", "timestamp", "session")


def transcript(folder: Path) -> str:
    """A file with two sessions."""
    file = folder / "talk.jsonl"
    file.write_text("".join(json.dumps(dict(zip(KEYS, t, strict=True))) + "\n" for t in TALK))
    return str(file)


def test_the_figures_of_a_replay_are_printed(usermem: Run, tmp_path: Path) -> None:
    """Turns, messages, sessions, memories and changes are counted; nothing failed."""
    ran = usermem("replay", transcript(tmp_path), "--user", "ada")
    assert ran.code == 0
    assert re.sub(r"\d+\.\d seconds", "_ seconds", ran.out) == (
        "3 turns (4 messages) of 2 sessions in _ seconds\n"
        "2 memories now, after 3 changes: 2 add, 1 supersede\n"
    )


def test_memories_keep_their_session_and_their_time(
    usermem: Run, tmp_path: Path, memory: UserMemory
) -> None:
    """A session is a thread, and a message's own time is when it was observed."""
    usermem("replay", transcript(tmp_path), "--user", "ada")
    found = memory.list(user_id="ada", include_past=True)
    assert {(m.content, m.thread_id, f"{m.observed_at:%Y-%m-%d}") for m in found} == {
        ("Lives in Leeds", "one", "2026-05-01"),
        ("Has a dog called Biscuit", "one", "2026-05-01"),
        ("Lives in York", "two", "2026-08-01"),
    }


def test_nothing_is_written_of_a_file_with_a_bad_line(
    usermem: Run, tmp_path: Path, memory: UserMemory
) -> None:
    """A bad last line is one red line on stderr and exit code 1, and no session is stored."""
    file = transcript(tmp_path)
    with Path(file).open("a") as lines:
        lines.write('{"role": "user"}\n')
    ran = usermem("replay", file, "--user", "ada")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "line 5 of talk.jsonl has nothing as its content; content is text.\n"
    assert memory.users() == []


def test_turns_that_are_to_be_extracted_later_are_counted(usermem: Run, tmp_path: Path) -> None:
    """Where settings say so, nothing is remembered yet, and a third line says what waits."""
    settings = tmp_path / "settings.json"
    settings.write_text('{"writes": "background"}')
    file = transcript(tmp_path)
    ran = usermem("--settings", str(settings), "replay", file, "--user", "ada")
    assert ran.out.splitlines()[1:] == [
        "0 memories now, after 0 changes",
        "turns that wait in the inbox, for 'usermem worker': 3",
    ]


def test_a_file_that_is_missing_is_a_mistake_in_usage(usermem: Run, tmp_path: Path) -> None:
    """Typer refuses it with exit code 2, before anything is opened."""
    ran = usermem("replay", str(tmp_path / "none.jsonl"), "--user", "ada")
    assert ran.code == 2
    assert "does not exist" in ran.err


def test_a_model_that_fails_is_reported_after_the_figures(
    usermem: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was replayed is counted, the failure is named by its kind, and the exit code is 1."""
    model = ScriptedChatModel(structured=[TimeoutError("while sending: I live in Leeds")] * 4)
    monkeypatch.setattr(Choices, "open_model", lambda _: model)
    ran = usermem("replay", transcript(tmp_path), "--user", "ada")
    assert ran.code == 1
    assert "0 memories now, after 0 changes\n" in ran.out
    line = "failures: 1, first at extract: the model call failed (TimeoutError)\n"
    assert ran.err.endswith(line)
