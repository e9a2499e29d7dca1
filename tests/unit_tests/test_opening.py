"""Opening, equipping and closing a `UserMemory`."""

from pathlib import Path
from typing import Any

import pytest
from langgraph.store.memory import InMemoryStore

from langchain_usermem.errors import InvalidUserError, MissingStoreError, StoreClosedError
from langchain_usermem.extraction import RuleExtractor
from langchain_usermem.settings import MemorySettings
from langchain_usermem.store.faiss_store import FaissStore
from langchain_usermem.testing import ScriptedChatModel, candidate_item
from langchain_usermem.user_memory import UserMemory


@pytest.mark.parametrize("store", [None, 5, b"x.db", object(), {}])
def test_what_is_no_store_is_refused_with_the_way_out(store: Any) -> None:
    """The error names the kind that was given, and what can be."""
    with pytest.raises(MissingStoreError, match=f"{type(store).__name__} is no store.*BaseStore"):
        UserMemory(store)


async def test_an_async_block_closes_the_store_that_it_opened(tmp_path: Path) -> None:
    """`async with` and `aclose` close, off the event loop, what came as a path."""
    async with UserMemory(tmp_path / "a.db", user_id="ada") as memory:
        await memory.aremember("Likes tea")
    with pytest.raises(StoreClosedError):
        await memory.alist()
    await memory.aclose()


async def test_aclose_leaves_a_store_that_was_given_open() -> None:
    """Whoever opened it closes it."""
    with FaissStore(":memory:") as store:
        memory = UserMemory(store, user_id="ada")
        await memory.aclose()
        assert await memory.alist() == []


def test_with_model_is_the_same_memory_with_that_model() -> None:
    """Store, settings and user are the same; the model extracts; the first one still has none."""
    model = ScriptedChatModel(structured=[{"memories": [candidate_item("Likes tea")]}])
    memory = UserMemory(InMemoryStore(), settings=MemorySettings(root="x"), user_id="ada")
    equipped = memory.with_model(model)
    assert (memory.model, equipped.model) == (None, model)
    assert (equipped.store, equipped.settings) == (memory.store, memory.settings)
    equipped.add("Likes tea, she does")
    assert [one.content for one in memory.list()] == ["Likes tea"]


def test_with_model_keeps_an_extractor_that_was_given() -> None:
    """A custom extractor is not replaced; the model decides between neighbours only."""
    model = ScriptedChatModel()
    memory = UserMemory(InMemoryStore(), user_id="ada", extractor=RuleExtractor())
    memory.with_model(model).add("I live in Leeds.")
    assert [one.content for one in memory.list()] == ["Lives in Leeds"]
    assert model.structured_prompts == []


def test_closing_an_equipped_memory_leaves_the_first_one_open(tmp_path: Path) -> None:
    """`with_model` owns nothing; the store is closed by whom it was opened for."""
    with UserMemory(tmp_path / "a.db", user_id="ada") as memory:
        memory.with_model(ScriptedChatModel()).close()
        assert memory.list() == []
    with pytest.raises(StoreClosedError):
        memory.list()


def test_an_empty_user_of_a_retriever_is_an_error() -> None:
    """It does not fall back on the user that the memory is bound to."""
    memory = UserMemory(InMemoryStore(), user_id="ada")
    with pytest.raises(InvalidUserError, match="user_id is empty"):
        memory.as_retriever(user_id="").invoke("tea")
    assert memory.as_retriever().invoke("tea") == []


def test_a_memory_shows_its_store_and_its_kind_of_model(tmp_path: Path) -> None:
    """A file is named; of other stores and of models, whose fields hold keys, only the class is."""
    path = str(tmp_path / "memories.db")
    with UserMemory(path) as memory:
        assert repr(memory) == f"UserMemory(FaissStore({path!r}), model=None)"
    other = UserMemory(InMemoryStore(), ScriptedChatModel(), user_id="ada")
    assert repr(other) == "UserMemory(<InMemoryStore>, model=<ScriptedChatModel>)"
