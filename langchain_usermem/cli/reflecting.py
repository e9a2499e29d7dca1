"""The command `reflect`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from langchain_usermem.cli.choices import User, choices_of
from langchain_usermem.cli.consoles import console, plain, print_error
from langchain_usermem.cli.wording import count_of, line_of

if TYPE_CHECKING:
    from langchain_usermem.reflection import ReflectReport
    from langchain_usermem.user_memory import UserMemory

MAX_CALLS = 100


def reflect(
    context: typer.Context,
    *,
    user: User,
    apply: Annotated[bool, typer.Option("--apply", help="Do it, undoably.")] = False,
    max_calls: Annotated[int, typer.Option(help="Most calls to the model.")] = MAX_CALLS,
) -> None:
    """Show what repeats or is over among a user's memories, and a profile; or merge it."""
    choices = choices_of(context)
    with choices.open_memory(choices.open_model()) as memory:
        report = _swept(memory, user, apply=apply, max_calls=max_calls)
    for line in _lines(report):
        console().print(plain(line), soft_wrap=True)
    if report.failed:
        print_error(f"failures: {len(report.failed)}, first: {report.failed[0].error}")
        raise typer.Exit(1)


def _swept(memory: "UserMemory", user: str, *, apply: bool, max_calls: int) -> "ReflectReport":
    """The report on a sweep, with a bar that shows how far it is."""
    columns = (TextColumn("comparing"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console(stderr=True)) as progress:
        # Where no model is asked there are no steps to count.
        bar = progress.add_task("comparing", total=None, visible=False)
        return memory.reflect(
            user_id=user,
            apply=apply,
            max_calls=max_calls,
            progress=lambda done, steps: progress.update(
                bar, completed=done, total=steps, visible=True
            ),
        )


def _lines(report: "ReflectReport") -> Iterator[str]:
    """What was or would be done, the profiles, and in the end what is left to do."""
    yield from map(line_of, report.changes)
    for skipped in report.skipped:
        yield f"left out: {skipped.reason}"
    for category, text in report.profiles.items():
        yield f"{category}:"
        yield from (f"  {line}" for line in text.splitlines())
    done = "done" if report.applied else "to be done with --apply"
    compared = count_of(report.examined, "memory", "memories")
    yield f"{compared} compared, {count_of(len(report.changes), 'change')} {done}"
    if report.left:
        yield f"groups that wait for the model: {report.left}; run it again"
