"""Columns as arrays, and how rows lie in threads."""

from datetime import UTC, datetime

import numpy as np
import pytest

from langchain_usermem.arrays import (
    KEPT,
    Column,
    identities_of,
    once_a_column,
    seconds_of,
    shares_of,
    threads_of,
)


def new_object(_column: Column) -> object:
    """Another object at each call."""
    return object()


def test_shares_are_as_stored() -> None:
    """A row without a share has a half."""
    np.testing.assert_array_equal(shares_of((0.9, None, 0)), np.array([0.9, 0.5, 0.0], np.float32))


def test_identities_are_marked() -> None:
    """One for the category of who the user is, nothing for any other."""
    assert identities_of(("identity", "fact", None)).tolist() == [1.0, 0.0, 0.0]


def test_moments_are_seconds() -> None:
    """A moment in any zone counts from 1970; none is NaN."""
    moment = datetime(2025, 5, 1, tzinfo=UTC)
    found = seconds_of((moment.isoformat(), None, "2025-05-01T02:00:00+02:00"))
    assert found[[0, 2]].tolist() == [moment.timestamp()] * 2
    assert np.isnan(found[1])


def test_rows_lie_in_threads() -> None:
    """Rows are brought together by thread in their own order; two without are not together."""
    lying = threads_of(("b", None, "a", "b", None, "b", "b"))
    by_thread = [("b", None, "a", "b", None, "b", "b")[row] for row in lying.order]
    assert by_thread == [None, None, "b", "b", "b", "b", "a"]
    assert lying.order[lying.places].tolist() == list(range(7))
    assert lying.together[0].tolist() == [0, 0, 1, 1, 1, 0]
    assert lying.together[1].tolist() == [0, 0, 1, 1, 0]
    assert (lying.groups.tolist(), lying.counts.tolist()) == ([0, 1, 2, 2, 2, 2, 3], [1, 1, 3, 1])
    assert lying.bests.tolist() == [0, 1, 2, 3, 4, 6]


def test_no_rows_lie_in_no_threads() -> None:
    """Nothing to lay out is no error."""
    assert threads_of(()).order.tolist() == threads_of([]).groups.tolist() == []


@pytest.mark.parametrize("kind", [tuple, list])
def test_an_array_is_made_once_of_a_tuple(kind: type[tuple[object, ...] | list[object]]) -> None:
    """Of a list, which may change, it is made anew each time."""
    counted, column = once_a_column(new_object), kind((1, 2))
    assert (counted(column) is counted(column)) == (kind is tuple)


def test_equal_tuples_are_told_apart() -> None:
    """What is kept is for this very tuple: no other user's is compared with it."""
    counted = once_a_column(new_object)
    one, other = (tuple(map(str, range(2))) for _ in range(2))
    assert counted(one) is counted(one)
    assert counted(one) is not counted(other)


def test_what_is_kept_is_bounded() -> None:
    """After many other columns an array is made again."""
    counted = once_a_column(new_object)
    first = (0, 0)
    before = counted(first)
    others = [(number, 0) for number in range(KEPT)]
    for column in others:
        counted(column)
    assert counted(first) is not before
