"""A completion as the chunks that OpenAI's servers send while it is written."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

Json = dict[str, Any]
DONE = b"data: [DONE]\n\n"


def events_of(completion: Mapping[str, Any], *, with_usage: bool) -> Iterator[bytes]:
    """The server-sent events of a completion: a word each, how it ended, its usage, the end."""
    shared = {key: completion[key] for key in ("id", "created", "model")}
    for choices in _choices(completion):
        yield _event({**shared, "choices": choices})
    if with_usage:
        yield _event({**shared, "choices": [], "usage": completion["usage"]})
    yield DONE


def _choices(completion: Mapping[str, Any]) -> Iterator[Any]:
    """The choices of each chunk; what are no choices is sent as it is."""
    whole = completion["choices"]
    if not whole:
        yield whole
    for choice in whole or ():
        for delta in _deltas(choice["message"]):
            yield [{"index": choice["index"], "delta": delta, "finish_reason": None}]
        yield [{"index": choice["index"], "delta": {}, "finish_reason": choice["finish_reason"]}]


def _deltas(message: Mapping[str, Any]) -> Iterator[Json]:
    """What a message grows by: its role, then its words, then its calls, piece by piece."""
    yield {"role": message["role"], "content": ""}
    for field in ("content", "refusal"):
        for word in _words(message.get(field) or ""):
            yield {field: word}
    for index, call in enumerate(message.get("tool_calls", ())):
        function = call["function"]
        yield {"tool_calls": [{**call, "index": index, "function": {**function, "arguments": ""}}]}
        for word in _words(function["arguments"]):
            yield {"tool_calls": [{"index": index, "function": {"arguments": word}}]}


def _words(text: str) -> list[str]:
    """The words of a text, each with the space after it; together they are the text."""
    return re.findall(r"\S+\s*|\s+", text)


def _event(body: Mapping[str, Any]) -> bytes:
    chunk = {"object": "chat.completion.chunk", **body}
    return f"data: {json.dumps(chunk)}\n\n".encode()
