"""Writes on LangGraph's Postgres stores that happen only if the rows they build on are unchanged.

Those stores have no such write of their own. Here it is one transaction: it waits for whoever
writes about the same user, by an advisory lock, compares the rows, and writes. Only public parts
are used: another store over the transaction's connection reads and writes within it.
"""

import asyncio
import hashlib
import sys
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

from langchain_core.embeddings import Embeddings
from langgraph.store.base import BaseStore, GetOp, Item, Op, PutOp, get_text_at_path

from langchain_usermem.store.conditional import ConditionalStore, Versions, checked_puts

_LOCK = "SELECT pg_advisory_xact_lock(%s)"


def conditional_store(store: BaseStore) -> ConditionalStore | None:
    """The store as one that compares before it writes, or None if it cannot.

    A Postgres store in pipeline mode cannot: whoever shares its connection would write within
    our transaction.
    """
    if isinstance(store, ConditionalStore):
        return store
    # Whoever made such a store has imported it; nobody else waits for that.
    if "langgraph.store.postgres" not in sys.modules or getattr(store, "pipe", None) is not None:
        return None
    from langgraph.store.postgres import (  # noqa: PLC0415 - optional
        AsyncPostgresStore,
        PostgresStore,
    )

    if isinstance(store, PostgresStore):
        return PostgresTransactions(store, PostgresStore)
    if isinstance(store, AsyncPostgresStore):
        return AsyncPostgresTransactions(store, AsyncPostgresStore)
    return None


@dataclass(frozen=True)
class PostgresTransactions:
    """A `ConditionalStore` over a `PostgresStore`, on a connection or a pool."""

    store: Any
    kind: Any

    def apply_if(self, ops: Iterable[Op], versions: Versions) -> bool:
        """Do all of the puts if every named item has its version still, else none of them."""
        puts = checked_puts(ops)
        # Embed before taking the lock: a slow provider must not stop others.
        texts = _texts(self.store, puts)
        vectors = self.store.embeddings.embed_documents(texts) if texts else []
        options = _options(self.store, dict(zip(texts, vectors, strict=True)))
        try:
            with _transaction(self.store) as connection:
                for number in lock_numbers(versions):
                    connection.execute(_LOCK, [number])
                inner = self.kind(connection, **options)
                holds = _all_hold(versions, inner.batch(_gets(versions)))
                inner.batch(puts if holds else ())
                return holds
        except _overtaken():
            return False

    async def aapply_if(self, ops: Iterable[Op], versions: Versions) -> bool:
        """The same, without blocking the event loop."""
        return await asyncio.to_thread(self.apply_if, ops, versions)


@dataclass(frozen=True)
class AsyncPostgresTransactions:
    """A `ConditionalStore` over an `AsyncPostgresStore`, on a connection or a pool."""

    store: Any
    kind: Any

    def apply_if(self, ops: Iterable[Op], versions: Versions) -> bool:
        """The same as `aapply_if`, for a thread other than that of the store's event loop."""
        waiting = self.aapply_if(list(ops), versions)
        return asyncio.run_coroutine_threadsafe(waiting, self.store.loop).result()

    async def aapply_if(self, ops: Iterable[Op], versions: Versions) -> bool:
        """Do all of the puts if every named item has its version still, else none of them."""
        puts = checked_puts(ops)
        texts = _texts(self.store, puts)
        vectors = await self.store.embeddings.aembed_documents(texts) if texts else []
        options = _options(self.store, dict(zip(texts, vectors, strict=True)))
        try:
            async with _atransaction(self.store) as connection:
                for number in lock_numbers(versions):
                    await connection.execute(_LOCK, [number])
                inner = self.kind(connection, **options)
                holds = _all_hold(versions, await inner.abatch(_gets(versions)))
                await inner.abatch(puts if holds else ())
                return holds
        except _overtaken():
            return False


def lock_numbers(versions: Versions) -> list[int]:
    """The advisory locks of the users whose rows are compared, in the order to take them.

    Two users may share one by chance, and then wait for each other.
    """
    users = {namespace[:2] for namespace, _ in versions}
    digests = (hashlib.blake2b("\0".join(user).encode(), digest_size=8) for user in users)
    return sorted(int.from_bytes(digest.digest(), signed=True) for digest in digests)


@contextmanager
def _transaction(store: Any) -> Iterator[Any]:
    """A connection of the store's in a transaction, for nobody else meanwhile."""
    if _is_pool(store.conn):
        with store.conn.connection() as connection, connection.transaction():
            yield connection
    else:
        with store.lock, store.conn.transaction():
            yield store.conn


@asynccontextmanager
async def _atransaction(store: Any) -> AsyncIterator[Any]:
    if _is_pool(store.conn):
        async with store.conn.connection() as connection, connection.transaction():
            yield connection
    else:
        async with store.lock, store.conn.transaction():
            yield store.conn


def _is_pool(conn: object) -> bool:
    """Whether it hands out connections, rather than being one."""
    return hasattr(conn, "getconn")


def _overtaken() -> tuple[type[Exception], ...]:
    """The errors by which the server says that somebody else was faster."""
    from psycopg import errors  # noqa: PLC0415 - comes with the store

    return (errors.SerializationFailure, errors.DeadlockDetected)


def _gets(versions: Versions) -> list[GetOp]:
    return [GetOp(namespace, key, refresh_ttl=False) for namespace, key in versions]


def _all_hold(versions: Versions, items: Sequence[Item | None]) -> bool:
    return list(versions.values()) == [item.updated_at if item else None for item in items]


def _options(store: Any, vectors: Mapping[str, list[float]]) -> dict[str, Any]:
    """How the store was made, but for an embedder that has its vectors already."""
    index = store.index_config and {**store.index_config, "embed": _Embedded(vectors)}
    return {"index": index, "ttl": store.ttl_config}


def _texts(store: Any, ops: Iterable[Op]) -> list[str]:
    """The texts that the store will embed of what is put, each once."""
    if not store.index_config:
        return []
    fields = store.index_config.get("fields") or "$"
    fields = [fields] if isinstance(fields, str) else fields
    puts = [op for op in ops if isinstance(op, PutOp) and op.value is not None]
    found = (
        text
        for op in puts
        if op.index is not False
        for path in (fields if op.index is None else op.index)
        for text in get_text_at_path(op.value, path)
    )
    return list(dict.fromkeys(found))


class _Embedded(Embeddings):
    """Vectors that were made before."""

    def __init__(self, vectors: Mapping[str, list[float]]) -> None:
        self._vectors = vectors

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """The vector of each text."""
        return [self._vectors[text] for text in texts]

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        """The same, without a thread."""
        return self.embed_documents(texts)

    def embed_query(self, text: str) -> list[float]:
        """The vector of one text."""
        return self._vectors[text]
