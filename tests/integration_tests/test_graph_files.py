"""The deployment files, loaded from their paths as a server loads them."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from runpy import run_path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from langchain_usermem import FaissStore, MissingStoreError

PROJECT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of memories, named by the environment; no model is."""
    for variable in ("OPENAI_API_KEY", "USERMEM_MODEL"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("USERMEM_PATH", str(tmp_path / "memories.db"))
    return tmp_path / "memories.db"


def loaded(reference: str) -> Any:
    """What a reference such as "./graphs/store.py:create_store" in langgraph.json names."""
    file, _, name = reference.rpartition(":")
    return run_path(str(PROJECT / file))[name]


@pytest.fixture
def configuration() -> Any:
    """langgraph.json."""
    return json.loads((PROJECT / "langgraph.json").read_text(encoding="utf-8"))


def test_the_store_is_one_for_all_threads(configuration: Any, path: Path) -> None:
    """The factory, called in four threads, returns the same store, in the file that is named."""
    create_store = loaded(configuration["store"]["path"])
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(lambda _: create_store(), range(4)))
    assert {id(store) for store in stores} == {id(create_store())}
    assert isinstance(stores[0], FaissStore)
    assert path.exists()
    stores[0].close()


def test_the_graph_is_bare(configuration: Any) -> None:
    """It brings neither store nor checkpointer, which a server would refuse to load."""
    graph = loaded(configuration["graphs"]["memory_chat"])
    assert (graph.store, graph.checkpointer) == (None, None)
    with pytest.raises(MissingStoreError):
        graph.invoke({"messages": [("user", "Hi")]}, context={"user_id": "ada"})


def test_the_graph_remembers_with_the_store(configuration: Any) -> None:
    """Given the store by its server, it knows in a second thread what was said in the first."""
    store = loaded(configuration["store"]["path"])()
    graph = loaded(configuration["graphs"]["memory_chat"]).copy(
        update={"store": store, "checkpointer": InMemorySaver()}
    )
    for thread, text in (("one", "I live in Leeds."), ("two", "Where do I live?")):
        config = {"configurable": {"thread_id": thread}}
        said = {"messages": [("user", text)]}
        state = graph.invoke(said, config, context={"user_id": "ada"})
    reply = "[offline model] This is what I remember: Lives in Leeds."
    assert [message.text for message in state["messages"]] == ["Where do I live?", reply]
    store.close()
