"""What an extractor is told is stored already, so that it lists only what is new or changes it."""

from collections.abc import Sequence
from datetime import datetime
from itertools import chain, zip_longest

from langgraph.store.base import BaseStore

from langchain_usermem.memory import Memory
from langchain_usermem.namespaces import Namespace
from langchain_usermem.query import Query
from langchain_usermem.recall import recall_all, standing
from langchain_usermem.settings import MemorySettings
from langchain_usermem.steps import Steps
from langchain_usermem.turns import Turn

MAX_QUERIES = 8
"""Parts of a conversation that are searched with: a provider may embed each in a call."""


def known_of(
    store: BaseStore,
    user: Namespace,
    turns: Sequence[Turn],
    now: datetime,
    settings: MemorySettings,
) -> Steps[list[Memory]]:
    """The profile, and what is nearest to each part of what the user said, nearest first.

    There is no floor: next to a whole conversation nothing that is stored seems relevant. What is
    said in several parts may be shown twice as many.
    """
    agent_id = turns[0].agent_id
    parts = parts_of(turns)
    queries = [
        Query(text, user, settings.known, now, agent_id=agent_id, floor=0.0) for text in parts
    ]
    profile = yield from standing(store, user, agent_id, now)
    found = yield from recall_all(store, queries, settings.weights)
    ranked = chain.from_iterable(zip_longest(*found))
    near = {one.memory.id: one.memory for one in ranked if one is not None}
    known = {memory.id: memory for memory in profile}
    others = [memory for memory in near.values() if memory.id not in known]
    return [*profile, *others[: settings.known * min(len(parts), 2)]]


def parts_of(turns: Sequence[Turn]) -> list[str]:
    """What the user said in order, in at most `MAX_QUERIES` parts of as many turns each."""
    said = [turn.user_text for turn in turns if turn.user_text]
    size = -(-len(said) // MAX_QUERIES)
    return ["\n".join(said[start : start + size]) for start in range(0, len(said), size or 1)]
