"""What rules decide on what has the slot of a candidate, and what they leave to a model."""

from datetime import UTC, datetime, timedelta

import pytest

from langchain_usermem.memory import Candidate, Memory, Recalled
from langchain_usermem.settings import (
    KINDRED_ATTRIBUTES,
    REPLACED_ATTRIBUTES,
    MemorySettings,
)
from langchain_usermem.testing import ScriptedChatModel, candidate_item
from langchain_usermem.user_memory import UserMemory
from langchain_usermem.verdicts import rule_verdict, unasked_verdict

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
SETTINGS = MemorySettings()
NURSE = Recalled(
    memory=Memory(id="nurse", content="Works as a nurse", attribute="role", observed_at=NOON),
    score=0.0,
)
TAXI = Candidate(content="Drives a taxi on Saturdays", attribute="role", observed_at=NOON)


def test_a_slot_that_may_hold_more_is_a_question() -> None:
    """A second job does not end the first; where nobody can be asked, the newer one stays."""
    assert rule_verdict(TAXI, [NURSE], SETTINGS) is None
    unasked = unasked_verdict(TAXI, [NURSE], SETTINGS)
    assert (unasked.action, unasked.targets) == ("supersede", (NURSE.memory,))
    assert unasked_verdict(TAXI, [], SETTINGS).action == "add"


def test_what_is_corrected_in_a_slot_is_no_question() -> None:
    """The user says that it replaces something; of several in the slot, a model tells which."""
    corrects = TAXI.model_copy(update={"corrects": True})
    verdict = rule_verdict(corrects, [NURSE], SETTINGS)
    assert verdict is not None
    assert verdict.action == "supersede"
    singer = NURSE.memory.model_copy(update={"content": "Sings in bars"})
    both = [NURSE, Recalled(memory=singer, score=0.0)]
    assert rule_verdict(corrects, both, SETTINGS) is None


def test_a_corrected_rule_for_answers_is_a_question() -> None:
    """What it corrects may be another rule than the one that is known."""
    emojis = Memory(content="No emojis", attribute="response_format", observed_at=NOON)
    tables = Candidate(
        content="Tables, not bullets", attribute="response_format", corrects=True, observed_at=NOON
    )
    assert rule_verdict(tables, [Recalled(memory=emojis, score=0.0)], SETTINGS) is None


@pytest.mark.parametrize("action", ["confirm", "update"])
def test_what_says_it_already_takes_its_slot(action: str) -> None:
    """A home that is said again in a plain fact is replaced by the next one, and in the profile."""
    fold = {"item": 0, "action": action, "memories": [0], "content": "Bought a house in Otley"}
    home = candidate_item("Lives in Otley", attribute="home_city", category="identity")
    told = [{"memories": [home]}, {"decisions": [fold]}]
    memory = UserMemory(":memory:", ScriptedChatModel(structured=told), user_id="ada")
    memory.remember("Bought a house in Otley")
    memory.add("Lives in Otley")
    (kept,) = memory.profile()
    assert (kept.content, kept.attribute) == ("Bought a house in Otley", "home_city")
    memory.remember("Lives in York", attribute="home_city")
    assert [one.content for one in memory.list()] == ["Lives in York"]


def test_what_was_said_before_it_in_a_slot_is_no_question() -> None:
    """An older statement belongs to the past, whatever it says."""
    older = TAXI.model_copy(update={"observed_at": NOON - timedelta(days=9)})
    verdict = rule_verdict(older, [NURSE], SETTINGS)
    assert verdict is not None
    assert verdict.action == "archive"


@pytest.mark.parametrize("attribute", sorted(REPLACED_ATTRIBUTES))
def test_some_slots_are_replaced_outright(attribute: str) -> None:
    """Two statements of a home, an age or a language are two values."""
    memory = Memory(content="One", attribute=attribute, observed_at=NOON)
    candidate = Candidate(content="Other", attribute=attribute, observed_at=NOON)
    verdict = rule_verdict(candidate, [Recalled(memory=memory, score=0.0)], SETTINGS)
    assert verdict is not None
    assert verdict.action == "supersede"
    assert attribute in SETTINGS.single_valued


@pytest.mark.parametrize("slots", KINDRED_ATTRIBUTES)
def test_a_kindred_slot_is_a_question(slots: frozenset[str]) -> None:
    """One conversation's employer is another's role, however unlike the words are."""
    one, other = sorted(slots)
    memory = Memory(content="Teaches at Moor Lane", attribute=one, observed_at=NOON)
    candidate = Candidate(content="Joined the BBC", attribute=other, observed_at=NOON)
    assert rule_verdict(candidate, [Recalled(memory=memory, score=0.0)], SETTINGS) is None
    apart = Candidate(content="Joined the BBC", attribute="birthday", observed_at=NOON)
    verdict = rule_verdict(apart, [Recalled(memory=memory, score=0.0)], SETTINGS)
    assert verdict is not None
    assert verdict.action == "add"


def test_what_takes_something_back_looks_at_all_that_is_there() -> None:
    """A correction in other words shares none with what it corrects."""
    memory = Memory(content="Has a beagle", observed_at=NOON)
    near = [Recalled(memory=memory, score=0.0)]
    unlike = Candidate(content="Gave Pepper away", observed_at=NOON)
    verdict = rule_verdict(unlike, near, SETTINGS)
    assert verdict is not None
    assert verdict.action == "add"
    assert rule_verdict(unlike.model_copy(update={"corrects": True}), near, SETTINGS) is None


def test_two_jobs_of_one_message_both_stay() -> None:
    """They are shown to the model beside each other, with their slot."""
    said = "I'm a nurse, and I drive a taxi on Saturdays."
    jobs = [
        candidate_item("Works as a nurse", attribute="role", quote="I'm a nurse"),
        candidate_item("Drives a taxi on Saturdays", attribute="role", quote="drive a taxi"),
    ]
    add = {"item": 0, "action": "add", "memories": [], "content": None}
    model = ScriptedChatModel(structured=[{"memories": jobs}, {"decisions": [add]}])
    memory = UserMemory(":memory:", model, user_id="ada")
    memory.add(said)
    assert {one.content for one in memory.list()} == {job["content"] for job in jobs}
    assert ', slot "role"): "Works as a nurse"' in str(model.structured_prompts[1][-1].text)


def test_what_fills_a_slot_is_shown_before_what_is_near() -> None:
    """A model that looks at one neighbour only looks at that one."""
    settings = MemorySettings(neighbours=1)
    model = ScriptedChatModel(
        structured=[
            {"memories": [candidate_item("Joined a choir as a tenor", attribute="employer")]},
            {"decisions": [{"item": 0, "action": "add", "memories": [], "content": None}]},
        ]
    )
    memory = UserMemory(":memory:", model, user_id="ada", settings=settings)
    memory.remember("Works as a nurse", attribute="role")
    memory.remember("Sings in a choir")
    memory.add("Joined a choir as a tenor")
    assert "[0] (said " in str(model.structured_prompts[1][-1].text)
    assert "Works as a nurse" in str(model.structured_prompts[1][-1].text)
