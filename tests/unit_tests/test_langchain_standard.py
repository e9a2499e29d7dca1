"""LangChain's own tests of retrievers and embedders."""

from collections.abc import Iterator
from typing import Any

import pytest
from langchain_tests.integration_tests import (
    EmbeddingsIntegrationTests,
    RetrieversIntegrationTests,
)
from langchain_tests.unit_tests import EmbeddingsUnitTests

from langchain_usermem import LocalEmbeddings, UserMemory, UserMemoryRetriever


class TestLocalEmbeddingsUnit(EmbeddingsUnitTests):
    """Construction of `LocalEmbeddings`."""

    @property
    def embeddings_class(self) -> type[LocalEmbeddings]:
        """What is tested."""
        return LocalEmbeddings


class TestLocalEmbeddingsIntegration(EmbeddingsIntegrationTests):
    """Vectors of `LocalEmbeddings`."""

    @property
    def embeddings_class(self) -> type[LocalEmbeddings]:
        """What is tested."""
        return LocalEmbeddings


class TestUserMemoryRetriever(RetrieversIntegrationTests):
    """Documents of a `UserMemoryRetriever`."""

    memory: UserMemory

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def remembered(cls) -> Iterator[None]:
        """More memories that fit the query than are asked for."""
        with UserMemory(":memory:") as cls.memory:
            places = ("Leeds", "York", "Hull", "Ripon", "Whitby")
            cls.memory.remember_many([f"Has a house in {p}" for p in places], user_id="ada")
            yield

    @property
    def retriever_constructor(self) -> type[UserMemoryRetriever]:
        """What is tested."""
        return UserMemoryRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        """One user's memory."""
        return {"memory": self.memory, "user_id": "ada"}

    @property
    def retriever_query_example(self) -> str:
        """A question that all memories answer."""
        return "Where is the house?"
