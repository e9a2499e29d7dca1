"""Tokens are counted without the network, exactly where a vocabulary lies on disk."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_socket import SocketBlockedError

from langchain_usermem import tokens
from langchain_usermem.prompts import extraction_instructions
from langchain_usermem.settings import MemorySettings
from langchain_usermem.tokens import estimate_tokens, token_counter

VOCABULARIES = os.environ.get("USERMEM_TIKTOKEN_CACHE")
CL100K = "9b5ad71b2ce5302211f9c61530b329a4922fc6a4"


@pytest.fixture(autouse=True)
def forget_what_was_found(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test looks for vocabularies anew, and finds no variable set."""
    monkeypatch.delenv("TIKTOKEN_CACHE_DIR", raising=False)
    monkeypatch.delenv("DATA_GYM_CACHE_DIR", raising=False)
    tokens._is_cached.cache_clear()
    yield
    tokens._is_cached.cache_clear()


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2), ("東京", 2), ("😀", 1), ("\ud800", 1)],
)
def test_estimate_is_a_quarter_of_the_bytes(text: str, count: int) -> None:
    """Four bytes of UTF-8 are a token, rounded up; a lone surrogate counts as one byte."""
    assert estimate_tokens(text) == count


@given(st.text(max_size=30), st.text(max_size=30))
def test_estimate_never_falls_as_text_grows(one: str, other: str) -> None:
    """A longer text has as many tokens or more, and parts add up to no less than the whole."""
    whole = estimate_tokens(one + other)
    assert whole >= max(estimate_tokens(one), estimate_tokens(other))
    assert whole <= estimate_tokens(one) + estimate_tokens(other)


@pytest.mark.parametrize(
    "model", [None, "gpt-4o-mini", "gpt-4", "openai:gpt-4o", "unknown", "gpt2"]
)
def test_without_vocabulary_counts_are_estimates(
    model: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """For any model's name, nothing is downloaded."""
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    assert token_counter(model) is estimate_tokens


def test_cache_that_is_turned_off_holds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty TIKTOKEN_CACHE_DIR makes tiktoken download each time, so it is never asked."""
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "")
    assert token_counter("gpt-4") is estimate_tokens


def test_damaged_vocabulary_is_not_trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As tiktoken would replace it by downloading, the estimate is taken."""
    (tmp_path / CL100K).write_text("IQ== 0\n")
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    assert token_counter("gpt-4") is estimate_tokens


@pytest.mark.skipif(not VOCABULARIES, reason="USERMEM_TIKTOKEN_CACHE names no folder")
@pytest.mark.parametrize("variable", ["TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR"])
def test_with_vocabulary_counts_are_exact(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers of tokens are tiktoken's own; what looks like a control token is plain text."""
    monkeypatch.setenv(variable, VOCABULARIES or "")
    count = token_counter("gpt-4")
    assert count is not estimate_tokens
    assert [count(text) for text in ("", "Answer me in Spanish.", "東京", "<|endoftext|>")] == [
        0,
        5,
        3,
        7,
    ]


@pytest.mark.skipif(not VOCABULARIES, reason="USERMEM_TIKTOKEN_CACHE names no folder")
def test_extraction_instructions_cost_less_than_900_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the vocabulary of OpenAI's models, with all that settings of ours can add."""
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", VOCABULARIES or "")
    count = token_counter("gpt-4o")
    assert count is not estimate_tokens
    assert count(extraction_instructions(MemorySettings(extract_tool_results=True))) <= 900


@pytest.mark.filterwarnings("ignore:A test tried to use socket")
def test_unit_tests_have_no_network() -> None:
    """Whatever would download a vocabulary fails here."""
    with pytest.raises(SocketBlockedError):
        socket.socket(socket.AF_INET)
