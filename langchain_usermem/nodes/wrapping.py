"""`with_memory`: any node of any graph, given memory without a change to it or its state."""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from inspect import signature
from typing import Any

from langchain_core.messages import BaseMessage, RemoveMessage, convert_to_messages
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_core.runnables.config import ensure_config

from langchain_usermem.memory import Memory
from langchain_usermem.models import ModelSpec
from langchain_usermem.nodes.binding import MemorySpec, State, as_node, bind
from langchain_usermem.nodes.extract import said_before, turns_of_last
from langchain_usermem.nodes.fields import messages_in, with_field
from langchain_usermem.nodes.retrieve import Retrieved, retrieved
from langchain_usermem.nodes.weaving import unwoven, weave, written
from langchain_usermem.prompts import fence_of
from langchain_usermem.settings import MemorySettings
from langchain_usermem.steps import Effect, Steps
from langchain_usermem.user_memory import UserMemory
from langchain_usermem.whose import current_runtime, resolve_user_id

logger = logging.getLogger(__name__)

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
        _log(found.errors)
        woven = weave(given, found, _fence(remembered))
        update = yield from _invoked(node, with_field(state, messages_key, woven.sent))
        update = unwoven(update, messages_key, woven)
        answer = _answer(written(update, messages_key), given)
        yield from _learn(remembered, messages, answer, found)
        return update

    return as_node(_name_of(node), steps)


def _name_of(node: AnyNode) -> str:
    named = getattr(node, "name", None) or getattr(node, "__name__", None)
    return str(named or "with_memory")


def _fence(memory: UserMemory) -> str:
    return fence_of(resolve_user_id(bound=memory.user_id), memory.settings)


def _learn(
    memory: UserMemory,
    messages: Sequence[BaseMessage],
    answer: Sequence[BaseMessage],
    found: Retrieved,
) -> Steps[None]:
    """Remember what the turn held, once it has been answered."""
    if not answer or getattr(answer[-1], "tool_calls", None):
        return
    turn = [*messages, *answer]
    known: list[Memory] = [*found.profile, *(recalled.memory for recalled in found.recalled)]
    turns, context = turns_of_last(turn), said_before(turn)
    user = memory.namespace()
    try:
        report = yield from memory.learning_steps(turns, user, known=known, context=context)
    except Exception as error:  # noqa: BLE001 - the node's answer stands whatever a store raises
        _log([{"stage": "consolidate", "error": type(error).__name__}])
        return
    _log([failure.to_value() for failure in report.failed])


def _log(errors: Sequence[Mapping[str, object]]) -> None:
    for error in errors:
        logger.warning("memory failed at stage %s: %s", error["stage"], error["error"])


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
