"""Embedding for the store: whatever the embedder does, no text is lost for it."""

import asyncio
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from typing import Any

from langchain_core.embeddings import Embeddings

from langchain_usermem.embeddings import (
    LOCAL_DIMENSIONS,
    FloatArray,
    LocalEmbeddings,
    WordEmbedder,
    fingerprint_of,
    vectors_of,
)
from langchain_usermem.errors import DimensionMismatchError, EmbeddingError
from langchain_usermem.store.edits import embedder_mismatch
from langchain_usermem.store.gathering import GatheredEmbedding
from langchain_usermem.store.weighting import WordQuery, word_query

_LOG = logging.getLogger(__name__)
_CACHED_QUERIES = 256

Vectors = dict[str, FloatArray]
"""Unit-length vectors by text, float32 of shape (width,)."""


def _word_queries(embeddings: Embeddings) -> Callable[[str], WordQuery | None]:
    """Queries in words, the latest of them kept; None where the embedder knows no words."""
    if not isinstance(embeddings, WordEmbedder):
        return lambda _: None
    return lru_cache(maxsize=_CACHED_QUERIES)(partial(word_query, embeddings))


class TextEmbedder:
    """An embedder that answers with checked vectors, or with none for what it failed at.

    A failure is logged when it begins, not each time, and never with a text. Query vectors
    are kept, since an embedder does not change.

    Args:
        embeddings: what makes the vectors.
        dimensions: their width; None takes that of the first answer.
    """

    def __init__(self, embeddings: Embeddings, dimensions: int | None = None) -> None:
        self.embeddings = embeddings
        self._dimensions = dimensions
        local = embeddings if isinstance(embeddings, LocalEmbeddings) else None
        self._gathered = GatheredEmbedding(local) if local else None
        self._lock = threading.Lock()
        self._queries: OrderedDict[str, FloatArray] = OrderedDict()
        self._word_query = _word_queries(embeddings)
        self.last_error: str | None = None

    @property
    def fingerprint(self) -> str | None:
        """What tells this embedder from others; None before its width is known."""
        known = self._dimensions
        return None if known is None else fingerprint_of(self.embeddings, known)

    def renew_lock(self) -> None:
        """Take a lock that nobody holds, in a forked child."""
        self._lock = threading.Lock()

    def adopt(self, stored: str) -> None:
        """Take over the width of the vectors in a file.

        Raises:
            EmbedderMismatchError: they are of another embedder, or width.
        """
        width = int(stored.rpartition("/")[2])
        given = fingerprint_of(self.embeddings, self._dimensions or width)
        if given != stored:
            raise embedder_mismatch(stored, given)
        self._dimensions = width

    def embed(self, texts: Sequence[str]) -> Vectors:
        """The vectors of distinct texts; empty if the embedder failed."""
        if not texts:
            return {}
        try:
            return self._checked(texts, self._documents(list(texts)))
        except Exception as error:  # noqa: BLE001 - providers raise anything
            return self._failed(error, texts)

    async def aembed(self, texts: Sequence[str]) -> Vectors:
        """The same, awaited."""
        if not texts:
            return {}
        try:
            if self._gathered and self._dimensions == LOCAL_DIMENSIONS:
                gathered = dict(zip(texts, await self._gathered.embed(texts), strict=True))
                self.last_error = None
                return gathered
            return self._checked(texts, await self.embeddings.aembed_documents(list(texts)))
        except Exception as error:  # noqa: BLE001 - providers raise anything
            return self._failed(error, texts)

    def queries(self, texts: Sequence[str]) -> Vectors:
        """The vectors of queries, without those the embedder failed at."""
        found = self._kept(texts)
        for query in self._unknown(texts):
            found |= self._query(query)
        return found

    async def aqueries(self, texts: Sequence[str]) -> Vectors:
        """The same, awaited."""
        found = self._kept(texts)
        for query in self._unknown(texts):
            found |= await self._aquery(query)
        return found

    def words(self, query: str) -> WordQuery | None:
        """A query in words, where the embedder's vectors are made of theirs."""
        return self._word_query(query)

    def _query(self, text: str) -> Vectors:
        try:
            return self._keep(text, self._one(text))
        except Exception as error:  # noqa: BLE001 - providers raise anything
            return self._failed(error, [text])

    async def _aquery(self, text: str) -> Vectors:
        try:
            return self._keep(text, await self.embeddings.aembed_query(text))
        except Exception as error:  # noqa: BLE001 - providers raise anything
            return self._failed(error, [text])

    def _documents(self, texts: list[str]) -> object:
        if isinstance(self.embeddings, LocalEmbeddings):
            return self.embeddings.embed_array(texts)
        if self._is_async_only:
            return _run(self.embeddings.aembed_documents, texts)
        return self.embeddings.embed_documents(texts)

    def _one(self, text: str) -> object:
        if self._is_async_only:
            return _run(self.embeddings.aembed_query, text)
        return self.embeddings.embed_query(text)

    @property
    def _is_async_only(self) -> bool:
        """Whether LangGraph made this of a coroutine function: its other side only raises."""
        return hasattr(self.embeddings, "afunc") and not hasattr(self.embeddings, "func")

    def _checked(self, texts: Sequence[str], answer: object) -> Vectors:
        array = vectors_of(answer, count=len(texts), dimensions=self._dimensions)
        if array.shape[1] == 0:
            raise EmbeddingError("the embedder returned vectors without components.")
        with self._lock:
            if self._dimensions not in (None, array.shape[1]):
                raise DimensionMismatchError("the embedder returned vectors of several widths.")
            self._dimensions = array.shape[1]
        self.last_error = None
        return dict(zip(texts, array, strict=True))

    def _failed(self, error: Exception, texts: Sequence[str]) -> Vectors:
        """No vectors; what failed is kept for `health()`, without any text."""
        # Only our own messages are known to quote nothing.
        ours = isinstance(error, EmbeddingError | DimensionMismatchError)
        message = f"{type(error).__name__}: {error}" if ours else type(error).__name__
        if self.last_error is None:
            _LOG.warning("embedding %d text(s) failed, retried later: %s", len(texts), message)
        self.last_error = message
        return {}

    def _unknown(self, texts: Sequence[str]) -> list[str]:
        return [text for text in texts if text not in self._queries]

    def _kept(self, texts: Sequence[str]) -> Vectors:
        with self._lock:
            known = [text for text in texts if text in self._queries]
            for text in known:
                self._queries.move_to_end(text)
            return {text: self._queries[text] for text in known}

    def _keep(self, text: str, answer: object) -> Vectors:
        vectors = self._checked([text], [answer])
        with self._lock:
            self._queries.update(vectors)
            while len(self._queries) > _CACHED_QUERIES:
                self._queries.popitem(last=False)
        return vectors


def _run(embed: Callable[[Any], Coroutine[Any, Any, object]], given: object) -> object:
    """What a coroutine function returns, awaited in a loop of its own."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(embed(given))
    # This thread's loop stands still until the blocking call is over, so it cannot await it.
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, embed(given)).result()
