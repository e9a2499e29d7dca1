"""What may be stored, for how long, and what applies to every turn."""

from datetime import UTC, datetime, timedelta

import pytest
from langgraph.store.memory import InMemoryStore

from langchain_usermem.errors import DeniedCategoryError, UnknownCategoryError
from langchain_usermem.memory import Candidate, Source
from langchain_usermem.policy import (
    check_allowed,
    check_category,
    expiry_of,
    importance_of,
    is_over,
    is_single_valued,
    is_standing,
    refusal,
    status_of,
)
from langchain_usermem.settings import MemoryPolicy, MemorySettings
from langchain_usermem.user_memory import UserMemory

NOW = datetime(2026, 5, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SETTINGS = MemorySettings()


def candidate(**fields: object) -> Candidate:
    """A candidate with these fields."""
    return Candidate.from_value({"content": "a", **fields})


@pytest.mark.parametrize(
    ("attribute", "single"),
    [
        ("home_city", True),
        ("opinion:coffee", True),
        (":", True),
        ("allergy", False),
        ("pet", False),
        (None, False),
    ],
)
def test_slots_with_one_memory_at_a_time(attribute: str | None, *, single: bool) -> None:
    """Those the settings list, and those that name their object."""
    assert is_single_valued(attribute, SETTINGS) is single


@pytest.mark.parametrize(
    ("fields", "standing"),
    [
        ({}, False),
        ({"category": "identity"}, True),
        ({"attribute": "response_language"}, True),
        ({"attribute": "allergy"}, True),
        ({"attribute": "home_city"}, False),
        ({"category": "identity", "standing": False}, False),
        ({"standing": True}, True),
    ],
)
def test_what_applies_to_every_turn(fields: dict[str, object], *, standing: bool) -> None:
    """What a candidate says itself wins over category and slot."""
    assert is_standing(candidate(**fields), SETTINGS) is standing


@pytest.mark.parametrize(
    ("fields", "importance"),
    [
        ({"explicit": True, "category": "context"}, 0.9),
        ({"category": "identity"}, 0.8),
        ({"category": "preference"}, 0.6),
        ({"category": "fact"}, 0.5),
        ({"category": "hobby"}, 0.5),
        ({"category": "context"}, 0.3),
    ],
)
def test_importance(fields: dict[str, object], importance: float) -> None:
    """What was asked to be remembered matters most, what is short-lived least."""
    assert importance_of(candidate(**fields)) == importance


def test_only_context_ends_by_itself() -> None:
    """It ends days after it was said; what says its own end keeps it."""
    settings = MemorySettings(policy=MemoryPolicy(life_days={"context": 2}))
    assert expiry_of(candidate(), NOW, settings) is None
    assert expiry_of(candidate(category="context"), NOW, settings) == NOW + 2 * DAY
    said = candidate(category="context", observed_at=NOW - DAY)
    assert expiry_of(said, NOW, settings) == NOW + DAY
    own = candidate(category="context", expires_at=NOW + 9 * DAY)
    assert expiry_of(own, NOW, settings) == NOW + 9 * DAY


def test_longest_life_of_context_can_be_added_up() -> None:
    """The longest setting leads to a date, not to an overflow."""
    settings = MemorySettings(policy=MemoryPolicy(life_days={"context": 36_500}))
    assert expiry_of(candidate(category="context"), NOW, settings) == NOW + 36_500 * DAY
    last = candidate(category="context", observed_at=datetime.max.replace(tzinfo=UTC))
    assert expiry_of(last, NOW, settings) is None


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, None),
        ({"confidence": 0.5}, None),
        ({"confidence": 0.49}, "confidence 0.49 is below 0.5"),
        ({"category": "hobby"}, "category 'hobby' is not among the settings' categories"),
        ({"expires_at": NOW}, None),
    ],
)
def test_refusal_says_why(fields: dict[str, object], reason: str | None) -> None:
    """An unknown category and doubt are not stored; what is over is, in the past."""
    assert refusal(candidate(**fields), NOW, SETTINGS) == reason


@pytest.mark.parametrize(
    ("fields", "over"),
    [
        ({"expires_at": NOW}, True),
        ({"expires_at": NOW + DAY}, False),
        ({"category": "context", "observed_at": NOW - 7 * DAY}, True),
        ({"category": "context", "observed_at": NOW - 6 * DAY}, False),
    ],
)
def test_what_an_application_states_is_not_over(fields: dict[str, object], over: bool) -> None:
    """A statement whose life has ended is refused, unless it comes from a conversation."""
    assert is_over(candidate(**fields), NOW, SETTINGS) is over
    reason = "it had expired before it was stored" if over else None
    assert refusal(candidate(**fields), NOW, SETTINGS, source="manual") == reason


def test_unknown_category_names_those_there_are() -> None:
    """An application's own category is known once the settings list it."""
    with pytest.raises(UnknownCategoryError, match="'hobby' is unknown; there are identity, pref"):
        check_category("hobby", SETTINGS)
    check_category("hobby", MemorySettings(categories=("fact", "hobby")))


REVIEWED = MemorySettings(
    categories=("fact", "context", "health", "salary"),
    policy=MemoryPolicy(
        categories={"health": "review", "salary": "deny"}, life_days={"health": 30, "context": None}
    ),
)


def test_categories_are_stored_reviewed_or_denied() -> None:
    """What the policy does not name is stored at once."""
    assert status_of(candidate(), REVIEWED) == "active"
    assert status_of(candidate(category="health"), REVIEWED) == "in_review"
    denied = refusal(candidate(category="salary"), NOW, REVIEWED, source="manual")
    assert denied == "the policy denies category 'salary'"


def test_a_denied_category_names_the_way_out() -> None:
    """The error says what to write into the policy."""
    with pytest.raises(
        DeniedCategoryError, match=r"MemoryPolicy\(categories=\{'salary': 'allow'\}"
    ):
        check_allowed("salary", REVIEWED)
    check_allowed("health", REVIEWED)


def test_categories_live_as_long_as_the_policy_says() -> None:
    """A life may be given to any category, and taken from `context`."""
    assert expiry_of(candidate(category="health"), NOW, REVIEWED) == NOW + 30 * DAY
    assert expiry_of(candidate(category="context"), NOW, REVIEWED) is None
    assert expiry_of(candidate(), NOW, REVIEWED) is None


def test_naming_one_life_leaves_that_of_context() -> None:
    """`context` lives for a week unless it is named itself."""
    policy = MemoryPolicy(life_days={"fact": 90})
    assert [policy.life_of(name) for name in ("context", "fact", "identity")] == [7.0, 90.0, None]


@pytest.mark.parametrize(
    ("fields", "source", "reason"),
    [
        ({}, "chat", "the user did not ask for it to be remembered"),
        ({"explicit": True}, "chat", None),
        ({}, "manual", None),
        ({}, "tool", None),
    ],
)
def test_explicit_only(fields: dict[str, object], source: Source, reason: str | None) -> None:
    """Of conversations only what the user asked for; an application's own statements as ever."""
    settings = MemorySettings(policy=MemoryPolicy(explicit_only=True))
    assert refusal(candidate(**fields), NOW, settings, source=source) == reason


def test_explicit_only_stores_what_was_asked_for_and_rules_for_answers() -> None:
    """The rest of what a user says is skipped with the reason; what they take back is forgotten."""
    settings = MemorySettings(policy=MemoryPolicy(explicit_only=True))
    memory = UserMemory(InMemoryStore(), settings=settings)
    said = "I live in Leeds. Call me Al. Always answer in Spanish. Remember that my sister is Jane."
    report = memory.add(said, user_id="ada")
    kept = ["Prefers to be called Al", "Answer in Spanish", "Sister is called Jane"]
    assert [one.content for one in report.added] == kept
    reason = "the user did not ask for it to be remembered"
    assert [(one.content, one.reason) for one in report.skipped] == [("Lives in Leeds", reason)]
    memory.remember("Is on the free plan", user_id="ada")
    memory.remember_many(["Signed up in May"], user_id="ada", consolidate=True)
    memory.add("Forget about my sister.", user_id="ada")
    left = [one.content for one in memory.list(user_id="ada")]
    assert left == [*kept[:2], "Is on the free plan", "Signed up in May"]
