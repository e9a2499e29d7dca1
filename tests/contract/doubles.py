"""What the contract tests run on: an embedder of letters, a clock, and both doors of a store."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Protocol

import numpy as np
from langchain_core.embeddings import Embeddings
from langgraph.store.base import BaseStore, Item, Op, Result, SearchItem
from numpy.typing import NDArray

Namespace = tuple[str, ...]
DIMENSIONS = 64


@cache
def _direction(letter: str, dimensions: int) -> NDArray[np.float64]:
    """Where a letter points to, always the same."""
    return np.random.default_rng(ord(letter)).normal(size=dimensions)


class LetterEmbeddings(Embeddings):
    """Texts of the same letters lie near each other: each letter has a direction of its own."""

    def __init__(self, dimensions: int = DIMENSIONS) -> None:
        self.dimensions = dimensions
        self.fingerprint = f"letters-{dimensions}"

    def vector(self, text: str) -> list[float]:
        """The directions of the letters, each as often as it occurs."""
        total = np.zeros(self.dimensions)
        for letter, count in Counter(text).items():
            total += count * _direction(letter, self.dimensions)
        vector: list[float] = total.tolist()
        return vector

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a text."""
        return [self.vector(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """The vector of one text."""
        return self.vector(text)

    def cosine(self, left: str, right: str) -> float:
        """How near two texts are, in float64."""
        return _cosine(self.dimensions, left, right)


@cache
def _cosine(dimensions: int, left: str, right: str) -> float:
    embeddings = LetterEmbeddings(dimensions)
    a, b = np.array(embeddings.vector(left)), np.array(embeddings.vector(right))
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


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


class Door(Protocol):
    """One way into a store: every method blocks, whichever side of the store it takes."""

    def call(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """What a method of the store gives."""
        ...


class SyncDoor:
    """The blocking methods of a store."""

    def __init__(self, store: BaseStore) -> None:
        self._store = store

    def call(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """What a method of the store gives."""
        return getattr(self._store, method)(*args, **kwargs)


class AsyncDoor:
    """The awaited methods of a store, each in an event loop of its own."""

    def __init__(self, store: BaseStore) -> None:
        self._store = store

    def call(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """What the method's twin gives."""

        async def run() -> Any:
            return await getattr(self._store, f"a{method}")(*args, **kwargs)

        return asyncio.run(run())


class Room:
    """A store behind one of its doors: LangGraph's methods, whichever side they take."""

    def __init__(self, store: BaseStore, door: Door) -> None:
        self.store = store
        self._door = door

    def put(self, namespace: Namespace, key: str, value: dict[str, Any], **more: Any) -> None:
        """Store a value."""
        self._door.call("put", namespace, key, value, **more)

    def fill(self, namespace: Namespace, rows: dict[str, dict[str, Any]], **more: Any) -> None:
        """Store some values, each by a call of its own."""
        for key, value in rows.items():
            self.put(namespace, key, value, **more)

    def get(self, namespace: Namespace, key: str, **more: Any) -> Item | None:
        """The item of a key."""
        found: Item | None = self._door.call("get", namespace, key, **more)
        return found

    def item(self, namespace: Namespace, key: str) -> Item:
        """The item of a key, which is there."""
        found = self.get(namespace, key)
        assert found is not None
        return found

    def delete(self, namespace: Namespace, key: str) -> None:
        """Remove a key."""
        self._door.call("delete", namespace, key)

    def search(self, prefix: Namespace, **more: Any) -> list[SearchItem]:
        """Items below a prefix."""
        found: list[SearchItem] = self._door.call("search", prefix, **more)
        return found

    def keys(self, prefix: Namespace, **more: Any) -> list[str]:
        """Keys of what a search finds, in its order."""
        return [item.key for item in self.search(prefix, **more)]

    def scores(self, prefix: Namespace, **more: Any) -> dict[str, float | None]:
        """Scores of what a search finds, by key."""
        return {item.key: item.score for item in self.search(prefix, **more)}

    def namespaces(self, **more: Any) -> list[Namespace]:
        """The namespaces of a listing."""
        found: list[Namespace] = self._door.call("list_namespaces", **more)
        return found

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        """The results of some operations."""
        found: list[Result] = self._door.call("batch", ops)
        return found


def keys_of(result: Result) -> list[str]:
    """The keys of what a search in a batch found."""
    assert isinstance(result, list)
    return [item.key for item in result if isinstance(item, Item)]


def value_of(result: Result) -> dict[str, Any]:
    """The value of what a get in a batch found."""
    assert isinstance(result, Item)
    return result.value


def cut(whole: Sequence[str], size: int) -> list[Sequence[str]]:
    """Consecutive parts of a sequence."""
    return [whole[start : start + size] for start in range(0, len(whole), size)]
