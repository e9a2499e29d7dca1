"""The order in which a search gives rows out. Pure functions over arrays."""

from collections.abc import Iterator
from typing import TypeVar

import numpy as np

from langchain_usermem.store.scored import Scored
from langchain_usermem.store.vector_index import IdArray
from langchain_usermem.store.verified import Version

PartsT = TypeVar("PartsT", IdArray, list[Version])

_LARGEST_CHUNK = 2_048


def best_first(scored: Scored, *, wanted: int) -> Iterator[IdArray]:
    """Places of rows, best first, in chunks; the first has `wanted` where there are so many.

    Rows with a similarity come by it, equal ones by id. Then come rows that share words with
    the query, by their share, then all others; equal ones of both the last updated first.
    """
    head = _head(scored, wanted)
    if len(head):
        yield head
    yield from chunks(_whole(scored)[len(head) :], first=wanted)


def chunks(places: PartsT, *, first: int) -> Iterator[PartsT]:
    """Consecutive parts of a list or array: the first of a given size, each twice the last."""
    size, start = max(first, 1), 0
    while start < len(places):
        yield places[start : start + size]
        start += size
        size = min(2 * size, _LARGEST_CHUNK)


def _head(scored: Scored, wanted: int) -> IdArray:
    """The `wanted` best places if so many rows have a similarity, else none.

    Finds them without sorting the rest.
    """
    nothing: IdArray = np.empty(0, dtype=np.int64)
    if not 0 < wanted < len(scored.ids):
        return nothing
    last = -np.partition(-scored.similarity, wanted - 1)[wanted - 1]
    if np.isnan(last):
        return nothing
    near = np.flatnonzero(scored.similarity >= last)
    order = np.lexsort((scored.ids[near], -scored.similarity[near]))
    return near[order[:wanted]]


def _whole(scored: Scored) -> IdArray:
    """All places in order."""
    embedded = ~np.isnan(scored.similarity)
    group = np.where(embedded, 0, np.where(scored.keywords > 0, 1, 2))
    score = np.where(embedded, scored.similarity, scored.keywords)
    tie = np.where(embedded, scored.ids, -scored.updated)
    return np.lexsort((-scored.ids, tie, -score, group))
