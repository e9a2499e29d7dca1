"""What `search` refuses before it looks anywhere."""

import math
from typing import Any

import numpy as np
import pytest
from langgraph.store.memory import InMemoryStore

from langchain_usermem.errors import InvalidQueryError, InvalidUserError
from langchain_usermem.user_memory import UserMemory


@pytest.fixture
def memory() -> UserMemory:
    """A memory of two teas."""
    memory = UserMemory(InMemoryStore(), user_id="ada")
    memory.remember_many(["Likes green tea", "Likes black tea"])
    return memory


@pytest.mark.parametrize("limit", ["5", 2.5, True, 0, -1, [1]])
def test_a_limit_that_is_no_whole_number_is_refused(memory: UserMemory, limit: Any) -> None:
    """The error names the value; nothing is rounded, parsed or counted as 1."""
    with pytest.raises(InvalidQueryError, match="limit is ") as caught:
        memory.search("tea", limit=limit)
    assert repr(limit) in str(caught.value)


@pytest.mark.parametrize("floor", ["x", True, [], math.nan, -0.1, 1.1])
def test_a_floor_that_is_no_share_is_refused(memory: UserMemory, floor: Any) -> None:
    """The error names the value."""
    with pytest.raises(InvalidQueryError, match="floor is ") as caught:
        memory.search("tea", floor=floor)
    assert repr(floor) in str(caught.value)


def test_what_is_known_is_recalled_where_all_is_asked_for(memory: UserMemory) -> None:
    """Nothing has to be like such a question; a floor of the caller's own is kept to."""
    found = memory.search("What do you know about me?")
    assert sorted(one.memory.content for one in found) == ["Likes black tea", "Likes green tea"]
    assert memory.search("What do you know about me?", floor=0.9) == []
    assert memory.search("What do you know about my uncle?") == []


def test_numbers_of_numpy_are_numbers(memory: UserMemory) -> None:
    """A limit and a floor that were computed serve as Python's own do."""
    found = memory.search("tea", limit=np.int64(1), floor=float(np.float32(0)))  # type: ignore[arg-type]
    assert len(found) == 1


@pytest.mark.parametrize("name", ["search", "profile"])
def test_an_agent_id_that_cannot_be_one_is_refused(memory: UserMemory, name: str) -> None:
    """The message speaks of an agent, not of a user."""
    arguments = ["tea"] if name == "search" else []
    with pytest.raises(InvalidUserError, match=r"agent_id is empty.* id of the agent, or None"):
        getattr(memory, name)(*arguments, agent_id=" ")
