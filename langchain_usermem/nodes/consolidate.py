"""The node `consolidate`: candidates become changes to what is remembered."""

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
)
from langchain_usermem.nodes.extract import turns_of_last
from langchain_usermem.nodes.fields import errors_in, field_of, messages_in
from langchain_usermem.operations.adding import ERASED
from langchain_usermem.report import AddReport
from langchain_usermem.settings import MemorySettings
from langchain_usermem.steps import Steps
from langchain_usermem.user_memory import UserMemory


def consolidate_node(
    memory: MemorySpec | None = None,
    *,
    model: ModelSpec | None = None,
    settings: MemorySettings | None = None,
) -> Node:
    """A node that stores `candidates`, clears them, and writes `memory_report`.

    Args:
        memory: a memory, a store or a path; None takes the store of the run.
        model: what decides between neighbours, where no `UserMemory` brings its own.
        settings: where no `UserMemory` brings its own.

    What fails is noted in `memory_errors`; the reply of this turn stands.
    """
    binding = bind(memory, model=model, settings=settings)

    def steps(state: State) -> Steps[Update]:
        remembered, messages, errors = binding.of_run(), messages_in(state), errors_in(state)
        try:
            if ERASED in _so_far(state).skipped:
                return {"candidates": []}
            report = yield from consolidated(remembered, messages, _candidates(state))
            whole = _so_far(state) + report
        except Exception as error:  # noqa: BLE001 - the reply of this turn stands already
            return {"candidates": [], "memory_errors": [*errors, failure("consolidate", error)]}
        return {
            "candidates": [],
            "memory_report": whole.to_value(),
            "memory_errors": errors + [failed.to_value() for failed in report.failed],
        }

    return as_node("consolidate", steps)


def consolidated(
    memory: UserMemory, messages: Sequence[BaseMessage], candidates: Sequence[Candidate]
) -> Steps[AddReport]:
    """What became of the candidates of the last turn, in steps; nothing where no human spoke."""
    turns = turns_of_last(messages)
    if not turns or memory.settings.writes != "inline":
        return AddReport()
    return (yield from memory.concluding_steps(turns, memory.namespace(), candidates))


def _candidates(state: State) -> list[Candidate]:
    """What extraction proposed in this turn."""
    return [Candidate.from_value(value) for value in field_of(state, "candidates") or ()]


def _so_far(state: State) -> AddReport:
    """What extraction reported of this turn."""
    return AddReport.from_value(field_of(state, "memory_report") or {})
