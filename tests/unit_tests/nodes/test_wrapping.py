"""`with_memory`: any node of any graph, with memory before and after it."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langchain_core.runnables import RunnableConfig, RunnableLambda
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.runtime import Runtime
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore
from langgraph.types import Command

from langchain_usermem.errors import MissingUserError
from langchain_usermem.nodes.wrapping import with_memory
from langchain_usermem.store.faiss_store import FaissStore
from langchain_usermem.testing import ScriptedChatModel
from langchain_usermem.user_memory import UserMemory
from langchain_usermem.whose import MemoryContext

ADA: Any = {"user_id": "ada"}


@pytest.fixture
def memory() -> Iterator[UserMemory]:
    """A memory of Ada with a dog and a language."""
    with FaissStore(":memory:") as store:
        made = UserMemory(store)
        made.remember("Has a dog called Biscuit", user_id="ada")
        made.remember("Answer in Spanish", user_id="ada", attribute="response_language")
        yield made


def graph_of(node: Any, **compiled: Any) -> Any:
    """A graph of one node on plain messages, without any key of ours."""
    graph = StateGraph(MessagesState, context_schema=MemoryContext)
    graph.add_node("agent", node)
    graph.add_edge(START, "agent")
    graph.add_edge("agent", END)
    return graph.compile(**compiled)


def said(text: str) -> dict[str, Any]:
    """Graph input with one human message."""
    return {"messages": [HumanMessage(text, id="h1")]}


def test_a_node_sees_memories_that_the_state_does_not(memory: UserMemory) -> None:
    """Profile and recalled memories are in the node's messages; the state keeps the plain ones."""
    seen: list[AnyMessage] = []

    def node(state: MessagesState) -> dict[str, Any]:
        seen.extend(state["messages"])
        return {"messages": [AIMessage("Biscuit.")]}

    out = graph_of(with_memory(node, memory)).invoke(said("What is my dog called?"), context=ADA)
    assert "Answer in Spanish" in str(seen[0].text)
    assert "Has a dog called Biscuit" in str(seen[1].text)
    assert [m.text for m in out["messages"]] == ["What is my dog called?", "Biscuit."]


async def test_an_async_node_works_and_the_turn_is_remembered(memory: UserMemory) -> None:
    """A coroutine function is awaited, and what the user said is stored."""

    async def node(state: MessagesState) -> dict[str, Any]:  # noqa: ARG001
        return {"messages": [AIMessage("Noted.")]}

    await graph_of(with_memory(node, memory)).ainvoke(said("I live in Leeds."), context=ADA)
    assert "Lives in Leeds" in [one.content for one in memory.list(user_id="ada")]


async def test_a_blocking_node_works_in_an_async_run(memory: UserMemory) -> None:
    """A plain function serves `ainvoke` as well."""
    node = with_memory(lambda _: {"messages": [AIMessage("Noted.")]}, memory)
    out = await graph_of(node).ainvoke(said("I live in Leeds."), context=ADA)
    assert out["messages"][-1].text == "Noted."


def test_a_node_gets_what_it_asks_for_by_name() -> None:
    """Config, runtime, store and writer reach the wrapped function as in any graph."""
    got: dict[str, Any] = {}

    def node(
        state: MessagesState,  # noqa: ARG001
        config: RunnableConfig,
        *,
        runtime: Runtime[MemoryContext],
        store: BaseStore,
        writer: Any,
    ) -> dict[str, Any]:
        got.update(config=config, runtime=runtime, store=store, writer=writer)
        return {"messages": [AIMessage("ok")]}

    store = InMemoryStore()
    graph_of(with_memory(node), store=store).invoke(
        said("Hi"), {"configurable": {"thread_id": "t"}}, context=ADA
    )
    assert got["store"] is store
    assert got["runtime"].context.user_id == "ada"
    assert got["config"]["configurable"]["thread_id"] == "t"
    assert callable(got["writer"])


def test_an_agent_is_wrapped_whole(memory: UserMemory) -> None:
    """A compiled agent gets the memories; none of the woven messages stays in the state."""
    model = ScriptedChatModel(replies=["Se llama Biscuit."])
    agent = create_agent(model, [])
    out = graph_of(with_memory(agent, memory)).invoke(said("What is my dog called?"), context=ADA)
    assert "Has a dog called Biscuit" in str(model.prompts[0])
    assert [(m.type, m.text) for m in out["messages"]] == [
        ("human", "What is my dog called?"),
        ("ai", "Se llama Biscuit."),
    ]


def test_a_command_passes_with_its_update_restored(memory: UserMemory) -> None:
    """A node may answer with a `Command`; where it goes is unchanged."""

    def node(state: MessagesState) -> Command[Any]:
        return Command(update={"messages": [*state["messages"], AIMessage("ok")]}, goto=END)

    out = graph_of(with_memory(node, memory)).invoke(said("What is my dog called?"), context=ADA)
    assert [m.text for m in out["messages"]] == ["What is my dog called?", "ok"]


def test_nothing_is_remembered_before_the_answer(memory: UserMemory) -> None:
    """A node that calls a tool first has not answered yet."""
    call = {"name": "look", "args": {}, "id": "1", "type": "tool_call"}
    node = with_memory(lambda _: {"messages": [AIMessage("", tool_calls=[call])]}, memory)
    graph_of(node).invoke(said("I live in Leeds."), context=ADA)
    assert "Lives in Leeds" not in [one.content for one in memory.list(user_id="ada")]


def test_a_failing_store_is_logged_and_the_node_runs(caplog: pytest.LogCaptureFixture) -> None:
    """The log names stage and kind, never what was said."""

    class Failing(InMemoryStore):
        def batch(self, ops: Any) -> Any:  # noqa: ARG002
            raise ConnectionError("lives in Leeds")

    node = with_memory(lambda _: {"messages": [AIMessage("ok")]}, UserMemory(Failing()))
    with caplog.at_level(logging.WARNING):
        out = graph_of(node).invoke(said("I live in Leeds."), context=ADA)
    assert out["messages"][-1].text == "ok"
    assert caplog.messages == [
        "memory failed at stage retrieve: ConnectionError",
        "memory failed at stage consolidate: ConnectionError",
    ]


def test_a_missing_user_is_raised_before_the_node_runs(memory: UserMemory) -> None:
    """Whose memory is known before anything else happens."""
    ran: list[bool] = []
    node = with_memory(lambda _: ran.append(True), memory)
    with pytest.raises(MissingUserError):
        graph_of(node).invoke(said("Hi"))
    assert ran == []


def test_a_failing_node_raises_its_own_error(memory: UserMemory) -> None:
    """What goes wrong in the node is the node's, and nothing is stored of the turn."""

    def node(state: MessagesState) -> dict[str, Any]:  # noqa: ARG001
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        graph_of(with_memory(node, memory)).invoke(said("I live in Leeds."), context=ADA)
    assert len(memory.list(user_id="ada")) == 2


def test_the_wrapped_node_keeps_its_name() -> None:
    """Traces and graphs show the node under its own name."""

    def planner(state: MessagesState) -> dict[str, Any]:  # noqa: ARG001
        return {}

    assert with_memory(planner, UserMemory(InMemoryStore())).get_name() == "planner"
    assert with_memory(RunnableLambda(planner, name="x"), InMemoryStore()).get_name() == "x"
