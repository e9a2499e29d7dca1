"""Users with memories, and queries whose answer is known. All of it follows from numbers."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

_NOISE = 0.5
# Memories of a user that are written after the others.
_SPARE = 100
_WORDS = ("Leeds", "violin", "garden", "marathon", "cheese", "night shift", "sister", "boat")


@dataclass(frozen=True, slots=True)
class Size:
    """How much a store holds: `memories` for each of `users`, with vectors of `dimensions`."""

    users: int
    memories: int
    dimensions: int

    @property
    def total(self) -> int:
        """All memories of all users."""
        return self.users * self.memories

    def __str__(self) -> str:
        """Users x memories, and the width where it is unusual."""
        width = "" if self.dimensions == 256 else f" d{self.dimensions}"
        return f"{self.users:,} x {self.memories:,}{width}"

    @classmethod
    def of(cls, text: str, dimensions: int) -> "Size":
        """The size that `"100x1000"` means."""
        users, memories = text.split("x")
        return cls(int(users), int(memories), dimensions)


class NumberedEmbeddings(Embeddings):
    """Vectors by the numbers in a text, so that embedding takes next to no time.

    A question's vector is that of the memory it asks for, with half as much noise as signal.

    Attributes:
        milliseconds: how long embedding has taken since somebody set it to zero.
    """

    fingerprint = "benchmark:numbered"

    def __init__(self, size: Size) -> None:
        self._size = size
        # Bound to the instance, so that it goes with it.
        self.unit_vectors = lru_cache(maxsize=128)(self._made)
        self._answer = lru_cache(maxsize=1_000)(self._noisy)
        self.milliseconds = 0.0

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a text; lists, as LangChain wants them.

        Memories and questions alike: some peers embed questions so, others memories as queries.
        """
        start = time.perf_counter()
        vectors = [self._listed(text) for text in texts]
        self.milliseconds += (time.perf_counter() - start) * 1e3
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """The same vector, of one text."""
        return self.embed_documents([text])[0]

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        """The same, without the thread that LangChain would begin for each call."""
        return self.embed_documents(texts)

    async def aembed_query(self, text: str) -> list[float]:
        """The same, likewise."""
        return self.embed_query(text)

    def _listed(self, text: str) -> list[float]:
        """A question's vector is kept, so that nobody's search pays for making it."""
        if text.endswith("?"):
            return self._answer(text)
        vector: list[float] = self._vector(text).tolist()
        return vector

    def _noisy(self, text: str) -> list[float]:
        vector = self._vector(text)
        seed = np.random.default_rng([*_numbers(text), 1])
        noise = seed.normal(size=len(vector)) / np.sqrt(len(vector))
        near: list[float] = (vector + _NOISE * noise).astype(np.float32).tolist()
        return near

    def _vector(self, text: str) -> NDArray[np.float32]:
        user, number = _numbers(text)
        vector: NDArray[np.float32] = self.unit_vectors(user)[number]
        return vector

    def _made(self, user: int) -> NDArray[np.float32]:
        """Unit vectors for all memories of a user, and for some that are written later."""
        shape = (self._size.memories + _SPARE, self._size.dimensions)
        vectors = np.random.default_rng(user).standard_normal(shape, dtype=np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors


@dataclass(frozen=True, slots=True)
class Row:
    """One memory of a user, under a key of its own."""

    user: int
    key: str
    text: str


def memory(user: int, number: int, key: str | None = None) -> Row:
    """A memory of a user by its number, under `key-<number>` unless `key` says otherwise."""
    word = _WORDS[(user + number) % len(_WORDS)]
    text = f"{user} {number} has to do with the {word} and is of this usual length"
    return Row(user, key or f"key-{number}", text)


def query(user: int, number: int) -> str:
    """A question that a memory answers."""
    return f"{user} {number} what was that with?"


def memories(size: Size) -> Iterator[Row]:
    """All memories, user by user."""
    for user in range(size.users):
        for number in range(size.memories):
            yield memory(user, number)


def _numbers(text: str) -> tuple[int, int]:
    user, number, _ = text.split(" ", 2)
    return int(user), int(number)
