"""A chat model that works with neither key nor network, and says so.

It answers from the memories in its prompt alone. It is there so that everything around it can
be tried, tested and shown; it is used only where no model was asked for.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable

from langchain_usermem.overview import is_about_everything
from langchain_usermem.text import fold, stems
from langchain_usermem.turns import text_of

_BLOCK = re.compile(r"<(memory-[0-9a-f]{12})>\n(.*?)\n</\1>\n*", re.DOTALL)
_BULLETS = re.compile(r"\b(bullet|lists?\b)", re.IGNORECASE)
_NO_BULLETS = re.compile(
    r"\b(no|not|never|without|avoid|stop|don'?t)\b[^.,;:]*\b(bullet|lists?\b)", re.IGNORECASE
)
_QUESTION = re.compile(
    r"[?\uff1f\u00bf]|^(who|what|when|where|why|which|how|do|does|did|is|are|am|can|could|tell me|"
    r"remind me|recommend|suggest|qué|dónde|cómo|quién|où|qui|wo|wer|was)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Phrases:
    """What the offline model can say of its own accord in one language."""

    label: str
    remembered: str
    nothing: str
    understood: str


PHRASES = {
    "english": Phrases(
        label="offline model",
        remembered="This is what I remember:",
        nothing="I remember nothing about that.",
        understood="Understood.",
    ),
    "spanish": Phrases(
        label="modelo sin conexión",
        remembered="Esto es lo que recuerdo:",
        nothing="No recuerdo nada de eso.",
        understood="Entendido.",
    ),
    "french": Phrases(
        label="modèle hors ligne",
        remembered="Voici ce dont je me souviens :",
        nothing="Je ne m'en souviens pas.",
        understood="Compris.",
    ),
    "german": Phrases(
        label="Offline-Modell",
        remembered="Daran erinnere ich mich:",
        nothing="Daran erinnere ich mich nicht.",
        understood="Verstanden.",
    ),
    "italian": Phrases(
        label="modello offline",
        remembered="Ecco cosa ricordo:",
        nothing="Non ricordo nulla di questo.",
        understood="Capito.",
    ),
    "portuguese": Phrases(
        label="modelo offline",
        remembered="É isto que lembro:",
        nothing="Não lembro nada disso.",
        understood="Entendido.",
    ),
}
"""By the English name of the language, as a user states it."""

Remembered = dict[str, str]


class OfflineChatModel(BaseChatModel):
    """Answers from the MEMORY section of its prompt alone, labelled as the offline model.

    It keeps to the language and the bullet points that the profile asks for, as far as its few
    phrases go; memories themselves are repeated as they were stored.
    """

    @property
    def _llm_type(self) -> str:
        return "usermem-offline"

    def bind_tools(self, tools: Sequence[Any], **_: Any) -> Runnable[Any, AIMessage]:  # noqa: ARG002
        """This model as it is, so that it fits any agent; it never calls a tool."""
        return self

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002 - LangChain passes it
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,  # noqa: ARG002
    ) -> ChatResult:
        message = AIMessage(answer(messages))
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002 - LangChain passes it
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,  # noqa: ARG002
    ) -> Iterator[ChatGenerationChunk]:
        for word in re.findall(r"\s*\S+", answer(messages)):
            chunk = ChatGenerationChunk(message=AIMessageChunk(content=word))
            if run_manager:
                run_manager.on_llm_new_token(word, chunk=chunk)
            yield chunk


def answer(messages: Sequence[BaseMessage]) -> str:
    """What the offline model says to a prompt."""
    system, human = _system_text(messages), _human_text(messages)
    # The last one: an application's own prompt, which comes first, may show another.
    fence = next(reversed(re.findall(r"</(memory-[0-9a-f]{12})>", system)), "")
    profile, recalled = _memories_in(system, fence), _memories_in(human, fence)
    question = _BLOCK.sub("", human)
    phrases = _phrases(profile)
    relevant = [line["memory"] for line in [*recalled, *_touched(profile, question)]]
    return f"[{phrases.label}] {_body(relevant, question, phrases, bullets=_bullets(profile))}"


def _body(relevant: Sequence[str], question: str, phrases: Phrases, *, bullets: bool) -> str:
    if not _QUESTION.search(question):
        return phrases.understood
    if not relevant:
        return phrases.nothing
    if bullets:
        return "\n".join([phrases.remembered, *(f"- {memory}" for memory in relevant)])
    return f"{phrases.remembered} {'; '.join(relevant)}."


def _system_text(messages: Sequence[BaseMessage]) -> str:
    return "\n".join(text_of(message) for message in messages if message.type == "system")


def _human_text(messages: Sequence[BaseMessage]) -> str:
    said = (text_of(m) for m in reversed(messages) if isinstance(m, HumanMessage))
    return next(said, "")


def _memories_in(text: str, fence: str) -> list[Remembered]:
    """The memories between this fence; another fence, or a line of another kind, is text."""
    blocks = [body for name, body in _BLOCK.findall(text) if name == fence]
    lines = (_memory_in(line) for body in blocks for line in body.splitlines())
    return [line for line in lines if line]


def _memory_in(line: str) -> Remembered:
    """What a line remembers; nothing where it is no memory."""
    try:
        read = json.loads(line)
    except ValueError:
        return {}
    remembers = isinstance(read, dict) and isinstance(read.get("memory"), str)
    return {name: str(value) for name, value in read.items()} if remembers else {}


def _touched(profile: Sequence[Remembered], question: str) -> list[Remembered]:
    """Standing memories that share a word with the question, by statement or slot.

    A question about the user as such touches all but wishes for the answer.
    """
    if is_about_everything(question):
        return [line for line in profile if not line.get("about", "").startswith("response_")]
    asked = set(stems(question))
    return [line for line in profile if asked & set(stems(_named(line)))]


def _named(line: Remembered) -> str:
    return f"{line['memory']} {line.get('about', '').replace('_', ' ')}"


def _phrases(profile: Sequence[Remembered]) -> Phrases:
    wished = fold(_slot(profile, "response_language"))
    return next((p for name, p in PHRASES.items() if name in wished), PHRASES["english"])


def _bullets(profile: Sequence[Remembered]) -> bool:
    wished = _slot(profile, "response_format").replace("\u2019", "'")
    return bool(_BULLETS.search(wished)) and not _NO_BULLETS.search(wished)


def _slot(profile: Sequence[Remembered], attribute: str) -> str:
    return " ".join(line["memory"] for line in profile if line.get("about") == attribute)
