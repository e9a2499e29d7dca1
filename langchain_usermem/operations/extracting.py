"""Turns worked off: what they hold is extracted and consolidated, or they are tried again."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from langchain_usermem.consolidation import consolidate_candidates
from langchain_usermem.draft import Scope
from langchain_usermem.extraction import Extraction, Extractor, RuleExtractor, extracting
from langchain_usermem.inbox import WaitingTurn, batches_of, claim, give_back, keep, ready_batches
from langchain_usermem.known import known_of
from langchain_usermem.memory import Candidate, Failure, Memory, new_id
from langchain_usermem.namespaces import Namespace
from langchain_usermem.operations.base import Operations
from langchain_usermem.report import AddReport
from langchain_usermem.steps import Steps
from langchain_usermem.text import comparable
from langchain_usermem.times import utc_now
from langchain_usermem.tokens import estimate_tokens
from langchain_usermem.turns import Turn, Utterance, context_of

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

Turns = Sequence[WaitingTurn]


def has_failed(report: AddReport) -> bool:
    """Whether turns had to be put back: what comes after them would most likely fail too."""
    return bool(report.waiting)


class Extracting(Operations):
    """What becomes of turns, whoever brings them."""

    _extractor: Extractor
    _model: "BaseChatModel | None"

    def extraction_steps(
        self, turns: Sequence[Turn], known: Sequence[Memory], context: Sequence[Utterance] = ()
    ) -> Steps[Extraction]:
        """What the extractor finds in these turns, in steps; `known` it does not find again.

        The last of the `context` helps it to understand them.
        """
        utterances = [utterance for turn in turns for utterance in turn.utterances]
        said_at = max((u.at for u in utterances if u.at), default=None)
        now = said_at or utc_now()
        context = context_of(context, self.settings.context_tokens, estimate_tokens)
        extractor = self._extractor
        return (yield from extracting(extractor, utterances, known=known, now=now, context=context))

    def consolidation_steps(self, extraction: Extraction, scope: Scope) -> Steps[AddReport]:
        """What becomes of candidates, in steps: decided on and stored in one batch.

        What is due to expire or to be purged goes with it.
        """
        return consolidate_candidates(
            self.store, extraction, scope, self.settings, model=self._model
        )

    def _remembered(self, turns: Turns, user: Namespace) -> Steps[AddReport]:
        """What was done with turns of one conversation, run by run."""
        report = AddReport()
        for run in batches_of(turns, self.settings):
            report += yield from self._run_remembered(run, user)
        return report

    def _run_remembered(self, run: Turns, user: Namespace) -> Steps[AddReport]:
        """What was done with turns that are extracted together; what fails is put back."""
        found = yield from self._extraction(run, user)
        if not found.is_partial:
            return (yield from self._concluded(run, user, found))
        report = yield from self._part_remembered(run, user, found)
        return report + (yield from self._put_back(run, user, found.failed))

    def _part_remembered(self, run: Turns, user: Namespace, found: Extraction) -> Steps[AddReport]:
        """What was done with what could be read; the turns are not done with it."""
        scope = replace(scope_of(run, user), turn_keys=())
        return (yield from self.consolidation_steps(found, scope))

    def _concluded(self, run: Turns, user: Namespace, found: Extraction) -> Steps[AddReport]:
        """What was done with all that turns hold; what could not be decided on is put back."""
        if not (found.candidates or self._asks_a_model or run[0].holder):
            return AddReport(skipped=found.skipped, failed=found.failed)
        settles = all(turn.is_last_attempt(self.settings) for turn in run)
        scope = replace(scope_of(run, user), settles=settles)
        report = yield from self.consolidation_steps(found, scope)
        if report.waiting:
            undecided = with_candidates(run, found.candidates)
            yield from self._put_back(undecided, user, report.failed)
        return report

    @property
    def _asks_a_model(self) -> bool:
        """Whether extracting may take time, and may fail."""
        return not isinstance(self._extractor, RuleExtractor)

    def _extraction(self, run: Turns, user: Namespace) -> Steps[Extraction]:
        """The candidates of turns: found before, or by the extractor."""
        found = [turn.candidates for turn in run]
        if None not in found:
            return Extraction(tuple(one for some in found for one in some or ()))
        turns = [turn.turn for turn in run]
        known = yield from self._known_of(turns, user)
        return (yield from self.extraction_steps(turns, known, run[0].context))

    def _known_of(self, turns: Sequence[Turn], user: Namespace) -> Steps[list[Memory]]:
        """What is remembered already of what these turns are about; rules take no notice of it."""
        if not self._asks_a_model:
            return []
        return (yield from known_of(self.store, user, turns, utc_now(), self.settings))

    def _put_back(
        self, turns: Turns, user: Namespace, failed: Sequence[Failure]
    ) -> Steps[AddReport]:
        """Turns left in the inbox with what went wrong, to be tried again."""
        error, now = "; ".join(failure.error for failure in failed), utc_now()
        back = [turn.put_back(error, now, self.settings) for turn in turns]
        if any(turn.holder for turn in turns):
            back = yield from give_back(self.store, user, back)
        else:  # they were never in the inbox
            yield from keep(self.store, user, back)
        return AddReport(waiting=tuple(turn.key for turn in back))

    def _caught_up(
        self,
        turns: Turns,
        user: Namespace,
        *,
        patient: bool = False,
        most: int | None = None,
        until: Callable[[AddReport], bool] = has_failed,
    ) -> Steps[AddReport]:
        """What was done with turns that wait; no run is begun once `until` holds of it."""
        report = AddReport()
        ready = ready_batches(turns, utc_now(), self.settings, patient=patient)
        for run in ready[:most]:
            if until(report):
                break
            report += (yield from self._taken(run, user)) or AddReport()
        return report

    def _taken(self, run: Turns, user: Namespace) -> Steps[AddReport | None]:
        """What was done with turns that wait; None where somebody else had taken one."""
        held = [turn.held(new_id(), utc_now(), self.settings) for turn in run]
        if not (yield from claim(self.store, user, held)):
            return None
        try:
            return (yield from self._run_remembered(held, user))
        except Exception as error:  # noqa: BLE001 - whatever it is, it counts as an attempt
            # Unnoted it would be tried for ever, before all else that waits.
            failed = (Failure(stage="extract", error=type(error).__name__),)
            return AddReport(failed=failed) + (yield from self._put_back(held, user, failed))


def scope_of(turns: Turns, user: Namespace) -> Scope:
    """Where what these turns say belongs; each attempt at them is work with its own key."""
    thread_id, agent_id = turns[0].conversation
    attempts = sum(turn.attempts for turn in turns)
    # What comes again when nobody knows it any more must not overwrite what became of it since;
    # what two processes are given at once is the same work.
    day = turns[0].accepted_at.date().isoformat()
    return Scope(
        user=user,
        now=utc_now(),
        key="\0".join([str(attempts), day, *(turn.key for turn in turns)]),
        agent_id=agent_id,
        thread_id=thread_id,
        turns=len(turns),
        turn_keys=tuple(turn.key for turn in turns),
        held=tuple(turn for turn in turns if turn.holder),
    )


def with_candidates(run: Turns, found: Sequence[Candidate]) -> list[WaitingTurn]:
    """Turns with the candidates that quote them, so that only deciding on those is left.

    Each has its own: a turn that is dropped, or done by another, takes no other's with it.
    """
    own: dict[str, list[Candidate]] = {turn.key: [] for turn in run}
    for candidate in found:
        source = next((turn for turn in run if _is_quoted(turn, candidate)), run[0])
        own[source.key].append(candidate)
    return [turn.model_copy(update={"candidates": tuple(own[turn.key])}) for turn in run]


def _is_quoted(turn: WaitingTurn, candidate: Candidate) -> bool:
    said = comparable("\n".join(utterance.text for utterance in turn.turn.utterances))
    return any(comparable(evidence.quote) in said for evidence in candidate.evidence)
