"""Messages as they are sent: searched with, trimmed, and with memories woven in."""

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from langchain_usermem.memory import Memory
from langchain_usermem.nodes.prompting import last_turn, query_of, trimmed, with_memories

CALL = {"name": "look", "args": {"x": 1}, "id": "1", "type": "tool_call"}


@pytest.mark.parametrize(
    ("texts", "query"),
    [
        (["Where do I live?"], "Where do I live?"),
        (["I like tea.", "Where do I live?"], "Where do I live?"),
        (["Who is my sister?", "And my brother?"], "Who is my sister?\nAnd my brother?"),
        (["Which cafe?", "what about the second one"], "Which cafe?\nwhat about the second one"),
        (["Hi", ""], ""),
        ([], ""),
    ],
)
def test_a_message_that_leans_on_the_one_before_is_searched_with_it(
    texts: list[str], query: str
) -> None:
    """Short follow-ups take the message before along; everything else stands alone."""
    assert query_of([HumanMessage(text) for text in texts]) == query


def test_the_last_turn_begins_with_the_last_human_message() -> None:
    """Tool calls and results after it belong to it."""
    turn: list[BaseMessage] = [
        HumanMessage("b"),
        AIMessage("", tool_calls=[CALL]),
        ToolMessage("found", tool_call_id="1"),
    ]
    assert last_turn([HumanMessage("a"), AIMessage("x"), *turn]) == turn
    assert last_turn([AIMessage("x")]) == []


def test_a_tool_call_is_never_parted_from_its_result() -> None:
    """Trimming cuts before human messages only, and keeps the last turn whole."""
    messages: list[BaseMessage] = [
        HumanMessage("first " * 50),
        AIMessage("done"),
        HumanMessage("second"),
        AIMessage("", tool_calls=[CALL]),
        ToolMessage("found " * 50, tool_call_id="1"),
    ]
    assert trimmed(messages, 20, len) == messages[2:]
    assert trimmed(messages, 10_000, len) == messages


def test_system_messages_at_the_start_survive_trimming() -> None:
    """They are no part of the budget."""
    messages: list[BaseMessage] = [SystemMessage("s" * 99), HumanMessage("a"), HumanMessage("b")]
    assert trimmed(messages, 5, len) == [messages[0], messages[2]]


def test_messages_without_a_human_one_get_the_profile_only() -> None:
    """There is no place for recalled memories where nobody asked anything."""
    memory = Memory(content="Likes tea")
    woven = with_memories([AIMessage("Hi")], profile=[], recalled=[memory], fence="memory-x")
    assert [m.type for m in woven] == ["system", "ai"]
    assert "Likes tea" not in str(woven)


def test_the_conversation_given_is_left_as_it_is() -> None:
    """Weaving makes new messages with the same ids."""
    human = HumanMessage("Hi", id="h1")
    memory = Memory(content="Likes tea")
    woven = with_memories([human], profile=[], recalled=[memory], fence="memory-x")
    assert woven[1].id == "h1"
    assert human.content == "Hi"
