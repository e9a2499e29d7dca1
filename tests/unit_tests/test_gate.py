"""The gate: turns that hold nothing cost no call, and whatever may hold something passes."""

import pytest

from langchain_usermem.gate import MAX_EMPTY_CHARS, ONLY_QUESTIONS, SMALL_TALK, emptiness
from langchain_usermem.turns import Utterance


def judged(text: str, before: str | None = None) -> str | None:
    """What the gate makes of one message after one of the assistant's."""
    context = [Utterance(role="assistant", text=before)] if before else []
    return emptiness([Utterance(role="user", text=text)], context)


@pytest.mark.parametrize(
    "text",
    [
        "hi",
        "Hello!",
        "thanks!",
        "Thank you so much, Jane.",
        "Great, thanks! That helps a lot.",
        "ok",
        "Okay, got it. Bye!",
        "Sounds good, talk to you later!",
        "Wow, Caroline! That's awesome \U0001f389",
        "I'm so happy for you!",
        "I see.",
        "Good night, and good luck with your talk!",
        "Danke schön!",
        "Super, vielen Dank. Bis bald!",
        "Guten Morgen!",
        "Alles klar, ich verstehe.",
        "¡Muchas gracias!",
        "Perfecto, hasta mañana.",
        "Buenos días",
        "Merci beaucoup !",
        "D'accord, c'est parfait.",
        "Bonjour, s'il vous plaît",
    ],
)
def test_small_talk_holds_nothing(text: str) -> None:
    """Thanks, greetings, acknowledgements and compliments in four languages cost no call."""
    assert judged(text) == SMALL_TALK


@pytest.mark.parametrize(
    "text",
    [
        "what's the weather?",
        "What is 2 + 2?",
        "How are you?",
        "Can you tell me how photosynthesis works?",
        "Any other ideas?",
        "Wie wird das Wetter morgen?",
        "¿Qué tiempo hace hoy?",
        "Quelle heure est-il ?",
    ],
)
def test_bare_questions_hold_nothing(text: str) -> None:
    """What asks, and says nothing of who asks, costs no call."""
    assert judged(text) == ONLY_QUESTIONS


@pytest.mark.parametrize(
    "text",
    [
        "I live in Leeds.",
        "I need a job",
        "I'm moving",
        "Leeds",
        "Vegan, please.",
        "Thanks! My sister loved it.",
        "What can I cook without nuts?",
        "Where should we go with our dog?",
        "Can you always answer in French?",
        "Could you be more concise?",
        "Can you speak German?",
        "Will you remember that Jane is vegan?",
        "Could you forget the old address?",
        "It's Ada",
        "Hello, it is Ada.",
        "this is Ada",
        "It was Oslo",
        "Do it like that next time",
        "Would you keep that in mind?",
        "Be nice",
        "I got the job!",
        "Keep it short!",
        "Please be brief.",
        "That's wrong.",
        "Great, the operation went well!",
        "Your answers are great but too long",
        "Great, because Jane moved out",
        "We're good.",
        "Ich wohne in Leeds.",
        "Was darf ich bei Zöliakie essen?",
        "Sprichst du Deutsch?",
        "Antworte immer auf Deutsch!",
        "Tengo un perro.",
        "¿Qué puedo cocinar sin gluten?",
        "Vivo en Leeds",
        "J'habite à Leeds.",
        "Que dois-je cuisiner pour mes enfants ?",
        "Onde posso comer?",
        "Moro em Lisboa.",
        "我住在东京",
        "Живу в Москве",
        "\U0001f389",
        "",
    ],
)
def test_what_may_hold_something_passes(text: str) -> None:
    """A first person, a lasting wish, an unknown word or an unknown language is looked at."""
    assert judged(text) is None


@pytest.mark.parametrize("text", ["Leeds.", "yes", "Sure!", "Genau", "No", "Great", "Never"])
def test_after_a_question_an_answer_passes(text: str) -> None:
    """A short answer says what was asked about; manners and questions still say nothing."""
    question = "Shall I note that you are vegan?"
    assert judged(text, question) is None
    assert judged("Thanks, Jane!", question) == SMALL_TALK
    assert judged("What do you mean?", question) == ONLY_QUESTIONS


def test_an_answer_within_the_same_conversation_passes() -> None:
    """Each message of the user is held against the one before it."""
    said = [
        Utterance(role="user", text="hi"),
        Utterance(role="assistant", text="Do you live in Leeds?"),
        Utterance(role="user", text="yes"),
    ]
    assert emptiness(said) is None
    assert emptiness(said[:2]) == SMALL_TALK
    assert emptiness(said[1:2]) is None


def test_a_question_among_small_talk_is_told_as_such() -> None:
    """Several messages that all hold nothing give one reason."""
    said = [Utterance(role="user", text=text) for text in ("thanks!", "What else is there?")]
    assert emptiness(said) == ONLY_QUESTIONS


def test_long_messages_pass() -> None:
    """Nobody writes so much to say nothing."""
    assert judged("great " * (MAX_EMPTY_CHARS // 6)) == SMALL_TALK
    assert judged("great " * (MAX_EMPTY_CHARS // 6 + 1)) is None
