"""The kinds of records in an export, and the rows that they are made of and become again.

A record names no namespace. Where it lies follows from what it says and from whom it is taken
in for, so that no record can reach another user.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from langgraph.store.base import Item, PutOp

from langchain_usermem.history import change_op, marked_in, marks_of
from langchain_usermem.inbox import WaitingTurn, turn_op
from langchain_usermem.memory import Change, Memory, Value
from langchain_usermem.namespaces import (
    Namespace,
    audit_namespace,
    changes_namespace,
    decode_label,
    inbox_namespace,
    memory_namespace,
    past_namespace,
    reflection_namespace,
    review_namespace,
    turns_namespace,
)
from langchain_usermem.records import memory_op
from langchain_usermem.reflection import Merge
from langchain_usermem.revisions import Place
from langchain_usermem.times import UtcTime

V = TypeVar("V", bound=Value)
Homes = Collection[Namespace]
"""Where a user's active memories may lie."""


class Done(Value):
    """That a turn was extracted, and when."""

    key: str
    at: UtcTime


class Tombstone(Value):
    """That a memory was deleted, and when; and when it had been stored, where that is known."""

    memory_id: str
    at: UtcTime
    created_at: UtcTime | None = None


class Comparison(Value):
    """That memories were compared, and what was proposed for them."""

    key: str
    memories: tuple[str, ...]
    merges: tuple[Merge, ...] = ()
    profiles: dict[str, str] | None = None


@dataclass(frozen=True)
class Kind(Generic[V]):
    """How one kind of record is read of a row, checked, and written.

    Attributes:
        name: what the records say under `kind`.
        value: what a record holds beside that.
        read: the value of a row.
        op: what writes a value for a user.
        places: where it lies if a user has it, or had it and deleted it.
        memories: the memories in a value, with all that they say.
        ids: the further ids in it, its own first.
        order: sorts the records of this kind.
    """

    name: str
    value: type[V]
    read: Callable[[Item], V]
    op: Callable[[V, Namespace], PutOp]
    places: Callable[[V, Namespace, Homes], list[Place]]
    memories: Callable[[V], Iterable[Memory]]
    ids: Callable[[V], Iterable[str]]
    order: Callable[[V], Any]


def _memory_places(memory_id: str, user: Namespace, homes: Homes) -> list[Place]:
    everywhere = (*homes, review_namespace(user), past_namespace(user), audit_namespace(user))
    return [(namespace, memory_id) for namespace in everywhere]


def _tombstones(memory_ids: Iterable[str], user: Namespace) -> list[Place]:
    """Where it says that memories were deleted: nothing that holds their words comes back."""
    return [(audit_namespace(user), memory_id) for memory_id in memory_ids]


def _in_change(change: Change) -> list[Memory]:
    return [*change.before, *([change.after] if change.after else [])]


def _turn_of(item: Item) -> WaitingTurn:
    """A turn in nobody's hands."""
    turn = WaitingTurn.from_value(item.value)
    return turn.model_copy(update={"holder": None, "held_until": None})


def _turn_op(turn: WaitingTurn, user: Namespace) -> PutOp:
    free = {"user_id": decode_label(user[1]), "holder": None, "held_until": None}
    return turn_op(turn.model_copy(update=free), user)


def _done_op(done: Done, user: Namespace) -> PutOp:
    return PutOp(turns_namespace(user), done.key, {"at": done.at.isoformat()}, index=False)


def _tombstone_op(tombstone: Tombstone, user: Namespace) -> PutOp:
    moments = {"at": tombstone.at, "created_at": tombstone.created_at}
    times = {name: moment.isoformat() for name, moment in moments.items() if moment is not None}
    value = {"memory_id": tombstone.memory_id, "action": "delete", **times}
    return PutOp(audit_namespace(user), tombstone.memory_id, value, index=False)


def _comparison_of(item: Item) -> Comparison:
    kept: Mapping[str, Any] = {**item.value, "key": item.key, "memories": marked_in(item.value)}
    return Comparison.from_value(kept)


def _comparison_op(comparison: Comparison, user: Namespace) -> PutOp:
    own = {"key", "memories"}
    kept = {name: part for name, part in comparison.to_value().items() if name not in own}
    value = {**kept, **marks_of(comparison.memories)}
    return PutOp(reflection_namespace(user), comparison.key, value, index=False)


MEMORY = Kind(
    "memory",
    Memory,
    read=lambda item: Memory.from_value(item.value),
    op=memory_op,
    places=lambda memory, user, homes: _memory_places(memory.id, user, homes),
    memories=lambda memory: (memory,),
    ids=lambda memory: (memory.id,),
    order=lambda memory: memory.order,
)
CHANGE = Kind(
    "change",
    Change,
    read=lambda item: Change.from_value(item.value),
    op=change_op,
    places=lambda change, user, _: [
        (changes_namespace(user), change.id),
        *_tombstones(change.memory_ids, user),
    ],
    memories=_in_change,
    ids=lambda change: (change.id, *filter(None, [change.undoes])),
    order=lambda change: (change.at, change.step, change.id),
)
TURN = Kind(
    "turn",
    WaitingTurn,
    read=_turn_of,
    op=_turn_op,
    places=lambda turn, user, _: [
        (inbox_namespace(user), turn.key),
        (turns_namespace(user), turn.key),
    ],
    memories=lambda _: (),
    ids=lambda turn: (turn.key,),
    order=lambda turn: turn.order,
)
DONE = Kind(
    "done",
    Done,
    read=lambda item: Done.from_value({**item.value, "key": item.key}),
    op=_done_op,
    places=lambda done, user, _: [(turns_namespace(user), done.key)],
    memories=lambda _: (),
    ids=lambda done: (done.key,),
    order=lambda done: (done.at, done.key),
)
TOMBSTONE = Kind(
    "tombstone",
    Tombstone,
    read=lambda item: Tombstone.from_value(item.value),
    op=_tombstone_op,
    places=lambda tombstone, user, homes: _memory_places(tombstone.memory_id, user, homes),
    memories=lambda _: (),
    ids=lambda tombstone: (tombstone.memory_id,),
    order=lambda tombstone: (tombstone.at, tombstone.memory_id),
)
COMPARISON = Kind(
    "comparison",
    Comparison,
    read=_comparison_of,
    op=_comparison_op,
    places=lambda comparison, user, _: [
        (reflection_namespace(user), comparison.key),
        *_tombstones(comparison.memories, user),
    ],
    memories=lambda _: (),
    ids=lambda c: (c.key, *c.memories, *(i for merge in c.merges for i in merge.memories)),
    order=lambda comparison: comparison.key,
)

KINDS: dict[str, Kind[Any]] = {
    kind.name: kind for kind in (MEMORY, CHANGE, TURN, DONE, TOMBSTONE, COMPARISON)
}
"""By the name in the records, in the order of an export."""

_NOBODY: Namespace = ()
KINDS_BY_LABEL: dict[str, Kind[Any]] = {
    memory_namespace(_NOBODY, None)[0]: MEMORY,
    review_namespace(_NOBODY)[0]: MEMORY,
    past_namespace(_NOBODY)[0]: MEMORY,
    changes_namespace(_NOBODY)[0]: CHANGE,
    inbox_namespace(_NOBODY)[0]: TURN,
    turns_namespace(_NOBODY)[0]: DONE,
    audit_namespace(_NOBODY)[0]: TOMBSTONE,
    reflection_namespace(_NOBODY)[0]: COMPARISON,
}
"""By the label below the user. A count of writes is no record; what an application keeps of its
own below a user is not ours to know."""
