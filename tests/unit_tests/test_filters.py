"""Filters against a second reading of the same rules, and against LangGraph's own store."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langgraph.store.memory import InMemoryStore

from langchain_usermem.errors import InvalidFilterError
from langchain_usermem.filters import OPERATORS, check_filter, matches

Json = Any

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.5, 1.0, float("nan"), float("inf"), 10**400])
    | st.sampled_from(["", "a", "b", "1", "10", "2.5", "nan", "é"])
)
keys = st.sampled_from(["a", "b", "c"])
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=2),
    max_leaves=5,
)
objects = st.dictionaries(keys, values, max_size=3)
operands = scalars | st.lists(scalars, max_size=2) | st.dictionaries(keys, scalars, max_size=2)
comparisons = st.dictionaries(st.sampled_from(sorted(OPERATORS)), operands, min_size=1, max_size=2)
conditions = st.recursive(
    scalars | st.lists(scalars, max_size=2) | comparisons,
    lambda inner: st.dictionaries(keys, inner, max_size=2),
    max_leaves=4,
)
filters = st.dictionaries(keys, conditions, max_size=2)


def expected(value: Json, condition: Json) -> bool:
    """The rules once more, spelt out case by case."""
    if not isinstance(condition, dict):
        return same(value, condition)
    if any(key.startswith("$") for key in condition):
        return all(holds(value, name, operand) for name, operand in condition.items())
    if not isinstance(value, dict):
        return False
    return all(expected(value.get(key), inner) for key, inner in condition.items())


def same(left: Json, right: Json) -> bool:
    """Equality of JSON values, by their types first."""
    if type(left) is not type(right):
        numbers = {type(left), type(right)} == {int, float}
        return numbers and bool(left == right)
    if isinstance(left, list):
        return len(left) == len(right) and all(
            same(one, other) for one, other in zip(left, right, strict=True)
        )
    if isinstance(left, dict):
        return set(left) == set(right) and all(same(left[key], right[key]) for key in left)
    return bool(left == right)


def holds(value: Json, name: str, operand: Json) -> bool:
    """Whether one operator holds between a value and an operand."""
    if name in ("$eq", "$ne"):
        return same(value, operand) == (name == "$eq")
    if not (isinstance(value, str) and isinstance(operand, str)):
        value, operand = number(value), number(operand)
        if value is None or operand is None:
            return False
    compared: Mapping[str, Callable[[], bool]] = {
        "$gt": lambda: value > operand,
        "$gte": lambda: value >= operand,
        "$lt": lambda: value < operand,
        "$lte": lambda: value <= operand,
    }
    return compared[name]()


def number(value: Json) -> float | None:
    """A JSON value as a number, or None where it is none."""
    if type(value) in (int, float):
        return value  # type: ignore[no-any-return] # a number, by the line above
    try:
        return float(value) if isinstance(value, str) else None
    except ValueError:
        return None


@given(objects, filters)
def test_filters_agree_with_a_second_reading(value: Json, wanted: Json) -> None:
    """Any value passes any filter exactly where the rules, spelt out, say so."""
    check_filter(wanted)
    assert matches(value, wanted) == all(
        expected(value.get(key), condition) for key, condition in wanted.items()
    )


@given(
    st.dictionaries(keys, st.integers(-3, 3) | st.none(), max_size=3),
    st.dictionaries(
        keys,
        st.integers(-3, 3)
        | st.dictionaries(st.sampled_from(["$eq", "$ne"]), st.integers(-3, 3), max_size=2)
        | st.dictionaries(keys, st.integers(-3, 3), min_size=1, max_size=2),
        max_size=2,
    ),
)
def test_filters_agree_with_langgraph_where_it_has_no_quirks(value: Json, wanted: Json) -> None:
    """Equality, inequality and nesting are those of `InMemoryStore`."""
    store = InMemoryStore()
    store.put(("n",), "k", value)
    assert matches(value, wanted) == bool(store.search(("n",), filter=wanted))


@pytest.mark.parametrize(
    ("value", "condition", "passes"),
    [
        (5, {"$gt": 4}, True),
        (10, {"$gt": 9}, True),
        (10, {"$gt": "9"}, True),
        ("10", {"$gt": 9}, True),
        ("10", {"$gt": "9"}, False),
        ("b", {"$gt": 1}, False),
        (None, {"$lte": 1}, False),
        (True, {"$gte": 0}, False),
        (True, 1, False),
        (1, True, False),
        (False, 0, False),
        (1, 1.0, True),
        ([1, [2.0]], [1.0, [2]], True),
        ([True], [1], False),
        ([1, 2], [2, 1], False),
        ((1, 2), [1, 2], True),
        ({"b": 1, "c": 2}, {"b": 1}, True),
        ({"b": 1, "c": 2}, {"$eq": {"b": 1}}, False),
        ({"b": {"c": 3}}, {"b": {"c": {"$gte": 3}}}, True),
        ({"b": 1}, {}, True),
        (None, {}, False),
        (None, None, True),
        (None, {"$ne": 1}, True),
        (float("nan"), {"$ne": float("nan")}, True),
        (float("nan"), {"$lte": float("inf")}, False),
        (10**400, {"$gt": 1.5}, True),
        (5, {"$gt": 4, "$lt": 5}, False),
    ],
)
def test_one_condition(value: Json, condition: Json, *, passes: bool) -> None:
    """Numbers compare as numbers, text as text, True is not 1, and nothing raises."""
    assert matches({"a": value}, {"a": condition}) is passes


def test_missing_key_is_like_none() -> None:
    """It equals None, differs from all else, and has no order."""
    assert matches({}, {"a": None})
    assert matches({}, {"a": {"$ne": 5}})
    assert not matches({}, {"a": {"$ne": None}})
    assert not matches({}, {"a": {"$lt": 5}})


@pytest.mark.parametrize("value", [None, "text", 5, [1]])
def test_value_without_keys_passes_no_filter(value: Json) -> None:
    """What is no object has no key to compare."""
    assert not matches(value, {"a": 1})
    assert matches(value, None)
    assert matches(value, {})


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"a": {"$in": [1]}}, r"unknown filter operator '\$in'; known are \$eq, \$ne"),
        ({"a": {"$gt": 1, "b": 2}}, "unknown filter operator 'b'"),
        ({"a": {"b": {"$regex": "x"}}}, r"unknown filter operator '\$regex'"),
        ({"$or": [{"a": 1}]}, r"operator '\$or' stands where a key belongs"),
        ({5: 1}, "filter keys are strings, got int"),
        ([("a", 1)], "a filter maps keys to conditions, got list"),
        ("a", "a filter maps keys to conditions, got str"),
        ({"a": {1, 2}}, "'a' is compared with a value of type set"),
        ({"at": {"$gt": datetime(2026, 5, 1, tzinfo=UTC)}}, "'at' .* of type datetime"),
        ({"a": {"at": datetime(2026, 5, 1, tzinfo=UTC)}}, "'at' .* of type datetime"),
        ({"a": b"x"}, "of type bytes"),
    ],
)
def test_filter_that_could_find_nothing_is_refused(wanted: Json, said: str) -> None:
    """A wrong operator, key or type is an error, not an empty result."""
    with pytest.raises(InvalidFilterError, match=said):
        check_filter(wanted)


@pytest.mark.parametrize("wanted", [None, {}, {"a": {}}, {"a": [1, {"b": None}]}, {"": 1}])
def test_filter_that_is_allowed(wanted: Json) -> None:
    """Nothing, empty conditions and lists are no mistakes."""
    check_filter(wanted)


@pytest.mark.parametrize(
    ("value", "condition", "passes"),
    [
        ({"a": {"b": 1}}, {"a.b": 1}, True),
        ({"a": {"b": {"c": 2}}}, {"a.b.c": {"$gt": 1}}, True),
        ({"a": {"b": {"c": 2}}}, {"a": {"b.c": 2}}, True),
        ({"a": {"b.c": 2}}, {"a.b.c": 2}, True),
        ({"a.b": 1, "a": {"b": 2}}, {"a.b": 1}, True),
        ({"a.b": 1, "a": {"b": 2}}, {"a.b": 2}, False),
        ({"a": {"b": 1}}, {"a.b": None}, False),
        ({"a": 1}, {"a.b": None}, True),
        ({"a": 1}, {"a.": 1}, False),
        ({"a": {"": 1}}, {"a.": 1}, True),
    ],
)
def test_dots_lead_into_a_value(value: Json, condition: Json, *, passes: bool) -> None:
    """A key that the value has wins over a path of the same letters."""
    assert matches(value, condition) is passes
