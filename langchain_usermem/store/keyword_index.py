"""Keyword search over the texts of one partition: BM25 with the partition's own statistics."""

import struct
from collections.abc import Sequence
from math import log1p
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from langchain_usermem.embeddings import FloatArray
from langchain_usermem.store.vector_index import IdArray

TermArray = NDArray[np.uint64]

K1 = 0.9
"""How soon further mentions of a word stop counting."""
B = 0.4
"""How much a long text counts against its mentions."""
PRIOR_TEXTS = 50
"""Imagined texts without any of the words. In the handful of texts of a new user most words
are in all or none, and rarity would say nothing."""

_TERM = np.dtype("<u8")
# An item, a length and a norm; a term, a text and a count.
_TEXT_BYTES = 8 + 4 + 4
_POSTING_BYTES = 8 + 8 + 4


class _Step(NamedTuple):
    """Items whose texts went, then texts that came: their items, lengths, and terms as bytes."""

    gone: IdArray
    owners: IdArray
    lengths: IdArray
    terms: bytes

    @property
    def size_bytes(self) -> int:
        """Memory it takes once it is taken in, which nobody tells the owner of the index."""
        texts, postings = len(self.owners), len(self.terms) // _TERM.itemsize
        return self.gone.nbytes + texts * _TEXT_BYTES + postings * _POSTING_BYTES


_NO_ITEMS: IdArray = np.empty(0, dtype=np.int64)
# Each takes some memory, and some time when it is taken in.
_MOST_STEPS = 1_000


class KeywordIndex:
    """Texts as the hashed stems in them, each text belonging to an item.

    What comes and goes is noted, and taken in once somebody asks: a search that has a vector for
    every row never does, and building the index takes a third of loading a partition.

    Postings are three parallel arrays in the order of their terms. They are replaced, never
    changed in place.
    """

    def __init__(self) -> None:
        self._steps: list[_Step] = []
        self._owners = _NO_ITEMS
        self._lengths: FloatArray = np.empty(0, dtype=np.float32)
        self._terms: TermArray = np.empty(0, dtype=_TERM)
        self._texts: IdArray = np.empty(0, dtype=np.int64)
        self._counts: FloatArray = np.empty(0, dtype=np.float32)
        self._norms = _norms(self._lengths)

    @property
    def owners(self) -> IdArray:
        """The item of each text, shape (n,)."""
        self._settle()
        return self._owners

    @property
    def size_bytes(self) -> int:
        """Memory that the postings take, with those that are not yet taken in."""
        arrays = (self._owners, self._lengths, self._norms, self._terms, self._texts, self._counts)
        return sum(array.nbytes for array in arrays) + sum(step.size_bytes for step in self._steps)

    def add(self, owners: IdArray, terms: Sequence[bytes]) -> None:
        """Add texts of items, shape (n,), given as what `terms_to_bytes` wrote."""
        lengths = np.array([len(text) for text in terms], dtype=np.int64) // _TERM.itemsize
        self._note(_Step(_NO_ITEMS, owners, lengths, b"".join(terms)))

    def remove(self, owners: IdArray) -> None:
        """Remove all texts of some items."""
        if self._steps or len(self._owners):
            self._note(_Step(owners, _NO_ITEMS, _NO_ITEMS, b""))

    def _note(self, step: _Step) -> None:
        self._steps.append(step)
        if len(self._steps) > _MOST_STEPS:
            self._settle()

    def _settle(self) -> None:
        """Take in what came and went since the last time."""
        if not self._steps:
            return
        self._drop(np.concatenate([step.gone for step in self._steps]))
        owners, lengths, terms = _left(self._steps)
        self._steps = []
        numbers = np.repeat(np.arange(len(owners)) + len(self._owners), lengths)
        self._merge(*_counted(terms, numbers))
        self._owners = np.concatenate([self._owners, owners])
        self._lengths = np.concatenate([self._lengths, lengths.astype(np.float32)])
        self._norms = _norms(self._lengths)

    def _drop(self, gone: IdArray) -> None:
        kept = ~np.isin(self._owners, gone)
        if kept.all():
            return
        left = kept[self._texts]
        renumbered = np.cumsum(kept) - 1
        self._terms, self._counts = self._terms[left], self._counts[left]
        self._texts = renumbered[self._texts[left]]
        self._owners, self._lengths = self._owners[kept], self._lengths[kept]

    def _merge(self, terms: TermArray, texts: IdArray, counts: FloatArray) -> None:
        """Add postings, which are in the order of their terms."""
        if len(self._terms):
            places = np.searchsorted(self._terms, terms, side="right")
            terms = np.insert(self._terms, places, terms)
            texts = np.insert(self._texts, places, texts)
            counts = np.insert(self._counts, places, counts)
        self._terms, self._texts, self._counts = terms, texts, counts

    def shares(self, query: Sequence[int]) -> FloatArray:
        """How much of a query each text holds, by BM25: shape (n,), in [0, 1].

        A text of average length that has each word once holds all of it. A word that no text
        has counts as the rarest there could be, so that a query of unknown words scores low
        everywhere.
        """
        spans = self._spans(list(set(query)))
        scores = np.zeros(len(self._owners), dtype=np.float32)
        if not spans:
            return scores
        lengths = [end - first for first, end in spans]
        rarities = list(map(self._rarity, lengths))
        weights = np.repeat(np.array(rarities, dtype=np.float32), lengths)
        texts = np.concatenate([self._texts[first:end] for first, end in spans])
        counts = np.concatenate([self._counts[first:end] for first, end in spans])
        held = weights * counts * np.float32(K1 + 1) / (counts + self._norms[texts])
        np.add.at(scores, texts, held)
        shares: FloatArray = np.minimum(scores / np.float32(sum(rarities)), 1.0)
        return shares

    def rarities(self, terms: Sequence[int]) -> list[float]:
        """The inverse document frequency of hashed stems among the texts; above zero."""
        return [self._rarity(end - first) for first, end in self._spans(terms)]

    def _spans(self, terms: Sequence[int]) -> list[tuple[int, int]]:
        """For each of some terms where its postings begin and end."""
        self._settle()
        wanted = np.array(terms, dtype=_TERM)
        firsts = self._terms.searchsorted(wanted, side="left").tolist()
        ends = self._terms.searchsorted(wanted, side="right").tolist()
        return list(zip(firsts, ends, strict=True))

    def _rarity(self, texts: int) -> float:
        """The inverse document frequency of a term that so many texts have; above zero."""
        without = len(self._owners) + PRIOR_TEXTS - texts
        return log1p((without + 0.5) / (texts + 0.5))


def _norms(lengths: FloatArray) -> FloatArray:
    """What the count of a term is held against, in texts of so many terms each."""
    mean = float(lengths.mean()) if len(lengths) else 0.0
    norms: FloatArray = K1 * (1 - B + B * lengths / np.float32(mean or 1.0))
    return norms


def _left(steps: Sequence[_Step]) -> tuple[IdArray, IdArray, TermArray]:
    """The texts of some steps that none of the later ones removed: items, lengths and terms."""
    later: set[int] = set()
    parts = []
    for step in reversed(steps):
        kept = np.array([item not in later for item in step.owners.tolist()], dtype=bool)
        terms = np.frombuffer(step.terms, dtype=_TERM)
        if not kept.all():
            terms = terms[np.repeat(kept, step.lengths)]
        parts.append((step.owners[kept], step.lengths[kept], terms))
        later.update(step.gone.tolist())
    owners, lengths, terms = (np.concatenate(part) for part in zip(*reversed(parts), strict=True))
    return owners, lengths, terms


def terms_to_bytes(terms: Sequence[int]) -> bytes:
    """Hashed stems as the file holds them: unsigned 64-bit, little-endian."""
    return struct.pack(f"<{len(terms)}Q", *terms)


def _counted(terms: TermArray, texts: IdArray) -> tuple[TermArray, IdArray, FloatArray]:
    """Each (term, text) once with its count, by term and then by text."""
    order = np.argsort(terms, kind="stable")
    terms, texts = terms[order], texts[order]
    first = np.ones(len(terms), dtype=bool)
    first[1:] = (terms[1:] != terms[:-1]) | (texts[1:] != texts[:-1])
    starts = np.flatnonzero(first)
    counts = np.diff(np.append(starts, len(terms))).astype(np.float32)
    return terms[starts], texts[starts], counts
