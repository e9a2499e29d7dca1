"""What a filter passes, alone and beside a query."""

from typing import Any

import pytest
from langgraph.store.base import PutOp

from .doubles import Room

DOCS = ("docs",)

ROWS: dict[str, dict[str, Any]] = {
    "a": {"text": "red apple", "colour": "red", "score": 4.5, "n": 10, "ok": True},
    "b": {"text": "red car", "colour": "red", "score": 3.0, "n": 9, "ok": False},
    "c": {"text": "green apple", "colour": "green", "score": 4.0, "n": -2, "ok": True},
    "d": {"text": "blue car", "colour": "blue", "score": 3.5, "n": 100, "ok": None},
    "e": {"text": "none of it", "at": {"city": "Leeds", "deep": {"n": 3}}, "tags": ["x", "y"]},
    "f": {"text": "nor of this", "at": {"city": "York", "deep": {"n": 12}}, "tags": ["y", "x"]},
    "g": {"text": "quotes", "name": 'O\'Hara "the" cat; -- \\', "odd key": 1, "a.b": 2, "": 3},
    "h": {"text": "time", "day": "2026-03-01T00:00:00Z"},
}

FILTERS: list[tuple[dict[str, Any], str]] = [
    ({}, "abcdefgh"),
    ({"colour": "red"}, "ab"),
    ({"colour": "Red"}, ""),
    ({"colour": "red", "n": 9}, "b"),
    ({"colour": {"$eq": "red"}}, "ab"),
    ({"ok": True}, "ac"),
    ({"ok": False}, "b"),
    ({"ok": {"$ne": True}}, "bdefgh"),
    ({"ok": None}, "defgh"),
    ({"n": {"$ne": 9}}, "acdefgh"),
    ({"at": {"deep": {"n": {"$gt": 9}}}}, "f"),
    ({"score": 4}, "c"),
    ({"score": 4.5}, "a"),
    ({"at": {"city": "Leeds"}}, "e"),
    ({"at": {"deep": {"n": 12}}}, "f"),
    ({"at": {"city": "Leeds", "deep": {"n": 12}}}, ""),
    ({"at": {"planet": "Mars"}}, ""),
    ({"tags": ["x", "y"]}, "e"),
    ({"tags": ["x"]}, ""),
    ({"name": 'O\'Hara "the" cat; -- \\'}, "g"),
    ({"odd key": 1}, "g"),
    ({"a.b": 2}, "g"),
    ({"": 3}, "g"),
    ({"x') OR 1=1 --": 1}, ""),
    ({"x\"]' OR 1=1 --": 1}, ""),
    ({"colour": "red' OR '1'='1"}, ""),
]

ORDERED: list[tuple[dict[str, Any], str]] = [
    ({"n": {"$gt": 9}}, "ad"),
    ({"n": {"$gte": 9}}, "abd"),
    ({"n": {"$lt": 9}}, "c"),
    ({"n": {"$lte": 9}}, "bc"),
    ({"n": {"$gt": 9, "$lt": 100}}, "a"),
    ({"score": {"$gt": 3.2}}, "acd"),
    ({"score": {"$gte": 4.0}, "colour": "green"}, "c"),
    ({"colour": {"$gt": 5}}, ""),
    ({"ok": {"$lt": 1}}, ""),
    ({"missing": {"$gt": 0}}, ""),
]


@pytest.fixture
def full(indexed: Room) -> Room:
    """A store with eight rows of different shape."""
    indexed.batch([PutOp(DOCS, key, value) for key, value in ROWS.items()])
    return indexed


@pytest.mark.parametrize(("condition", "expected"), FILTERS, ids=lambda value: str(value)[:60])
def test_conditions(full: Room, condition: dict[str, Any], expected: str) -> None:
    """A filter compares by value, each of its keys, and is never part of a statement.

    Postgres #7684 compares numbers as text, Sqlite and Postgres know no nested filters.
    """
    assert sorted(full.keys(DOCS, filter=condition)) == list(expected)


@pytest.mark.fails_in_memory("no issue: None has no order, so a missing key raises TypeError")
@pytest.mark.parametrize(("condition", "expected"), ORDERED, ids=lambda value: str(value)[:60])
def test_order(full: Room, condition: dict[str, Any], expected: str) -> None:
    """Numbers are compared as numbers; what is missing or has no order passes nothing."""
    assert sorted(full.keys(DOCS, filter=condition)) == list(expected)


@pytest.mark.fails_in_memory("no issue: a key with dots leads nowhere, as in PostgresStore")
@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"at.city": "Leeds"}, "e"),
        ({"at.city": "York", "tags": ["y", "x"]}, "f"),
        ({"at.deep.n": {"$gt": 9}}, "f"),
    ],
    ids=str,
)
def test_dots_lead_into_a_value(full: Room, condition: dict[str, Any], expected: str) -> None:
    """A path of keys stands for nested filters, as in SqliteStore."""
    assert full.keys(DOCS, filter=condition) == [expected]


@pytest.mark.fails_in_memory("no issue: $gt makes float() of both sides")
def test_texts_are_ordered_as_texts(full: Room) -> None:
    """Times written as text compare in their order."""
    assert full.keys(DOCS, filter={"day": {"$gt": "2026-02-01T00:00:00Z"}}) == ["h"]
    assert full.keys(DOCS, filter={"day": {"$gt": "2026-04-01T00:00:00Z"}}) == []
    assert sorted(full.keys(DOCS, filter={"colour": {"$lt": "green"}})) == ["d"]


@pytest.mark.fails_in_memory("no issue: True equals 1 in Python")
def test_true_is_not_one(room: Room) -> None:
    """JSON tells booleans and numbers apart."""
    room.fill(DOCS, {"yes": {"v": True}, "one": {"v": 1}, "no": {"v": False}, "zero": {"v": 0}})
    assert room.keys(DOCS, filter={"v": True}) == ["yes"]
    assert room.keys(DOCS, filter={"v": 1}) == ["one"]
    assert room.keys(DOCS, filter={"v": 0}) == ["zero"]


def test_filter_and_query_go_together(full: Room) -> None:
    """Among the rows that pass, the nearest come first."""
    assert full.keys(DOCS, query="apple", filter={"colour": "red"}) == ["a", "b"]
    assert full.keys(DOCS, query="car", filter={"colour": "red"}) == ["b", "a"]
    assert full.keys(DOCS, query="blue", filter={"ok": None}, limit=1) == ["d"]


def test_query_with_a_range(full: Room) -> None:
    """An operator narrows what a query ranks."""
    full.batch([PutOp(DOCS, key, None) for key in "efgh"])
    found = full.keys(DOCS, query="bbblue", filter={"score": {"$gt": 3.2}})
    assert sorted(found) == ["a", "c", "d"]
    assert found[0] == "d"


def test_limit_counts_what_passes(room: Room) -> None:
    """A filter that 5 of 300 rows pass finds all five, on pages of two."""
    room.batch([PutOp(DOCS, f"k{n:03}", {"rare": n % 60 == 7}) for n in range(300)])
    pages = [room.keys(DOCS, filter={"rare": True}, limit=2, offset=n) for n in (0, 2, 4)]
    assert sorted(key for page in pages for key in page) == [f"k{n:03}" for n in range(7, 300, 60)]
    assert [len(page) for page in pages] == [2, 2, 1]


@pytest.mark.parametrize("query", [None, "words"])
def test_unknown_operator_is_an_error(full: Room, query: str | None) -> None:
    """An operator that does not exist is not passed over."""
    with pytest.raises(ValueError, match=r"\$like"):
        full.search(DOCS, query=query, filter={"colour": {"$like": "r%"}})


@pytest.mark.parametrize(
    "value",
    ["東京", "tab\tnew\nline\x00nul", "\u00a0", 2**53 + 1, 2**70, 0.1, -0.0, 1e300, "", " "],
    ids=repr,
)
def test_every_scalar_finds_itself(room: Room, value: object) -> None:
    """Whatever is stored is found by a filter for it, and by none for another."""
    room.put(DOCS, "k", {"v": value})
    assert room.keys(DOCS, filter={"v": value}) == ["k"]
    assert room.keys(DOCS, filter={"v": "other"}) == []


def test_half_a_character_finds_itself(room: Room) -> None:
    """So does text cut in the middle of a character, and what stands beside it."""
    room.put(DOCS, "k", {"v": "half \ud83d", "beside": "naïve"})
    assert room.keys(DOCS, filter={"v": "half \ud83d"}) == ["k"]
    assert room.keys(DOCS, filter={"beside": "naïve"}) == ["k"]


def test_deep_value_is_filtered_too(room: Room) -> None:
    """A value nested 400 deep hides neither itself nor its neighbours."""
    deep: dict[str, Any] = {"v": 1}
    for _ in range(400):
        deep = {"v": 1, "down": deep}
    room.fill(DOCS, {"deep": deep, "flat": {"v": 1}, "other": {"v": 2}})
    assert sorted(room.keys(DOCS, filter={"v": 1})) == ["deep", "flat"]
