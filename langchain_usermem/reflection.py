"""A sweep over one user's memories: what repeats is merged, what is over expires.

What was compared is kept in the store, and what a model proposed for it. So a sweep that was
broken off goes on where it was, one that was only looked at is carried out as it was shown,
nothing is asked twice, and what a user has undone is not done again.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime

from langgraph.store.base import BaseStore, GetOp, Item, PutOp
from pydantic import Field

from langchain_usermem.duplicates import Pair, fault_of, key_of
from langchain_usermem.history import marks_of
from langchain_usermem.memory import Change, Failure, Memory, Skipped, Value, ids_of, is_statement
from langchain_usermem.merging import merged
from langchain_usermem.namespaces import Namespace, reflection_namespace
from langchain_usermem.query import Query
from langchain_usermem.recall import all_items, recall_all
from langchain_usermem.records import change_ops, namespace_of
from langchain_usermem.revisions import Found, Plan, alone
from langchain_usermem.salvage import Item as Answered
from langchain_usermem.settings import MemorySettings
from langchain_usermem.steps import Steps, batch
from langchain_usermem.verdicts import place_of

AT_ONCE = 50
"""Memories whose neighbours are read together."""

Progress = Callable[[int, int], None]
"""Is told how many steps of a sweep are done, and how many there are by now."""


class Merge(Value):
    """Memories, by id, and the statement that takes their place."""

    memories: tuple[str, ...]
    content: str


class ReflectReport(Value):
    """What a sweep did, or with `applied` False what it would do.

    `profiles` are proposals by category, and stored nowhere. `calls` counts what a model was
    asked, `left` the groups that still wait for one: after a failure, or beyond the most calls.
    """

    applied: bool = False
    examined: int = 0
    changes: tuple[Change, ...] = ()
    profiles: dict[str, str] = Field(default_factory=dict)
    skipped: tuple[Skipped, ...] = ()
    failed: tuple[Failure, ...] = ()
    calls: int = 0
    left: int = 0

    @property
    def merged(self) -> list[Memory]:
        """Memories that take the place of several."""
        made = (change.after for change in self.changes if change.action == "merge")
        return [memory for memory in made if memory is not None]

    @property
    def expired(self) -> list[Memory]:
        """Memories whose time is over."""
        return [m for change in self.changes if change.action == "expire" for m in change.before]


def merge_change(memories: Sequence[Memory], content: str, reason: str, now: datetime) -> Change:
    """The change that puts one memory in the place of several; its id follows from theirs.

    It lies among them as if stored with the last of them: it was not just said.
    """
    base = max(memories, key=lambda memory: memory.order)
    own = {"id": key_of([*memories, base.model_copy(update={"content": content})])}
    after = merged(base.model_copy(update={**own, "updated_at": now}), memories, content)
    return Change(action="merge", before=tuple(memories), after=after, reason=reason, at=now)


def near_pairs(
    store: BaseStore,
    user: Namespace,
    memories: Sequence[Memory],
    settings: MemorySettings,
    now: datetime,
) -> list[Steps[dict[Pair, float]]]:
    """How relevant memories are to each other, by pairs of ids, some memories at a time."""
    return [
        _near_some(store, user, memories[start : start + AT_ONCE], settings, now)
        for start in range(0, len(memories), AT_ONCE)
    ]


def _near_some(
    store: BaseStore,
    user: Namespace,
    memories: Sequence[Memory],
    settings: MemorySettings,
    now: datetime,
) -> Steps[dict[Pair, float]]:
    queries = [_query(memory, user, settings, now) for memory in memories]
    found = yield from recall_all(store, queries, settings.weights)
    near: dict[Pair, float] = {}
    for memory, others in zip(memories, found, strict=True):
        for other in others:
            left, right = sorted((memory.id, other.memory.id))
            if left != right:
                near[left, right] = max(other.relevance, near.get((left, right), 0.0))
    return near


def _query(memory: Memory, user: Namespace, settings: MemorySettings, now: datetime) -> Query:
    return Query(
        text=memory.content,
        user=user,
        agent_id=memory.agent_id,
        limit=settings.neighbours,
        now=now,
        filter={"agent_id": memory.agent_id},
        floor=0.0,
    )


def compared(store: BaseStore, user: Namespace, keys: Sequence[str]) -> Steps[list[Item | None]]:
    """What is kept of groups that were compared, by their keys; None where they were not."""
    home = reflection_namespace(user)
    return (yield from batch(store, [GetOp(home, key, refresh_ttl=False) for key in keys]))


def proposed_in(item: Item) -> list[Merge]:
    """The merges that were proposed when a group was compared."""
    return [Merge.from_value(merge) for merge in item.value["merges"]]


def compared_op(memories: Sequence[Memory], merges: Iterable[Merge], user: Namespace) -> PutOp:
    """Keep that memories were compared, and what is still proposed for them."""
    value = {"merges": [merge.to_value() for merge in merges], **marks_of(ids_of(memories))}
    return PutOp(reflection_namespace(user), key_of(memories), value, index=False)


def checked_merges(
    items: Iterable[Answered], group: Sequence[Memory]
) -> tuple[list[Merge], list[str]]:
    """The merges in a model's answer about a group, and what is wrong with the others."""
    merges: list[Merge] = []
    faults: list[str] = []
    free = set(ids_of(group))
    for item in items:
        outcome = _checked_merge(item, group)
        if isinstance(outcome, Merge) and free.issuperset(outcome.memories):
            merges.append(outcome)
            free.difference_update(outcome.memories)
        else:
            faults.append(outcome if isinstance(outcome, str) else "a memory is in two merges")
    return merges, faults


def _checked_merge(item: Answered, group: Sequence[Memory]) -> Merge | str:
    named, content = item.get("memories"), item.get("content")
    places = {place_of(place, len(group)) for place in named} if isinstance(named, list) else set()
    if None in places:
        return "a merge names a memory that was not listed"
    if len(places) <= 1 or not is_statement(content):
        return "a merge names fewer than two memories, or has no statement"
    memories = [memory for place, memory in enumerate(group) if place in places]
    fault = fault_of(str(content), memories)
    return fault or Merge(memories=ids_of(memories), content=str(content).strip())


def outdated_ops(store: BaseStore, user: Namespace, keys: Collection[str]) -> Steps[list[PutOp]]:
    """Remove what is proposed for memories that are no longer compared so."""
    home = reflection_namespace(user)
    items = yield from all_items(store, home)
    proposals = (item for item in items if item.value["merges"] or "profiles" in item.value)
    return [PutOp(home, item.key, None) for item in proposals if item.key not in keys]


def carried_out(
    store: BaseStore, user: Namespace, changes: Sequence[Change], done: Sequence[PutOp]
) -> Steps[bool]:
    """Whether changes were stored, with ops that say so: not where a memory is another by now."""
    before = [memory for change in changes for memory in change.before]
    gets = [GetOp(namespace_of(m, user), m.id, refresh_ttl=False) for m in before]

    def work(_: Found) -> Steps[Plan[bool]]:
        items = yield from batch(store, gets)
        stands = before == [None if i is None else Memory.from_value(i.value) for i in items]
        return Plan([*change_ops(changes, user), *done] if stands else [], outcome=stands)

    return (yield from alone(store, user, work))
