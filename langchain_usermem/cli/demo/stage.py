"""Playing the scenes of the demo, and checking that they went as told."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

import typer
from rich.text import Text

from langchain_usermem.cli.chat import NOTE
from langchain_usermem.cli.choices import Choices, choices_of
from langchain_usermem.cli.consoles import console, plain, print_error
from langchain_usermem.cli.demo.scenes import SCENES, Scene
from langchain_usermem.cli.tables import memories_table
from langchain_usermem.environment import OFFLINE, chosen_model

_LONGEST_SECONDS = 120


def demo(context: typer.Context) -> None:
    """Play a short story of two users, each session in a fresh process."""
    spec = chosen_model(choices_of(context).model)
    _print_opening(spec)
    with TemporaryDirectory(prefix="usermem-demo-", ignore_cleanup_errors=True) as folder:
        stage = Choices(path=str(Path(folder) / "memories.db"), model=spec or OFFLINE)
        for number, scene in enumerate(SCENES, start=1):
            _play(scene, number, stage)
        _print_tables(stage)
    command = _command()
    turn = f"Your turn: {command} chat --user YOU, then {command} list --user YOU."
    console().print(plain(f"\n{turn}"), soft_wrap=True)


def _command() -> str:
    """How this command is started from here; `make` leaves it off the path."""
    started = sys.argv[0]
    if which("usermem") or Path(started).stem != "usermem":
        return "usermem"
    return started


def _print_opening(spec: str | None) -> None:
    who = spec or "the offline model, which answers from memory alone (no key is set)"
    console().print(plain(f"Two users, one assistant: {who}."))
    console().print(
        "Every session below runs in a process of its own; all they share is one file of memories."
    )


def _play(scene: Scene, number: int, stage: Choices) -> None:
    """Show a scene; it ends the demo with exit code 1 if it did not go as told."""
    console().print(plain(f"\n{number}. {scene.tells}", "bold cyan"))
    session = _run_session(scene, stage)
    shown = Text.from_ansi(session.stdout.rstrip())
    console().print(shown, soft_wrap=True)
    if session.returncode:
        console(stderr=True).print(Text.from_ansi(session.stderr.rstrip()), soft_wrap=True)
        print_error(f"scene {number} failed")
        raise typer.Exit(1)
    # A real model finds words of its own; it is shown, not checked.
    if stage.model == OFFLINE and (wrong := list(broken(scene, shown.plain))):
        print_error(f"scene {number} did not go as told: {'; '.join(wrong)}")
        raise typer.Exit(1)


def _run_session(scene: Scene, stage: Choices) -> "subprocess.CompletedProcess[str]":
    options = ["--path", str(stage.path), "--model", str(stage.model)]
    command = [sys.executable, "-X", "utf8", "-m", "langchain_usermem", *options]
    return subprocess.run(  # noqa: S603 - our own interpreter, module and words
        [*command, "chat", "--user", scene.user],
        input="".join(f"{line}\n" for line in scene.says),
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, **_terminal()},
        timeout=_LONGEST_SECONDS,
        check=False,
    )


def _terminal() -> dict[str, str]:
    """Variables that make a session write as to the terminal that the demo is shown on."""
    return {"FORCE_COLOR": "1"} if console().is_terminal else {}


def broken(scene: Scene, shown: str) -> Iterator[str]:
    """What a scene promised and its output does not keep."""
    lines = shown.splitlines()
    notes = "\n".join(line for line in lines if line.startswith(NOTE))
    said = f"{scene.user}> "
    replies = "\n".join(line for line in lines if not line.startswith((NOTE, said)))
    yield from _missing(scene.replies, replies, "the reply lacks")
    yield from _missing(scene.notes, notes, "memory did not report")
    yield from (f"the reply holds {text!r}" for text in scene.never if text in replies)


def _missing(texts: Sequence[str], shown: str, fault: str) -> Iterator[str]:
    return (f"{fault} {text!r}" for text in texts if text not in shown)


def _print_tables(stage: Choices) -> None:
    """Show what is remembered of each user, and why."""
    with stage.open_memory() as memory:
        for user in memory.users():
            memories = memory.list(user_id=user, include_past=True)
            changes = memory.history(user_id=user)
            title = f"What is remembered of {user}, and why (dim: no longer)"
            console().print()
            console().print(memories_table(memories, changes, title))
