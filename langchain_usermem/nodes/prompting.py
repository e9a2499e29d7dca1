"""The messages that a model is sent: the conversation with memories woven in.

The profile ends the one system message, where it stays the same from turn to turn; what was
recalled for this turn stands before the text of the last human message. The conversation in
the state is left as it is.
"""

import re
from collections.abc import Sequence
from typing import Any

from langchain_core.messages import (
    BaseMessage,
    HumanMessage,
    SystemMessage,
    trim_messages,
)

from langchain_usermem.memory import Memory, Recalled
from langchain_usermem.nodes.fields import field_of
from langchain_usermem.prompts import render_profile, render_recalled
from langchain_usermem.tokens import TokenCounter
from langchain_usermem.turns import text_of

Remembered = tuple[list[Memory], list[Memory]]
"""The profile, and what was recalled for a turn."""

_MESSAGE_OVERHEAD = 4
_LEANING_WORDS = 10
_LEANS = re.compile(
    r"(and|but|or|so|then|also|why|what about|how about|which|that|those|these|this|it|he|she|"
    r"they|the (first|second|third|last|other|same))\b",
    re.IGNORECASE,
)


def query_of(messages: Sequence[BaseMessage]) -> str:
    """What to search for: the last human message, with the one before where it leans on it.

    Empty where the last human message has no text.
    """
    said = [text_of(message) for message in messages if isinstance(message, HumanMessage)]
    if not said or not said[-1]:
        return ""
    leans = _LEANS.match(said[-1]) and len(said[-1].split()) <= _LEANING_WORDS
    return "\n".join(said[-2:]) if leans else said[-1]


def last_turn(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """The last human message and what follows it; empty where no human spoke."""
    place = _last_human(messages)
    return [] if place is None else list(messages[place:])


def before_last_turn(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """What stands before the last human message; all of it where no human spoke."""
    return list(messages[: _last_human(messages)])


def memories_in(state: object) -> Remembered:
    """The memories that `retrieve` wrote into a state.

    Raises:
        TypeError, ValueError: something else is under their keys.
    """
    profile = [Memory.from_value(value) for value in field_of(state, "profile") or ()]
    recalled = [Recalled.from_value(value) for value in field_of(state, "recalled") or ()]
    return profile, [found.memory for found in recalled]


def with_memories(
    messages: Sequence[BaseMessage],
    *,
    profile: Sequence[Memory],
    recalled: Sequence[Memory],
    fence: str,
    system_prompt: str | None = None,
) -> list[BaseMessage]:
    """A conversation as it is sent: one system message with the profile, memories in place."""
    leading = _leading_system(messages)
    parts = [system_prompt or "", *(text_of(message) for message in leading)]
    parts.append(render_profile(profile, fence))
    system = SystemMessage("\n\n".join(part for part in parts if part))
    return [system, *_with_recalled(messages[len(leading) :], render_recalled(recalled, fence))]


def trimmed(
    messages: Sequence[BaseMessage], limit: int, count_tokens: TokenCounter
) -> list[BaseMessage]:
    """The newest messages that fit into `limit` tokens, from a human one on.

    System messages at the start are kept, and so is the last human message with what follows
    it, however long.
    """
    leading = _leading_system(messages)
    rest = list(messages[len(leading) :])
    kept: list[BaseMessage] = trim_messages(
        rest,
        max_tokens=limit,
        token_counter=lambda counted: sum(_size(message, count_tokens) for message in counted),
        strategy="last",
        start_on="human",
    )
    place = _last_human(rest)
    least = [] if place is None else rest[place:]
    return [*leading, *(kept if len(kept) >= len(least) else least)]


def _size(message: BaseMessage, count_tokens: TokenCounter) -> int:
    calls = getattr(message, "tool_calls", None)
    return count_tokens(text_of(message) + (str(calls) if calls else "")) + _MESSAGE_OVERHEAD


def _leading_system(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    others = (n for n, message in enumerate(messages) if not isinstance(message, SystemMessage))
    return list(messages[: next(others, len(messages))])


def _last_human(messages: Sequence[BaseMessage]) -> int | None:
    places = range(len(messages) - 1, -1, -1)
    return next((n for n in places if isinstance(messages[n], HumanMessage)), None)


def _with_recalled(messages: Sequence[BaseMessage], block: str) -> list[BaseMessage]:
    place = _last_human(messages)
    if place is None or not block:
        return list(messages)
    message = messages[place]
    content = _prefixed(message.content, block)
    changed = message.model_copy(update={"content": content})
    return [*messages[:place], changed, *messages[place + 1 :]]


def _prefixed(content: Any, block: str) -> Any:
    """Content with a block of text before it, whether it is text or a list of parts."""
    if isinstance(content, str):
        return f"{block}\n\n{content}"
    return [{"type": "text", "text": block}, *content]
