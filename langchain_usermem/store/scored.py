"""Rows with their signals for a query."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from langchain_usermem.embeddings import FloatArray
from langchain_usermem.store.columns import NamedColumns, joined, picked
from langchain_usermem.store.vector_index import IdArray


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Rows with their signals for a query, as parallel arrays of shape (n,), by id.

    `similarity` is NaN where a row has no vector; `updated` is in microseconds since 1970.
    `is_whole` is whether they are all rows, not a shortlist.
    """

    ids: IdArray
    updated: IdArray
    similarity: FloatArray
    keywords: FloatArray
    keys: list[tuple[tuple[str, ...], str]] = field(default_factory=list)
    columns: NamedColumns = field(default_factory=dict)
    is_whole: bool = True


def pooled(parts: Sequence[Scored]) -> Scored:
    """The rows of several partitions as one lot, one partition after the other."""
    if len(parts) == 1:
        return parts[0]
    nothing = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
    return Scored(
        np.concatenate([nothing[0], *(part.ids for part in parts)]),
        np.concatenate([nothing[0], *(part.updated for part in parts)]),
        np.concatenate([nothing[1], *(part.similarity for part in parts)]),
        np.concatenate([nothing[1], *(part.keywords for part in parts)]),
        [key for part in parts for key in part.keys],
        joined([part.columns for part in parts if part.columns]),
        is_whole=all(part.is_whole for part in parts),
    )


def without(scored: Scored, dead: Sequence[int]) -> Scored:
    """All of some rows but those with these ids."""
    if not dead:
        return scored
    places = np.flatnonzero(~np.isin(scored.ids, np.array(dead, dtype=np.int64)))
    listed = places.tolist()
    return Scored(
        scored.ids[places],
        scored.updated[places],
        scored.similarity[places],
        scored.keywords[places],
        [scored.keys[place] for place in listed],
        picked(scored.columns, listed),
    )
