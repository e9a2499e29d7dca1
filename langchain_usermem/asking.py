"""Asking a chat model for a list of items, in whichever of three ways it understands.

Best is a provider's own structured output; else a tool whose arguments are the list; else
JSON in plain text. Which way a model takes is found out by its first answer and remembered.

An answer may be whole, damaged or missing. What can be read of it is returned beside the
fault, so that one bad item never loses the good ones.
"""

import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import finalize

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.utils.function_calling import convert_to_openai_tool

from langchain_usermem.salvage import CUT_OFF, EMPTY, Answer, listed_in, of_list
from langchain_usermem.schemas import in_form_of
from langchain_usermem.steps import Effect, Steps

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import Runnable, RunnableConfig

REFUSED = "the model refused"

PATIENCE_SECONDS = 30.0
"""How long after the first call a model is asked again; a provider's time-outs may be long."""

Schema = dict[str, object]
Asked: TypeAlias = "Runnable[Any, Any]"

# LangGraph streams tokens of every model call that does not carry this tag.
_CONFIG: "RunnableConfig" = {"tags": ["nostream"], "run_name": "usermem"}

# What a model that cannot do something raises when it is prepared for it, without a call.
_UNABLE = (NotImplementedError, AttributeError, ImportError, TypeError, ValueError)

_UNSUPPORTED_STATUS = frozenset({400, 404, 405, 415, 422, 501})
_UNSUPPORTED = re.compile(
    r"response_format|json_schema|structured|schema|tools?\b|tool_choice|func"
)
_CUT_REASONS = frozenset({"length", "max_tokens", "MAX_TOKENS"})


@dataclass(frozen=True)
class Way:
    """One way of asking: how a model and a prompt are made ready for it."""

    name: str
    prepare: Callable[["BaseChatModel", Schema], Asked]
    prompt: Callable[[Sequence[BaseMessage], Schema], list[BaseMessage]]


_ways_of_models: dict[int, Way] = {}


def listed_items(
    model: "BaseChatModel", prompt: Sequence[BaseMessage], schema: Schema, *, attempts: int = 1
) -> Steps[Answer]:
    """What a model lists under the one array of `schema`, which bears the schema's title.

    Never raises for what a provider does: a call that fails is an answer with a fault. Then the
    model is asked again, up to `attempts` times within `PATIENCE_SECONDS`; of answers that all
    have faults, the one that lists most counts.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    best = yield from _attempt(model, prompt, schema)
    for _ in range(attempts - 1):
        if best.fault is None or time.monotonic() > deadline:
            break
        again = yield from _attempt(model, prompt, schema)
        is_better = again.fault is None or len(again.items) > len(best.items)
        best = again if is_better else best
    return best


def _attempt(
    model: "BaseChatModel", prompt: Sequence[BaseMessage], schema: Schema
) -> Steps[Answer]:
    """What one call gives; whatever a provider raises is a fault of the answer."""
    name = str(schema["title"])
    try:
        return _of_answer((yield from _answer(model, prompt, schema)), name)
    except Exception as error:  # noqa: BLE001 - a provider may raise anything; see _of_failure
        return _of_failure(error, name)


def _answer(model: "BaseChatModel", prompt: Sequence[BaseMessage], schema: Schema) -> Steps[object]:
    """A model's answer in the first way that it can give one."""
    known = _ways_of_models.get(id(model), WAYS[0])
    for way in WAYS[WAYS.index(known) :]:
        try:
            asked = way.prepare(model, schema)
        except _UNABLE:
            continue
        try:
            answer = yield from _invocation(asked, way.prompt(prompt, schema))
        except Exception as error:  # whatever it is, it is raised unless another way may do
            if way is WAYS[-1] or not _is_inability(error):
                raise
            continue
        _remember(model, way)
        return answer
    raise NotImplementedError


def _remember(model: "BaseChatModel", way: Way) -> None:
    """Keep the way of a model for as long as the model lives; models have no hash."""
    if id(model) not in _ways_of_models:
        finalize(model, _ways_of_models.pop, id(model), None)
    _ways_of_models[id(model)] = way


def _is_inability(error: Exception) -> bool:
    """Whether a call failed for the way of asking, not for the network, the quota or the prompt."""
    if isinstance(error, NotImplementedError):
        return True
    refused = getattr(error, "status_code", None) in _UNSUPPORTED_STATUS
    return refused and bool(_UNSUPPORTED.search(str(error)))


def _invocation(asked: Asked, prompt: list[BaseMessage]) -> Effect[Any]:
    return Effect(
        call=lambda: asked.invoke(prompt, _CONFIG),
        acall=lambda: asked.ainvoke(prompt, _CONFIG),
    )


def _structured(model: "BaseChatModel", schema: Schema) -> Asked:
    return model.with_structured_output(schema, include_raw=True)


def _with_tool(model: "BaseChatModel", schema: Schema) -> Asked:
    tool = convert_to_openai_tool(schema)
    try:
        return model.bind_tools([tool], tool_choice="any")
    except (TypeError, ValueError):  # it has tools, but lets nobody choose
        return model.bind_tools([tool])


def _plain(model: "BaseChatModel", _schema: Schema) -> Asked:
    return model


def _as_it_is(prompt: Sequence[BaseMessage], _schema: Schema) -> list[BaseMessage]:
    return list(prompt)


def _with_form(prompt: Sequence[BaseMessage], schema: Schema) -> list[BaseMessage]:
    """A prompt whose end describes the answer: the system's words keep their bound."""
    return [*prompt[:-1], HumanMessage(f"{prompt[-1].text}\n\n{in_form_of(schema)}")]


WAYS = (
    Way("structured output", _structured, _as_it_is),
    Way("a tool", _with_tool, _as_it_is),
    Way("text", _plain, _with_form),
)
"""From the most to the least reliable."""


def _of_answer(answer: object, name: str) -> Answer:
    """What a message, or an answer of `include_raw=True`, lists."""
    if not isinstance(answer, dict):
        return _of_message(answer, name)
    parsed, raw = answer.get("parsed"), answer.get("raw")
    # LangChain's parsers complete a cut-off item, and take the first of several tool calls. So
    # what was parsed counts only where the message itself says nothing.
    if isinstance(parsed, dict) and name in parsed and not _says_something(raw):
        return _of_arguments(parsed, name)
    return _of_message(raw, name)


def _says_something(raw: object) -> bool:
    return isinstance(raw, AIMessage) and bool(raw.text or raw.tool_calls or raw.invalid_tool_calls)


def _of_message(message: object, name: str) -> Answer:
    """What a raw message lists, in its tool calls or else in its text."""
    if not isinstance(message, AIMessage):
        return Answer(fault=EMPTY)
    calls = [*message.tool_calls, *message.invalid_tool_calls]
    given = [call.get("args") for call in calls] or [str(message.text)]
    answers = [_of_arguments(part, name) for part in given]
    items = tuple(item for answer in answers for item in answer.items)
    fault = next((answer.fault for answer in answers if answer.fault), None)
    return Answer(items, fault and (_known_fault(message) or fault))


def _of_arguments(given: object, name: str) -> Answer:
    """What arguments list: as objects, or as text that holds them."""
    listed = given.get(name) if isinstance(given, dict) else given
    if isinstance(listed, str):
        return listed_in(listed, name)
    if isinstance(listed, dict):
        return of_list([listed])
    return of_list(listed) if isinstance(listed, list) else listed_in(json.dumps(given), name)


def _known_fault(message: AIMessage) -> str | None:
    """Why a provider says that an answer is not what was asked for, if it does."""
    if message.additional_kwargs.get("refusal"):
        return REFUSED
    ended = message.response_metadata
    reasons = {str(ended.get(key)) for key in ("finish_reason", "stop_reason")}
    return CUT_OFF if reasons & _CUT_REASONS else None


def _of_failure(error: Exception, name: str) -> Answer:
    """What can be read of a failed call; its own text may quote the conversation."""
    completion = getattr(error, "completion", None)  # of openai.LengthFinishReasonError
    choices = getattr(completion, "choices", None) or []
    if not choices:
        return Answer(fault=f"the model call failed ({_kind(error)})")
    text = str(getattr(choices[0].message, "content", "") or "")
    filtered = getattr(choices[0], "finish_reason", None) == "content_filter"
    return Answer(listed_in(text, name).items, REFUSED if filtered else CUT_OFF)


def _kind(error: Exception) -> str:
    """The name of an error, with the status of the provider's answer where it has one."""
    status = getattr(error, "status_code", None)
    return type(error).__name__ + (f", {status}" if isinstance(status, int) else "")
