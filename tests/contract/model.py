"""What a store should do, done with a dict and sums over all rows."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from langgraph.store.base import Item, PutOp, Result, SearchItem, SearchOp

from langchain_usermem.filters import matches

from .doubles import Clock, LetterEmbeddings, Namespace

Place = tuple[Namespace, str]


def place_of(item: Item) -> Place:
    """Where an item is."""
    return item.namespace, item.key


def rows_of(result: Result) -> list[SearchItem]:
    """What a search found."""
    assert isinstance(result, list)
    return [item for item in result if isinstance(item, SearchItem)]


class Known(NamedTuple):
    """What the model holds of a row; `order` counts rows by their first put."""

    value: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime
    order: int
    ttl: float | None
    ends_at: datetime | None
    embedded: bool


def facts_of(row: Known | Item) -> tuple[Mapping[str, Any], datetime, datetime]:
    """The value of a row, and its times."""
    return row.value, row.created_at, row.updated_at


class Model:
    """A dict of rows that does what a store should, without any index."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._embeddings = LetterEmbeddings()
        self._rows: dict[Place, Known] = {}
        self._orders = 0

    def write(self, op: PutOp) -> None:
        """Put or delete a row."""
        place = (op.namespace, op.key)
        if op.value is None:
            self._rows.pop(place, None)
            return
        embedded = op.index is not False and "text" in op.value
        created, updated, order = self._identity(place)
        ends_at = self._end(op.ttl)
        self._rows[place] = Known(op.value, created, updated, order, op.ttl, ends_at, embedded)

    def live(self, prefix: Namespace = ()) -> dict[Place, Known]:
        """The rows below a prefix that are alive."""
        return {
            (space, key): row
            for (space, key), row in self._rows.items()
            if space[: len(prefix)] == prefix
            and (row.ends_at is None or row.ends_at > self._clock.time)
        }

    def search(self, op: SearchOp) -> list[Place]:
        """The places of the rows of a page, in order."""
        found = {
            place: row
            for place, row in self.live(op.namespace_prefix).items()
            if matches(row.value, op.filter)
        }
        ranked = sorted(found, key=lambda place: self._rank(op.query, found[place]))
        return ranked[op.offset : op.offset + op.limit]

    def prolong(self, place: Place) -> None:
        """Begin the minutes of a row anew."""
        row = self._rows[place]
        self._rows[place] = row._replace(ends_at=self._end(row.ttl))

    def sweep(self) -> int:
        """Drop the dead; returns how many there were."""
        live = self.live()
        dead = len(self._rows) - len(live)
        self._rows = live
        return dead

    def score(self, query: str | None, row: Known) -> float | None:
        """The cosine of a row with a query."""
        if not query or not row.embedded:
            return None
        return self._embeddings.cosine(query, row.value["text"])

    def _identity(self, place: Place) -> tuple[datetime, datetime, int]:
        known, now = self._rows.get(place), self._clock.time
        if known is None:
            self._orders += 1
            return now, now, self._orders
        updated = max(now, known.updated_at + timedelta(microseconds=1))
        return known.created_at if place in self.live() else now, updated, known.order

    def _end(self, ttl: float | None) -> datetime | None:
        return None if ttl is None else self._clock.time + timedelta(minutes=ttl)

    def _rank(self, query: str | None, row: Known) -> tuple[float, ...]:
        """What rows are sorted by: nearness, equal ones by age; else the last updated first."""
        score = self.score(query, row)
        if score is not None:
            return 0, -round(score, 5), row.order
        return 1, -row.updated_at.timestamp(), -row.order
