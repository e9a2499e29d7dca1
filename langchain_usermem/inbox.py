"""Turns that were accepted and wait to be extracted. They survive a crash.

A waiting turn is one row of the user's inbox, keyed like the turn. Whoever works on it holds it
until a moment; what fails goes back with the error, to be tried again ever later, and is parked
after some attempts. What is done leaves the inbox in the batch that stores its changes, and its
key stays among the user's turns for `turn_days`, so that the same turn is not extracted twice.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from langgraph.store.base import BaseStore, GetOp, Item, PutOp
from pydantic import Field

from langchain_usermem.memory import Candidate, Skipped, Value
from langchain_usermem.namespaces import Namespace, inbox_namespace, turns_namespace
from langchain_usermem.postgres import conditional_store
from langchain_usermem.recall import all_items
from langchain_usermem.revisions import Found, Place, Plan, applied, unhindered, while_there
from langchain_usermem.settings import MemorySettings
from langchain_usermem.steps import Steps, batch
from langchain_usermem.times import UtcTime, parse_time
from langchain_usermem.tokens import estimate_tokens
from langchain_usermem.turns import Turn, Utterance

LONGEST_PAUSE = timedelta(hours=1)
"""The longest time between two attempts at a turn."""

MOST_PATIENCE = 10
"""How many quiet periods a conversation that never rests is waited for."""


class WaitingTurn(Value):
    """A turn that was accepted and is not extracted yet.

    `context` is what was said just before it, `place` orders those accepted at once.
    `candidates` are there once they were found, so that only deciding on them is left.
    `attempts` counts those that failed, `error` says how the last one did. Nobody tries it
    before `due_at`, nor while it is in the hands of `holder`, until `held_until`; `parked`
    turns are not tried until somebody asks. `version` is when its row was written, None before
    it is.
    """

    key: str
    user_id: str
    turn: Turn
    accepted_at: UtcTime
    due_at: UtcTime
    context: tuple[Utterance, ...] = ()
    place: int = 0
    candidates: tuple[Candidate, ...] | None = None
    attempts: int = 0
    error: str | None = None
    holder: str | None = None
    held_until: UtcTime | None = None
    parked: bool = False
    version: UtcTime | None = Field(default=None, exclude=True)

    @property
    def order(self) -> tuple[datetime, int, str]:
        """Sorts turns by when they were accepted."""
        return (self.accepted_at, self.place, self.key)

    @property
    def conversation(self) -> tuple[str | None, str | None]:
        """What turns share that may be extracted together."""
        return (self.turn.thread_id, self.turn.agent_id)

    @property
    def stands_alone(self) -> bool:
        """Whether it is tried by itself: half done, or perhaps what made others fail."""
        return self.candidates is not None or self.attempts > 1

    @property
    def tokens(self) -> int:
        """About how many tokens it takes in a prompt."""
        return sum(estimate_tokens(utterance.text) for utterance in self.turn.utterances)

    def is_held(self, now: datetime) -> bool:
        """Whether somebody works on it."""
        return self.held_until is not None and self.held_until > now

    def is_last_attempt(self, settings: MemorySettings) -> bool:
        """Whether it is parked if this attempt fails."""
        return self.attempts + 1 >= settings.max_attempts

    def held(self, holder: str, now: datetime, settings: MemorySettings) -> "WaitingTurn":
        """This turn in the hands of `holder`, for as long as a lease lasts."""
        until = now + timedelta(seconds=settings.lease_seconds)
        return self.model_copy(update={"holder": holder, "held_until": until})

    def put_back(self, error: str, now: datetime, settings: MemorySettings) -> "WaitingTurn":
        """This turn after an attempt that failed: to be tried later, or parked.

        An attempt before it was due does not count: while a provider is away, whoever keeps
        asking would use them up.
        """
        free = self.model_copy(update={"error": error, "holder": None, "held_until": None})
        if now < self.due_at:
            return free
        pause = timedelta(seconds=settings.retry_seconds * 2.0 ** min(self.attempts, 30))
        return free.model_copy(
            update={
                "attempts": self.attempts + 1,
                "due_at": now + min(pause, LONGEST_PAUSE),
                "parked": self.is_last_attempt(settings),
            }
        )

    def renewed(self, now: datetime) -> "WaitingTurn":
        """This turn as one that was never tried."""
        update = {"attempts": 0, "error": None, "due_at": now, "parked": False}
        return self.model_copy(update={**update, "holder": None, "held_until": None})


def withdrawn(count: int) -> Skipped:
    """Why turns that were dropped or erased while they were extracted change nothing."""
    turns = "this turn was" if count == 1 else f"{count} turns were"
    return Skipped(content="", reason=f"{turns} taken out of the inbox meanwhile")


def met_again(count: int) -> Skipped:
    """Why turns that were met before are passed over."""
    turns = "this turn was" if count == 1 else f"{count} turns were"
    return Skipped(content="", reason=f"{turns} added before")


def ready_batches(
    turns: Iterable[WaitingTurn], now: datetime, settings: MemorySettings, *, patient: bool
) -> list[list[WaitingTurn]]:
    """What can be worked on now, in batches that are extracted together.

    A conversation keeps its order: while one of its turns is held, nothing of it is ready. The
    patient wait until its first turn is due and it has been quiet for long enough.
    """
    conversations: dict[object, list[WaitingTurn]] = {}
    for turn in turns:
        if not turn.parked:
            conversations.setdefault(turn.conversation, []).append(turn)
    ready = (
        conversation
        for conversation in conversations.values()
        if not any(turn.is_held(now) for turn in conversation)
        and not (patient and _rests(conversation, now, settings))
    )
    return [batch for conversation in ready for batch in batches_of(conversation, settings)]


def batches_of(turns: Iterable[WaitingTurn], settings: MemorySettings) -> list[list[WaitingTurn]]:
    """Turns of one conversation in runs of at most `extraction_tokens`, in order.

    A longer turn is a run of its own.
    """
    batches: list[list[WaitingTurn]] = []
    room = 0
    for turn in turns:
        if not batches or turn.stands_alone or turn.tokens > room:
            batches.append([])
            room = settings.extraction_tokens
        batches[-1].append(turn)
        room = 0 if turn.stands_alone else room - turn.tokens
    return batches


def waiting_turns(store: BaseStore, user: Namespace) -> Steps[list[WaitingTurn]]:
    """The turns of a user that wait, in the order in which they were accepted."""
    items = yield from all_items(store, inbox_namespace(user))
    turns = [WaitingTurn.from_value({**item.value, "version": item.updated_at}) for item in items]
    return sorted(turns, key=lambda turn: turn.order)


def met_before(store: BaseStore, user: Namespace, keys: Sequence[str]) -> Steps[set[str]]:
    """Which of these turns were extracted, or wait for it."""
    namespaces = (turns_namespace(user), inbox_namespace(user))
    places = [(namespace, key) for namespace in namespaces for key in keys]
    gets = [GetOp(namespace, key, refresh_ttl=False) for namespace, key in places]
    items = yield from batch(store, gets)
    return {key for (_, key), item in zip(places, items, strict=True) if item is not None}


def keep(store: BaseStore, user: Namespace, turns: Iterable[WaitingTurn]) -> Steps[None]:
    """Write turns into the inbox, over what is there of them."""
    yield from batch(store, [turn_op(turn, user) for turn in turns])


def still_waits(turn: WaitingTurn, item: Item | None) -> bool:
    """Whether an item of the inbox is this turn, rather than the same one accepted anew."""
    return item is not None and parse_time(item.value["accepted_at"]) == turn.accepted_at


def give_back(
    store: BaseStore, user: Namespace, turns: Sequence[WaitingTurn]
) -> Steps[list[WaitingTurn]]:
    """Write turns over what is in the inbox of them, and return those that were there still.

    One that was dropped meanwhile, or erased with all that is known of its user, stays away.
    """

    def work(found: Found) -> Steps[Plan[list[WaitingTurn]]]:
        yield from ()  # steps that wait for nothing
        left = [turn for turn in turns if still_waits(turn, found[place_of(turn, user)])]
        return Plan([turn_op(turn, user) for turn in left], left)

    watched = [place_of(turn, user) for turn in turns]
    return (yield from unhindered(store, user, work, watched=watched))


def place_of(turn: WaitingTurn, user: Namespace) -> Place:
    """Where a turn waits."""
    return inbox_namespace(user), turn.key


def claim(store: BaseStore, user: Namespace, turns: Sequence[WaitingTurn]) -> Steps[bool]:
    """Write turns that a holder takes; returns whether nobody else had taken one before.

    A store that cannot compare is looked at, written, and read again: of two who claim at once,
    the later one holds the turns.
    """
    ops = [turn_op(turn, user) for turn in turns]
    comparing = conditional_store(store)
    if comparing is not None:
        versions = {(op.namespace, op.key): t.version for op, t in zip(ops, turns, strict=True)}
        return (yield from applied(comparing, ops, versions))
    gets = [GetOp(op.namespace, op.key, refresh_ttl=False) for op in ops]
    items = yield from batch(store, gets)
    if not all(map(still_waits, turns, items)):
        return False
    yield from batch(store, ops)
    items = yield from batch(store, gets)
    holders = [item and item.value.get("holder") for item in items]
    return holders == [turn.holder for turn in turns]


def discard(store: BaseStore, user: Namespace, turn: WaitingTurn, now: datetime) -> Steps[None]:
    """Take a turn out of the inbox, never to come back with its conversation."""
    yield from while_there(store, done_ops([turn.key], user, now), [place_of(turn, user)])


def done_ops(keys: Sequence[str], user: Namespace, now: datetime) -> list[PutOp]:
    """Take turns out of the inbox for good; their keys stay for long, without any text."""
    mark = {"at": now.isoformat()}
    marks = [PutOp(turns_namespace(user), key, mark, index=False) for key in keys]
    return [*marks, *(PutOp(inbox_namespace(user), key, None) for key in keys)]


def outdated_marks(
    store: BaseStore, user: Namespace, now: datetime, settings: MemorySettings
) -> Steps[list[PutOp]]:
    """What removes the keys of turns that were done longer ago than they are to be known."""
    home, oldest = turns_namespace(user), now - timedelta(days=settings.turn_days)
    marks = yield from all_items(store, home)
    old = (mark for mark in marks if parse_time(mark.value["at"]) < oldest)
    return [PutOp(home, mark.key, None) for mark in old]


def _rests(conversation: Sequence[WaitingTurn], now: datetime, settings: MemorySettings) -> bool:
    """Whether it is too early: a pause after a failure, or more may be said any moment."""
    first, last = conversation[0], conversation[-1]
    if first.due_at > now:
        return True
    quiet = timedelta(seconds=settings.quiet_seconds)
    is_talking = last.accepted_at + quiet > now
    is_urgent = first.accepted_at + MOST_PATIENCE * quiet <= now
    is_much = sum(turn.tokens for turn in conversation) >= settings.extraction_tokens
    return is_talking and not is_urgent and not is_much


def turn_op(turn: WaitingTurn, user: Namespace) -> PutOp:
    """Write a turn into the inbox."""
    # When it is read again, the present is another one.
    timed = turn.model_copy(update={"turn": turn.turn.said_by(turn.accepted_at)})
    return PutOp(inbox_namespace(user), turn.key, timed.to_value(), index=False)
