"""Filters that SQLite narrows down, so that fewer rows are read; `filters` has the last word."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TypeAlias

from langchain_usermem.filters import Filter

Condition: TypeAlias = tuple[str, str | int]
"""A JSON path, and the value that a row has there if it passes."""

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_]+")
_LAST_EXACT_INTEGER = 2**53
# SQLite takes a limited number of parameters, and the first few narrow enough.
_MOST = 8


def conditions_of(filter: Filter | None) -> list[Condition]:  # noqa: A002 - LangGraph's own word
    """The equalities in a filter that SQLite decides as Python does, or more generously.

    Left out are None, which a missing key equals too, floats and large integers, which SQLite
    reads with another last digit, and text that it would cut or cannot be given.
    """
    return list(islice(_conditions(filter), _MOST)) if filter else []


def clauses_of(conditions: Sequence[Condition]) -> str:
    """SQL that narrows `items i` down, with two parameters a condition.

    JSON too deep for SQLite, or damaged, is left for Python to judge.
    """
    clause = " AND (NOT json_valid(i.value) OR json_extract(i.value, ?) = ?)"
    return clause * len(conditions)


def _conditions(filter: Filter) -> Iterator[Condition]:  # noqa: A002 - LangGraph's own word
    for key, wanted in filter.items():
        if _PLAIN_KEY.fullmatch(key) and isinstance(wanted, str | int) and _is_exact(wanted):
            yield f'$."{key}"', wanted


def _is_exact(wanted: str | int) -> bool:
    if isinstance(wanted, str):
        return wanted.isprintable()
    return abs(wanted) <= _LAST_EXACT_INTEGER
