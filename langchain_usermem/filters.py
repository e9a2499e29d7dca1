"""LangGraph's filters over JSON values: one table of operators for every reader.

A filter maps keys to a value (equality), to operators (`{"$gt": 4}`), or to a nested filter. A
key that is missing compares like None: it equals None, differs from everything else, and is
neither above nor below anything. A key with dots that a value does not have leads into it, as in
LangGraph's SqliteStore: `{"home.city": "Leeds"}` is `{"home": {"city": "Leeds"}}`.
"""

from collections.abc import Callable, Mapping
from operator import ge, gt, le, lt

from langchain_usermem.errors import InvalidFilterError

Filter = Mapping[str, object]
_JSON_TYPES = (str, int, float, bool, list, tuple, Mapping, type(None))
Comparison = Callable[[object, object], bool]


def _ordered(compare: Callable[..., bool]) -> Comparison:
    """A comparison that is False, never an error, where two values have no order."""

    def compared(left: object, right: object) -> bool:
        pair = _comparable(left, right)
        return pair is not None and compare(*pair)

    return compared


def _comparable(left: object, right: object) -> tuple[object, object] | None:
    """Both as numbers where either is one, both as text where both are, else None."""
    if isinstance(left, str) and isinstance(right, str):
        return left, right
    numbers = (_number(left), _number(right))
    return None if None in numbers else numbers


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return None


def equals(left: object, right: object) -> bool:
    """JSON equality: numbers by value, lists by element, and True is not 1."""
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(equals, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equals(left[k], right[k]) for k in left)
    return isinstance(left, bool) == isinstance(right, bool) and left == right


OPERATORS: dict[str, Comparison] = {
    "$eq": equals,
    "$ne": lambda left, right: not equals(left, right),
    "$gt": _ordered(gt),
    "$gte": _ordered(ge),
    "$lt": _ordered(lt),
    "$lte": _ordered(le),
}


def matches(value: object, filter: Filter | None) -> bool:  # noqa: A002 - LangGraph's own word
    """Whether a JSON value passes a filter; every value passes None.

    Raises:
        InvalidFilterError: the filter has an operator that does not exist.
    """
    if not filter:
        return True
    fields: Mapping[str, object] = value if isinstance(value, Mapping) else {}
    return all(_passes(_field(fields, key), condition) for key, condition in filter.items())


def _field(fields: Mapping[str, object], key: str) -> object:
    """What a key, or else a path of keys with dots between them, leads to; None if nowhere."""
    if key in fields:
        return fields[key]
    first, dot, rest = key.partition(".")
    inner = fields.get(first) if dot else None
    return _field(inner, rest) if isinstance(inner, Mapping) else None


def check_filter(filter: Filter | None) -> None:  # noqa: A002 - LangGraph's own word
    """Refuse a filter that no value could be held against.

    Raises:
        InvalidFilterError: it is no mapping, a key is no string, an operator does not exist, or
            a value is none that JSON has.
    """
    if filter is None:
        return
    if not isinstance(filter, Mapping):
        raise InvalidFilterError(f"a filter maps keys to conditions, got {type(filter).__name__}.")
    for key, condition in filter.items():
        _check_condition(key, condition)


def _check_condition(key: object, condition: object) -> None:
    if not isinstance(key, str):
        raise InvalidFilterError(f"filter keys are strings, got {type(key).__name__}.")
    if key.startswith("$"):
        raise InvalidFilterError(
            f"operator {key!r} stands where a key belongs. Write {{'key': {{{key!r}: value}}}}."
        )
    if not isinstance(condition, Mapping):
        _check_operand(key, condition)
    elif _has_operators(condition):
        for operator, operand in condition.items():
            _operator(operator)
            _check_operand(key, operand)
    else:
        check_filter(condition)


def _check_operand(key: str, operand: object) -> None:
    # A datetime, say, equals no JSON value and has no order beside one: nothing would be found.
    if not isinstance(operand, _JSON_TYPES):
        raise InvalidFilterError(
            f"filter key {key!r} is compared with a value of type {type(operand).__name__}, which "
            "JSON does not have. Write it as it is stored, a time as an ISO 8601 string."
        )


def _passes(value: object, condition: object) -> bool:
    if not isinstance(condition, Mapping):
        return equals(value, condition)
    if _has_operators(condition):
        return all(_operator(name)(value, operand) for name, operand in condition.items())
    return isinstance(value, Mapping) and matches(value, condition)


def _has_operators(condition: Mapping[str, object]) -> bool:
    return any(str(key).startswith("$") for key in condition)


def _operator(name: object) -> Comparison:
    try:
        return OPERATORS[name]  # type: ignore[index] # anything hashable may be looked up
    except (KeyError, TypeError):
        known = ", ".join(OPERATORS)
        raise InvalidFilterError(f"unknown filter operator {name!r}; known are {known}.") from None
