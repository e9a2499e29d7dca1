"""The working set of one namespace: what its rows hold, as FAISS and keyword indexes."""

from functools import cached_property

import numpy as np

from langchain_usermem.embeddings import FloatArray
from langchain_usermem.errors import CorruptRowError
from langchain_usermem.store.columns import Columns, NamedColumns, by_name
from langchain_usermem.store.digests import text_digest
from langchain_usermem.store.keyword_index import KeywordIndex
from langchain_usermem.store.partition_vectors import PartitionVectors
from langchain_usermem.store.plan import namespace_of
from langchain_usermem.store.rows import Changes, Texts, corrupt
from langchain_usermem.store.scored import Scored
from langchain_usermem.store.stored_vectors import StoredVectors
from langchain_usermem.store.vector_index import IdArray
from langchain_usermem.store.weighting import WordQuery
from langchain_usermem.text import term_ids

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
        self._vectors = PartitionVectors(self._path)
        self._words = KeywordIndex()
        self._word_places: IdArray | None = None

    @property
    def size_bytes(self) -> int:
        """Memory it takes, roughly."""
        return self._vectors.size_bytes + self._words.size_bytes + _ROW_BYTES * len(self._ids)

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
        self._keep_within_limit()
        self._word_places = None
        self._vectors.place(self._ids, self._keys)
        self.sequence = sequence

    def scored(
        self,
        query: Query,
        stored: StoredVectors,
        *,
        wanted: int | None = None,
        among: IdArray | None = None,
    ) -> Scored:
        """All rows with their signals; a row of several texts counts by its best for each.

        Where the first so many are `wanted` only, fewer of very many, if every row has a vector
        or no vectors are in memory: nearly surely the nearest. `stored` are the vectors as of the
        same state. Without any in memory a query for all signals has exact similarities of the
        nearest thousand, and estimates of the rest. With `among`, the rows of these ids alone.
        """
        if among is not None:
            return self._scored_among(among, query, stored)
        found = self._shortlist(query, stored, wanted) if wanted else None
        return found or self._all_scored(query, stored)

    def _all_scored(self, query: Query, stored: StoredVectors) -> Scored:
        similarity, keywords = self._similarity(query, stored), self._shares(query)
        if not query.keywords:
            return Scored(self._ids, self._updated, similarity, keywords)
        columns = self._by_name()
        return Scored(self._ids, self._updated, similarity, keywords, self._keys, columns)

    def _scored_among(self, ids: IdArray, query: Query, stored: StoredVectors) -> Scored:
        """Some rows, without their columns; ids of other namespaces are passed over."""
        places = np.flatnonzero(np.isin(self._ids, ids))
        similarity = np.full(len(places), np.nan, dtype=np.float32)
        if query.vector is not None:
            similarity = self._vectors.similarity_at(places, query.vector, stored)
        keywords = self._shares(query)[places]
        return Scored(self._ids[places], self._updated[places], similarity, keywords)

    def _shares(self, query: Query) -> FloatArray:
        """How much of the query's words each row holds; zero where nobody asks."""
        shares = np.zeros(len(self._ids), dtype=np.float32)
        if query.keywords or not self._is_embedded(query):
            np.maximum.at(shares, self._places_of_words(), self._words.shares(query.terms))
        return shares

    def _shortlist(self, query: Query, stored: StoredVectors, wanted: int) -> Scored | None:
        """The nearest rows of very many and some more, without keywords; else None."""
        # Without vectors in memory an exact scan reads them all, so one is better avoided for
        # a few rows that have none, and come last anyhow, or have several.
        spared = self._vectors.has_codes_only
        if query.vector is None or not (spared or self._is_embedded(query)):
            return None
        near = self._vectors.nearest(query.vector, stored, wanted=wanted)
        if near is None:
            return None
        keywords = np.zeros(len(near.places), dtype=np.float32)
        ids, updated = self._ids[near.places], self._updated[near.places]
        return Scored(ids, updated, near.similarity, keywords, is_whole=False)

    def _is_embedded(self, query: Query) -> bool:
        """Whether every row has a similarity with the query."""
        return self._vectors.is_full and query.vector is not None

    def _by_name(self) -> NamedColumns:
        """The columns turned round, once for each state."""
        if self._named_columns is None:
            self._named_columns = by_name(self._columns)
        return self._named_columns

    def _similarity(self, query: Query, stored: StoredVectors) -> FloatArray:
        vector = None if self._vectors.is_empty else query.vector_among(self._words)
        if vector is None:
            return np.full(len(self._ids), np.nan, dtype=np.float32)
        if query.keywords:
            return self._vectors.estimates(vector, stored)
        return self._vectors.similarity(vector, stored)

    def _places_of_words(self) -> IdArray:
        """Where among the rows the item of each text stands, found once for each state."""
        if self._word_places is None:
            self._word_places = np.searchsorted(self._ids, self._words.owners)
        return self._word_places

    def _taken(self, changes: Changes) -> Texts:
        """The changed texts, checked, without what the indexes of words and vectors took in."""
        parts = []
        for texts in changes.parts:
            _check(texts, self._path)
            if not changes.whole:
                gone = np.array([*texts.item_ids, *changes.deleted], dtype=np.int64)
                self._vectors.remove(gone)
                self._words.remove(gone)
            self._vectors.add(texts)
            self._add_words(texts)
            self._keep_within_limit()
            parts.append(texts._replace(vectors=(), terms=(), digests=(), numbers=()))
        return Texts.joined(parts)

    def _add_words(self, texts: Texts) -> None:
        there = [place for place, digest in enumerate(texts.digests) if digest is not None]
        if there:
            owners = np.array([texts.item_ids[place] for place in there], dtype=np.int64)
            self._words.add(owners, [texts.terms[place] or b"" for place in there])

    def _keep_within_limit(self) -> None:
        """Keep codes only of the vectors where all takes too much."""
        if not self._vectors.has_codes_only and self.size_bytes > self._limit:
            self._vectors.keep_codes()

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
