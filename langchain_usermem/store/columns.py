"""What recall wants to know of every row of a user, without reading the rows.

The top-level fields named here are kept beside each row, in the index that a partition is
loaded from. Another list of them needs another format of the file.
"""

from collections.abc import Iterable, Mapping, Sequence

COLUMNS = ("category", "thread_id", "ordinal", "observed_at", "importance")

Columns = tuple[object, ...]
"""A row's values in the order of `COLUMNS`, None where it has none that is kept."""

NamedColumns = Mapping[str, Sequence[object]]
"""The values of many rows by the name of the column, each in the order of the rows."""

_NOTHING: Columns = (None,) * len(COLUMNS)
_LONGEST_TEXT = 200
_LARGEST_INTEGER = 2**63


def columns_of(value: Mapping[str, object]) -> Columns:
    """The columns of a value: numbers, and short texts; true and false as 1 and 0."""
    if value.keys().isdisjoint(COLUMNS):
        return _NOTHING
    return tuple(_kept(value.get(name)) for name in COLUMNS)


def by_name(rows: Iterable[Columns]) -> NamedColumns:
    """The columns of some rows, turned round."""
    values = list(zip(*rows, strict=True)) or [()] * len(COLUMNS)
    return dict(zip(COLUMNS, values, strict=True))


def picked(columns: NamedColumns, places: Sequence[int]) -> dict[str, list[object]]:
    """The columns of the rows at some places."""
    return {name: [values[place] for place in places] for name, values in columns.items()}


def joined(parts: Sequence[NamedColumns]) -> NamedColumns:
    """The columns of several lots of rows, one lot after the other."""
    return {name: [value for part in parts for value in part[name]] for name in COLUMNS}


def _kept(value: object) -> object:
    if isinstance(value, str):
        return value if len(value) <= _LONGEST_TEXT and value.isprintable() else None
    if isinstance(value, int):
        return value if abs(value) < _LARGEST_INTEGER else None
    return value if isinstance(value, float) else None
