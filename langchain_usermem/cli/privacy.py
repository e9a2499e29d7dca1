"""The command `erase`."""

from typing import TYPE_CHECKING, Annotated

import typer

from langchain_usermem.cli.choices import Choices, User, choices_of
from langchain_usermem.cli.consoles import console, plain
from langchain_usermem.environment import chosen_path

if TYPE_CHECKING:
    from langchain_usermem.user_memory import UserMemory


def erase(
    context: typer.Context,
    *,
    user: User,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Erase without asking.")] = False,
) -> None:
    """Delete all that is stored about a user, for good, and leave no byte of it in the file."""
    with _existing_memory(choices_of(context)) as memory:
        if not yes:
            typer.confirm(f"Erase all that is stored about {user!r}, for good?", abort=True)
        done = memory.erase(user_id=user)
    counted = ", ".join(f"{kind} {count}" for kind, count in sorted(done.rows.items()))
    _say(f"erased: {counted}" if counted else "nothing was stored about this user")
    _say(f"{done.note} ({done.at:%Y-%m-%d %H:%M:%S} UTC)")


def _existing_memory(choices: Choices) -> "UserMemory":
    """The memory in the chosen file, which is not made where it is missing."""
    from langchain_usermem.store.schema import existing_file  # noqa: PLC0415 - slow to import

    existing_file(chosen_path(choices.path))
    return choices.open_memory(worker=False)


def _say(line: str) -> None:
    console().print(plain(line), soft_wrap=True)
