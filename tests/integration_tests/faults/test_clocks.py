"""Clocks that jump: back, forward, and to 1970."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from langgraph.store.base import PutOp

from langchain_usermem.store import FaissStore
from langchain_usermem.store.doctor import doctor

from .model import INDEX, check_searches, held

ADA = ("u", "ada")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)
JUMPS = {
    "back": NOW - timedelta(days=400),
    "forward": NOW + timedelta(days=4_000),
    "to 1970": datetime(1970, 1, 1, tzinfo=UTC),
    "before 1970": datetime(1969, 7, 20, tzinfo=UTC),
    "to the last year": datetime(9999, 12, 31, tzinfo=UTC),
}


class Clock:
    """A clock that shows what it is set to."""

    time = NOW

    def __call__(self) -> datetime:
        """The time it shows."""
        return self.time


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of all stores."""
    clock = Clock()
    monkeypatch.setattr(FaissStore, "_clock", staticmethod(clock))
    return clock


@pytest.mark.parametrize("jump", JUMPS)
def test_no_row_is_lost_when_the_clock_jumps(file: Path, clock: Clock, jump: str) -> None:
    """Rows put before, at and after a jump are there, found, and never updated backwards."""
    moments = (NOW, JUMPS[jump], NOW + timedelta(seconds=1))
    with FaissStore(file, index=INDEX) as store, FaissStore(file, index=INDEX) as other:
        for n, clock.time in enumerate(moments):
            store.batch([PutOp(ADA, f"{n} {m}", {"text": f"words {n} {m}"}) for m in range(5)])
            store.put(ADA, "same", {"text": f"same {n}"})
            for each in (store, other):
                check_searches(each, held(each), "words")
                assert len(held(each)) == 5 * (n + 1) + 1
        found = store.get(ADA, "same")
        assert found is not None
        assert found.created_at == NOW
        assert found.updated_at == max(moments[2], max(moments[:2]) + TICK)
        assert {item.created_at for item in store.search(ADA, limit=99)} == set(moments)
        newest = [item.updated_at for item in store.search(ADA, limit=99)]
        assert newest == sorted(newest, reverse=True)
    assert doctor(file).is_healthy


@pytest.mark.parametrize("jump", JUMPS)
def test_lives_end_by_the_clock_that_is(file: Path, clock: Clock, jump: str) -> None:
    """A row is there until the clock shows its end, and a sweep removes no other."""
    with FaissStore(file, index=INDEX) as store:
        clock.time = JUMPS[jump] if jump != "to the last year" else NOW
        store.put(ADA, "short", {"text": "words"}, ttl=1)
        store.put(ADA, "lasting", {"text": "words for long"})
        begun = clock.time
        for seconds, there in ((-86_400, True), (59, True), (60, False)):
            clock.time = begun + timedelta(seconds=seconds)
            assert (store.get(ADA, "short", refresh_ttl=False) is not None) == there
            assert ((ADA, "short") in held(store)) == there
            found = store.search(ADA, query="words", refresh_ttl=False)
            assert len(found) == 1 + there
        assert store.sweep_ttl() == 1
        assert set(held(store)) == {(ADA, "lasting")}


def test_reading_with_the_clock_set_back_shortens_no_life(file: Path, clock: Clock) -> None:
    """A read that refreshes a row never moves its end to an earlier moment."""
    with FaissStore(file, index=INDEX) as store:
        store.put(ADA, "k", {"text": "words"}, ttl=60)
        clock.time = NOW - timedelta(days=1)
        assert store.get(ADA, "k")
        store.put(ADA, "barrier", {"text": "words"})
        clock.time = NOW + timedelta(minutes=59)
        assert store.get(ADA, "k", refresh_ttl=False)
    assert doctor(file).is_healthy
