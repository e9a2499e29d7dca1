"""The node `review`: a run waits for a decision on what its turn left in review."""

from collections.abc import Callable, Sequence
from typing import Self

from langgraph.types import interrupt
from pydantic import ConfigDict, ValidationError, model_validator

from langchain_usermem.memory import Failure, Value, ids_of
from langchain_usermem.nodes.binding import MemorySpec, Node, State, Update, as_node, bind
from langchain_usermem.nodes.fields import errors_in, field_of
from langchain_usermem.report import AddReport
from langchain_usermem.settings import MemorySettings
from langchain_usermem.steps import Steps
from langchain_usermem.user_memory import UserMemory


class Decisions(Value):
    """What a run is resumed with: ids to approve, and ids to reject."""

    model_config = ConfigDict(extra="forbid")

    approve: tuple[str, ...] = ()
    reject: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if set(self.approve) & set(self.reject):
            raise ValueError("an id is approved and rejected")
        return self


def review_node(
    memory: MemorySpec | None = None, *, settings: MemorySettings | None = None
) -> Node:
    """A node that interrupts the run where this turn left memories in review.

    Put it after `consolidate_node`, and compile with a checkpointer. The interrupt's value is
    `{"in_review": [...]}`, the ids alone; `UserMemory.get` tells what they say. Resume with
    `Command(resume={"approve": [...], "reject": [...]})` and the same context; what neither
    names waits on, and so does everything where the user just goes on talking. With background
    writes nothing is in review yet when a run ends, so that it never asks.

    Args:
        memory: a memory, a store or a path; None takes the store of the run.
        settings: where no `UserMemory` brings its own.

    What was decided is added to `memory_report`. An id that does not wait, or a resume value of
    another form, is noted in `memory_errors`, and decides nothing.
    """
    binding = bind(memory, settings=settings)

    def steps(state: State) -> Steps[Update]:
        remembered, errors = binding.of_run(), errors_in(state)
        report = _so_far(state)
        waiting = ids_of(report.in_review)
        if not waiting:
            return {}
        # Nothing is stored before this line: on resuming, the node runs again from its start.
        answer = interrupt({"in_review": list(waiting)})
        decided = yield from _decided(remembered, answer, waiting)
        return {
            "memory_report": (report + decided).to_value(),
            "memory_errors": errors + [failed.to_value() for failed in decided.failed],
        }

    return as_node("review", steps)


def _so_far(state: State) -> AddReport:
    """What was reported of this turn; of what cannot be read nothing waits for this run."""
    try:
        return AddReport.from_value(field_of(state, "memory_report") or {})
    except ValidationError:
        return AddReport()


def _decided(memory: UserMemory, answer: object, waiting: Sequence[str]) -> Steps[AddReport]:
    """What became of the decisions, in the order in which the memories were said."""
    try:
        decisions = Decisions.model_validate(answer)
    except ValidationError:
        return _failed("the resume value is no dict of ids to 'approve' and to 'reject'")
    report = AddReport()
    for memory_id in sorted(decisions.approve, key=_place_in(waiting)):
        report += yield from _outcome(memory.approve_steps(memory_id))
    for memory_id in decisions.reject:
        report += yield from _outcome(memory.reject_steps(memory_id))
    return report


def _outcome(decision: Steps[AddReport]) -> Steps[AddReport]:
    """The report of one decision; one that fails takes nothing back of those before it."""
    try:
        return (yield from decision)
    except Exception as error:  # noqa: BLE001 - a store may raise anything, and the reply stands
        return _failed(type(error).__name__)


def _failed(error: str) -> AddReport:
    return AddReport(failed=(Failure(stage="review", error=error),))


def _place_in(ids: Sequence[str]) -> Callable[[str], int]:
    places = {memory_id: place for place, memory_id in enumerate(ids)}
    return lambda memory_id: places.get(memory_id, len(places))
