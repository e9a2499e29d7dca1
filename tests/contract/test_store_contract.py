"""The contract that is shipped for stores of others holds for ours and LangGraph's."""

from collections.abc import Iterator
from typing import Any

import pytest
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore

from langchain_usermem.store import FaissStore
from langchain_usermem.testing import AsyncStoreContract, StoreContract


class TestFaissStore(StoreContract):
    """Ours, by blocking calls."""

    @pytest.fixture
    def store(self) -> Iterator[BaseStore]:
        """An empty store."""
        with FaissStore(":memory:", index=False) as store:
            yield store


class TestFaissStoreAwaited(AsyncStoreContract):
    """Ours, by awaited calls."""

    @pytest.fixture
    def store(self) -> Iterator[BaseStore]:
        """An empty store."""
        with FaissStore(":memory:", index=False) as store:
            yield store


class TestInMemoryStore(StoreContract):
    """LangGraph's, by blocking calls."""

    @pytest.fixture
    def store(self) -> BaseStore:
        """An empty store."""
        return InMemoryStore()


class TestInMemoryStoreAwaited(AsyncStoreContract):
    """LangGraph's, by awaited calls."""

    @pytest.fixture
    def store(self) -> BaseStore:
        """An empty store."""
        return InMemoryStore()


class Careless(InMemoryStore):
    """A store that takes a prefix as text, as some have done."""

    def search(self, prefix: tuple[str, ...], /, **more: Any) -> Any:
        """Items of every namespace whose text begins with the prefix's."""
        found = super().search((), **{**more, "limit": 1_000})
        return [i for i in found if "/".join(i.namespace).startswith("/".join(prefix))]


class Forgetful(InMemoryStore):
    """A store that stores nothing."""

    def put(self, *_: Any, **__: Any) -> None:
        """Nothing is done."""


@pytest.mark.parametrize(
    ("store", "test"),
    [
        (Careless(), "test_users_are_kept_apart"),
        (Careless(), "test_a_prefix_finds_all_below_it"),
        (Forgetful(), "test_what_is_put_comes_back"),
        (Forgetful(), "test_namespaces_outside_the_contract_are_refused"),
    ],
)
def test_a_store_that_breaks_the_contract_is_told(store: BaseStore, test: str) -> None:
    """Each broken promise fails the test that is named after it."""
    with pytest.raises(AssertionError, match="is not"):
        getattr(StoreContract(), test)(store)
