"""The prebuilt graph: retrieve -> respond -> extract -> consolidate."""

from itertools import pairwise
from typing import Any, Literal

from langgraph.graph import END, START, StateGraph

from langchain_usermem.models import ModelSpec, resolve_chat_model
from langchain_usermem.nodes.binding import MemorySpec, memory_of
from langchain_usermem.nodes.consolidate import consolidate_node
from langchain_usermem.nodes.extract import extract_node
from langchain_usermem.nodes.respond import respond_node
from langchain_usermem.nodes.retrieve import retrieve_node
from langchain_usermem.nodes.review import review_node
from langchain_usermem.settings import MemorySettings
from langchain_usermem.state import MemoryState
from langchain_usermem.whose import MemoryContext


def create_memory_graph(  # noqa: PLR0913 - keywords, each with a default
    model: ModelSpec | None = None,
    *,
    memory: MemorySpec | None = None,
    settings: MemorySettings | None = None,
    system_prompt: str | None = None,
    review: Literal["later", "interrupt"] = "later",
    state_schema: type[Any] = MemoryState,
    context_schema: type[Any] = MemoryContext,
) -> StateGraph[Any, Any, Any, Any]:
    """A chat graph that remembers its users, not yet compiled.

    Args:
        model: a chat model or `"provider:model"` that replies, and extracts where `memory` does
            not bring a model of its own. None replies offline, and extracts by rules.
        memory: a memory, with its store and settings; or a store, or the path of a file, which
            stays open as long as the process. None takes the store that the graph is compiled
            with.
        settings: where `memory` brings none.
        system_prompt: what stands at the head of the system message.
        review: what the policy has reviewed waits for `UserMemory.approve` ("later"), or the run
            is interrupted once the reply is there, as `review_node` says ("interrupt"); that
            needs a checkpointer.
        state_schema: a state of your own that has the keys of `MemoryState`: a TypedDict, a
            Pydantic model or a dataclass.
        context_schema: a context of your own; `user_id` and `agent_id` are read from it.

    Raises:
        MissingStoreError: `memory` is no memory, store or path.

    >>> graph = create_memory_graph(memory=":memory:").compile()
    >>> said = {"messages": [("user", "Call me Ada.")]}
    >>> graph.invoke(said, context={"user_id": "ada"})["memory_errors"]
    []
    """
    chat_model = None if model is None else resolve_chat_model(model)
    own = memory_of(memory, model=chat_model, settings=settings)
    chosen = own.settings if own else settings
    respond = respond_node(
        chat_model,
        system_prompt=system_prompt,
        settings=chosen,
        user_id=own.user_id if own else None,
    )
    graph = StateGraph(state_schema, context_schema=context_schema)
    graph.add_node("retrieve", retrieve_node(own, settings=chosen))
    graph.add_node("respond", respond)
    graph.add_node("extract", extract_node(own, model=chat_model, settings=chosen))
    graph.add_node("consolidate", consolidate_node(own, model=chat_model, settings=chosen))
    order = [START, "retrieve", "respond", "extract", "consolidate"]
    if review == "interrupt":
        graph.add_node("review", review_node(own, settings=chosen))
        order.append("review")
    for before, after in pairwise([*order, END]):
        graph.add_edge(before, after)
    return graph
