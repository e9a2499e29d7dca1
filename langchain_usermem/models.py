"""Finding the chat model a string names, and asking one for a list of items.

An answer may be whole, damaged or missing. What can be read of it is returned beside the
fault, so that one bad item never loses the good ones.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.runnables import Runnable, RunnableConfig

from langchain_usermem.errors import MissingExtraError, ModelError
from langchain_usermem.steps import Effect, Steps

ModelSpec = BaseChatModel | str
Item = dict[str, object]

# LangGraph streams tokens of every model call that does not carry this tag.
_CONFIG: RunnableConfig = {"tags": ["nostream"], "run_name": "usermem"}


@dataclass(frozen=True)
class Answer:
    """Items that a model listed, and what was wrong with the answer, if anything was."""

    items: tuple[Item, ...] = ()
    fault: str | None = None


def resolve_chat_model(spec: ModelSpec) -> BaseChatModel:
    """The chat model that a spec means.

    Args:
        spec: a LangChain chat model, or `"provider:model"`. `openai:` needs nothing but this
            package; other providers go through LangChain's `init_chat_model`.

    Raises:
        MissingExtraError: a package that the spec needs is not installed.
        ModelError: the spec is neither a model nor `"provider:model"`.
    """
    if isinstance(spec, BaseChatModel):
        return spec
    provider, separator, model = str(spec).partition(":")
    if not (provider and separator and model):
        raise ModelError(
            f"model {spec!r} names no provider. Pass a chat model or 'provider:model', "
            "such as 'openai:gpt-4o-mini'."
        )
    try:
        return _openai_model(model) if provider == "openai" else _provider_model(spec)
    except MissingExtraError:
        raise
    except Exception as error:  # a provider's client may raise anything, such as for a missing key
        raise ModelError(
            f"model {spec!r} cannot be used ({type(error).__name__}). Check its name, its key and "
            "its provider's package, or pass a chat model; leave it out to work offline."
        ) from error


def model_name(model: BaseChatModel) -> str | None:
    """The name by which a provider knows a model, where it has one."""
    name = getattr(model, "model_name", None) or getattr(model, "model", None)
    return name if isinstance(name, str) else None


def listed_items(
    model: BaseChatModel, prompt: Sequence[BaseMessage], schema: dict[str, object]
) -> Steps[Answer]:
    """What a model lists under the one array of `schema`.

    Never raises for what a provider does: a call that fails is an answer with a fault.
    """
    name = str(schema["title"])
    try:
        asked: Runnable[Any, Any] = model.with_structured_output(schema, include_raw=True)
        answer = yield from _invocation(asked, list(prompt))
        return _of_answer(answer, name)
    except Exception as error:  # noqa: BLE001 - a provider may raise anything; see _of_failure
        return _of_failure(error, name)


def salvaged_items(text: str, name: str) -> list[Item]:
    """The whole items of a list in JSON text that may be cut off or wrapped in prose."""
    start = text.find(f'"{name}"')
    start = text.find("[", max(start, 0))
    items: list[Item] = []
    decoder = json.JSONDecoder()
    while start >= 0 and (start := text.find("{", start)) >= 0:
        try:
            item, start = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            break
        items.append(item)
    return items


def _invocation(asked: Runnable[Any, Any], prompt: list[BaseMessage]) -> Effect[Any]:
    return Effect(
        call=lambda: asked.invoke(prompt, _CONFIG),
        acall=lambda: asked.ainvoke(prompt, _CONFIG),
    )


def _of_answer(answer: object, name: str) -> Answer:
    """What an answer of `with_structured_output(..., include_raw=True)` holds."""
    fields = answer if isinstance(answer, dict) else {}
    parsed = fields.get("parsed")
    listed = parsed.get(name) if isinstance(parsed, dict) else None
    if isinstance(listed, list):
        items = [item for item in listed if isinstance(item, dict)]
        lost = len(listed) - len(items)
        return Answer(tuple(items), f"{lost} items are no objects" if lost else None)
    return _damaged(_text_of(fields.get("raw")), name, "the answer does not fit the schema")


def _of_failure(error: Exception, name: str) -> Answer:
    """What can be read of a failed call; its own text may quote the conversation."""
    completion = getattr(error, "completion", None)  # of openai.LengthFinishReasonError
    choices = getattr(completion, "choices", None) or []
    text = str(getattr(choices[0].message, "content", "") or "") if choices else ""
    return _damaged(text, name, f"the model call failed ({type(error).__name__})")


def _damaged(text: str, name: str, fault: str) -> Answer:
    return Answer(tuple(salvaged_items(text, name)), fault)


def _text_of(raw: object) -> str:
    """The text of a raw message, the arguments of its tool calls included."""
    if not isinstance(raw, BaseMessage):
        return ""
    calls = [*getattr(raw, "tool_calls", []), *getattr(raw, "invalid_tool_calls", [])]
    arguments = [call.get("args") for call in calls]
    parts = [part if isinstance(part, str) else json.dumps(part) for part in arguments]
    return "\n".join([str(raw.text), *parts])


def _openai_model(model: str) -> BaseChatModel:
    from langchain_openai import ChatOpenAI  # noqa: PLC0415 - slow to import

    return ChatOpenAI(model=model)


def _provider_model(spec: str) -> BaseChatModel:
    try:
        from langchain.chat_models import init_chat_model  # noqa: PLC0415 - optional
    except ImportError as error:
        raise MissingExtraError(
            f"model {spec!r} needs LangChain. Run: pip install 'langchain-usermem[agents]'"
        ) from error
    return init_chat_model(spec)
