"""Conversations whose every turn says one thing, and a chat model that understands them.

The model is a real double: it reads what it is sent, and nothing else. So a run in which half
of its answers fail can be compared with one in which none does.
"""

import json
import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatResult
from langchain_core.runnables import Runnable, RunnableLambda
from pydantic import Field

from langchain_usermem.testing import candidate_item

START = datetime(2026, 1, 1, tzinfo=UTC)
TOPICS = ("tea", "chess", "running", "opera", "cheese", "boats", "maps", "bread")

_MESSAGE = re.compile(r'^\[(\d+)\] USER[^"]*: ("(?:[^"\\]|\\.)*")$', re.MULTILINE)
_KNOWN = re.compile(r'^(\d+): ("(?:[^"\\]|\\.)*")$', re.MULTILINE)
_STORED = re.compile(r'^\[(\d+)\][^"]*: ("(?:[^"\\]|\\.)*")$', re.MULTILINE)
_NEW = re.compile(r'^ITEM \d+[^"]*: ("(?:[^"\\]|\\.)*")$', re.MULTILINE)
_TOPIC = re.compile(r"topic (\w+)")

Answer = dict[str, Any]
Statements = list[tuple[str, str]]
Fault = Callable[[Answer], Answer]


@dataclass(frozen=True)
class Said:
    """One message of a user, in a thread, at a time."""

    user: str
    thread: str
    text: str
    at: datetime

    @property
    def message(self) -> dict[str, Any]:
        """The message as a dict."""
        return {"role": "user", "content": self.text, "timestamp": self.at.isoformat()}


def conversation(turns: int, *, users: int = 10, seed: int = 0) -> Iterator[Said]:
    """Turns of several users: where they live, what they think by now, and nothing at all."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    for number in range(turns):
        topic = chance.choice(TOPICS)
        text = chance.choice(
            (
                f"I have moved to City{number}.",
                f"My opinion on the topic {topic} is number {number} by now.",
                f"I own thing {number} since today, and it is mine.",
                f"Somebody has told me a story of the number {number}.",
            )
        )
        yield Said(
            user=f"user-{number % users}",
            thread=f"thread-{number % users}-{number // (users * 5)}",
            text=text,
            at=START + timedelta(minutes=number),
        )


class UnderstandingModel(BaseChatModel):
    """Extracts and decides as the conversation means it; each answer may be spoilt.

    Attributes:
        spoil: what becomes of an answer; may raise.
        calls: how many answers were given or spoilt.
    """

    spoil: Fault = Field(default=lambda answer: answer, exclude=True)
    calls: int = 0

    @property
    def _llm_type(self) -> str:
        return "understanding"

    def _generate(self, *_: Any, **__: Any) -> ChatResult:
        raise NotImplementedError

    def with_structured_output(self, schema: Any, **_: Any) -> Runnable[LanguageModelInput, Any]:
        """The answer to a prompt, in the shape of `include_raw=True`."""
        name = schema["title"]
        listed = _extracted if name == "memories" else _decided

        def answer(prompt: Any) -> Answer:
            self.calls += 1
            items = listed(str(prompt[-1].text))
            parsed = {name: items}
            raw = AIMessage(json.dumps(parsed))
            return self.spoil({"raw": raw, "parsed": parsed, "parsing_error": None})

        return RunnableLambda(answer)


def _extracted(prompt: str) -> list[dict[str, Any]]:
    before, _, messages = prompt.rpartition("MESSAGES:")
    known = _KNOWN.findall(before)
    said = ((int(number), json.loads(text)) for number, text in _MESSAGE.findall(messages))
    found = (_item(number, text, known) for number, text in said)
    return [item for item in found if item]


def _item(number: int, text: str, known: Statements) -> dict[str, Any] | None:
    """What a message says that is worth remembering, and what it does to what is known."""
    if "moved to" in text:
        city = text.rpartition(" ")[2].rstrip(".")
        content, attribute = f"Lives in {city}", "home_city"
    elif "opinion" in text or "own" in text:
        content, attribute = text.replace("My", "Has the").replace("I own", "Owns"), None
    else:
        return None
    action, places = _decision(content, known)
    fields = {"action": action, "known": places, "whole": None}
    return candidate_item(content, attribute=attribute, message=number, quote=text, **fields)


def _decided(prompt: str) -> list[dict[str, Any]]:
    stored, decisions = _STORED.findall(prompt), []
    for number, new in enumerate(_NEW.findall(prompt)):
        action, places = _decision(new, stored)
        decisions.append({"item": number, "action": action, "memories": places, "content": None})
    return decisions


def _decision(new: str, stored: Statements) -> tuple[str, list[int]]:
    """Another opinion on a topic supersedes all there are; anything else is new."""
    topic = _topic(new)
    places = [int(place) for place, text in stored if topic and _topic(text) == topic]
    return ("supersede" if places else "add"), places


def _topic(text: str) -> str | None:
    found = _TOPIC.search(text)
    return found[0] if found else None


def failing(share: float, faults: Mapping[str, Fault], *, seed: int) -> Fault:
    """Spoil so many of the answers, each by one of the faults."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret

    def spoil(answer: Answer) -> Answer:
        if chance.random() >= share:
            return answer
        return faults[chance.choice(sorted(faults))](answer)

    return spoil
