"""Short profiles of a user, by category: what is summed up, and what is kept of it."""

from collections.abc import Mapping, Sequence

from langgraph.store.base import Item as StoredItem
from langgraph.store.base import PutOp

from langchain_usermem.history import marks_of
from langchain_usermem.memory import Memory
from langchain_usermem.namespaces import Namespace, reflection_namespace
from langchain_usermem.salvage import Item

MOST_LISTED = 30
"""Memories of a category that a profile is made of."""

LINES = 5
"""Lines of a profile that rules make."""

MAX_PROFILE_CHARS = 1_000

Listed = Mapping[str, Sequence[Memory]]
"""The memories that a profile is made of, by category."""


def listed_by_category(memories: Sequence[Memory]) -> dict[str, list[Memory]]:
    """What matters most of each category: what applies to every turn, then by importance.

    What is private to an agent is in none.
    """
    listed: dict[str, list[Memory]] = {}
    shared = (memory for memory in memories if memory.agent_id is None)
    for memory in sorted(shared, key=_weight, reverse=True):
        listed.setdefault(memory.category, []).append(memory)
    return {category: some[:MOST_LISTED] for category, some in sorted(listed.items())}


def summary(memories: Sequence[Memory]) -> str:
    """The first few statements, one a line."""
    return "\n".join(memory.content for memory in memories[:LINES])


def profiles_of(items: Sequence[Item]) -> dict[str, str]:
    """The profiles in a model's answer, by category, without what is none."""
    found = {item.get("category"): item.get("text") for item in items}
    return {
        category: text.strip()[:MAX_PROFILE_CHARS]
        for category, text in found.items()
        if isinstance(category, str) and isinstance(text, str) and text.strip()
    }


def profile_op(listed: Listed, key: str, profiles: Mapping[str, str], user: Namespace) -> PutOp:
    """Keep the profiles that were made of these memories, so that nobody asks again."""
    ids = {i for some in listed.values() for m in some for i in (m.id, *m.supersedes)}
    value = {"merges": [], "profiles": dict(profiles), **marks_of(ids)}
    return PutOp(reflection_namespace(user), key, value, index=False)


def profiles_in(item: StoredItem) -> dict[str, str]:
    """The profiles that are kept in an item."""
    kept = item.value.get("profiles", {})
    return {str(category): str(text) for category, text in kept.items()}


def _weight(memory: Memory) -> tuple[object, ...]:
    return (memory.standing, memory.importance, memory.observed_at, memory.id)
