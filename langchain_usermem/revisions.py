"""Writes that build on what was read: done only if nobody wrote about the user in between.

A store that can compare and write in one step (`ConditionalStore`) counts the writes of each
user in one row, and a write is done if the count is what it was before anything was read. So
two processes can neither add the same twice nor lose each other's update. LangGraph's Postgres
stores are made such ones (`postgres`). On any other store the ops are done as they come,
additions before removals, and only within this process does one write wait for another.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import random
from typing import Generic, TypeVar

from langgraph.store.base import BaseStore, GetOp, Item, PutOp

from langchain_usermem.errors import StoreBusyError
from langchain_usermem.namespaces import Namespace, revision_namespace
from langchain_usermem.postgres import conditional_store
from langchain_usermem.steps import Effect, Steps, batch, pause
from langchain_usermem.store.conditional import ConditionalStore, Versions
from langchain_usermem.user_locks import lock_of

T = TypeVar("T")
Place = tuple[Namespace, str]
Found = Mapping[Place, Item | None]

MAX_TRIES = 10
"""How often work is begun again because somebody else wrote meanwhile."""

LONGEST_PAUSE_SECONDS = 10.0
"""The longest pause before work is begun again."""

_KEY = "writes"


@dataclass(frozen=True)
class Plan(Generic[T]):
    """What to write, and the outcome of the work once it is written."""

    ops: Sequence[PutOp]
    outcome: T


Work = Callable[[Found], Steps[Plan[T]]]
"""Reads, in steps, and says what to write. It is given the items that are watched."""


def alone(
    store: BaseStore, user: Namespace, work: Work[T], *, watched: Sequence[Place] = ()
) -> Steps[T]:
    """The outcome of work as `unhindered` does it, while this process does none like it.

    For work that asks a model: begun again, it would ask again.

    Raises:
        StoreBusyError: others held the user, or wrote, for too long.
    """
    lock = lock_of(store, user)
    yield from lock.acquired()
    try:
        return (yield from _tried(store, user, work, watched))
    finally:
        lock.release()


def unhindered(
    store: BaseStore, user: Namespace, work: Work[T], *, watched: Sequence[Place] = ()
) -> Steps[T]:
    """The outcome of work that reads and then writes, begun again if somebody else wrote.

    Args:
        store: any store; where `conditional_store` knows none that notices other writers, the
            work is done `alone`.
        user: whose memories the work is about.
        work: reads, in steps, and says what to write.
        watched: further items that nobody may have written meanwhile.

    Raises:
        StoreBusyError: others wrote before it could, `MAX_TRIES` times.
    """
    if conditional_store(store) is None:
        return (yield from alone(store, user, work, watched=watched))
    return (yield from _tried(store, user, work, watched))


def _tried(
    store: BaseStore, user: Namespace, work: Work[T], watched: Sequence[Place] = ()
) -> Steps[T]:
    for lost in range(1, MAX_TRIES + 1):
        began = time.monotonic()
        found = yield from _found(store, user, watched)
        plan = yield from work(found)
        if (yield from _written(store, user, plan.ops, found)):
            return plan.outcome
        yield from _pause(lost, time.monotonic() - began)
    raise StoreBusyError(
        f"others wrote about this user {MAX_TRIES} times while this was decided. Try again."
    )


def _pause(lost: int, seconds: float) -> Steps[None]:
    """Let others go first, the longer the more often and the longer work was in vain.

    By chance: those who lost together and begin again together lose together again.
    """
    if lost < MAX_TRIES:
        longest = min(seconds * 2.0**lost, LONGEST_PAUSE_SECONDS)
        yield from pause(random() * longest)  # noqa: S311 - nothing secret


def _found(store: BaseStore, user: Namespace, watched: Sequence[Place]) -> Steps[Found]:
    """The items that are compared before writing, the count of writes among them."""
    counted = [_place(user)] if conditional_store(store) else []
    places = [*counted, *watched]
    gets = [GetOp(namespace, key, refresh_ttl=False) for namespace, key in places]
    items = yield from batch(store, gets)
    return dict(zip(places, items, strict=True))


def _written(store: BaseStore, user: Namespace, ops: Sequence[PutOp], found: Found) -> Steps[bool]:
    """Whether the ops were done; no ops are done at once."""
    comparing = conditional_store(store)
    if not ops or comparing is None:
        yield from batch(store, ops)
        return True
    # Who removes the count with the last that is known of a user leaves none.
    removes = any((op.namespace, op.key) == _place(user) for op in ops)
    counted = ops if removes else [*ops, _next_count(user, found)]
    versions = {place: item.updated_at if item else None for place, item in found.items()}
    return (yield from applied(comparing, counted, versions))


def counted_since(store: BaseStore, user: Namespace) -> Steps[datetime | None]:
    """When the count of a user's writes began: another moment once the user was erased.

    None where nothing was written yet, or nothing is counted.
    """
    namespace, key = _place(user)
    (item,) = yield from batch(store, [GetOp(namespace, key, refresh_ttl=False)])
    return item.created_at if item else None


def while_there(store: BaseStore, ops: Sequence[PutOp], places: Iterable[Place]) -> Steps[None]:
    """Do ops that build on some items, unless all of those are gone.

    They do not count as a write about the user: nobody who decides has to begin again.
    """
    gets = [GetOp(namespace, key, refresh_ttl=False) for namespace, key in places]
    items = yield from batch(store, gets)
    versions = {(tuple(i.namespace), i.key): i.updated_at for i in items if i is not None}
    comparing = conditional_store(store)
    if comparing is not None and versions:
        yield from applied(comparing, ops, versions)
    elif versions:
        yield from batch(store, ops)


def applied(store: ConditionalStore, ops: Sequence[PutOp], versions: Versions) -> Effect[bool]:
    """Whether the ops were done, since every item still has its version."""
    return Effect(
        call=lambda: store.apply_if(ops, versions),
        acall=lambda: store.aapply_if(ops, versions),
    )


def _next_count(user: Namespace, found: Found) -> PutOp:
    namespace, key = _place(user)
    item = found[namespace, key]
    count = int(item.value["count"]) if item else 0
    return PutOp(namespace, key, {"count": count + 1}, index=False)


def _place(user: Namespace) -> Place:
    return revision_namespace(user), _KEY
