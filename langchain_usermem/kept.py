"""What is made of texts, kept for those that come again."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

T = TypeVar("T")

LONGEST = 200
"""Characters of texts of which many are kept: nearly all statements and questions."""

LONG_ONES = 32
"""How many longer ones are kept, for who asks several times in a row. In Chinese two thousand
characters are as many words, and what is made of one such text takes up to 300 kB."""


def kept_of_texts(maxsize: int) -> Callable[[Callable[[str], T]], Callable[[str], T]]:
    """A decorator that keeps what a function made of up to `maxsize` texts, and of few long ones.

    What it makes is given to others too: it is frozen.
    """

    def keeping(make: Callable[[str], T]) -> Callable[[str], T]:
        of_short, of_long = lru_cache(maxsize)(make), lru_cache(LONG_ONES)(make)

        @wraps(make)
        def kept(text: str) -> T:
            return of_short(text) if len(text) <= LONGEST else of_long(text)

        return kept

    return keeping
