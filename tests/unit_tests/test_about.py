"""Whom a question is about, against whom a statement is about."""

import pytest

from langchain_usermem.about import asked_of


@pytest.mark.parametrize(
    ("question", "statement"),
    [
        ("Where do I live?", "Sister Jane lives in Oslo"),
        ("Where do I live?", "Her mother Ruth lives in York"),
        ("Where does my uncle live?", "Sister Jane lives in Oslo"),
        ("Wo wohne ich?", "Seine Mutter heißt Ingrid und wohnt in Kiel"),
        ("¿Dónde vivo?", "Su prima Lucía vive en Valencia"),
    ],
)
def test_a_statement_about_another_is_told_apart(question: str, statement: str) -> None:
    """A statement that begins with a person of the user's is about that one."""
    assert asked_of(question).is_about_another(statement)


@pytest.mark.parametrize(
    ("question", "statement"),
    [
        ("Where do I live?", "Lives in Leeds"),
        ("Where do I live?", "Lives with her sister in Leeds"),
        ("Where do I live?", "I and my sister live in Leeds"),
        ("Where does my sister live?", "Sister Jane lives in Oslo"),
        ("Wo wohnt meine Schwester?", "Sister Jane lives in Oslo"),
        ("Where does Jane live?", "Sister Jane lives in Oslo"),
        ("Best places to live?", "Sister Jane lives in Oslo"),
    ],
)
def test_a_statement_may_be_what_is_asked_for(question: str, statement: str) -> None:
    """It is about the user, about the person asked for, or nobody in particular is."""
    assert not asked_of(question).is_about_another(statement)


@pytest.mark.parametrize(
    ("question", "statement", "is_missed"),
    [
        ("What is my cat called?", "Has a beagle called Pepper", True),
        ("What is my dog called?", "Has a beagle called Pepper", False),
        ("What does my husband do?", "Tom cycles to work", True),
        ("What does my husband do?", "Married to Tom, a carpenter", False),
        ("Wie heißt meine Katze?", "Tiene un gato llamado Simón", False),
        ("Where do I live?", "Has a beagle called Pepper", False),
    ],
)
def test_what_a_question_says_is_mine_must_be_mentioned(
    question: str, statement: str, *, is_missed: bool
) -> None:
    """A statement misses the point that names none of what is possessed, in any word for it."""
    assert asked_of(question).misses(statement) == is_missed


def test_a_question_is_the_users_own_or_about_others() -> None:
    """It is of the user if it says "I" or "my" and names nobody of theirs."""
    questions = ("Where do I live?", "Where does my sister live?", "Who is Tom?", "¿Cuánto pago?")
    assert [asked_of(q).is_of_user for q in questions] == [True, False, False, True]


def test_a_stop_word_is_nobody() -> None:
    """The word "nicht" has the stem of "Nichte", and is no niece."""
    assert asked_of("Was mag ich nicht?").people == frozenset()


@pytest.mark.parametrize(
    ("question", "statement", "begins"),
    [
        ("What books has John read?", "John reread The Alchemist", True),
        ("What books has John read?", "Tim asked John for books", False),
        ("Where did Caroline camp?", "08 May 2023, Caroline: we camped by the lake", True),
        ("Where did Caroline camp?", "08 May 2023, Melanie: Caroline, where did you camp?", False),
        ("Where did Caroline camp?", "Thanks, Caroline! We camped by the lake", False),
        ("Where did Caroline camp?", "Caroline, it rained by the lake", False),
        ("¿Qué lee Inés?", "La hermana Inés lee novelas", True),
        ("Which books have I read?", "Books about Rome are what she reads", False),
    ],
)
def test_a_statement_is_about_what_it_begins_with(
    question: str, statement: str, *, begins: bool
) -> None:
    """One of its first two telling words is the question's, which is not about the user."""
    assert asked_of(question).is_subject_of(statement) == begins
