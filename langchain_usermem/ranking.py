"""Signals fused into one rank value per memory. Pure functions over numpy arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from langchain_usermem.settings import RankingWeights
from langchain_usermem.time_intent import TimeIntent
from langchain_usermem.times import parse_time

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]

NEIGHBOURS = (1.0, 0.5)
"""What a memory one place and two places away counts, of the weight of neighbours."""

NO_LIFTS: Mapping[str, FloatArray] = {}

_SECONDS_PER_DAY = 86_400

SESSION_BEST = 3
"""Memories of a thread whose mean relevance says how much the thread is about the query."""


@dataclass(frozen=True)
class Ranking:
    """Rank values of n memories, with each signal's share of them.

    `relevance` is what a memory says for itself, float32 of shape (n,) in [0, 1]. `score` adds
    what its context says, scaled to [0, 1]; `shares` maps a signal's name to its addend of the
    score, same shape. `order` lists rows by falling score, equal ones by row.
    """

    relevance: FloatArray
    score: FloatArray
    shares: dict[str, FloatArray]
    order: IntArray


def rank(  # noqa: PLR0913 - one array for each signal
    similarity: FloatArray,
    keywords: FloatArray,
    weights: RankingWeights,
    *,
    timely: FloatArray | None = None,
    lifts: Mapping[str, FloatArray] = NO_LIFTS,
    threads: Sequence[object] | None = None,
) -> Ranking:
    """Similarity and keyword share summed on fixed scales, and lifted by time and context.

    The scales are fixed, not fitted to what was found, so that the best of an irrelevant lot
    still ranks low. A row without a vector is ranked by its keywords alone.

    Args:
        similarity: cosines in [-1, 1], NaN where a row has no vector; float32, shape (n,).
        keywords: shares of the query's keyword weight in [0, 1]; float32, shape (n,).
        weights: what each counts.
        timely: how well a row fits the time a query asks about, in [0, 1]; float32, shape (n,);
            None where it asks about none.
        lifts: by the name of the weight, what lifts a row by a share of its relevance, in
            [0, 1]; float32, shape (n,).
        threads: the thread of each row, in the order in which they were stored; None where a
            row has none.
    """
    shares = _own_shares(similarity, keywords, weights)
    if timely is not None:
        shares["time"] = weights.time * timely
    relevance = np.clip(_sum(shares), 0.0, 1.0)
    most = 1.0
    for name, lift in lifts.items():
        weight = getattr(weights, name)
        shares[name] = weight * relevance * lift
        most += weight
    if threads is not None:
        shares["context"] = context_lift(relevance, threads, weights)
        most += 2 * sum(NEIGHBOURS) * weights.neighbours + weights.session
    if most > 1.0:
        shares = {name: share / np.float32(most) for name, share in shares.items()}
    score = np.clip(_sum(shares), 0.0, 1.0)
    return Ranking(relevance, score, shares, np.argsort(-score, kind="stable"))


def _sum(shares: Mapping[str, FloatArray]) -> FloatArray:
    total: FloatArray = np.sum(list(shares.values()), axis=0, dtype=np.float32)
    return total


def timeliness(
    observed: Sequence[object], intent: TimeIntent, now: datetime, half_life_days: float
) -> FloatArray | None:
    """How well rows fit the time that is asked about; shape (n,), or None if none is.

    Within a period 1, outside 0; for the present half as much for every half-life of age.

    Args:
        observed: when each row was said, as ISO 8601 or None.
        intent: what the query says about time.
        now: the present.
        half_life_days: in days.
    """
    if intent.period is None and not intent.is_present:
        return None
    seconds = np.array([_seconds(moment) for moment in observed], dtype=np.float64)
    if intent.period is not None:
        start, end = (moment.timestamp() for moment in intent.period)
        return ((seconds >= start) & (seconds < end)).astype(np.float32)
    days = np.maximum(now.timestamp() - seconds, 0.0) / _SECONDS_PER_DAY
    return np.nan_to_num(np.power(0.5, days / half_life_days)).astype(np.float32)


def shares_of(column: Sequence[object]) -> FloatArray:
    """Shares in [0, 1] as they were stored; a half where there is none."""
    known = (share if isinstance(share, int | float) else 0.5 for share in column)
    return np.fromiter(known, np.float32, len(column))


def matches_of(column: Sequence[object], wanted: str) -> FloatArray:
    """1 where a column says so, else 0."""
    return np.fromiter((value == wanted for value in column), np.float32, len(column))


@lru_cache(maxsize=4_096)  # memories of one conversation share their times
def _seconds(moment: object) -> float:
    return parse_time(moment).timestamp() if isinstance(moment, str) else float("nan")


def context_lift(
    relevance: FloatArray, threads: Sequence[object], weights: RankingWeights
) -> FloatArray:
    """What the memories around each one add to it; shape (n,).

    A row without a thread is alone in one: it is lifted by itself as much as any row that is
    alone in its thread, and nothing is gained or lost by having none.
    """
    codes = _codes(threads)
    order = np.argsort(codes, kind="stable")
    sorted_codes, sorted_relevance = codes[order], relevance[order]
    lift = weights.neighbours * _from_neighbours(sorted_relevance, sorted_codes)
    lift += weights.session * _of_session(sorted_relevance, sorted_codes)
    unsorted = np.empty_like(relevance)
    unsorted[order] = lift
    return unsorted


def _own_shares(
    similarity: FloatArray, keywords: FloatArray, weights: RankingWeights
) -> dict[str, FloatArray]:
    embedded = ~np.isnan(similarity)
    close = np.clip(np.nan_to_num(similarity) / weights.similarity_scale, 0.0, 1.0)
    total = np.where(embedded, weights.similarity + weights.keywords, max(weights.keywords, 1e-9))
    return {
        "similarity": (weights.similarity * close / total).astype(np.float32),
        "keywords": (weights.keywords * keywords / total).astype(np.float32),
    }


def _codes(threads: Sequence[object]) -> IntArray:
    """A number for each thread, and one of its own for each row without."""
    codes = np.fromiter(map(hash, threads), dtype=np.int64, count=len(threads))
    alone = codes == hash(None)
    codes[alone] = np.flatnonzero(alone)
    return codes


def _from_neighbours(relevance: FloatArray, codes: IntArray) -> FloatArray:
    """The weighted relevance of the rows next to each one in its thread."""
    lift = np.zeros_like(relevance)
    for distance, share in enumerate(NEIGHBOURS, start=1):
        together = codes[distance:] == codes[:-distance]
        lift[distance:] += share * np.where(together, relevance[:-distance], 0.0)
        lift[:-distance] += share * np.where(together, relevance[distance:], 0.0)
    return lift


def _of_session(relevance: FloatArray, codes: IntArray) -> FloatArray:
    """The mean relevance of the best few rows of each row's thread; rows sorted by thread."""
    is_first = np.ones(len(codes), dtype=bool)
    is_first[1:] = codes[1:] != codes[:-1]
    groups = np.cumsum(is_first) - 1
    # One key sorts faster than two: relevance is below 1, and groups are whole numbers.
    best_first = np.argsort(groups - 0.5 * relevance.astype(np.float64))
    is_best = np.arange(len(codes)) - np.flatnonzero(is_first)[groups] < SESSION_BEST
    sums = np.bincount(groups[is_best], relevance[best_first][is_best])
    means = (sums / np.bincount(groups[is_best])).astype(np.float32)
    of_row: FloatArray = means[groups]
    return of_row
