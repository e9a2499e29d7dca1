"""The slots of items as models name them."""

import pytest

from langchain_usermem.items import SLOTS_MEANT, Said, checked
from langchain_usermem.memory import Candidate
from langchain_usermem.settings import MemorySettings
from langchain_usermem.testing import candidate_item
from langchain_usermem.turns import Utterance

SAID = Said([Utterance(role="user", text="I'm a nurse")])
SETTINGS = MemorySettings()


def slot_of(attribute: object, settings: MemorySettings = SETTINGS) -> str | None:
    """The slot of an item that names one."""
    item = candidate_item("Is a nurse", quote="I'm a nurse", attribute=attribute)
    candidate = checked(item, SAID, settings)
    assert isinstance(candidate, Candidate)
    return candidate.attribute


@pytest.mark.parametrize("named", SLOTS_MEANT)
def test_another_name_of_a_slot_is_that_slot(named: str) -> None:
    """What is meant by it is a slot of which a user has one memory, else none would replace it."""
    assert slot_of(named.replace("_", " ").title()) == SLOTS_MEANT[named]
    assert SLOTS_MEANT[named] in SETTINGS.single_valued


def test_a_slot_of_the_application_keeps_its_name() -> None:
    """Where the settings have a job, or no role, nothing else is meant by a job."""
    own = MemorySettings(single_valued=frozenset({"job", "role"}))
    assert slot_of("job", own) == "job"
    assert slot_of("job", MemorySettings(single_valued=frozenset())) == "job"


@pytest.mark.parametrize(
    ("attribute", "slot"), [("  ", None), (7, None), ("Shoe size", "shoe_size")]
)
def test_what_is_no_name_names_no_slot(attribute: object, slot: str | None) -> None:
    """A name that nobody listed stays as it is."""
    assert slot_of(attribute) == slot
