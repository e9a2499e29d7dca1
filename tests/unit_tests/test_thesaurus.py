"""Words of one meaning, words that hint at another, and who is somebody's."""

import pytest

from langchain_usermem.synonyms import SYNONYMS
from langchain_usermem.text import STOP_WORDS, fold, indexed_ids, term_ids
from langchain_usermem.thesaurus import IDIOMS, hints_of, meaning_of, people


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("movies", "film"),
        ("bought", "buying"),
        ("wohnt", "wohne"),
        ("wohnt", "lives"),
        ("nacio", "geboren"),
        ("alergica", "allergies"),
        ("lunes", "mondays"),
    ],
)
def test_words_of_one_meaning_are_one(word: str, other: str) -> None:
    """Forms of a word, synonyms and translations share a meaning."""
    assert meaning_of(word) == meaning_of(other)


@pytest.mark.parametrize("pair", ["dog cat", "sister brother", "hate like", "monday tuesday"])
def test_words_of_different_meaning_stay_two(pair: str) -> None:
    """What could be mistaken for one another is kept apart."""
    one, other = map(meaning_of, pair.split())
    assert one != other


def test_a_word_that_is_not_listed_means_itself() -> None:
    """Its meaning is its stem, and it hints at nothing."""
    assert (meaning_of("telescopes"), hints_of("telescopes")) == ("telescop", ())


def test_the_words_are_folded() -> None:
    """No synonym or idiom is written as no text would be compared."""
    for text in (SYNONYMS, *IDIOMS):
        assert fold(text) == text


def test_no_synonym_is_dropped_as_a_stop_word() -> None:
    """What is listed can be found."""
    assert set(SYNONYMS.split()) & STOP_WORDS == set()


def test_hints_are_for_what_is_searched_alone() -> None:
    """A beagle is found by "dog", and asking for a beagle does not ask for any dog."""
    (dog,) = term_ids("dog")
    assert dog in indexed_ids("a beagle")
    assert dog not in term_ids("a beagle")


def test_a_compound_hints_at_its_end() -> None:
    """German writes the bread behind the sourdough as one word."""
    assert hints_of("sauerteigbrot") == (meaning_of("bread"),)


def test_a_favourite_is_cut_off() -> None:
    """Lieblingsessen is a favourite food: both words of it count."""
    assert term_ids("Lieblingsessen") == term_ids("Lieblings Essen")


def test_an_idiom_means_as_a_whole() -> None:
    """What somebody does for a living is a profession, not a life."""
    assert term_ids("What do I do for a living?") == term_ids("profession")


def test_people_are_found_in_three_languages() -> None:
    """A relation is a person in each of them."""
    assert {meaning_of(word) for word in ("mum", "mutter", "madre")} == {meaning_of("mother")}
    assert meaning_of("mother") in people()
