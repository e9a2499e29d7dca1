"""The parts of an open store, put together."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from langchain_usermem.embeddings import FloatArray
from langchain_usermem.store.backup import back_up
from langchain_usermem.store.conditional import ConditionalJob, Marks
from langchain_usermem.store.connections import Connections
from langchain_usermem.store.edits import Write, drop_traces, prune_deletions, sweep
from langchain_usermem.store.embedding import TextEmbedder
from langchain_usermem.store.indexed_text import text_of
from langchain_usermem.store.jobs import WorkJob, WriteJob
from langchain_usermem.store.late import LateEmbedding
from langchain_usermem.store.partitions import ALONE_BYTES, Partitions
from langchain_usermem.store.pending import pending_rows
from langchain_usermem.store.plan import Plan
from langchain_usermem.store.reads import Reads
from langchain_usermem.store.rows import (
    Alive,
    count_rows,
    micros_of,
    stored_fingerprint,
)
from langchain_usermem.store.schema import Connection
from langchain_usermem.store.sweeper import Sweeper
from langchain_usermem.store.writer import Writer


@dataclass(frozen=True, slots=True)
class StoreHealth:
    """How a store is doing.

    Attributes:
        path: the file, or `:memory:`.
        items: rows that are alive.
        unembedded: rows that wait for vectors.
        embedder: fingerprint of the embedder that the vectors are of; None without vectors.
        partitions: namespaces whose indexes are in memory.
        partition_bytes: memory they take, roughly.
        partition_loads: how often an index was made of all its rows since opening.
        last_error: what the embedder failed at last, unless it has worked since.
    """

    path: str
    items: int
    unembedded: int
    embedder: str | None
    partitions: int
    partition_bytes: int
    partition_loads: int
    last_error: str | None


class Core:
    """An open database with its writer, its indexes and its background threads."""

    def __init__(
        self,
        connections: Connections,
        embedder: TextEmbedder | None,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._connections = connections
        self._embedder = embedder
        self._now = now
        self._partitions = Partitions(alone_bytes=ALONE_BYTES)
        self._adopt_vectors()
        self._writer = Writer(connections, now=now)
        self.reads = Reads(connections, self._partitions, writer=self._writer, now=now)
        self.sweeper = Sweeper(self.sweep)
        self._late = LateEmbedding(connections, self._writer, embedder) if embedder else None
        self._resume_embedding()

    def prepared(self, plan: Plan, vectors: Mapping[str, FloatArray]) -> Write:
        """What a plan writes, with its texts cut into words."""
        texts = {text: text_of(text, vectors.get(text)) for text in plan.texts}
        fingerprint = self._embedder.fingerprint if self._embedder and vectors else None
        return Write(plan.drafts, texts, fingerprint)

    def write(self, write: Write) -> None:
        """Write a batch; it is on disk, all of it, when this returns."""
        self._submit(write).result()

    async def awrite(self, write: Write) -> None:
        """The same, awaited."""
        await self._submit(write, loop=asyncio.get_running_loop())

    def write_if(self, write: Write, marks: Marks) -> bool:
        """Write a batch if all rows have their marks still; returns whether it was written."""
        written: bool = self._submit(write, marks=marks).result()
        return written

    async def awrite_if(self, write: Write, marks: Marks) -> bool:
        """The same, awaited."""
        loop = asyncio.get_running_loop()
        written: bool = await self._submit(write, marks=marks, loop=loop)
        return written

    def _submit(
        self,
        write: Write,
        *,
        marks: Marks | None = None,
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> Any:
        """The future of a batch that was handed to the writer; of the loop's kind if given."""
        unembedded = any(text.vector is None for text in write.texts.values())
        # Woken by the writer, after the commit: it would find nothing to do before.
        after = self._late.wake if self._late and unembedded else None
        if marks is None:
            return self._writer.submit(WriteJob(write, loop=loop, after=after)).future
        return self._writer.submit(ConditionalJob(write, marks, loop=loop, after=after)).future

    def sweep(self) -> int:
        """Delete the rows past their end; returns how many there were."""

        def work(connection: Connection) -> int:
            prune_deletions(connection)
            return sweep(connection, moment=micros_of(self._now()))

        swept: int = self._writer.submit(WorkJob(work)).future.result()
        return swept

    def compact(self) -> bool:
        """Leave no byte of what was deleted; returns False if a reader stood in the way."""
        self._writer.submit(WorkJob(drop_traces)).future.result()
        self.reads.forget_rows()
        return self._connections.compact()

    def backup(self, target: Path) -> None:
        """Write a copy of the file as it is now to a new one."""
        back_up(self._connections, target)

    def embed_pending(self, limit: int | None = None) -> int:
        """Embed rows that wait for vectors, now; returns how many were."""
        return self._late.run(limit) if self._late else 0

    def health(self) -> StoreHealth:
        """How the store is doing."""
        alive = Alive.of(micros_of(self._now()), self._writer.prolonged())
        with self._connections.reading() as connection:
            items, unembedded = count_rows(connection, alive=alive)
            fingerprint = stored_fingerprint(connection)
        return StoreHealth(
            path=self._connections.path,
            items=items,
            unembedded=unembedded,
            embedder=fingerprint,
            partitions=len(self._partitions),
            partition_bytes=self._partitions.size_bytes,
            partition_loads=self._partitions.loads,
            last_error=self._embedder.last_error if self._embedder else None,
        )

    def close(self) -> None:
        """Write what waits, end the threads, and close the file. Repeating it does nothing."""
        self.sweeper.stop(timeout=0)
        if self._late:
            self._late.close()
        if self._writer.close():
            self._connections.close()

    def reopened(self) -> "Core":
        """The same store for a forked child, which must not touch what its parent has open."""
        if self._embedder:
            self._embedder.renew_lock()
        return Core(self._connections.reopened(), self._embedder, now=self._now)

    def _adopt_vectors(self) -> None:
        with self._connections.reading() as connection:
            stored = stored_fingerprint(connection)
        if stored and self._embedder:
            self._embedder.adopt(stored)

    def _resume_embedding(self) -> None:
        if self._late is None:
            return
        with self._connections.reading() as connection:
            waiting = pending_rows(connection, after=0, limit=1)
        if waiting:
            self._late.wake(pause=0.0)
