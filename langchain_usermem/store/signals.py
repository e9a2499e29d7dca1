"""What a store may offer beyond LangGraph's contract: the raw signals of a user's rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Namespace = tuple[str, ...]
SignalArray = NDArray[np.float32]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Signals:
    """How near each live row is to a query; the four parts are parallel.

    Attributes:
        keys: namespace and key of each row.
        similarity: cosine, float32 of shape (n,); NaN where a row has no vector.
        keywords: the share of the query's BM25 weight that a row holds, in [0, 1], (n,).
        columns: by name, the values of top-level fields that the store keeps at hand, None
            where a row has none: category, thread_id, ordinal, observed_at, importance.
    """

    keys: list[tuple[Namespace, str]]
    similarity: SignalArray
    keywords: SignalArray
    columns: Mapping[str, Sequence[object]] = field(default_factory=dict)


class ReadRow(Protocol):
    """A row that was read. Nobody changes its value."""

    @property
    def value(self) -> Mapping[str, object]:
        """What is stored."""
        ...

    def made_by(self, make: Callable[[Mapping[str, object]], T]) -> T:
        """What `make` makes of the value, which others may be given too: it is frozen."""
        ...


ReadRows = Callable[[Sequence[int]], Sequence[ReadRow]]
"""Reads rows by their places among signals."""

Choose = Callable[[Signals, ReadRows], T]
"""Makes something of signals and of the rows it reads. It does not call the store."""


@runtime_checkable
class SignalSource(Protocol):
    """A store that gives the signals of all rows at once, where `search` gives a few rows."""

    def signals(self, namespaces: Sequence[Namespace], query: str) -> Signals:
        """The signals of all live rows of exactly these namespaces, by id."""
        ...

    async def asignals(self, namespaces: Sequence[Namespace], query: str) -> Signals:
        """The same, without blocking the event loop."""
        ...

    def chosen(self, namespaces: Sequence[Namespace], query: str, choose: Choose[T]) -> T:
        """What `choose` makes of the signals and of the rows that it reads, all of one state."""
        ...

    async def achosen(self, namespaces: Sequence[Namespace], query: str, choose: Choose[T]) -> T:
        """The same, without blocking the event loop; `choose` may run in another thread."""
        ...
