"""The inbox: what waits in it, working it off, and what to do with turns that keep failing."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from langgraph.store.base import MatchCondition

from langchain_usermem.errors import TurnNotFoundError
from langchain_usermem.inbox import WaitingTurn, discard, give_back, ready_batches, waiting_turns
from langchain_usermem.memory import Failure
from langchain_usermem.namespaces import Namespace, encode_label, inbox_namespace
from langchain_usermem.operations.adding import Adding
from langchain_usermem.operations.base import namespaces_where
from langchain_usermem.operations.extracting import has_failed
from langchain_usermem.report import AddReport
from langchain_usermem.steps import Steps, awaiting, blocking, pause
from langchain_usermem.times import utc_now

_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class InboxHealth:
    """How the inbox is doing.

    Attributes:
        waiting: turns that are still to be extracted.
        failing: those of them that failed before.
        parked: turns that failed too often and are left alone until somebody asks.
        oldest: when the first of those waiting was accepted.
        last_error: how one of the failing or parked ones failed last; never a user's words.
    """

    waiting: int = 0
    failing: int = 0
    parked: int = 0
    oldest: datetime | None = None
    last_error: str | None = None


class CatchingUp(Adding):
    """`inbox`, `flush`, `work_off`, `retry_turn`, `drop_turn` and `health`."""

    def inbox_steps(self, *, user_id: str | None = None) -> Steps[list[WaitingTurn]]:
        """The turns that wait to be extracted, of one user or of all, oldest first.

        What they hold is what users said: show it to nobody else.
        """
        turns: list[WaitingTurn] = []
        for user in (yield from self._users(user_id)):
            turns += yield from waiting_turns(self.store, user)
        return sorted(turns, key=lambda turn: turn.order)

    def health_steps(self, *, user_id: str | None = None) -> Steps[InboxHealth]:
        """How many turns wait, of one user or of all, and how the last of them failed."""
        turns = yield from self.inbox_steps(user_id=user_id)
        waiting = [turn for turn in turns if not turn.parked]
        failed = sorted((t for t in turns if t.error), key=lambda turn: turn.due_at)
        return InboxHealth(
            waiting=len(waiting),
            failing=sum(1 for turn in waiting if turn.attempts),
            parked=len(turns) - len(waiting),
            oldest=waiting[0].accepted_at if waiting else None,
            last_error=failed[-1].error if failed else None,
        )

    def work_off_steps(
        self, *, user_id: str | None = None, until: Callable[[], bool] = lambda: False
    ) -> Steps[AddReport]:
        """Extract what is ready in the inbox, of one user or of all, and say what was done.

        Ready is a conversation that has been quiet for `quiet_seconds` and in which nothing
        failed just now. A store that fails for one user hinders no other: the report says so.
        Once `until` holds, nothing more is begun.
        """

        def is_over(report: AddReport) -> bool:
            return has_failed(report) or until()

        report = AddReport()
        for user in (yield from self._users(user_id)):
            if until():
                break
            try:
                turns = yield from waiting_turns(self.store, user)
                report += yield from self._caught_up(turns, user, patient=True, until=is_over)
            except Exception as error:  # noqa: BLE001 - whatever one user's rows raise
                failure = Failure(stage="store", error=type(error).__name__)
                report += AddReport(failed=(failure,))
        return report

    def flush_steps(self, *, user_id: str | None = None, timeout: float = 60.0) -> Steps[AddReport]:
        """Extract all that waits, of one user or of all, and wait for what others extract.

        Each turn is tried once, whether it is due or not; parked ones are left alone.

        Args:
            user_id: whose; everybody's, if neither this nor the memory names a user.
            timeout: seconds after which nothing more is begun.

        Returns:
            What was done here; `waiting` holds the keys of what waits still.
        """
        deadline = time.monotonic() + timeout
        tried: set[str] = set()
        report = AddReport()
        while time.monotonic() < deadline:
            turns = yield from self._untried(user_id, tried)
            if not turns:
                break
            free = [turn for turn in turns if not turn.is_held(utc_now())]
            count = len(tried)
            report += (yield from self._tried(free, tried)) if free else AddReport()
            if len(tried) == count:
                yield from pause(_POLL_SECONDS)
        left = yield from self.inbox_steps(user_id=user_id)
        return report.model_copy(update={"waiting": tuple(turn.key for turn in left)})

    def retry_turn_steps(self, key: str, *, user_id: str | None = None) -> Steps[WaitingTurn]:
        """Let a turn be tried again as if it had never failed; a worker or `flush` does it.

        Raises:
            TurnNotFoundError: no turn with that key waits.
        """
        turn = yield from self._waiting_turn(key, user_id)
        renewed = turn.renewed(utc_now())
        yield from give_back(self.store, self.namespace(turn.user_id), [renewed])
        self._wake()
        return renewed

    def drop_turn_steps(self, key: str, *, user_id: str | None = None) -> Steps[None]:
        """Remove a turn from the inbox for good, with all that was said in it.

        Raises:
            TurnNotFoundError: no turn with that key waits.
        """
        turn = yield from self._waiting_turn(key, user_id)
        yield from discard(self.store, self.namespace(turn.user_id), turn, utc_now())

    def _untried(self, user_id: str | None, tried: set[str]) -> Steps[list[WaitingTurn]]:
        turns = yield from self.inbox_steps(user_id=user_id)
        return [turn for turn in turns if not turn.parked and turn.key not in tried]

    def _tried(self, turns: Iterable[WaitingTurn], tried: set[str]) -> Steps[AddReport]:
        """What was done with turns of any users, run by run; those not lost to others are tried."""
        users: dict[str, list[WaitingTurn]] = {}
        for turn in turns:
            users.setdefault(turn.user_id, []).append(turn)
        report = AddReport()
        for user_id, own in users.items():
            for run in ready_batches(own, utc_now(), self.settings, patient=False):
                done = yield from self._taken(run, self.namespace(user_id))
                if done is not None:
                    report += done
                    tried.update(turn.key for turn in run)
        return report

    def _waiting_turn(self, key: str, user_id: str | None) -> Steps[WaitingTurn]:
        turns = yield from self.inbox_steps(user_id=user_id)
        for turn in turns:
            if turn.key == key:
                return turn
        raise TurnNotFoundError(f"no turn {key!r} waits. inbox() lists those that do.")

    def _users(self, user_id: str | None) -> Steps[list[Namespace]]:
        """The user that is meant, or all whose inbox holds anything."""
        if user_id is not None or self.user_id is not None:
            return [self.namespace(user_id)]
        root = encode_label(self.settings.root, kind="root")
        below, inbox = MatchCondition("prefix", (root,)), MatchCondition("suffix", ("inbox",))
        found = yield from namespaces_where(self.store, below, inbox)
        return [one[:2] for one in found if one == inbox_namespace(one[:2])]

    inbox, ainbox = blocking(inbox_steps), awaiting(inbox_steps)
    health, ahealth = blocking(health_steps), awaiting(health_steps)
    work_off, awork_off = blocking(work_off_steps), awaiting(work_off_steps)
    flush, aflush = blocking(flush_steps), awaiting(flush_steps)
    retry_turn, aretry_turn = blocking(retry_turn_steps), awaiting(retry_turn_steps)
    drop_turn, adrop_turn = blocking(drop_turn_steps), awaiting(drop_turn_steps)
