"""`with_memory`: any node of any graph, with memory before and after it."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, TypedDict

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, SystemMessage
from langchain_core.runnables import RunnableConfig, RunnableLambda
from langgraph.graph import END, START, MessagesState, StateGraph, add_messages
from langgraph.runtime import Runtime
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore
from langgraph.types import Command
from pydantic import BaseModel

from langchain_usermem.errors import InvalidUserError, MissingStoreError, MissingUserError
from langchain_usermem.nodes.wrapping import with_memory
from langchain_usermem.settings import MemorySettings
from langchain_usermem.store.faiss_store import FaissStore
from langchain_usermem.testing import ScriptedChatModel, candidate_item
from langchain_usermem.user_memory import UserMemory
from langchain_usermem.whose import MemoryContext

ADA: Any = {"user_id": "ada"}


class ListState(TypedDict):
    """A state whose messages no reducer adds up or gives ids."""

    messages: list[Any]


class ModelState(BaseModel):
    """A state as a Pydantic model."""

    messages: Annotated[list[AnyMessage], add_messages] = []


@dataclass
class RecordState:
    """A state as a dataclass."""

    messages: Annotated[list[AnyMessage], add_messages] = field(default_factory=list)


@pytest.fixture
def memory() -> Iterator[UserMemory]:
    """A memory of Ada with a dog and a language."""
    with FaissStore(":memory:") as store:
        made = UserMemory(store)
        made.remember("Has a dog called Biscuit", user_id="ada")
        made.remember("Answer in Spanish", user_id="ada", attribute="response_language")
        yield made


def graph_of(node: Any, schema: Any = MessagesState, **compiled: Any) -> Any:
    """A graph of one node on plain messages, without any key of ours."""
    graph = StateGraph(schema, context_schema=MemoryContext)
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


def test_messages_that_cannot_be_remembered_cost_no_answer(
    memory: UserMemory, caplog: pytest.LogCaptureFixture
) -> None:
    """A time that cannot be read is found after the node has answered, and logged by kind."""
    spoilt = HumanMessage("Hi", additional_kwargs={"timestamp": "yesterday"})
    node = with_memory(lambda _: {"messages": [AIMessage("Hello.")]}, memory)
    out = graph_of(node).invoke({"messages": [spoilt]}, context=ADA)
    assert out["messages"][-1].text == "Hello."
    assert caplog.messages == ["memory failed at stage consolidate: InvalidMemoryError"]


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


def test_a_state_without_a_reducer_keeps_its_own_messages(memory: UserMemory) -> None:
    """Messages without ids, the system one too, are in the state as they were, and nothing more."""
    given = [SystemMessage("Be kind."), HumanMessage("What is my dog called?")]
    seen: list[AnyMessage] = []

    def node(state: ListState) -> dict[str, Any]:
        seen.extend(state["messages"])
        return {"messages": [*state["messages"], AIMessage("Biscuit.")]}

    out = graph_of(with_memory(node, memory), ListState).invoke({"messages": given}, context=ADA)
    assert "Biscuit" in seen[-1].text
    assert out["messages"] == [*given, AIMessage("Biscuit.")]
    assert [message.id for message in out["messages"]] == [None, None, None]


@pytest.mark.parametrize("ids", [True, False])
def test_nothing_woven_is_extracted(memory: UserMemory, ids: bool) -> None:
    """The extracting model sees the user's words and the reply, each once, and no memory block."""
    model = ScriptedChatModel()
    node = with_memory(
        lambda state: {"messages": [*state["messages"], AIMessage("Biscuit.")]},
        memory.with_model(model),
    )
    asked = HumanMessage("My dog Biscuit likes cheese.", id="h1" if ids else None)
    graph_of(node, ListState).invoke({"messages": [asked]}, context=ADA)
    _, messages = str(model.structured_prompts[0][1].text).split("MESSAGES:\n")
    assert messages == '[0] USER: "My dog Biscuit likes cheese."\n[1] ASSISTANT: "Biscuit."'


@pytest.mark.parametrize("schema", [ModelState, RecordState])
async def test_a_state_may_be_a_model_or_a_dataclass(memory: UserMemory, schema: Any) -> None:
    """The node gets a state of its own kind with memories in it, sync and async."""
    seen: list[Any] = []

    def node(state: Any) -> Any:
        seen.append(state)
        return {"messages": [AIMessage("Noted.")]}

    graph = graph_of(with_memory(node, memory), schema)
    graph.invoke(said("My dog Biscuit and I live in Leeds."), context=ADA)
    out = await graph.ainvoke(said("What is my dog called?"), context=ADA)
    assert {type(state) for state in seen} == {schema}
    assert "Has a dog called Biscuit" in seen[1].messages[1].text
    assert [m.text for m in out["messages"]] == ["What is my dog called?", "Noted."]
    assert "Lives in Leeds" in [one.content for one in memory.list(user_id="ada")]


@pytest.mark.parametrize("schema", [ModelState, RecordState])
def test_a_state_that_is_handed_back_whole_is_restored(memory: UserMemory, schema: Any) -> None:
    """A node may answer with a state of that kind."""

    def node(state: Any) -> Any:
        return schema(messages=[*state.messages, AIMessage("Biscuit.")])

    out = graph_of(with_memory(node, memory), schema).invoke(
        said("What is my dog called?"), context=ADA
    )
    assert [m.text for m in out["messages"]] == ["What is my dog called?", "Biscuit."]


def test_a_path_is_a_memory(tmp_path: Path) -> None:
    """What the turn held is in the file."""
    path = tmp_path / "memories.db"
    node = with_memory(lambda _: {"messages": [AIMessage("Noted.")]}, path)
    graph_of(node).invoke(said("I live in Leeds."), context=ADA)
    with UserMemory(path) as memory:
        assert [one.content for one in memory.list(user_id="ada")] == ["Lives in Leeds"]


def test_what_is_no_memory_is_refused_when_wrapping() -> None:
    """The mistake shows where it is made, with the way out."""
    with pytest.raises(MissingStoreError, match="int is no store"):
        with_memory(lambda _: None, 5)  # type: ignore[arg-type]


def test_a_model_given_to_the_node_extracts_for_a_memory_without_one(memory: UserMemory) -> None:
    """The rules would have found nothing in it."""
    item = candidate_item("Is a beekeeper", quote="bees")
    model = ScriptedChatModel(structured=[{"memories": [item]}])
    node = with_memory(lambda _: {"messages": [AIMessage("Nice.")]}, memory, model=model)
    graph_of(node).invoke(said("Been keeping bees since forever"), context=ADA)
    assert "Is a beekeeper" in [one.content for one in memory.list(user_id="ada")]


def test_an_agent_id_that_cannot_be_one_is_raised(memory: UserMemory) -> None:
    """It is the caller's mistake: neither a failure of memory nor hidden in a log."""
    ran: list[bool] = []
    node = with_memory(lambda _: ran.append(True), memory)
    with pytest.raises(InvalidUserError, match="agent_id is empty"):
        graph_of(node).invoke(said("Hi"), context={"user_id": "ada", "agent_id": " "})
    assert ran == []


class ChatState(TypedDict):
    """A state that keeps its messages under a name of its own."""

    chat: Annotated[list[AnyMessage], add_messages]


def test_messages_may_have_another_name(memory: UserMemory) -> None:
    """They are woven into, remembered from and left as they are under the key that is named."""
    seen: list[str] = []

    def node(state: ChatState) -> dict[str, Any]:
        seen.extend(str(message.text) for message in state["chat"])
        return {"chat": [AIMessage("Biscuit.")]}

    graph = graph_of(with_memory(node, memory, messages_key="chat"), ChatState)
    text = "I live in Leeds. What is my dog called?"
    out = graph.invoke({"chat": [HumanMessage(text)]}, context=ADA)
    assert "Has a dog called Biscuit" in "".join(seen)
    assert [message.text for message in out["chat"]] == [text, "Biscuit."]
    assert "Lives in Leeds" in [one.content for one in memory.list(user_id="ada")]


def test_settings_given_to_the_node_hold_for_the_store_of_the_run() -> None:
    """Where writes are off, nothing of the turn is remembered."""
    store = InMemoryStore()
    node = with_memory(
        lambda _: {"messages": [AIMessage("ok")]}, settings=MemorySettings(writes="off")
    )
    graph_of(node, store=store).invoke(said("I live in Leeds."), context=ADA)
    assert UserMemory(store).users() == []
