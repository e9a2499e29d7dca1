"""Doubles for users' tests."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage

from langchain_usermem.schemas import in_form_of
from langchain_usermem.testing import ScriptedChatModel, candidate_item

SCHEMA: Any = {"title": "memories", "type": "object"}


def test_replies_come_in_order_and_the_last_repeats() -> None:
    """A script that runs out says its last line again."""
    model = ScriptedChatModel(replies=["one", "two"])
    assert [model.invoke("x").text for _ in range(3)] == ["one", "two", "two"]
    assert len(model.prompts) == 3


def test_a_step_may_be_an_exception() -> None:
    """Faults are part of the script, plain and structured."""
    model = ScriptedChatModel(replies=[TimeoutError()], structured=[ConnectionError()])
    with pytest.raises(TimeoutError):
        model.invoke("x")
    with pytest.raises(ConnectionError):
        model.with_structured_output(SCHEMA).invoke("x")


async def test_tokens_stream_word_by_word() -> None:
    """Streaming gives one chunk a word."""
    model = ScriptedChatModel(replies=["one two"])
    assert [str(c.text) for c in model.stream("x") if c.text] == ["one ", "two "]
    assert [str(c.text) async for c in model.astream("x") if c.text] == ["one ", "two "]


def test_structured_answers_come_with_their_raw_message() -> None:
    """`include_raw` gives what a provider gives; without it the parsed answer alone."""
    item = candidate_item("Likes tea")
    model = ScriptedChatModel(structured=[{"memories": [item]}] * 2)
    whole = model.with_structured_output(SCHEMA, include_raw=True).invoke("x")
    assert set(whole) == {"raw", "parsed", "parsing_error"}
    assert model.with_structured_output(SCHEMA).invoke("x") == {"memories": [item]}


def test_a_script_that_runs_out_lists_nothing() -> None:
    """More structured calls than answers find an empty list."""
    assert ScriptedChatModel().with_structured_output(SCHEMA).invoke("x") == {"memories": []}


TOOL: Any = {"type": "function", "function": {"name": "memories", "parameters": {}}}


def test_a_model_with_tools_only_calls_the_one_it_must() -> None:
    """Structured output is refused, and the next of `structured` comes as a tool call."""
    model = ScriptedChatModel(structured=[{"memories": []}, '{"memories": ['], ability="tools")
    with pytest.raises(NotImplementedError):
        model.with_structured_output(SCHEMA)
    bound = model.bind_tools([TOOL], tool_choice="any")
    assert bound.invoke("x").tool_calls[0]["args"] == {"memories": []}
    assert bound.invoke("x").invalid_tool_calls[0]["args"] == '{"memories": ['


def test_a_model_with_tools_it_need_not_call_replies() -> None:
    """An agent's model says what the script says, tool calls among it."""
    call = AIMessage("", tool_calls=[{"name": "search", "args": {}, "id": "1"}])
    bound = ScriptedChatModel(replies=[call, "done"]).bind_tools([TOOL])
    assert bound.invoke("x").tool_calls[0]["name"] == "search"
    assert [chunk.text for chunk in bound.stream("x") if chunk.text] == ["done "]


def test_a_model_that_only_writes_knows_neither() -> None:
    """It replies as ever, and with JSON to a prompt that ends with a schema."""
    model = ScriptedChatModel(structured=[{"memories": [1]}], ability="text")
    for refused in (model.with_structured_output, lambda _: model.bind_tools([TOOL])):
        with pytest.raises(NotImplementedError):
            refused(SCHEMA)
    assert model.invoke("x").text == "ok"
    assert model.invoke(in_form_of({**SCHEMA, "properties": {}})).text == '{"memories": [1]}'
