"""Erasing a user: every row goes, and where the store can see to it, every byte."""

import asyncio
from collections import Counter
from typing import Literal

from langgraph.store.base import BaseStore, PutOp, SearchItem

from langchain_usermem.errors import StoreBusyError, StoreFullError
from langchain_usermem.memory import Value
from langchain_usermem.namespaces import Namespace, decode_label
from langchain_usermem.operations.base import Operations
from langchain_usermem.privacy.rows import rows_of
from langchain_usermem.revisions import Plan, unhindered
from langchain_usermem.steps import Effect, Steps, awaiting, blocking
from langchain_usermem.store.faiss_store import FaissStore
from langchain_usermem.times import UtcTime, utc_now

AT_ONCE = 1_000
"""Rows that are deleted together."""

Traces = Literal["none", "deferred", "unknown"]

_NOTES: dict[Traces, str] = {
    "none": "no byte of it is left in the file",
    "deferred": "its bytes may be in the file or its log still, since another process was reading "
    "or there was no room to rewrite it: erase again",
    "unknown": "this store frees the room of deleted rows by itself, such as Postgres by VACUUM",
}


class Erasure(Value):
    """What was erased of a user, and when.

    `rows` counts what went, by the first label of the namespaces it lay in; it is empty where
    nothing was known of the user. `traces` says whether bytes of it may be left in the store:
    `none`; `deferred`, until it is erased again; `unknown`, which is the store's own matter.
    Backups and checkpoints of graphs are copies that nobody here knows of.
    """

    user_id: str
    at: UtcTime
    rows: dict[str, int]
    traces: Traces

    @property
    def total(self) -> int:
        """How many rows went."""
        return sum(self.rows.values())

    @property
    def note(self) -> str:
        """What is left in the store, and what to do about it."""
        return _NOTES[self.traces]


class Erasing(Operations):
    """`erase`."""

    def erase_steps(self, *, user_id: str | None = None) -> Steps[Erasure]:
        """Delete all that is stored about a user, for good, and leave no byte of it in a file.

        Memories of all agents, their history, what waits and what is counted: whatever lies
        below the user's namespace. A turn that is being extracted meanwhile, here or in another
        process, stores nothing any more, nor does it wait again. What is said later is
        remembered anew. Broken off, it goes on when it is repeated; repeated, it finds nothing.
        Rewriting the file of a `FaissStore` takes as long as copying it.

        Raises:
            MissingUserError: nobody said whose memory.
            StoreBusyError: others wrote about the user too often meanwhile; some is left.
        """
        user = self.namespace(user_id)
        erased = Counter[str]()
        while found := (yield from unhindered(self.store, user, lambda _: self._deleting(user))):
            erased += found
        traces = yield from _compacted(self.store)
        return Erasure(
            user_id=decode_label(user[1]), at=utc_now(), rows=dict(erased), traces=traces
        )

    def _deleting(self, user: Namespace) -> Steps[Plan[Counter[str]]]:
        """Delete some rows; the count of writes, by which others notice it, with the last."""
        rows = yield from rows_of(self.store, user, most=AT_ONCE)
        ops = [PutOp(tuple(row.namespace), row.key, None) for row in rows]
        return Plan(ops, Counter(map(_kind, rows)))

    erase, aerase = blocking(erase_steps), awaiting(erase_steps)


def _kind(row: SearchItem) -> str:
    return (*row.namespace, "")[2]


def _compacted(store: BaseStore) -> Effect[Traces]:
    """Rewrite the store's file without what was deleted, where it has one."""

    def call() -> Traces:
        if not isinstance(store, FaissStore):
            return "unknown"
        try:
            store.sweep_ttl()
            return "none" if store.compact() else "deferred"
        except (StoreBusyError, StoreFullError):  # the rows are gone all the same
            return "deferred"

    return Effect(call=call, acall=lambda: asyncio.to_thread(call))
