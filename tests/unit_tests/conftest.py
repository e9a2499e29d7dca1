"""Unit tests reach no network, count tokens alike wherever they run, and share two stores."""

from collections.abc import Iterator

import pytest
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore
from pytest_socket import disable_socket, enable_socket

from langchain_usermem.store.faiss_store import FaissStore


@pytest.fixture(autouse=True)
def no_network() -> Iterator[None]:
    """Sockets are refused, except those within this machine that event loops are made of."""
    disable_socket(allow_unix_socket=True)
    yield
    enable_socket()


@pytest.fixture(autouse=True, scope="session")
def no_vocabulary() -> Iterator[None]:
    """Budgets are held against the estimate, unless a test brings a vocabulary of its own."""
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR"):
            patch.delenv(variable, raising=False)
        yield


@pytest.fixture(params=["faiss", "in_memory"])
def store(request: pytest.FixtureRequest) -> Iterator[BaseStore]:
    """Our store, which compares before it writes, and LangGraph's, which does not."""
    opened: BaseStore = FaissStore(":memory:") if request.param == "faiss" else InMemoryStore()
    yield opened
    if isinstance(opened, FaissStore):
        opened.close()
