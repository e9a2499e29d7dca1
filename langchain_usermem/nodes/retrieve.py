"""The node `retrieve`: what is remembered that bears on this turn."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from langchain_core.messages import BaseMessage

from langchain_usermem.memory import Memory, Recalled, ids_of
from langchain_usermem.nodes.binding import (
    MemorySpec,
    Node,
    State,
    Update,
    as_node,
    bind,
    failure,
)
from langchain_usermem.nodes.fields import messages_in
from langchain_usermem.nodes.prompting import query_of
from langchain_usermem.prompts import within_tokens
from langchain_usermem.settings import MemorySettings
from langchain_usermem.steps import Steps
from langchain_usermem.tokens import TokenCounter
from langchain_usermem.user_memory import UserMemory


@dataclass(frozen=True)
class Retrieved:
    """The memories for one turn within their budgets, how many were cut, and what failed."""

    profile: tuple[Memory, ...] = ()
    recalled: tuple[Recalled, ...] = ()
    omitted: int = 0
    errors: list[Update] = field(default_factory=list)


def retrieve_node(
    memory: MemorySpec | None = None, *, settings: MemorySettings | None = None
) -> Node:
    """A node that writes `profile`, `recalled`, `memory_omitted` and `memory_errors`.

    Args:
        memory: a memory, a store or a path; None takes the store of the run.
        settings: where no `UserMemory` brings its own.

    A store or embedder that fails leaves the turn without memories, not without a reply.

    Raises (when run):
        MissingUserError: nobody said whose memory.
        InvalidUserError: the user id or the agent id cannot be one.
        MissingStoreError: there is neither memory nor store.
    """
    binding = bind(memory, settings=settings)

    def steps(state: State) -> Steps[Update]:
        found = yield from retrieved(binding.of_run(), messages_in(state), binding.count_tokens)
        return {
            "profile": [memory.to_value() for memory in found.profile],
            "recalled": [recalled.to_value() for recalled in found.recalled],
            "memory_omitted": found.omitted,
            "memory_errors": found.errors,
            "candidates": [],
            "memory_report": {},
        }

    return as_node("retrieve", steps)


def retrieved(
    memory: UserMemory, messages: Sequence[BaseMessage], count_tokens: TokenCounter
) -> Steps[Retrieved]:
    """The profile, and what is relevant to the last human message, in steps."""
    try:
        return (yield from _retrieved(memory, query_of(messages), count_tokens))
    except Exception as error:  # noqa: BLE001 - whatever a store raises, the user gets a reply
        return Retrieved(errors=[failure("retrieve", error)])


def _retrieved(memory: UserMemory, query: str, count_tokens: TokenCounter) -> Steps[Retrieved]:
    settings = memory.settings
    standing = yield from memory.profile_steps()
    profile, cut = within_tokens(standing, settings.profile_tokens, count_tokens)
    found = (yield from memory.search_steps(query)) if query else []
    shown = set(ids_of(profile))
    fresh = [recalled for recalled in found if recalled.memory.id not in shown]
    kept, too_many = within_tokens([r.memory for r in fresh], settings.recall_tokens, count_tokens)
    fitting = tuple(recalled for recalled in fresh if recalled.memory in kept)
    return Retrieved(tuple(profile), fitting, omitted=cut + too_many)
