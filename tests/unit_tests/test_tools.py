"""Tools for agents: search, save and forget in the memory of whoever the run is about."""

from collections.abc import Iterator
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage
from langchain_core.tools import BaseTool
from langchain_tests.unit_tests import ToolsUnitTests

from langchain_usermem.errors import MissingUserError
from langchain_usermem.settings import MemoryPolicy, MemorySettings
from langchain_usermem.store.faiss_store import FaissStore
from langchain_usermem.testing import ScriptedChatModel
from langchain_usermem.tools import ONLY_WHEN_ASKED, memory_tools
from langchain_usermem.user_memory import UserMemory
from langchain_usermem.whose import MemoryContext

ADA: Any = {"configurable": {"user_id": "ada"}}


@pytest.fixture
def memory() -> Iterator[UserMemory]:
    """A memory with a dog of Ada's."""
    with FaissStore(":memory:") as store:
        made = UserMemory(store)
        made.remember("Has a dog called Biscuit", user_id="ada")
        yield made


def tool(memory: UserMemory, name: str) -> BaseTool:
    """One of the tools by its name."""
    return next(one for one in memory.as_tools() if one.name == name)


def test_no_tool_takes_a_user(memory: UserMemory) -> None:
    """A model sees the words it may give, and no user among them."""
    schemas = {one.name: set(one.args) for one in memory.as_tools()}
    assert schemas == {
        "search_memory": {"query"},
        "save_memory": {"statement", "tags"},
        "forget_memory": {"what"},
    }


def test_search_gives_lines_of_json_or_says_there_are_none(memory: UserMemory) -> None:
    """What is found is data; nothing found is told in words."""
    search = tool(memory, "search_memory")
    assert '"memory": "Has a dog called Biscuit"' in search.invoke({"query": "dog"}, ADA)
    assert search.invoke({"query": "tungsten"}, ADA) == "Nothing relevant is remembered."


def test_what_a_tool_saves_is_marked_as_its_work(memory: UserMemory) -> None:
    """Source and trust tell it from what the user said; a repeat is recognised."""
    save = tool(memory, "save_memory")
    assert save.invoke({"statement": "Lives in Leeds"}, ADA) == "Remembered: Lives in Leeds"
    save.invoke({"statement": "lives in leeds"}, ADA)
    saved = [one for one in memory.list(user_id="ada") if one.source == "tool"]
    assert [(one.content, one.trust) for one in saved] == [("Lives in Leeds", "assistant")]


def test_what_an_agent_saves_is_found_by_its_tags(memory: UserMemory) -> None:
    """Words that the statement lacks lead to it; they may be left out."""
    save, search = tool(memory, "save_memory"), tool(memory, "search_memory")
    save.invoke({"statement": "Serves at the Golden Lion", "tags": ["waiter", "bar"]}, ADA)
    assert "Golden Lion" in search.invoke({"query": "at which bar?"}, ADA)


async def test_tools_await(memory: UserMemory) -> None:
    """The same tools serve agents that await."""
    forget = tool(memory, "forget_memory")
    assert await forget.ainvoke({"what": "my dog"}, ADA) == "Forgotten: Has a dog called Biscuit"
    assert await forget.ainvoke({"what": "my dog"}, ADA) == "Nothing remembered matches that."


def test_a_run_without_a_user_is_an_error(memory: UserMemory) -> None:
    """Nobody's memory is searched by default."""
    with pytest.raises(MissingUserError):
        tool(memory, "search_memory").invoke({"query": "dog"})


def test_an_agent_uses_them_for_the_user_of_its_run(memory: UserMemory) -> None:
    """The tool call of a model touches the memory of the user in the context, and no other."""
    call = {"name": "search_memory", "args": {"query": "dog"}, "id": "1", "type": "tool_call"}

    class Calling(ScriptedChatModel):
        def bind_tools(self, *_: Any, **__: Any) -> Any:
            return self

    for user, told in (("ada", "Biscuit"), ("bob", "Nothing relevant")):
        model = Calling(replies=[AIMessage("", tool_calls=[call]), "Done."])
        agent: Any = create_agent(model, memory.as_tools(), context_schema=MemoryContext)
        out = agent.invoke({"messages": [("user", "my dog?")]}, context=MemoryContext(user_id=user))
        assert told in str(out["messages"][-2].text)


async def test_an_agent_forgets_nothing_that_is_private_to_another(memory: UserMemory) -> None:
    """What it cannot find by searching, it can neither forget by its words nor get to read."""
    memory.remember("Keeps a diary of dreams", user_id="ada", agent_id="nurse")
    cook: Any = {"configurable": {"user_id": "ada", "agent_id": "cook"}}
    forget = tool(memory, "forget_memory")
    assert forget.invoke({"what": "diary"}, cook) == "Nothing remembered matches that."
    nurse: Any = {"configurable": {"user_id": "ada", "agent_id": "nurse"}}
    assert await forget.ainvoke({"what": "diary"}, nurse) == "Forgotten: Keeps a diary of dreams"


def test_an_agent_that_forgets_everything_is_told_what_it_could_see(memory: UserMemory) -> None:
    """All goes, that of other agents too, whose words it is not shown."""
    memory.remember("Keeps a diary of dreams", user_id="ada", agent_id="nurse")
    cook: Any = {"configurable": {"user_id": "ada", "agent_id": "cook"}}
    forget = tool(memory, "forget_memory")
    told = forget.invoke({"what": "everything"}, cook)
    assert told == "Forgotten: Has a dog called Biscuit"
    assert memory.list(user_id="ada") == []
    memory.remember("Keeps bees", user_id="ada", agent_id="nurse")
    assert forget.invoke({"what": "everything"}, cook) == "Forgotten."


@pytest.mark.parametrize(
    ("name", "words", "told"),
    [
        ("search_memory", " ", "Not done: the query is empty"),
        ("forget_memory", "", "Not done: the statement cannot be stored"),
        ("save_memory", "The PIN is 4711", "Not done: the statement was not stored: it holds a"),
        ("save_memory", "x" * 9_000, "Not done: the statement cannot be stored"),
    ],
)
async def test_words_that_a_model_should_not_have_given_end_no_run(
    memory: UserMemory, name: str, words: str, told: str
) -> None:
    """The agent is told what is wrong with them, and nothing of them is repeated."""
    chosen = tool(memory, name)
    argument, *_ = chosen.args
    for answer in (
        chosen.invoke({argument: words}, ADA),
        await chosen.ainvoke({argument: words}, ADA),
    ):
        assert answer.startswith(told)
        assert "4711" not in answer


class TestSearchTool(ToolsUnitTests):
    """LangChain's standard tests of a tool."""

    @property
    def tool_constructor(self) -> BaseTool:
        """The tool."""
        return memory_tools(UserMemory(FaissStore(":memory:"), user_id="ada"))[0]

    @property
    def tool_invoke_params_example(self) -> dict[str, Any]:
        """What it is called with."""
        return {"query": "dog"}


@pytest.mark.parametrize(
    ("permission", "answer", "listed"),
    [
        ("allow", "Remembered: Likes tea", ["active"]),
        ("review", "To be approved: Likes tea", ["in_review"]),
        ("deny", "Not saved: this application does not allow it.", []),
    ],
)
async def test_the_policy_holds_for_what_a_tool_saves(
    permission: Any, answer: str, listed: list[str]
) -> None:
    """An agent is told what became of its statement, and no run fails of it."""
    settings = MemorySettings(policy=MemoryPolicy(categories={"fact": permission}))
    with FaissStore(":memory:") as store:
        memory = UserMemory(store, settings=settings)
        save = tool(memory, "save_memory")
        assert await save.ainvoke({"statement": "Likes tea"}, ADA) == answer
        assert [one.status for one in memory.list(user_id="ada")] == listed


@pytest.mark.parametrize("explicit_only", [True, False])
def test_a_policy_of_explicit_statements_is_told_to_the_agent(*, explicit_only: bool) -> None:
    """What an agent saves counts as asked for, so it is told to save nothing else."""
    settings = MemorySettings(policy=MemoryPolicy(explicit_only=explicit_only))
    with FaissStore(":memory:") as store:
        save = tool(UserMemory(store, settings=settings), "save_memory")
        assert (ONLY_WHEN_ASKED in save.description) is explicit_only
        assert save.invoke({"statement": "Likes tea"}, ADA) == "Remembered: Likes tea"
