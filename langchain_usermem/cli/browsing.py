"""Commands that look: `search`, `list`, `history`, `diff`, `users`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from langchain_usermem.cli.choices import User, choices_of
from langchain_usermem.cli.consoles import console, plain
from langchain_usermem.cli.tables import changes_table, memories_table, recalled_table
from langchain_usermem.cli.wording import lines_of_diff
from langchain_usermem.errors import MemoryNotFoundError
from langchain_usermem.memory import Memory, Recalled
from langchain_usermem.settings import MAX_DAYS
from langchain_usermem.times import parse_time, utc_now

if TYPE_CHECKING:
    from langchain_usermem.user_memory import UserMemory


def search(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="A question or topic, in any words.")],
    *,
    user: User,
    limit: Annotated[int | None, typer.Option(help="Most memories to show; 5 if unset.")] = None,
    explain: Annotated[bool, typer.Option(help="Show each signal's share of the score.")] = False,
) -> None:
    """Show the memories that a query is about, best first."""
    with choices_of(context).open_memory() as memory:
        found = memory.search(query, user_id=user, limit=limit)
    if not found:
        console().print(plain(f"nothing remembered about {user} bears on that"))
    elif explain:
        console().print(recalled_table(found))
    else:
        _print_recalled(found)


def list_memories(
    context: typer.Context,
    *,
    user: User,
    past: Annotated[
        bool, typer.Option("--all", help="Superseded, forgotten and expired ones too.")
    ] = False,
) -> None:
    """Show all that is remembered of a user, and why."""
    with choices_of(context).open_memory() as memory:
        memories = memory.list(user_id=user, include_past=past)
        changes = memory.history(user_id=user)
    if not memories:
        console().print(plain(f"nothing is remembered about {user}"))
        return
    console().print(memories_table(memories, changes))


def history(
    context: typer.Context,
    memory_id: Annotated[
        str | None, typer.Argument(help="Its id, or the first digits.", show_default=False)
    ] = None,
    *,
    user: User,
) -> None:
    """Show every change of a user's memories, or of one and those it replaced."""
    with choices_of(context).open_memory() as memory:
        whole = None if memory_id is None else full_id(memory, memory_id, user)
        changes = memory.history(whole, user_id=user)
    if not changes:
        console().print(plain(f"nothing has ever been remembered about {user}"))
        return
    console().print(changes_table(changes))


def diff(
    context: typer.Context,
    *,
    user: User,
    since: Annotated[str, typer.Option(help="A time such as 2026-05-01, or days such as 7d.")],
) -> None:
    """Show what is different from the memories of an earlier day."""
    then = moment_of(since)
    with choices_of(context).open_memory() as memory:
        found = memory.diff(then, user_id=user)
    if found.is_empty:
        console().print(plain(f"nothing is different since {found.since:%Y-%m-%d %H:%M} UTC"))
    for line in lines_of_diff(found):
        console().print(plain(line), soft_wrap=True)


def moment_of(since: str) -> datetime:
    """The moment so many days ago, or a time that is written out.

    Raises:
        BadParameter: it is neither.
    """
    days = since.removesuffix("d")
    if since != days and days.isdecimal():
        return utc_now() - timedelta(days=min(int(days), MAX_DAYS))
    try:
        return parse_time(since)
    except ValueError as error:
        raise typer.BadParameter(
            f"{since!r} is neither a time such as 2026-05-01 nor a number of days such as 7d"
        ) from error


def users(context: typer.Context) -> None:
    """Show the ids of all users about whom anything is stored."""
    with choices_of(context).open_memory() as memory:
        for user_id in memory.users():
            console().print(plain(user_id), soft_wrap=True)


def full_id(memory: "UserMemory", start: str, user_id: str) -> str:
    """The id of the one memory of a user, active or past, whose id begins so.

    Raises:
        MemoryNotFoundError: none begins so, or several do.
    """
    everything = memory.list(user_id=user_id, include_past=True)
    found = {m.id for m in everything if start and m.id.startswith(start)}
    if len(found) == 1:
        return found.pop()
    raise MemoryNotFoundError(
        f"{len(found) or 'no'} memories of this user have an id that begins with {start!r}. "
        "'usermem list --all' shows the ids; give enough digits for one."
    )


def _print_recalled(found: Sequence[Recalled]) -> None:
    for recalled in found:
        console().print(plain(f"{recalled.score:.2f}  {_line(recalled.memory)}"), soft_wrap=True)


def _line(memory: Memory) -> str:
    return f"{memory.content}  ({memory.category}, {memory.observed_at:%Y-%m-%d})"
