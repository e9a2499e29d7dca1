"""The command `forget`."""

from typing import Annotated

import typer

from langchain_usermem.cli.browsing import full_id
from langchain_usermem.cli.choices import Choices, User, choices_of
from langchain_usermem.cli.consoles import console, plain
from langchain_usermem.cli.wording import lines_of


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


def _forget(choices: Choices, words: str, user: str) -> None:
    with choices.open_memory() as memory:
        report = memory.forget(words, user_id=user)
    for line in lines_of(report):
        console().print(plain(line), soft_wrap=True)
    if not report.forgotten:
        raise typer.Exit(1)


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
