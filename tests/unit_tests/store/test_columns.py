"""Fields kept at hand for ranking, and filters that SQLite narrows down."""

from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from langgraph.store.base import PutOp

from langchain_usermem.filters import matches
from langchain_usermem.store import FaissStore, answers
from langchain_usermem.store.columns import COLUMNS, columns_of
from langchain_usermem.store.prefilter import clauses_of, conditions_of

from .conftest import Clock

ADA = ("users", "ada")
NONE = dict.fromkeys(COLUMNS)

KEPT: list[tuple[object, object]] = [
    ("fact", "fact"),
    ("日本", "日本"),
    ("", ""),
    ("x" * 200, "x" * 200),
    ("x" * 201, None),
    ("two\nlines", None),
    ("half \ud83d", None),
    (3, 3),
    (-2.5, -2.5),
    (2**63 - 1, 2**63 - 1),
    (2**63, None),
    (True, 1),
    (None, None),
    (["list"], None),
    ({"a": "dict"}, None),
]


def columns(store: FaissStore, namespaces: list[tuple[str, ...]]) -> dict[str, dict[str, object]]:
    """The columns of each row, by its key."""
    found = store.signals(namespaces, "words")
    assert set(found.columns) == set(COLUMNS)
    return {
        key: {name: found.columns[name][place] for name in COLUMNS}
        for place, (_, key) in enumerate(found.keys)
    }


@pytest.mark.parametrize(("value", "kept"), KEPT, ids=lambda value: repr(value)[:30])
def test_scalars_are_kept(store: FaissStore, value: object, kept: object) -> None:
    """A short text or a number is at hand; anything else is None, and stored all the same."""
    row = dict.fromkeys(COLUMNS, value)
    store.put(ADA, "k", row)
    assert columns(store, [ADA]) == {"k": dict.fromkeys(COLUMNS, kept)}
    found = store.get(ADA, "k")
    assert found is not None
    assert found.value == row


def test_columns_follow_every_write(path: str, clock: Clock) -> None:
    """Updates, deletes, ends of lives and other namespaces are seen as the rows are."""
    with FaissStore(path, index=False) as store:
        store.batch(
            [PutOp(ADA, f"k{n}", {"ordinal": n, "category": "fact"}) for n in range(5)]
            + [PutOp(("users", "bob"), "b", {"thread_id": "t"}), PutOp(ADA, "x", {}, ttl=1)]
        )
        store.put(ADA, "k1", {"ordinal": 10, "importance": 0.5})
        store.delete(ADA, "k2")
        clock.advance(minutes=1)
        expected = {f"k{n}": {**NONE, "ordinal": n, "category": "fact"} for n in (0, 3, 4)}
        expected["k1"] = {**NONE, "ordinal": 10, "importance": 0.5}
        assert columns(store, [ADA]) == expected
        expected["b"] = {**NONE, "thread_id": "t"}
        assert columns(store, [ADA, ("users", "bob")]) == expected


def test_columns_are_in_the_file(tmp_path: Path) -> None:
    """A store opened anew has them without reading a value."""
    with FaissStore(tmp_path / "m.db", index=False) as store:
        store.put(ADA, "k", {"observed_at": "2026-01-01T00:00:00Z"})
    with FaissStore(tmp_path / "m.db", index=False) as store:
        assert columns(store, [ADA])["k"]["observed_at"] == "2026-01-01T00:00:00Z"
        with store._core._connections.reading() as connection:
            names = ", ".join(COLUMNS)
            plan = connection.execute(
                f"EXPLAIN QUERY PLAN SELECT key, {names} FROM items INDEXED BY items_by_sequence"  # noqa: S608 - constants only
                " WHERE namespace_id = 1 AND sequence > 0"
            ).fetchall()
    assert "COVERING INDEX items_by_sequence" in plan[0][3]


def test_nobody_has_no_columns(store: FaissStore) -> None:
    """A user without rows has empty ones."""
    assert dict(store.signals([("nobody",)], "q").columns) == {name: [] for name in COLUMNS}


def test_columns_of_any_mapping() -> None:
    """They are taken by name, in their own order."""
    assert columns_of({"importance": 1, "category": "a", "other": 2}) == ("a", None, None, None, 1)


CONDITIONS: list[tuple[dict[str, Any] | None, list[tuple[str, object]]]] = [
    (None, []),
    ({}, []),
    ({"standing": True}, [('$."standing"', True)]),
    ({"a": "x", "b_2": 3}, [('$."a"', "x"), ('$."b_2"', 3)]),
    ({"a": None, "b": 1.5, "c": [1], "d": {"e": 1}, "f": {"$gt": 1}}, []),
    ({"a.b": 1, 'a"b': 1, "": 1, "é": 1, "a b": 1, "$": 1}, []),
    ({"a": "two\nlines", "b": "nul\x00", "c": "half \ud83d", "d": 2**53 + 1}, []),
    ({f"k{n}": n for n in range(99)}, [(f'$."k{n}"', n) for n in range(8)]),
]


@pytest.mark.parametrize(("condition", "expected"), CONDITIONS, ids=lambda value: str(value)[:40])
def test_conditions_for_sqlite(
    condition: dict[str, Any] | None, expected: list[tuple[str, object]]
) -> None:
    """Plain keys and exact scalars are left to SQLite, eight at most."""
    assert conditions_of(condition) == expected


SCALARS: list[object] = [
    *(True, False, None, 0, 1, -1, 1.0, 0.0, 2**53, 2**53 + 1, 2**64, 0.1, 1e300),
    *(
        "",
        "1",
        "true",
        "null",
        "a",
        "A",
        "é",
        "e\u0301",
        "日本",
        "a\x00b",
        "a",
        "\ud83d",
        '"',
        "\\",
    ),
]


def test_narrowing_down_changes_no_answer(store: FaissStore) -> None:
    """For every stored and every wanted scalar the rows found are those that pass in Python."""
    rows = {f"k{n:02}": {"v": value} for n, value in enumerate(SCALARS)}
    rows |= {"missing": {}, "list": {"v": [1]}, "dict": {"v": {"v": 1}}, "beside": {"w": 1}}
    store.batch([PutOp(ADA, key, value) for key, value in rows.items()])
    for wanted in SCALARS:
        found = {item.key for item in store.search(ADA, filter={"v": wanted}, limit=99)}
        assert found == {key for key, value in rows.items() if matches(value, {"v": wanted})}


def test_few_rows_are_read_for_a_rare_value(
    store: FaissStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A filter that 3 of 300 rows pass reads those three."""
    read: list[int] = []

    def spied(value: object, condition: Any) -> bool:
        read.append(1)
        return matches(value, condition)

    monkeypatch.setattr(answers, "matches", spied)
    store.batch([PutOp(ADA, f"k{n}", {"standing": n % 100 == 0}) for n in range(300)])
    assert len(store.search(ADA, filter={"standing": True})) == 3
    assert len(read) == 3


def test_value_that_sqlite_cannot_parse_is_left_in(store: FaissStore) -> None:
    """What is too deep for SQLite, or damaged, is for Python to judge."""
    conditions = conditions_of({"v": 1})
    statement = f"SELECT count(*) FROM (SELECT ? AS value) i WHERE 1 {clauses_of(conditions)}"  # noqa: S608 - constants only
    values = {'{"v":1}': 1, '{"v":2}': 0, "{}": 0, '{"v":2': 1, '{"v":' + "[" * 2_100: 1}
    with store._core._connections.reading() as connection:
        for value, count in values.items():
            found = connection.execute(statement, (value, *chain.from_iterable(conditions)))
            assert found.fetchone() == (count,)
