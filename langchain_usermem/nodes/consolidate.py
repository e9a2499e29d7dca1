"""The node `consolidate`: candidates become changes to what is remembered."""

from collections.abc import Sequence

from langchain_core.messages import BaseMessage
from langgraph.store.base import BaseStore

from langchain_usermem.extraction import Extraction
from langchain_usermem.memory import AddReport, Candidate
from langchain_usermem.models import ModelSpec
from langchain_usermem.nodes.binding import Node, State, Update, as_node, bind, failure
from langchain_usermem.nodes.extract import turns_of_last
from langchain_usermem.operations.remembering import scope_of
from langchain_usermem.settings import MemorySettings
from langchain_usermem.steps import Steps
from langchain_usermem.user_memory import UserMemory


def consolidate_node(
    memory: UserMemory | BaseStore | None = None,
    *,
    model: ModelSpec | None = None,
    settings: MemorySettings | None = None,
) -> Node:
    """A node that stores `candidates`, clears them, and writes `memory_report`.

    Args:
        memory: a memory or store; None takes the store of the run.
        model: what decides between neighbours, where no `UserMemory` brings its own.
        settings: where no `UserMemory` brings its own.

    What fails is noted in `memory_errors`; the reply of this turn stands.
    """
    binding = bind(memory, model=model, settings=settings)

    def steps(state: State) -> Steps[Update]:
        errors = list(state.get("memory_errors") or ())
        candidates = [Candidate.from_value(value) for value in state.get("candidates") or ()]
        remembered = binding.of_run()
        try:
            report = yield from consolidated(remembered, state["messages"], candidates)
        except Exception as error:  # noqa: BLE001 - the reply of this turn stands already
            return {"candidates": [], "memory_errors": [*errors, failure("consolidate", error)]}
        return {
            "candidates": [],
            "memory_report": (_so_far(state) + report).to_value(),
            "memory_errors": errors + [failed.to_value() for failed in report.failed],
        }

    return as_node("consolidate", steps)


def consolidated(
    memory: UserMemory, messages: Sequence[BaseMessage], candidates: Sequence[Candidate]
) -> Steps[AddReport]:
    """What became of the candidates of the last turn, in steps; nothing without any."""
    if not candidates:
        return AddReport()
    scope = scope_of(turns_of_last(messages), memory.namespace())
    return (yield from memory.consolidation_steps(Extraction(tuple(candidates)), scope))


def _so_far(state: State) -> AddReport:
    """What extraction reported of this turn."""
    return AddReport.from_value(state.get("memory_report") or {})
