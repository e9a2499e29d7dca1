"""The sentences of a message that may be the user's own statements.

Code and longer quotations are masked in place, so that what is left can be told from them and
every sentence can still be copied from the message letter by letter.
"""

import re
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

MAX_MESSAGE_CHARS = 2_000
"""Of a longer message, a pasted document, only the first and last paragraph are read."""

MAX_SENTENCE_CHARS = 400
"""Longer sentences are passed over; it also bounds the work of every pattern."""

MASK = "\0"
"""What stands for each character of code or quotation. No pattern matches it."""

_CODE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]{1,400}`", re.DOTALL)
_QUOTATION = re.compile(
    r"\"[^\"\n]{1,400}\"|\u201c[^\u201d\n]{1,400}\u201d|\u00ab[^\u00bb\n]{1,400}\u00bb"
    r"|(?<!\w)['\u2018][^'\u2018\u2019\n]{1,400}['\u2019](?!\w)"
)
_SOMEONE_SPEAKS = re.compile(r"\b(?:I|I'm|my|me|we|you|your|ignore|remember)\b", re.IGNORECASE)
_LONGEST_TITLE = 6
_END = re.compile(r"(?<![.!?\u2026])[.!?\u2026]++(?=[\s\"')\u201d]|$)")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:St|Dr|Mr|Mrs|Ms|Prof|Mt|Jr|Sr|No|approx|vs|e\.g|i\.e|[A-Z]|[ap]\.m"
    r"|(?:[A-Z]\.)+[A-Z])$"
)


class Sentence(NamedTuple):
    """A sentence as it stands in the message, and with code and quotations masked."""

    quote: str
    masked: str


def sentences_in(text: str) -> list[Sentence]:
    """The sentences outside code, in order; none that is longer than `MAX_SENTENCE_CHARS`."""
    found = []
    for paragraph in _paragraphs(text):
        masked = _masked(paragraph)
        for start, end in _spans(masked):
            if end - start <= MAX_SENTENCE_CHARS:
                found.append(Sentence(paragraph[start:end], masked[start:end]))
    return found


def _paragraphs(text: str) -> list[str]:
    """The paragraphs to read: all of a message, or the ends of a pasted document."""
    if len(text) <= MAX_MESSAGE_CHARS:
        return [text]
    lines = _CODE.sub("\n\n", text).splitlines()
    groups = groupby(lines, key=lambda line: bool(line.strip()))
    paragraphs = ["\n".join(group) for filled, group in groups if filled]
    ends = paragraphs[:1] + paragraphs[1:][-1:]
    return [end for end in ends if len(end) <= MAX_MESSAGE_CHARS // 2]


def _masked(text: str) -> str:
    without_code = _CODE.sub(_mask, text)
    lines = without_code.split("\n")
    kept = [MASK * len(line) if line.lstrip().startswith(">") else line for line in lines]
    return _QUOTATION.sub(_mask_speech, "\n".join(kept))


def _mask(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", MASK, match[0])


def _mask_speech(match: re.Match[str]) -> str:
    """Masks what somebody says; leaves a title or a name in quotation marks."""
    speech = len(match[0].split()) > _LONGEST_TITLE or _SOMEONE_SPEAKS.search(match[0])
    return _mask(match) if speech else match[0]


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Where each sentence begins and ends, without the space around it."""
    start = 0
    for line in text.splitlines(keepends=True):
        begin = start
        for mark in _END.finditer(line):
            end = start + mark.end()
            if mark[0] != "." or not _ABBREVIATION.search(text[max(begin, end - 12) : end - 1]):
                yield from _trimmed(text, begin, end)
                begin = end
        start += len(line)
        yield from _trimmed(text, begin, start)


def _trimmed(text: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
    part = text[begin:end]
    if part.strip():
        lead = len(part) - len(part.lstrip())
        yield begin + lead, begin + len(part.rstrip())
