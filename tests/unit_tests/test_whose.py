"""Whose memory: one order of sources, and no default."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig, RunnableLambda
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.runtime import Runtime, ServerInfo
from langgraph_sdk import Auth

from langchain_usermem import whose
from langchain_usermem.errors import InvalidUserError, MissingUserError
from langchain_usermem.whose import (
    MemoryContext,
    current_runtime,
    resolve_agent_id,
    resolve_user_id,
)


def config_of(user_id: object) -> RunnableConfig:
    """The config of a run about this user."""
    return {"configurable": {"user_id": user_id}}


@dataclass
class Person:
    """An end user as a server authenticated them."""

    identity: str


def in_graph(
    resolve: Callable[[], Any], *, context: Any = None, config: RunnableConfig | None = None
) -> Any:
    """What `resolve` gives inside a node of a graph run with this context and config."""
    found = []

    def node(state: MessagesState) -> None:
        del state
        found.append(resolve())

    graph = StateGraph(MessagesState, context_schema=MemoryContext)
    graph.add_node("node", node)
    graph.add_edge(START, "node")
    graph.compile().invoke({"messages": []}, config, context=context)
    return found[0]


def authenticated(monkeypatch: pytest.MonkeyPatch, user: object, context: Any = None) -> None:
    """Make the run around the test one of a server with this end user."""
    info = ServerInfo(assistant_id="a", graph_id="g", user=user)  # type: ignore[arg-type] # doubles
    runtime = Runtime(context=context, server_info=info)
    monkeypatch.setattr(whose, "current_runtime", lambda: runtime)


def test_nobody_is_an_error_that_names_the_ways() -> None:
    """Without a user nothing is guessed."""
    with pytest.raises(MissingUserError, match=r'user_id=.*context=.*"configurable"'):
        resolve_user_id()


def test_explicit_wins_over_bound_and_bound_over_the_run() -> None:
    """Sources are asked in this order, in a run too."""
    context, config = {"user_id": "context"}, config_of("config")

    def resolved(*given: Any) -> Any:
        return in_graph(lambda: resolve_user_id(*given), context=context, config=config)

    assert resolved("explicit", "bound") == "explicit"
    assert resolved(None, "bound") == "bound"
    assert resolved(None, lambda: "called") == "called"
    assert resolved(None, lambda: None) == "context"
    assert resolved() == "context"


def test_context_may_be_a_dict_or_an_object() -> None:
    """Both forms of a context give the user and the agent."""
    for context in ({"user_id": "ada", "agent_id": "a"}, MemoryContext("ada", "a")):
        found = in_graph(lambda: (resolve_user_id(), resolve_agent_id()), context=context)
        assert found == ("ada", "a")


@pytest.mark.parametrize("context", [None, {}, MemoryContext()])
def test_config_is_asked_where_the_context_is_silent(context: Any) -> None:
    """`config["configurable"]` is the last source."""
    assert in_graph(resolve_user_id, context=context, config=config_of("ada")) == "ada"


def test_config_of_the_call_is_found_outside_of_graphs() -> None:
    """A config that is handed over, or that of the runnable around, names the user."""

    def given_id(_: int) -> str:
        return resolve_user_id()

    assert resolve_user_id(config=config_of("ada")) == "ada"
    assert RunnableLambda(given_id).invoke(0, config_of("bob")) == "bob"


def test_context_without_such_a_field_is_silent() -> None:
    """A host graph's own context needs no `user_id`."""
    assert whose._field(object(), "user_id") is None
    assert whose._field({"other": 1}, "user_id") is None


@pytest.mark.parametrize("user_id", ["", " ", 7, True, b"ada", "x" * 513, "a\ud800"])
@pytest.mark.parametrize("way", ["explicit", "bound", "config"])
def test_wrong_id_is_refused_wherever_it_comes_from(user_id: Any, way: str) -> None:
    """An empty id is not passed over in favour of the next source."""
    given: dict[str, Any] = {way: config_of(user_id) if way == "config" else user_id}
    if way != "config":
        given["config"] = config_of("other")
    with pytest.raises(InvalidUserError):
        resolve_user_id(**given)


def test_authenticated_user_wins_over_the_context(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a client writes into the context cannot pass for another end user."""
    authenticated(monkeypatch, Person("ada"), context={"user_id": "mallory"})
    assert resolve_user_id(config=config_of("mallory")) == "ada"
    assert resolve_user_id("bob") == "bob"


def test_server_without_auth_has_no_end_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty identity is nobody."""
    authenticated(monkeypatch, Person(""), context={"user_id": "ada"})
    assert resolve_user_id() == "ada"
    authenticated(monkeypatch, None, context={"user_id": "ada"})
    assert resolve_user_id() == "ada"


def test_studio_user_is_a_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who looks at a graph in Studio is not the user it is about."""
    authenticated(monkeypatch, Auth.types.StudioUser("dev"), context={"user_id": "ada"})
    assert resolve_user_id() == "ada"


def test_authenticated_user_is_no_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    """An identity names the user only."""
    authenticated(monkeypatch, Person("ada"))
    assert resolve_agent_id() is None


def test_agent_of_the_call() -> None:
    """The argument wins over the run; nobody is None, for what all agents share."""
    config: RunnableConfig = {"configurable": {"agent_id": "run"}}
    assert resolve_agent_id("mine", config=config) == "mine"
    assert resolve_agent_id(config=config) == "run"
    assert resolve_agent_id() is None


def test_no_runtime_outside_of_a_run() -> None:
    """Plain Python has none; a node has one."""
    assert current_runtime() is None
    assert in_graph(lambda: isinstance(current_runtime(), Runtime))
