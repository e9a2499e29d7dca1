"""The command `review`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from langchain_usermem.cli.browsing import full_id
from langchain_usermem.cli.choices import User, choices_of
from langchain_usermem.cli.consoles import console, plain
from langchain_usermem.cli.tables import waiting_table
from langchain_usermem.cli.wording import lines_of
from langchain_usermem.report import AddReport

if TYPE_CHECKING:
    from langchain_usermem.user_memory import UserMemory

Ids = Annotated[list[str] | None, typer.Option(help="Its id, or the first digits; repeatable.")]


def review(
    context: typer.Context,
    *,
    user: User,
    approve: Ids = None,
    reject: Ids = None,
) -> None:
    """Show what waits for approval, and in place of what; or approve and reject it."""
    with choices_of(context).open_memory() as memory:
        if approve or reject:
            _decide(memory, user, approve or [], reject or [])
        else:
            _show(memory, user)


def _show(memory: "UserMemory", user: str) -> None:
    waiting = memory.in_review(user_id=user)
    if not waiting:
        console().print(plain(f"nothing about {user} waits for approval"))
        return
    console().print(waiting_table(waiting, memory.list(user_id=user)))


def _decide(memory: "UserMemory", user: str, approve: Sequence[str], reject: Sequence[str]) -> None:
    """Carry out decisions in order; one that cannot be ends them, and what was done stands."""
    # All ids first: a slip in the last one must not leave half of the decisions done.
    approved = [full_id(memory, start, user) for start in approve]
    rejected = [full_id(memory, start, user) for start in reject]
    for memory_id in approved:
        _print(memory.approve(memory_id, user_id=user))
    for memory_id in rejected:
        _print(memory.reject(memory_id, user_id=user))


def _print(report: AddReport) -> None:
    for line in lines_of(report):
        console().print(plain(line), soft_wrap=True)
