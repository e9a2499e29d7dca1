"""`python -m tests.benchmarks.large`: one namespace so large that it is searched by codes.

A million memories (`ROWS=1000000`), each of two sentences of real conversations, drawn from
`USERMEM_DATA` and embedded locally. Each search alternates with a bare FAISS flat scan of the
same vectors, which also says what the ten nearest are.
"""

import os
import random
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from langgraph.store.base import PutOp
from numpy.typing import NDArray

from langchain_usermem import FaissStore, LocalEmbeddings
from tests.benchmarks.apart import apart
from tests.benchmarks.conversation import conversations
from tests.benchmarks.measures import percentile, resident_mb, timed
from tests.benchmarks.subjects import BEST

_ONE = ("bench", "one")
_ROWS_A_LOT = 10_000
_SEARCHES = 100
_SEED = 7
_FEWEST_WORDS = 4
# What the cosine of a vector with itself may be off by.
_ROUNDING = 1e-6


def main() -> None:
    """Fill a namespace, and print what searching it takes and finds."""
    rows = int(os.environ.get("ROWS", "1000000"))
    with tempfile.TemporaryDirectory() as folder:
        seconds = apart(_fill, Path(folder), rows)
        _say(f"{rows:,} rows of real text written in {seconds:,.0f} s, embedding included")
        for line in apart(_measured, Path(folder)):
            _say(line)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class _Kept(LocalEmbeddings):
    """Local embeddings that keep what they gave."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[NDArray[np.float32]] = []

    def embed_array(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = super().embed_array(texts)
        self.given.append(vectors)
        return vectors


def _fill(folder: Path, rows: int) -> float:
    """Write rows, and beside the file all their vectors; returns the seconds it took."""
    embeddings = _Kept()
    texts = _texts()

    def lots() -> Iterator[list[PutOp]]:
        for first in range(0, rows, _ROWS_A_LOT):
            lot = islice(texts, min(_ROWS_A_LOT, rows - first))
            yield [PutOp(_ONE, f"key-{first + n}", {"text": text}) for n, text in enumerate(lot)]

    with _store(folder, embeddings) as store:
        spent = sum(timed(lambda lot=lot: store.batch(lot))[0] for lot in lots())  # type: ignore[misc] # mypy cannot infer the default's type
    np.save(folder / "vectors.npy", np.concatenate(embeddings.given))
    return spent / 1e3


def _store(folder: Path, embeddings: LocalEmbeddings) -> FaissStore:
    index = {"embed": embeddings, "dims": 256, "fields": ["text"]}
    return FaissStore(folder / "memories.db", index=index)


def _measured(folder: Path) -> list[str]:
    embeddings = LocalEmbeddings()
    before = resident_mb()
    opening, store = timed(lambda: _store(folder, embeddings))
    with store:
        opened = resident_mb() - before
        first, _ = timed(lambda: store.search(_ONE, query="where does she live?", limit=BEST))
        loaded = resident_mb() - before
        namespace = store.health().partition_bytes / 2**20
        cold = (
            f"opening {opening:.1f} ms, {opened:.1f} MB; first search {first / 1e3:.1f} s, after "
            f"which {loaded:,.0f} MB, {namespace:,.0f} MB of it the namespace"
        )
        return [cold, *_compared(store, embeddings, np.load(folder / "vectors.npy"))]


def _compared(
    store: FaissStore, embeddings: LocalEmbeddings, vectors: NDArray[np.float32]
) -> Iterator[str]:
    """Searches by the store and by a flat scan, in turn, and how far they agree."""
    faiss.omp_set_num_threads(1)
    flat = faiss.IndexFlatIP(vectors.shape[1])
    flat.add(vectors)
    queries = random.Random(_SEED).sample(_sentences(), _SEARCHES)  # noqa: S311 - as below
    ours, bare, right = [], [], 0.0
    for text in queries:
        vector = np.array([embeddings.embed_query(text)], dtype=np.float32)
        spent, (nearest, _) = timed(lambda v=vector: flat.search(v, BEST))  # type: ignore[misc] # as above
        bare.append(spent)
        spent, found = timed(lambda t=text: _searched(store, t))  # type: ignore[misc] # as above
        ours.append(spent)
        right += sum(item.score >= nearest[0, -1] - _ROUNDING for item in found) / BEST
    quick, slow = percentile(ours, 50), percentile(bare, 50)
    yield (
        f"search p50 {quick:.1f} ms, p95 {percentile(ours, 95):.1f} ms; flat scan p50 "
        f"{slow:.1f} ms: {slow / quick:.1f} times (asked 10) at recall@{BEST} "
        f"{right / len(queries):.3f} (asked .98)"
    )
    gone = found[0].key
    store.delete(_ONE, gone)
    left = [item.key for item in _searched(store, queries[-1])]
    yield f"a deleted memory is {'still found' if gone in left else 'not found by the next search'}"


def _searched(store: FaissStore, text: str) -> list[Any]:
    return store.search(_ONE, query=text, limit=BEST, refresh_ttl=False)


def _texts() -> Iterator[str]:
    """Two sentences at a time, no pair twice."""
    sentences = _sentences()
    draw = random.Random(_SEED)  # noqa: S311 - the same rows each time, no secret
    seen: set[str] = set()
    while True:
        text = f"{draw.choice(sentences)}. {draw.choice(sentences)}."
        if text not in seen:
            seen.add(text)
            yield text


def _sentences() -> list[str]:
    """The sentences of all conversations, those of a word or three left out."""
    turns = (turn for conversation in conversations() for turn in conversation.turns)
    said = (text for turn in turns for _, text in turn.messages)
    parts = {part.strip() for text in said for part in re.split(r"[.!?]", text)}
    return sorted(part for part in parts if len(part.split()) >= _FEWEST_WORDS)


if __name__ == "__main__":
    main()
