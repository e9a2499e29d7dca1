"""What a store should hold, kept in a dict, with searches by numpy over all of it."""

import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
import pytest
from langchain_core.embeddings import Embeddings
from langgraph.store.base import PutOp

from langchain_usermem.store import FaissStore

DIMENSIONS = 8
SPACES = (("u", "ada"), ("u", "bob"), ("u", "cyd"))
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TTL_MINUTES = 5
_KEYS = 12
_ALL = 10**6

Place = tuple[tuple[str, ...], str]


class CountedEmbeddings(Embeddings):
    """A random vector for each text, always the same one."""

    fingerprint = "counted"

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a text."""
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """The vector of one text."""
        chance = np.random.default_rng(crc32(text.encode()))
        vector: list[float] = chance.normal(size=DIMENSIONS).tolist()
        return vector


INDEX: dict[str, Any] = {"embed": CountedEmbeddings(), "fields": ["text"]}


class Entry(NamedTuple):
    """What a row holds, and when its life ends."""

    text: str
    ends: datetime | None


State = dict[Place, Entry]


class Step(NamedTuple):
    """One call of a store: a batch of puts and deletes, a sweep, or a compaction."""

    kind: str
    moment: datetime
    ops: tuple[PutOp, ...] = ()


def steps(seed: int) -> Iterator[Step]:
    """An endless history of calls, the same for the same seed, a minute apart."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    moment = EPOCH + timedelta(days=365 * 50) + timedelta(days=seed)
    number = 0
    while True:
        number += 1
        moment += timedelta(minutes=1)
        kind = chance.choices(("batch", "sweep", "compact"), (12, 3, 0.4))[0]
        size = chance.randint(1, 6) if kind == "batch" else 0
        ops = (_op(chance, f"{seed} {number} {n}") for n in range(size))
        yield Step(kind, moment, tuple(ops))


def _op(chance: random.Random, mark: str) -> PutOp:
    space, key = chance.choice(SPACES), f"k{chance.randrange(_KEYS)}"
    if chance.random() < 0.25:
        return PutOp(space, key, None)
    ttl = _TTL_MINUTES if chance.random() < 0.3 else None
    return PutOp(space, key, {"text": f"words {mark}"}, ttl=ttl)


def after(state: State, step: Step) -> State:
    """The state that a step leads to."""
    rows = dict(state)
    if step.kind == "sweep":
        return {at: row for at, row in rows.items() if not row.ends or row.ends > step.moment}
    for op in step.ops:
        rows.pop((op.namespace, op.key), None)
        if op.value is not None:
            ends = step.moment + timedelta(minutes=op.ttl) if op.ttl else None
            rows[op.namespace, op.key] = Entry(op.value["text"], ends)
    return rows


def take(store: FaissStore, step: Step) -> None:
    """Do a step on a store."""
    if step.kind == "sweep":
        store.sweep_ttl()
    elif step.kind == "compact":
        store.compact()
    else:
        store.batch(step.ops)


def held(store: FaissStore) -> dict[Place, str]:
    """The texts of all rows of a store whose clock is set to 1970: none has expired there."""
    found = store.search((), limit=_ALL, refresh_ttl=False)
    return {(item.namespace, item.key): item.value["text"] for item in found}


def texts_of(state: State) -> dict[Place, str]:
    """The texts alone."""
    return {at: entry.text for at, entry in state.items()}


def check_searches(store: FaissStore, rows: Mapping[Place, str], query: str) -> None:
    """Assert that searching each namespace gives what numpy gives over all of its rows."""
    for space in SPACES:
        found = store.search(space, query=query, limit=_ALL, refresh_ttl=False)
        scores = [item.score or 0.0 for item in found]
        assert scores == sorted(scores, reverse=True)
        scored = {item.key: item.score for item in found}
        assert len(scored) == len(found)
        # By value, not by place: in thousands of rows some differ in the last bit only.
        assert scored == pytest.approx(_by_brute_force(rows, space, query), abs=1e-5)


def _by_brute_force(
    rows: Mapping[Place, str], space: tuple[str, ...], query: str
) -> dict[str, float]:
    """The cosine of each row of one namespace, by key."""
    asked = _unit(query)
    return {
        key: float(_unit(text) @ asked)
        for (namespace, key), text in rows.items()
        if namespace == space
    }


def _unit(text: str) -> Any:
    vector = np.array(CountedEmbeddings().embed_query(text))
    return vector / np.linalg.norm(vector)
