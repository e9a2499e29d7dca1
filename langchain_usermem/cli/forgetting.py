"""The commands `forget` and `undo`."""

from typing import TYPE_CHECKING, Annotated

import typer

from langchain_usermem.cli.browsing import full_id
from langchain_usermem.cli.choices import Choices, User, choices_of
from langchain_usermem.cli.consoles import console, plain, print_error
from langchain_usermem.cli.wording import ID_DIGITS, line_of, lines_of
from langchain_usermem.errors import MemoryNotFoundError

if TYPE_CHECKING:
    from langchain_usermem.user_memory import UserMemory


def forget(
    context: typer.Context,
    words: Annotated[
        str | None,
        typer.Argument(help="Words that it holds; 'everything' for all.", show_default=False),
    ] = None,
    *,
    user: User,
    memory_id: Annotated[
        str | None,
        typer.Option("--id", help="Delete this one at once, for good.", show_default=False),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Delete without asking.")] = False,
) -> None:
    """Forget what holds these words, for some days undoably; or delete one memory at once."""
    if (words is None) == (memory_id is None):
        raise typer.BadParameter("give either WORDS or --id")
    choices = choices_of(context)
    if memory_id is None:
        _forget(choices, str(words), user)
    else:
        _delete(choices, memory_id, user, confirmed=yes)


def undo(
    context: typer.Context,
    change_ids: Annotated[
        list[str],
        typer.Argument(metavar="CHANGE_ID...", help="As in the history, or their first digits."),
    ],
    *,
    user: User,
) -> None:
    """Take changes back, in this order: what they ended stands again, what they made is past."""
    with choices_of(context).open_memory() as memory:
        # All ids first: a slip in the last one must not leave half of them done.
        whole = [_change_id(memory, start, user) for start in change_ids]
        for change_id in whole:
            for change in memory.undo(change_id, user_id=user):
                console().print(plain(line_of(change)), soft_wrap=True)


def _forget(choices: Choices, words: str, user: str) -> None:
    with choices.open_memory() as memory:
        report = memory.forget(words, user_id=user)
    if not report.forgotten:
        reasons = "; ".join(skipped.reason for skipped in report.skipped)
        print_error(
            f"{reasons or 'nothing was forgotten'}. "
            "'usermem list' shows what is remembered; '--id' deletes one of it."
        )
        raise typer.Exit(1)
    ids = " ".join(change.id[:ID_DIGITS] for change in report.changes)
    for line in lines_of(report):
        console().print(plain(line), soft_wrap=True)
    console().print(plain(f"to take it back: usermem undo {ids} --user {user}"), soft_wrap=True)


def _delete(choices: Choices, start: str, user: str, *, confirmed: bool) -> None:
    with choices.open_memory() as memory:
        memory_id = full_id(memory, start, user)
        found = memory.get(memory_id, user_id=user)
        if found is not None:
            console().print(plain(found.content), soft_wrap=True)
        if not confirmed:
            typer.confirm("Delete this for good, with all its versions?", abort=True)
        memory.delete(memory_id, user_id=user)
    console().print("deleted")


def _change_id(memory: "UserMemory", start: str, user_id: str) -> str:
    """The id of the one change of a user whose id begins so.

    Raises:
        MemoryNotFoundError: none begins so, or several do.
    """
    changes = memory.history(user_id=user_id)
    found = {change.id for change in changes if start and change.id.startswith(start)}
    if len(found) == 1:
        return found.pop()
    raise MemoryNotFoundError(
        f"{len(found) or 'no'} changes of this user have an id that begins with {start!r}. "
        "'usermem history' shows the ids; give enough digits for one."
    )
