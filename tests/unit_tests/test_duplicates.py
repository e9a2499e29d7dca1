"""What rules see as one, and which memories a model is asked about together."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from langchain_usermem.duplicates import (
    GROUP,
    fault_of,
    groups_of,
    key_of,
    may_be_one,
    plain_duplicates,
    said_words,
)
from langchain_usermem.memory import Memory

MAY = datetime(2026, 5, 1, tzinfo=UTC)
PET = {"attribute": "pet"}


def said(content: str, day: int = 0, **fields: Any) -> Memory:
    """A statement stored so many days into May; its id is what it says."""
    at = MAY + timedelta(days=day)
    return Memory(id=content, content=content, created_at=at, observed_at=at, **fields)


def lots(*memories: Memory) -> list[list[str]]:
    """What is said by those that rules see as one."""
    return [[memory.content for memory in lot] for lot in plain_duplicates(memories)]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Lives in Leeds", "lives in LEEDS."),
        ("Has a dog", "Has the dog"),
        ("The user likes tea", "Likes tea"),
        ("Répond en français", "répond en francais"),
        ("好きな色は青", "好きな色は青。"),
    ],
)
def test_the_same_text_is_one(left: str, right: str) -> None:
    """Case, accents, punctuation, articles and the user as subject make no difference."""
    assert lots(said(left), said(right, 1)) == [[left, right]]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Likes tea", "Does not like tea"),
        ("Moved to Leeds", "Moved from Leeds"),
        ("Has 2 cats", "Has 3 cats"),
        ("Was a nurse", "Is a nurse"),
        ("Ana loves Bob", "Bob loves Ana"),
        ("Will visit Rome", "Visited Rome"),
        ("Has a dog", "Has a dog called Rex"),
    ],
)
def test_other_text_is_not_one(left: str, right: str) -> None:
    """One word less, more or elsewhere may be another fact, where no slot says what it is of."""
    assert lots(said(left), said(right, 1)) == []


@pytest.mark.parametrize(
    ("part", "whole", "is_one"),
    [
        ("Lives in York", "Lives in York, near the river", True),
        ("Is allergic to nuts", "Is allergic to nuts and lactose", True),
        ("Plays chess", "Plays chess no longer", False),
        ("Lives in York", "Lives in York until June", False),
        ("Likes tea", "Likes tea only with milk", False),
        ("Works at Acme", "Works at Acme, or did before", False),
        ("Likes dogs", "No longer likes dogs", False),
        ("Lives in York", "Lives in Yorkshire", False),
    ],
)
def test_in_one_slot_the_fuller_statement_holds_the_other(
    part: str, whole: str, *, is_one: bool
) -> None:
    """If it begins with it, and nothing after that turns it round."""
    found = lots(said(part, attribute="slot"), said(whole, 1, attribute="slot"))
    assert found == ([[whole, part]] if is_one else [])
    assert lots(said(part, attribute="slot"), said(whole, 1, attribute="other")) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"agent_id": "cook"},
        {"expires_at": MAY + timedelta(days=9)},
        {"category": "context"},
        {"valid_until": MAY + timedelta(days=9)},
        {"attribute": "hobby"},
    ],
)
def test_what_differs_in_kind_is_not_one(fields: dict[str, Any]) -> None:
    """Another owner or slot, and what passes beside what lasts, though they say the same."""
    left, right = (
        said("Has a dog", attribute="pet"),
        said("has a dog", **{"attribute": "pet"} | fields),
    )
    assert not may_be_one(left, right)
    assert lots(left, right) == []


def test_a_lot_agrees_with_all_of_it() -> None:
    """A statement without a slot joins one lot, not two that differ."""
    one, other = said("Has a dog", attribute="pet"), said("has a dog", 1, attribute="hobby")
    assert lots(one, other, said("Has a dog.", 2)) == [["Has a dog", "Has a dog."]]


def test_groups_are_of_the_nearest_and_bounded() -> None:
    """Chains are cut at the size of a group, the nearest stay together, and order is by age."""
    memories = {name: said(name, day) for day, name in enumerate("abcdefghijklmn")}
    names = sorted(memories)
    near = dict.fromkeys(pairwise(names), 0.8)
    near["m", "n"] = 0.9
    near["a", "n"] = 0.59
    found = [[memory.id for memory in group] for group in groups_of(memories, near)]
    assert found == [list("abcdefgh"), list("ijklmn")]
    assert max(map(len, found)) == GROUP


def test_nobody_is_asked_about_what_may_not_be_merged() -> None:
    """Other agents' memories, unknown ones, and a wish beside a fact are in no group."""
    memories = {
        "wish": said("Answer in German", standing=True),
        "fact": said("Is learning German"),
        "own": said("Is learning German hard", agent_id="tutor"),
    }
    near = {("fact", "wish"): 0.9, ("fact", "own"): 0.9, ("fact", "gone"): 0.9}
    assert groups_of(memories, near) == []


def test_a_merge_keeps_every_number() -> None:
    """A statement without a number of those it replaces is refused, and so is one of two kinds."""
    memories = [said("Ran 5 km"), said("Ran 5 km in 2024")]
    assert fault_of("Ran 5 km in 2024", memories) is None
    assert fault_of("Ran five km in 2024", memories) == "a merge leaves out a number"
    passing = said("Is in Rome", category="context")
    assert fault_of("Is in Rome", [said("Was in Rome"), passing]) is not None


def test_a_key_names_memories_as_they_are() -> None:
    """Whatever their order; another wording is another key."""
    one, other = said("Has a dog"), said("Has a cat")
    assert key_of([one, other]) == key_of([other, one])
    assert key_of([one, other]) != key_of([one, other.model_copy(update={"content": "Has cats"})])
    assert said_words(one) == ("has", "dog")
