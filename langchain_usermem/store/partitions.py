"""The partitions in memory: the least recently used go when they take too much."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

from langchain_usermem.store.partition import Partition, Query
from langchain_usermem.store.rows import Changes, NamespaceRow, changes_since
from langchain_usermem.store.schema import Connection
from langchain_usermem.store.scored import Scored, pooled
from langchain_usermem.store.stored_vectors import StoredVectors
from langchain_usermem.store.vector_index import IdArray

DEFAULT_BYTES = 512 * 2**20

ALONE_BYTES = 2 * 2**30
"""Most memory that a single partition takes before it keeps codes in place of its vectors: room
for a million of 256 components, which are searched four times as fast from memory."""


class StaleSnapshotError(Exception):
    """A partition is ahead of the transaction that would read from it: begin another."""


class _Slot:
    """A partition with its lock, and how much it took when last measured."""

    def __init__(self, path: str, *, limit_bytes: int) -> None:
        self.lock = threading.Lock()
        self.partition = Partition(path, limit_bytes=limit_bytes)
        self.size_bytes = 0


class Partitions:
    """Partitions by namespace id, brought up to date by whoever reads them.

    Args:
        limit_bytes: most memory they take together; a single larger one is kept alone.
        alone_bytes: from where on such a one keeps codes in place of its vectors; `limit_bytes`,
            if None.

    Attributes:
        loads: how often one was made of all its rows, not of what had changed.
    """

    def __init__(self, limit_bytes: int = DEFAULT_BYTES, *, alone_bytes: int | None = None) -> None:
        self._limit = limit_bytes
        self._alone = limit_bytes if alone_bytes is None else alone_bytes
        self._slots: OrderedDict[int, _Slot] = OrderedDict()
        self._lock = threading.Lock()
        self.loads = 0

    def __len__(self) -> int:
        """How many partitions are in memory."""
        return len(self._slots)

    @property
    def size_bytes(self) -> int:
        """Memory they take together, roughly."""
        with self._lock:
            return sum(slot.size_bytes for slot in self._slots.values())

    def scored(
        self,
        connection: Connection,
        namespaces: Sequence[NamespaceRow],
        query: Query,
        *,
        wanted: int | None = None,
        among: IdArray | None = None,
    ) -> Scored:
        """All rows of some namespaces with their signals, as the transaction sees them.

        Where the first so many are `wanted` only, fewer of a very large namespace. Where they are
        to be `among` some ids, only those.

        Raises:
            StaleSnapshotError: another thread has seen a newer state already.
            CorruptRowError: a text or vector does not match its digest.
        """
        alone = len(namespaces) == 1
        return pooled(
            [
                self._asked(
                    connection,
                    row,
                    lambda it, stored: it.scored(query, stored, wanted=wanted, among=among),
                    alone=alone,
                )
                for row in namespaces
            ]
        )

    def _asked(
        self,
        connection: Connection,
        namespace: NamespaceRow,
        ask: Callable[[Partition, StoredVectors], Scored],
        *,
        alone: bool,
    ) -> Scored:
        """What a partition answers once it is up to date."""
        slot = self._slot(namespace)
        size_bytes = 0
        with slot.lock:
            changes = _bring_up_to_date(connection, namespace, slot.partition)
            answer = ask(slot.partition, StoredVectors(connection, namespace))
            if changes:
                size_bytes = slot.partition.size_bytes
        if changes:
            self.loads += changes.whole
            self._account(namespace.id, slot, size_bytes=size_bytes, alone=alone)
        return answer

    def _slot(self, namespace: NamespaceRow) -> _Slot:
        """The slot of a namespace, now the last used; a new one is not kept yet."""
        with self._lock:
            slot = self._slots.get(namespace.id)
            if slot is None:
                return _Slot(namespace.path, limit_bytes=self._alone)
            self._slots.move_to_end(namespace.id)
            return slot

    def _account(self, namespace_id: int, slot: _Slot, *, size_bytes: int, alone: bool) -> None:
        """Keep a slot, and let others go for it.

        Nothing goes for one of many partitions that a search streams through.
        """
        with self._lock:
            total = sum(kept.size_bytes for kept in self._slots.values())
            known = namespace_id in self._slots
            if not known and not alone and total + size_bytes > self._limit:
                return
            if known and self._slots[namespace_id] is not slot:
                return
            slot.size_bytes = size_bytes
            self._slots[namespace_id] = slot
            self._evict()

    def _evict(self) -> None:
        total = sum(slot.size_bytes for slot in self._slots.values())
        while total > self._limit and len(self._slots) > 1:
            _, slot = self._slots.popitem(last=False)
            total -= slot.size_bytes


def _bring_up_to_date(
    connection: Connection, namespace: NamespaceRow, partition: Partition
) -> Changes | None:
    """Take in what the transaction sees beyond the partition; returns it, if there was any."""
    if partition.sequence > namespace.sequence:
        raise StaleSnapshotError
    if partition.sequence == namespace.sequence:
        return None
    changes = changes_since(connection, namespace, partition.sequence)
    partition.apply(changes, sequence=namespace.sequence)
    return changes
