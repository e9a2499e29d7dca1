"""A chat model that answers each product in its own form, and an embedder: both count."""

import json
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_core.utils.function_calling import convert_to_openai_tool
from numpy.typing import NDArray
from pydantic import PrivateAttr

from langchain_usermem import LocalEmbeddings
from langchain_usermem.testing import candidate_item
from langchain_usermem.tokens import token_counter
from tests.benchmarks.conversation import Fact


class CountedEmbeddings(LocalEmbeddings):
    """Local embeddings that count the texts they are given."""

    def __init__(self) -> None:
        super().__init__()
        self.texts = 0

    def embed_array(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One vector a text."""
        self.texts += len(texts)
        return super().embed_array(texts)


class CountingModel(BaseChatModel):
    """Lists the facts it was told, whatever it is asked, and counts what it was asked with.

    A decision it is asked for between a new statement and stored ones is to keep both.

    Attributes:
        calls: how often it was asked.
        decisions: how many of these calls were for decisions, which only we ask for.
        tokens: tokens of all prompts, the schemas and tools that went with them included.
    """

    facts: tuple[Fact, ...] = ()
    calls: int = 0
    decisions: int = 0
    tokens: int = 0
    _count: Any = PrivateAttr(default_factory=token_counter)

    @property
    def _llm_type(self) -> str:
        return "counting"

    def with_structured_output(
        self,
        schema: Any,
        *,
        include_raw: bool = False,  # noqa: ARG002 - only ours asks so, and it wants both
        **kwargs: Any,  # noqa: ARG002 - LangChain passes it
    ) -> Runnable[LanguageModelInput, Any]:
        """A runnable that answers as the package's extractor and decider want it."""

        def answer(prompt: LanguageModelInput) -> dict[str, Any]:
            messages = self._convert_input(prompt).to_messages()
            self._note(messages, json.dumps(schema))
            name = schema["title"]
            items = self._decided(messages) if name == "decisions" else self._candidates()
            return {"raw": AIMessage(""), "parsed": {name: items}, "parsing_error": None}

        return RunnableLambda(answer)

    def bind_tools(
        self,
        tools: Sequence[Any],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,  # noqa: ARG002 - LangChain passes it
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """This model with tools to call, as LangMem asks."""
        described = [convert_to_openai_tool(tool) for tool in tools]
        return self.bind(tools=described, tool_choice=tool_choice)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002 - LangChain passes it
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> ChatResult:
        tools = kwargs.get("tools")
        self._note(messages, json.dumps(tools) if tools else "")
        reply = self._tool_calls() if tools else self._listed()
        return ChatResult(generations=[ChatGeneration(message=reply)])

    def _note(self, messages: Sequence[BaseMessage], form: str) -> None:
        self.calls += 1
        self.tokens += self._count("\n".join([*(str(message.text) for message in messages), form]))

    def _candidates(self) -> list[dict[str, Any]]:
        """The answer that our extractor asks for."""
        new: dict[str, Any] = {"action": "add", "known": [], "whole": None}
        return [candidate_item(fact.text, quote=fact.quote, **new) for fact in self.facts]

    def _decided(self, messages: Sequence[BaseMessage]) -> list[dict[str, Any]]:
        """The answer that our decider asks for."""
        self.decisions += 1
        asked = re.findall(r"^ITEM (\d+)", str(messages[-1].text), re.MULTILINE)
        return [
            {"item": int(number), "action": "add", "memories": [], "content": None}
            for number in asked
        ]

    def _listed(self) -> AIMessage:
        """The answer that Mem0 asks for."""
        found = [
            {"id": str(n), "text": fact.text, "attributed_to": "user"}
            for n, fact in enumerate(self.facts)
        ]
        return AIMessage(json.dumps({"memory": found}))

    def _tool_calls(self) -> AIMessage:
        """The answer that LangMem asks for: a call a memory."""
        calls = [
            {"name": "Memory", "args": {"content": fact.text}, "id": f"call-{n}"}
            for n, fact in enumerate(self.facts)
        ]
        return AIMessage("", tool_calls=calls)
