"""A chat model for tests: no key, no network, no chance.

>>> model = ScriptedChatModel(replies=["Hello, Ada."])
>>> model.invoke("Hi").text
'Hello, Ada.'
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_core.tools import BaseTool
from pydantic import Field, PrivateAttr

Step = str | Mapping[str, Any] | BaseMessage | Exception
"""What one call gives: a text, structured output, a whole message, or an exception to raise."""

Ability = Literal["structured", "tools", "text"]
"""What a model can be asked by: its own structured output, tools only, or plain text only."""


class ScriptedChatModel(BaseChatModel):
    """Gives prepared answers in order, and keeps every prompt it was sent.

    Args:
        replies: answers to plain calls; the last one is repeated when they run out.
        structured: answers to calls that ask for structured output, in order: a dict is the
            parsed answer, a text a raw one that may or may not be JSON, an exception is raised.
            When they run out, the answer is an empty list under the schema's array.
        ability: "tools" has no structured output, and answers by calling the tool that is
            bound; "text" has neither, and gives `structured` as text to whoever asks for JSON
            in words.
    """

    replies: Sequence[Step] = ("ok",)
    structured: Sequence[Step] = ()
    ability: Ability = "structured"
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
        if self.ability != "structured":
            raise NotImplementedError

        def answer(prompt: LanguageModelInput) -> Any:
            given = _structured(self._next_structured(self._messages_of(prompt), _title(schema)))
            return given if include_raw else given["parsed"]

        return RunnableLambda(answer)

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,  # noqa: ARG002 - LangChain passes it
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """A runnable that gives the next of `structured` as a call of the tool it must choose.

        With nothing to choose, it is the model itself, which answers by `replies`.
        """
        if self.ability == "text":
            raise NotImplementedError
        if tool_choice is None:
            return self.bind()
        (tool,) = tools
        name = tool["function"]["name"] if isinstance(tool, Mapping) else str(tool)

        def answer(prompt: LanguageModelInput) -> AIMessage:
            return _called(self._next_structured(self._messages_of(prompt), name), name)

        return RunnableLambda(answer)

    def _messages_of(self, prompt: LanguageModelInput) -> list[BaseMessage]:
        return self._convert_input(prompt).to_messages()

    def _next_structured(self, prompt: list[BaseMessage], name: str) -> Step:
        place = len(self.structured_prompts)
        self.structured_prompts.append(prompt)
        step = self.structured[place] if place < len(self.structured) else {name: []}
        if isinstance(step, Exception):
            raise step
        return step

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
        if self.ability == "text" and (name := _asked_in_words(messages)):
            return _message(self._next_structured(list(messages), name))
        self.prompts.append(list(messages))
        step = self.replies[min(self._replied, len(self.replies) - 1)]
        self._replied += 1
        if isinstance(step, Exception):
            raise step
        return _message(step)


def candidate_item(content: str, **fields: Any) -> dict[str, Any]:
    """One item of an extractor's answer, which says nothing of what it does to known memories.

    So whatever resembles it is asked about, unless `action` and `known` are given. The quote is
    the content unless `quote` says otherwise.
    """
    item: dict[str, Any] = {
        "content": content,
        "category": "fact",
        "attribute": None,
        "tags": [],
        "forget": False,
        "explicit": False,
        "confidence": 0.9,
        "valid_from": None,
        "expires": None,
        "message": 0,
        "quote": content,
    }
    return {**item, **fields}


def _title(schema: Any) -> str:
    return str(schema.get("title", "items")) if isinstance(schema, Mapping) else "items"


def _asked_in_words(prompt: Sequence[BaseMessage]) -> str | None:
    """The title of the JSON schema that a prompt ends with, if it ends with one."""
    last_line = str(prompt[-1].text).rpartition("\n")[2]
    try:
        schema = json.loads(last_line)
    except ValueError:
        return None
    return _title(schema) if isinstance(schema, dict) and "properties" in schema else None


def _message(step: Step) -> AIMessage:
    """A step as the message of a model that can only write."""
    if isinstance(step, AIMessage):
        return step
    return AIMessage(json.dumps(step) if isinstance(step, Mapping) else str(step))


def _called(step: Step, name: str) -> AIMessage:
    """A step as a call of a tool; text that is no JSON as a call that cannot be read."""
    if isinstance(step, AIMessage):
        return step
    given = json.dumps(step) if isinstance(step, Mapping) else str(step)
    try:
        call = {"name": name, "args": json.loads(given), "id": "call"}
        return AIMessage("", tool_calls=[call])
    except ValueError:
        broken = {"name": name, "args": given, "id": "call", "error": None}
        return AIMessage("", invalid_tool_calls=[{"type": "invalid_tool_call", **broken}])


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
