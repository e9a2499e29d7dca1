"""`with_memory`: any node of any graph, given memory without a change to it or its state."""

from collections.abc import Callable, Sequence
from functools import partial
from inspect import signature
from typing import Any

from langchain_core.messages import BaseMessage, RemoveMessage, convert_to_messages
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_core.runnables.config import ensure_config

from langchain_usermem.models import ModelSpec
from langchain_usermem.nodes.binding import MemorySpec, State, as_node, bind, fence_of_user
from langchain_usermem.nodes.fields import messages_in, with_field
from langchain_usermem.nodes.learning import learn, log_failures
from langchain_usermem.nodes.retrieve import retrieved
from langchain_usermem.nodes.weaving import unwoven, weave, written
from langchain_usermem.settings import MemorySettings
from langchain_usermem.steps import Effect, Steps
from langchain_usermem.whose import current_runtime

AnyNode = Callable[..., Any] | Runnable[Any, Any]


def with_memory(
    node: AnyNode,
    memory: MemorySpec | None = None,
    *,
    model: ModelSpec | None = None,
    settings: MemorySettings | None = None,
    messages_key: str = "messages",
) -> Runnable[Any, Any]:
    """A node that does what `node` does, with memory before and after it.

    Before it, memories are woven into the messages it is given; after it, what the user said
    in this turn is remembered, once the node has answered. The state may be a mapping, a
    Pydantic model or a dataclass. The node's own update of it passes unchanged, and nothing
    that was woven stays in the state.

    Args:
        node: a function (sync or async) of the state and, by name, `config`, `runtime`,
            `store` or `writer`; or a Runnable, such as a compiled agent.
        memory: a memory, a store or a path; None takes the store of the run.
        model: what extracts, where no `UserMemory` brings its own; None takes the rules.
        settings: where no `UserMemory` brings its own.
        messages_key: the key of the state that holds the messages.

    Memory that fails is logged by kind; the node runs all the same.

    Raises (when run):
        MissingUserError: nobody said whose memory.
        InvalidUserError: the user id or the agent id cannot be one.
        MissingStoreError: there is neither memory nor store.
    """
    binding = bind(memory, model=model, settings=settings)

    def steps(state: State) -> Steps[Any]:
        remembered = binding.of_run()
        given = messages_in(state, messages_key)
        messages = convert_to_messages(given)
        found = yield from retrieved(remembered, messages, binding.count_tokens)
        log_failures(found.errors)
        woven = weave(given, found, fence_of_user(remembered))
        update = yield from _invoked(node, with_field(state, messages_key, woven.sent))
        update = unwoven(update, messages_key, woven)
        answer = _answer(written(update, messages_key), given)
        if answer:
            yield from learn(remembered, [*messages, *answer])
        return update

    return as_node(_name_of(node), steps)


def _name_of(node: AnyNode) -> str:
    named = getattr(node, "name", None) or getattr(node, "__name__", None)
    return str(named or "with_memory")


def _invoked(node: AnyNode, state: State) -> Effect[Any]:
    """The node's own update; a function gets what it asks for by name, as in any graph."""
    runnable = node if isinstance(node, Runnable) else RunnableLambda(partial(node, **_asked(node)))
    config = ensure_config()
    return Effect(
        call=lambda: runnable.invoke(state, config), acall=lambda: runnable.ainvoke(state, config)
    )


def _asked(node: Callable[..., Any]) -> dict[str, Any]:
    """Arguments that LangGraph passes by name; `config` is passed by the Runnable itself."""
    runtime = current_runtime()
    if runtime is None:
        return {}
    offered = {"runtime": runtime, "store": runtime.store, "writer": runtime.stream_writer}
    return {name: offered[name] for name in signature(node).parameters if name in offered}


def _answer(messages: Sequence[Any], given: Sequence[Any]) -> list[BaseMessage]:
    """The messages that a node adds to those it was given."""
    new = [message for message in messages if not any(message is one for one in given)]
    return [m for m in convert_to_messages(new) if not isinstance(m, RemoveMessage)]
