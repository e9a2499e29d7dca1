"""What comes before the deciding model by default; the pairs of one set were looked at for it."""

from collections import Counter
from functools import cache

import pytest

from langchain_usermem.settings import MemorySettings

from .contradictions import figures_of, judged, memories_of_others, pairs_of, seen_amid

SETS = ("tuned", "heldout")


@cache
def figures(name: str) -> dict[str, float]:
    """What becomes of a set with every default as shipped."""
    return figures_of(judged(pairs_of(name), MemorySettings()))


@pytest.mark.parametrize("name", SETS)
def test_a_set_holds_as_many_changes_as_it_says(name: str) -> None:
    """There are 19 changes, 10 repeats and additions, and 20 statements about something else."""
    kinds = Counter(pair.kind for pair in pairs_of(name))
    assert kinds == {"supersede": 19, "confirm": 6, "update": 4, "unrelated": 20}


@pytest.mark.parametrize("name", SETS)
def test_changes_in_other_words_are_seen(name: str) -> None:
    """At most one change in a set, and no repeat, is added without a look at what it ends."""
    assert figures(name)["supersede"] >= 18 / 19
    assert figures(name)["confirm"] == figures(name)["update"] == 1.0


@pytest.mark.parametrize("name", SETS)
def test_few_unrelated_statements_cost_a_question(name: str) -> None:
    """Less than a third of what is about nothing that is stored is asked about."""
    assert figures(name)["unrelated"] <= 0.3


@pytest.mark.parametrize(("name", "seen"), [("tuned", 23), ("heldout", 25)])
def test_what_a_user_changes_in_their_own_words_is_seen(name: str, seen: int) -> None:
    """Of 29 stored statements amid 359 others, so many are shown to a model by its two calls."""
    others = memories_of_others()
    assert len(others) == 359
    found = seen_amid(name, others, MemorySettings())
    assert found["shown"] + found["asked"] >= seen


def test_a_higher_floor_would_lose_half_the_changes() -> None:
    """Where 0.33 was the least relevance asked about, 8 of 19 unforeseen changes were seen."""
    found = figures_of(judged(pairs_of("heldout"), MemorySettings(neighbour_floor=0.33)))
    assert round(found["supersede"] * 19) == 8
