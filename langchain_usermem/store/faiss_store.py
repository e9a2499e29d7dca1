"""`FaissStore`: LangGraph's store on one SQLite file, with FAISS and keyword search."""

import asyncio
import os
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TypeVar

from langchain_core.embeddings import Embeddings
from langgraph.store.base import BaseStore, IndexConfig, Op, Result, TTLConfig

from langchain_usermem.store.conditional import Versions, checked_puts, marks_of
from langchain_usermem.store.connections import open_connections
from langchain_usermem.store.core import Core, StoreHealth
from langchain_usermem.store.indexing import resolve_indexing
from langchain_usermem.store.lifetimes import checked_config, checked_interval
from langchain_usermem.store.partition import Query
from langchain_usermem.store.plan import Plan, plan_batch
from langchain_usermem.store.signals import Choose, Namespace, ReadRows, Signals
from langchain_usermem.times import utc_now

T = TypeVar("T")

# Up to here handing work to a thread takes longer than doing it.
_FEW_OPERATIONS = 32


class FaissStore(BaseStore):
    """A LangGraph store in one file, for any number of users, threads and processes.

    SQLite holds the rows, their texts and their vectors; each namespace has its own FAISS and
    keyword index, made of them when it is first searched. A batch is on disk, all of it, once
    the call returns.

    Args:
        path: the file, made if it is missing, in a folder that exists; `":memory:"` for none.
        index: how rows are found by a query. None: by the local embedder over the whole
            value, or by keywords alone where the extra `local` is not installed. False: by
            keywords alone. A dict: LangGraph's index configuration, with `embed`, and
            optionally `dims` and `fields` (or `text_fields`, as SqliteStore has it). What
            other stores choose a distance by is passed over: scores are cosines.
        ttl: LangGraph's configuration of how long rows live. Where it is given, a read
            prolongs a life only if it sets `refresh_on_read` or the call asks for it. Rows past
            their end are left out, whatever `omit_expired` says.

    Raises:
        StorePathError: the file cannot be opened or made.
        StoreFormatError: it is another program's, or a newer version's.
        EmbedderMismatchError: its vectors are of another embedder.
    """

    supports_ttl = True
    index_config: Mapping[str, object] | None
    """The `index` it was given, under the name that LangGraph's stores have it by."""
    embeddings: Embeddings | None
    """What makes its vectors, under their name too."""

    _clock: Callable[[], datetime] = staticmethod(utc_now)

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        index: IndexConfig | Mapping[str, object] | Literal[False] | None = None,
        ttl: TTLConfig | None = None,
    ) -> None:
        self.ttl_config = checked_config(ttl)
        self.index_config = index or None
        self._path = path
        self._indexing = resolve_indexing(index)
        embedder = self._indexing.embedder
        self.embeddings = embedder.embeddings if embedder else None
        self._opening = threading.Lock()
        self._open_core: Core | None = self._opened()
        self._closer = weakref.finalize(self, self._core.close)
        _open_stores.add(self)

    def __repr__(self) -> str:
        """Its kind and its file."""
        return f"{type(self).__name__}({os.fspath(self._path)!r})"

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        """Do all operations, or none if one fails; reads see the state before the batch."""
        plan = plan_batch(ops, fields=self._indexing.fields)
        embedder = self._indexing.embedder
        vectors = embedder.embed(plan.texts) if embedder else {}
        queries = embedder.queries(plan.queries) if embedder else {}
        found = self._core.reads.run(plan.reads, queries)
        if plan.drafts:
            self._core.write(self._core.prepared(plan, vectors))
        return _in_order(plan, found)

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """The same, without blocking the event loop."""
        ops = list(ops)
        plan = await _aside(len(ops), lambda: plan_batch(ops, fields=self._indexing.fields))
        embedder = self._indexing.embedder
        vectors = await embedder.aembed(plan.texts) if embedder else {}
        queries = await embedder.aqueries(plan.queries) if embedder else {}
        found: dict[int, Result] = {}
        if plan.reads:
            found = await asyncio.to_thread(self._core.reads.run, plan.reads, queries)
        if plan.drafts:
            write = await _aside(len(ops), lambda: self._core.prepared(plan, vectors))
            await self._core.awrite(write)
        return _in_order(plan, found)

    def apply_if(self, ops: Iterable[Op], versions: Versions) -> bool:
        """Do all puts if every item named in `versions` is unchanged; returns whether they were.

        The version of an item is its `updated_at`; None stands for no item. Nobody else writes
        between the comparison and the puts.
        """
        plan = plan_batch(checked_puts(ops), fields=self._indexing.fields)
        marks = marks_of(versions)
        embedder = self._indexing.embedder
        vectors = embedder.embed(plan.texts) if embedder else {}
        return self._core.write_if(self._core.prepared(plan, vectors), marks)

    async def aapply_if(self, ops: Iterable[Op], versions: Versions) -> bool:
        """The same, without blocking the event loop."""
        ops = checked_puts(ops)
        plan = await _aside(len(ops), lambda: plan_batch(ops, fields=self._indexing.fields))
        marks = marks_of(versions)
        embedder = self._indexing.embedder
        vectors = await embedder.aembed(plan.texts) if embedder else {}
        write = await _aside(len(ops), lambda: self._core.prepared(plan, vectors))
        return await self._core.awrite_if(write, marks)

    def signals(self, namespaces: Sequence[Namespace], query: str) -> Signals:
        """How near all live rows of exactly these namespaces are to a query.

        With the local embedder the query's words count by their rarity in each namespace.
        Where a namespace's vectors are too large for memory, the similarities of about the
        thousand nearest rows are exact, and those of the others estimated by one-bit codes.
        """
        return self.chosen(namespaces, query, _signals_alone)

    async def asignals(self, namespaces: Sequence[Namespace], query: str) -> Signals:
        """The same, without blocking the event loop."""
        return await self.achosen(namespaces, query, _signals_alone)

    def chosen(self, namespaces: Sequence[Namespace], query: str, choose: Choose[T]) -> T:
        """What `choose` makes of the signals and of the rows that it reads, all of one state.

        Rows are read in the transaction that the signals are of. `choose` must not call the
        store, and what it is given of rows must not be changed.
        """
        embedder = self._indexing.embedder
        words = embedder.words(query) if embedder else None
        vectors = embedder.queries([query]) if embedder and not words else {}
        asked = Query(query, vectors.get(query), keywords=True, words=words)
        return self._core.reads.chosen(namespaces, asked, choose)

    async def achosen(self, namespaces: Sequence[Namespace], query: str, choose: Choose[T]) -> T:
        """The same, without blocking the event loop: `choose` runs in another thread."""
        embedder = self._indexing.embedder
        words = embedder.words(query) if embedder else None
        vectors = await embedder.aqueries([query]) if embedder and not words else {}
        asked = Query(query, vectors.get(query), keywords=True, words=words)
        return await asyncio.to_thread(self._core.reads.chosen, namespaces, asked, choose)

    def setup(self) -> None:
        """Do nothing: a store is ready once it is made, where LangGraph's others need this."""

    def embed_pending(self, limit: int | None = None) -> int:
        """Embed up to `limit` rows that wait for vectors, now; returns how many were."""
        return self._core.embed_pending(limit)

    def compact(self) -> bool:
        """Rewrite the file so that no byte of deleted rows is left in it, nor in its log.

        Returns False if another process read from it at that time: what was deleted is then
        gone from the file, but may be in the log until the next call. Takes as long as
        copying the file.
        """
        return self._core.compact()

    def backup(self, target: str | os.PathLike[str]) -> None:
        """Write a copy of the store to a new file, which appears once it is whole.

        Others go on reading and writing meanwhile. The copy is a store of its own: restoring
        it is opening it. Takes as long as copying the file.

        Raises:
            StorePathError: the target exists, or cannot be made.
            StoreFullError: there is no room for it.
        """
        self._core.backup(Path(target).resolve())

    def sweep_ttl(self) -> int:
        """Delete the rows past their end; returns how many there were.

        It blocks, also where LangGraph's async stores have a coroutine of this name.
        """
        return self._core.sweep()

    def start_ttl_sweeper(self, sweep_interval_minutes: float | None = None) -> "Future[None]":
        """Sweep at intervals in the background; the future is done when that has stopped."""
        interval = sweep_interval_minutes
        if interval is None:
            interval = (self.ttl_config or {}).get("sweep_interval_minutes")
        return self._core.sweeper.start(checked_interval(interval))

    def stop_ttl_sweeper(self, timeout: float | None = None) -> bool:
        """Stop sweeping, waiting up to `timeout` seconds; returns whether it has stopped."""
        return self._core.sweeper.stop(timeout)

    def health(self) -> StoreHealth:
        """How many rows there are, how many wait for vectors, and what went wrong last."""
        return self._core.health()

    def close(self) -> None:
        """Write what waits and close the file. Repeating it does nothing."""
        self._closer()

    def __enter__(self) -> Self:
        """The store itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the store."""
        self.close()

    async def __aenter__(self) -> Self:
        """The store itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the store."""
        await asyncio.to_thread(self.close)

    def _opened(self) -> Core:
        connections = open_connections(self._path)
        try:
            return Core(connections, self._indexing.embedder, now=self._clock)
        except BaseException:
            connections.close()
            raise

    @property
    def _core(self) -> Core:
        """What is open; in a forked child opened anew at its first use."""
        return self._open_core or self._reopened()

    def _reopened(self) -> Core:
        with self._opening:
            if self._open_core is None:
                self._open_core = self._parents_core.reopened()
                self._closer = weakref.finalize(self, self._open_core.close)
            return self._open_core

    def _forget_parents(self) -> None:
        """Leave what the parent has open alone: closing it here would harm the parent."""
        if self._closer.alive and self._open_core:
            self._closer.detach()
            self._opening = threading.Lock()
            self._parents_core, self._open_core = self._open_core, None


def _signals_alone(signals: Signals, _read: ReadRows) -> Signals:
    return signals


async def _aside(size: int, work: Callable[[], T]) -> T:
    """What `work` returns: done here for few operations, in a thread for many."""
    return work() if size <= _FEW_OPERATIONS else await asyncio.to_thread(work)


def _in_order(plan: Plan, found: Mapping[int, Result]) -> list[Result]:
    return [found.get(place) for place in range(plan.size)]


_open_stores: "weakref.WeakSet[FaissStore]" = weakref.WeakSet()


def _forget_all_parents() -> None:
    for store in list(_open_stores):
        store._forget_parents()  # noqa: SLF001 - the module's own class


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all_parents)
