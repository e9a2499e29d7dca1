"""The stores that are compared, each opened on a folder of its own."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from langchain_core.embeddings import Embeddings
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore

from langchain_usermem import FaissStore

Opened = Callable[[Path, Embeddings, int], AbstractContextManager[BaseStore]]


@dataclass(frozen=True, slots=True)
class Contestant:
    """A store, and what keeps it from a full part.

    Attributes:
        name: as the table shows it.
        opened: the store on a folder, with an embedder of a width.
        most_rows: more would take it longer than anybody waits.
        durable: whether it is still there after it was closed.
        missing: why it cannot run here; None if it can.
    """

    name: str
    opened: Opened
    most_rows: int
    durable: bool = True
    missing: str | None = None


def _faiss(
    folder: Path, embeddings: Embeddings, dimensions: int
) -> AbstractContextManager[BaseStore]:
    index = {"embed": embeddings, "dims": dimensions, "fields": ["text"]}
    return FaissStore(folder / "memories.db", index=index)


@contextmanager
def _in_memory(_: Path, embeddings: Embeddings, dimensions: int) -> Iterator[BaseStore]:
    yield InMemoryStore(index={"embed": embeddings, "dims": dimensions, "fields": ["text"]})


@contextmanager
def _sqlite(folder: Path, embeddings: Embeddings, dimensions: int) -> Iterator[BaseStore]:
    from langgraph.store.sqlite import SqliteStore
    from langgraph.store.sqlite.base import SqliteIndexConfig

    index = SqliteIndexConfig(embed=embeddings, dims=dimensions, fields=["text"])
    path = str(folder / "store.sqlite")
    with SqliteStore.from_conn_string(path, index=index) as store:
        store.setup()
        yield store


def _missing_for_sqlite() -> str | None:
    if not hasattr(sqlite3.Connection, "enable_load_extension"):
        return "this Python's sqlite3 cannot load extensions"
    if find_spec("langgraph.store.sqlite") is None:
        return "langgraph-checkpoint-sqlite is not installed"
    return None if find_spec("sqlite_vec") else "sqlite-vec is not installed"


CONTESTANTS = (
    Contestant("FaissStore", _faiss, most_rows=10_000_000),
    Contestant("InMemoryStore", _in_memory, most_rows=100_000, durable=False),
    Contestant("SqliteStore", _sqlite, most_rows=20_000, missing=_missing_for_sqlite()),
)
