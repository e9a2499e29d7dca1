"""Chat models: found by name, and asked for lists whose damage is reported."""

from types import SimpleNamespace
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from langchain_usermem.errors import ModelError
from langchain_usermem.models import (
    Answer,
    listed_items,
    model_name,
    resolve_chat_model,
    salvaged_items,
)
from langchain_usermem.steps import run
from langchain_usermem.testing import ScriptedChatModel

SCHEMA: dict[str, object] = {"title": "memories", "type": "object"}
PROMPT = [HumanMessage("List them.")]


def asked(step: Any) -> Answer:
    """What is read of one answer of a model."""
    return run(listed_items(ScriptedChatModel(structured=[step]), PROMPT, SCHEMA))


def test_a_chat_model_is_taken_as_it_is() -> None:
    """A model instance resolves to itself."""
    model = ScriptedChatModel()
    assert resolve_chat_model(model) is model


def test_openai_models_need_no_langchain(monkeypatch: pytest.MonkeyPatch) -> None:
    """`openai:` resolves through langchain-openai, which this package requires."""
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    model = resolve_chat_model("openai:gpt-4o-mini")
    assert type(model).__name__ == "ChatOpenAI"
    assert model_name(model) == "gpt-4o-mini"


@pytest.mark.parametrize("spec", ["gpt-4o-mini", "openai:", ":gpt", ""])
def test_a_model_without_provider_is_refused(spec: str) -> None:
    """A string that is not `provider:model` is an error that shows the form."""
    with pytest.raises(ModelError, match="provider:model"):
        resolve_chat_model(spec)


def test_a_model_without_name_has_none() -> None:
    """A model that names itself nowhere has no name."""
    assert model_name(ScriptedChatModel()) is None


def test_items_of_a_whole_answer_come_in_order() -> None:
    """All objects of the list are returned, and no fault."""
    assert asked({"memories": [{"a": 1}, {"b": 2}]}) == Answer(({"a": 1}, {"b": 2}), None)


def test_an_empty_list_is_no_fault() -> None:
    """A model may find nothing."""
    assert asked({"memories": []}) == Answer((), None)


def test_items_that_are_no_objects_are_counted() -> None:
    """Objects are kept, anything else among them is reported."""
    assert asked({"memories": [{"a": 1}, "x", 3]}) == Answer(({"a": 1},), "2 items are no objects")


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ('{"memories": [{"a": 1}, {"b": 2}, {"c": ', ({"a": 1}, {"b": 2})),
        ('Sure!\n```json\n{"memories": [{"a": 1}]}\n``` Anything else?', ({"a": 1},)),
        ('[{"a": 1}]', ({"a": 1},)),
        ("I could not find any.", ()),
        ("", ()),
    ],
)
def test_whole_items_of_a_damaged_answer_are_kept(
    text: str, items: tuple[dict[str, object], ...]
) -> None:
    """What can be read of an answer that is no JSON is returned beside the fault."""
    assert asked(text) == Answer(items, "the answer does not fit the schema")


def test_an_answer_under_another_name_is_a_fault() -> None:
    """A parsed answer without the asked list is a failure, not an empty list."""
    assert asked({"other": []}) == Answer((), "the answer does not fit the schema")


def test_a_failing_call_is_an_answer_with_a_fault() -> None:
    """The fault names the kind of the error and never its text."""
    answer = asked(TimeoutError("while reading: I live in Leeds"))
    assert answer == Answer((), "the model call failed (TimeoutError)")


def test_a_truncated_completion_is_salvaged() -> None:
    """A length error of openai carries the completion; its whole items are kept."""
    error = ValueError("length")
    message = SimpleNamespace(content='{"memories": [{"a": 1}, {"b"')
    error.completion = SimpleNamespace(choices=[SimpleNamespace(message=message)])  # type: ignore[attr-defined]
    assert asked(error) == Answer(({"a": 1},), "the model call failed (ValueError)")


def test_truncated_tool_calls_are_salvaged() -> None:
    """A model that answers by tool calls leaves its cut-off arguments in the raw message."""
    raw = AIMessage(
        "",
        invalid_tool_calls=[
            {
                "type": "invalid_tool_call",
                "id": "1",
                "name": "memories",
                "args": '{"memories": [{"a": 1}, {',
                "error": None,
            }
        ],
    )
    assert asked(raw) == Answer(({"a": 1},), "the answer does not fit the schema")


def test_salvaging_stops_at_the_first_broken_item() -> None:
    """What stands behind a broken item may belong to it, and is not taken."""
    assert salvaged_items('{"memories": [{"a": 1}, {"b": }, {"c": 3}]}', "memories") == [{"a": 1}]


def test_extraction_calls_are_hidden_from_token_streams() -> None:
    """The call carries the tag that keeps LangGraph from streaming its tokens."""
    tags: list[str] = []

    class Tagged(ScriptedChatModel):
        def with_structured_output(self, *_: Any, **__: Any) -> Any:
            from langchain_core.runnables import RunnableConfig, RunnableLambda

            def answer(_: Any, config: RunnableConfig) -> dict[str, Any]:
                tags.extend(config["tags"])
                return {"raw": AIMessage(""), "parsed": {"memories": []}, "parsing_error": None}

            return RunnableLambda(answer)

    run(listed_items(Tagged(), PROMPT, SCHEMA))
    assert tags == ["nostream"]
