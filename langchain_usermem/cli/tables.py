"""Memories, recalled memories, changes and turns that wait, as tables."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from rich.table import Table

from langchain_usermem.cli.consoles import plain
from langchain_usermem.cli.wording import ID_DIGITS, contents, origin_of
from langchain_usermem.memory import Change, Memory, Recalled

if TYPE_CHECKING:
    from langchain_usermem.inbox import WaitingTurn


_SHORT = frozenset({"id", "key", "change id", "at (UTC)", "change", "said on", "score", "cosine"})
"""Columns whose cells are never broken; the others share what room is left."""


def memories_table(
    memories: Iterable[Memory], changes: Sequence[Change], title: str | None = None
) -> Table:
    """What is remembered and why: when it was said, in which words, and what it replaced."""
    table = _table("memory", "category", "said on", "in the words", "history", "id", title=title)
    for memory in memories:
        quotes = "\n".join(evidence.quote for evidence in memory.evidence)
        row = [memory.content, _kind(memory), f"{memory.observed_at:%Y-%m-%d}", quotes]
        row += [_history(memory, changes), memory.id[:ID_DIGITS]]
        _add_row(table, row, style="" if memory.status == "active" else "dim")
    return table


def waiting_table(waiting: Iterable[Memory], known: Iterable[Memory]) -> Table:
    """What waits for approval, in which words it was said, and what it is to replace."""
    by_id = {memory.id: memory for memory in known}
    table = _table("memory", "category", "said on", "in the words", "in place of", "id")
    for memory in waiting:
        quotes = "\n".join(evidence.quote for evidence in memory.evidence)
        replaced = contents(by_id[i] for i in memory.supersedes if i in by_id)
        row = [memory.content, memory.category, f"{memory.observed_at:%Y-%m-%d}", quotes]
        _add_row(table, [*row, replaced, memory.id[:ID_DIGITS]])
    return table


def recalled_table(found: Sequence[Recalled]) -> Table:
    """What was recalled, with the share of each signal in the score, and the cosine."""
    signals = list(dict.fromkeys(name for recalled in found for name in recalled.why))
    table = _table("memory", "score", *signals, "cosine", "id")
    for recalled in found:
        cosine = "" if recalled.similarity is None else f"{recalled.similarity:.3f}"
        shares = [f"{recalled.why.get(signal, 0.0):.3f}" for signal in signals]
        row = [recalled.memory.content, f"{recalled.score:.3f}", *shares, cosine]
        _add_row(table, [*row, recalled.memory.id[:ID_DIGITS]])
    return table


def inbox_table(turns: "Iterable[WaitingTurn]", now: datetime) -> Table:
    """Which turns wait and how their last attempt failed, without a word of what was said."""
    table = _table("key", "user", "accepted (UTC)", "attempts", "state", "last error")
    for turn in turns:
        row = [turn.key[:ID_DIGITS], turn.user_id, f"{turn.accepted_at:%Y-%m-%d %H:%M:%S}"]
        _add_row(table, [*row, str(turn.attempts), _state(turn, now), turn.error or ""])
    return table


def changes_table(changes: Iterable[Change]) -> Table:
    """What was done and when: what stood before, what stands since, and why."""
    table = _table("at (UTC)", "change", "before", "after", "because", "id", "change id")
    for change in changes:
        after = [] if change.after is None else [change.after]
        touched = [memory.id[:ID_DIGITS] for memory in after or change.before]
        row = [f"{change.at:%Y-%m-%d %H:%M}", change.action, contents(change.before)]
        row += [contents(after), change.reason, " ".join(touched), change.id[:ID_DIGITS]]
        _add_row(table, row)
    return table


def _table(*columns: str, title: str | None = None) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, no_wrap=column in _SHORT, overflow="fold")
    return table


def _add_row(table: Table, cells: Sequence[str], style: str = "") -> None:
    table.add_row(*(plain(cell) for cell in cells), style=style)


def _state(turn: "WaitingTurn", now: datetime) -> str:
    """Whether anybody works on a turn, or will."""
    if turn.parked:
        return "parked"
    return "held" if turn.is_held(now) else "waiting"


def _kind(memory: Memory) -> str:
    """The category, and whether it applies to every turn."""
    applies = memory.standing and memory.status == "active"
    return f"{memory.category},\nevery turn" if applies else memory.category


def _history(memory: Memory, changes: Sequence[Change]) -> str:
    status = "" if memory.status == "active" else memory.status
    return "\n".join(part for part in (status, origin_of(memory, changes)) if part)
