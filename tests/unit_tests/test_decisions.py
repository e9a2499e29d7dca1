"""What items of an extractor's answer decide on the memories that it was shown."""

from typing import Any

import pytest
from pydantic import ValidationError

from langchain_usermem.decisions import decision_in, wording_of
from langchain_usermem.extraction import LLMExtractor
from langchain_usermem.memory import Decision, Memory
from langchain_usermem.testing import ScriptedChatModel, candidate_item

KNOWN = [Memory(id="a", content="Has a dog"), Memory(id="b", content="Lives in Leeds")]
SHOWN = tuple(map(wording_of, KNOWN))


@pytest.mark.parametrize(
    ("item", "action", "targets"),
    [
        ({"action": "add", "known": []}, "add", ()),
        ({"action": "confirm", "known": [0, 1]}, "confirm", ("a",)),
        ({"action": "supersede", "known": [1]}, "supersede", ("b",)),
        ({"action": "update", "known": [0], "whole": "Has a dog, Rex"}, "update", ("a",)),
        ({"action": "update", "known": [0, 1], "whole": "Has all"}, "merge", ("a", "b")),
    ],
)
def test_numbers_are_memories(item: dict[str, Any], action: str, targets: tuple[str, ...]) -> None:
    """Each action is about the memories under these numbers, and knows all that was shown."""
    content = item.get("whole")
    decision = Decision.from_value(
        {"action": action, "targets": targets, "content": content, "shown": SHOWN}
    )
    assert decision_in(item, KNOWN) == decision


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"action": "add", "known": [], "forget": True},
        {"action": "supersede", "known": []},
        {"action": "skip", "known": []},
    ],
)
def test_some_items_decide_nothing(item: dict[str, Any]) -> None:
    """Nor what forgets, which goes by its words, nor what replaces something unknown."""
    assert decision_in(item, KNOWN) is None


@pytest.mark.parametrize(
    "item",
    [
        {"action": "supersede", "known": [2]},
        {"action": "supersede", "known": [-1]},
        {"action": "supersede", "known": ["a"]},
        {"action": "confirm", "known": [True]},
        {"action": "confirm", "known": []},
        {"action": "confirm", "known": 0},
        {"action": "update", "known": [0], "whole": None},
        {"action": "update", "known": [0], "whole": "\u200b"},
        {"action": "delete", "known": [0]},
        {"action": ["add"], "known": []},
    ],
)
def test_a_wrong_decision_is_reported_and_counts_as_none(item: dict[str, Any]) -> None:
    """The candidate is kept, without it; nothing quotes the conversation."""
    said = {"role": "user", "content": "I have a dog"}
    answer = candidate_item("Has a dog", quote="I have a dog", **item)
    model = ScriptedChatModel(structured=[{"memories": [answer]}])
    found = LLMExtractor(model).extract(said, known=KNOWN)
    (candidate,) = found.candidates
    assert candidate.decision is None
    (failed,) = found.failed
    assert (failed.stage, failed.error.startswith("a decision")) == ("extract", True)


def test_other_words_are_another_wording() -> None:
    """Each memory has its own, for as long as it says the same."""
    same = KNOWN[0].model_copy(update={"confidence": 0.5})
    other = KNOWN[0].model_copy(update={"content": "Has a cat"})
    assert wording_of(same) == wording_of(KNOWN[0])
    assert len({wording_of(one) for one in (*KNOWN, other)}) == 3


@pytest.mark.parametrize(
    ("action", "targets", "content"),
    [
        ("add", ("a",), None),
        ("confirm", (), None),
        ("confirm", ("a", "b"), None),
        ("update", (), "Has a dog, Rex"),
        ("update", ("a", "b"), "Has a dog, Rex"),
        ("update", ("a",), None),
        ("merge", ("a",), "Has all"),
        ("merge", ("a", "b"), None),
        ("merge", ("a", "a"), "Has all"),
        ("supersede", (), None),
        ("supersede", ("a", "a"), None),
        ("supersede", ("a",), "Has a cat"),
    ],
)
def test_a_decision_that_cannot_be_carried_out_is_none(
    action: str, targets: tuple[str, ...], content: str | None
) -> None:
    """Whoever writes an extractor hears of it there, and an addition takes nothing away."""
    with pytest.raises(ValidationError):
        Decision.from_value({"action": action, "targets": targets, "content": content})
