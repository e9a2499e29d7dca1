"""`usermem inbox`: turns that wait are shown, tried again and dropped."""

import pytest

from langchain_usermem import MemorySettings, UserMemory
from langchain_usermem.inbox import WaitingTurn
from langchain_usermem.testing import ScriptedChatModel

from .conftest import Run
from .test_browsing import rows

LATER = MemorySettings(writes="background", quiet_seconds=0, max_attempts=1, model_attempts=1)


@pytest.fixture
def turns(memory: UserMemory) -> list[WaitingTurn]:
    """A turn of Ada's that failed and is parked, and one of Bob's that waits."""
    model = ScriptedChatModel(structured=[TimeoutError("Leeds")])
    settled = UserMemory(memory.store, model, settings=LATER, worker=False)
    settled.add("I live in Leeds.", user_id="ada")
    settled.flush()
    settled.add("I live in York.", user_id="bob")
    return memory.inbox()


def test_what_waits_is_shown_without_what_was_said(usermem: Run, turns: list[WaitingTurn]) -> None:
    """Each row has a key, a user, a time, the attempts, a state and the last error."""
    ran = usermem("inbox")
    parked, waiting = turns
    assert ran.code == 0
    assert rows(ran.out) == [
        [
            parked.key[:8],
            "ada",
            f"{parked.accepted_at:%Y-%m-%d %H:%M:%S}",
            "1",
            "parked",
            str(parked.error),
        ],
        [waiting.key[:8], "bob", f"{waiting.accepted_at:%Y-%m-%d %H:%M:%S}", "0", "waiting", ""],
    ]
    assert "TimeoutError" in ran.out
    assert "Leeds" not in ran.out


def test_what_somebody_works_on_is_held(
    usermem: Run, memory: UserMemory, turns: list[WaitingTurn]
) -> None:
    """Its state says so until the lease ends."""
    held = turns[1].held("me", turns[1].accepted_at, memory.settings)
    memory.store.put((*memory.namespace("bob"), "inbox"), held.key, held.to_value(), index=False)
    assert [row[4] for row in rows(usermem("inbox", "--user", "bob").out)] == ["held"]


def test_one_users_turns_are_shown_alone(usermem: Run, turns: list[WaitingTurn]) -> None:
    """`--user` leaves out everybody else."""
    assert [row[1] for row in rows(usermem("inbox", "--user", "bob").out)] == [turns[1].user_id]


@pytest.mark.usefixtures("memory")
def test_an_empty_inbox_is_said_so(usermem: Run) -> None:
    """A sentence, no empty table."""
    ran = usermem("inbox")
    assert (ran.code, ran.out) == (0, "no turn waits\n")


@pytest.mark.parametrize("words", ["all", "key"])
def test_what_failed_is_tried_again(
    usermem: Run, memory: UserMemory, turns: list[WaitingTurn], words: str
) -> None:
    """By the first digits of its key, or with all that failed; nothing is extracted by it."""
    start = words if words == "all" else turns[0].key[:8]
    ran = usermem("inbox", "--retry", start)
    assert (ran.code, ran.out) == (0, "to be tried again: 1 turn\n")
    assert [(turn.parked, turn.attempts) for turn in memory.inbox()] == [(False, 0), (False, 0)]


@pytest.mark.usefixtures("memory")
def test_where_none_failed_none_is_tried_again(usermem: Run) -> None:
    """A sentence says so."""
    ran = usermem("inbox", "--retry", "all")
    assert (ran.code, ran.out) == (0, "no turn failed\n")


def test_a_turn_is_dropped_once_that_is_confirmed(
    usermem: Run, memory: UserMemory, turns: list[WaitingTurn]
) -> None:
    """A no leaves it; `--yes` asks nothing."""
    key = turns[0].key
    assert usermem("inbox", "--drop", key, stdin="n\n").code == 1
    assert len(memory.inbox()) == 2
    ran = usermem("inbox", "--drop", key, "--yes")
    assert (ran.code, ran.out) == (0, "dropped: 1 turn\n")
    assert [turn.user_id for turn in memory.inbox()] == ["bob"]


@pytest.mark.parametrize("start", ["xyz", ""])
def test_a_key_that_names_none_changes_nothing(
    usermem: Run, memory: UserMemory, turns: list[WaitingTurn], start: str
) -> None:
    """The error is one line, and comes before the first decision."""
    ran = usermem("inbox", "--retry", "all", "--drop", start, "--yes")
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert memory.inbox() == turns
