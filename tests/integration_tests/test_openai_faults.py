"""A provider over HTTP that fails in every way it can: what comes of it, one row a fault."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from langchain_usermem.extraction import MAX_CANDIDATES, Extraction, LLMExtractor
from langchain_usermem.settings import MemorySettings
from langchain_usermem.testing import candidate_item
from tests.openai_server import (
    OpenAIServer,
    Reply,
    calls,
    completes,
    fails,
    hangs,
    lists,
    refuses,
    resets,
    says,
)

SAID = "I moved to Leeds and I have a dog called Biscuit."
LEEDS = candidate_item("Lives in Leeds", quote="moved to Leeds")
BISCUIT = candidate_item("Has a dog called Biscuit", quote="a dog called Biscuit")
BOTH = ["Lives in Leeds", "Has a dog called Biscuit"]
TEXT = json.dumps({"memories": [LEEDS, BISCUIT]})
MANY = [candidate_item(f"Fact {n}", quote="moved") for n in range(10_000)]
ONE_CALL = MemorySettings(model_attempts=1)
FAILED = "the model call failed (Error{})"
CUT = "the answer was cut off"
NO_LIST = "the answer has no list of memories"

Row = tuple[Reply, list[str], list[str]]

ROWS: dict[str, Row] = {
    "whole": (says(TEXT), BOTH, []),
    "nothing found": (lists(), [], []),
    "tool call": (calls(TEXT), BOTH, []),
    "fenced": (says(f"```json\n{TEXT}\n```"), BOTH, []),
    "prose around it": (says(f"Here it is:\n{TEXT}\nAnything else?"), BOTH, []),
    "Python instead of JSON": (says(str({"memories": [LEEDS, BISCUIT]})), BOTH, []),
    "400": (fails(400), [], [FAILED.format(", 400")]),
    "401": (fails(401), [], [FAILED.format(", 401")]),
    "404": (fails(404), [], [FAILED.format(", 404")]),
    "429": (fails(429), [], [FAILED.format(", 429")]),
    "500": (fails(500), [], [FAILED.format(", 500")]),
    "503": (fails(503), [], [FAILED.format(", 503")]),
    "no JSON at all": (Reply(200, b"<html>"), [], [FAILED.format("")]),
    "time-out": (hangs(), [], [FAILED.format("")]),
    "connection reset": (resets(), [], [FAILED.format("")]),
    "null choices": (completes(None), [], [FAILED.format("")]),
    "no choices": (completes([]), [], [FAILED.format("")]),
    "refusal": (refuses(), [], ["the model refused"]),
    "content filter": (
        says("", finish_reason="content_filter"),
        [],
        ["the model refused"],
    ),
    "empty": (says(""), [], ["the answer is empty"]),
    "null content": (says(None), [], ["the answer is empty"]),
    "prose": (says("There is nothing I would note."), [], [NO_LIST]),
    "another list": (says('{"facts": []}'), [], [NO_LIST]),
    "cut off": (says(TEXT[:-20], finish_reason="length"), BOTH[:1], [CUT]),
    "cut off, unsaid": (says(TEXT[:-20]), BOTH[:1], [CUT]),
    "cut-off tool call": (calls(TEXT[:-20]), BOTH[:1], [CUT]),
    "a broken item": (
        says('{"memories": [{"content": }, ' + json.dumps(BISCUIT) + "]}"),
        BOTH[1:],
        ["1 of 2 items are malformed"],
    ),
    "wrong types": (
        lists(
            candidate_item("x", confidence="high", quote="moved"),
            candidate_item("x", confidence=10**400, quote="moved"),
            candidate_item("x" * 9_000, quote="moved"),
            {"content": ["x"], "quote": {"a": 1}, "message": 0},
            {"content": None, "category": 5, "message": True, "quote": 3},
            {**BISCUIT, "tags": 7, "category": ["a"], "expires": [1], "attribute": {"a": 1}},
        ),
        BOTH[1:],
        [
            "an item is malformed (TypeError)",
            "an item is malformed (OverflowError)",
            "an item is malformed (ValidationError)",
            "an item is malformed (ValidationError)",
        ],
    ),
    "10,000 items": (
        lists(*MANY),
        [f"Fact {n}" for n in range(MAX_CANDIDATES)],
        ["9900 items beyond 100 were ignored"],
    ),
    "nested too deep": (
        says('{"memories": [{"content": ' + "[" * 5_000 + "]" * 5_000 + "}, " + TEXT[14:]),
        BOTH,
        ["1 of 3 items are malformed"],
    ),
    "a huge string": (
        lists({**LEEDS, "quote": "x" * 400_000}, {**BISCUIT, "content": "x" * 400_000}),
        BOTH[:1],
        ["an item is malformed (ValidationError)"],
    ),
}


@pytest.fixture
def servers() -> Iterator[ExitStack]:
    """What closes the servers of a test."""
    with ExitStack() as stack:
        yield stack


def model_of(servers: ExitStack, replies: Sequence[Reply]) -> tuple[ChatOpenAI, OpenAIServer]:
    """A client that neither retries nor waits for long, and its server."""
    server = servers.enter_context(OpenAIServer(replies))
    key = SecretStr("none")
    model = ChatOpenAI(model="m", base_url=server.url, api_key=key, max_retries=0, timeout=0.5)
    return model, server


def told(found: Extraction) -> tuple[list[str], list[str]]:
    """The contents of what was found, and what failed."""
    assert {failure.stage for failure in found.failed} <= {"extract"}
    contents = [candidate.content for candidate in found.candidates]
    # The names of a provider's errors are not ours to promise.
    return contents, [re.sub(r"(failed \()\w*Error", r"\1Error", f.error) for f in found.failed]


@pytest.mark.parametrize("name", ROWS)
async def test_a_fault_of_a_provider_loses_nothing_that_was_said(
    servers: ExitStack, name: str
) -> None:
    """Whole items are kept, the fault is told without a word of the conversation; both doors."""
    reply, contents, faults = ROWS[name]
    extractor = LLMExtractor(model_of(servers, [reply])[0], settings=ONE_CALL)
    assert told(extractor.extract(SAID)) == (contents, faults)
    assert told(await extractor.aextract(SAID)) == (contents, faults)


@pytest.mark.parametrize(
    "word", ["response_format 'json_schema' is not supported", "'tools' is not supported"]
)
def test_a_server_without_structured_output_is_asked_otherwise(
    servers: ExitStack, word: str
) -> None:
    """A refusal of the parameter itself is no fault; the next call does not repeat it."""

    def reply(request: dict[str, Any]) -> Reply:
        able = "response_format" not in request
        if "tools" in word:
            able = able and "tools" not in request
        if not able:
            return fails(400, word)
        return calls(TEXT) if "tools" in request else says(f"```json\n{TEXT}\n```")

    server = servers.enter_context(OpenAIServer(reply))
    model = ChatOpenAI(model="m", base_url=server.url, api_key=SecretStr("none"), max_retries=0)
    extractor = LLMExtractor(model, settings=ONE_CALL)
    first = told(extractor.extract(SAID))
    asked = len(server.requests)
    assert first == told(extractor.extract(SAID)) == (BOTH, [])
    assert len(server.requests) == asked + 1


def test_a_failing_server_is_asked_once_a_call(servers: ExitStack) -> None:
    """No fault makes us ask again in another way."""
    model, server = model_of(servers, [fails(503), fails(429), resets(), says("")])
    for _ in range(4):
        LLMExtractor(model, settings=ONE_CALL).extract(SAID)
    assert len(server.requests) == 4
    assert all("response_format" in request for request in server.requests)
