"""Memories for a query: few, relevant, visible to who asks.

A store that is a `SignalSource` ranks all of a user's rows, and only the winners are read.
From any other store the nearest rows are fetched in plenty and ranked by the same functions.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache, partial
from itertools import islice
from math import isnan
from typing import NamedTuple, TypeVar, cast

import numpy as np
from langgraph.store.base import (
    BaseStore,
    Item,
    SearchItem,
    SearchOp,
    get_text_at_path,
)

from langchain_usermem.about import asked_of
from langchain_usermem.arrays import FloatArray, identities_of, shares_of
from langchain_usermem.filters import Filter
from langchain_usermem.memory import Memory, Recalled
from langchain_usermem.namespaces import Namespace, visible_namespaces
from langchain_usermem.picking import Pick
from langchain_usermem.query import Query, check_query
from langchain_usermem.ranking import Ranking, rank, timeliness
from langchain_usermem.settings import RankingWeights
from langchain_usermem.steps import Effect, Steps, batch
from langchain_usermem.store.columns import COLUMNS
from langchain_usermem.store.keyword_index import KeywordIndex, terms_to_bytes
from langchain_usermem.store.signals import ReadRow, ReadRows, Signals, SignalSource
from langchain_usermem.text import indexed_ids, term_ids
from langchain_usermem.time_intent import TimeIntent, time_intent_of

T = TypeVar("T")

OVER_FETCH = 200
"""Rows that are fetched of a store which cannot rank all of them."""

PAGE = 5_000
"""Rows read at once where all of a namespace are wanted."""

_INDEXED = ("content", "evidence[*].quote", "attribute")
_TAGS = "tags"


def indexed_fields(value: Mapping[str, object]) -> list[str]:
    """The fields of a stored memory that it is found by, of which the best one counts.

    The slot and the tags are among them: "What is my job?" shares no word with "Earns her money
    as a freelance illustrator", nor "Have I got a dog?" with "Owns a poodle".
    """
    # No tags are an empty list, which would be a text like any other.
    return [*_INDEXED, _TAGS] if value.get(_TAGS) else [*_INDEXED]


def recall(store: BaseStore, query: Query, weights: RankingWeights) -> Steps[list[Recalled]]:
    """The memories that answer a query, best first; none where none is relevant."""
    (found,) = yield from recall_all(store, [query], weights)
    return found


def recall_all(
    store: BaseStore, queries: Sequence[Query], weights: RankingWeights
) -> Steps[list[list[Recalled]]]:
    """The memories that answer each of some queries of one user, read together, in order."""
    for query in queries:
        check_query(query)
    if _is_source(type(store)):
        return (yield from _of_all_rows(cast(SignalSource, store), queries, weights))
    return (yield from _of_nearest_rows(store, queries, weights))


@lru_cache(maxsize=64)
def _is_source(kind: type[BaseStore]) -> bool:
    """Whether stores of a kind rank all rows; asked anew each time, it takes as long as a read."""
    return issubclass(kind, SignalSource)


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
    store: SignalSource, queries: Sequence[Query], weights: RankingWeights
) -> Effect[list[list[Recalled]]]:
    asked = [(q.namespaces, q.searched, partial(_best, q, weights)) for q in queries]

    async def gathered() -> list[list[Recalled]]:
        return await asyncio.gather(*(store.achosen(*each) for each in asked))

    return Effect(call=lambda: [store.chosen(*each) for each in asked], acall=gathered)


def _best(
    query: Query, weights: RankingWeights, signals: Signals, read: ReadRows
) -> list[Recalled]:
    """The rows that answer a query, read by falling score until enough of them are admitted."""
    ranking = rank(
        signals.similarity,
        signals.keywords,
        weights,
        timely=_timely(signals.columns.get("observed_at"), query, weights),
        lifts=_lifts(signals.columns, query),
        threads=signals.columns.get("thread_id"),
    )
    picked = Pick(query, weights)
    best_first = iter(picked.worth_reading(ranking))
    while not picked.is_complete and (rows := list(islice(best_first, picked.wanted))):
        picked.offer(_recalled(rows, read(rows), ranking, signals.similarity))
    return picked.relevant()


def _of_nearest_rows(
    store: BaseStore, queries: Sequence[Query], weights: RankingWeights
) -> Steps[list[list[Recalled]]]:
    fetched = yield from _fetched(store, queries)
    return [_best_of(*pair, weights) for pair in zip(queries, fetched, strict=True)]


def _best_of(query: Query, items: Sequence[SearchItem], weights: RankingWeights) -> list[Recalled]:
    """The items that answer a query, best first."""
    signals = Signals(
        [(item.namespace, item.key) for item in items],
        np.array([np.nan if item.score is None else item.score for item in items], np.float32),
        _keyword_shares(items, query.searched),
        {name: [item.value.get(name) for item in items] for name in COLUMNS},
    )
    return _best(query, weights, signals, lambda rows: [_Fetched(items[row].value) for row in rows])


class _Fetched(NamedTuple):
    """A row of a store that may change its values, so that nothing made of one is kept."""

    value: Mapping[str, object]

    def made_by(self, make: Callable[[Mapping[str, object]], T]) -> T:
        """What `make` makes of the value."""
        return make(self.value)


def _fetched(store: BaseStore, queries: Sequence[Query]) -> Steps[list[list[SearchItem]]]:
    """The rows nearest to each query in plenty, or all of a store without vectors, by age."""
    searches = [
        SearchOp(
            namespace,
            limit=max(OVER_FETCH, 4 * query.limit),
            query=query.searched,
            refresh_ttl=False,
        )
        for query in queries
        for namespace in query.namespaces
    ]
    pages = iter((yield from batch(store, searches)))
    fetched = [[i for page in islice(pages, len(q.namespaces)) for i in page] for q in queries]
    if any(item.score is None for items in fetched for item in items):
        fetched = yield from _whole(store, queries)
    return [sorted(items, key=_age) for items in fetched]


def _whole(store: BaseStore, queries: Sequence[Query]) -> Steps[list[list[SearchItem]]]:
    """All rows that may answer each query; what several look at is read once."""
    whole: dict[Namespace, list[SearchItem]] = {}
    for namespace in dict.fromkeys(n for query in queries for n in query.namespaces):
        whole[namespace] = yield from all_items(store, namespace)
    return [[item for n in query.namespaces for item in whole[n]] for query in queries]


def _timely(
    observed: Sequence[object] | None, query: Query, weights: RankingWeights
) -> FloatArray | None:
    """How well rows fit the time a query asks about; None where it asks about none."""
    if observed is None:
        return None
    if query.period is None:
        intent = time_intent_of(query.searched, query.now)
    else:
        intent = TimeIntent(query.period)
    return timeliness(observed, intent, query.now, weights.half_life_days)


def _lifts(columns: Mapping[str, Sequence[object]], query: Query) -> dict[str, FloatArray]:
    """How much rows matter, and whether they say who the user is where a query asks about that."""
    lifts = {}
    if "importance" in columns:
        lifts["importance"] = shares_of(columns["importance"])
    if "category" in columns and asked_of(query.searched).is_of_user:
        lifts["category"] = identities_of(columns["category"])
    return lifts


def _age(item: SearchItem) -> tuple[datetime, int]:
    """Sorts items into the order in which they were said."""
    ordinal = item.value.get("ordinal")
    return item.created_at, ordinal if isinstance(ordinal, int) else 0


def _keyword_shares(items: Sequence[Item], text: str) -> FloatArray:
    """Keyword shares of fetched items, by the words that they are found by."""
    texts = [terms_to_bytes(indexed_ids(indexed_text(item.value))) for item in items]
    index = KeywordIndex()
    index.add(np.arange(len(items)), texts)
    return index.shares(term_ids(text))


def indexed_text(value: Mapping[str, object]) -> str:
    """The words that a stored memory is found by."""
    fields = indexed_fields(value)
    return "\n".join(text for path in fields for text in get_text_at_path(value, path))


def _recalled(
    rows: Sequence[int], read: Sequence[ReadRow], ranking: Ranking, similarity: FloatArray
) -> Iterator[tuple[Recalled, Mapping[str, object]]]:
    """Memories with their ranks, and as they are stored; `rows` and `read` run in parallel."""
    places = np.array(rows)
    arrays = (ranking.score, ranking.relevance, similarity, *ranking.shares.values())
    # All rows of an array at once: a number at a time takes several times as long.
    ranks = zip(*(array[places].tolist() for array in arrays), strict=True)
    for row, (score, relevance, cosine, *shares) in zip(read, ranks, strict=True):
        recalled = Recalled(
            memory=row.made_by(Memory.from_value),
            score=score,
            relevance=relevance,
            similarity=None if isnan(cosine) else cosine,
            why={n: round(s, 4) for n, s in zip(ranking.shares, shares, strict=True)},
        )
        yield recalled, row.value
