"""Words of many scripts, and stems that threads can share."""

import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest
import Stemmer
from hypothesis import given
from hypothesis import strategies as st

from langchain_usermem.text import (
    STOP_WORDS,
    comparable,
    fold,
    same_text,
    stems,
    term_ids,
    words,
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        (" .,!? 👍 \ud800", []),
        ("Where's Ada?", ["where", "ada"]),
        ("Ada\u2019s dog doesn't bark", ["ada", "dog", "doesn", "bark"]),
        ("O'Brien, d'Arcy", ["o", "brien", "d", "arcy"]),
        ("l'école, J'habite", ["l", "ecole", "j", "habite"]),
        ("e-mail snake_case", ["e", "mail", "snake", "case"]),
        ("C++ C# C a+b #tag", ["c++", "c#", "c", "a", "b", "tag"]),
        ("Straße ﬁt ℡ ½", ["strasse", "fit", "tel", "1", "2"]),
        ("Ёлка Ωραίος", ["елка", "ωραιοσ"]),
        ("東京都に住む", ["東京", "京都", "都に", "に住", "住む"]),
        ("犬 and cat", ["犬", "and", "cat"]),
        ("人々", ["人々"]),
        ("ｶﾞｽ", ["カス"]),
        ("한국어 공부", ["한국어", "공부"]),
        ("ไทย", ["ไท", "ทย"]),
        ("ລາວ", ["ລາ", "າວ"]),
        ("भाषा। हिन्दी", ["भाषा", "हिनदी"]),
        ("தமிழ் மொழி", ["தமிழ", "மொழி"]),
        ("السَّلام", ["السلام"]),
        ("3.14 1,000", ["3", "14", "1", "000"]),
    ],
)
def test_words_of(text: str, found: list[str]) -> None:
    """Words are cut, folded and kept in order in any script."""
    assert words(text) == found


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Café CRÈME", "cafe creme"),
        ("İstanbul", "istanbul"),
        ("STRASSE ẞ ß", "strasse ss ss"),
        ("\U0001d400\U0001d41d\U0001d41a ㎅ Ⓐ", "ada kb a"),
        ("\uff21\uff44\uff41", "ada"),
        ("\ud800A", "\ud800a"),
    ],
)
def test_fold(text: str, folded: str) -> None:
    """Case, accents and the width or weight of letters are gone."""
    assert fold(text) == folded


@given(st.text(max_size=40))
def test_folding_twice_changes_nothing(text: str) -> None:
    """A folded text is its own folded form."""
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=40))
def test_unicode_forms_of_a_text_are_the_same_words(text: str) -> None:
    """Composed and decomposed text have the same stems."""
    assert stems(unicodedata.normalize("NFD", text)) == stems(unicodedata.normalize("NFC", text))


@given(st.text(max_size=40))
def test_stems_are_words_without_stop_words(text: str) -> None:
    """Each stem is that of a word, by a stemmer of its own, in order."""
    stemmer = Stemmer.Stemmer("english")
    kept = [word for word in words(text) if word not in STOP_WORDS]
    assert stems(text) == stemmer.stemWords(kept)


def test_stop_words_hold_nothing_that_means_something_in_english() -> None:
    """A son who will die with a hat on keeps his words."""
    assert not {"son", "die", "hat", "mine", "sin", "war"} & STOP_WORDS
    assert stems("the son, el hijo, le fils, der Sohn") == ["son", "hijo", "fil", "sohn"]


def test_two_threads_stem_as_one_does() -> None:
    """Stemmers are not shared between threads, so that results do not depend on them."""
    texts = [f"running{n} retrievers{n} living quickly{n}" for n in range(400)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(stems, texts))
    stemmer = Stemmer.Stemmer("english")
    assert found == [stemmer.stemWords(text.split()) for text in texts]


def test_term_ids_are_stable() -> None:
    """Hashes of stems are 64 bits, the same on any machine and in any version."""
    assert term_ids("golden retrievers, golden") == [
        5_434_833_403_847_302_432,
        18_098_960_958_743_973_099,
        5_434_833_403_847_302_432,
    ]


@given(st.text(max_size=40))
def test_one_term_id_a_stem(text: str) -> None:
    """Ids are as many as stems where no idiom, which has spaces, stands for another word."""
    text = "".join(text.split())
    ids, found = term_ids(text), stems(text)
    assert len(ids) == len(found)
    assert len(set(ids)) <= len(set(found))
    assert all(0 <= term < 2**64 for term in ids)


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("Lives in Leeds", " lives  in LEEDS. ", True),
        ("Café", "cafe", True),
        ("東京", "東京!", True),
        ("", "  ", True),
        ("?", "!", False),
        ("😀", "😢", False),
        ("Likes C", "Likes C++", False),
        ("Likes C", "Likes C#", False),
        ("1.5 mg", "15 mg", False),
        ("Lives in Leeds", "Lived in Leeds", False),
    ],
)
def test_same_text(left: str, right: str, *, same: bool) -> None:
    """Case, accents, spacing and punctuation do not tell texts apart; names of languages do."""
    assert same_text(left, right) is same
    assert same_text(right, left) is same


@given(st.text(max_size=40))
def test_text_is_comparable_to_its_comparable_form(text: str) -> None:
    """The reduced form of a text is the same text."""
    assert same_text(comparable(text), text)


def test_a_word_of_any_length_is_a_word() -> None:
    """A megabyte without a space costs no more than its length."""
    assert stems("x" * 1_000_000) == ["x" * 1_000_000]


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_plain_text_is_cut_as_any_other(text: str) -> None:
    """The short way for ASCII finds what the long way, which one accent brings about, finds."""
    assert fold(f"{text} \u00e9") == f"{fold(text)} e"
    assert words(f"{text} \u00e9") == [*words(text), "e"]
    assert term_ids(f"{text} \u00e9") == [*term_ids(text), *term_ids("\u00e9")]


def test_what_denies_is_kept_in_every_language() -> None:
    """Function words of three languages say nothing; "kein Auto" is not "Auto"."""
    assert stems("für meinen, nach unserer; sobre otras, según usted") == []
    assert STOP_WORDS.isdisjoint({"kein", "keine", "nie", "nichts", "ohne", "nunca", "nada", "sin"})
