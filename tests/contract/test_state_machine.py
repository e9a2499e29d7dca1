"""Random lives of a store, held against a dict and numpy over all of its rows.

`USERMEM_SEQUENCES` says how many are played; `make nightly` asks for 10,000.
"""

import os
import shutil
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from langgraph.store.base import GetOp, Op, PutOp, Result, SearchItem, SearchOp

from langchain_usermem.filters import matches
from langchain_usermem.store import FaissStore

from .doubles import AsyncDoor, Clock, LetterEmbeddings, Namespace, SyncDoor

SEQUENCES = int(os.environ.get("USERMEM_SEQUENCES", "200"))
IS_NIGHTLY = "USERMEM_SEQUENCES" in os.environ

# In memory where the system has such a folder: what a disk forgets is tested elsewhere.
FOLDER = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - folders made in it are private
STEPS = 20

SPACES: list[Namespace] = [("u", "1"), ("u", "12"), ("u", "1", "x"), ("v",)]
PREFIXES: list[Namespace] = [(), ("u",), ("u", "1"), ("u", "2"), *SPACES]
TEXTS = ["red apple", "green apple", "blue car", "zebra", "ada likes tea", "日本"]

spaces, keys, prefixes = (
    st.sampled_from(SPACES),
    st.sampled_from("abcde"),
    st.sampled_from(PREFIXES),
)
ttls = st.sampled_from([None, None, 1.0, 3.0])
values = st.fixed_dictionaries(
    {},
    optional={
        "text": st.sampled_from(TEXTS),
        "n": st.sampled_from([0, 1, 2.5, True, None, "1"]),
        "nested": st.fixed_dictionaries({"n": st.integers(0, 2)}),
    },
)
puts = st.builds(
    lambda space, key, value, ttl, index: PutOp(space, key, value, index, ttl),
    spaces,
    keys,
    values,
    ttls,
    st.sampled_from([None, None, False]),
)
deletes = st.builds(lambda space, key: PutOp(space, key, None), spaces, keys)
filters = st.sampled_from(
    [None, None, {"n": 1}, {"n": True}, {"n": "1"}, {"n": None}, {"n": {"$gt": 0}}]
    + [{"nested": {"n": 1}}, {"nested": {"n": {"$lte": 1}}}, {"text": "zebra", "n": {"$ne": 1}}]
)


class Known(NamedTuple):
    """What the model holds of a row; `order` counts rows by their first put."""

    value: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    order: int
    ttl: float | None
    ends_at: datetime | None
    embedded: bool


class Model:
    """A dict of rows that does what a store should, without any index."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._embeddings = LetterEmbeddings()
        self._rows: dict[tuple[Namespace, str], Known] = {}
        self._orders = 0

    def write(self, op: PutOp) -> None:
        """Put or delete a row."""
        place = (op.namespace, op.key)
        if op.value is None:
            self._rows.pop(place, None)
            return
        embedded = op.index is not False and "text" in op.value
        created, updated, order = self._identity(place)
        ends_at = self._end(op.ttl)
        self._rows[place] = Known(op.value, created, updated, order, op.ttl, ends_at, embedded)

    def live(self, prefix: Namespace = ()) -> dict[tuple[Namespace, str], Known]:
        """The rows below a prefix that are alive."""
        return {
            (space, key): row
            for (space, key), row in self._rows.items()
            if space[: len(prefix)] == prefix
            and (row.ends_at is None or row.ends_at > self._clock.time)
        }

    def search(self, op: SearchOp) -> list[tuple[Namespace, str]]:
        """The places of the rows of a page, in order."""
        found = {
            place: row
            for place, row in self.live(op.namespace_prefix).items()
            if matches(row.value, op.filter)
        }
        ranked = sorted(found, key=lambda place: self._rank(op.query, found[place]))
        return ranked[op.offset : op.offset + op.limit]

    def prolong(self, place: tuple[Namespace, str]) -> None:
        """Begin the minutes of a row anew."""
        row = self._rows[place]
        self._rows[place] = row._replace(ends_at=self._end(row.ttl))

    def sweep(self) -> int:
        """Drop the dead; returns how many there were."""
        live = self.live()
        dead = len(self._rows) - len(live)
        self._rows = live
        return dead

    def score(self, query: str | None, row: Known) -> float | None:
        """The cosine of a row with a query."""
        if not query or not row.embedded:
            return None
        return self._embeddings.cosine(query, row.value["text"])

    def _identity(self, place: tuple[Namespace, str]) -> tuple[datetime, datetime, int]:
        known, now = self._rows.get(place), self._clock.time
        if known is None:
            self._orders += 1
            return now, now, self._orders
        updated = max(now, known.updated_at + timedelta(microseconds=1))
        return known.created_at if place in self.live() else now, updated, known.order

    def _end(self, ttl: float | None) -> datetime | None:
        return None if ttl is None else self._clock.time + timedelta(minutes=ttl)

    def _rank(self, query: str | None, row: Known) -> tuple[float, ...]:
        """What rows are sorted by: nearness, equal ones by age; else the last updated first."""
        score = self.score(query, row)
        if score is not None:
            return 0, -round(score, 5), row.order
        return 1, -row.updated_at.timestamp(), -row.order


class StoreLife(RuleBasedStateMachine):
    """A store and its model, to which the same things happen."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="usermem-life-", dir=FOLDER))
        self.clock = Clock()
        self.model = Model(self.clock)
        self.embeddings = LetterEmbeddings()

    @initialize(door=st.sampled_from([SyncDoor, SyncDoor, AsyncDoor]))
    def open(self, door: type[SyncDoor | AsyncDoor]) -> None:
        """A new file, used through one of the doors."""
        self.door = door
        self.store = self.opened()

    def opened(self) -> FaissStore:
        """A store on the file, as it now is."""
        index = {"embed": self.embeddings, "fields": ["text"]}
        store = FaissStore(self.folder / "m.db", index=index)
        store._core._now = store._core.reads._now = store._core._writer._now = self.clock
        return store

    def batch(self, ops: list[Op]) -> list[Result]:
        """The results of some operations."""
        found: list[Result] = self.door(self.store).call("batch", ops)
        return found

    @rule(ops=st.lists(st.one_of(puts, puts, deletes), min_size=1, max_size=5))
    def write(self, ops: list[PutOp]) -> None:
        """Several rows are put or deleted in one batch; the last of a key counts."""
        self.batch([*ops])
        for op in {(op.namespace, op.key): op for op in ops}.values():
            self.model.write(op)

    @rule(minutes=st.sampled_from([0.5, 1.0, 2.0]))
    def wait(self, minutes: float) -> None:
        """Time goes by."""
        self.clock.advance(minutes=minutes)

    @rule(space=spaces, key=keys, refresh=st.booleans())
    def get(self, space: Namespace, key: str, *, refresh: bool) -> None:
        """A row is read, which may prolong its life."""
        (found,) = self.batch([GetOp(space, key, refresh)])
        expected = self.model.live().get((space, key))
        assert (found is None) == (expected is None)
        if expected and refresh:
            self.model.prolong((space, key))

    @rule(
        prefix=prefixes,
        query=st.sampled_from([None, "", "green tea", "zebra", "日本 car"]),
        condition=filters,
        page=st.tuples(st.integers(0, 4), st.integers(0, 12)),
        refresh=st.booleans(),
    )
    def search(
        self,
        prefix: Namespace,
        query: str | None,
        condition: dict[str, Any] | None,
        page: tuple[int, int],
        *,
        refresh: bool,
    ) -> None:
        """A page of a search agrees row by row, with its scores."""
        offset, limit = page
        op = SearchOp(prefix, condition, limit, offset, query, refresh)
        (found,) = self.batch([op])
        assert isinstance(found, list)
        rows = [item for item in found if isinstance(item, SearchItem)]
        assert [(item.namespace, item.key) for item in rows] == self.model.search(op)
        self.check_scores(query, rows)
        for item in rows if refresh else ():
            self.model.prolong((item.namespace, item.key))

    def check_scores(self, query: str | None, rows: list[SearchItem]) -> None:
        """Scores are the model's, or None where it has none."""
        live = self.model.live()
        expected = [self.model.score(query, live[item.namespace, item.key]) for item in rows]
        assert [item.score for item in rows] == pytest.approx(expected, abs=1e-5)

    @rule(prefix=prefixes.filter(bool), depth=st.sampled_from([None, 1, 2]))
    def list_namespaces(self, prefix: Namespace, depth: int | None) -> None:
        """A listing agrees."""
        found = self.store.list_namespaces(prefix=prefix, max_depth=depth)
        assert found == sorted({space[:depth] for space, _ in self.model.live(prefix)})

    @rule(space=spaces, key=keys, value=values, is_current=st.booleans())
    def write_if(self, space: Namespace, key: str, value: dict[str, Any], is_current: bool) -> None:  # noqa: FBT001 - drawn by name
        """A conditional write happens exactly if its version is the present one."""
        known = self.model.live().get((space, key))
        version = known.updated_at if known else None
        if not is_current:
            version = self.clock.time - timedelta(days=1)
        op = PutOp(space, key, value)
        assert self.store.apply_if([op], {(space, key): version}) is is_current
        if is_current:
            self.model.write(op)

    @rule()
    def sweep(self) -> None:
        """The dead are removed, each once."""
        assert self.store.sweep_ttl() == self.model.sweep()

    @rule()
    def compact(self) -> None:
        """Rewriting the file changes nothing."""
        self.store.compact()

    @rule()
    def reopen(self) -> None:
        """Closing and opening changes nothing."""
        self.store.close()
        self.store = self.opened()

    @rule()
    def crash(self) -> None:
        """What was written is in a copy of the files taken without closing, as a kill leaves it."""
        self.store._core._writer.close()
        crashed = Path(tempfile.mkdtemp(prefix="usermem-life-", dir=FOLDER))
        for file in self.folder.iterdir():
            shutil.copy(file, crashed / file.name)
        self.store.close()
        shutil.rmtree(self.folder)
        self.folder = crashed
        self.store = self.opened()

    @invariant()
    def agrees(self) -> None:
        """All rows are the model's: places, values and times."""
        if not hasattr(self, "store"):
            return
        rows = self.store.search((), limit=999, refresh_ttl=False)
        found = {
            (item.namespace, item.key): (item.value, item.created_at, item.updated_at)
            for item in rows
        }
        assert found == {
            place: (row.value, row.created_at, row.updated_at)
            for place, row in self.model.live().items()
        }

    @invariant()
    def signals_agree(self) -> None:
        """The signals cover the same rows, with the same cosines."""
        if not hasattr(self, "store"):
            return
        found = self.store.signals(SPACES, "green tea")
        live = self.model.live()
        assert set(found.keys) == set(live)
        expected = [self.model.score("green tea", live[place]) for place in found.keys]
        numbers = np.array([np.nan if score is None else score for score in expected])
        np.testing.assert_allclose(found.similarity, numbers, atol=1e-5)

    def teardown(self) -> None:
        """Leave nothing behind."""
        if hasattr(self, "store"):
            self.store.close()
        shutil.rmtree(self.folder, ignore_errors=True)


TestStoreLife = StoreLife.TestCase
TestStoreLife.settings = settings(
    max_examples=SEQUENCES,
    stateful_step_count=STEPS,
    # Other lives each night, the same ones in between.
    derandomize=not IS_NIGHTLY,
    suppress_health_check=list(HealthCheck),
)
