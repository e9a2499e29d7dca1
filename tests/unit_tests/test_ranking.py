"""Two signals summed on fixed scales."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_usermem.ranking import rank
from langchain_usermem.settings import RankingWeights

WEIGHTS = RankingWeights(similarity=0.6, similarity_scale=0.5, keywords=0.4)
cosines = st.floats(-1, 1, width=32) | st.just(float("nan"))
rows = st.lists(st.tuples(cosines, st.floats(0, 1, width=32)), max_size=20)
weights = st.builds(
    RankingWeights,
    similarity=st.floats(0, 5),
    similarity_scale=st.floats(0.1, 2),
    keywords=st.floats(0.125, 5),
)


def array(*numbers: float) -> Any:
    """Numbers as float32."""
    return np.array(numbers, dtype=np.float32)


@pytest.mark.parametrize(
    ("similarity", "keywords", "score"),
    [
        (0.25, 0.0, 0.3),
        (0.5, 0.0, 0.6),
        (0.9, 0.0, 0.6),
        (-0.5, 0.0, 0.0),
        (0.0, 1.0, 0.4),
        (0.25, 0.5, 0.5),
        (1.0, 1.0, 1.0),
        (np.nan, 0.5, 0.5),
        (np.nan, 0.0, 0.0),
    ],
)
def test_score_of_one_row(similarity: float, keywords: float, score: float) -> None:
    """A cosine at the scale or above counts in full, a negative one nothing; NaN is no vector."""
    ranking = rank(array(similarity), array(keywords), WEIGHTS)
    assert ranking.score[0] == pytest.approx(score, abs=1e-6)


@given(rows, weights)
def test_ranking_agrees_with_plain_python(
    pairs: list[tuple[float, float]], chosen: RankingWeights
) -> None:
    """Scores, shares and order are those of a loop over floats."""
    ranking = rank(array(*(s for s, _ in pairs)), array(*(k for _, k in pairs)), chosen)
    expected = [plain_score(s, k, chosen) for s, k in pairs]
    np.testing.assert_allclose(ranking.score, expected, atol=1e-5)
    total = ranking.shares["similarity"] + ranking.shares["keywords"]
    np.testing.assert_allclose(total, expected, atol=1e-5)
    scores = ranking.score.tolist()
    assert ranking.best_first() == sorted(range(len(pairs)), key=lambda row: (-scores[row], row))
    assert ranking.score.dtype == np.float32


def plain_score(similarity: float, keywords: float, chosen: RankingWeights) -> float:
    """The score of one row, in plain Python."""
    if similarity != similarity:  # noqa: PLR0124 - only NaN differs from itself
        return keywords
    close = min(max(similarity / chosen.similarity_scale, 0.0), 1.0)
    summed = chosen.similarity * close + chosen.keywords * keywords
    return summed / (chosen.similarity + chosen.keywords)


def test_scores_do_not_depend_on_the_other_rows() -> None:
    """The best of an irrelevant lot ranks as low as it would among relevant ones."""
    alone = rank(array(0.1), array(0.0), WEIGHTS).score[0]
    among = rank(array(0.9, 0.1), array(1.0, 0.0), WEIGHTS).score[1]
    assert alone == among == pytest.approx(0.12)


def test_equal_scores_keep_their_order() -> None:
    """Ties are broken by row, so that an answer is the same each time."""
    ranking = rank(array(0.2, 0.5, 0.2, 0.5), array(0, 0, 0, 0), WEIGHTS)
    assert ranking.best_first() == [1, 3, 0, 2]


def test_no_rows_have_no_ranking() -> None:
    """Nothing to rank gives empty arrays."""
    ranking = rank(array(), array(), WEIGHTS)
    assert (ranking.best_first(), ranking.score.shape) == ([], (0,))


def test_without_keywords_an_unembedded_row_ranks_last() -> None:
    """A row with neither signal scores 0, not NaN."""
    ranking = rank(array(np.nan), array(0.7), RankingWeights(keywords=0))
    assert ranking.score.tolist() == [0.0]


def test_neighbours_and_sessions_lift_each_other() -> None:
    """Half the relevance of the next row, a quarter of that two away, none of another thread."""
    weights = RankingWeights(similarity=0, keywords=1, neighbours=0.5, session=0)
    threads = ["a", "a", "a", None, "b"]
    ranking = rank(array(*[0] * 5), array(1, 0, 0, 0, 0), weights, threads=threads)
    most = 1 + 2 * 1.5 * 0.5
    np.testing.assert_allclose(ranking.score * most, [1.0, 0.5, 0.25, 0, 0], atol=1e-6)
    assert ranking.relevance.tolist() == [1, 0, 0, 0, 0]
    assert ranking.best_first() == [0, 1, 2, 3, 4]


def test_a_session_is_as_near_as_its_best_three() -> None:
    """Each row of a thread gets the mean relevance of the best three in it."""
    weights = RankingWeights(similarity=0, keywords=1, neighbours=0, session=1)
    threads = ["b", "a", "b", "b", "b"]
    relevance = array(0.2, 0.5, 0.4, 0.6, 0.0)
    ranking = rank(array(*[0] * 5), relevance, weights, threads=threads)
    lifts = [0.4, 0.5, 0.4, 0.4, 0.4]
    np.testing.assert_allclose(ranking.shares["context"] * 2, lifts, atol=1e-6)


def test_threads_that_interleave_are_told_apart() -> None:
    """Neighbours are those of the same thread, whatever was stored between."""
    weights = RankingWeights(similarity=0, keywords=1, neighbours=1, session=0)
    ranking = rank(array(*[0] * 3), array(1, 0, 0), weights, threads=["a", "b", "a"])
    assert ranking.shares["context"].tolist() == pytest.approx([0, 0, 0.25])


def test_having_no_thread_costs_nothing() -> None:
    """A row without a thread keeps its place among rows that are alone in theirs."""
    scores = [0.9, 0.7, 0.5]
    ranking = rank(array(*[0] * 3), array(*scores), WEIGHTS, threads=["a", None, "b"])
    assert ranking.best_first() == [0, 1, 2]
    ratios = ranking.score / ranking.relevance
    np.testing.assert_allclose(ratios, ratios[0])


def test_no_rows_have_no_context() -> None:
    """Nothing to lift is no error."""
    assert rank(array(), array(), WEIGHTS, threads=[]).score.tolist() == []


def test_what_matters_more_wins_ties() -> None:
    """Of two rows that are equally relevant the more important one stands first."""
    lifts = {"importance": array(0.5, 0.9)}
    ranking = rank(array(0.2, 0.2), array(0.5, 0.5), RankingWeights(), lifts=lifts)
    assert ranking.best_first() == [1, 0]
    assert ranking.relevance[0] == ranking.relevance[1]
