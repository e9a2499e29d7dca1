"""The changes of a user's memories: kept, found by the memory they touch, and taken back.

Each record carries a mark for every memory it touches, so that any store finds the changes of
one memory by an equality filter, without handing over the whole history.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from langgraph.store.base import BaseStore, PutOp, SearchItem, SearchOp

from langchain_usermem.memory import Action, Change, Memory
from langchain_usermem.namespaces import Namespace, changes_namespace
from langchain_usermem.recall import PAGE, all_items
from langchain_usermem.steps import Steps, batch
from langchain_usermem.times import parse_time

FEW = 8
"""Memories of which the changes are looked up one by one; for more, the whole is read once."""

REWRITING: tuple[Action, ...] = ("update", "restore")
"""What puts a memory in other words where it stands."""


def mark_of(memory_id: str) -> str:
    """The key that a record about a memory holds, to be found by."""
    return f"touches_{memory_id}"


def marks_of(memory_ids: Iterable[str]) -> dict[str, object]:
    """The marks of a record about these memories."""
    return {mark_of(memory_id): True for memory_id in sorted(memory_ids)}


def marked_in(value: Mapping[str, object]) -> list[str]:
    """The ids of the memories that a record is about, by its marks."""
    prefix = mark_of("")
    return sorted(name.removeprefix(prefix) for name in value if name.startswith(prefix))


def change_op(change: Change, user: Namespace) -> PutOp:
    """Write a change into the history."""
    value = {**change.to_value(), **marks_of(change.memory_ids)}
    return PutOp(changes_namespace(user), change.id, value, index=False)


def all_changes(
    store: BaseStore, user: Namespace, since: datetime | None = None
) -> Steps[list[Change]]:
    """The user's history, oldest first: all of it, or what came after a moment."""
    items = yield from all_items(store, changes_namespace(user))
    return _changes(item for item in items if since is None or _made_at(item) > since)


def changes_of(store: BaseStore, user: Namespace, memory_ids: Iterable[str]) -> Steps[list[Change]]:
    """The changes that touch any of these memories, oldest first."""
    return _changes((yield from marked_items(store, changes_namespace(user), memory_ids)))


def marked_items(
    store: BaseStore, namespace: Namespace, memory_ids: Iterable[str]
) -> Steps[list[SearchItem]]:
    """The items of a namespace that carry the mark of any of these memories, each once."""
    marks = [mark_of(memory_id) for memory_id in dict.fromkeys(memory_ids)]
    if len(marks) > FEW:
        items = yield from all_items(store, namespace)
        return [item for item in items if any(mark in item.value for mark in marks)]
    searches = [_search(namespace, mark) for mark in marks]
    pages = yield from batch(store, searches)
    for place, page in enumerate(pages):
        if len(page) == PAGE:
            pages[place] = yield from all_items(store, namespace, {marks[place]: True})
    return list({item.key: item for page in pages for item in page}.values())


def lineage_of(store: BaseStore, user: Namespace, memory_id: str) -> Steps[list[Change]]:
    """The changes of a memory and of all that it took the place of, oldest first."""
    found: dict[str, Change] = {}
    known: set[str] = set()
    wanted = {memory_id}
    while wanted:
        changes = yield from changes_of(store, user, wanted)
        found |= {change.id: change for change in changes}
        known |= wanted
        wanted = _replaced_by(known, found.values()) - known
    return sorted(found.values(), key=_order)


def _replaced_by(memory_ids: set[str], changes: Iterable[Change]) -> set[str]:
    """The memories that stood before changes after which one of these stands."""
    made = (change for change in changes if change.after and change.after.id in memory_ids)
    return {memory.id for change in made for memory in change.before}


def superseded_since(changes: Sequence[Change], change: Change) -> bool:
    """Whether a later change touched what this one left, and has not been undone itself."""
    later = changes[changes.index(change) + 1 :]
    undone = _undone(later)
    return any(one.memory_ids & change.memory_ids for one in later if one.id not in undone)


def _undone(changes: Sequence[Change]) -> set[str]:
    """The ids of changes that were undone, and of those that did it; not if that was undone."""
    undoing: dict[str, set[str]] = {}
    for change in changes:
        if change.undoes is not None:
            undoing.setdefault(change.undoes, set()).add(change.id)
    undone: dict[str, set[str]] = {}
    for change in reversed(changes):
        by = undoing.get(change.id)
        if by and not by & undone.keys():
            undone[change.id] = by
    return undone.keys() | {restore for by in undone.values() for restore in by}


def reversal(change: Change, now: datetime) -> list[Change]:
    """The changes that take one back, in the order in which they are carried out."""
    made = () if change.after is None else (change.after,)
    kept = {memory.id for memory in change.before}
    gone = tuple(memory for memory in made if memory.id not in kept)
    reason = f"undid {change.action}"
    removal = (
        [Change(action="restore", before=gone, reason=reason, at=now, undoes=change.id)]
        if gone
        else []
    )
    return removal + [
        Change(
            action="restore",
            before=tuple(memory for memory in made if memory.id == before.id),
            after=before.model_copy(update={"updated_at": now}),
            reason=reason,
            at=now,
            step=step,
            undoes=change.id,
        )
        for step, before in enumerate(change.before, start=1)
    ]


def worded_as_of(
    store: BaseStore, user: Namespace, memories: Sequence[Memory], moment: datetime
) -> Steps[list[Memory]]:
    """Memories, in order, with what each of them said at a moment."""
    if not memories:
        return []
    rewritings: list[SearchItem] = []
    for action in REWRITING:
        rewritings += yield from all_items(store, changes_namespace(user), {"action": action})
    changes = _changes(rewritings)
    return [worded_at(memory, changes, moment) for memory in memories]


def worded_at(memory: Memory, changes: Iterable[Change], moment: datetime) -> Memory:
    """A memory with what it said at a moment: rewritings since are taken back, newest first.

    Args:
        memory: as it is now, active or past.
        changes: those that rewrote it, among others, oldest first.
        moment: the moment that is asked about.
    """
    earlier = memory
    for change in reversed(list(changes)):
        if rewrites(change, memory.id) and _took_effect(change) > moment:
            earlier = next(before for before in change.before if before.id == memory.id)
    ends = {"status": memory.status, "valid_until": memory.valid_until}
    return memory if earlier is memory else earlier.model_copy(update=ends)


def rewrites(change: Change, memory_id: str) -> bool:
    """Whether a change put a memory in other words where it stands."""
    after = change.after
    return (
        change.action in REWRITING
        and after is not None
        and after.id == memory_id
        # What was corrected before it was approved was never known in its first words.
        and any(m.id == memory_id and m.status != "in_review" for m in change.before)
    )


def _took_effect(change: Change) -> datetime:
    """When it was said, or done by hand: nobody said anything then."""
    said = change.after.observed_at if change.after else change.at
    unsaid = change.action == "restore" or any(
        said == before.observed_at for before in change.before
    )
    return change.at if unsaid else said


def _search(namespace: Namespace, mark: str) -> SearchOp:
    return SearchOp(namespace, {mark: True}, limit=PAGE, refresh_ttl=False)


def _changes(items: Iterable[SearchItem]) -> list[Change]:
    return sorted((Change.from_value(item.value) for item in items), key=_order)


def _order(change: Change) -> tuple[datetime, int, str]:
    return change.at, change.step, change.id


def _made_at(item: SearchItem) -> datetime:
    return parse_time(item.value["at"])
