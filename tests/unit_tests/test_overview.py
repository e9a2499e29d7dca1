"""Questions about the user as such are told from those about something of theirs."""

import pytest

from langchain_usermem.overview import is_about_everything


@pytest.mark.parametrize(
    "text",
    [
        "What do you know about me?",
        "So, what exactly do you remember about me so far?",
        "Tell me everything you know about me.",
        "WHO AM I?",
        "I want to know everything you know about me",
        "What is known about me?",
        "everything about the user",
        "profile of this user",
        "Was weißt du über mich?",
        "Was hast du dir über mich gemerkt?",
        "Wer bin ich?",
        "¿Qué sabes de mí?",
        "¿Qué recuerdas sobre mí?",
    ],
)
def test_all_that_is_known_is_asked_for(text: str) -> None:
    """In three languages, and in the words of an agent that asks its tool."""
    assert is_about_everything(text)


@pytest.mark.parametrize(
    "text",
    [
        "Who am I married to?",
        "What do you know about my sister?",
        "What do you know about monads?",
        "Do you remember me?",
        "What do you know about me and Jane?",
        "What does Maria know about me?",
        "Which of my friends know about me?",
        "Everyone at work gossips all day about me",
        "Tell me all about us",
        "I told her all about me",
        "Remember all of my friends are vegetarians",
        "Wer bin ich im Vergleich zu Anna?",
        "¿Qué sabes de mi hermana?",
        "I told them all about me and my family, and then " + "we talked on " * 5,
        "",
    ],
)
def test_something_of_theirs_is_no_overview(text: str) -> None:
    """A question that names what it is about is left to recall."""
    assert not is_about_everything(text)
