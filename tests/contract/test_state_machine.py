"""Random lives of a store, held against a dict and numpy over all of its rows.

`USERMEM_SEQUENCES` says how many are played; `make nightly` asks for 10,000.
"""

import os
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from langgraph.store.base import GetOp, Op, PutOp, Result, SearchOp

from langchain_usermem.store import FaissStore

from .doubles import AsyncDoor, Clock, LetterEmbeddings, Namespace, SyncDoor
from .model import Model, Place, facts_of, place_of, rows_of

SEQUENCES = int(os.environ.get("USERMEM_SEQUENCES", "200"))
IS_NIGHTLY = "USERMEM_SEQUENCES" in os.environ

# In memory where the system has such a folder: what a disk forgets is tested elsewhere.
FOLDER = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - folders made in it are private
STEPS = 10

SPACES: list[Namespace] = [("u", "1"), ("u", "12"), ("u", "1", "x"), ("v",)]
PREFIXES: list[Namespace] = [(), (), ("u",), ("u",), ("u", "2"), *SPACES]
TEXTS = ["red apple", "green apple", "blue car", "zebra", "ada likes tea", "日本"]

spaces, keys, prefixes = (
    st.sampled_from(SPACES),
    st.sampled_from("abcde"),
    st.sampled_from(PREFIXES),
)
ttls = st.sampled_from([None, 1.0, 3.0])
values = st.fixed_dictionaries(
    {"n": st.sampled_from([0, 1, 2.5, True, None, "1"])},
    optional={
        "text": st.sampled_from(TEXTS),
        "nested": st.fixed_dictionaries({"n": st.integers(0, 2)}),
    },
)
indexes = st.sampled_from([None, None, False])
puts = st.builds(PutOp, spaces, keys, values, indexes, ttls)
deletes = st.builds(PutOp, spaces, keys, st.none())
filters = st.sampled_from(
    [
        None,
        {"n": 1},
        {"n": True},
        {"n": None},
        {"n": {"$gt": 0}},
        {"nested": {"n": {"$lte": 1}}},
        {"text": "zebra", "n": {"$ne": 1}},
    ]
)
pauses = st.sampled_from([0.5, 0.0, 0.5, 2.0])
queries = st.sampled_from([None, "", "green tea", "zebra", "日本 car"])
limits, offsets = st.sampled_from([1, 3, 99]), st.sampled_from([0, 0, 1, 4])
searches = st.one_of(
    st.builds(SearchOp, prefixes, filters, limits, offsets, queries, st.booleans()),
    st.builds(SearchOp, prefixes, st.none(), st.just(99), st.just(0), queries, st.just(True)),
)
LOOKS = [
    SearchOp((), limit=999, refresh_ttl=False),
    SearchOp((), limit=999, refresh_ttl=False, query="green tea"),
    SearchOp(("u",), limit=5, offset=1, refresh_ttl=False, query="zebra"),
    SearchOp(("u",), limit=999, refresh_ttl=False, filter={"n": 1}),
]


class StoreLife(RuleBasedStateMachine):
    """A store and its model, to which the same things happen."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="usermem-life-", dir=FOLDER))
        self.clock = Clock()
        self.model = Model(self.clock)
        self.embeddings = LetterEmbeddings()

    @initialize(
        door=st.sampled_from([SyncDoor, SyncDoor, AsyncDoor]),
        ops=st.lists(puts, min_size=6, max_size=12),
    )
    def open(self, door: type[SyncDoor | AsyncDoor], ops: list[PutOp]) -> None:
        """A new file with some rows, used through one of the doors."""
        self.door = door
        self.store = self.opened()
        self.write(ops, after=0.0)

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

    @rule(ops=st.lists(st.one_of(puts, puts, puts, deletes), min_size=1, max_size=8), after=pauses)
    def write(self, ops: list[PutOp], after: float) -> None:
        """Several rows are put or deleted in one batch; the last of a key counts."""
        self.clock.advance(minutes=after)
        self.batch([*ops])
        for op in {(op.namespace, op.key): op for op in ops}.values():
            self.model.write(op)

    @rule(space=spaces, key=keys, refresh=st.booleans())
    def get(self, space: Namespace, key: str, *, refresh: bool) -> None:
        """A row is read, which may prolong its life."""
        (found,) = self.batch([GetOp(space, key, refresh)])
        expected = self.model.live().get((space, key))
        assert (found is None) == (expected is None)
        if expected and refresh:
            self.model.prolong((space, key))

    @rule(ops=st.lists(searches, min_size=1, max_size=4), after=pauses)
    def search(self, ops: list[SearchOp], after: float) -> None:
        """Pages of searches agree, and prolong the lives of what they give out."""
        self.clock.advance(minutes=after)
        for place in [place for places in self.searched(ops) for place in places]:
            self.model.prolong(place)

    def searched(self, ops: list[SearchOp]) -> list[list[Place]]:
        """The places of the rows that each prolonging search found, all of them as expected."""
        found = [rows_of(result) for result in self.batch([*ops])]
        live = self.model.live()
        for op, rows in zip(ops, found, strict=True):
            assert [place_of(item) for item in rows] == self.model.search(op)
            known = [live[place_of(item)] for item in rows]
            assert [facts_of(item) for item in rows] == [facts_of(row) for row in known]
            expected = [self.model.score(op.query, row) for row in known]
            assert [item.score for item in rows] == pytest.approx(expected, abs=1e-5)
        pairs = zip(ops, found, strict=True)
        return [[place_of(item) for item in rows] for op, rows in pairs if op.refresh_ttl]

    @rule(prefix=prefixes.filter(bool), depth=st.sampled_from([None, 1, 2]))
    def list_namespaces(self, prefix: Namespace, depth: int | None) -> None:
        """A listing agrees."""
        found = self.store.list_namespaces(prefix=prefix, max_depth=depth)
        assert found == sorted({space[:depth] for space, _ in self.model.live(prefix)})

    @rule(space=spaces, key=keys, value=values, is_current=st.booleans())
    def write_if(
        self, space: Namespace, key: str, value: dict[str, Any], *, is_current: bool
    ) -> None:
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
    def searches_agree(self) -> None:
        """All rows are the model's, newest first and nearest first, and so are parts of them."""
        if hasattr(self, "store"):
            self.searched(LOOKS)

    @rule()
    def look_at_signals(self) -> None:
        """The signals cover the same rows, with the same cosines."""
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
