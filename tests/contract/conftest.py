"""The stores that keep, or should keep, LangGraph's contract, each through both doors.

To hold another store against the contract, add a maker of it to `MAKERS`. A test that a store
is known to fail carries a mark with its name and the reason: should it pass one day, the mark
fails.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from langgraph.store.base import BaseStore, IndexConfig, TTLConfig
from langgraph.store.memory import InMemoryStore

from langchain_usermem.store import FaissStore

from .doubles import DIMENSIONS, AsyncDoor, Clock, LetterEmbeddings, Room, SyncDoor

Maker = Callable[..., AbstractContextManager[BaseStore]]
Open = Callable[..., Room]


def in_file(folder: Path, **config: Any) -> AbstractContextManager[BaseStore]:
    """A `FaissStore` on a file."""
    return FaissStore(folder / "memories.db", **config)


def in_memory(folder: Path, **config: Any) -> AbstractContextManager[BaseStore]:
    """A `FaissStore` on no file."""
    del folder
    return FaissStore(":memory:", **config)


def langgraphs(
    folder: Path, *, index: IndexConfig | None = None, ttl: TTLConfig | None = None
) -> AbstractContextManager[BaseStore]:
    """LangGraph's own store, which knows no end of life."""
    del folder
    if ttl is not None:
        pytest.skip("InMemoryStore keeps no time to live")
    return nullcontext(InMemoryStore(index=index or None))


MAKERS: dict[str, Maker] = {
    "FaissStore": in_file,
    "FaissStore-memory": in_memory,
    "InMemoryStore": langgraphs,
}
DOORS = {"sync": SyncDoor, "async": AsyncDoor}


def pytest_configure(config: pytest.Config) -> None:
    """Know the mark of a failure of LangGraph's own store."""
    config.addinivalue_line("markers", "fails_in_memory(reason): InMemoryStore fails this")


@pytest.fixture(params=MAKERS)
def maker(request: pytest.FixtureRequest) -> Maker:
    """How to make a store of one kind."""
    known = request.node.get_closest_marker("fails_in_memory")
    if known and request.param == "InMemoryStore":
        reason = str(known.args[0])
        request.applymarker(pytest.mark.xfail(strict=True, reason=reason))
    return MAKERS[request.param]


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest) -> Callable[[BaseStore], Any]:
    """Either side of a store's methods."""
    return DOORS[request.param]


@pytest.fixture
def embeddings() -> LetterEmbeddings:
    """An embedder under which texts of the same letters are near."""
    return LetterEmbeddings()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of all stores of ours."""
    clock = Clock()
    monkeypatch.setattr(FaissStore, "_clock", staticmethod(clock))
    return clock


@pytest.fixture
def opened(maker: Maker, door: Callable[[BaseStore], Any], tmp_path: Path) -> Iterator[Open]:
    """Opens a store with an index and a time to live, and closes it after the test."""
    stores: list[AbstractContextManager[BaseStore]] = []

    def open_store(**config: Any) -> Room:
        stores.append(maker(tmp_path, **config))
        store = stores[-1].__enter__()
        return Room(store, door(store))

    yield open_store
    for store in stores:
        store.__exit__(None, None, None)


@pytest.fixture
def room(opened: Open) -> Room:
    """A store that does not embed."""
    return opened(index=False)


@pytest.fixture
def indexed(opened: Open, embeddings: LetterEmbeddings) -> Room:
    """A store that embeds the field `text`."""
    return opened(index={"dims": DIMENSIONS, "embed": embeddings, "fields": ["text"]})


@pytest.fixture
def mortal(clock: Clock, opened: Open, embeddings: LetterEmbeddings) -> Room:
    """A store whose rows live two minutes unless they say otherwise, on the hand-set clock."""
    del clock
    index = {"dims": DIMENSIONS, "embed": embeddings, "fields": ["text"]}
    return opened(index=index, ttl={"default_ttl": 2.0, "refresh_on_read": True})
