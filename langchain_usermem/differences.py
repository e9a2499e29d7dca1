"""What is different between a user's memories at two moments, as the history has it."""

from collections.abc import Iterable
from datetime import datetime

from langchain_usermem.memory import Action, Change, Memory, Value
from langchain_usermem.times import UtcTime

_SAID = frozenset(
    {
        "content",
        "category",
        "attribute",
        "standing",
        "tags",
        "valid_from",
        "valid_until",
        "expires_at",
    }
)
"""Fields that make a memory another one to its reader; that it was said again does not."""


_Standing = dict[str, Memory | None]
"""Memories in force by id; None for those that are not."""


class Revision(Value):
    """A memory as it was and as it is."""

    before: Memory
    after: Memory


class MemoryDiff(Value):
    """What is different now from what stood at `since`.

    What came and went in between is in neither. `superseded`, `forgotten`, `expired` and `undone`
    hold memories as they stood then; `added` those that stand now and did not, and their
    `supersedes` says in place of what. Of `deleted` memories there is only the id.
    """

    since: UtcTime
    until: UtcTime
    added: tuple[Memory, ...] = ()
    changed: tuple[Revision, ...] = ()
    superseded: tuple[Memory, ...] = ()
    forgotten: tuple[Memory, ...] = ()
    expired: tuple[Memory, ...] = ()
    undone: tuple[Memory, ...] = ()
    deleted: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is different."""
        return self == MemoryDiff(since=self.since, until=self.until)


def difference(changes: Iterable[Change], since: datetime, until: datetime) -> MemoryDiff:
    """What these changes, oldest first, made different in the end."""
    then, now, ends = _traced(changes)
    kept = [(was, now[i]) for i, was in then.items() if was is not None]
    gone = [(was, ends[was.id]) for was, is_now in kept if is_now is None]
    return MemoryDiff(
        since=since,
        until=until,
        added=tuple(m for i, m in now.items() if m is not None and then[i] is None),
        changed=tuple(
            Revision(before=was, after=is_now)
            for was, is_now in kept
            if is_now is not None and _says(was) != _says(is_now)
        ),
        superseded=_ended(gone, "supersede", "merge", "approve"),
        forgotten=_ended(gone, "forget"),
        expired=_ended(gone, "expire"),
        undone=_ended(gone, "restore"),
    )


def _traced(changes: Iterable[Change]) -> tuple[_Standing, _Standing, dict[str, Action]]:
    """By id, what stood before changes and what stands after them, and what took it away last."""
    then: _Standing = {}
    now: _Standing = {}
    ends: dict[str, Action] = {}
    for change in changes:
        for before in change.before:
            then.setdefault(before.id, _if_active(before))
            now[before.id], ends[before.id] = None, change.action
        if change.after is not None:
            then.setdefault(change.after.id, None)
            now[change.after.id] = _if_active(change.after)
    return then, now, ends


def _if_active(memory: Memory) -> Memory | None:
    return memory if memory.status == "active" else None


def _says(memory: Memory) -> dict[str, object]:
    return memory.model_dump(include=set(_SAID))


def _ended(gone: Iterable[tuple[Memory, Action]], *actions: Action) -> tuple[Memory, ...]:
    return tuple(memory for memory, action in gone if action in actions)
