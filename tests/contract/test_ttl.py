"""Rows with an end: configured, given, prolonged, swept. Times in minutes."""

import time
from pathlib import Path

import pytest
from langgraph.store.base import PutOp
from langgraph.store.memory import InMemoryStore

from langchain_usermem.store import FaissStore

from .conftest import Open
from .doubles import Clock, Room

NS = ("foo",)


def is_there(room: Room, key: str) -> bool:
    """Whether a row is alive, which looking at it does not prolong."""
    found = room.get(NS, key, refresh_ttl=False) is not None
    assert found == (key in room.keys(NS, refresh_ttl=False))
    assert found == (key in room.keys(NS, query="text", refresh_ttl=False))
    return found


def test_row_lives_as_long_as_configured(mortal: Room, clock: Clock) -> None:
    """`default_ttl` counts from the put; at its end the row is gone, swept or not."""
    mortal.put(NS, "k", {"text": "text"})
    clock.advance(minutes=2, microseconds=-1)
    assert is_there(mortal, "k")
    clock.advance(microseconds=1)
    assert not is_there(mortal, "k")
    assert mortal.namespaces() == []


def test_own_ttl_wins_over_the_default(mortal: Room, clock: Clock) -> None:
    """A put may say longer, shorter, a part of a minute, or never."""
    for key, ttl in (("long", 5), ("short", 1), ("instant", 0.001), ("never", None)):
        mortal.put(NS, key, {"text": "text"}, ttl=ttl)
    mortal.put(NS, "default", {"text": "text"})
    alive = []
    for moment in (0.0005, 0.0015, 1.5, 3, 1_000_000):
        clock.time = Clock().time
        clock.advance(minutes=moment)
        alive.append("".join(key[0] for key in sorted(mortal.keys(NS, refresh_ttl=False))))
    assert alive == ["dilns", "dlns", "dln", "ln", "n"]


def test_raw_put_has_no_default(mortal: Room, clock: Clock) -> None:
    """The default belongs to the methods: a `PutOp` without a ttl stays."""
    mortal.batch([PutOp(NS, "stays", {"text": "text"}), PutOp(NS, "goes", {"text": "text"}, ttl=1)])
    clock.advance(minutes=100)
    assert mortal.keys(NS, refresh_ttl=False) == ["stays"]


@pytest.mark.parametrize("way", ["get", "search", "query"])
@pytest.mark.parametrize(("refresh", "lives"), [(None, True), (True, True), (False, False)])
def test_reading_prolongs_unless_told_not_to(
    mortal: Room, clock: Clock, way: str, refresh: bool | None, lives: bool
) -> None:
    """A read begins the minutes anew, as configured or as the call says."""
    mortal.put(NS, "k", {"text": "text"})
    clock.advance(minutes=1.5)
    if way == "get":
        mortal.get(NS, "k", refresh_ttl=refresh)
    else:
        mortal.search(NS, query="text" if way == "query" else None, refresh_ttl=refresh)
    clock.advance(minutes=1)
    assert is_there(mortal, "k") is lives
    clock.advance(minutes=1)
    assert not is_there(mortal, "k")


@pytest.mark.parametrize(("refresh", "lives"), [(None, False), (True, True)])
def test_refresh_on_read_can_be_off(
    clock: Clock, opened: Open, refresh: bool | None, lives: bool
) -> None:
    """Configured so, only reads that ask for it prolong."""
    room = opened(index=False, ttl={"default_ttl": 2.0, "refresh_on_read": False})
    room.put(NS, "k", {})
    clock.advance(minutes=1.5)
    room.get(NS, "k", refresh_ttl=refresh)
    clock.advance(minutes=1)
    assert (room.get(NS, "k", refresh_ttl=False) is not None) is lives


def test_only_what_is_given_out_is_prolonged(mortal: Room, clock: Clock) -> None:
    """Rows beyond the page or the filter live no longer for it."""
    mortal.put(NS, "read", {"text": "text"})
    mortal.put(NS, "filtered", {"text": "text", "no": True})
    mortal.put(NS, "far", {"text": "zzzz qqqq"})
    clock.advance(minutes=1)
    assert mortal.keys(NS, query="text", filter={"no": None}, limit=1) == ["read"]
    clock.advance(minutes=1)
    assert mortal.keys(NS, refresh_ttl=False) == ["read"]


def test_put_begins_the_minutes_anew(mortal: Room, clock: Clock) -> None:
    """An update has an end of its own, and may take the end away."""
    mortal.put(NS, "k", {"text": "text"})
    clock.advance(minutes=1.5)
    mortal.put(NS, "k", {"text": "text"})
    clock.advance(minutes=1.5)
    assert is_there(mortal, "k")
    mortal.put(NS, "k", {"text": "text"}, ttl=None)
    clock.advance(minutes=100)
    assert is_there(mortal, "k")


def test_expired_row_takes_no_place(mortal: Room, clock: Clock) -> None:
    """A page is filled with rows that are alive (Sqlite #8902 gives out expired ones)."""
    for n in range(20):
        mortal.put(NS, f"old{n}", {"text": "text"}, ttl=1)
        mortal.put(NS, f"new{n}", {"text": "text"}, ttl=9)
    clock.advance(minutes=1)
    for query in (None, "text"):
        found = mortal.keys(NS, query=query, limit=15, refresh_ttl=False)
        assert len(found) == 15
        assert all(key.startswith("new") for key in found)


def test_expired_row_has_no_past(mortal: Room, clock: Clock) -> None:
    """What is put over an expired row is created then, not before."""
    mortal.put(NS, "k", {"text": "text"})
    clock.advance(minutes=3)
    mortal.put(NS, "k", {"text": "text"})
    assert mortal.item(NS, "k").created_at == clock.time


def test_sweep_removes_and_counts(mortal: Room, clock: Clock) -> None:
    """A sweep deletes the dead, once, and nobody else."""
    assert isinstance(mortal.store, FaissStore)
    for n in range(5):
        mortal.put(NS, f"k{n}", {"text": "text"}, ttl=n + 1)
    clock.advance(minutes=3)
    assert [mortal.store.sweep_ttl(), mortal.store.sweep_ttl()] == [3, 0]
    assert sorted(mortal.keys(NS)) == ["k3", "k4"]
    assert mortal.store.health().items == 2


def test_rows_end_by_the_real_clock(opened: Open) -> None:
    """Without a clock set by hand, 0.001 minutes pass in 60 ms, and the sweeper comes by."""
    config = {"default_ttl": 0.001, "sweep_interval_minutes": 0.0005, "omit_expired": True}
    room = opened(index=False, ttl=config)
    assert isinstance(room.store, FaissStore)
    room.store.start_ttl_sweeper()
    begun = time.monotonic()
    room.put(NS, "k", {})
    while room.get(NS, "k", refresh_ttl=False) and time.monotonic() < begun + 10:
        pass
    ended = time.monotonic() - begun
    assert room.store.stop_ttl_sweeper(timeout=5)
    assert 0.06 <= ended < 10
    assert room.get(NS, "k") is None


def test_store_without_ttl_says_so(tmp_path: Path) -> None:
    """The contract lets a store refuse an end; ours takes it."""
    with pytest.raises(NotImplementedError):
        InMemoryStore().put(NS, "k", {}, ttl=1)
    with FaissStore(tmp_path / "m.db", index=False) as store:
        assert store.supports_ttl
        store.put(NS, "k", {}, ttl=1)
