"""Embedding in the background: after opening, and after a failure."""

import threading
from pathlib import Path
from typing import Any

import pytest

from langchain_usermem.store import FaissStore, late

from .conftest import HashEmbeddings

ADA = ("users", "ada")


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Failures are tried again at once."""
    monkeypatch.setattr(late, "_LONGEST_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(late, "_FIRST_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(late.LateEmbedding.wake, "__kwdefaults__", {"pause": 0.0})


def wait_for_background(store: FaissStore) -> None:
    """Return when no row waits in the background any more."""
    embedding = store._core._late
    while embedding and (thread := embedding._thread):
        thread.join(timeout=10)


def test_rows_that_wait_are_embedded_after_opening(
    tmp_path: Path, embeddings: HashEmbeddings
) -> None:
    """Rows written without an embedder have vectors soon after one is there."""
    file = tmp_path / "m.db"
    with FaissStore(file, index=False) as store:
        for n in range(150):
            store.put(ADA, f"k{n}", {"n": n})
        store.put(ADA, "plain", {"n": 0}, index=False)
        assert store.health().unembedded == 150
    with FaissStore(file, index={"embed": embeddings}) as store:
        wait_for_background(store)
        assert store.health().unembedded == 0
        assert len(embeddings.calls) == 3
        scores = [item.score for item in store.search(ADA, query="q", limit=200)]
    assert [score is None for score in scores] == [False] * 150 + [True]


def test_failed_rows_are_embedded_when_the_provider_is_back(
    store: FaissStore, embeddings: HashEmbeddings
) -> None:
    """A provider that fails five times costs a wait, and no vector in the end."""
    failures = iter(range(5))

    def fail(texts: list[str]) -> Any:
        if next(failures, None) is not None:
            raise ConnectionError
        return [embeddings.vector(text) for text in texts]

    embeddings.fault = fail
    store.put(ADA, "k", {"text": "words"})
    store.get(ADA, "any")
    store.put(ADA, "barrier", {"text": "words"}, index=False)
    wait_for_background(store)
    assert store.health().unembedded == 0
    assert store.search(ADA, query="words")[0].score == pytest.approx(1.0, abs=1e-5)


def test_slow_provider_does_not_hold_up_closing(path: str, embeddings: HashEmbeddings) -> None:
    """Closing does not wait for a call that is under way in the background."""
    begun, go_on = threading.Event(), threading.Event()

    def fail(_: list[str]) -> Any:
        raise ConnectionError

    def hang(texts: list[str]) -> Any:
        begun.set()
        go_on.wait(10)
        return [embeddings.vector(text) for text in texts]

    embeddings.fault = fail
    store = FaissStore(path, index={"embed": embeddings})
    store.put(ADA, "k", {"n": 1})
    embeddings.fault = hang
    assert begun.wait(10)
    thread = store._core._late._thread if store._core._late else None
    store.close()
    go_on.set()
    assert thread is not None
    thread.join(10)
    assert not thread.is_alive()


def test_no_thread_for_it_stops_no_writer(
    store: FaissStore, embeddings: HashEmbeddings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the system has no thread to give, rows wait, and the next write asks again."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    embeddings.fault = lambda _: None
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        store.put(ADA, "one", {"text": "tea"})
        store.put(ADA, "two", {"text": "tea"})
    assert store.health().unembedded == 2
    store.put(ADA, "three", {"text": "tea"})
    embeddings.fault = None
    # What follows a commit is done before the next one.
    store.put(ADA, "four", {}, index=False)
    wait_for_background(store)
    assert store.health().unembedded == 0
