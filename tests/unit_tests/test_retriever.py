"""A retriever finds the user of each call, and gives memories as documents."""

from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.runnables import RunnableLambda, RunnablePassthrough

from langchain_usermem.errors import InvalidQueryError, InvalidUserError, MissingUserError
from langchain_usermem.memory import Memory, Recalled
from langchain_usermem.prompts import format_memories, memory_line
from langchain_usermem.retriever import UserMemoryRetriever, document_of
from langchain_usermem.user_memory import UserMemory

QUESTION = "Where does she live?"


@pytest.fixture(scope="module")
def memory() -> Iterator[UserMemory]:
    """What is remembered of Ada, of Bob, and of Ada by one agent."""
    with UserMemory(":memory:") as memory:
        memory.remember("Lives in Leeds", user_id="ada", tags=["home"])
        memory.remember("Lives near the river", user_id="ada")
        memory.remember("Lives with secret neighbours", user_id="ada", agent_id="spy")
        memory.remember("Lives in York", user_id="bob")
        yield memory


def texts(documents: list[Document]) -> set[str]:
    """What documents say."""
    return {document.page_content for document in documents}


def of(user_id: str, **more: str) -> Any:
    """The config of a call about this user."""
    return {"configurable": {"user_id": user_id, **more}}


ADA = {"Lives in Leeds", "Lives near the river"}


def test_one_retriever_serves_all_users(memory: UserMemory) -> None:
    """The config of each call says whose memories."""
    retriever = memory.as_retriever()
    assert texts(retriever.invoke(QUESTION, of("ada"))) == ADA
    assert texts(retriever.invoke(QUESTION, of("bob"))) == {"Lives in York"}


async def test_async_retriever_gives_the_same(memory: UserMemory) -> None:
    """Awaited documents equal those of the blocking call."""
    retriever = memory.as_retriever()
    assert await retriever.ainvoke(QUESTION, of("ada")) == retriever.invoke(QUESTION, of("ada"))


def test_users_of_a_batch_are_kept_apart(memory: UserMemory) -> None:
    """Each input of a batch has its own user, in threads of its own."""
    found = memory.as_retriever().batch([QUESTION] * 2, [of("bob"), of("ada")])
    assert [texts(documents) for documents in found] == [{"Lives in York"}, ADA]


def test_bound_user_wins_over_the_config(memory: UserMemory) -> None:
    """A retriever made for one user, by id or function, serves nobody else by accident."""
    for user_id in ("bob", lambda: "bob"):
        retriever = memory.as_retriever(user_id=user_id)
        assert texts(retriever.invoke(QUESTION, of("ada"))) == {"Lives in York"}


def test_keyword_wins_over_all(memory: UserMemory) -> None:
    """`invoke` takes user, agent and number of documents as keywords too."""
    retriever = memory.as_retriever(user_id="ada", k=1)
    assert len(retriever.invoke(QUESTION)) == 1
    assert texts(retriever.invoke(QUESTION, k=5)) == ADA
    assert texts(retriever.invoke(QUESTION, user_id="bob")) == {"Lives in York"}
    assert len(retriever.invoke(QUESTION, k=5, agent_id="spy")) == 3
    assert texts(retriever.invoke(QUESTION, k=5, tags=["home"])) == {"Lives in Leeds"}


def test_agent_is_found_like_the_user(memory: UserMemory) -> None:
    """From the config, or bound; without one only shared memories are seen."""
    assert len(memory.as_retriever().invoke(QUESTION, of("ada", agent_id="spy"))) == 3
    bound = UserMemoryRetriever(memory=memory, agent_id="spy", search_kwargs={"tags": []})
    assert len(bound.invoke(QUESTION, of("ada"))) == 3
    assert len(bound.invoke(QUESTION, of("ada", agent_id="other"))) == 3


def test_search_kwargs_are_passed_on(memory: UserMemory) -> None:
    """Whatever `search` takes can be fixed at construction."""
    retriever = UserMemoryRetriever(memory=memory, search_kwargs={"tags": ["home"]})
    assert texts(retriever.invoke(QUESTION, of("ada"))) == {"Lives in Leeds"}


def test_a_given_number_of_documents_wins_over_a_fixed_one(memory: UserMemory) -> None:
    """This call's `k` or `limit`, then the retriever's `k`, then its `search_kwargs`."""
    one = UserMemoryRetriever(memory=memory, user_id="ada", search_kwargs={"limit": 1})
    assert len(one.invoke(QUESTION)) == 1
    assert [len(one.invoke(QUESTION, k=k)) for k in (2, None)] == [2, 1]
    assert len(one.invoke(QUESTION, limit=2)) == 2
    two = one.model_copy(update={"k": 2})
    assert [len(two.invoke(QUESTION)), len(two.invoke(QUESTION, limit=1))] == [2, 1]


@pytest.mark.parametrize("name", ["user_id", "agent_id"])
def test_an_empty_id_is_an_error(memory: UserMemory, name: str) -> None:
    """Bound or passed, it does not fall back on whoever comes next."""
    ids: Any = {"user_id": "ada", "agent_id": "spy"}
    bound = UserMemoryRetriever(memory=memory, **{**ids, name: ""})
    passed = UserMemoryRetriever(memory=memory, **ids)
    with pytest.raises(InvalidUserError, match=f"{name} is empty"):
        bound.invoke(QUESTION, of("bob"))
    empty: dict[str, Any] = {name: ""}
    with pytest.raises(InvalidUserError, match=f"{name} is empty"):
        passed.invoke(QUESTION, None, **empty)


@pytest.mark.parametrize("config", [None, {}, {"configurable": {}}])
def test_nobody_is_an_error(memory: UserMemory, config: Any) -> None:
    """Without a user nothing is searched."""
    with pytest.raises(MissingUserError):
        memory.as_retriever().invoke(QUESTION, config)


@pytest.mark.parametrize(("query", "k"), [("", None), (" \n", None), ("a", 0), ("a", -1)])
async def test_query_that_cannot_be_answered(memory: UserMemory, query: str, k: int | None) -> None:
    """A blank query or a number of documents below 1 is refused, sync and async."""
    retriever = memory.as_retriever(user_id="ada", k=k)
    with pytest.raises(InvalidQueryError):
        retriever.invoke(query)
    with pytest.raises(InvalidQueryError):
        await retriever.ainvoke(query)


def test_retriever_in_a_chain(memory: UserMemory) -> None:
    """The config reaches it through a parallel step, and `format_memories` renders it."""
    chain = {
        "memories": memory.as_retriever() | format_memories,
        "question": RunnablePassthrough(),
    } | RunnableLambda(lambda given: given)
    (york,) = memory.list(user_id="bob")
    assert chain.invoke(QUESTION, of("bob")) == {
        "memories": memory_line(york),
        "question": QUESTION,
    }


def test_document_holds_all_that_is_known() -> None:
    """The statement is the text; ranks and fields of the memory are metadata."""
    memory = Memory(id="1", content="Lives in Leeds", tags=("home",), agent_id="a")
    document = document_of(Recalled(memory=memory, score=0.5, why={"keywords": 0.5}))
    assert (document.id, document.page_content) == ("1", "Lives in Leeds")
    ranks = {"score": 0.5, "similarity": None, "why": {"keywords": 0.5}}
    assert document.metadata == {
        **{key: value for key, value in memory.to_value().items() if key != "content"},
        **ranks,
    }


def test_memory_is_not_shown() -> None:
    """Printing a retriever shows no store."""
    assert "memory=" not in repr(UserMemoryRetriever(memory=object(), user_id="ada"))
