"""Changes from candidates: what is new, said again, changed, or to be forgotten.

Rules decide wherever they can: the same text confirms, another home or language supersedes,
"forget" forgets, and what resembles nothing is added. The rest is a model's to decide: as it was
extracted, or by one call for all that is open beside that. Without a model, another value of any
single-valued slot supersedes, and the rest is added. What a model answers can add to the memory and
replace parts of it by something; it can never remove anything without a replacement.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from langgraph.store.base import BaseStore

from langchain_usermem import policy
from langchain_usermem.caps import surplus
from langchain_usermem.deciding import decided, decided_before
from langchain_usermem.draft import Draft, Scope, new_memory
from langchain_usermem.extraction import Extraction
from langchain_usermem.inbox import (
    done_ops,
    met_again,
    place_of,
    still_waits,
    waiting_turns,
    withdrawn,
)
from langchain_usermem.memory import Candidate, Failure, Memory, Skipped
from langchain_usermem.namespaces import review_namespace, turns_namespace
from langchain_usermem.neighbours import neighbours_of, siblings_of
from langchain_usermem.recall import all_memories
from langchain_usermem.records import change_ops, tidy
from langchain_usermem.report import AddReport
from langchain_usermem.revisions import Found, Plan, alone
from langchain_usermem.sensitive import without_secrets
from langchain_usermem.settings import MemorySettings
from langchain_usermem.steps import Steps
from langchain_usermem.times import utc_now
from langchain_usermem.verdicts import forgets_all

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


def consolidate_candidates(
    store: BaseStore,
    extraction: Extraction,
    scope: Scope,
    settings: MemorySettings,
    *,
    model: "BaseChatModel | None" = None,
) -> Steps[AddReport]:
    """Decide on all candidates, store the changes in one batch, and say what was done.

    The turns of the scope are done with that batch; those that were done before, or taken out of
    the inbox since, change nothing.
    """
    marks = [(turns_namespace(scope.user), key) for key in scope.turn_keys]
    rows = {place_of(turn, scope.user): turn for turn in scope.held}

    # Begun again, it comes after what another wrote meanwhile.
    moments = chain([scope.now], iter(utc_now, None))

    def work(found: Found) -> Steps[Plan[AddReport]]:
        current = replace(scope, now=next(moments))
        if marks and all(found[mark] for mark in marks):
            again = AddReport(skipped=(met_again(len(marks)),))
            return Plan(done_ops(scope.turn_keys, scope.user, scope.now), again)
        if rows and not any(still_waits(turn, found[place]) for place, turn in rows.items()):
            return Plan((), AddReport(skipped=(withdrawn(len(rows)),)))
        return (yield from _planned(store, extraction, current, settings, model))

    report = yield from alone(store, scope.user, work, watched=[*marks, *rows])
    # What was begun again, since another wrote meanwhile, was done later than the scope says.
    done_at = max([scope.now, *(change.at for change in report.changes)])
    return report + (yield from tidied(store, replace(scope, now=done_at), settings))


def tidied(store: BaseStore, scope: Scope, settings: MemorySettings) -> Steps[AddReport]:
    """Expire and purge what is due; what fails in it takes nothing back that was stored."""
    try:
        yield from tidy(store, scope.user, scope.now, settings)
    except Exception as error:  # noqa: BLE001 - a store may raise anything, and this can wait
        return AddReport(failed=(Failure(stage="store", error=type(error).__name__),))
    return AddReport()


def _planned(
    store: BaseStore,
    extraction: Extraction,
    scope: Scope,
    settings: MemorySettings,
    model: "BaseChatModel | None",
) -> Steps[Plan[AddReport]]:
    """What is to be written for these candidates, and what will be reported then."""
    report = AddReport(skipped=extraction.skipped, failed=extraction.failed)
    candidates, skipped = _admitted(extraction.candidates, scope, settings)
    neighbours = yield from neighbours_of(store, candidates, scope, settings)
    # What is said together may contradict itself too.
    foreseen = [new_memory(candidate, scope, settings) for candidate in candidates]
    siblings = siblings_of(candidates, foreseen)
    beside = [[*own, *near] for own, near in zip(siblings, neighbours, strict=True)]
    extracted = yield from decided_before(store, candidates, scope)
    asked = yield from decided(model, candidates, beside, extracted, settings)
    if asked.failed and not scope.settles:
        return Plan((), AddReport(failed=report.failed + asked.failed, waiting=scope.turn_keys))
    waiting = yield from _waiting(store, scope, settings)
    draft = Draft(scope, settings, skipped=skipped, waiting=waiting, foreseen=foreseen)
    for number, candidate in enumerate(candidates):
        draft.apply(candidate, neighbours[number], asked.verdicts.get(number))
    beyond = yield from surplus(store, draft.changes, scope, settings)
    unheard = yield from _unheard(store, candidates, scope)
    ops = [
        *change_ops([*draft.changes, *beyond], scope.user),
        *done_ops([*scope.turn_keys, *unheard], scope.user, scope.now),
    ]
    rest = AddReport(changes=beyond, skipped=_forgotten_unheard(unheard), failed=asked.failed)
    return Plan(ops, report + draft.report() + rest)


def _unheard(store: BaseStore, candidates: Iterable[Candidate], scope: Scope) -> Steps[list[str]]:
    """The turns that still wait when the user asks to forget everything, which they said before."""
    if not any(forgets_all(candidate) for candidate in candidates):
        return []
    waiting = yield from waiting_turns(store, scope.user)
    keys = [turn.key for turn in waiting]
    own = [place for place, key in enumerate(keys) if key in scope.turn_keys]
    return keys[: own[0]] if own else keys


def _forgotten_unheard(keys: Sequence[str]) -> tuple[Skipped, ...]:
    reason = f"{len(keys)} that waited in the inbox went with everything else"
    return (Skipped(content="", reason=reason),) if keys else ()


def _admitted(
    candidates: Iterable[Candidate], scope: Scope, settings: MemorySettings
) -> tuple[list[Candidate], list[Skipped]]:
    """Candidates that policy lets through, and why the others are not."""
    admitted: list[Candidate] = []
    refused: list[Skipped] = []
    for candidate in candidates:
        reason = _refusal(candidate, scope, settings)
        if reason is None:
            admitted.append(policy.cleaned(candidate, settings))
        else:
            refused.append(Skipped(content=without_secrets(candidate.content), reason=reason))
    return admitted, refused


def _refusal(candidate: Candidate, scope: Scope, settings: MemorySettings) -> str | None:
    """Why a candidate is not stored; there is nothing that may not be forgotten."""
    if candidate.forget:
        return None
    secret = policy.secret_refusal(candidate.content, settings)
    return secret or policy.refusal(candidate, scope.now, settings, source=scope.source)


def _waiting(store: BaseStore, scope: Scope, settings: MemorySettings) -> Steps[list[Memory]]:
    """What waits for approval already, where anything does; it is no one's neighbour."""
    if policy.reviewed_among(settings.categories, settings) is None:
        return []
    found = yield from all_memories(store, [review_namespace(scope.user)])
    return [memory for memory in found if memory.agent_id == scope.agent_id]
