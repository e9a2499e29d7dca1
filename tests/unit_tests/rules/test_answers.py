from collections.abc import Callable

import pytest

Row = tuple[str, str, str | None, str]

SAID: tuple[tuple[str, list[Row]], ...] = (
    (
        "I always want code in Rust",
        [("Always wants code in Rust", "preference", "response_rule", "E")],
    ),
    (
        "Answer me in Spanish, in bullets.",
        [
            ("Answer in Spanish", "preference", "response_language", "E"),
            ("Answer in bullet points", "preference", "response_format", "E"),
        ],
    ),
    (
        "can you answer in French from now on?",
        [("Answer in French", "preference", "response_language", "E")],
    ),
    (
        "I'd like you to always answer in French",
        [("Answer in French", "preference", "response_language", "E")],
    ),
    ("please keep answers short", [("Keep answers short", "preference", "response_length", "E")]),
    ("use metric units", [("Use metric units", "preference", "response_rule", "E")]),
    ("no emojis", [("Do not use emojis", "preference", "response_rule", "E")]),
    ("be brief", [("Keep answers short", "preference", "response_length", "E")]),
    ("use a formal tone", [("Answer in a formal tone", "preference", "response_tone", "E")]),
    ("speak German with me", [("Answer in German", "preference", "response_language", "E")]),
    ("From now on, cite your sources", [("Cite your sources", "preference", "response_rule", "E")]),
    ("I prefer short answers", [("Keep answers short", "preference", "response_length", "E")]),
    ("never use jargon", [("Do not use jargon", "preference", "response_rule", "E")]),
    ("Always be polite with me", [("Answer in a polite tone", "preference", "response_tone", "E")]),
    (
        "In future, reply in French and in bullet points",
        [
            ("Answer in French", "preference", "response_language", "E"),
            ("Answer in bullet points", "preference", "response_format", "E"),
        ],
    ),
    ("Please always respond in JSON", [("Answer in JSON", "preference", "response_format", "E")]),
    (
        "Keep your answers under 100 words",
        [("Keep answers under 100 words", "preference", "response_length", "E")],
    ),
    ("Talk to me like a pirate", [("Talk like a pirate", "preference", "response_tone", "E")]),
    (
        "I want all code in Python",
        [("Wants all code in Python", "preference", "response_rule", "E")],
    ),
    ("I'd prefer short answers", [("Keep answers short", "preference", "response_length", "E")]),
    ("Stop using emojis", [("Do not use emojis", "preference", "response_rule", "E")]),
    ("Don't use emojis please", [("Do not use emojis", "preference", "response_rule", "E")]),
    (
        "Answer with a numbered list",
        [("Answer in a numbered list", "preference", "response_format", "E")],
    ),
    ("Keep it short please", [("Keep answers short", "preference", "response_length", "E")]),
    ("Please be concise.", [("Keep answers short", "preference", "response_length", "E")]),
    (
        "I prefer answers in Spanish",
        [("Answer in Spanish", "preference", "response_language", "E")],
    ),
    (
        "I want you to always cite sources",
        [("Always cite sources", "preference", "response_rule", "E")],
    ),
    (
        "You should always answer in English",
        [("Answer in English", "preference", "response_language", "E")],
    ),
    (
        "Always explain your reasoning",
        [("Always explain your reasoning", "preference", "response_rule", "E")],
    ),
    ("never mention my ex", [("Never mention their ex", "preference", "response_rule", "E")]),
    (
        "Could you please use celsius from now on?",
        [("Use celsius", "preference", "response_rule", "E")],
    ),
    ("Use bullet points", [("Answer in bullet points", "preference", "response_format", "E")]),
    (
        "Answer in short bullet points",
        [("Answer in short bullet points", "preference", "response_format", "E")],
    ),
    (
        "Always use brief bullets",
        [("Answer in short bullet points", "preference", "response_format", "E")],
    ),
    (
        "Please reply in English only",
        [("Answer in English", "preference", "response_language", "E")],
    ),
    ("Answer in one sentence", [("Answer in one sentence", "preference", "response_length", "E")]),
    (
        "Respond with a numbered list",
        [("Answer in a numbered list", "preference", "response_format", "E")],
    ),
    ("Use the metric system", [("Use the metric system", "preference", "response_rule", "E")]),
    ("Keep it short", [("Keep answers short", "preference", "response_length", "E")]),
)


@pytest.mark.parametrize(("text", "expected"), SAID)
def test_statements_of_answers(
    rows: Callable[[str], list[Row]], text: str, expected: list[Row]
) -> None:
    """How a user wants to be answered becomes an explicit preference."""
    assert rows(text) == expected
