"""Rankings to compare: ours, ours without one signal, and what one would do otherwise."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from langchain_core.embeddings import Embeddings
from langgraph.store.memory import InMemoryStore

from langchain_usermem import FaissStore, MemorySettings, RankingWeights, UserMemory
from langchain_usermem.embeddings import LocalEmbeddings
from langchain_usermem.store.keyword_index import KeywordIndex, terms_to_bytes
from langchain_usermem.text import indexed_ids, term_ids

from .figures import reciprocal_rank_fusion
from .locomo import Piece

Ranker = Callable[[str], Sequence[int]]
"""From a question to the places of pieces, best first; at least the best twenty."""

LIMIT = 20
USER = "user"
NAMESPACE = ("user", "memories")

WITHOUT = {
    "without similarity": {"similarity": 0.0},
    "without keywords": {"keywords": 0.0},
    "without neighbours": {"neighbours": 0.0},
    "without session": {"session": 0.0},
    "without time": {"time": 0.0},
    "without subject": {"aside": 1.0},
    "without forms": {"forms": 0.0},
    "without context": {"neighbours": 0.0, "session": 0.0},
}
"""Weights that take one signal away."""


class PlainEmbeddings(Embeddings):
    """The local embedder without its word vectors, so that no query word is weighed."""

    def __init__(self) -> None:
        self._local = LocalEmbeddings()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a text, in order."""
        return self._local.embed_documents(texts)

    def embed_query(self, text: str) -> list[float]:
        """The vector of one text."""
        return self._local.embed_query(text)


class Ours:
    """Pieces stored by `remember_many` and found by `search`, all as shipped.

    Args:
        pieces: what is stored, in order.
        embed: another embedder than the default.
        quotes: texts of turns by id; each memory is then found by those it comes from, too.
    """

    def __init__(
        self,
        pieces: Sequence[Piece],
        *,
        embed: Embeddings | None = None,
        quotes: Mapping[str, str] | None = None,
    ) -> None:
        index = {"embed": embed} if embed else None
        self._memory = UserMemory(FaissStore(":memory:", index=index))
        statements = [_quoting(piece, quotes or {}) for piece in pieces]
        stored = self._memory.remember_many(statements, user_id=USER)
        self._places = {memory.id: place for place, memory in enumerate(stored)}

    def ranker(self, weights: Mapping[str, float] | None = None, *, limit: int = LIMIT) -> Ranker:
        """Ranks by the shipped weights, or with some of them changed."""
        settings = MemorySettings(weights=RankingWeights(**(weights or {})))
        memory = UserMemory(self._memory.store, settings=settings)

        def ranked(question: str) -> list[int]:
            found = memory.search(question, user_id=USER, limit=limit, floor=0)
            return [self._places[one.memory.id] for one in found]

        return ranked

    def found(self, question: str) -> list[str]:
        """The statements that are recalled for a question by default, floor and all."""
        return [r.memory.content for r in self._memory.search(question, user_id=USER)]


def _quoting(piece: Piece, quotes: Mapping[str, str]) -> dict[str, object]:
    """A piece as `remember_many` takes it, with the texts of the turns it comes from."""
    said = [quotes[turn] for turn in sorted(piece.evidence) if turn in quotes]
    return piece.statement | {"evidence": said}


def dense(pieces: Sequence[Piece]) -> Ranker:
    """Ranks all pieces by the cosine of plain vectors."""
    local = LocalEmbeddings()
    vectors = local.embed_array([piece.content for piece in pieces])

    def ranked(question: str) -> list[int]:
        cosines = vectors @ local.embed_array([question])[0]
        order: list[int] = np.argsort(-cosines, kind="stable").tolist()
        return order

    return ranked


def keywords(pieces: Sequence[Piece]) -> Ranker:
    """Ranks the pieces that share a word with the question by BM25."""
    index = KeywordIndex()
    texts = [terms_to_bytes(indexed_ids(piece.content)) for piece in pieces]
    index.add(np.arange(len(pieces)), texts)

    def ranked(question: str) -> list[int]:
        shares = index.shares(term_ids(question))
        order = np.argsort(-shares, kind="stable")
        found: list[int] = order[shares[order] > 0].tolist()
        return found

    return ranked


def fusion(pieces: Sequence[Piece]) -> Ranker:
    """Ranks by reciprocal rank fusion (k = 60) of plain vectors and BM25."""
    both = dense(pieces), keywords(pieces)
    return lambda question: reciprocal_rank_fusion(ranker(question) for ranker in both)


def in_memory_store(pieces: Sequence[Piece]) -> Ranker:
    """LangGraph's own store with the same embedder."""
    embedder = LocalEmbeddings()
    store = InMemoryStore(index={"dims": 256, "embed": embedder, "fields": ["content"]})
    for place, piece in enumerate(pieces):
        store.put(NAMESPACE, str(place), {"content": piece.content})
    return lambda question: [
        int(item.key) for item in store.search(NAMESPACE, query=question, limit=LIMIT)
    ]
