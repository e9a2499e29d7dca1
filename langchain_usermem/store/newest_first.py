"""Rows in the order of their updates, found once for each state of the file."""

import threading
from collections import OrderedDict
from collections.abc import Sequence

from langchain_usermem.store.prefilter import Condition
from langchain_usermem.store.rows import NamespaceRow, newest
from langchain_usermem.store.schema import Connection
from langchain_usermem.store.verified import Version

DEFAULT_ROWS = 100_000

_LARGEST_SHARE = 8
# Comparing the states of very many takes as long as a search.
_MOST_NAMESPACES = 64

_State = tuple[tuple[NamespaceRow, ...], tuple[Condition, ...]]


class NewestFirst:
    """Lists of rows without a query, such as those that apply to every turn of a user.

    A condition on a value takes reading all values of a namespace. The same ones are asked for
    again and again, and a namespace with the same write number holds the same rows. Whether
    they are alive, their reader finds out.

    Args:
        limit_rows: how many rows the lists that are kept have together.
    """

    def __init__(self, limit_rows: int = DEFAULT_ROWS) -> None:
        self._limit = limit_rows
        self._lists: OrderedDict[_State, list[Version]] = OrderedDict()
        self._rows = 0
        self._lock = threading.Lock()

    def among(
        self,
        connection: Connection,
        namespaces: Sequence[NamespaceRow],
        conditions: Sequence[Condition],
    ) -> list[Version]:
        """What `rows.newest` gives in this transaction; nobody changes the list."""
        if len(namespaces) > _MOST_NAMESPACES:
            return newest(connection, namespaces, conditions)
        state = (tuple(namespaces), tuple(conditions))
        with self._lock:
            if (known := self._lists.get(state)) is not None:
                self._lists.move_to_end(state)
                return known
        found = newest(connection, namespaces, conditions)
        if len(found) <= self._limit // _LARGEST_SHARE:
            self._keep(state, found)
        return found

    def _keep(self, state: _State, found: list[Version]) -> None:
        """Keep a list; those not asked for the longest go for it."""
        with self._lock:
            if state not in self._lists:
                self._lists[state] = found
                # Each counts for one more, so that empty ones are bounded too.
                self._rows += len(found) + 1
            while self._rows > self._limit:
                _, dropped = self._lists.popitem(last=False)
                self._rows -= len(dropped) + 1
