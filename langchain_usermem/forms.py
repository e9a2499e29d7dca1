"""Words that a question and a statement have in different forms, told by their letters alone.

Stems are English ones, and no vocabulary is complete: "Wann stehe ich auf?" shares no stem with
"Steht um fünf auf", nor "am Abend" with "zum Abendessen". Letters know no language.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import takewhile

from langchain_usermem.about import Asked, Told
from langchain_usermem.thesaurus import meaning_of

SAME_LETTERS = 0.7
"""Share of the longer word that two forms of one word begin with."""

LEAST_BEGINNING = 3
LONGEST_ENDING = 3
"""Letters that either form has behind what they have in common."""

LEAST_PART = 4
LEAST_OTHER_PART = 3
"""Letters of the two parts of a compound."""


def in_other_forms(asked: Asked, statements: Sequence[Told]) -> list[float]:
    """For each statement the share of a question's words that it has in another form, in [0, 1].

    What any of the statements has as it is asked for is not looked for in other forms: a word
    that is there is the better one.
    """
    known = frozenset[str]().union(*(told.meanings for told in statements))
    unknown = [word for word in asked.words if meaning_of(word) not in known]
    if not unknown:
        return [0.0] * len(statements)
    return [_count(unknown, told.words) / len(asked.words) for told in statements]


def _count(wanted: Sequence[str], words: frozenset[str]) -> int:
    """How many of some words are among others in another form."""
    return sum(any(is_form_of(word, other) for other in words) for word in wanted)


@lru_cache(maxsize=65_536)
def is_form_of(one: str, other: str) -> bool:
    """Whether two folded words are forms of one word, or one is part of the other.

    >>> is_form_of("hore", "hort"), is_form_of("abend", "abendessen"), is_form_of("cat", "car")
    (True, True, False)
    """
    if not (one.isalpha() and other.isalpha()):
        return False
    short, long = sorted((one, other), key=len)
    return _begin_alike(short, long) or _is_part(short, long)


def _begin_alike(short: str, long: str) -> bool:
    same = sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(short, long, strict=False))
    )
    enough = max(LEAST_BEGINNING, SAME_LETTERS * len(long), len(long) - LONGEST_ENDING)
    return same >= enough


def _is_part(short: str, long: str) -> bool:
    has_parts = len(short) >= LEAST_PART and len(long) - len(short) >= LEAST_OTHER_PART
    return has_parts and (long.startswith(short) or long.endswith(short))
