"""Which of the ranked memories are taken: what a query admits, what fits it, nothing twice."""

from collections.abc import Iterable, Mapping
from itertools import islice

from langchain_usermem.about import asked_of, told_of
from langchain_usermem.filters import matches
from langchain_usermem.forms import in_other_forms
from langchain_usermem.kept import kept_of_texts
from langchain_usermem.memory import Recalled
from langchain_usermem.query import Query
from langchain_usermem.ranking import Ranking
from langchain_usermem.settings import RankingWeights
from langchain_usermem.text import same_text, term_ids

SAME_WORDS = 0.85
"""Share of their words above which two statements count as one when recalled."""

FEW_WORDS = 3
"""Statements of so many words count as one only if they are the same text."""

LOOKED_AT = 10
"""Rows that are read at least where what they say moves them, as it does for "my sister"."""

CLEAR = 0.5
"""Relevance from which on a memory answers beyond doubt. Where none does, some that do not pass
the floor are read as well: they may answer in other forms of the question's words."""

LOOKED_AT_CLOSELY = 5
"""Rows that are read at least where none answers beyond doubt."""


def says_the_same(left: str, right: str) -> bool:
    """Whether two statements differ in next to no word; numbers and names are words.

    Of very short ones the words alone do not tell: "Ana loves Bob" is not "Bob loves Ana".
    """
    one, other = _terms_of(left), _terms_of(right)
    shared = len(one & other)
    all_words = len(one) + len(other) - shared
    if one == other and all_words <= FEW_WORDS:
        return same_text(left, right)
    return shared > SAME_WORDS * all_words


@kept_of_texts(8_192)
def _terms_of(statement: str) -> frozenset[int]:
    return frozenset(term_ids(statement))


def floor_of(query: Query, weights: RankingWeights) -> float:
    """The least relevance that answers a query: its own, else that for its kind."""
    if query.floor is not None:
        return query.floor
    has_one_word = len(_terms_of(query.searched)) == 1
    return min(weights.word_floor, weights.floor) if has_one_word else weights.floor


class Pick:
    """The relevant ones that a query admits, taken from rows offered by falling score."""

    def __init__(self, query: Query, weights: RankingWeights) -> None:
        self._query = query
        self._weights = weights
        self._asked = asked_of(query.searched)
        self._floor = floor_of(query, weights)
        self._share = weights.floor_share if self._floor else 0.0
        self._memories: list[Recalled] = []
        self._taken: list[str] = []
        self._scale = 1.0
        self._is_clear = True

    @property
    def wanted(self) -> int:
        """How many rows to look at: more than were asked for, where reading them moves some."""
        return max(self._query.limit, LOOKED_AT) if self._asked.is_specific else self._query.limit

    @property
    def is_complete(self) -> bool:
        """Whether there are as many as were wanted."""
        return len(self._memories) >= self.wanted

    def worth_reading(self, ranking: Ranking) -> list[int]:
        """The rows that pass the floor, by falling score; more where none is beyond doubt."""
        self._scale = ranking.scale
        passing = ranking.best_first(self._floor)
        self._is_clear = bool((ranking.relevance >= CLEAR).any()) or not self._weights.forms
        if self._is_clear or len(passing) >= LOOKED_AT_CLOSELY:
            return passing
        others = (row for row in ranking.best_first() if row not in passing)
        return [*passing, *islice(others, LOOKED_AT_CLOSELY - len(passing))]

    def offer(self, found: Iterable[tuple[Recalled, Mapping[str, object]]]) -> None:
        """Take what is admitted of memories and their stored values, until enough is there."""
        for recalled, value in found:
            if self.is_complete:
                return
            fitting = self._as_it_fits(recalled)
            may_pass = fitting.relevance >= self._floor or not self._is_clear
            passes = may_pass and self._query.admits(fitting.memory)
            if passes and matches(value, self._query.filter) and self._is_news(fitting):
                self._memories.append(fitting)

    def _as_it_fits(self, recalled: Recalled) -> Recalled:
        """What is left of a memory's rank where it is about somebody or something else."""
        statement = recalled.memory.content
        if self._asked.is_about_another(statement):
            return _lowered(recalled, self._weights.another)
        if self._asked.misses(statement):
            return _lowered(recalled, self._weights.unmentioned)
        return recalled

    def _is_news(self, recalled: Recalled) -> bool:
        """Whether nothing taken says the same; without a floor everything counts."""
        if not self._floor:
            return True
        content = recalled.memory.content
        if any(says_the_same(content, taken) for taken in self._taken):
            return False
        self._taken.append(content)
        return True

    def relevant(self) -> list[Recalled]:
        """The best of what was taken, without what is far less relevant than the first of them."""
        if not self._is_clear:
            self._memories = self._with_forms()
        found = [r for r in self._with_subject() if r.relevance >= self._floor]
        best = max((recalled.relevance for recalled in found), default=0.0)
        near = [r for r in found if r.relevance >= self._share * best]
        return sorted(near, key=lambda r: -r.score)[: self._query.limit]

    def _with_forms(self) -> list[Recalled]:
        """What was taken, each raised by what it has of the question in other forms."""
        weights = self._weights
        most = weights.forms * weights.keywords / (weights.keywords + weights.similarity)
        told = [told_of(recalled.memory.content) for recalled in self._memories]
        shares = in_other_forms(self._asked, told)
        pairs = zip(self._memories, shares, strict=True)
        return [_raised(r, most * share, self._scale) if share else r for r, share in pairs]

    def _with_subject(self) -> list[Recalled]:
        """What was taken; where some of it begins with what is asked about, the rest lowered."""
        begins = [self._asked.is_subject_of(r.memory.content) for r in self._memories]
        if all(begins) or not any(begins):
            return self._memories
        pairs = zip(self._memories, begins, strict=True)
        return [r if first else _lowered(r, self._weights.aside) for r, first in pairs]


def _lowered(recalled: Recalled, share: float) -> Recalled:
    """A memory at a share of its rank, which says so."""
    lost = recalled.why.get("subject", 0.0) + (share - 1) * recalled.score
    why = {**recalled.why, "subject": round(lost, 4)}
    lower = {"score": share * recalled.score, "relevance": share * recalled.relevance}
    return recalled.model_copy(update={**lower, "why": why})


def _raised(recalled: Recalled, relevance: float, scale: float) -> Recalled:
    """A memory that is more relevant, which says so; one of relevance is `scale` of score."""
    more = min(relevance, 1.0 - recalled.relevance)
    why = {**recalled.why, "forms": round(scale * more, 4)}
    higher = {"score": recalled.score + scale * more, "relevance": recalled.relevance + more}
    return recalled.model_copy(update={**higher, "why": why})
