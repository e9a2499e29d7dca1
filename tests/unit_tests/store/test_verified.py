"""Rows kept in memory: no caller's are another's, and none is older than the file."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from langgraph.store.base import GetOp, SearchOp

from langchain_usermem.store import FaissStore
from langchain_usermem.store.verified import Row, VerifiedRows
from tests.unit_tests.store.conftest import Batch, Clock, HashEmbeddings

ADA = ("users", "ada")
VALUE = {"text": "tea", "tags": ["a", {"deep": [1, 2]}], "more": {"n": None}}
READS = (GetOp(ADA, "k"), SearchOp(ADA, query="tea"), SearchOp(ADA), SearchOp(ADA, {"text": "tea"}))


def row(number: int, *, characters: int = 0, ttl: float | None = None) -> Row:
    """The first version of a row."""
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    return Row(number, "users.ada.", f"k{number}", {}, 1, moment, moment, ttl, characters, {})


def values(store: FaissStore, batch: Batch) -> list[dict[str, Any]]:
    """The value of the one item, as each kind of read gives it."""
    got, *pages = batch(store, READS)
    return [got.value, *(item.value for page in pages for item in page)]  # type: ignore[union-attr] # they found it


def test_every_caller_has_a_value_of_its_own(store: FaissStore, batch: Batch) -> None:
    """Whatever becomes of a value that was read, the next one to read it gets what was put."""
    store.put(ADA, "k", VALUE)
    for _ in range(3):
        found = values(store, batch)
        assert found == [VALUE] * len(READS)
        for value in found:
            value["tags"][1]["deep"].append(3)
            value["more"].clear()
            del value["text"]


def test_other_writers_are_seen(tmp_path: Path, batch: Batch) -> None:
    """An update, a deletion and a new row by another connection show in the next read."""
    with FaissStore(tmp_path / "m.db") as ours, FaissStore(tmp_path / "m.db") as other:
        ours.put(ADA, "k", VALUE)
        for text in ("coffee", "milk", "tea"):
            assert values(ours, batch)
            other.put(ADA, "k", {**VALUE, "text": text})
            assert ours.get(ADA, "k").value["text"] == text  # type: ignore[union-attr] # it is there
            assert ours.search(ADA, query="tea")[0].value["text"] == text
        other.delete(ADA, "k")
        assert batch(ours, READS) == [None, [], [], []]
        other.put(ADA, "k", {"text": "water"})
        assert ours.get(ADA, "k").value == {"text": "water"}  # type: ignore[union-attr] # likewise


def test_a_row_past_its_end_is_not_kept(clock: Clock, store: FaissStore, batch: Batch) -> None:
    """A row that was read a second before its end is in no read after it."""
    store.put(ADA, "k", VALUE, ttl=1)
    reads = [op._replace(refresh_ttl=False) for op in READS]
    clock.advance(seconds=59)
    assert batch(store, reads)[0] is not None
    clock.advance(seconds=1)
    assert batch(store, reads) == [None, [], [], []]


def test_as_deep_as_json_goes(store: FaissStore) -> None:
    """A value of 400 lists within one another comes back twice."""
    nested: list[Any] = []
    for _ in range(400):
        nested = [nested]
    store.put(ADA, "k", {"nested": nested}, index=False)
    for _ in range(2):
        assert store.get(ADA, "k").value == {"nested": nested}  # type: ignore[union-attr] # it is there


def test_two_gets_of_one_key_in_a_batch(store: FaissStore, batch: Batch) -> None:
    """Each has an item of its own; a missing key beside them is None."""
    store.put(ADA, "k", VALUE)
    one, nothing, other = batch(store, [GetOp(ADA, "k"), GetOp(ADA, "x"), GetOp(ADA, "k")])
    assert nothing is None
    assert one == other
    assert one.value is not other.value  # type: ignore[union-attr] # they are there


def test_another_version_is_not_taken_for_it() -> None:
    """A row is known by its id and the time of its update together."""
    rows = VerifiedRows()
    rows.keep([row(7)])
    assert rows.known([(7, 1)]) == {7: row(7)}
    assert rows.known([(7, 2), (8, 1)]) == {}


def test_rows_not_asked_for_go_first() -> None:
    """With room for 24 rows, one asked for in between outlives forty others."""
    rows = VerifiedRows(limit_bytes=20_000)
    for number in range(40):
        rows.keep([row(number)])
        assert rows.known([(0, 1)])
    kept = rows.known((number, 1) for number in range(40))
    assert 12 <= len(kept) <= 24
    assert not kept.keys() & set(range(1, 13))


@pytest.mark.parametrize("refused", [row(1, ttl=5.0), row(1, characters=20_000)])
def test_what_is_not_kept(refused: Row) -> None:
    """Neither a row with a TTL nor one of a large share of the room."""
    rows = VerifiedRows(limit_bytes=400_000)
    rows.keep([refused])
    assert not rows.known([(1, 1)])


def test_compacting_leaves_no_text_in_memory(tmp_path: Path, embeddings: HashEmbeddings) -> None:
    """After `compact` the rows are read from the file again."""
    with FaissStore(tmp_path / "m.db", index={"embed": embeddings}) as store:
        store.put(ADA, "k", VALUE)
        store.get(ADA, "k")
        verified = store._core.reads._verified
        assert verified._young
        store.compact()
        assert not verified._young
