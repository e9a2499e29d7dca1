"""The stores over which a memory does the same."""

from collections.abc import Iterator

import pytest
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore

from langchain_usermem.store.faiss_store import FaissStore


@pytest.fixture(params=["faiss", "in_memory"])
def store(request: pytest.FixtureRequest) -> Iterator[BaseStore]:
    """Our store, which compares before it writes, and LangGraph's, which does not."""
    opened: BaseStore = FaissStore(":memory:") if request.param == "faiss" else InMemoryStore()
    yield opened
    if isinstance(opened, FaissStore):
        opened.close()
