"""What approval and rejection change. Pure decisions, on what is in force by then."""

from collections.abc import Sequence
from datetime import datetime

from langchain_usermem import policy
from langchain_usermem.draft import Scope
from langchain_usermem.memory import Candidate, Change, Memory, Recalled, ids_of
from langchain_usermem.merging import merged
from langchain_usermem.settings import MemorySettings
from langchain_usermem.verdicts import Verdict, rule_verdict


def approval(
    memory: Memory,
    active: Sequence[Memory],
    waiting: Sequence[Memory],
    scope: Scope,
    settings: MemorySettings,
) -> Change:
    """The change that puts a memory in force which waited.

    It takes the place of what it was to replace, and of what else fills its slot by now; of
    what says the same, with the evidence of both. What was told anew while it waited stays beside
    it: its words know nothing of that. What is in the slot and was said later stays:
    then it goes to the past, as what held before. Older ones that wait for the same slot of one
    value leave review with it.
    """
    verdict = _verdict_by_now(memory, active, settings)
    if verdict.action == "archive":
        return _decided(memory, (), _archived(memory, verdict.targets), scope.now)
    foreseen = {one.id for one in active if one.updated_at <= memory.updated_at}
    replaced_ids = {*foreseen.intersection(memory.supersedes), *ids_of(verdict.targets)}
    replaced = tuple(one for one in active if one.id in replaced_ids)
    after = memory.model_copy(update={"supersedes": ids_of(replaced)})
    if verdict.action == "confirm":
        after = merged(after, replaced, memory.content)
    gone = (*replaced, *_outdated(memory, waiting, settings))
    return _decided(memory, gone, after.model_copy(update={"status": "active"}), scope.now)


def rejection(memory: Memory, now: datetime) -> Change:
    """The change that forgets a memory which waited."""
    return Change(action="reject", before=(memory,), reason="rejected in review", at=now)


def _verdict_by_now(memory: Memory, active: Sequence[Memory], settings: MemorySettings) -> Verdict:
    """What rules do with a memory that waited, as if it were said beside what is in force."""
    candidate = Candidate.model_validate(memory.model_dump(include=set(Candidate.model_fields)))
    neighbours = [Recalled(memory=one, score=0.0) for one in active]
    return rule_verdict(candidate, neighbours, settings) or Verdict("add")


def _archived(memory: Memory, successors: Sequence[Memory]) -> Memory:
    until = min(successor.begins for successor in successors)
    return memory.model_copy(update={"status": "superseded", "valid_until": until})


def _outdated(
    memory: Memory, waiting: Sequence[Memory], settings: MemorySettings
) -> tuple[Memory, ...]:
    """What waits for the same slot of one value, and was said before."""
    if not policy.is_single_valued(memory.attribute, settings):
        return ()
    rivals = (m for m in waiting if m.attribute == memory.attribute and m.id != memory.id)
    # Two of one turn were said at one time; the order in which they were stored tells them apart.
    said = (memory.observed_at, memory.order)
    return tuple(m for m in rivals if (m.observed_at, m.order) < said)


def _decided(memory: Memory, gone: Sequence[Memory], after: Memory, now: datetime) -> Change:
    return Change(
        action="approve",
        before=(memory, *gone),
        after=after.model_copy(update={"updated_at": now}),
        reason="approved in review",
        at=now,
    )
