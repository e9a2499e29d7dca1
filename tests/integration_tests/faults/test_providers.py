"""Embedders that hang or time out: nobody else waits for them, and no text is lost."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from langchain_usermem.store import FaissStore
from langchain_usermem.store.late import LateEmbedding

from .model import CountedEmbeddings

ADA, BOB = ("u", "ada"), ("u", "bob")


class SlowEmbeddings(CountedEmbeddings):
    """Hangs at texts of Ada's, or runs into its time-out with them."""

    def __init__(self) -> None:
        self.asked, self.answered = threading.Event(), threading.Event()
        self.times_out = False

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Vectors, once `answered` is set where a text is Ada's."""
        if any("ada" in text for text in texts):
            self.asked.set()
            if self.times_out:
                raise TimeoutError
            assert self.answered.wait(10)
        return super().embed_documents(texts)


@pytest.fixture
def slow() -> SlowEmbeddings:
    """The embedder."""
    return SlowEmbeddings()


@pytest.fixture
def store(
    file: Path, slow: SlowEmbeddings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FaissStore]:
    """A store with that embedder, which embeds late when a test says so."""
    monkeypatch.setattr(LateEmbedding, "wake", lambda *_, **__: None)
    index = {"embed": slow, "dims": 8, "fields": ["text"]}
    with FaissStore(file, index=index) as store:
        yield store
        slow.answered.set()


def test_hanging_provider_holds_up_no_other_user(store: FaissStore, slow: SlowEmbeddings) -> None:
    """While a put of Ada's hangs in the embedder Bob puts, searches, gets and sweeps."""
    with ThreadPoolExecutor(1) as threads:
        hanging = threads.submit(store.put, ADA, "k", {"text": "ada says"})
        assert slow.asked.wait(10)
        for n in range(10):
            store.put(BOB, f"k{n}", {"text": f"bob says {n}"})
            assert store.search(BOB, query=f"bob says {n}")[0].key == f"k{n}"
            assert store.get(ADA, "k") is None
            store.sweep_ttl()
        assert store.health().items == 10
        slow.answered.set()
        hanging.result(10)
    assert store.search(ADA, query="words")[0].score is not None


def test_hanging_provider_holds_up_no_other_coroutine(
    store: FaissStore, slow: SlowEmbeddings
) -> None:
    """The same with coroutines in one loop."""

    async def run() -> None:
        hanging = asyncio.create_task(store.aput(ADA, "k", {"text": "ada says"}))
        assert await asyncio.to_thread(slow.asked.wait, 10)
        for n in range(10):
            await store.aput(BOB, f"k{n}", {"text": f"bob says {n}"})
            assert (await store.asearch(BOB, query=f"bob says {n}"))[0].key == f"k{n}"
        assert not hanging.done()
        slow.answered.set()
        await hanging
        assert await store.aget(ADA, "k")

    asyncio.run(run())


def test_provider_that_times_out(store: FaissStore, slow: SlowEmbeddings) -> None:
    """Ada's text is stored, found by words and counted; its vector comes later, Bob's at once."""
    slow.times_out = True
    store.put(ADA, "k", {"text": "ada plays chess"})
    store.put(BOB, "k", {"text": "bob plays chess"})
    health = store.health()
    assert (health.items, health.unembedded) == (2, 1)
    assert store.search(ADA, query="chess")[0].score is None
    assert store.search(BOB, query="chess")[0].score is not None
    assert store.signals([ADA], "chess").keywords.tolist() == [1.0]
    slow.times_out = False
    slow.answered.set()
    assert store.embed_pending() == 1
    assert store.health().unembedded == 0
    assert store.search(ADA, query="chess")[0].score is not None


def test_cancelled_embedding_stores_nothing(store: FaissStore, slow: SlowEmbeddings) -> None:
    """A caller who gives up while the embedder hangs has stored nothing, and may try again."""

    async def run() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(store.aput(ADA, "k", {"text": "ada says"}), 0.05)
        slow.answered.set()
        assert await store.aget(ADA, "k") is None
        await store.aput(ADA, "k", {"text": "ada says"})
        assert await store.aget(ADA, "k")

    asyncio.run(run())
