"""Stores to test, an embedder with known vectors, and a clock that is set by hand."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langchain_core.embeddings import Embeddings
from langgraph.store.base import BaseStore, Op, Result

from langchain_usermem.store import FaissStore

DIMENSIONS = 16
Batch = Callable[[BaseStore, Sequence[Op]], list[Result]]


class HashEmbeddings(Embeddings):
    """Random vectors, the same for the same text; `fault` makes it fail in some way."""

    def __init__(self, dimensions: int = DIMENSIONS, name: str = "hash") -> None:
        self.dimensions = dimensions
        self.fingerprint = name
        self.calls: list[list[str]] = []
        self.fault: Callable[[list[str]], Any] | None = None

    def vector(self, text: str) -> list[float]:
        """The vector of a text, not of unit length."""
        seed = int.from_bytes(text.encode()[-8:].rjust(8, b"\0"), "little") + len(text)
        vector: list[float] = np.random.default_rng(seed).normal(size=self.dimensions).tolist()
        return vector

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a text, or whatever `fault` makes of them."""
        self.calls.append(texts)
        if self.fault is not None:
            answer: list[list[float]] = self.fault(texts)
            return answer
        return [self.vector(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """The vector of one text."""
        (vector,) = self.embed_documents([text])
        return vector


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The time it shows."""
        return self.time

    def advance(self, **delta: float) -> None:
        """Move it on by a timedelta's arguments."""
        self.time += timedelta(**delta)


@pytest.fixture
def embeddings() -> HashEmbeddings:
    """An embedder with vectors of 16 components."""
    return HashEmbeddings()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of all stores."""
    clock = Clock()
    monkeypatch.setattr(FaissStore, "_clock", staticmethod(clock))
    return clock


@pytest.fixture(params=["file", "memory"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a store lies."""
    return ":memory:" if request.param == "memory" else str(tmp_path / "memories.db")


@pytest.fixture
def store(path: str, embeddings: HashEmbeddings) -> Iterator[FaissStore]:
    """A store that indexes the field `text`."""
    with FaissStore(path, index={"embed": embeddings, "fields": ["text"]}) as store:
        yield store


def _abatch(store: BaseStore, ops: Sequence[Op]) -> list[Result]:
    async def run() -> list[Result]:
        return await store.abatch(ops)

    return asyncio.run(run())


def _batch(store: BaseStore, ops: Sequence[Op]) -> list[Result]:
    return store.batch(ops)


@pytest.fixture(params=[_batch, _abatch], ids=["sync", "async"])
def batch(request: pytest.FixtureRequest) -> Batch:
    """Either way to run a batch."""
    chosen: Batch = request.param
    return chosen
