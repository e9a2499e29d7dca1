"""Replies that a provider streams over HTTP: they are shown as they come, extraction never is."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI
from langgraph.graph import START, MessagesState, StateGraph
from pydantic import SecretStr
from typer.testing import CliRunner

from langchain_usermem import (
    MemoryContext,
    UserMemory,
    UserMemoryMiddleware,
    create_memory_graph,
    with_memory,
)
from langchain_usermem.cli.app import app
from langchain_usermem.testing import candidate_item
from tests.openai_server import OpenAIServer, Reply, breaks_off, calls, fails, lists, says

ADA: Any = {"user_id": "ada"}
SAID: Any = {"messages": [HumanMessage("I moved to Leeds.", id="h1")]}
WORDS = ["Leeds ", "is ", "in ", "Yorkshire."]
REPLY = says("".join(WORDS))
LEEDS = candidate_item("Lives in Leeds", quote="moved to Leeds")


def answer(request: dict[str, Any]) -> Reply:
    """What is asked in a form lists one memory, all else is replied to."""
    return lists(LEEDS) if "response_format" in request else REPLY


def answer_by_tool(request: dict[str, Any]) -> Reply:
    """The same of a server that knows tools, and no other form."""
    if "response_format" in request:
        return fails(400, "response_format is not supported")
    return calls(json.dumps({"memories": [LEEDS]})) if "tools" in request else REPLY


@pytest.fixture
def servers() -> Iterator[ExitStack]:
    """What closes the servers and memories of a test."""
    with ExitStack() as stack:
        yield stack


def model_on(server: OpenAIServer) -> ChatOpenAI:
    """A client of a server, which neither retries nor waits for long."""
    key = SecretStr("none")
    return ChatOpenAI(model="m", base_url=server.url, api_key=key, max_retries=0, timeout=5)


def memory_graph(memory: UserMemory) -> Any:
    """The prebuilt graph."""
    return create_memory_graph(memory.model, memory=memory).compile()


def wrapped(memory: UserMemory) -> Any:
    """A graph of one node with memory, which does no more than ask the model."""
    assert memory.model is not None
    model = memory.model

    def node(state: MessagesState) -> dict[str, Any]:
        return {"messages": [model.invoke(state["messages"])]}

    graph = StateGraph(MessagesState, context_schema=MemoryContext)
    graph.add_node("agent", with_memory(node, memory))
    graph.add_edge(START, "agent")
    return graph.compile()


def agent(memory: UserMemory) -> Any:
    """An agent whose memory is middleware."""
    assert memory.model is not None
    middleware = [UserMemoryMiddleware(memory)]
    return create_agent(memory.model, middleware=middleware, context_schema=MemoryContext)


GRAPHS = pytest.mark.parametrize("graph_of", [memory_graph, wrapped, agent])
ANSWERS = pytest.mark.parametrize("script", [answer, answer_by_tool])
GraphOf = Callable[[UserMemory], Any]
Script = Callable[[dict[str, Any]], Reply]


def opened(servers: ExitStack, script: Script) -> tuple[UserMemory, OpenAIServer]:
    """A memory whose model is a server's."""
    server = servers.enter_context(OpenAIServer(script))
    return servers.enter_context(UserMemory(":memory:", model_on(server))), server


def outcome(memory: UserMemory, server: OpenAIServer) -> tuple[list[str], bool]:
    """What is remembered, and whether every request asked for a stream."""
    contents = [one.content for one in memory.list(user_id="ada")]
    return contents, all(request.get("stream") for request in server.requests)


@GRAPHS
@ANSWERS
def test_tokens_of_the_reply_are_streamed_and_no_others(
    servers: ExitStack, graph_of: GraphOf, script: Script
) -> None:
    """Each word comes by itself; extraction, streamed as well, is remembered and never shown."""
    memory, server = opened(servers, script)
    stream = graph_of(memory).stream(SAID, context=ADA, stream_mode="messages")
    assert [str(chunk.text) for chunk, _ in stream if chunk.text] == WORDS
    assert outcome(memory, server) == (["Lives in Leeds"], True)


@GRAPHS
@ANSWERS
async def test_tokens_are_streamed_to_who_awaits_them(
    servers: ExitStack, graph_of: GraphOf, script: Script
) -> None:
    """The awaiting path shows the same words, and remembers the same."""
    memory, server = opened(servers, script)
    stream = graph_of(memory).astream(SAID, context=ADA, stream_mode="messages")
    assert [str(chunk.text) async for chunk, _ in stream if chunk.text] == WORDS
    assert outcome(memory, server) == (["Lives in Leeds"], True)


@GRAPHS
def test_a_run_that_nobody_watches_is_not_streamed(servers: ExitStack, graph_of: GraphOf) -> None:
    """`invoke` asks for whole answers."""
    memory, server = opened(servers, answer)
    reply = graph_of(memory).invoke(SAID, context=ADA)["messages"][-1]
    assert (reply.text, len(server.requests)) == ("".join(WORDS), 2)
    assert outcome(memory, server) == (["Lives in Leeds"], False)


Chat = Callable[[OpenAIServer, str], Any]


@pytest.fixture
def chat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Chat:
    """Runs `usermem chat` on a file of its own, against a server."""

    def run(server: OpenAIServer, said: str) -> Any:
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        words = ["--path", str(tmp_path / "memories.db"), "--model", "openai:m"]
        return CliRunner().invoke(app, [*words, "chat", "--user", "ada"], input=said)

    return run


def test_chat_shows_a_streamed_reply_and_what_was_remembered(
    servers: ExitStack, chat: Chat
) -> None:
    """The reply is one line; the items of the extraction are shown as notes alone."""
    server = servers.enter_context(OpenAIServer(answer))
    ran = chat(server, "I moved to Leeds.\n")
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert [request.get("stream") for request in server.requests] == [True, True]
    assert ran.stdout == (
        "ada> I moved to Leeds.\nusermem> Leeds is in Yorkshire.\n  ~ remembered: Lives in Leeds\n"
    )


@pytest.mark.parametrize(
    ("failure", "shown", "error"),
    [(fails(401), "", "Authentication"), (breaks_off("One two three"), "One two ", "Connection")],
)
def test_a_turn_whose_reply_fails_is_not_remembered(
    servers: ExitStack, chat: Chat, failure: Reply, shown: str, error: str
) -> None:
    """What came of the reply is shown, the failure is named by kind, nothing else is asked."""
    server = servers.enter_context(OpenAIServer([failure]))
    ran = chat(server, "I moved to Leeds.\n")
    assert (ran.exit_code, len(server.requests)) == (1, 1)
    assert ran.stdout == f"ada> I moved to Leeds.\nusermem> {shown}\n"
    # The names of a provider's errors are not ours to promise.
    assert re.match(rf"no reply: the model failed \(\w*{error}Error\)\.", ran.stderr)
