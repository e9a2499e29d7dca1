"""Memories for a query: few, relevant, visible to who asks.

A store that is a `SignalSource` ranks all of a user's rows, and only the winners are read.
From any other store the nearest rows are fetched in plenty and ranked by the same functions.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice

import numpy as np
from langgraph.store.base import (
    BaseStore,
    GetOp,
    Item,
    SearchItem,
    SearchOp,
    get_text_at_path,
)

from langchain_usermem.about import asked_of
from langchain_usermem.filters import Filter, matches
from langchain_usermem.memory import Memory, Recalled
from langchain_usermem.namespaces import Namespace, visible_namespaces
from langchain_usermem.query import Query, check_query
from langchain_usermem.ranking import (
    FloatArray,
    Ranking,
    matches_of,
    rank,
    shares_of,
    timeliness,
)
from langchain_usermem.settings import RankingWeights
from langchain_usermem.steps import Effect, Steps, batch
from langchain_usermem.store.columns import COLUMNS
from langchain_usermem.store.keyword_index import KeywordIndex, terms_to_bytes
from langchain_usermem.store.signals import Signals, SignalSource
from langchain_usermem.text import indexed_ids, same_text, stems, term_ids
from langchain_usermem.time_intent import time_intent_of

OVER_FETCH = 200
"""Rows that are fetched of a store which cannot rank all of them."""

SAME_WORDS = 0.85
"""Share of their words above which two statements count as one when recalled."""

FEW_WORDS = 3
"""Statements of so many words count as one only if they are the same text."""

LOOKED_AT = 10
"""Rows that are read at least where what they say moves them, as it does for "my sister"."""

PAGE = 5_000
"""Rows read at once where all of a namespace are wanted."""

INDEXED = ("content", "evidence[*].quote")
"""Fields of a memory that it is found by; its best one counts."""


def recall(store: BaseStore, query: Query, weights: RankingWeights) -> Steps[list[Recalled]]:
    """The memories that answer a query, best first; none where none is relevant."""
    check_query(query)
    if isinstance(store, SignalSource):
        return (yield from _of_all_rows(store, query, weights))
    return (yield from _of_nearest_rows(store, query, weights))


def standing(
    store: BaseStore, user: Namespace, agent_id: str | None, now: datetime
) -> Steps[list[Memory]]:
    """The profile: memories that apply to every turn, identity first, then by age."""
    namespaces = visible_namespaces(user, agent_id)
    found = yield from all_memories(store, namespaces, filter={"standing": True})
    valid = [memory for memory in found if memory.is_in_force(now)]
    return sorted(valid, key=lambda m: (m.category != "identity", m.order))


def all_memories(
    store: BaseStore,
    namespaces: Iterable[Namespace],
    filter: Filter | None = None,  # noqa: A002 - LangGraph's own word
) -> Steps[list[Memory]]:
    """Every memory below these namespaces that passes the filter, page by page."""
    found: list[Memory] = []
    for namespace in namespaces:
        items = yield from all_items(store, namespace, filter)
        found.extend(Memory.from_value(item.value) for item in items)
    return found


def all_items(
    store: BaseStore,
    namespace: Namespace,
    filter: Filter | None = None,  # noqa: A002 - LangGraph's own word
) -> Steps[list[SearchItem]]:
    """Every item below a namespace that passes the filter, page by page."""
    found: list[SearchItem] = []
    while True:
        (page,) = yield from batch(store, [_page(namespace, filter, len(found))])
        found.extend(page)
        if len(page) < PAGE:
            return found


def _page(namespace: Namespace, filter: Filter | None, offset: int) -> SearchOp:  # noqa: A002
    conditions = dict(filter) if filter else None
    return SearchOp(namespace, conditions, limit=PAGE, offset=offset, refresh_ttl=False)


def _of_all_rows(
    store: SignalSource, query: Query, weights: RankingWeights
) -> Steps[list[Recalled]]:
    signals = yield from _signals(store, query)
    ranking = rank(
        signals.similarity,
        signals.keywords,
        weights,
        timely=_timely(signals.columns.get("observed_at"), query, weights),
        lifts=_lifts(signals.columns, query),
        threads=signals.columns.get("thread_id"),
    )
    picked = _Pick(query, weights)
    best_first = iter(picked.worth_reading(ranking))
    while not picked.is_complete and (rows := list(islice(best_first, picked.wanted))):
        keys = [signals.keys[row] for row in rows]
        gets = [GetOp(namespace, key, refresh_ttl=False) for namespace, key in keys]
        items = yield from batch(store, gets)  # type: ignore[arg-type] # every source is a store
        picked.offer(_recalled(rows, items, ranking, signals.similarity))
    return picked.relevant()


def _signals(store: SignalSource, query: Query) -> Effect[Signals]:
    return Effect(
        call=lambda: store.signals(query.namespaces, query.searched),
        acall=lambda: store.asignals(query.namespaces, query.searched),
    )


def _of_nearest_rows(
    store: BaseStore, query: Query, weights: RankingWeights
) -> Steps[list[Recalled]]:
    items = yield from _fetched(store, query)
    similarity = np.array([np.nan if i.score is None else i.score for i in items], np.float32)
    columns = {name: [item.value.get(name) for item in items] for name in COLUMNS}
    ranking = rank(
        similarity,
        _keyword_shares(items, query.searched),
        weights,
        timely=_timely(columns["observed_at"], query, weights),
        lifts=_lifts(columns, query),
        threads=columns["thread_id"],
    )
    picked = _Pick(query, weights)
    rows = picked.worth_reading(ranking)
    picked.offer(_recalled(rows, [items[row] for row in rows], ranking, similarity))
    return picked.relevant()


def _fetched(store: BaseStore, query: Query) -> Steps[list[SearchItem]]:
    """The rows nearest to a query in plenty, or all of a store without vectors, by age."""
    wanted = max(OVER_FETCH, 4 * query.limit)
    searches = [
        SearchOp(namespace, limit=wanted, query=query.searched, refresh_ttl=False)
        for namespace in query.namespaces
    ]
    pages = yield from batch(store, searches)
    items = [item for page in pages for item in page]
    if any(item.score is None for item in items):
        items = []
        for namespace in query.namespaces:
            items += yield from all_items(store, namespace)
    return sorted(items, key=_age)


def _timely(
    observed: Sequence[object] | None, query: Query, weights: RankingWeights
) -> FloatArray | None:
    """How well rows fit the time a query asks about; None where it asks about none."""
    intent = time_intent_of(query.searched, query.now)
    if observed is None:
        return None
    return timeliness(observed, intent, query.now, weights.half_life_days)


def _lifts(columns: Mapping[str, Sequence[object]], query: Query) -> dict[str, FloatArray]:
    """How much rows matter, and whether they say who the user is where a query asks about that."""
    lifts = {}
    if "importance" in columns:
        lifts["importance"] = shares_of(columns["importance"])
    if "category" in columns and asked_of(query.searched).is_of_user:
        lifts["category"] = matches_of(columns["category"], "identity")
    return lifts


def _age(item: SearchItem) -> tuple[datetime, int]:
    """Sorts items into the order in which they were said."""
    ordinal = item.value.get("ordinal")
    return item.created_at, ordinal if isinstance(ordinal, int) else 0


def _keyword_shares(items: Sequence[Item], text: str) -> FloatArray:
    """Keyword shares of fetched items, by the words of their statements and quotes."""
    texts = [terms_to_bytes(indexed_ids(indexed_text(item.value))) for item in items]
    index = KeywordIndex()
    index.add(np.arange(len(items)), texts)
    return index.shares(term_ids(text))


def indexed_text(value: Mapping[str, object]) -> str:
    """The words that a stored memory is found by: its statement and its quotes."""
    return "\n".join(text for path in INDEXED for text in get_text_at_path(value, path))


def _recalled(
    rows: Sequence[int], items: Sequence[Item | None], ranking: Ranking, similarity: FloatArray
) -> Iterator[tuple[Recalled, Item]]:
    """The items that still exist, each with its rank; `rows` and `items` run in parallel."""
    for row, item in zip(rows, items, strict=True):
        if item is not None:
            yield _one_recalled(row, item, ranking, float(similarity[row])), item


def _one_recalled(row: int, item: Item, ranking: Ranking, similarity: float) -> Recalled:
    return Recalled(
        memory=Memory.from_value(item.value),
        score=float(ranking.score[row]),
        relevance=float(ranking.relevance[row]),
        similarity=None if np.isnan(similarity) else similarity,
        why={name: round(float(share[row]), 4) for name, share in ranking.shares.items()},
    )


def says_the_same(left: str, right: str) -> bool:
    """Whether two statements differ in next to no word; numbers and names are words.

    Of very short ones the words alone do not tell: "Ana loves Bob" is not "Bob loves Ana".
    """
    return _same(left, frozenset(term_ids(left)), right, frozenset(term_ids(right)))


def _same(left: str, one: frozenset[int], right: str, other: frozenset[int]) -> bool:
    all_words = len(one | other)
    if one == other and all_words <= FEW_WORDS:
        return same_text(left, right)
    return len(one & other) > SAME_WORDS * all_words


def floor_of(query: Query, weights: RankingWeights) -> float:
    """The least relevance that answers a query: its own, else that for its kind."""
    if query.floor is not None:
        return query.floor
    has_one_word = len(set(stems(query.searched))) == 1
    return min(weights.word_floor, weights.floor) if has_one_word else weights.floor


class _Pick:
    """The relevant ones that a query admits, taken from rows offered by falling score."""

    def __init__(self, query: Query, weights: RankingWeights) -> None:
        self._query = query
        self._weights = weights
        self._asked = asked_of(query.searched)
        self._floor = floor_of(query, weights)
        self._share = weights.floor_share if self._floor else 0.0
        self._memories: list[Recalled] = []
        self._words: list[tuple[str, frozenset[int]]] = []

    @property
    def wanted(self) -> int:
        """How many rows to look at: more than were asked for, where reading them moves some."""
        return max(self._query.limit, LOOKED_AT) if self._asked.is_specific else self._query.limit

    @property
    def is_complete(self) -> bool:
        """Whether there are as many as were wanted."""
        return len(self._memories) >= self.wanted

    def worth_reading(self, ranking: Ranking) -> list[int]:
        """The rows that pass the floor, by falling score."""
        passing = ranking.relevance[ranking.order] >= self._floor
        rows: list[int] = ranking.order[passing].tolist()
        return rows

    def offer(self, found: Iterable[tuple[Recalled, Item]]) -> None:
        """Take what is admitted, until enough is there."""
        for recalled, item in found:
            if self.is_complete:
                return
            fitting = self._as_it_fits(recalled)
            passes = fitting.relevance >= self._floor and self._query.admits(fitting.memory)
            if passes and matches(item.value, self._query.filter) and self._is_news(fitting):
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
        terms = frozenset(term_ids(content))
        if any(_same(content, terms, *taken) for taken in self._words):
            return False
        self._words.append((content, terms))
        return True

    def relevant(self) -> list[Recalled]:
        """The best of what was taken, without what is far less relevant than the first of them."""
        best = max((recalled.relevance for recalled in self._memories), default=0.0)
        near = [r for r in self._memories if r.relevance >= self._share * best]
        return sorted(near, key=lambda r: -r.score)[: self._query.limit]


def _lowered(recalled: Recalled, share: float) -> Recalled:
    """A memory at a share of its rank, which says so."""
    why = {**recalled.why, "subject": round((share - 1) * recalled.score, 4)}
    lower = {"score": share * recalled.score, "relevance": share * recalled.relevance}
    return recalled.model_copy(update={**lower, "why": why})
