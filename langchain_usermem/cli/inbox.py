"""The command `inbox`."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from langchain_usermem.cli.choices import choices_of
from langchain_usermem.cli.consoles import console, plain
from langchain_usermem.cli.tables import inbox_table
from langchain_usermem.errors import TurnNotFoundError
from langchain_usermem.times import utc_now

if TYPE_CHECKING:
    from langchain_usermem.inbox import WaitingTurn
    from langchain_usermem.user_memory import UserMemory

ALL = "all"
"""In place of a key: every turn that failed."""

Anybody = Annotated[
    str | None, typer.Option("--user", "-u", help="Whose; all, if unset.", show_default=False)
]
Keys = Annotated[list[str] | None, typer.Option(metavar="KEY", help="Drop this turn, for good.")]
KeysOrAll = Annotated[
    list[str] | None,
    typer.Option(metavar="KEY|all", help="Let it be tried again as if it had never failed."),
]


def inbox(
    context: typer.Context,
    *,
    user: Anybody = None,
    retry: KeysOrAll = None,
    drop: Keys = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Drop without asking.")] = False,
) -> None:
    """Show the turns that wait to be extracted; or let some be tried again, or drop them."""
    # No worker: this process has no model, and what it wakes would do without.
    with choices_of(context).open_memory(worker=False) as memory:
        turns = memory.inbox(user_id=user)
        if retry or drop:
            _decide(memory, _named(turns, retry or []), _named(turns, drop or []), confirmed=yes)
        else:
            _show(turns)


def _show(turns: "Sequence[WaitingTurn]") -> None:
    if turns:
        console().print(inbox_table(turns, utc_now()))
    else:
        console().print("no turn waits")


def _decide(
    memory: "UserMemory",
    retried: "Sequence[WaitingTurn]",
    dropped: "Sequence[WaitingTurn]",
    *,
    confirmed: bool,
) -> None:
    """Carry out decisions; one that cannot be ends them, and what was done stands."""
    if dropped and not confirmed:
        typer.confirm(f"Drop {_turns(dropped)}, with all that was said, for good?", abort=True)
    for turn in retried:
        memory.retry_turn(turn.key, user_id=turn.user_id)
    for turn in dropped:
        memory.drop_turn(turn.key, user_id=turn.user_id)
    if not (retried or dropped):
        console().print("no turn failed")
    if retried:
        console().print(plain(f"to be tried again: {_turns(retried)}"))
    if dropped:
        console().print(plain(f"dropped: {_turns(dropped)}"))


def _named(turns: "Sequence[WaitingTurn]", starts: Iterable[str]) -> "list[WaitingTurn]":
    """The turns that keys, or their first digits, name; each once, in order."""
    found = {turn.key: turn for start in starts for turn in _meant(turns, start)}
    return list(found.values())


def _meant(turns: "Sequence[WaitingTurn]", start: str) -> "list[WaitingTurn]":
    """The one turn whose key begins so, or all that failed.

    Raises:
        TurnNotFoundError: none begins so, or several do.
    """
    if start == ALL:
        return [turn for turn in turns if turn.error]
    found = [turn for turn in turns if start and turn.key.startswith(start)]
    if len(found) == 1:
        return found
    raise TurnNotFoundError(
        f"{len(found) or 'no'} turns that wait have a key that begins with {start!r}. "
        "'usermem inbox' shows the keys; give enough digits for one."
    )


def _turns(turns: "Sequence[WaitingTurn]") -> str:
    return "1 turn" if len(turns) == 1 else f"{len(turns)} turns"
