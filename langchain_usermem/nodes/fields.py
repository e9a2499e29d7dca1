"""Parts of a graph's state, be it a mapping, a Pydantic model or a dataclass."""

from collections.abc import Mapping
from dataclasses import is_dataclass, replace
from typing import Any

from pydantic import BaseModel


def field_of(state: object, name: str) -> Any:
    """What a state holds under a name, or None."""
    return state.get(name) if isinstance(state, Mapping) else getattr(state, name, None)


def has_field(state: object, name: str) -> bool:
    """Whether a state, or an update of one, holds anything under a name."""
    return name in state if isinstance(state, Mapping) else hasattr(state, name)


def with_field(state: Any, name: str, value: object) -> Any:
    """A copy of a state, of the same kind, with another value under a name."""
    if isinstance(state, BaseModel):
        return state.model_copy(update={name: value})
    if is_dataclass(state) and not isinstance(state, type):
        return replace(state, **{name: value})
    return {**state, name: value}


def messages_in(state: object, name: str = "messages") -> list[Any]:
    """The conversation of a state, in whatever form its schema leaves messages.

    Raises:
        KeyError, AttributeError: the state has no such key.
    """
    return list(state[name] if isinstance(state, Mapping) else getattr(state, name))


def errors_in(state: object) -> list[Any]:
    """What has failed so far in this run; what is no list is passed over."""
    errors = field_of(state, "memory_errors")
    return list(errors) if isinstance(errors, list | tuple) else []
