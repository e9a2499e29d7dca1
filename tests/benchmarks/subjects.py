"""What is measured, behind one face: LangGraph's stores, and products with an API of their own."""

from collections.abc import Sequence
from typing import Protocol

from langgraph.store.base import BaseStore, PutOp

from tests.benchmarks.workload import Row

BEST = 10
"""How many memories a search is asked for."""

Namespace = tuple[str, ...]


class Subject(Protocol):
    """Memories of many users that can be written and searched."""

    def fill(self, rows: Sequence[Row]) -> None:
        """Store many memories in whatever way is quickest; nobody looks at the clock."""
        ...

    def write(self, rows: Sequence[Row]) -> None:
        """Store many memories by whatever its API has for that."""
        ...

    def put(self, row: Row) -> None:
        """Store one memory; once this returns it is as durable as it will be."""
        ...

    async def aput(self, row: Row) -> None:
        """The same, among others who do so."""
        ...

    def search(self, user: int, text: str) -> list[str]:
        """The keys of a user's memories nearest to a text, best first, at most `BEST`."""
        ...


class StoreSubject:
    """A LangGraph store, with a namespace for each user."""

    def __init__(self, store: BaseStore) -> None:
        self._store = store

    def fill(self, rows: Sequence[Row]) -> None:
        """Store many memories in one batch."""
        self.write(rows)

    def write(self, rows: Sequence[Row]) -> None:
        """Store many memories in one batch."""
        self._store.batch([PutOp(namespace_of(row.user), row.key, _value(row)) for row in rows])

    def put(self, row: Row) -> None:
        """Store one memory."""
        self._store.put(namespace_of(row.user), row.key, _value(row))

    async def aput(self, row: Row) -> None:
        """Store one memory."""
        await self._store.aput(namespace_of(row.user), row.key, _value(row))

    def search(self, user: int, text: str) -> list[str]:
        """The keys of a user's memories nearest to a text."""
        found = self._store.search(namespace_of(user), query=text, limit=BEST, refresh_ttl=False)
        return [item.key for item in found]


def namespace_of(user: int) -> Namespace:
    """Where the memories of a user are."""
    return ("bench", f"user-{user}")


def _value(row: Row) -> dict[str, str]:
    return {"text": row.text}
