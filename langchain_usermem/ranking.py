"""Signals fused into one rank value per memory. Pure functions over numpy arrays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from langchain_usermem.settings import RankingWeights

FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class Ranking:
    """Rank values of n memories, with each signal's share of them.

    `score` is float32, shape (n,), in [0, 1]; `shares` maps a signal's name to its addend of
    the score, same shape. `order` lists rows by falling score, equal ones by row.
    """

    score: FloatArray
    shares: dict[str, FloatArray]
    order: NDArray[np.intp]


def rank(similarity: FloatArray, keywords: FloatArray, weights: RankingWeights) -> Ranking:
    """Similarity and keyword share summed on fixed scales.

    The scales are fixed, not fitted to what was found, so that the best of an irrelevant lot
    still ranks low. A row without a vector is ranked by its keywords alone.

    Args:
        similarity: cosines in [-1, 1], NaN where a row has no vector; float32, shape (n,).
        keywords: shares of the query's keyword weight in [0, 1]; float32, shape (n,).
        weights: what each counts.
    """
    embedded = ~np.isnan(similarity)
    close = np.clip(np.nan_to_num(similarity) / weights.similarity_scale, 0.0, 1.0)
    total = np.where(embedded, weights.similarity + weights.keywords, max(weights.keywords, 1e-9))
    shares = {
        "similarity": (weights.similarity * close / total).astype(np.float32),
        "keywords": (weights.keywords * keywords / total).astype(np.float32),
    }
    score = np.clip(shares["similarity"] + shares["keywords"], 0.0, 1.0)
    return Ranking(score=score, shares=shares, order=np.argsort(-score, kind="stable"))
