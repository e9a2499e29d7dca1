"""Times that are named by what happened."""

import pytest

from langchain_usermem import UserMemory
from langchain_usermem.events import Event, event_of

MEMORIES = [
    ("Lives in York", "home_city", "2024-01-01"),
    ("Works as a baker", "role", "2024-01-02"),
    ("Plays squash with Ann", None, "2024-03-01"),
    ("Lives in Leeds", "home_city", "2025-05-01"),
    ("Works as a nurse", "role", "2025-06-01"),
    ("Plays chess with Tom", None, "2025-07-01"),
]


@pytest.fixture
def memory() -> UserMemory:
    """What Ada said over two years; the newer home and job took the place of the older."""
    memory = UserMemory(":memory:", user_id="ada")
    for content, attribute, day in MEMORIES:
        memory.remember(content, attribute=attribute, observed_at=day)
    return memory


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("Where did I live before I moved?", "Lives in York"),
        ("Before I moved, where did I work?", "Works as a baker"),
        ("What did I play before I moved to Leeds?", "Plays squash with Ann"),
        ("What did I play after I changed jobs?", "Plays chess with Tom"),
        ("What have I played since moving?", "Plays chess with Tom"),
        ("Wo wohnte ich, bevor ich umgezogen bin?", "Lives in York"),
        ("¿Dónde vivía antes de mudarme?", "Lives in York"),
        ("Where do I live?", "Lives in Leeds"),
    ],
)
def test_an_event_is_when_its_memory_began(memory: UserMemory, query: str, first: str) -> None:
    """What was said or held on that side of it comes first, what was superseded since included."""
    assert memory.search(query)[0].memory.content == first


def test_an_event_that_nobody_remembers_changes_nothing(memory: UserMemory) -> None:
    """The query is then asked as it is, of what holds now: too little of it is in any memory."""
    assert memory.search("Where did I live before I won the lottery?") == []
    found = memory.search("Where did I live before I won the lottery?", floor=0, limit=9)
    assert {one.memory.status for one in found} == {"active"}


def test_what_was_forgotten_stays_so(memory: UserMemory) -> None:
    """A time before does not bring back what the user had forgotten."""
    memory.forget("York")
    found = memory.search("Where did I live before I moved?")
    assert "Lives in York" not in [one.memory.content for one in found]


@pytest.mark.parametrize(
    "query", ["Before I moved", "What comes before May?", "How do I look after my dog?", "after"]
)
def test_no_event_is_named(query: str) -> None:
    """A clause alone asks nothing, and a month or a phrase is no event."""
    assert event_of(query) is None


def test_both_parts_of_a_query_are_kept() -> None:
    """The clause says when, the rest what is asked."""
    asked = event_of("Nachdem ich heiratete, wo wohnte ich?")
    assert asked == Event("ich heiratete", "wo wohnte ich?", is_before=False)
