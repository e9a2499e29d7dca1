"""Whose memory a call is about, decided in one way everywhere.

An explicit argument wins, then the value or callable bound when the object was made, then the
end user whom the server authenticated, then `runtime.context.user_id`, then
`config["configurable"]["user_id"]`. There is no default user, and no model ever chooses one.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_core.runnables.config import RunnableConfig, ensure_config

from langchain_usermem.errors import MissingUserError
from langchain_usermem.namespaces import encode_label

if TYPE_CHECKING:
    from langgraph.runtime import Runtime

UserId = str | Callable[[], str] | None
"""A user id, a function that gives one at each call, or None."""


@dataclass
class MemoryContext:
    """Context of a run: whose memory, and for which of the user's agents.

    Pass it, or a dict of it, as `context=` to a graph. All fields are optional, so that a
    missing user is reported by this package with the ways to name one.
    """

    user_id: str | None = None
    agent_id: str | None = None


def resolve_user_id(
    explicit: str | None = None, bound: UserId = None, *, config: RunnableConfig | None = None
) -> str:
    """The id of the user that this call is about.

    Args:
        explicit: what the caller passed.
        bound: what was bound at construction.
        config: the config of the call; by default that of the run around it.

    Raises:
        MissingUserError: nobody said.
        InvalidUserError: the id cannot be one.
    """
    sources = (lambda: explicit, lambda: _bound(bound), lambda: _of_run("user_id", config))
    user_id = next((found for source in sources if (found := source()) is not None), None)
    if user_id is None:
        raise MissingUserError(
            "nobody said whose memory to use. Pass user_id=..., or bind one to the object, or run "
            'with context={"user_id": ...} (context_schema=MemoryContext) or '
            'config={"configurable": {"user_id": ...}}.'
        )
    encode_label(user_id)
    return user_id


def resolve_agent_id(
    explicit: str | None = None, *, config: RunnableConfig | None = None
) -> str | None:
    """The agent that this call is made for: the argument, else what the run says, else None."""
    return explicit if explicit is not None else _of_run("agent_id", config)


def _bound(bound: UserId) -> str | None:
    return bound() if callable(bound) else bound


def _of_run(name: str, config: RunnableConfig | None) -> Any:
    """What the run says: the server's end user, its context, its configurable values."""
    runtime = current_runtime()
    if name == "user_id" and (identity := _authenticated(runtime)) is not None:
        return identity
    of_context = _field(runtime.context if runtime else None, name)
    if of_context is not None:
        return of_context
    configured = ensure_config(config).get("configurable", {}).get(name)
    # A server without auth puts an empty user id there.
    return (configured or None) if runtime and runtime.server_info else configured


def current_runtime() -> "Runtime[Any] | None":
    """The runtime of the graph run around this call, if there is one."""
    # Whoever runs a graph has imported it; nobody else waits for that.
    if "langgraph.runtime" not in sys.modules:
        return None
    from langgraph.runtime import get_runtime  # noqa: PLC0415 - slow to import

    try:
        return get_runtime()
    except (RuntimeError, KeyError):
        return None


def _authenticated(runtime: "Runtime[Any] | None") -> str | None:
    """The server's end user; without auth its identity is empty, and Studio is a developer."""
    user = runtime.server_info.user if runtime and runtime.server_info else None
    if user is None:
        return None
    from langgraph_sdk import Auth  # noqa: PLC0415 - slow to import

    return None if isinstance(user, Auth.types.StudioUser) else user.identity or None


def _field(context: object, name: str) -> Any:
    if isinstance(context, Mapping):
        return context.get(name)
    return getattr(context, name, None)
