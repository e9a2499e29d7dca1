"""A log cut short, and bits that flip: what is read is what was written, or an error."""

import json
import os
import random
import signal
import struct
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from langgraph.store.base import Item, PutOp

from langchain_usermem.errors import StoreError
from langchain_usermem.store import FaissStore, Signals
from langchain_usermem.store.doctor import doctor
from langchain_usermem.store.signals import ReadRows

from .conftest import Report
from .model import INDEX, SPACES
from .processes import Tell, forked
from .sizes import size

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here"),
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),
]

_COMMITS = 40
_WAL_HEADER, _FRAME_HEADER, _PAGE = 32, 24, 4096

ADA = SPACES[0]
Answer = Sequence[Any]


def commit_and_wait(file: Path, tell: Tell) -> None:
    """Make commits that each overwrite one row and add another, and tell of each."""
    store = FaissStore(file, index=INDEX)
    for n in range(1, _COMMITS + 1):
        text = {"text": f"words {n}"}
        store.batch([PutOp(ADA, "count", {"count": n}), PutOp(ADA, f"k{n}", text)])
        tell(f"{n}")
    os.kill(os.getpid(), signal.SIGKILL)


def commits_within(log: bytes) -> int:
    """How many whole commits a log holds, read off its frames: those that state a file size."""
    commits = 0
    for start in range(_WAL_HEADER, len(log) - _FRAME_HEADER - _PAGE + 1, _FRAME_HEADER + _PAGE):
        (pages,) = struct.unpack_from(">I", log, start + 4)
        commits += pages > 0
    return commits


def copy_at(folder: Path, contents: bytes, log: bytes = b"") -> Path:
    """A file of its own with these contents and this log."""
    file = folder / "copy.db"
    for path in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
        path.unlink(missing_ok=True)
    file.write_bytes(contents)
    if log:
        Path(f"{file}-wal").write_bytes(log)
    return file


def test_log_cut_anywhere_is_a_prefix_of_commits(file: Path, report: Report) -> None:
    """With its log cut at any byte a file holds just the commits that are whole in it."""
    with forked(partial(commit_and_wait, file)) as child:
        assert len(child.rest()) == _COMMITS
        child.code()
    contents, log = file.read_bytes(), Path(f"{file}-wal").read_bytes()
    beforehand = commits_within(log) - _COMMITS
    cuts, chance = size("WAL_CUTS", short=60), random.Random(3)  # noqa: S311 - nothing secret
    for _ in range(cuts):
        cut = chance.randint(0, len(log))
        expected = max(commits_within(log[:cut]) - beforehand, 0)
        with FaissStore(copy_at(file.parent, contents, log[:cut]), index=INDEX) as store:
            found = {item.key: item.value for item in store.search(ADA, limit=99)}
        wanted = {f"k{n}": {"text": f"words {n}"} for n in range(1, expected + 1)}
        assert found == wanted | ({"count": {"count": expected}} if expected else {})
    report(f"log cut at {cuts} of {len(log)} offsets: always a prefix of its {_COMMITS} commits")


def filled(file: Path) -> dict[tuple[tuple[str, ...], str], str]:
    """Rows in a closed file, and all that may be read of them, as JSON."""
    with FaissStore(file, index=INDEX) as store:
        for space in SPACES:
            for n in range(25):
                text = f"{space[1]} says {n} \u6771\u4eac " + "filler " * (n * 9)
                store.put(space, f"k{n}", {"text": text}, index=None if n % 5 else False)
            store.delete(space, "k3")
        found = store.search((), limit=999)
    return {(item.namespace, item.key): json.dumps(item.dict()["value"]) for item in found}


def answers(store: FaissStore) -> Iterator[tuple[tuple[str, ...], Callable[[], Answer]]]:
    """Every way to read, with the namespace that it is to stay in."""
    for space in SPACES:
        yield space, partial(store.search, space, limit=999)
        yield space, partial(store.search, space, query="filler 7", limit=999)
        for n in range(0, 25, 3):
            yield space, partial(got, store, space, f"k{n}")
    yield ("u",), partial(store.search, ("u",), query="says", limit=999)
    yield ("u",), lambda: [Signalled(*at) for at in store.signals(SPACES, "says").keys]
    yield ("u",), partial(store.chosen, SPACES, "says", chosen)


class Signalled(NamedTuple):
    """A row of which a signal was given."""

    namespace: tuple[str, ...]
    key: str
    value: Mapping[str, object] | None = None


def chosen(signals: Signals, read: ReadRows) -> list[Signalled]:
    """All rows that have signals, with what is read of them."""
    rows = read(range(len(signals.keys)))
    return [Signalled(*at, row.value) for at, row in zip(signals.keys, rows, strict=True)]


def got(store: FaissStore, space: tuple[str, ...], key: str) -> list[Item]:
    """The row of a key, as a list."""
    found = store.get(space, key)
    return [found] if found else []


def read_all(file: Path, written: dict[Any, str]) -> Counter[str]:
    """How reading in every way went; nothing but what was written may come back."""
    outcomes = Counter[str]()
    try:
        with FaissStore(file, index=INDEX) as store:
            for space, ask in answers(store):
                outcomes[_outcome(space, ask, written)] += 1
    except StoreError:
        outcomes["refused"] += 1
    return outcomes


def _outcome(space: tuple[str, ...], ask: Callable[[], Answer], written: dict[Any, str]) -> str:
    try:
        found = ask()
    except StoreError:
        return "error"
    for item in found:
        assert tuple(item.namespace)[: len(space)] == space
        assert (item.namespace, item.key) in written or item.value is None
        if item.value is not None:
            assert json.dumps(item.value) == written[item.namespace, item.key]
    return "read"


def is_healthy(file: Path) -> bool:
    """Whether the doctor finds nothing wrong with a file."""
    try:
        return doctor(file).is_healthy
    except StoreError:
        return False


def test_flipped_bits_never_change_what_is_read(file: Path, report: Report) -> None:
    """With any one bit of a file flipped, every row that is read is one that was written."""
    written = filled(file)
    contents = file.read_bytes()
    flips, chance = size("FLIPS", short=40), random.Random(4)  # noqa: S311 - nothing secret
    total, noticed, healthy = Counter[str](), 0, 0
    for _ in range(flips):
        bit = chance.randrange(8 * len(contents))
        flipped = bytearray(contents)
        flipped[bit // 8] ^= 1 << bit % 8
        outcomes = read_all(copy_at(file.parent, bytes(flipped)), written)
        noticed += set(outcomes) != {"read"}
        total += outcomes
        if is_healthy(copy_at(file.parent, bytes(flipped))):
            healthy += 1
            assert set(outcomes) == {"read"}
            with FaissStore(file.parent / "copy.db", index=INDEX) as store:
                assert len(store.search((), limit=999)) == len(written)
    report(f"{flips} flipped bits: 0 wrong rows; {noticed} gave an error, reads {dict(total)}")
    report(f"{flips} flipped bits: the doctor found {flips - healthy}, all others are harmless")
