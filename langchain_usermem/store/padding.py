"""Values for statements with many placeholders."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

# Few, so that each statement is compiled once a connection.
_SIZES = (1, 4, 16, 64, 512)


def padded(values: Sequence[T], nothing: T) -> Iterator[Sequence[T]]:
    """The values in order, in parts of a few fixed lengths; the last is filled up.

    >>> [len(part) for part in padded(range(530), -1)]
    [512, 64]
    """
    most = _SIZES[-1]
    for start in range(0, len(values), most):
        part = values[start : start + most]
        size = next(size for size in _SIZES if size >= len(part))
        yield [*part, *[nothing] * (size - len(part))]
