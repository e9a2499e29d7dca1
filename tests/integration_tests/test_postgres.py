"""The same memory on LangGraph's `PostgresStore`; opt in by `USERMEM_POSTGRES`, an address."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from langchain_usermem.embeddings import LocalEmbeddings
from langchain_usermem.settings import MemorySettings
from langchain_usermem.user_memory import UserMemory

if TYPE_CHECKING:
    from langgraph.store.base import IndexConfig

ADDRESS = os.environ.get("USERMEM_POSTGRES")

pytestmark = pytest.mark.skipif(
    ADDRESS is None, reason="set USERMEM_POSTGRES to the address of a Postgres with pgvector"
)


@pytest.fixture
def memory() -> Iterator[UserMemory]:
    """A memory with a root of its own in the database."""
    postgres = pytest.importorskip("langgraph.store.postgres")
    index: IndexConfig = {"dims": 256, "embed": LocalEmbeddings(), "fields": ["content"]}
    with postgres.PostgresStore.from_conn_string(ADDRESS, index=index) as store:
        store.setup()
        yield UserMemory(store, settings=MemorySettings(root=f"test-{uuid4().hex}"))


def test_a_memory_lives_its_life_on_postgres(memory: UserMemory) -> None:
    """Added, recalled, superseded, listed as standing, forgotten and told in the history."""
    memory.add("I live in Leeds and I'm allergic to nuts. Answer in Spanish.", user_id="ada")
    memory.add("I moved to York.", user_id="ada")
    found = memory.search("Where do I live?", user_id="ada")
    assert [one.memory.content for one in found] == ["Lives in York"]
    assert {one.content for one in memory.profile(user_id="ada")} == {
        "Answer in Spanish",
        "Is allergic to nuts",
        "Lives in York",
    }
    assert len(memory.forget("nuts", user_id="ada").forgotten) == 1
    actions = [change.action for change in memory.history(user_id="ada")]
    assert actions == ["add", "add", "add", "supersede", "forget"]
    assert memory.users() == ["ada"]
    assert memory.search("Where do I live?", user_id="bob", floor=0.0) == []
