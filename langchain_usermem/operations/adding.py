"""Remembering conversations: at once, or from the inbox."""

from collections.abc import Sequence
from datetime import datetime

from langchain_usermem.extraction import Extraction, verbatim
from langchain_usermem.inbox import WaitingTurn, keep, met_again, met_before, waiting_turns
from langchain_usermem.memory import Candidate, Failure, Skipped, new_id
from langchain_usermem.namespaces import Namespace, decode_label, memory_namespace
from langchain_usermem.operations.extracting import Extracting, with_candidates
from langchain_usermem.report import AddReport
from langchain_usermem.revisions import counted_since
from langchain_usermem.steps import Steps, awaiting, blocking
from langchain_usermem.times import utc_now
from langchain_usermem.tokens import estimate_tokens
from langchain_usermem.turns import (
    Messages,
    Turn,
    Utterance,
    context_of,
    keys_of,
    turns_of,
    utterances_of,
)
from langchain_usermem.whose import resolve_agent_id

_NOTHING = Skipped(content="", reason="nothing in it was worth remembering")
_SILENT = Skipped(content="", reason="the user said nothing")
_OFF = Skipped(content="", reason="the settings' writes are off")

ERASED = Skipped(content="", reason="the user was erased meanwhile")
"""Why nothing is proposed of turns, and nothing is to be concluded."""

RUNS_CAUGHT_UP = 3
"""Runs of turns left waiting that one `add` tries beside its own."""


class Adding(Extracting):
    """`add`, and what nodes and `with_memory` do in its place."""

    def add_steps(  # noqa: PLR0913 - what a conversation is, beside what it says
        self,
        messages: Messages,
        *,
        user_id: str | None = None,
        agent_id: str | None = None,
        thread_id: str | None = None,
        observed_at: datetime | str | None = None,
        infer: bool = True,
    ) -> Steps[AddReport]:
        """Extract what matters from a conversation, consolidate it, and say what was done.

        A turn that was added before is passed over: one whose messages have the same ids, or
        without ids the same words at the same time in the same thread. So a conversation may be
        added again as it grows.

        Args:
            messages: a text, LangChain messages, or dicts of `role` and `content`. A message's
                own `timestamp`, in the dict or in `additional_kwargs`, tells when it was said.
            user_id: whose memory.
            agent_id: makes what is stored private to this agent.
            thread_id: the conversation it belongs to.
            observed_at: when messages without a time of their own were said; now, if None.
            infer: False stores each of the user's messages as it stands.

        A model that fails is no error here: `AddReport.failed` says so, and the turns wait in
        the inbox (`AddReport.waiting`) for the next `add`, for `flush` or for a worker.

        Raises:
            MissingUserError: nobody said whose memory.
            InvalidUserError: the agent's id, or the user's, cannot be one.
            InvalidMemoryError: something is no message, or a time cannot be read.
        """
        user, agent_id = self.namespace(user_id), resolve_agent_id(agent_id)
        memory_namespace(user, agent_id)  # no turn may wait for an agent that can have no memories
        utterances = utterances_of(messages, observed_at=observed_at)
        turns = turns_of(utterances, thread_id=thread_id, agent_id=agent_id)
        return (yield from self.learning_steps(turns, user, infer=infer))

    def learning_steps(
        self,
        turns: Sequence[Turn],
        user: Namespace,
        *,
        infer: bool = True,
        context: Sequence[Utterance] = (),
    ) -> Steps[AddReport]:
        """What became of turns of one conversation, in steps.

        Args:
            turns: what was said, in order.
            user: whose memory.
            infer: False stores each of the user's messages as it stands.
            context: what was said just before.
        """
        if self.settings.writes == "off" or not any(turn.user_text for turn in turns):
            return AddReport(skipped=(_OFF if self.settings.writes == "off" else _SILENT,))
        new, report = yield from self._new_turns(turns, user, context, infer=infer)
        if self.settings.writes == "background":
            return report + (yield from self._left_waiting(new, user))
        report += yield from self._learned(new, user)
        return report if report != AddReport() else AddReport(skipped=(_NOTHING,))

    def proposing_steps(
        self,
        turns: Sequence[Turn],
        user: Namespace,
        *,
        context: Sequence[Utterance],
    ) -> Steps[tuple[Sequence[Candidate], AddReport]]:
        """Candidates for `concluding_steps`, and what is to be reported so far, in steps.

        There are none of turns that were added before, or that wait in the inbox from now on.
        """
        if self.settings.writes == "off" or not any(turn.user_text for turn in turns):
            return (), AddReport()
        new, report = yield from self._new_turns(turns, user, context, infer=True)
        if self.settings.writes == "background":
            return (), report + (yield from self._left_waiting(new, user))
        if not new:
            return (), report
        # These turns are not in the inbox, where it could be seen that they are gone.
        since = yield from counted_since(self.store, user)
        found = yield from self._found_or_failed(new, user)
        if since is not None and (yield from counted_since(self.store, user)) != since:
            return (), report + AddReport(skipped=(ERASED,))
        report += AddReport(skipped=found.skipped, failed=found.failed)
        if found.is_partial:
            report += yield from self._put_back(new, user, found.failed)
        return found.candidates, report

    def _found_or_failed(self, turns: Sequence[WaitingTurn], user: Namespace) -> Steps[Extraction]:
        """What is found in turns; an extractor that raises has failed as one whose model has."""
        try:
            return (yield from self._extraction(turns, user))
        except Exception as error:  # noqa: BLE001 - anybody may write an extractor
            failed = (Failure(stage="extract", error=type(error).__name__),)
            return Extraction(failed=failed, is_partial=True)

    def concluding_steps(
        self, turns: Sequence[Turn], user: Namespace, candidates: Sequence[Candidate]
    ) -> Steps[AddReport]:
        """What became of candidates of these turns, in steps, and of what waited before.

        Turns that wait themselves stay, for what could not be read of them.
        """
        run, found = self._arrivals(turns, user), Extraction(tuple(candidates))
        try:
            return (yield from self._after_what_waits(run, user, found))
        except Exception as error:  # whatever a store raises
            if not found.candidates:
                raise
            # The run forgets them, and nobody would find them again.
            return (yield from self._left_undecided(run, user, found, type(error).__name__))

    def _after_what_waits(
        self, run: Sequence[WaitingTurn], user: Namespace, found: Extraction
    ) -> Steps[AddReport]:
        """What became of candidates of a run, after what had been left waiting before."""
        keys = {turn.key for turn in run}
        waiting = yield from self._left_before(user)
        if any(turn.key in keys for turn in waiting):
            return (yield from self._part_remembered(run, user, found))
        report = yield from self._caught_up(waiting, user, most=RUNS_CAUGHT_UP)
        return report + (yield from self._concluded(run, user, found))

    def _left_undecided(
        self, run: Sequence[WaitingTurn], user: Namespace, found: Extraction, error: str
    ) -> Steps[AddReport]:
        """Turns of a run left in the inbox with their candidates, unless they are met there."""
        failed = (Failure(stage="store", error=error),)
        met = yield from met_before(self.store, user, [turn.key for turn in run])
        left = [turn for turn in with_candidates(run, found.candidates) if turn.key not in met]
        return AddReport(failed=failed) + (yield from self._put_back(left, user, failed))

    def _new_turns(
        self, turns: Sequence[Turn], user: Namespace, context: Sequence[Utterance], *, infer: bool
    ) -> Steps[tuple[list[WaitingTurn], AddReport]]:
        """Turns that were never met before, ready for the inbox, and a report of the others."""
        arrivals = self._arrivals(turns, user, context)
        named = [turn.key for turn in arrivals if turn.turn.is_identified]
        met = yield from met_before(self.store, user, named)
        new = [turn for turn in arrivals if turn.key not in met]
        report = AddReport(skipped=(met_again(len(met)),) if met else ())
        if infer:
            return new, report
        refused = verbatim([turn.turn for turn in new]).skipped
        return [_as_it_stands(turn) for turn in new], report + AddReport(skipped=refused)

    def _arrivals(
        self, turns: Sequence[Turn], user: Namespace, context: Sequence[Utterance] = ()
    ) -> list[WaitingTurn]:
        """Turns as they would lie in the inbox from now on, each with what was said before it."""
        now, earlier = utc_now(), list(context)
        arrivals = []
        for place, (key, turn) in enumerate(zip(keys_of(turns, user[1]), turns, strict=True)):
            before = context_of(earlier, self.settings.context_tokens, estimate_tokens)
            arrivals.append(
                WaitingTurn(
                    key=key,
                    user_id=decode_label(user[1]),
                    turn=turn,
                    accepted_at=now,
                    due_at=now,
                    context=tuple(before),
                    place=place,
                )
            )
            earlier += turn.utterances
        return arrivals

    def _left_waiting(self, turns: Sequence[WaitingTurn], user: Namespace) -> Steps[AddReport]:
        yield from keep(self.store, user, turns)
        if turns:
            self._wake()
        return AddReport(waiting=tuple(turn.key for turn in turns))

    def _wake(self) -> None:
        """Tell whoever works off the inbox that there is work; where nobody does, nothing."""

    def _learned(self, turns: Sequence[WaitingTurn], user: Namespace) -> Steps[AddReport]:
        """What was done with these turns, after what had been left waiting before."""
        if not self._asks_a_model:
            return (yield from self._remembered(turns, user))
        # From here on the turns survive this process, and nobody else takes them.
        mine = [turn.held(new_id(), utc_now(), self.settings) for turn in turns]
        earlier = yield from self._left_before(user)
        yield from keep(self.store, user, mine)
        report = yield from self._caught_up(earlier, user, most=RUNS_CAUGHT_UP)
        return report + (yield from self._remembered(mine, user))

    def _left_before(self, user: Namespace) -> Steps[list[WaitingTurn]]:
        """Turns that wait in the inbox; rules never leave any."""
        return (yield from waiting_turns(self.store, user)) if self._asks_a_model else []

    add, aadd = blocking(add_steps), awaiting(add_steps)


def _as_it_stands(turn: WaitingTurn) -> WaitingTurn:
    """A turn of which each message of the user is a candidate."""
    return turn.model_copy(update={"candidates": verbatim([turn.turn]).candidates})
