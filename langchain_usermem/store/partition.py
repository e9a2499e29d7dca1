"""The working set of one namespace: what its rows hold, as FAISS and keyword indexes."""

from functools import cached_property

import numpy as np

from langchain_usermem.embeddings import FloatArray
from langchain_usermem.errors import CorruptRowError, DimensionMismatchError
from langchain_usermem.store.columns import Columns, NamedColumns, by_name
from langchain_usermem.store.digests import text_digest
from langchain_usermem.store.keyword_index import KeywordIndex
from langchain_usermem.store.plan import namespace_of
from langchain_usermem.store.rows import Changes, Texts, corrupt
from langchain_usermem.store.scored import Scored
from langchain_usermem.store.stored_vectors import StoredVectors
from langchain_usermem.store.vector_index import CodeIndex, IdArray, VectorIndex
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


class Partition:
    """The rows of one namespace as of its write number `sequence`. Its owner locks it.

    Args:
        path: the namespace's.
        limit_bytes: where it would take more, it keeps the codes of vectors only, and the
            vectors of a shortlist are read from the file.
    """

    def __init__(self, path: str, *, limit_bytes: int) -> None:
        self._path = path
        self._limit = limit_bytes
        self._namespace = namespace_of(path)
        self.sequence = 0
        self._clear()

    def _clear(self) -> None:
        self._ids: IdArray = np.empty(0, dtype=np.int64)
        self._updated: IdArray = np.empty(0, dtype=np.int64)
        self._keys: list[tuple[tuple[str, ...], str]] = []
        self._columns: list[Columns] = []
        self._named_columns: NamedColumns | None = None
        self._vectors: VectorIndex | CodeIndex | None = None
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
        texts = self._taken(changes)
        owners = np.array(texts.item_ids, dtype=np.int64)
        gone = np.concatenate([owners, np.array(changes.deleted, dtype=np.int64)])
        self._replace_rows(gone, texts, owners)
        self._replace_words(gone, texts, owners)
        self._keep_within_limit()
        self._word_places = np.searchsorted(self._ids, self._words.owners)
        owners = self._vectors.owners if self._vectors else self._ids[:0]
        self._vector_places = np.searchsorted(self._ids, owners)
        self._has_one_vector_each = len(np.unique(owners)) == len(owners)
        self._is_full = self._has_one_vector_each and len(owners) == len(self._ids)
        self._is_in_order = np.array_equal(owners, self._ids)
        self.sequence = sequence

    def scored(self, query: Query, stored: StoredVectors, *, rough: bool = False) -> Scored:
        """All rows with their signals; a row of several texts counts by its best for each.

        With `rough`, about the nearest thousand of very many, where every row has a vector or
        no vectors are in memory. `stored` are the vectors as of the same state. Without any in
        memory a query for all signals has exact similarities of the nearest thousand, and
        estimates of the rest.
        """
        found = self._shortlist(query, stored) if rough else None
        return found or self._all_scored(query, stored)

    def _all_scored(self, query: Query, stored: StoredVectors) -> Scored:
        similarity = self._similarity(query, stored)
        keywords = np.zeros(len(self._ids), dtype=np.float32)
        if query.keywords or not self._is_embedded(query):
            np.maximum.at(keywords, self._word_places, self._words.shares(query.terms))
        if not query.keywords:
            return Scored(self._ids, self._updated, similarity, keywords)
        columns = self._by_name()
        return Scored(self._ids, self._updated, similarity, keywords, self._keys, columns)

    def _shortlist(self, query: Query, stored: StoredVectors) -> Scored | None:
        """About the nearest thousand rows of very many, without keywords; else None."""
        # Without vectors in memory an exact scan reads them all, so one is better avoided for
        # a few rows that have none, and come last anyhow, or have several.
        spared = isinstance(self._vectors, CodeIndex)
        if query.vector is None or not (spared or self._is_embedded(query)):
            return None
        found = self._nearest(query.vector, stored)
        if found is None:
            return None
        places, similarity = found
        keywords = np.zeros(len(places), dtype=np.float32)
        ids, updated = self._ids[places], self._updated[places]
        return Scored(ids, updated, similarity, keywords, is_whole=False)

    def _nearest(
        self, vector: FloatArray, stored: StoredVectors
    ) -> tuple[IdArray, FloatArray] | None:
        """The places of the rows nearest by their codes, and their cosines; None without."""
        if isinstance(self._vectors, CodeIndex):
            return self._rescored(self._vectors, vector, stored)
        found = self._vectors.nearest(vector, SHORTLIST) if self._vectors else None
        return (self._vector_places[found[0]], found[1]) if found else None

    def _rescored(
        self, codes: CodeIndex, vector: FloatArray, stored: StoredVectors
    ) -> tuple[IdArray, FloatArray] | None:
        """The same with the vectors that the file has."""
        near = codes.nearest(vector, SHORTLIST)
        if near is None:
            return None
        places = np.unique(self._vector_places[near])
        return places, stored.cosines(vector, self._ids[places])

    def _is_embedded(self, query: Query) -> bool:
        """Whether every row has a similarity with the query."""
        return self._is_full and query.vector is not None

    def _by_name(self) -> NamedColumns:
        """The columns turned round, once for each state."""
        if self._named_columns is None:
            self._named_columns = by_name(self._columns)
        return self._named_columns

    def _similarity(self, query: Query, stored: StoredVectors) -> FloatArray:
        vector = query.vector_among(self._words) if self._vectors else None
        if self._vectors is None or vector is None:
            return np.full(len(self._ids), np.nan, dtype=np.float32)
        if not isinstance(self._vectors, CodeIndex):
            return self._best_of_each(self._vectors.similarities(vector))
        near = self._rescored(self._vectors, vector, stored) if query.keywords else None
        if near is None:
            return stored.cosines_of_all(vector, self._ids)
        similarity = self._best_of_each(self._vectors.estimates(vector))
        similarity[near[0]] = near[1]
        return similarity

    def _best_of_each(self, found: FloatArray) -> FloatArray:
        """The best of the similarities of each row's vectors; NaN where it has none."""
        if self._is_in_order:
            return found
        best = np.full(len(self._ids), np.nan, dtype=np.float32)
        if self._has_one_vector_each:
            best[self._vector_places] = found
        else:
            np.fmax.at(best, self._vector_places, found)
        return best

    def _taken(self, changes: Changes) -> Texts:
        """The changed texts, checked, without their vectors, which the index has taken in."""
        parts = []
        for texts in changes.parts:
            _check(texts, self._path)
            if self._vectors and not changes.whole:
                self._vectors.remove(np.array([*texts.item_ids, *changes.deleted], dtype=np.int64))
            self._add_vectors(texts)
            self._keep_within_limit()
            parts.append(texts._replace(vectors=()))
        return Texts.joined(parts)

    def _keep_within_limit(self) -> None:
        """Keep codes only of the vectors where all takes too much."""
        if self._vectors is None or isinstance(self._vectors, CodeIndex):
            return
        if self.size_bytes > self._limit:
            self._vectors = self._vectors.codes_only()

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

    def _replace_words(self, gone: IdArray, texts: Texts, owners: IdArray) -> None:
        self._words.remove(gone)
        there = [place for place, digest in enumerate(texts.digests) if digest is not None]
        if there:
            self._words.add(owners[there], [texts.terms[place] or b"" for place in there])

    def _add_vectors(self, texts: Texts) -> None:
        found = [
            (item_id, vector)
            for item_id, vector, digest in zip(
                texts.item_ids, texts.vectors, texts.digests, strict=True
            )
            if vector and digest is not None
        ]
        if not found:
            return
        owners, stored = zip(*found, strict=True)
        dimensions = len(stored[0]) // _FLOAT_BYTES
        if any(len(vector) != dimensions * _FLOAT_BYTES for vector in stored):
            raise DimensionMismatchError(
                f"namespace {self._namespace!r} holds vectors of several widths. "
                "Restore the file from a backup."
            )
        self._vectors = self._vectors or VectorIndex(dimensions)
        vectors = np.frombuffer(b"".join(stored), dtype="<f4").reshape(-1, dimensions)
        self._vectors.add(np.array(owners, dtype=np.int64), vectors)


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
