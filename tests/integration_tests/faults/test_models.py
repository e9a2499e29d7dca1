"""Chat models that fail: the reply is delivered, and nothing is lost, doubled or another's."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage

from langchain_usermem.report import AddReport
from langchain_usermem.settings import MemorySettings
from langchain_usermem.user_memory import UserMemory

from .conftest import Report
from .sizes import size
from .talking import Answer, Fault, Said, UnderstandingModel, conversation, failing

SHARE = 0.5
AT_ONCE = MemorySettings(retry_seconds=0)


def _raises(error: Exception) -> Fault:
    def fault(_: Answer) -> Answer:
        raise error

    return fault


def _text(text: str, **fields: Any) -> Fault:
    return lambda _: {"raw": AIMessage(text, **fields), "parsed": None, "parsing_error": None}


def _cut(answer: Answer) -> Answer:
    text = str(answer["raw"].text)
    return _text(text[: len(text) // 2])(answer)


def _listing(answer: Answer, items: Iterable[Any]) -> Answer:
    """An answer that is whole, and lists something else."""
    (name,) = answer["parsed"]
    parsed = {name: list(items)}
    return {"raw": AIMessage(json.dumps(parsed)), "parsed": parsed, "parsing_error": None}


def _each(**fields: Any) -> Fault:
    def fault(answer: Answer) -> Answer:
        (items,) = answer["parsed"].values()
        known = items and items[0].keys() & fields.keys()
        return _listing(answer, ({**item, **fields} for item in items)) if known else answer

    return fault


def _ten_thousand(answer: Answer) -> Answer:
    (items,) = answer["parsed"].values()
    return _listing(answer, [item for _ in range(10_000) for item in items][:10_000])


FAULTS: dict[str, Fault] = {
    "time-out": _raises(TimeoutError("I live in Leeds")),
    "connection": _raises(ConnectionError("I live in Leeds")),
    "null choices": _raises(TypeError("null choices")),
    "refusal": _text("", additional_kwargs={"refusal": "No."}),
    "empty": _text(""),
    "prose": _text("There is nothing that I could say about this."),
    "truncated": _cut,
    "malformed": _text('{"memories": [{"content": }], "decisions": [{]}'),
    "wrong types": lambda answer: _listing(answer, ["x", 7, None]),
    "no list": _text('{"memories": 7, "decisions": "none"}'),
    "10,000 items": _ten_thousand,
    "unknown ids": _each(action="supersede", memories=[99], known=[99]),
    "another user's id": _each(action="confirm", memories=["user-0"], known=["user-0"]),
    "deletions": _each(action="delete", memories=[0], known=[0]),
    "unknown message": _each(message=99),
}


def add_all(memory: UserMemory, turns: Iterable[Said]) -> AddReport:
    """The report on all turns, each added as it is said."""
    report = AddReport()
    for said in turns:
        report += memory.add([said.message], user_id=said.user, thread_id=said.thread)
    return report


def held(memory: UserMemory) -> dict[str, list[str]]:
    """The statements in force of each user, and the past ones marked as such."""
    return {
        user: sorted(
            f"{one.status}: {one.content}" for one in memory.list(user_id=user, include_past=True)
        )
        for user in memory.users()
    }


def flushed(memory: UserMemory) -> int:
    """How many times all that waits is tried until nothing does."""
    for times in range(100):
        if not memory.inbox():
            return times
        memory.flush()
    raise AssertionError("turns wait for ever")


@pytest.fixture(scope="module")
def turns() -> list[Said]:
    """A conversation with three users."""
    return list(conversation(40, users=3, seed=1))


@pytest.fixture(scope="module")
def expected(turns: list[Said]) -> dict[str, list[str]]:
    """What is remembered of it where nothing fails."""
    with UserMemory(":memory:", UnderstandingModel(), settings=AT_ONCE) as whole:
        add_all(whole, turns)
        return held(whole)


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_fault_loses_and_doubles_nothing(
    name: str, turns: list[Said], expected: dict[str, list[str]]
) -> None:
    """With any one fault in half of the answers, the memories are those of a run without."""
    spoil = failing(SHARE, {name: FAULTS[name]}, seed=2)
    with UserMemory(":memory:", UnderstandingModel(spoil=spoil), settings=AT_ONCE) as memory:
        report = add_all(memory, turns)
        memory.model.spoil = lambda answer: answer  # type: ignore[union-attr] # the double's own
        flushed(memory)
        assert held(memory) == expected
        assert "Leeds" not in str(report)


def test_half_of_a_thousand_calls_may_fail(tmp_path: Path, report: Report) -> None:
    """All faults together, in half of the answers until the end: the same memories."""
    turns = list(conversation(size("SOAK_TURNS", short=150)))
    with UserMemory(tmp_path / "a.db", UnderstandingModel(), settings=AT_ONCE) as whole:
        add_all(whole, turns)
        expected, needed = held(whole), whole.model.calls  # type: ignore[union-attr] # the double's
    model = UnderstandingModel(spoil=failing(SHARE, FAULTS, seed=3))
    settings = AT_ONCE.model_copy(update={"max_attempts": 50})
    with UserMemory(tmp_path / "b.db", model, settings=settings) as memory:
        failed = len(add_all(memory, turns).failed)
        times = flushed(memory)
        assert held(memory) == expected
    report(
        f"{len(turns)} turns, {len(FAULTS)} kinds of faults in {SHARE:.0%} of the answers: the "
        f"same memories; {model.calls} calls for {needed}, {failed} failures reported, "
        f"flushed {times} times"
    )
