"""Middleware for LangChain's agents: memory before and after, and none of it in the state."""

from collections.abc import Iterator
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command, interrupt

from langchain_usermem.errors import MissingUserError
from langchain_usermem.middleware import UserMemoryMiddleware
from langchain_usermem.settings import MemorySettings
from langchain_usermem.store.faiss_store import FaissStore
from langchain_usermem.testing import ScriptedChatModel, candidate_item
from langchain_usermem.user_memory import UserMemory
from langchain_usermem.whose import MemoryContext

ADA: Any = {"user_id": "ada"}
DOG = "Has a dog called Biscuit"
SPANISH = "Wants answers in Spanish"


@tool
def look_up(word: str) -> str:
    """What a word means."""
    return f"{word} means itself"


@tool
def ask(question: str) -> str:
    """Ask the user."""
    return str(interrupt({"question": question}))


CALL = AIMessage("", tool_calls=[{"name": "look_up", "args": {"word": "dog"}, "id": "1"}])
ASK = AIMessage("", tool_calls=[{"name": "ask", "args": {"question": "Sure?"}, "id": "1"}])


class Agentic(ScriptedChatModel):
    """A scripted model that may be given tools, and calls them by its script."""

    def bind_tools(self, *_: Any, **__: Any) -> Any:
        """The model itself."""
        return self


@pytest.fixture
def memory() -> Iterator[UserMemory]:
    """A memory of a dog of Ada's, and of the language she is answered in."""
    with FaissStore(":memory:") as store:
        made = UserMemory(store)
        made.remember(DOG, user_id="ada")
        made.remember(SPANISH, user_id="ada", attribute="response_language")
        yield made


def agent_of(model: Any, memory: UserMemory, **options: Any) -> Any:
    """An agent with memory and two tools."""
    return create_agent(
        model,
        [look_up, ask],
        middleware=[UserMemoryMiddleware(memory)],
        context_schema=MemoryContext,
        **options,
    )


def said(text: str) -> dict[str, Any]:
    """The input of a run."""
    return {"messages": [HumanMessage(text, id="h1")]}


async def run_agent(agent: Any, given: Any, *, awaits: bool, **config: Any) -> Any:
    """What a run gives, by either door."""
    if awaits:
        return await agent.ainvoke(given, context=ADA, **config)
    return agent.invoke(given, context=ADA, **config)


@pytest.mark.parametrize("awaits", [False, True])
async def test_memories_are_woven_into_every_call(memory: UserMemory, awaits: bool) -> None:
    """The profile ends the system message; what is relevant stands before the question."""
    model = Agentic(replies=[CALL, "Biscuit."])
    agent = agent_of(model, memory, system_prompt="Be brief.")
    out = await run_agent(agent, said("What is my dog called?"), awaits=awaits)
    assert len(model.prompts) == 2
    for prompt in model.prompts:
        assert isinstance(prompt[0], SystemMessage)
        assert prompt[0].text.startswith("Be brief.")
        assert SPANISH in prompt[0].text
        assert DOG in prompt[1].text
        assert prompt[1].text.endswith("What is my dog called?")
    assert out["messages"][0].content == "What is my dog called?"
    assert "usermem_found" not in out


@pytest.mark.parametrize("awaits", [False, True])
async def test_what_the_user_said_is_remembered(memory: UserMemory, awaits: bool) -> None:
    """Once, when the agent has answered, however many calls that took."""
    agent = agent_of(Agentic(replies=[CALL, "I see."]), memory)
    await run_agent(agent, said("I live in Leeds."), awaits=awaits)
    assert "Lives in Leeds" in [one.content for one in memory.list(user_id="ada")]
    assert [c.action for c in memory.history(user_id="ada")] == ["add", "add", "add"]


def test_nothing_of_it_is_checkpointed(memory: UserMemory) -> None:
    """Neither what was found nor what was woven is in the thread."""
    saver = InMemorySaver()
    agent = agent_of(Agentic(replies=["Biscuit."]), memory, checkpointer=saver)
    thread: Any = {"configurable": {"thread_id": "t"}}
    agent.invoke(said("What is my dog called?"), thread, context=ADA)
    kept = "".join(str(checkpoint.checkpoint) for checkpoint in saver.list(thread))
    assert "What is my dog called?" in kept
    assert DOG not in kept


def test_after_an_interrupt_memories_are_looked_up_again(memory: UserMemory) -> None:
    """The resumed run weaves them as the first did."""
    model = Agentic(replies=[ASK, "Biscuit."])
    agent = agent_of(model, memory, checkpointer=InMemorySaver())
    thread: Any = {"configurable": {"thread_id": "t"}}
    agent.invoke(said("What is my dog called?"), thread, context=ADA)
    agent.invoke(Command(resume="yes"), thread, context=ADA)
    assert [DOG in prompt[1].text for prompt in model.prompts] == [True, True]


def test_without_memories_only_their_fence_is_explained() -> None:
    """So the beginning of the prompt stays the same once there are some."""
    model = Agentic(replies=["Hello."])
    with FaissStore(":memory:") as store:
        agent_of(model, UserMemory(store)).invoke(said("Hi"), context=ADA)
    system, human = model.prompts[0]
    assert system.text.startswith("# Memory\nLines between <memory-")
    assert human.text == "Hi"


def test_the_store_of_the_run_serves_too() -> None:
    """Without a memory of its own the middleware takes the store of the agent."""
    with FaissStore(":memory:") as store:
        agent: Any = create_agent(
            Agentic(replies=["I see."]),
            middleware=[UserMemoryMiddleware(settings=MemorySettings(root="app"))],
            context_schema=MemoryContext,
            store=store,
        )
        agent.invoke(said("I live in Leeds."), context=ADA)
        own = UserMemory(store, settings=MemorySettings(root="app"))
        assert [one.content for one in own.list(user_id="ada")] == ["Lives in Leeds"]


def test_a_run_without_a_user_is_an_error_before_any_call(memory: UserMemory) -> None:
    """There is no default user."""
    model = Agentic(replies=["Hello."])
    with pytest.raises(MissingUserError):
        agent_of(model, memory).invoke(said("Hi"))
    assert model.prompts == []


def test_a_model_given_to_the_middleware_extracts(memory: UserMemory) -> None:
    """The rules, which a memory without a model goes by, would have found nothing in it."""
    item = candidate_item("Is a beekeeper", quote="bees")
    middleware = UserMemoryMiddleware(
        memory, model=ScriptedChatModel(structured=[{"memories": [item]}])
    )
    agent: Any = create_agent(
        ScriptedChatModel(), middleware=[middleware], context_schema=MemoryContext
    )
    agent.invoke(said("Been keeping bees since forever"), context=ADA)
    assert "Is a beekeeper" in [one.content for one in memory.list(user_id="ada")]


def test_memory_that_fails_leaves_the_agent_running(
    memory: UserMemory, caplog: pytest.LogCaptureFixture
) -> None:
    """What failed is logged by stage and kind."""
    model = Agentic(replies=["Hello."], structured=[TimeoutError("I live in Leeds")] * 9)
    agent = agent_of(model, memory.with_model(model))
    out = agent.invoke(said("I live in Leeds, by the river."), context=ADA)
    assert out["messages"][-1].text == "Hello."
    assert "memory failed at stage extract" in caplog.text
    assert "Leeds" not in caplog.text
