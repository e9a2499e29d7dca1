"""Review within a graph: it asks by ids alone, and whoever does not answer loses nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.store.base import Result
from langgraph.store.memory import InMemoryStore
from langgraph.types import Command

from langchain_usermem.graph import create_memory_graph
from langchain_usermem.nodes.consolidate import consolidate_node
from langchain_usermem.nodes.extract import extract_node
from langchain_usermem.nodes.review import review_node
from langchain_usermem.report import AddReport
from langchain_usermem.settings import MemoryPolicy, MemorySettings
from langchain_usermem.state import MemoryState
from langchain_usermem.store.faiss_store import FaissStore
from langchain_usermem.user_memory import UserMemory
from langchain_usermem.whose import MemoryContext

ADA = {"user_id": "ada@example.com"}
THREAD: Any = {"configurable": {"thread_id": "t"}}
SETTINGS = MemorySettings(policy=MemoryPolicy(categories={"identity": "review"}))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FaissStore]:
    """A store on disk of its own for each test."""
    with FaissStore(tmp_path / "memories.db") as made:
        yield made


@pytest.fixture
def graph(store: FaissStore) -> Any:
    """A graph that asks, with a checkpointer."""
    memory = UserMemory(store, settings=SETTINGS)
    return create_memory_graph(memory=memory, review="interrupt").compile(
        checkpointer=InMemorySaver()
    )


def said(text: str) -> dict[str, Any]:
    """Graph input with a human message."""
    return {"messages": [("user", text)]}


def asked(out: dict[str, Any]) -> Any:
    """The value of the one interrupt of a run."""
    (only,) = out["__interrupt__"]
    return only.value


def statuses(store: FaissStore) -> list[tuple[str, str]]:
    """What is listed of Ada with its status."""
    memory = UserMemory(store)
    return [(one.content, one.status) for one in memory.list(user_id=ADA["user_id"])]


def test_a_run_asks_about_what_it_left_in_review(graph: Any, store: FaissStore) -> None:
    """The reply is there, the interrupt holds ids and no text, and nothing is in force yet."""
    out = graph.invoke(said("My name is Ada. I like tea."), THREAD, context=ADA)
    (waiting,) = UserMemory(store).in_review(user_id=ADA["user_id"])
    assert asked(out) == {"in_review": [waiting.id]}
    assert isinstance(out["messages"][-1], AIMessage)
    assert statuses(store) == [("Name is Ada", "in_review"), ("Likes tea", "active")]


def test_a_turn_without_anything_in_review_is_not_interrupted(graph: Any) -> None:
    """What is allowed is stored without a question."""
    out = graph.invoke(said("I like tea."), THREAD, context=ADA)
    assert "__interrupt__" not in out
    assert len(AddReport.from_value(out["memory_report"]).added) == 1


@pytest.mark.parametrize(
    ("decision", "left"),
    [
        ("approve", [("Name is Ada", "active")]),
        ("reject", []),
    ],
)
def test_resuming_decides(
    graph: Any, store: FaissStore, decision: str, left: list[tuple[str, str]]
) -> None:
    """The decision is in the report of the turn, and nothing of the turn is stored twice."""
    ids = asked(graph.invoke(said("My name is Ada."), THREAD, context=ADA))["in_review"]
    out = graph.invoke(Command(resume={decision: ids}), THREAD, context=ADA)
    assert "__interrupt__" not in out
    assert out["memory_errors"] == []
    assert [m.type for m in out["messages"]] == ["human", "ai"]
    report = AddReport.from_value(out["memory_report"])
    assert [change.action for change in report.changes] == ["review", decision]
    assert report.in_review == []
    assert statuses(store) == left
    history = UserMemory(store).history(user_id=ADA["user_id"])
    assert [change.action for change in history] == ["review", decision]


async def test_resuming_decides_async(graph: Any, store: FaissStore) -> None:
    """The awaiting path asks for the same, and does the same."""
    out = await graph.ainvoke(said("My name is Ada. I live in Leeds."), THREAD, context=ADA)
    name, home = asked(out)["in_review"]
    answer: Any = Command(resume={"approve": [name], "reject": [home]})
    out = await graph.ainvoke(answer, THREAD, context=ADA)
    assert out["memory_errors"] == []
    assert statuses(store) == [("Name is Ada", "active")]


def test_a_user_who_goes_on_talking_loses_nothing(graph: Any, store: FaissStore) -> None:
    """A new message abandons the question: the reply stands, and the memory waits on."""
    ids = asked(graph.invoke(said("My name is Ada."), THREAD, context=ADA))["in_review"]
    out = graph.invoke(said("I like tea."), THREAD, context=ADA)
    assert "__interrupt__" not in out
    assert [m.type for m in out["messages"]] == ["human", "ai", "human", "ai"]
    assert statuses(store) == [("Name is Ada", "in_review"), ("Likes tea", "active")]
    UserMemory(store).approve(ids[0], user_id=ADA["user_id"])
    assert statuses(store) == [("Name is Ada", "active"), ("Likes tea", "active")]


def test_what_a_decision_leaves_out_waits_on(graph: Any, store: FaissStore) -> None:
    """No answer about a memory is no decision on it."""
    out = graph.invoke(said("My name is Ada. I live in Leeds."), THREAD, context=ADA)
    _, home = asked(out)["in_review"]
    out = graph.invoke(Command(resume={"approve": [home]}), THREAD, context=ADA)
    assert statuses(store) == [("Name is Ada", "in_review"), ("Lives in Leeds", "active")]
    assert [m.content for m in AddReport.from_value(out["memory_report"]).in_review] == [
        "Name is Ada"
    ]


def test_approvals_are_carried_out_in_the_order_of_what_was_said(
    graph: Any, store: FaissStore
) -> None:
    """Of two homes of one turn the one said last is left, however the answer lists them."""
    out = graph.invoke(said("I live in Leeds. I moved to York."), THREAD, context=ADA)
    leeds, york = asked(out)["in_review"]
    out = graph.invoke(Command(resume={"approve": [york, leeds]}), THREAD, context=ADA)
    assert out["memory_errors"] == []
    assert statuses(store) == [("Lives in York", "active")]


@pytest.mark.parametrize(
    "answer",
    ["yes", True, ["x"], {"approve": "x"}, {"aprove": ["x"]}, {"approve": ["x"], "reject": ["x"]}],
)
def test_an_answer_of_another_form_decides_nothing(
    graph: Any, store: FaissStore, answer: Any
) -> None:
    """It is noted, the run ends, and the memory waits on."""
    graph.invoke(said("My name is Ada."), THREAD, context=ADA)
    out = graph.invoke(Command(resume=answer), THREAD, context=ADA)
    error = "the resume value is no dict of ids to 'approve' and to 'reject'"
    assert out["memory_errors"] == [{"stage": "review", "error": error}]
    assert statuses(store) == [("Name is Ada", "in_review")]


def test_ids_that_do_not_wait_are_noted_and_the_others_decided_on(
    graph: Any, store: FaissStore
) -> None:
    """Neither an unknown id nor another user's keeps the rest from being done."""
    memory = UserMemory(store, settings=SETTINGS, user_id="bob@example.com")
    theirs = memory.remember("Is Bob", category="identity")
    ids = asked(graph.invoke(said("My name is Ada."), THREAD, context=ADA))["in_review"]
    answer: Any = Command(resume={"approve": ["nope", theirs.id, *ids]})
    out = graph.invoke(answer, THREAD, context=ADA)
    unknown = {"stage": "review", "error": "MemoryNotFoundError"}
    assert out["memory_errors"] == [unknown, unknown]
    assert statuses(store) == [("Name is Ada", "active")]
    assert memory.in_review() == [theirs]


def test_what_was_decided_elsewhere_meanwhile_is_noted(graph: Any, store: FaissStore) -> None:
    """The run that still asks ends without doing it a second time."""
    ids = asked(graph.invoke(said("My name is Ada."), THREAD, context=ADA))["in_review"]
    UserMemory(store).reject(ids[0], user_id=ADA["user_id"])
    out = graph.invoke(Command(resume={"approve": ids}), THREAD, context=ADA)
    assert out["memory_errors"] == [{"stage": "review", "error": "NotInReviewError"}]
    assert statuses(store) == []


def test_by_default_no_run_asks(store: FaissStore) -> None:
    """What is reviewed waits for whoever approves it later."""
    memory = UserMemory(store, settings=SETTINGS)
    graph = create_memory_graph(memory=memory).compile(checkpointer=InMemorySaver())
    out = graph.invoke(said("My name is Ada."), THREAD, context=ADA)
    assert "__interrupt__" not in out
    assert statuses(store) == [("Name is Ada", "in_review")]


def test_the_node_drops_into_a_graph_of_ones_own(store: FaissStore) -> None:
    """After extraction and consolidation, with the store of the run."""
    made = StateGraph(MemoryState, context_schema=MemoryContext)
    nodes = {
        "extract": extract_node(settings=SETTINGS),
        "consolidate": consolidate_node(settings=SETTINGS),
        "review": review_node(settings=SETTINGS),
    }
    for name, node in nodes.items():
        made.add_node(name, node)
    made.add_edge(START, "extract")
    made.add_edge("extract", "consolidate")
    made.add_edge("consolidate", "review")
    made.add_edge("review", END)
    compiled: Any = made.compile(store=store, checkpointer=InMemorySaver())
    ids = asked(compiled.invoke(said("My name is Ada."), THREAD, context=ADA))["in_review"]
    compiled.invoke(Command(resume={"approve": ids}), THREAD, context=ADA)
    assert statuses(store) == [("Name is Ada", "active")]


@pytest.mark.parametrize("report", [{}, {"changes": 5}])
def test_a_report_that_holds_nothing_in_review_asks_nothing(store: FaissStore, report: Any) -> None:
    """Nor does one that cannot be read."""
    made = StateGraph(MemoryState, context_schema=MemoryContext)
    made.add_node("review", review_node(store))
    made.add_edge(START, "review")
    compiled: Any = made.compile(checkpointer=InMemorySaver())
    out = compiled.invoke({**said("Hi"), "memory_report": report}, THREAD, context=ADA)
    assert "__interrupt__" not in out


class FailingLater(InMemoryStore):
    """A store that fails once it is told to, with a text that must not be shown."""

    fails = False

    def batch(self, ops: Any) -> list[Result]:
        """What the ops give, or an error."""
        if self.fails:
            raise ConnectionError("db down; last row: Name is Ada")
        return super().batch(ops)


def test_a_store_that_fails_at_a_decision_leaves_the_reply() -> None:
    """The kind of error is noted, the run ends, and the memory waits for another decision."""
    store = FailingLater()
    made = create_memory_graph(memory=UserMemory(store, settings=SETTINGS), review="interrupt")
    graph: Any = made.compile(checkpointer=InMemorySaver())
    ids = asked(graph.invoke(said("My name is Ada."), THREAD, context=ADA))["in_review"]
    store.fails = True
    out = graph.invoke(Command(resume={"approve": ids}), THREAD, context=ADA)
    assert out["memory_errors"] == [{"stage": "review", "error": "ConnectionError"}]
    assert isinstance(out["messages"][-1], AIMessage)
    store.fails = False
    assert [one.id for one in UserMemory(store).in_review(user_id=ADA["user_id"])] == ids
