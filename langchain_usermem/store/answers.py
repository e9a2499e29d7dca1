"""What read operations give, within one read transaction."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isnan

import numpy as np
from langgraph.store.base import GetOp, Item, ListNamespacesOp, Result, SearchItem, SearchOp

from langchain_usermem.embeddings import FloatArray
from langchain_usermem.filters import matches
from langchain_usermem.store.edits import expiry
from langchain_usermem.store.listing import listed, literal_prefix
from langchain_usermem.store.newest_first import NewestFirst
from langchain_usermem.store.order import best_first, chunks
from langchain_usermem.store.partition import Query
from langchain_usermem.store.partitions import Partitions
from langchain_usermem.store.plan import ReadOp, namespace_of, path_of
from langchain_usermem.store.prefilter import conditions_of
from langchain_usermem.store.rows import (
    Alive,
    NamespaceRow,
    corrupt,
    expired_ids,
    live_paths,
    namespaces_at,
    namespaces_below,
    rows_by_id,
    versions_by_key,
)
from langchain_usermem.store.schema import Connection
from langchain_usermem.store.scored import Scored, without
from langchain_usermem.store.signals import Namespace
from langchain_usermem.store.vector_index import IdArray
from langchain_usermem.store.verified import Place, Row, VerifiedRows, Version

Ranked = tuple[Version, float | None]

# A filter passes over rows, so more are read at once than are wanted.
_LEAST_FILTERED = 64
_FILTERED_FACTOR = 4
# Nearly all of twice as many as were wanted are the nearest; the end of a shortlist is not.
_SURE_FACTOR = 2
# For more, looking at codes first spares little.
_MOST_BY_CODES = 2_048


class Answers:
    """Answers operations, and gathers the ends of lives that reading moves.

    Args:
        partitions: the indexes to search.
        verified: the rows that were read already.
        newest_first: the lists of rows that were made already.
        alive: which rows are there at all.
        vectors: query vectors by query; a query without one is searched by keywords.
    """

    def __init__(
        self,
        partitions: Partitions,
        verified: VerifiedRows,
        newest_first: NewestFirst,
        *,
        alive: Alive,
        vectors: Mapping[str, FloatArray],
    ) -> None:
        self._partitions = partitions
        self._verified = verified
        self._newest_first = newest_first
        self._alive = alive
        self._vectors = vectors
        self.prolonged: dict[int, int] = {}

    def to(self, connection: Connection, reads: Sequence[tuple[int, ReadOp]]) -> dict[int, Result]:
        """The results of some operations, by their places in the batch."""
        gets = [(place, op) for place, op in reads if isinstance(op, GetOp)]
        found: dict[int, Result] = dict(self._got(connection, gets)) if gets else {}
        for place, op in reads:
            if isinstance(op, SearchOp):
                found[place] = self._search(connection, op)
            elif isinstance(op, ListNamespacesOp):
                found[place] = self._list(connection, op)
        return found

    def scored(self, connection: Connection, paths: Sequence[str], query: Query) -> Scored:
        """All live rows of the namespaces at exactly these paths, with their signals."""
        namespaces = namespaces_at(connection, paths)
        scored = self._partitions.scored(connection, namespaces, query)
        return without(scored, expired_ids(connection, namespaces, alive=self._alive))

    def rows_at(self, connection: Connection, scored: Scored, places: Sequence[int]) -> list[Row]:
        """Rows by their places among scored ones of this state."""
        versions = _versions(scored, list(places))
        rows = self._rows(connection, versions)
        for place, (row_id, _) in zip(places, versions, strict=True):
            _check_key(scored.keys[place], rows.get(row_id))
        return [rows[row_id] for row_id, _ in versions]

    def _got(
        self, connection: Connection, gets: Sequence[tuple[int, GetOp]]
    ) -> Iterator[tuple[int, Item]]:
        """The items that are there, all looked up at once."""
        places = {number: (path_of(op.namespace), op.key) for number, op in gets}
        versions = versions_by_key(connection, list(set(places.values())), alive=self._alive)
        rows = self._rows(connection, list(versions.values()))
        for number, op in gets:
            version = versions.get(places[number])
            row = rows.get(version[0]) if version else None
            if row:
                _check_place(places[number], row)
                self._note_read(row, refresh=op.refresh_ttl)
                yield number, row.item()

    def _rows(self, connection: Connection, versions: Sequence[Version]) -> dict[int, Row]:
        """The live ones among some rows of this state, by id."""
        rows = self._verified.known(versions)
        missing = [row_id for row_id, _ in versions if row_id not in rows]
        if missing:
            read = rows_by_id(connection, missing, alive=self._alive)
            self._verified.keep(read)
            rows |= {row.id: row for row in read}
        return rows

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
        if op.query:
            page = self._nearest(connection, op, namespaces)
        else:
            conditions = conditions_of(op.filter)
            found = self._newest_first.among(connection, namespaces, conditions)
            page = self._filled(connection, op, _unscored(found, op))
        return page[op.offset : end]

    def _nearest(
        self, connection: Connection, op: SearchOp, namespaces: Sequence[NamespaceRow]
    ) -> list[tuple[Row, float | None]]:
        """The rows up to the end of a page of a search with a query."""
        query = Query(op.query or "", self._vectors.get(op.query or ""))
        for wanted in _shortlists(op):
            scored = self._partitions.scored(connection, namespaces, query, wanted=wanted)
            ranked = _ranked(scored, op)
            sure = ranked if scored.is_whole else _firsts(ranked, _SURE_FACTOR * wanted)
            page = self._filled(connection, op, sure)
            if scored.is_whole or len(page) >= op.offset + op.limit:
                return page
        among = self._passing(connection, op, namespaces)
        scored = self._partitions.scored(connection, namespaces, query, among=among)
        return self._filled(connection, op, _ranked(scored, op))

    def _passing(
        self, connection: Connection, op: SearchOp, namespaces: Sequence[NamespaceRow]
    ) -> IdArray | None:
        """The rows that may pass a filter, by id; None if SQLite cannot tell."""
        conditions = conditions_of(op.filter)
        if not conditions:
            return None
        found = self._newest_first.among(connection, namespaces, conditions)
        return np.array([row_id for row_id, _ in found], dtype=np.int64)

    def _filled(
        self, connection: Connection, op: SearchOp, ranked: Iterable[list[Ranked]]
    ) -> list[tuple[Row, float | None]]:
        """The rows up to the end of a page that are alive and pass the filter."""
        page: list[tuple[Row, float | None]] = []
        for chunk in ranked:
            rows = self._rows(connection, [version for version, _ in chunk])
            _check_below(op.namespace_prefix, rows.values())
            page.extend(
                (rows[row_id], score)
                for (row_id, _), score in chunk
                if row_id in rows and matches(rows[row_id].value, op.filter)
            )
            if len(page) >= op.offset + op.limit:
                break
        return page

    def _note_read(self, row: Row, *, refresh: bool) -> None:
        end = expiry(self._alive.moment, row.ttl)
        if refresh and end is not None:
            self.prolonged[row.id] = end


def _wanted(op: SearchOp) -> int:
    """How many rows to read at first."""
    end = op.offset + op.limit
    return max(_FILTERED_FACTOR * end, _LEAST_FILTERED) if op.filter else end


def _shortlists(op: SearchOp) -> Iterator[int]:
    """Among how many of the nearest to look for a page, until it is full."""
    wanted = _wanted(op)
    if wanted <= _MOST_BY_CODES:
        yield wanted
    if op.filter and wanted < _MOST_BY_CODES:
        yield _MOST_BY_CODES


def _firsts(ranked: Iterable[list[Ranked]], count: int) -> Iterator[list[Ranked]]:
    """The first so many, in their chunks."""
    for chunk in ranked:
        yield chunk[:count]
        count -= len(chunk)
        if count <= 0:
            return


def _unscored(found: list[Version], op: SearchOp) -> Iterator[list[Ranked]]:
    """Rows in their order as those of a search without a query, in chunks."""
    return ([(version, None) for version in part] for part in chunks(found, first=_wanted(op)))


def _ranked(scored: Scored, op: SearchOp) -> Iterator[list[Ranked]]:
    """Rows with their scores in the order of the result, in chunks."""
    return (_with_scores(scored, places) for places in best_first(scored, wanted=_wanted(op)))


def _check_below(prefix: Sequence[str], rows: Iterable[Row]) -> None:
    """Refuse rows that only a damaged index counts among a prefix: they are another user's."""
    path = path_of(prefix)
    for row in rows:
        if not row.path.startswith(path):
            raise corrupt(row.path, row.key)


def _check_place(place: Place, row: Row) -> None:
    """Refuse a row that only a damaged index has at a place."""
    if place != (row.path, row.key):
        raise corrupt(*place)


def _check_key(at: tuple[Namespace, str], row: Row | None) -> None:
    """Refuse a row that is not where an index has it, which is damaged."""
    namespace, key = at
    if row is None or (namespace_of(row.path), row.key) != at:
        raise corrupt(path_of(namespace), key)


def _with_scores(scored: Scored, places: IdArray) -> list[Ranked]:
    similarity = scored.similarity[places].tolist()
    scores = [None if isnan(value) else value for value in similarity]
    return list(zip(_versions(scored, places), scores, strict=True))


def _versions(scored: Scored, places: IdArray | list[int]) -> list[Version]:
    ids, updated = scored.ids[places].tolist(), scored.updated[places].tolist()
    return list(zip(ids, updated, strict=True))
