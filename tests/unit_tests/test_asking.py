"""Asking for lists: three ways, the first that a model can, and damage that is reported."""

import gc
from types import SimpleNamespace
from typing import Any

import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.runnables import RunnableConfig, RunnableLambda
from pydantic import Field

from langchain_usermem import asking
from langchain_usermem.asking import REFUSED, listed_items
from langchain_usermem.salvage import CUT_OFF, EMPTY, Answer, Item
from langchain_usermem.schemas import in_form_of
from langchain_usermem.steps import arun, run
from langchain_usermem.testing import Ability, ScriptedChatModel

SCHEMA: dict[str, Any] = {
    "title": "memories",
    "description": "What to remember.",
    "type": "object",
    "properties": {"memories": {"type": "array", "items": {"type": "object"}}},
}
PROMPT = [HumanMessage("List them.")]
ABILITIES: tuple[Ability, ...] = ("structured", "tools", "text")
ONE: Item = {"a": 1}
TWO: Item = {"b": 2}


def asked(step: Any, ability: Ability = "structured") -> Answer:
    """What is read of one answer of a model."""
    model = ScriptedChatModel(structured=[step], ability=ability)
    return run(listed_items(model, PROMPT, SCHEMA))


class Refused(Exception):  # noqa: N818 - it plays a provider's
    """An answer with a status that is none."""

    def __init__(self, status_code: int, message: str) -> None:
        super().__init__(message)
        self.status_code = status_code


@pytest.mark.parametrize("ability", ABILITIES)
@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ({"memories": [ONE, TWO]}, Answer((ONE, TWO))),
        ({"memories": []}, Answer()),
        ({"memories": [ONE, "x", 3]}, Answer((ONE,), "2 of 3 items are malformed")),
        ('{"memories": [{"a": 1}, {"b": 2}, {"c": ', Answer((ONE, TWO), CUT_OFF)),
        ("```json\n{'memories': [{'a': 1},]}\n```", Answer((ONE,))),
        ("I could not find any.", Answer((), "the answer has no list of memories")),
        ({"other": []}, Answer((), "the answer has no list of memories")),
        ("", Answer((), EMPTY)),
        (TimeoutError("I live in Leeds"), Answer((), "the model call failed (TimeoutError)")),
        (TypeError("null choices"), Answer((), "the model call failed (TypeError)")),
        (AIMessage("", additional_kwargs={"refusal": "No."}), Answer((), REFUSED)),
        (
            AIMessage("Sure: ", response_metadata={"finish_reason": "length"}),
            Answer((), CUT_OFF),
        ),
    ],
)
def test_every_answer_is_read_the_same_in_every_way(
    ability: Ability, step: Any, answer: Answer
) -> None:
    """Items and fault depend on what a model said, not on how it was asked."""
    assert asked(step, ability) == answer


@pytest.mark.parametrize("ability", ABILITIES)
async def test_awaiting_asks_in_the_same_way(ability: Ability) -> None:
    """Both doors find out what a model can."""
    model = ScriptedChatModel(structured=[{"memories": [ONE]}], ability=ability)
    assert await arun(listed_items(model, PROMPT, SCHEMA)) == Answer((ONE,))


def test_only_a_model_that_needs_words_is_sent_the_schema() -> None:
    """The form of the answer ends the prompt of a model that can only write."""
    ends = {}
    for ability in ABILITIES:
        model = ScriptedChatModel(ability=ability)
        run(listed_items(model, PROMPT, SCHEMA))
        ends[ability] = str(model.structured_prompts[0][-1].text)
    in_words = f"List them.\n\n{in_form_of(SCHEMA)}"
    assert ends == {"structured": "List them.", "tools": "List them.", "text": in_words}


def test_a_model_of_langchains_that_only_writes_is_asked_in_words() -> None:
    """LangChain's own base class raises for both of the better ways."""
    model = GenericFakeChatModel(messages=iter([AIMessage('{"memories": [{"a": 1}]}')]))
    assert run(listed_items(model, PROMPT, SCHEMA)) == Answer((ONE,))


class Picky(ScriptedChatModel):
    """A model whose provider is asked before it says that it cannot do something."""

    refusal: Any
    tried: list[str] = Field(default_factory=list)

    def with_structured_output(self, *_: Any, **__: Any) -> Any:
        """A runnable that is refused when it is called."""

        def answer(_: Any) -> Any:
            self.tried.append("structured")
            raise self.refusal

        return RunnableLambda(answer)


@pytest.mark.parametrize(
    "refusal",
    [
        Refused(400, "This response_format type is unavailable now"),
        Refused(422, "json_schema is not supported"),
        NotImplementedError(),
    ],
)
def test_what_a_provider_cannot_do_is_found_out_once(refusal: Exception) -> None:
    """After one refusal a model is asked in the way that worked."""
    answers = [{"memories": [ONE]}, {"memories": [TWO]}]
    model = Picky(refusal=refusal, structured=answers)
    found = [run(listed_items(model, PROMPT, SCHEMA)) for _ in answers]
    assert found == [Answer((ONE,)), Answer((TWO,))]
    assert model.tried == ["structured"]


@pytest.mark.parametrize(
    "refusal",
    [
        TimeoutError("json_schema"),
        ConnectionError("tools"),
        Refused(429, "rate limit of tools"),
        Refused(503, "response_format"),
        Refused(400, "maximum context length exceeded"),
        Refused(401, "invalid key for tools"),
    ],
)
def test_a_failing_network_is_no_lack_of_ability(refusal: Exception) -> None:
    """What may pass is a fault of this call, and the next one asks in the same way."""
    model = Picky(refusal=refusal)
    for _ in range(2):
        fault = run(listed_items(model, PROMPT, SCHEMA)).fault
        assert str(fault).startswith(f"the model call failed ({type(refusal).__name__}")
    assert model.tried == ["structured", "structured"]
    assert model.structured_prompts == []


def test_a_model_that_lets_nobody_choose_its_tool_is_asked_all_the_same() -> None:
    """A model may refuse `tool_choice` and still call the one tool it has."""

    class Free(ScriptedChatModel):
        def bind_tools(self, tools: Any, *, tool_choice: Any = None, **kwargs: Any) -> Any:
            if tool_choice:
                raise ValueError("tool_choice is not supported")
            return super().bind_tools(tools, tool_choice="any", **kwargs)

    model = Free(structured=[{"memories": [ONE]}], ability="tools")
    assert run(listed_items(model, PROMPT, SCHEMA)) == Answer((ONE,))


@pytest.mark.parametrize("listed", ['[{"a": 1}]', {"a": 1}, [{"a": 1}]])
def test_arguments_may_hold_the_list_as_text_or_its_one_item(listed: object) -> None:
    """Some models write a list as a string, or one item without its list."""
    assert asked({"memories": listed}, "tools") == Answer((ONE,))


def test_several_tool_calls_are_read_all() -> None:
    """Models call a tool once an item; none of them is lost, nor the one that is cut off."""
    message = AIMessage(
        "",
        tool_calls=[
            {"name": "memories", "args": {"memories": [ONE]}, "id": "1"},
            {"name": "memories", "args": {"memories": TWO}, "id": "2"},
        ],
        invalid_tool_calls=[
            {
                "type": "invalid_tool_call",
                "id": "3",
                "name": "memories",
                "args": '{"memories": [{"c": 3}, {',
                "error": None,
            }
        ],
    )
    found = Answer((ONE, TWO, {"c": 3}), CUT_OFF)
    assert asked(message, "tools") == found
    assert asked(message) == found


def test_a_truncated_completion_is_salvaged() -> None:
    """A length error of openai carries the completion; its whole items are kept."""
    error = ValueError("length")
    message = SimpleNamespace(content='{"memories": [{"a": 1}, {"b"')
    error.completion = SimpleNamespace(choices=[SimpleNamespace(message=message)])  # type: ignore[attr-defined]
    assert asked(error) == Answer((ONE,), CUT_OFF)


def test_what_is_known_of_a_model_goes_with_it() -> None:
    """A model that is gone leaves nothing behind that another could be taken for."""
    model = ScriptedChatModel()
    run(listed_items(model, PROMPT, SCHEMA))
    key = id(model)
    assert key in asking._ways_of_models
    del model
    gc.collect()
    assert key not in asking._ways_of_models


def test_extraction_calls_are_hidden_from_token_streams() -> None:
    """The call carries the tag that keeps LangGraph from streaming its tokens."""
    tags: list[str] = []

    class Tagged(ScriptedChatModel):
        def with_structured_output(self, *_: Any, **__: Any) -> Any:
            def answer(_: Any, config: RunnableConfig) -> dict[str, Any]:
                tags.extend(config["tags"])
                return {"raw": AIMessage(""), "parsed": {"memories": []}, "parsing_error": None}

            return RunnableLambda(answer)

    run(listed_items(Tagged(), PROMPT, SCHEMA))
    assert tags == ["nostream"]
