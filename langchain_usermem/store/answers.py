"""What read operations give, within one read transaction."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isnan

import numpy as np
from langgraph.store.base import GetOp, Item, ListNamespacesOp, Result, SearchItem, SearchOp

from langchain_usermem.embeddings import FloatArray
from langchain_usermem.filters import matches
from langchain_usermem.store.edits import expiry
from langchain_usermem.store.listing import listed, literal_prefix
from langchain_usermem.store.order import best_first, chunks
from langchain_usermem.store.partition import Query, Scored
from langchain_usermem.store.partitions import Partitions
from langchain_usermem.store.plan import ReadOp, namespace_of, path_of
from langchain_usermem.store.prefilter import conditions_of
from langchain_usermem.store.rows import (
    Alive,
    NamespaceRow,
    Row,
    corrupt,
    live_paths,
    namespaces_below,
    newest_ids,
    row_at,
    rows_by_id,
)
from langchain_usermem.store.schema import Connection
from langchain_usermem.store.signals import Namespace
from langchain_usermem.store.vector_index import IdArray

Ranked = tuple[int, float | None]

# A filter passes over rows, so more are read at once than are wanted.
_LEAST_FILTERED = 64
_FILTERED_FACTOR = 4
# Of the nearest thousand by their codes, these are nearly all among the nearest by cosine.
_MOST_OF_SHORTLIST = 200


class Answers:
    """Answers operations, and gathers the ends of lives that reading moves.

    Args:
        partitions: the indexes to search.
        alive: which rows are there at all.
        vectors: query vectors by query; a query without one is searched by keywords.
    """

    def __init__(
        self, partitions: Partitions, *, alive: Alive, vectors: Mapping[str, FloatArray]
    ) -> None:
        self._partitions = partitions
        self._alive = alive
        self._vectors = vectors
        self.prolonged: dict[int, int] = {}

    def to(self, connection: Connection, op: ReadOp) -> Result:
        """The result of one operation."""
        if isinstance(op, GetOp):
            return self._get(connection, op)
        if isinstance(op, SearchOp):
            return self._search(connection, op)
        return self._list(connection, op)

    def _get(self, connection: Connection, op: GetOp) -> Item | None:
        row = row_at(connection, path_of(op.namespace), key=op.key, alive=self._alive)
        if row is None:
            return None
        self._note_read(row, refresh=op.refresh_ttl)
        return row.item()

    def _search(self, connection: Connection, op: SearchOp) -> list[SearchItem]:
        found = []
        for row, score in self._page(connection, op):
            self._note_read(row, refresh=op.refresh_ttl)
            found.append(row.search_item(score))
        return found

    def _list(self, connection: Connection, op: ListNamespacesOp) -> list[Namespace]:
        prefix = path_of(literal_prefix(op))
        paths = live_paths(connection, prefix, alive=self._alive)
        return listed(map(namespace_of, paths), op)

    def _page(self, connection: Connection, op: SearchOp) -> list[tuple[Row, float | None]]:
        """The rows of one page, with their scores."""
        end = op.offset + op.limit
        if not op.limit:
            return []
        namespaces = namespaces_below(connection, path_of(op.namespace_prefix))
        page = self._filled(connection, op, self._nearest(connection, op, namespaces))
        if len(page) < end:
            # Too few that pass the filter among the nearest, or it is no large namespace.
            page = self._filled(connection, op, self._ranked(connection, op, namespaces))
        return page[op.offset : end]

    def _filled(
        self, connection: Connection, op: SearchOp, ranked: Iterable[list[Ranked]]
    ) -> list[tuple[Row, float | None]]:
        """The rows up to the end of a page that are alive and pass the filter."""
        page: list[tuple[Row, float | None]] = []
        for chunk in ranked:
            rows = rows_by_id(connection, [row_id for row_id, _ in chunk], alive=self._alive)
            _check_below(op.namespace_prefix, rows.values())
            page.extend(
                (rows[row_id], score)
                for row_id, score in chunk
                if row_id in rows and matches(rows[row_id].value, op.filter)
            )
            if len(page) >= op.offset + op.limit:
                break
        return page

    def _nearest(
        self, connection: Connection, op: SearchOp, namespaces: Sequence[NamespaceRow]
    ) -> Iterable[list[Ranked]]:
        """The first of the result of a search in one very large namespace; else nothing."""
        wanted = _wanted(op)
        if not op.query or wanted > _MOST_OF_SHORTLIST:
            return ()
        query = Query(op.query, self._vectors.get(op.query))
        scored = self._partitions.shortlist(connection, namespaces, query)
        if scored is None:
            return ()
        return (_with_scores(scored, places) for places in best_first(scored, wanted=wanted))

    def _ranked(
        self, connection: Connection, op: SearchOp, namespaces: Sequence[NamespaceRow]
    ) -> Iterator[list[Ranked]]:
        """Ids and scores of the rows of some namespaces in the order of the result, in chunks."""
        wanted = _wanted(op)
        if not op.query:
            ids = np.array(
                newest_ids(connection, namespaces, conditions_of(op.filter)), dtype=np.int64
            )
            return (
                [(row_id, None) for row_id in part.tolist()] for part in chunks(ids, first=wanted)
            )
        query = Query(op.query, self._vectors.get(op.query))
        scored = self._partitions.scored(connection, namespaces, query)
        return (_with_scores(scored, places) for places in best_first(scored, wanted=wanted))

    def _note_read(self, row: Row, *, refresh: bool) -> None:
        end = expiry(self._alive.moment, row.ttl)
        if refresh and end is not None:
            self.prolonged[row.id] = end


def _wanted(op: SearchOp) -> int:
    """How many rows to read at first."""
    end = op.offset + op.limit
    return max(_FILTERED_FACTOR * end, _LEAST_FILTERED) if op.filter else end


def _check_below(prefix: Sequence[str], rows: Iterable[Row]) -> None:
    """Refuse rows that only a damaged index counts among a prefix: they are another user's."""
    path = path_of(prefix)
    for row in rows:
        if not row.path.startswith(path):
            raise corrupt(row.path, row.key)


def _with_scores(scored: Scored, places: IdArray) -> list[Ranked]:
    similarity = scored.similarity[places]
    scores = [None if isnan(value) else value for value in similarity.tolist()]
    return list(zip(scored.ids[places].tolist(), scores, strict=True))
