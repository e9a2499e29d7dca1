"""The node `extract`: what the user said in this turn that is worth remembering."""

from collections.abc import Sequence

from langchain_core.messages import BaseMessage

from langchain_usermem.memory import Candidate
from langchain_usermem.models import ModelSpec
from langchain_usermem.nodes.binding import (
    MemorySpec,
    Node,
    State,
    Update,
    as_node,
    bind,
    failure,
    thread_of_run,
)
from langchain_usermem.nodes.fields import errors_in, messages_in
from langchain_usermem.nodes.prompting import before_last_turn, last_turn
from langchain_usermem.report import AddReport
from langchain_usermem.settings import MemorySettings
from langchain_usermem.steps import Steps
from langchain_usermem.turns import Turn, Utterance, turns_of, utterances_of
from langchain_usermem.user_memory import UserMemory
from langchain_usermem.whose import resolve_agent_id

_EARLIER_MESSAGES = 20
"""Messages before the turn that are looked at; of these the settings' tokens hold fewer."""


def extract_node(
    memory: MemorySpec | None = None,
    *,
    model: ModelSpec | None = None,
    settings: MemorySettings | None = None,
) -> Node:
    """A node that writes `candidates`, from the last human message and what follows it.

    Args:
        memory: a memory, a store or a path; None takes the store of the run.
        model: what extracts, where no `UserMemory` brings its own; None takes the rules.
        settings: where no `UserMemory` brings its own.

    A model that fails, or a state that cannot be read, is noted in `memory_errors`; the reply
    of this turn stands.
    """
    binding = bind(memory, model=model, settings=settings)

    def steps(state: State) -> Steps[Update]:
        remembered, messages, errors = binding.of_run(), messages_in(state), errors_in(state)
        try:
            found, report = yield from proposed(remembered, messages)
        except Exception as error:  # noqa: BLE001 - the reply of this turn stands already
            return {"candidates": [], "memory_errors": [*errors, failure("extract", error)]}
        return {
            "candidates": [candidate.to_value() for candidate in found],
            "memory_report": report.to_value(),
            "memory_errors": errors + [failed.to_value() for failed in report.failed],
        }

    return as_node("extract", steps)


def proposed(
    memory: UserMemory, messages: Sequence[BaseMessage]
) -> Steps[tuple[Sequence[Candidate], AddReport]]:
    """What the last turn holds, in steps, and what is to be reported of it."""
    turns, context = turns_of_last(messages), said_before(messages)
    return (yield from memory.proposing_steps(turns, memory.namespace(), context=context))


def said_before(messages: Sequence[BaseMessage]) -> list[Utterance]:
    """What was said before the last turn, as much of it as may be looked at."""
    return utterances_of(before_last_turn(messages)[-_EARLIER_MESSAGES:])


def turns_of_last(messages: Sequence[BaseMessage]) -> list[Turn]:
    """The last turn of this run's conversation; empty where no human spoke."""
    utterances = utterances_of(last_turn(messages))
    return turns_of(utterances, thread_id=thread_of_run(), agent_id=resolve_agent_id())
