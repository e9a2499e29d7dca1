"""The working set of one namespace: what its rows hold, as FAISS and keyword indexes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from langchain_usermem.embeddings import FloatArray
from langchain_usermem.errors import CorruptRowError, DimensionMismatchError
from langchain_usermem.store.columns import Columns, NamedColumns, by_name, joined
from langchain_usermem.store.digests import text_digest
from langchain_usermem.store.keyword_index import KeywordIndex
from langchain_usermem.store.plan import namespace_of
from langchain_usermem.store.rows import Changes, Texts, corrupt
from langchain_usermem.store.vector_index import IdArray, VectorIndex
from langchain_usermem.store.weighting import WordQuery
from langchain_usermem.text import term_ids

SHORTLIST = 1_000
"""How many rows of a very large namespace are compared exactly."""

_FLOAT_BYTES = 4
# A key and the columns as Python values, and their places in the arrays.
_ROW_BYTES = 450


class Query:
    """A query as the indexes take it.

    Args:
        text: what is asked.
        vector: None where it could not be embedded.
        keywords: whether all signals are wanted: keyword shares even where every row has a
            similarity, and the columns.
        words: its words, to be weighed by each partition; None takes the vector as it is.
    """

    def __init__(
        self,
        text: str,
        vector: FloatArray | None,
        *,
        keywords: bool = False,
        words: WordQuery | None = None,
    ) -> None:
        self.vector = vector
        self.words = words
        self.keywords = keywords
        self._text = text

    @cached_property
    def terms(self) -> list[int]:
        """Its hashed stems."""
        return term_ids(self._text)

    def vector_among(self, index: KeywordIndex) -> FloatArray | None:
        """Its vector in a partition whose words are those of `index`."""
        return self.vector if self.words is None else self.words.among(index)


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Rows with their signals for a query, as parallel arrays of shape (n,), by id.

    `similarity` is NaN where a row has no vector; `updated` is in microseconds since 1970.
    `is_whole` is whether they are all rows, not a shortlist.
    """

    ids: IdArray
    updated: IdArray
    similarity: FloatArray
    keywords: FloatArray
    keys: list[tuple[tuple[str, ...], str]] = field(default_factory=list)
    columns: NamedColumns = field(default_factory=dict)
    is_whole: bool = True


class Partition:
    """The rows of one namespace as of its write number `sequence`. Its owner locks it."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._namespace = namespace_of(path)
        self.sequence = 0
        self._clear()

    def _clear(self) -> None:
        self._ids: IdArray = np.empty(0, dtype=np.int64)
        self._updated: IdArray = np.empty(0, dtype=np.int64)
        self._keys: list[tuple[tuple[str, ...], str]] = []
        self._columns: list[Columns] = []
        self._named_columns: NamedColumns | None = None
        self._vectors: VectorIndex | None = None
        self._words = KeywordIndex()
        self._word_places: IdArray = np.empty(0, dtype=np.int64)
        self._vector_places: IdArray = np.empty(0, dtype=np.int64)
        self._has_one_vector_each = True
        self._is_full = True
        self._is_in_order = True

    @property
    def size_bytes(self) -> int:
        """Memory it takes, roughly."""
        vectors = self._vectors.size_bytes if self._vectors else 0
        return vectors + self._words.size_bytes + _ROW_BYTES * len(self._ids)

    def apply(self, changes: Changes, *, sequence: int) -> None:
        """Take in what changed up to a write number.

        Raises:
            CorruptRowError: a text or vector does not match its digest.
        """
        if changes.whole:
            self._clear()
        texts = changes.texts
        _check(texts, self._path)
        owners = np.array(texts.item_ids, dtype=np.int64)
        gone = np.concatenate([owners, np.array(changes.deleted, dtype=np.int64)])
        self._replace_rows(gone, texts, owners)
        self._replace_texts(gone, texts, owners)
        self._word_places = np.searchsorted(self._ids, self._words.owners)
        owners = self._vectors.owners if self._vectors else self._ids[:0]
        self._vector_places = np.searchsorted(self._ids, owners)
        self._has_one_vector_each = len(np.unique(owners)) == len(owners)
        self._is_full = self._has_one_vector_each and len(owners) == len(self._ids)
        self._is_in_order = np.array_equal(owners, self._ids)
        self.sequence = sequence

    def scored(self, query: Query, *, rough: bool = False) -> Scored:
        """All rows with their signals; a row of several texts counts by its best for each.

        With `rough`, about the nearest thousand of very many, where every row has a vector.
        """
        return (self._shortlist(query) if rough else None) or self._all_scored(query)

    def _all_scored(self, query: Query) -> Scored:
        similarity = self._similarity(query)
        keywords = np.zeros(len(self._ids), dtype=np.float32)
        if query.keywords or not self._is_embedded(query):
            np.maximum.at(keywords, self._word_places, self._words.shares(query.terms))
        if not query.keywords:
            return Scored(self._ids, self._updated, similarity, keywords)
        columns = self._by_name()
        return Scored(self._ids, self._updated, similarity, keywords, self._keys, columns)

    def _shortlist(self, query: Query) -> Scored | None:
        """About the nearest thousand rows of very many, without keywords; else None."""
        if self._vectors is None or query.vector is None or not self._is_embedded(query):
            return None
        found = self._vectors.nearest(query.vector, SHORTLIST)
        if found is None:
            return None
        places, similarity = self._vector_places[found[0]], found[1]
        keywords = np.zeros(len(places), dtype=np.float32)
        ids, updated = self._ids[places], self._updated[places]
        return Scored(ids, updated, similarity, keywords, is_whole=False)

    def _is_embedded(self, query: Query) -> bool:
        """Whether every row has a similarity with the query."""
        return self._is_full and query.vector is not None

    def _by_name(self) -> NamedColumns:
        """The columns turned round, once for each state."""
        if self._named_columns is None:
            self._named_columns = by_name(self._columns)
        return self._named_columns

    def _similarity(self, query: Query) -> FloatArray:
        vector = query.vector_among(self._words) if self._vectors else None
        found = self._vectors.similarities(vector) if self._vectors and vector is not None else None
        if found is not None and self._is_in_order:
            return found
        best = np.full(len(self._ids), np.nan, dtype=np.float32)
        if found is not None:
            if self._has_one_vector_each:
                best[self._vector_places] = found
            else:
                np.fmax.at(best, self._vector_places, found)
        return best

    def _replace_rows(self, gone: IdArray, texts: Texts, owners: IdArray) -> None:
        """Drop some rows and add those of some texts, keeping all in the order of their ids."""
        remain = ~np.isin(self._ids, gone)
        if not remain.all():
            self._keep_rows(np.flatnonzero(remain))
        ids, first = np.unique(owners, return_index=True)
        places = first.tolist()
        updated = _times(texts, self._path)
        self._ids = np.concatenate([self._ids, ids])
        self._updated = np.concatenate([self._updated, updated[first]])
        # New lists: a reader may hold the old ones.
        self._keys = [*self._keys, *((self._namespace, texts.keys[place]) for place in places)]
        self._columns = [*self._columns, *(texts.columns[place] for place in places)]
        if (self._ids[1:] < self._ids[:-1]).any():
            self._keep_rows(np.argsort(self._ids, kind="stable"))
        self._named_columns = None

    def _keep_rows(self, places: IdArray) -> None:
        """Keep the rows at some places, in their order."""
        listed = places.tolist()
        self._ids, self._updated = self._ids[places], self._updated[places]
        self._keys = [self._keys[place] for place in listed]
        self._columns = [self._columns[place] for place in listed]

    def _replace_texts(self, gone: IdArray, texts: Texts, owners: IdArray) -> None:
        self._words.remove(gone)
        if self._vectors:
            self._vectors.remove(gone)
        there = [place for place, digest in enumerate(texts.digests) if digest is not None]
        if there:
            self._words.add(owners[there], [texts.terms[place] or b"" for place in there])
        embedded = [place for place in there if texts.vectors[place]]
        if embedded:
            self._add_vectors(owners[embedded], [texts.vectors[place] or b"" for place in embedded])

    def _add_vectors(self, owners: IdArray, stored: Sequence[bytes]) -> None:
        dimensions = len(stored[0]) // _FLOAT_BYTES
        if any(len(vector) != dimensions * _FLOAT_BYTES for vector in stored):
            raise DimensionMismatchError(
                f"namespace {self._namespace!r} holds vectors of several widths. "
                "Restore the file from a backup."
            )
        self._vectors = self._vectors or VectorIndex(dimensions)
        vectors = np.frombuffer(b"".join(stored), dtype="<f4").reshape(-1, dimensions)
        self._vectors.add(owners, vectors)


def pooled(parts: Sequence[Scored]) -> Scored:
    """The rows of several partitions as one lot, one partition after the other."""
    if len(parts) == 1:
        return parts[0]
    nothing = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
    return Scored(
        np.concatenate([nothing[0], *(part.ids for part in parts)]),
        np.concatenate([nothing[0], *(part.updated for part in parts)]),
        np.concatenate([nothing[1], *(part.similarity for part in parts)]),
        np.concatenate([nothing[1], *(part.keywords for part in parts)]),
        [key for part in parts for key in part.keys],
        joined([part.columns for part in parts if part.columns]),
    )


def _times(texts: Texts, path: str) -> IdArray:
    """When the rows of texts were updated; no digest vouches for that before they are read."""
    try:
        return np.array(texts.updated, dtype=np.int64)
    except (TypeError, ValueError) as error:
        raise CorruptRowError(
            f"a row of namespace {namespace_of(path)!r} was updated at no time. "
            "Run 'usermem doctor'."
        ) from error


def _check(texts: Texts, path: str) -> None:
    """Refuse texts that do not match their digests."""
    parts = zip(texts.keys, texts.item_ids, texts.terms, texts.vectors, texts.digests, strict=True)
    for key, item_id, terms, vector, digest in parts:
        if digest is not None and digest != text_digest(
            path, key, item_id=item_id, terms=terms or b"", vector=vector
        ):
            raise corrupt(path, key)
