"""BM25 shares, held against the formula written out in plain Python."""

import math
import random
from collections import Counter

import numpy as np
import pytest

from langchain_usermem.store import keyword_index
from langchain_usermem.store.keyword_index import KeywordIndex, terms_to_bytes
from langchain_usermem.store.vector_index import IdArray


def ids(*numbers: int) -> IdArray:
    """Item ids as an array."""
    return np.array(numbers, dtype=np.int64)


def shares(texts: list[list[int]], query: list[int]) -> list[float]:
    """BM25 (k1 .9, b .4, 50 imagined texts) over that of a text with each word once."""
    mean = sum(map(len, texts)) / len(texts)

    def rarity(term: int) -> float:
        having = sum(term in text for text in texts)
        return math.log(1 + (len(texts) + 50 - having + 0.5) / (having + 0.5))

    def score(text: list[int]) -> float:
        counts, norm = Counter(text), 0.9 * (0.6 + 0.4 * len(text) / mean)
        return sum(rarity(t) * counts[t] * 1.9 / (counts[t] + norm) for t in set(query))

    most = sum(rarity(term) for term in set(query))
    return [min(1.0, score(text) / most) for text in texts]


def test_shares_agree_with_the_formula() -> None:
    """100 random texts, added in parts, some removed, score as the formula says."""
    chance = random.Random(3)  # noqa: S311 - nothing secret
    texts = [
        [chance.randrange(2**64 - 40, 2**64) for _ in range(chance.randrange(1, 30))]
        for _ in range(100)
    ]
    index = KeywordIndex()
    for start in range(0, 100, 25):
        part = texts[start : start + 25]
        owners = np.arange(start, start + 25, dtype=np.int64)
        index.add(owners, [terms_to_bytes(text) for text in part])
    index.remove(ids(3, 50, 99))
    kept = [n for n in range(100) if n not in (3, 50, 99)]
    query = [2**64 - 1, 2**64 - 7, 2**64 - 7, 12345]
    assert index.owners.tolist() == kept
    expected = shares([texts[n] for n in kept], query)
    assert index.shares(query).tolist() == pytest.approx(expected, abs=1e-6)


def test_a_users_first_memory_is_found_by_its_words() -> None:
    """In a single text a known word outweighs half of an unknown one's rarity."""
    index = KeywordIndex()
    index.add(ids(1), [terms_to_bytes([7, 8])])
    assert index.shares([7])[0] == pytest.approx(1.0)
    assert index.shares([7, 1000])[0] > 0.4


def test_unknown_words_lower_every_share() -> None:
    """A query of which half the words are unknown scores less than half."""
    index = KeywordIndex()
    index.add(ids(1, 2), [terms_to_bytes([7, 8]), terms_to_bytes([9])])
    known, half = index.shares([7])[0], index.shares([7, 1000])[0]
    assert half < known / 2


@pytest.mark.parametrize("query", [[], [5]])
def test_nothing_shares_nothing(query: list[int]) -> None:
    """No texts, texts without words and queries without words give zeros."""
    index = KeywordIndex()
    assert index.shares(query).tolist() == []
    index.add(ids(1), [b""])
    assert index.shares(query).tolist() == [0.0]
    index.remove(ids(1, 2))
    assert (index.owners.tolist(), index.shares(query).tolist()) == ([], [])


def test_size_counts_what_is_not_yet_taken_in() -> None:
    """A text of two terms takes 56 bytes, before somebody asks for words and after."""
    index = KeywordIndex()
    index.add(ids(1), [terms_to_bytes([7, 8])])
    assert index.size_bytes == 8 + 4 + 4 + 2 * (8 + 8 + 4)
    index.shares([7])
    assert index.size_bytes == 8 + 4 + 4 + 2 * (8 + 8 + 4)


@pytest.mark.parametrize("most", [0, 3, 1_000])
def test_what_is_taken_in_late_is_what_came_and_went(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After 200 random steps, however many wait at most, the texts left score as if added alone."""
    monkeypatch.setattr(keyword_index, "_MOST_STEPS", most)
    chance = random.Random(11)  # noqa: S311 - nothing secret
    index, texts = KeywordIndex(), dict[int, list[int]]()
    for step in range(200):
        changed = chance.sample(range(40), chance.randrange(1, 6))
        index.remove(ids(*changed))
        kept = [n for n in changed if chance.random() < 0.7]
        drawn = [[chance.randrange(30) for _ in range(chance.randrange(9))] for _ in kept]
        index.add(ids(*kept), list(map(terms_to_bytes, drawn)))
        texts = {n: text for n, text in texts.items() if n not in changed}
        texts |= dict(zip(kept, drawn, strict=True))
        if step % 50 == 0 or step == 199:
            assert index.owners.tolist() == list(texts)
            expected = shares(list(texts.values()), [3, 4, 29])
            assert index.shares([3, 4, 29]).tolist() == pytest.approx(expected, abs=1e-6)
