"""What models decide on candidates that rules leave open: as they were extracted, or asked again.

Who reads a conversation knows what a statement does to the memories that were shown beside it.
A call of its own is only spent on a candidate that may change what was not shown, or that says
other words now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from langgraph.store.base import BaseStore, GetOp

from langchain_usermem import policy, prompts
from langchain_usermem.asking import listed_items
from langchain_usermem.decisions import says_what_it_did, wording_of
from langchain_usermem.draft import Scope
from langchain_usermem.memory import Candidate, Decision, Failure, Memory, Recalled
from langchain_usermem.namespaces import memory_namespace
from langchain_usermem.salvage import Answer
from langchain_usermem.schemas import consolidation_schema
from langchain_usermem.settings import MemorySettings
from langchain_usermem.steps import Steps, batch
from langchain_usermem.verdicts import Neighbours, Verdict, model_verdict, place_of, rule_verdict

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

LOOKED_AT_AGAIN = 2
"""Of the memories nearest to a statement, how many are worth a call if they were not shown.

Of 58 labelled changes amid 244 other memories, what a statement changes is among the twenty
nearest to the user's words or these two for 49. Among the ten nearest to either, which cost a call
for nearly every statement, it is for 45 (`tests/evaluation/contradictions`)."""


@dataclass(frozen=True)
class Decided:
    """Models' verdicts by the candidate's number, and what was wrong with an answer."""

    verdicts: Mapping[int, Verdict] = field(default_factory=dict)
    failed: tuple[Failure, ...] = ()


@dataclass(frozen=True)
class _Question:
    """A candidate by its number, and the memories that it may change."""

    number: int
    candidate: Candidate
    memories: Sequence[Memory]


def decided_before(
    store: BaseStore, candidates: Sequence[Candidate], scope: Scope
) -> Steps[dict[int, Verdict]]:
    """Extractors' decisions by the candidate's number, as far as all stands as it was shown."""
    same = ((n, one.decision) for n, one in enumerate(candidates) if says_what_it_did(one))
    said = {number: decision for number, decision in same if decision is not None}
    ids = list(dict.fromkeys(target for decision in said.values() for target in decision.targets))
    # Only the owner's: what is private to an agent changes nothing that is shared.
    home = memory_namespace(scope.user, scope.agent_id)
    gets = [GetOp(home, memory_id, refresh_ttl=False) for memory_id in ids]
    items = (yield from batch(store, gets)) if gets else []
    found = [Memory.from_value(item.value) for item in items if item is not None]
    standing = {memory.id: memory for memory in found if memory.is_in_force(scope.now)}
    verdicts = {number: _verdict(decision, standing) for number, decision in said.items()}
    return {number: verdict for number, verdict in verdicts.items() if verdict is not None}


def _verdict(decision: Decision, standing: Mapping[str, Memory]) -> Verdict | None:
    """A decision on memories that say what was shown; None where one does no more."""
    targets = [standing[target] for target in decision.targets if target in standing]
    if sum(_was_shown(memory, decision) for memory in targets) < len(decision.targets):
        return None
    reason = "decided when it was extracted"
    return Verdict(decision.action, tuple(targets), decision.content, reason)


def decided(
    model: "BaseChatModel | None",
    candidates: Sequence[Candidate],
    neighbours: Sequence[Neighbours],
    extracted: Mapping[int, Verdict],
    settings: MemorySettings,
) -> Steps[Decided]:
    """What was decided at the extraction, and by one call for all that is open beside it."""
    if model is None:
        return Decided(extracted)
    questions = [
        _Question(number, candidate, memories)
        for number, candidate in enumerate(candidates)
        if rule_verdict(candidate, neighbours[number], settings) is None
        and (memories := _open(candidate, neighbours[number], extracted.get(number), settings))
    ]
    asked = (yield from _asked(model, questions, settings)) if questions else Decided()
    return Decided({**extracted, **asked.verdicts}, asked.failed)


def _was_shown(memory: Memory, decision: Decision) -> bool:
    return wording_of(memory) in decision.shown


def _open(
    candidate: Candidate,
    neighbours: Neighbours,
    verdict: Verdict | None,
    settings: MemorySettings,
) -> list[Memory]:
    """The memories that a candidate may change, if a model is to say whether it does.

    None where it went into one that was shown and is like it. What was shown and not named is not
    asked about again; what was named and nothing shows to be like it is, as a number is soon wrong.
    """
    decision = candidate.decision
    if verdict is None or decision is None:
        return [one.memory for one in neighbours[: settings.neighbours]]
    near = [one for one in neighbours if _may_be_changed(one, candidate, settings)]
    if not {memory.id for memory in verdict.targets} <= {one.memory.id for one in near}:
        others = [one.memory for one in near if one.memory not in verdict.targets]
        return [*verdict.targets, *others][: settings.neighbours]
    unseen = [one for one in near if not _was_shown(one.memory, decision)]
    if verdict.action not in ("add", "supersede") or not _are_worth_a_call(unseen, near, candidate):
        return []
    return [*verdict.targets, *(one.memory for one in unseen)][: settings.neighbours]


def _may_be_changed(one: Recalled, candidate: Candidate, settings: MemorySettings) -> bool:
    return one.relevance >= settings.neighbour_floor or _is_of_its_slot(one.memory, candidate)


def _are_worth_a_call(
    unseen: Sequence[Recalled], near: Sequence[Recalled], candidate: Candidate
) -> bool:
    nearest = sorted(near, key=lambda one: -one.relevance)[:LOOKED_AT_AGAIN]
    return any(one in nearest or _is_of_its_slot(one.memory, candidate) for one in unseen)


def _is_of_its_slot(memory: Memory, candidate: Candidate) -> bool:
    slot = candidate.attribute
    return slot is not None and memory.attribute in {slot, *policy.kindred(slot)}


def _asked(
    model: "BaseChatModel", questions: Sequence[_Question], settings: MemorySettings
) -> Steps[Decided]:
    """The answers to all questions, by one call.

    Asked again at once where it fails, or decides on what it was not shown.
    """
    memories = list({memory.id: memory for one in questions for memory in one.memories}.values())
    prompt = prompts.consolidation_prompt([one.candidate for one in questions], memories)
    for _ in range(settings.model_attempts):
        answer = yield from listed_items(model, prompt, consolidation_schema())
        found = _verdicts(answer, questions, memories)
        if not found.failed:
            break
    return found


def _verdicts(
    answer: Answer, questions: Sequence[_Question], memories: Sequence[Memory]
) -> Decided:
    """Decisions by the candidate's number; what is wrong with the others is a failure."""
    verdicts: dict[int, Verdict] = {}
    faults = [answer.fault] if answer.fault else []
    for item in answer.items:
        place = place_of(item.get("item"), len(questions))
        verdict = model_verdict(item, memories)
        if isinstance(verdict, str):
            faults.append(verdict)
        elif place is None:
            faults.append("a decision names an item that was not asked about")
        else:
            verdicts[questions[place].number] = verdict
    if not faults and len(verdicts) < len(questions):
        faults.append(f"{len(questions) - len(verdicts)} items were not decided on")
    return Decided(verdicts, tuple(Failure(stage="consolidate", error=f) for f in faults))
