"""Signals fused into one rank value per memory. Pure functions over numpy arrays."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce

import numpy as np

from langchain_usermem.arrays import (
    Column,
    FloatArray,
    Threads,
    seconds_of,
    threads_of,
)
from langchain_usermem.settings import RankingWeights
from langchain_usermem.time_intent import TimeIntent

NEIGHBOURS = (1.0, 0.5)
"""What a memory one place and two places away counts, of the weight of neighbours."""

NO_LIFTS: Mapping[str, FloatArray] = {}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_PER_DAY = 86_400


@dataclass(frozen=True)
class Ranking:
    """Rank values of n memories, with each signal's share of them.

    `relevance` is what a memory says for itself, float32 of shape (n,) in [0, 1]. `score` adds
    what its context says, scaled to [0, 1]; `shares` maps a signal's name to its addend of the
    score, same shape. One of relevance is `scale` of score.
    """

    relevance: FloatArray
    score: FloatArray
    shares: dict[str, FloatArray]
    scale: float = 1.0

    def best_first(self, floor: float = 0.0) -> list[int]:
        """Rows of at least this relevance by falling score, equal ones by row."""
        passing = np.flatnonzero(self.relevance >= floor)
        rows: list[int] = passing[np.argsort(-self.score[passing], kind="stable")].tolist()
        return rows


def rank(  # noqa: PLR0913 - one array for each signal
    similarity: FloatArray,
    keywords: FloatArray,
    weights: RankingWeights,
    *,
    timely: FloatArray | None = None,
    lifts: Mapping[str, FloatArray] = NO_LIFTS,
    threads: Column | None = None,
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
    return Ranking(relevance, score, shares, 1 / most)


def _sum(shares: Mapping[str, FloatArray]) -> FloatArray:
    return reduce(np.add, shares.values())


def timeliness(
    observed: Column, intent: TimeIntent, now: datetime, half_life_days: float
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
    seconds = seconds_of(observed)
    if intent.period is not None:
        start, end = map(_timestamp, intent.period)
        return ((seconds >= start) & (seconds < end)).astype(np.float32)
    days = np.maximum(now.timestamp() - seconds, 0.0) / _SECONDS_PER_DAY
    return np.nan_to_num(np.power(0.5, days / half_life_days)).astype(np.float32)


def _timestamp(moment: datetime) -> float:
    """Seconds since 1970, without a zone's offset leaving the calendar at its ends."""
    return (moment - _EPOCH).total_seconds()


def context_lift(relevance: FloatArray, threads: Column, weights: RankingWeights) -> FloatArray:
    """What the memories around each one add to it; shape (n,).

    A row without a thread is alone in one: it is lifted by itself as much as any row that is
    alone in its thread, and nothing is gained or lost by having none.
    """
    if not len(relevance):
        return relevance
    lying = threads_of(threads)
    by_thread = relevance[lying.order]
    lift = np.float32(weights.neighbours) * _from_neighbours(by_thread, lying)
    lift += np.float32(weights.session) * _of_session(by_thread, lying)
    of_row: FloatArray = lift[lying.places]
    return of_row


def _own_shares(
    similarity: FloatArray, keywords: FloatArray, weights: RankingWeights
) -> dict[str, FloatArray]:
    missing = np.isnan(similarity)
    both = np.float32(weights.similarity + weights.keywords)
    close = np.clip(similarity / np.float32(weights.similarity_scale), 0.0, 1.0)
    shares = {
        "similarity": np.float32(weights.similarity) / both * close,
        "keywords": np.float32(weights.keywords) / both * keywords,
    }
    if missing.any():
        shares["similarity"][missing] = 0.0
        shares["keywords"][missing] = keywords[missing] if weights.keywords else 0.0
    return shares


def _from_neighbours(relevance: FloatArray, lying: Threads) -> FloatArray:
    """The weighted relevance of the rows next to each one in its thread."""
    lift = np.zeros_like(relevance)
    for distance, (share, together) in enumerate(zip(NEIGHBOURS, lying.together, strict=True), 1):
        near = np.float32(share) * together
        lift[distance:] += near * relevance[:-distance]
        lift[:-distance] += near * relevance[distance:]
    return lift


def _of_session(relevance: FloatArray, lying: Threads) -> FloatArray:
    """The mean relevance of the best few rows of each row's thread; rows sorted by thread."""
    # One key sorts faster than two: relevance is at most 1, and groups are whole numbers.
    best_first = np.sort(lying.groups - 0.5 * relevance.astype(np.float64))[lying.bests]
    best = 2.0 * (lying.groups[lying.bests] - best_first)
    means = (np.add.reduceat(best, lying.starts) / lying.counts).astype(np.float32)
    of_row: FloatArray = means[lying.groups]
    return of_row
