"""The node `extract`: what the user said in this turn that is worth remembering."""

from collections.abc import Sequence

from langchain_core.messages import BaseMessage
from langgraph.store.base import BaseStore

from langchain_usermem.extraction import Extraction
from langchain_usermem.memory import AddReport, Memory, Recalled
from langchain_usermem.models import ModelSpec
from langchain_usermem.nodes.binding import (
    Node,
    State,
    Update,
    as_node,
    bind,
    failure,
    thread_of_run,
)
from langchain_usermem.nodes.prompting import last_turn
from langchain_usermem.settings import MemorySettings
from langchain_usermem.steps import Steps
from langchain_usermem.turns import Turn, turns_of, utterances_of
from langchain_usermem.user_memory import UserMemory
from langchain_usermem.whose import resolve_agent_id


def extract_node(
    memory: UserMemory | BaseStore | None = None,
    *,
    model: ModelSpec | None = None,
    settings: MemorySettings | None = None,
) -> Node:
    """A node that writes `candidates`, from the last human message and what follows it.

    Args:
        memory: a memory or store; None takes the store of the run.
        model: what extracts, where no `UserMemory` brings its own; None takes the rules.
        settings: where no `UserMemory` brings its own.

    A model that fails is noted in `memory_errors`; the reply of this turn stands.
    """
    binding = bind(memory, model=model, settings=settings)

    def steps(state: State) -> Steps[Update]:
        known = [Memory.from_value(value) for value in state.get("profile") or ()]
        known += [Recalled.from_value(value).memory for value in state.get("recalled") or ()]
        errors = list(state.get("memory_errors") or ())
        remembered = binding.of_run()
        try:
            found = yield from extracted(remembered, state["messages"], known)
        except Exception as error:  # noqa: BLE001 - the reply of this turn stands already
            return {"candidates": [], "memory_errors": [*errors, failure("extract", error)]}
        return {
            "candidates": [candidate.to_value() for candidate in found.candidates],
            "memory_report": AddReport(skipped=found.skipped, failed=found.failed).to_value(),
            "memory_errors": errors + [failed.to_value() for failed in found.failed],
        }

    return as_node("extract", steps)


def extracted(
    memory: UserMemory, messages: Sequence[BaseMessage], known: Sequence[Memory]
) -> Steps[Extraction]:
    """What the last turn holds, in steps; nothing where the user said nothing."""
    turns = turns_of_last(messages)
    if not any(turn.user_text for turn in turns):
        return Extraction()
    return (yield from memory.extraction_steps(turns, known))


def turns_of_last(messages: Sequence[BaseMessage]) -> list[Turn]:
    """The last turn of this run's conversation; empty where no human spoke."""
    utterances = utterances_of(last_turn(messages))
    return turns_of(utterances, thread_id=thread_of_run(), agent_id=resolve_agent_id())
