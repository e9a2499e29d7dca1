"""Words in different forms, told by their letters alone."""

import pytest

from langchain_usermem.about import asked_of, told_of
from langchain_usermem.forms import in_other_forms, is_form_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("stehe", "steht"),
        ("hore", "hort"),
        ("trabajo", "trabajan"),
        ("abend", "abendessen"),
        ("nachname", "name"),
        ("aubergine", "aubergines"),
    ],
)
def test_forms_of_one_word(one: str, other: str) -> None:
    """They begin alike, or one is a part of the other, whichever stands first."""
    assert is_form_of(one, other)
    assert is_form_of(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("cat", "car"),
        ("water", "sweater"),
        ("cat", "caterpillar"),
        ("sister", "mister"),
        ("2024", "2025"),
        ("conversation", "converter"),
    ],
)
def test_words_that_only_look_alike(one: str, other: str) -> None:
    """They differ where they begin, too early or in too much; numbers are never forms."""
    assert not is_form_of(one, other)


def test_a_statement_has_what_is_asked_in_another_form() -> None:
    """Of "stehe" and "früh" one statement has one in another form, the other none."""
    statements = [told_of("Steht um fünf auf"), told_of("Spielt Geige")]
    assert in_other_forms(asked_of("Wie früh stehe ich auf?"), statements) == [0.5, 0.0]


def test_a_word_that_is_there_is_not_looked_for_in_other_forms() -> None:
    """Where a statement says "work", "workshop" in another is not what was meant."""
    statements = [told_of("Does shift work"), told_of("Rents a workshop")]
    assert in_other_forms(asked_of("What work do I do?"), statements) == [0.0, 0.0]


def test_a_question_without_telling_words_has_no_forms() -> None:
    """Nothing is divided by nothing."""
    assert in_other_forms(asked_of("Who am I?"), [told_of("Is a nurse")]) == [0.0]
