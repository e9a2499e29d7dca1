"""Columns of a user's rows as numpy arrays, made once for each state of the rows.

A store that keeps columns at hand gives the same tuples until a row changes, so what was made
of a tuple is kept by its identity. Lists, which others may change, are turned anew each time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from langchain_usermem.times import parse_time

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]
Column = Sequence[object]

SESSION_BEST = 3
"""Memories of a thread whose mean relevance says how much the thread is about the query."""

KEPT = 128
"""Columns of which each array is kept; a user who asks has one or two of each."""

Made = TypeVar("Made")


def once_a_column(make: Callable[[Column], Made]) -> Callable[[Column], Made]:
    """`make`, which remembers what it made of the last tuples it was given."""
    kept: dict[int, tuple[Column, Made]] = {}

    @wraps(make)
    def remembering(column: Column) -> Made:
        if type(column) is not tuple:
            return make(column)
        known = kept.get(id(column))
        # The tuple is kept as well, so that no other one can have its id meanwhile.
        if known is None or known[0] is not column:
            if len(kept) >= KEPT:
                kept.clear()
            known = kept[id(column)] = (column, make(column))
        return known[1]

    return remembering


@once_a_column
def shares_of(column: Column) -> FloatArray:
    """Shares in [0, 1] as they were stored; a half where there is none; float32, shape (n,)."""
    known = (share if isinstance(share, int | float) else 0.5 for share in column)
    return np.fromiter(known, np.float32, len(column))


@once_a_column
def identities_of(column: Column) -> FloatArray:
    """1 where the category is that of who the user is, else 0; float32, shape (n,)."""
    return np.fromiter((category == "identity" for category in column), np.float32, len(column))


@once_a_column
def seconds_of(column: Column) -> NDArray[np.float64]:
    """Moments in seconds since 1970, NaN where there is none; float64, shape (n,)."""
    return np.array([_seconds(moment) for moment in column], dtype=np.float64)


@lru_cache(maxsize=4_096)  # memories of one conversation share their times
def _seconds(moment: object) -> float:
    return parse_time(moment).timestamp() if isinstance(moment, str) else float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class Threads:
    """How the rows of a user lie in threads.

    Attributes:
        order: the rows thread by thread, in their own order within each; shape (n,).
        places: where each row lies in that order; shape (n,).
        together: for each distance 1, 2 whether two rows so far apart in that order are of one
            thread; float32, shape (n - distance,).
        groups: the number of each row's thread, in that order; shape (n,).
        bests: the first few places of each thread, as many as `SESSION_BEST`; shape (m,).
        starts: where each thread begins among `bests`; shape (threads,).
        counts: how many of `bests` each thread has; float32, shape (threads,).
    """

    order: IntArray
    places: IntArray
    together: tuple[FloatArray, FloatArray]
    groups: IntArray
    bests: IntArray
    starts: IntArray
    counts: FloatArray


@once_a_column
def threads_of(column: Column) -> Threads:
    """How rows lie in threads; one without a thread is alone in its own."""
    codes = _codes(column)
    order = np.argsort(codes, kind="stable")
    codes = codes[order]
    begins = np.concatenate([[True], codes[1:] != codes[:-1]])[: len(codes)]
    groups = np.cumsum(begins) - 1
    firsts = np.flatnonzero(begins)
    bests = np.flatnonzero(np.arange(len(codes)) - firsts[groups] < SESSION_BEST)
    counts = np.bincount(groups[bests], minlength=len(firsts))
    return Threads(
        order=order,
        places=np.argsort(order, kind="stable"),
        together=(_are_together(codes, 1), _are_together(codes, 2)),
        groups=groups,
        bests=bests,
        starts=np.cumsum(counts) - counts,
        counts=counts.astype(np.float32),
    )


def _are_together(codes: IntArray, distance: int) -> FloatArray:
    together: FloatArray = (codes[distance:] == codes[:-distance]).astype(np.float32)
    return together


def _codes(column: Column) -> IntArray:
    """A number for each thread, and one of its own for each row without."""
    numbers: dict[object, int] = {}
    found = [
        -1 - row if thread is None else numbers.setdefault(thread, len(numbers))
        for row, thread in enumerate(column)
    ]
    return np.array(found, dtype=np.int64)
