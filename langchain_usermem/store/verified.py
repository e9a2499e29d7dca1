"""Rows whose digests were checked, kept so that hot ones are not read and checked again."""

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from langgraph.store.base import Item, SearchItem

from langchain_usermem.store.plan import namespace_of

T = TypeVar("T")

Place = tuple[str, str]
"""Where a row is: the path of its namespace, and its key."""

Version = tuple[int, int]
"""The id of a row and its `updated_at`, which no other row and no other write of it has."""

DEFAULT_BYTES = 64 * 2**20

# A decoded value takes five times its text, and what is made of it nearly as much; the rest is
# the row around it.
_BYTES_A_CHARACTER = 9
_ROW_BYTES = 800
_LARGEST_SHARE = 16


class Row(NamedTuple):
    """A row of `items` whose digest was checked.

    `version` is when it was last updated, in microseconds since 1970; `characters` are those
    of its value as JSON. Nobody changes `value`: others may have the same row. `made` holds what
    was made of it, by the function that did.
    """

    id: int
    path: str
    key: str
    value: Mapping[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime
    ttl: float | None
    characters: int
    made: dict[object, Any]

    def made_by(self, make: Callable[[Mapping[str, Any]], T]) -> T:
        """What `make` makes of the value, made once; frozen, as others may be given the same."""
        if make not in self.made:
            self.made[make] = make(self.value)
        made: T = self.made[make]
        return made

    def item(self) -> Item:
        """The row as LangGraph gives it out, with a value of its own."""
        return Item(
            value=_copied(self.value),
            key=self.key,
            namespace=namespace_of(self.path),
            created_at=self.created_at,
            updated_at=self.updated_at,
        )

    def search_item(self, score: float | None) -> SearchItem:
        """The row as the result of a search, likewise."""
        return SearchItem(
            namespace_of(self.path),
            self.key,
            _copied(self.value),
            created_at=self.created_at,
            updated_at=self.updated_at,
            score=score,
        )


def _copied(value: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON object that shares no dict or list with another."""
    copy = dict(value)
    # A list of what is left to do, since values may be nested deeper than calls.
    parts: list[Any] = [copy]
    for part in parts:
        for place, inner in part.items() if type(part) is dict else enumerate(part):
            if type(inner) is list or type(inner) is dict:
                part[place] = inner.copy()
                parts.append(part[place])
    return copy


class VerifiedRows:
    """The rows read lately, each by its id and its version.

    What is kept is right for ever: ids are not given out again, and no two writes of a row
    share its `updated_at`. Whether a row is still there its caller knows, who found both in
    the transaction that it reads in. A row with a TTL is not kept: reads move its end, which
    is no write.

    Args:
        limit_bytes: most memory they take, roughly.
    """

    def __init__(self, limit_bytes: int = DEFAULT_BYTES) -> None:
        self._limit = limit_bytes
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._young: dict[int, Row] = {}
            self._old: dict[int, Row] = {}
            self._young_bytes = 0

    def known(self, versions: Iterable[Version]) -> dict[int, Row]:
        """Those that are kept among some rows, by id."""
        found: dict[int, Row] = {}
        ageing = []
        # No lock: a look into a dict is one step, and two halves are never changed in place.
        young, old = self._young, self._old
        for row_id, version in versions:
            row = young.get(row_id)
            if row is None and (row := old.get(row_id)):
                ageing.append(row)
            if row is not None and row.version == version:
                found[row_id] = row
        if ageing:
            self.keep(ageing)
        return found

    def keep(self, rows: Iterable[Row]) -> None:
        """Take in rows; those not asked for the longest go, half of all at once."""
        with self._lock:
            for row in rows:
                size = _ROW_BYTES + _BYTES_A_CHARACTER * row.characters
                if row.ttl is None and size <= self._limit // _LARGEST_SHARE:
                    self._young[row.id] = row
                    self._young_bytes += size
                    self._turn_over()

    def _turn_over(self) -> None:
        """Begin another half once one is full; what nobody asked for since the last time goes."""
        if self._young_bytes > self._limit // 2:
            self._old, self._young = self._young, {}
            self._young_bytes = 0
