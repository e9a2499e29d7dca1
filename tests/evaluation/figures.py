"""What a ranking is worth: shares of a question's evidence among what was ranked first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

Evidence = frozenset[str]
"""Ids of the turns that answer a question, or that a memory comes from."""

CUTS = (5, 10, 20)
"""Numbers of memories at which recall is taken."""


@dataclass(frozen=True)
class Answer:
    """The evidence a question has, and that of each memory that was ranked, best first."""

    wanted: Evidence
    ranked: tuple[Evidence, ...]
    category: int = 0

    def recall_at(self, k: int) -> float:
        """The share of the wanted evidence that the first `k` memories hold."""
        found = frozenset[str]().union(*self.ranked[:k])
        return len(self.wanted & found) / len(self.wanted)

    def hits_at(self, k: int) -> bool:
        """Whether any of the first `k` memories holds some of it."""
        return any(self.wanted & held for held in self.ranked[:k])

    @property
    def reciprocal_rank(self) -> float:
        """One over the place of the first memory that holds some of it; 0 where none does."""
        places = (n for n, held in enumerate(self.ranked, start=1) if self.wanted & held)
        return 1 / next(places, float("inf"))


def figures_of(answers: Sequence[Answer]) -> dict[str, float]:
    """Means over questions: recall at each cut, hits at 10, and the mean reciprocal rank."""
    recall = {f"recall@{k}": fmean(a.recall_at(k) for a in answers) for k in CUTS}
    hits = {"hit@10": fmean(a.hits_at(10) for a in answers)}
    return recall | hits | {"MRR": fmean(a.reciprocal_rank for a in answers)}


def recall_curve(answers: Sequence[Answer], longest: int = CUTS[-1]) -> list[float]:
    """Mean recall among the first 1, 2, ... `longest` memories."""
    return [fmean(a.recall_at(k) for a in answers) for k in range(1, longest + 1)]


def by_category(answers: Iterable[Answer]) -> dict[int, list[Answer]]:
    """Answers parted by the category of their question, in its order."""
    parted: dict[int, list[Answer]] = {}
    for answer in sorted(answers, key=lambda a: a.category):
        parted.setdefault(answer.category, []).append(answer)
    return parted


def reciprocal_rank_fusion(rankings: Iterable[Sequence[int]], k: int = 60) -> list[int]:
    """Rows by the sum of 1 / (k + place) over rankings that have them; equal ones by row."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for place, row in enumerate(ranking, start=1):
            scores[row] = scores.get(row, 0.0) + 1 / (k + place)
    return sorted(scores, key=lambda row: (-scores[row], row))
