"""What is forgotten where a user has more memories than the policy lets them have."""

from collections.abc import Sequence

from langgraph.store.base import BaseStore

from langchain_usermem import policy
from langchain_usermem.draft import Scope
from langchain_usermem.memory import Change, Memory
from langchain_usermem.recall import all_memories
from langchain_usermem.settings import MemorySettings
from langchain_usermem.steps import Steps


def surplus(
    store: BaseStore, changes: Sequence[Change], scope: Scope, settings: MemorySettings
) -> Steps[tuple[Change, ...]]:
    """The changes that forget the least valuable memories, where others lead beyond a cap."""
    if not changes or not policy.has_caps(settings):
        return ()
    stored = yield from all_memories(store, [(*scope.user, "memories")])
    active = [memory for memory in _after(stored, changes) if memory.is_in_force(scope.now)]
    beyond = policy.beyond_caps(active, scope.now, settings)
    return tuple(
        Change(
            id=scope.derived_id("cap", memory.id),
            action="forget",
            before=(memory,),
            reason=reason,
            at=scope.now,
            step=len(changes) + place,
        )
        for place, (memory, reason) in enumerate(beyond)
    )


def _after(stored: Sequence[Memory], changes: Sequence[Change]) -> list[Memory]:
    """The active memories that changes leave of those that are stored."""
    left = {memory.id: memory for memory in stored}
    for change in changes:
        for memory in change.before:
            left.pop(memory.id, None)
        if change.after is not None and change.after.status == "active":
            left[change.after.id] = change.after
    return list(left.values())
