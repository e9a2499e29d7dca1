"""Changes as store ops: which record lies where after each step.

Additions come before removals, so that a store that cannot apply a batch as a whole never
loses a memory half-way.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from langgraph.store.base import BaseStore, GetOp, PutOp

from langchain_usermem.history import change_op, changes_of, marked_items
from langchain_usermem.memory import Change, Memory
from langchain_usermem.namespaces import (
    Namespace,
    audit_namespace,
    changes_namespace,
    memory_namespace,
    past_namespace,
    reflection_namespace,
    review_namespace,
)
from langchain_usermem.recall import all_memories, indexed_fields
from langchain_usermem.revisions import Plan, unhindered
from langchain_usermem.settings import MemorySettings
from langchain_usermem.steps import Steps, batch


def change_ops(changes: Iterable[Change], user: Namespace) -> list[PutOp]:
    """What to write for these changes, in an order that is safe without transactions."""
    last: dict[tuple[Namespace, str], PutOp] = {}
    for change in changes:
        for op in _ops_of(change, user):
            last[op.namespace, op.key] = op
    return sorted(last.values(), key=lambda op: op.value is None)


def memory_op(memory: Memory, user: Namespace) -> PutOp:
    """Write a memory where its status lets it lie."""
    namespace = namespace_of(memory, user)
    # Stores disagree on comparing times, and on what has none; on a mark they agree.
    mark = {} if memory.expires_at is None else {"expiring": True}
    value = memory.to_value()
    return PutOp(namespace, memory.id, {**value, **mark}, index=indexed_fields(value))


def removal_op(memory: Memory, user: Namespace) -> PutOp:
    """Remove a memory from where it lies."""
    return PutOp(namespace_of(memory, user), memory.id, None)


def namespace_of(memory: Memory, user: Namespace) -> Namespace:
    """Where a memory of this status and owner lies."""
    match memory.status:
        case "active":
            return memory_namespace(user, memory.agent_id)
        case "in_review":
            return review_namespace(user)
    return past_namespace(user)


def purge_ops(
    store: BaseStore, user: Namespace, memories: Sequence[Memory], now: datetime
) -> Steps[list[PutOp]]:
    """What deletes memories with every trace of their text, and leaves a tombstone for each.

    Past ones that they were merged into go too: where a merge was undone, they say it still.
    """
    touching: dict[str, Change] = {}
    gone = {memory.id: memory for memory in memories}
    wanted = set(gone)
    while wanted:
        found = yield from changes_of(store, user, wanted)
        touching |= {change.id: change for change in found}
        mergers = yield from _past_mergers(store, user, found, gone)
        wanted = mergers.keys() - gone.keys()
        gone |= mergers
    ops = [op for memory in gone.values() for op in _purge_ops(memory, user, now)]
    ops += [_redaction_op(change, gone.keys(), user) for change in touching.values()]
    compared = yield from marked_items(store, reflection_namespace(user), gone)
    ops += [PutOp(reflection_namespace(user), item.key, None) for item in compared]
    return ops


def _past_mergers(
    store: BaseStore, user: Namespace, changes: Iterable[Change], ids: Collection[str]
) -> Steps[dict[str, Memory]]:
    """The past memories that any of these were merged into, by id."""
    merges = (c for c in changes if c.action == "merge" and any(m.id in ids for m in c.before))
    made = sorted({change.after.id for change in merges if change.after})
    past = past_namespace(user)
    items = yield from batch(store, [GetOp(past, key, refresh_ttl=False) for key in made])
    return {item.key: Memory.from_value(item.value) for item in items if item is not None}


def tidy(store: BaseStore, user: Namespace, now: datetime, settings: MemorySettings) -> Steps[None]:
    """Move what has expired into the past, and purge what was forgotten long enough ago."""
    yield from unhindered(store, user, lambda _: _tidying(store, user, now, settings))


def _tidying(
    store: BaseStore, user: Namespace, now: datetime, settings: MemorySettings
) -> Steps[Plan[None]]:
    past = past_namespace(user)
    forgotten = yield from all_memories(store, [past], filter={"status": "forgotten"})
    grace = timedelta(days=settings.forget_grace_days)
    due = [memory for memory in forgotten if memory.updated_at + grace <= now]
    purged = yield from purge_ops(store, user, due, now)
    dated = yield from expiring(store, user)
    expired = [memory for memory in dated if memory.has_expired(now)]
    changes = [expiry(memory, now) for memory in expired]
    return Plan([*purged, *change_ops(changes, user)], None)


def merged_in(store: BaseStore, user: Namespace, memory: Memory) -> Steps[list[Memory]]:
    """The past memories that a memory says as well, since they were merged into it."""
    found: list[Memory] = []
    wanted = [memory]
    while wanted:
        place = {"merged_into": wanted.pop().id}
        parts = yield from all_memories(store, [past_namespace(user)], filter=place)
        found += parts
        wanted += parts
    return found


def expiring(store: BaseStore, user: Namespace) -> Steps[list[Memory]]:
    """The memories of all agents, active or in review, whose life has an end, past or to come."""
    alive = [(*user, "memories"), review_namespace(user)]
    return all_memories(store, alive, filter={"expiring": True})


def expiry(memory: Memory, now: datetime) -> Change:
    """The change that moves a memory into the past whose time is over."""
    return Change(action="expire", before=(memory,), reason="its time was over", at=now)


def _ops_of(change: Change, user: Namespace) -> Iterator[PutOp]:
    """The ops of one step: what stands now, what it moved into the past, and the step."""
    if change.after is not None:
        if change.action == "restore":
            yield PutOp(past_namespace(user), change.after.id, None)
        yield memory_op(change.after, user)
    for memory in change.before:
        if change.after is None or memory.id != change.after.id:
            yield removal_op(memory, user)
            yield past_op(memory, change, user)
        elif namespace_of(memory, user) != namespace_of(change.after, user):
            yield removal_op(memory, user)
    yield change_op(change, user)


def past_op(memory: Memory, change: Change, user: Namespace) -> PutOp:
    """Write a memory into the past, as a step that took it out of force left it.

    What was not in force counts as forgotten: neither recalled `as_of` any day, nor kept. It was
    never approved, or it was stored as past and that is undone.
    """
    status = {"forget": "forgotten", "expire": "expired"}.get(change.action, "superseded")
    if memory.status != "active":
        status = "forgotten"
    update: dict[str, object] = {"status": status, "updated_at": change.at}
    if memory.valid_until is None:
        update["valid_until"] = _end_of(change)
    if change.action == "merge" and change.after is not None:
        update["merged_into"] = change.after.id
    value = memory.model_copy(update=update).to_value()
    return PutOp(past_namespace(user), memory.id, value, index=indexed_fields(value))


def _end_of(change: Change) -> datetime | None:
    """Until when what a step took out of force had held, as far as the step says so.

    What never should have been there, and was undone, held until then.
    """
    if change.after is not None:
        return change.after.begins
    return change.at if change.action == "restore" else None


def _purge_ops(memory: Memory, user: Namespace, now: datetime) -> list[PutOp]:
    """Remove a memory wherever it may lie; the tombstone keeps its id and times, not its words."""
    tombstone = {
        "memory_id": memory.id,
        "action": "delete",
        "at": now.isoformat(),
        "created_at": memory.created_at.isoformat(),
    }
    homes = [memory_namespace(user, memory.agent_id), review_namespace(user), past_namespace(user)]
    return [
        PutOp(audit_namespace(user), memory.id, tombstone, index=False),
        *(PutOp(home, memory.id, None) for home in homes),
    ]


def _redaction_op(change: Change, ids: Collection[str], user: Namespace) -> PutOp:
    """A step without these memories; the step itself goes where nothing else is left of it."""
    before = tuple(memory for memory in change.before if memory.id not in ids)
    after = None if change.after is None or change.after.id in ids else change.after
    left = change.model_copy(update={"before": before, "after": after})
    gone = PutOp(changes_namespace(user), change.id, None)
    return change_op(left, user) if left.memory_ids else gone
