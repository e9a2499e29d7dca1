"""Queries whose words count by how rare they are among the texts of one partition."""

from dataclasses import dataclass
from itertools import chain, islice

import numpy as np

from langchain_usermem.embeddings import FloatArray, WordEmbedder, unit_rows
from langchain_usermem.kept import kept_of_texts
from langchain_usermem.store.keyword_index import KeywordIndex
from langchain_usermem.text import term_ids

STOP_WORD_WEIGHT = 1.0
"""What a word counts that no index holds; the rarest word of a new user counts 4.6."""


@dataclass(frozen=True, slots=True, eq=False)
class WordQuery:
    """The words of a query, weighed anew in each partition.

    Attributes:
        terms: for each word its hashed stems, none for a stop word.
        vectors: for each word its vector, float32 of shape (words, width).
        power: by which rarities are raised; the embedder's own.
    """

    terms: tuple[tuple[int, ...], ...]
    vectors: FloatArray
    power: float

    def among(self, index: KeywordIndex) -> FloatArray:
        """The unit vector of the query as the texts of an index weigh it; shape (width,)."""
        rarities = iter(index.rarities(list(chain.from_iterable(self.terms))))
        weights = [
            max(islice(rarities, len(terms)), default=STOP_WORD_WEIGHT) for terms in self.terms
        ]
        powers = np.power(np.array(weights, dtype=np.float32), np.float32(self.power))
        unit: FloatArray = unit_rows((powers @ self.vectors)[np.newaxis])[0]
        return unit


def word_query(embedder: WordEmbedder, text: str) -> WordQuery | None:
    """A query in words, or None where the text has none."""
    found, vectors = embedder.word_vectors(text)
    terms = tuple(map(_terms_of, found))
    return WordQuery(terms, vectors, embedder.rarity_power) if found else None


@kept_of_texts(4_096)  # queries differ, but share most of their words
def _terms_of(word: str) -> tuple[int, ...]:
    return tuple(term_ids(word))
