"""What an extractor is told is stored already."""

from datetime import UTC, datetime

from langchain_usermem.known import MAX_QUERIES, known_of, parts_of
from langchain_usermem.namespaces import user_namespace
from langchain_usermem.settings import MemorySettings
from langchain_usermem.steps import run
from langchain_usermem.turns import Turn, Utterance
from langchain_usermem.user_memory import UserMemory

NOW = datetime(2026, 5, 1, tzinfo=UTC)
CHATTER = "The weather report on the radio took far longer than anybody had expected it to take."


def turns(*texts: str) -> list[Turn]:
    """What a user said, a turn each."""
    return [Turn(utterances=(Utterance(role="user", text=text),)) for text in texts]


def known(memory: UserMemory, *texts: str, settings: MemorySettings | None = None) -> list[str]:
    """The statements that are known of a conversation."""
    where = (memory.store, user_namespace("ada"), turns(*texts), NOW)
    return [one.content for one in run(known_of(*where, settings or memory.settings))]


def test_what_a_long_conversation_touches_on_is_known() -> None:
    """One sentence among twenty turns finds the memory that it changes, first of all."""
    memory = UserMemory(":memory:", user_id="ada")
    memory.remember_many(["Has a beagle called Pepper", "Drives a Yaris", "Plays chess"])
    said = [CHATTER] * 19 + ["We had to say goodbye to Pepper, our beagle, last week."]
    few = MemorySettings(known=1)
    assert "Has a beagle called Pepper" in known(memory, *said, settings=few)


def test_the_profile_is_always_known() -> None:
    """How to answer is near no sentence, and stands first, once."""
    memory = UserMemory(":memory:", user_id="ada")
    memory.remember("Drives a Yaris")
    memory.remember("Answer in German", attribute="response_language")
    assert known(memory, "From now on in English, please.", "I drive the Yaris.") == [
        "Answer in German",
        "Drives a Yaris",
    ]


def test_of_several_turns_twice_as_many_are_known_at_most() -> None:
    """However many parts a conversation has; nothing is known of a new user."""
    memory = UserMemory(":memory:", user_id="ada")
    assert known(memory, "Hello") == []
    memory.remember_many([f"Has been to town {number}" for number in range(99)])
    towns = [f"Town {number}" for number in range(30)]
    assert len(set(known(memory, "Town 7"))) == MemorySettings().known
    assert len(set(known(memory, *towns))) == 2 * MemorySettings().known


def test_a_conversation_is_searched_with_in_few_parts() -> None:
    """Each turn by itself as far as that goes, then several together; nothing is left out."""
    assert parts_of(turns("a", "b")) == ["a", "b"]
    assert parts_of(turns(*"abcdefghij")) == ["a\nb", "c\nd", "e\nf", "g\nh", "i\nj"]
    assert len(parts_of(turns(*["x"] * 200))) == MAX_QUERIES
    assert parts_of([]) == []
