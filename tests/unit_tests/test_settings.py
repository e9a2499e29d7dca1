"""Settings that cannot work are refused when they are made."""

import math
from typing import Any

import pytest
from pydantic import ValidationError

from langchain_usermem.memory import CATEGORIES
from langchain_usermem.settings import (
    SINGLE_VALUED_ATTRIBUTES,
    STANDING_ATTRIBUTES,
    MemoryPolicy,
    MemorySettings,
    RankingWeights,
)


@pytest.mark.parametrize(
    "fields",
    [
        {"recall_limit": 0},
        {"recall_tokens": -1},
        {"profile_tokens": 0},
        {"neighbours": 0},
        {"max_changes": 0},
        {"min_confidence": 1.5},
        {"neighbour_floor": math.nan},
        {"policy": {"life_days": {"context": 0}}},
        {"policy": {"life_days": {"context": math.inf}}},
        {"policy": {"life_days": {"context": math.nan}}},
        {"policy": {"life_days": {"context": 36_501}}},
        {"policy": {"categories": {"fact": "ask"}}},
        {"policy": {"max_memories": 0}},
        {"policy": {"max_by_category": {"fact": 0}}},
        {"policy": {"explicit": True}},
        {"forget_grace_days": -1},
        {"turn_days": 0.5},
        {"forget_grace_days": math.inf},
        {"categories": "fact"},
        {"weights": {"floor": 2}},
        {"recal_limit": 3},
        {"weights": {"keyword": 1.0}},
    ],
)
def test_setting_out_of_range_is_refused(fields: dict[str, object]) -> None:
    """No setting fails only when the first memory is written."""
    with pytest.raises(ValidationError):
        MemorySettings.from_value(fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"similarity": -0.1},
        {"similarity": math.inf},
        {"keywords": math.nan},
        {"similarity_scale": 0},
        {"similarity_scale": math.inf},
        {"floor": -0.1},
        {"floor_share": 1.1},
        {"similarity": 0, "keywords": 0},
        {"keyword": 1.0},
    ],
)
def test_weights_that_rank_nothing_are_refused(fields: dict[str, float]) -> None:
    """Weights are finite, not negative, and at least one counts."""
    with pytest.raises(ValidationError):
        RankingWeights.from_value(fields)


def test_a_name_that_is_no_setting_is_said() -> None:
    """A slip of the pen does not pass as the default."""
    misspelt: Any = {"recal_limit": 3}
    with pytest.raises(ValidationError, match=r"recal_limit\n.*not permitted"):
        MemorySettings(**misspelt)
    with pytest.raises(ValidationError, match=r"recal_limit\n.*not permitted"):
        RankingWeights(**misspelt)


def test_one_signal_may_be_turned_off() -> None:
    """Either weight may be 0 while the other is not."""
    assert RankingWeights(similarity=0).keywords > 0
    assert RankingWeights(keywords=0).similarity > 0


def test_defaults() -> None:
    """The defaults are those that the measurements were made with."""
    settings = MemorySettings()
    assert settings.categories == CATEGORIES
    assert settings.weights == RankingWeights()
    assert (settings.recall_limit, settings.recall_tokens, settings.profile_tokens) == (5, 600, 400)
    assert (settings.policy.life_of("context"), settings.forget_grace_days) == (7.0, 7.0)


def test_language_is_standing_and_single_valued() -> None:
    """How to answer applies to every turn, one wish at a time; allergies add up."""
    assert {"response_language", "preferred_name"} <= STANDING_ATTRIBUTES & SINGLE_VALUED_ATTRIBUTES
    assert "allergy" in STANDING_ATTRIBUTES - SINGLE_VALUED_ATTRIBUTES


def test_settings_are_written_the_same_each_time() -> None:
    """Sets of attributes are sorted in JSON, so that two files of settings can be compared."""
    written = MemorySettings().model_dump(mode="json")
    assert written["standing"] == sorted(STANDING_ATTRIBUTES)
    assert written["single_valued"] == sorted(SINGLE_VALUED_ATTRIBUTES)
    assert MemorySettings.model_validate(written) == MemorySettings()
    assert MemorySettings().model_dump()["standing"] == STANDING_ATTRIBUTES


def test_fence_key_is_not_shown() -> None:
    """Printing settings does not give the secret away."""
    assert "hidden" not in repr(MemorySettings(fence_key="hidden"))


@pytest.mark.parametrize(("root", "message"), [("", "root is empty"), ("langgraph", "LangGraph's")])
def test_a_root_that_no_store_takes_is_refused(root: str, message: str) -> None:
    """The mistake shows where it is made, not at the first write."""
    with pytest.raises(ValidationError, match=message):
        MemorySettings(root=root)


def test_the_fence_key_is_not_written_out() -> None:
    """A secret goes neither into JSON nor into a representation."""
    settings = MemorySettings(fence_key="hush")
    assert "hush" not in f"{settings!r} {settings.to_value()}"


@pytest.mark.parametrize(
    "policy",
    [
        {"categories": {"gossip": "deny"}},
        {"life_days": {"gossip": 1}},
        {"max_by_category": {"gossip": 1}},
    ],
)
def test_a_policy_on_an_unknown_category_is_refused(policy: dict[str, object]) -> None:
    """The error names it, those there are, and where to add it; an added one is fine."""
    with pytest.raises(ValidationError, match=r"'gossip'.*identity, .*MemorySettings\(categories="):
        MemorySettings.from_value({"policy": policy})
    known = [*CATEGORIES, "gossip"]
    MemorySettings.from_value({"policy": policy, "categories": known})


def test_settings_go_to_json_and_back() -> None:
    """A life without end is not lost on the way."""
    policy = MemoryPolicy(categories={"system": "review"}, life_days={"context": None})
    settings = MemorySettings(policy=policy, categories=("context", "system"))
    assert MemorySettings.from_value(settings.to_value()) == settings
    assert settings.policy.life_of("context") is None


def test_categories_without_context_need_no_policy() -> None:
    """The life that `context` has by default asks for no category of that name."""
    assert MemorySettings(categories=("hobby",)).policy == MemoryPolicy()
