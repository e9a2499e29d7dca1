"""The command `replay`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from langchain_usermem.cli.choices import User, choices_of
from langchain_usermem.cli.consoles import console, plain, print_error
from langchain_usermem.cli.transcript import Session, read_transcript
from langchain_usermem.report import AddReport

if TYPE_CHECKING:
    from langchain_usermem.user_memory import UserMemory

Transcript = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        exists=True,
        dir_okay=False,
        readable=True,
        help="JSON Lines of role, content, and optionally timestamp and session.",
    ),
]


@dataclass(frozen=True)
class Replayed:
    """What a replay read and what became of it."""

    messages: int
    turns: int
    sessions: int
    memories: int
    waiting: int
    seconds: float
    report: AddReport

    def __str__(self) -> str:
        """The figures in two lines, and a third where turns wait."""
        changes = self.report.changes
        actions = sorted({change.action for change in changes})
        counts = (f"{sum(c.action == action for c in changes)} {action}" for action in actions)
        figures = (
            f"{self.turns} turns ({self.messages} messages) of {self.sessions} sessions "
            f"in {self.seconds:.1f} seconds\n"
            f"{self.memories} memories now, after {len(changes)} changes: {', '.join(counts)}"
        ).removesuffix(": ")
        waits = f"\nturns that wait in the inbox, for 'usermem worker': {self.waiting}"
        return figures + (waits if self.waiting else "")


def replay(context: typer.Context, file: Transcript, *, user: User) -> None:
    """Remember past conversations of a user, session by session."""
    sessions = read_transcript(file)
    choices = choices_of(context)
    with choices.open_or_make_memory(choices.open_model()) as memory:
        replayed = _replayed(memory, sessions, user)
    console().print(plain(str(replayed)))
    if failed := replayed.report.failed:
        print_error(f"failures: {len(failed)}, first at {failed[0].stage}: {failed[0].error}")
        raise typer.Exit(1)


def _replayed(memory: "UserMemory", sessions: Sequence[Session], user: str) -> Replayed:
    began = perf_counter()
    report = _added(memory, sessions, user)
    return Replayed(
        messages=_size(sessions),
        turns=sum(_turns(session) for session in sessions),
        sessions=len(sessions),
        memories=len(memory.list(user_id=user)),
        waiting=len(memory.inbox(user_id=user)),
        seconds=perf_counter() - began,
        report=report,
    )


def _added(memory: "UserMemory", sessions: Sequence[Session], user: str) -> AddReport:
    """What became of all sessions, one after another, with a bar that shows how far it is."""
    report = AddReport()
    columns = (TextColumn("replaying"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console(stderr=True)) as progress:
        bar = progress.add_task("replaying", total=_size(sessions))
        for session in sessions:
            report += memory.add(session.messages, user_id=user, thread_id=session.id)
            progress.advance(bar, len(session.messages))
    return report


def _size(sessions: Sequence[Session]) -> int:
    return sum(len(session.messages) for session in sessions)


def _turns(session: Session) -> int:
    from langchain_usermem.turns import turns_of, utterances_of  # noqa: PLC0415 - slow to import

    return len(turns_of(utterances_of(session.messages)))
