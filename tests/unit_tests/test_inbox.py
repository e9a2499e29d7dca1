"""Turns that wait: when they are ready, with whom, and in whose hands."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from langgraph.store.base import BaseStore, PutOp
from langgraph.store.memory import InMemoryStore

from langchain_usermem.inbox import (
    LONGEST_PAUSE,
    WaitingTurn,
    batches_of,
    claim,
    keep,
    ready_batches,
    waiting_turns,
)
from langchain_usermem.memory import Candidate
from langchain_usermem.namespaces import inbox_namespace, user_namespace
from langchain_usermem.settings import MemorySettings
from langchain_usermem.steps import run
from langchain_usermem.store.faiss_store import FaissStore
from langchain_usermem.turns import Turn, Utterance

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
ADA = user_namespace("ada")
SETTINGS = MemorySettings(quiet_seconds=20, extraction_tokens=100, max_attempts=3)


def seconds(number: float) -> timedelta:
    """A span of so many seconds."""
    return timedelta(seconds=number)


def turn(key: str, *, thread: str = "t", at: float = 0, **fields: object) -> WaitingTurn:
    """A turn accepted `at` seconds after noon."""
    said = Turn(utterances=(Utterance(role="user", text="x" * 40),), thread_id=thread)
    accepted = NOON + seconds(at)
    return WaitingTurn(
        key=key, user_id="ada", turn=said, accepted_at=accepted, due_at=accepted
    ).model_copy(update=fields)


def ready(*turns: WaitingTurn, after: float, patient: bool = True) -> list[list[str]]:
    """The keys of the batches that are ready so many seconds after noon."""
    batches = ready_batches(turns, NOON + seconds(after), SETTINGS, patient=patient)
    return [[one.key for one in batch] for batch in batches]


def test_a_conversation_is_left_until_it_rests() -> None:
    """Twenty seconds after its last turn all of it is ready, in one batch."""
    turns = turn("a"), turn("b", at=15)
    assert ready(*turns, after=34) == []
    assert ready(*turns, after=35) == [["a", "b"]]


def test_a_conversation_that_never_rests_is_not_left_for_ever() -> None:
    """After ten quiet periods it is ready though somebody still talks."""
    assert ready(turn("a"), turn("b", at=199), after=199) == []
    assert ready(turn("a"), turn("b", at=199), after=200) == [["a", "b"]]


def test_as_much_as_one_call_takes_is_ready_at_once() -> None:
    """Ten turns of ten tokens fill a call of a hundred; the rest is the next batch."""
    turns = [turn(str(number)) for number in range(11)]
    assert [len(batch) for batch in ready(*turns, after=0)] == [10, 1]


def test_conversations_rest_by_themselves() -> None:
    """What is said in one thread does not hold up another."""
    assert ready(turn("a"), turn("b", thread="u", at=19), after=20) == [["a"]]


def test_a_held_or_failed_turn_keeps_its_conversation_waiting() -> None:
    """Later turns of it do not overtake; the impatient heed only who holds it."""
    held = turn("a").held("me", NOON, SETTINGS)
    assert ready(held, turn("b"), after=100) == []
    assert ready(held, turn("b"), after=100, patient=False) == []
    assert ready(held, turn("b"), after=300) == [["a", "b"]]
    failed = turn("a").put_back("TimeoutError", NOON, SETTINGS)
    assert ready(failed, turn("b"), after=29) == []
    assert ready(failed, turn("b"), after=30) == [["a", "b"]]
    assert ready(failed, turn("b"), after=0, patient=False) == [["a", "b"]]


def test_a_parked_turn_holds_nothing_up() -> None:
    """The others of its conversation go on without it."""
    assert ready(turn("a", parked=True), turn("b"), after=100) == [["b"]]


def test_attempts_are_further_and_further_apart_and_end() -> None:
    """Thirty seconds, then sixty; the third failure parks it."""
    first = turn("a").put_back("TimeoutError", NOON, SETTINGS)
    second = first.put_back("TimeoutError", NOON + seconds(30), SETTINGS)
    third = second.put_back("ValueError", NOON + seconds(90), SETTINGS)
    assert [t.due_at - NOON for t in (first, second)] == [seconds(30), seconds(90)]
    assert [t.parked for t in (first, second, third)] == [False, False, True]
    assert (third.attempts, third.error) == (3, "ValueError")
    assert third.renewed(NOON) == turn("a")


def test_a_pause_has_an_end() -> None:
    """However often it failed, it is tried every hour."""
    often = turn("a", attempts=1_000).put_back("e", NOON, MemorySettings(max_attempts=2_000))
    assert often.due_at - NOON == LONGEST_PAUSE


def test_an_attempt_before_it_was_due_does_not_count() -> None:
    """While a provider is away, asking often does not use the attempts up."""
    failed = turn("a").put_back("TimeoutError", NOON, SETTINGS)
    again = failed.put_back("ValueError", NOON + seconds(1), SETTINGS)
    assert (again.attempts, again.due_at, again.error) == (1, failed.due_at, "ValueError")


def test_what_may_have_made_others_fail_is_tried_alone() -> None:
    """So is a turn of which only deciding is left."""
    half_done = turn("b", candidates=(Candidate(content="Lives in Leeds"),))
    turns = [turn("a"), half_done, turn("c", attempts=2), turn("d"), turn("e")]
    assert [[t.key for t in run_] for run_ in batches_of(turns, SETTINGS)] == [
        ["a"],
        ["b"],
        ["c"],
        ["d", "e"],
    ]


def test_a_turn_comes_back_as_it_was_kept() -> None:
    """What has no time of its own was said when it was accepted."""
    with FaissStore(":memory:", index=False) as store:
        run(keep(store, ADA, [turn("b", at=1), turn("a")]))
        first, second = run(waiting_turns(store, ADA))
        item = store.get(inbox_namespace(ADA), "a")
    assert (first.key, second.key) == ("a", "b")
    assert first.turn == turn("a").turn.said_by(NOON)
    assert item is not None
    assert first.version == item.updated_at


def test_of_two_who_claim_a_turn_one_holds_it() -> None:
    """On a store that compares, who comes second is told so."""
    with FaissStore(":memory:", index=False) as store:
        run(keep(store, ADA, [turn("a"), turn("b")]))
        found = run(waiting_turns(store, ADA))
        mine = [one.held("me", NOON, SETTINGS) for one in found]
        yours = [one.held("you", NOON, SETTINGS) for one in found[:1]]
        assert run(claim(store, ADA, yours))
        assert not run(claim(store, ADA, mine))
        assert [one.holder for one in run(waiting_turns(store, ADA))] == ["you", None]


@pytest.mark.parametrize("holder", ["me", "you"])
def test_a_store_that_cannot_compare_shows_who_was_last(holder: str) -> None:
    """Who reads another's name after writing its own lets the turn be."""

    class Overtaken(InMemoryStore):
        """Another claims the turn after each batch."""

        def batch(self, ops: Any) -> list[Any]:
            """What was asked, and the other's claim."""
            done = super().batch(ops)
            other = turn("a").held(holder, NOON, SETTINGS)
            super().batch([PutOp(inbox_namespace(ADA), "a", other.to_value())])
            return done

    store: BaseStore = Overtaken()
    run(keep(store, ADA, [turn("a")]))
    assert run(claim(store, ADA, [turn("a").held("me", NOON, SETTINGS)])) is (holder == "me")
