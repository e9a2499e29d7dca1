"""Items read from a model's text: JSON as it should be, and as models write it.

Markdown fences, prose around the list, single quotes, Python's literals and trailing commas
are read over. Of a damaged list every whole item is kept, and the damage is told.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

Item = dict[str, object]

MAX_ANSWER_CHARS = 5_000_000
"""Characters of one answer that are read, far more than any provider lets a model write."""

MAX_DEPTH = 12
"""Brackets within brackets that an item may have; the schema's own have two."""

CUT_OFF = "the answer was cut off"
EMPTY = "the answer is empty"

_THOUGHTS_END = re.compile(r"</think(?:ing)?>")
_BARE_LIST = re.compile(r"\[(?=\s*[{\]])")
# Whole strings, brackets and marks, words, space; a quotation mark alone opens what never ends.
# In single quotes an apostrophe goes on: only one before a mark can close.
_TOKEN = re.compile(
    r"\"(?:[^\"\\]++|\\.)*+\"|'(?:[^'\\]++|\\.|'(?!\s*[,:}\]]))*+'"
    r"|[{}\[\],:]|[^\s{}\[\],:\"']++|\s++|[\"']",
    re.DOTALL,
)
_ESCAPED = re.compile(r"\\.|\"", re.DOTALL)
_DECODER = json.JSONDecoder(strict=False)
_LITERALS = {"True": "true", "False": "false", "None": "null"}


@dataclass(frozen=True)
class Answer:
    """Items that a model listed, and what was wrong with the answer, if anything was."""

    items: tuple[Item, ...] = ()
    fault: str | None = None


def listed_in(text: str, name: str) -> Answer:
    """The items of the list `name` in a text, or of a list that stands alone."""
    text = _without_thoughts(text)
    begins = re.search(rf"\b{re.escape(name)}[\"']?\s*[:=]\s*(?=\[)", text)
    start = begins.end() if begins else _bare_list(text)
    if start is None:
        return Answer(fault=f"the answer has no list of {name}" if text.strip() else EMPTY)
    return _list_at_the_start(text[start : start + MAX_ANSWER_CHARS])


def _without_thoughts(text: str) -> str:
    """What follows the thoughts that a reasoning model writes before its answer."""
    if not text.lstrip().startswith("<think"):
        return text
    ends = [match.end() for match in _THOUGHTS_END.finditer(text)]
    return text[ends[-1] :] if ends else text


def _list_at_the_start(text: str) -> Answer:
    """What the list that a text begins with holds: by the library if it can, else by token."""
    try:
        return of_list(_DECODER.raw_decode(text)[0])
    except (ValueError, RecursionError):
        elements, whole = _elements(text)
    answer = of_list([_parsed(element) for element in elements])
    return answer if whole else Answer(answer.items, CUT_OFF)


def of_list(listed: Iterable[object]) -> Answer:
    """The objects of a list as items; anything else among them is counted."""
    elements = list(listed)
    items = tuple(element for element in elements if isinstance(element, dict))
    lost = len(elements) - len(items)
    return Answer(items, f"{lost} of {len(elements)} items are malformed" if lost else None)


def _bare_list(text: str) -> int | None:
    """Where a list without a name begins; within an object it would have another one's."""
    found = _BARE_LIST.search(text)
    return found.start() if found and "{" not in text[: found.start()] else None


def _elements(text: str) -> tuple[list[str], bool]:
    """The elements of the list that a text begins with, as JSON, and whether the list ends."""
    elements: list[list[str]] = [[]]
    depth = 0
    for match in _TOKEN.finditer(text):
        token = match[0]
        depth += (token in ("[", "{")) - (token in ("]", "}"))
        if depth == 0:
            return _joined(elements), True
        if token in ("'", '"'):
            break
        if (depth, token) == (1, ","):
            elements.append([])
        elif match.start():  # not the bracket that the list begins with
            _append(elements[-1], token, depth)
    # A last element that is whole but for what follows it counts; an open one does not.
    return _joined(elements if depth == 1 else elements[:-1]), False


def _append(parts: list[str], token: str, depth: int) -> None:
    """Put a token, as JSON has it, behind the parts of its element."""
    if token in ("]", "}") and parts[-1:] == [","]:
        parts.pop()
    if not token.isspace():
        # What is nested too deep is made unreadable, so that no parser has to follow it down.
        parts.append(_as_json(token) if depth <= MAX_DEPTH else "?")


def _joined(elements: Iterable[list[str]]) -> list[str]:
    return ["".join(parts) for parts in elements if parts]


def _as_json(token: str) -> str:
    if not token.startswith("'"):
        return _LITERALS.get(token, token)
    return '"' + _ESCAPED.sub(_requoted, token[1:-1]) + '"'


def _requoted(match: re.Match[str]) -> str:
    """What is escaped in single quotes, and what must be in double ones."""
    return {'"': '\\"', "\\'": "'"}.get(match[0], match[0])


def _parsed(element: str) -> object:
    """What an element says, or None where it is no JSON."""
    try:
        return _DECODER.decode(element)
    except ValueError:
        return None
