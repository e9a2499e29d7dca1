"""One way to read and copy a state, whatever its schema makes of it."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import BaseModel

from langchain_usermem.nodes.fields import (
    errors_in,
    field_of,
    has_field,
    messages_in,
    with_field,
)


class Model(BaseModel):
    """A state as a Pydantic model."""

    messages: list[Any] = []
    mood: str = "calm"


@dataclass
class Record:
    """A state as a dataclass."""

    messages: list[Any] = field(default_factory=list)
    mood: str = "calm"


STATES = [{"messages": ["a"], "mood": "calm"}, Model(messages=["a"]), Record(["a"])]


@pytest.mark.parametrize("state", STATES)
def test_fields_are_read_alike(state: Any) -> None:
    """Keys and attributes are the same; what is not there is None."""
    assert (messages_in(state), field_of(state, "mood")) == (["a"], "calm")
    assert (has_field(state, "mood"), has_field(state, "profile")) == (True, False)
    assert field_of(state, "profile") is None


@pytest.mark.parametrize("state", STATES)
def test_a_copy_is_of_the_same_kind(state: Any) -> None:
    """One field is another, the rest is kept, and the state that was given is as it was."""
    copied = with_field(state, "messages", ["b"])
    assert type(copied) is type(state)
    assert (messages_in(copied), field_of(copied, "mood")) == (["b"], "calm")
    assert messages_in(state) == ["a"]


@pytest.mark.parametrize("state", STATES)
def test_a_conversation_that_is_not_there_is_an_error(state: Any) -> None:
    """A wrong name for it does not pass as an empty conversation."""
    with pytest.raises((KeyError, AttributeError), match="chat"):
        messages_in(state, "chat")


@pytest.mark.parametrize(("errors", "read"), [(None, []), ([{"a": 1}], [{"a": 1}]), (5, [])])
def test_errors_so_far(errors: Any, read: list[Any]) -> None:
    """What is no list of errors does not stand in the way of noting one."""
    assert errors_in({"memory_errors": errors}) == read
