"""Doubles for tests of code that uses this package: no key, no network, no chance.

>>> model = ScriptedChatModel(replies=["Hello, Ada."])
>>> model.invoke("Hi").text
'Hello, Ada.'
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, RunnableLambda
from pydantic import Field, PrivateAttr

Step = str | Mapping[str, Any] | BaseMessage | Exception
"""What one call gives: a text, structured output, a whole message, or an exception to raise."""


class ScriptedChatModel(BaseChatModel):
    """Gives prepared answers in order, and keeps every prompt it was sent.

    Args:
        replies: answers to plain calls; the last one is repeated when they run out.
        structured: answers to `with_structured_output` calls, in order: a dict is the parsed
            answer, a text a raw one that may or may not be JSON, an exception is raised. When
            they run out, the answer is an empty list under the schema's array.
    """

    replies: Sequence[Step] = ("ok",)
    structured: Sequence[Step] = ()
    prompts: list[list[BaseMessage]] = Field(default_factory=list)
    structured_prompts: list[list[BaseMessage]] = Field(default_factory=list)

    _replied: int = PrivateAttr(default=0)

    @property
    def _llm_type(self) -> str:
        return "usermem-scripted"

    def with_structured_output(
        self,
        schema: Any,
        *,
        include_raw: bool = False,
        **kwargs: Any,  # noqa: ARG002 - LangChain passes it
    ) -> Runnable[LanguageModelInput, Any]:
        """A runnable that gives the next of `structured`, as a provider's would."""

        def answer(prompt: LanguageModelInput) -> Any:
            given = self._next_structured(self._convert_input(prompt).to_messages(), schema)
            return given if include_raw else given["parsed"]

        return RunnableLambda(answer)

    def _next_structured(self, prompt: list[BaseMessage], schema: Any) -> dict[str, Any]:
        place = len(self.structured_prompts)
        self.structured_prompts.append(prompt)
        step = self.structured[place] if place < len(self.structured) else _empty(schema)
        if isinstance(step, Exception):
            raise step
        return _structured(step)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002 - LangChain passes it
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,  # noqa: ARG002
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._next_reply(messages))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002 - LangChain passes it
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,  # noqa: ARG002
    ) -> Iterator[ChatGenerationChunk]:
        for word in str(self._next_reply(messages).text).split(" "):
            chunk = ChatGenerationChunk(message=AIMessageChunk(content=f"{word} "))
            if run_manager:
                run_manager.on_llm_new_token(str(chunk.text), chunk=chunk)
            yield chunk

    def _next_reply(self, messages: list[BaseMessage]) -> AIMessage:
        self.prompts.append(list(messages))
        step = self.replies[min(self._replied, len(self.replies) - 1)]
        self._replied += 1
        if isinstance(step, Exception):
            raise step
        return step if isinstance(step, AIMessage) else AIMessage(str(step))


def candidate_item(content: str, **fields: Any) -> dict[str, Any]:
    """One item of an extractor's answer with every field the schema asks for.

    The quote is the content unless `quote` says otherwise.
    """
    item: dict[str, Any] = {
        "content": content,
        "category": "fact",
        "attribute": None,
        "tags": [],
        "forget": False,
        "corrects": False,
        "explicit": False,
        "confidence": 0.9,
        "valid_from": None,
        "expires": None,
        "message": 0,
        "quote": content,
    }
    return {**item, **fields}


def _empty(schema: Any) -> dict[str, Any]:
    title = schema.get("title", "items") if isinstance(schema, Mapping) else "items"
    return {title: []}


def _structured(step: Step) -> dict[str, Any]:
    """An answer in the shape of `with_structured_output(..., include_raw=True)`."""
    if isinstance(step, Mapping):
        return _answer(json.dumps(step), dict(step), None)
    raw = step if isinstance(step, BaseMessage) else AIMessage(str(step))
    try:
        return _answer(raw, json.loads(str(raw.text)), None)
    except ValueError as error:
        return _answer(raw, None, error)


def _answer(raw: str | BaseMessage, parsed: Any, error: Exception | None) -> dict[str, Any]:
    message = AIMessage(raw) if isinstance(raw, str) else raw
    return {"raw": message, "parsed": parsed, "parsing_error": error}
