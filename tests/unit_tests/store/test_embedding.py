"""Embedders that fail: no text is lost, and what is missing is made up for."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langgraph.store.base import PutOp

from langchain_usermem.errors import DimensionMismatchError, EmbedderMismatchError
from langchain_usermem.store import FaissStore
from langchain_usermem.store.late import LateEmbedding

from .conftest import DIMENSIONS, Batch, HashEmbeddings

ADA = ("users", "ada")


@pytest.fixture(autouse=True)
def no_background(monkeypatch: pytest.MonkeyPatch) -> None:
    """Late embedding happens when a test asks for it."""
    monkeypatch.setattr(LateEmbedding, "wake", lambda *_, **__: None)


def down(_: list[str]) -> Any:
    """The provider does not answer."""
    raise ConnectionError("secret text of the provider")


FAULTS: dict[str, Callable[[list[str]], Any]] = {
    "raises": down,
    "too few": lambda texts: [[1.0] * DIMENSIONS] * (len(texts) - 1),
    "too many": lambda texts: [[1.0] * DIMENSIONS] * (len(texts) + 1),
    "nothing": lambda _: None,
    "text": lambda _: "vectors",
    "ragged": lambda texts: [[1.0] * (3 + n) for n in range(len(texts))],
    "wrong width": lambda texts: [[1.0] * (DIMENSIONS + 1) for _ in texts],
    "not a number": lambda texts: [[float("nan")] * DIMENSIONS for _ in texts],
    "infinite": lambda texts: [[float("inf")] * DIMENSIONS for _ in texts],
    "no components": lambda texts: [[] for _ in texts],
}


@pytest.fixture(params=FAULTS)
def faulty(request: pytest.FixtureRequest, embeddings: HashEmbeddings) -> HashEmbeddings:
    """An embedder with one of the faults."""
    embeddings.fault = FAULTS[request.param]
    return embeddings


@pytest.fixture
def sized(path: str, faulty: HashEmbeddings) -> FaissStore:
    """A store that knows the width of its vectors beforehand."""
    index = {"embed": faulty, "dims": DIMENSIONS, "fields": ["text"]}
    return FaissStore(path, index=index)


def test_text_outlives_a_faulty_embedder(
    sized: FaissStore, faulty: HashEmbeddings, batch: Batch, caplog: pytest.LogCaptureFixture
) -> None:
    """The row is stored, found by its words, reported, and embedded when that works again."""
    writes = [PutOp(ADA, k, {"text": f"golden {k}"}) for k in ("one", "two")]
    with sized, caplog.at_level(logging.WARNING):
        assert batch(sized, writes) == [None, None]
        assert sized.health().unembedded == 2
        assert sized.health().last_error is not None
        assert [i.key for i in sized.search(ADA, query="golden two")] == ["two", "one"]
        assert sized.embed_pending() == 0
        faulty.fault = None
        assert sized.embed_pending() == 2
        assert (sized.health().unembedded, sized.health().last_error) == (0, None)
        found = sized.search(ADA, query="golden two")
        assert [i.score for i in found if i.key == "two"] == pytest.approx([1.0], abs=1e-5)
    assert len(caplog.records) >= 1
    assert "golden" not in caplog.text
    assert "secret" not in caplog.text


def test_wrong_width_at_the_first_use_loses_nothing(path: str) -> None:
    """An embedder narrower than configured leaves rows that wait, and says why."""
    index = {"embed": HashEmbeddings(4), "dims": 8, "fields": ["text"]}
    with FaissStore(path, index=index) as store:
        store.put(ADA, "k", {"text": "words"})
        health = store.health()
        assert (health.items, health.unembedded, health.embedder) == (1, 1, None)
        assert "8-component" in (health.last_error or "")


def test_failing_query_is_searched_by_keywords(
    store: FaissStore, embeddings: HashEmbeddings
) -> None:
    """Rows with vectors are ranked by words while the query cannot be embedded."""
    store.put(ADA, "other", {"text": "something else"})
    store.put(ADA, "match", {"text": "golden retriever"})
    store.put(ADA, "last", {"text": "another"})
    embeddings.fault = down
    found = store.search(ADA, query="retrievers")
    assert [(i.key, i.score) for i in found] == [("match", None), ("last", None), ("other", None)]
    embeddings.fault = None
    assert store.search(ADA, query="retrievers")[0].score is not None


def test_one_refused_text_stops_no_other(store: FaissStore, embeddings: HashEmbeddings) -> None:
    """Of ten rows that wait, the nine that the embedder takes are embedded."""

    def refuse(texts: list[str]) -> Any:
        if any("poison" in text for text in texts):
            raise ValueError
        return [embeddings.vector(text) for text in texts]

    embeddings.fault = refuse
    texts = [f"text {n}" if n != 4 else "poison" for n in range(10)]
    store.batch([PutOp(ADA, f"k{n}", {"text": text}) for n, text in enumerate(texts)])
    assert store.health().unembedded == 10
    assert store.embed_pending() == 9
    assert store.health().unembedded == 1


def test_outage_is_not_tried_row_by_row(store: FaissStore, embeddings: HashEmbeddings) -> None:
    """With the provider down, embedding 100 rows late gives up after six calls."""
    embeddings.fault = down
    store.batch([PutOp(ADA, f"k{n}", {"text": f"text {n}"}) for n in range(100)])
    embeddings.calls.clear()
    assert store.embed_pending() == 0
    assert len(embeddings.calls) == 6


def test_limit_of_late_embedding(store: FaissStore, embeddings: HashEmbeddings) -> None:
    """`embed_pending` embeds as many rows as asked for, the oldest first."""
    embeddings.fault = down
    store.batch([PutOp(ADA, f"k{n}", {"text": f"text {n}"}) for n in range(100)])
    embeddings.fault = None
    assert [store.embed_pending(limit) for limit in (70, 0, 20, 20)] == [70, 0, 20, 10]


def test_row_rewritten_meanwhile_keeps_its_newer_text(
    store: FaissStore, embeddings: HashEmbeddings
) -> None:
    """A late vector of an older text is dropped."""
    embeddings.fault = down
    store.put(ADA, "k", {"text": "old"})

    def rewrite(texts: list[str]) -> Any:
        embeddings.fault = None
        store.put(ADA, "k", {"text": "new"})
        return [embeddings.vector(text) for text in texts]

    embeddings.fault = rewrite
    assert store.embed_pending() == 0
    (found,) = store.search(ADA, query="new")
    assert found.value == {"text": "new"}
    assert found.score == pytest.approx(1.0, abs=1e-5)


def test_other_embedder_is_refused(tmp_path: Path) -> None:
    """A file with vectors opens with their embedder only, or without any."""
    file = tmp_path / "m.db"
    with FaissStore(file, index={"embed": HashEmbeddings(name="first")}) as store:
        store.put(ADA, "k", {"text": "golden"})
    for index in ({"embed": HashEmbeddings(name="second")}, None):
        with pytest.raises(EmbedderMismatchError, match=r"'first/16'.*original embedder"):
            FaissStore(file, index=index)
    with pytest.raises(EmbedderMismatchError):
        FaissStore(file, index={"embed": HashEmbeddings(name="first"), "dims": 8})
    with FaissStore(file, index=False) as store:
        assert store.search(ADA, query="golden")[0].score is None
        store.put(ADA, "new", {"text": "golden"})
        assert store.health().unembedded == 1
    with FaissStore(file, index={"embed": HashEmbeddings(name="first")}) as store:
        assert store.embed_pending() == 1
        assert all(item.score is not None for item in store.search(ADA, query="golden"))


def test_width_of_a_file_is_kept(tmp_path: Path) -> None:
    """An embedder that changes its width is refused as a failure, not mixed in."""
    file, embeddings = tmp_path / "m.db", HashEmbeddings()
    with FaissStore(file, index={"embed": embeddings}) as store:
        store.put(ADA, "k", {"text": "a"})
    embeddings.dimensions = 5
    with FaissStore(file, index={"embed": embeddings}) as store:
        store.put(ADA, "k2", {"text": "b"})
        assert store.health().unembedded == 1
        assert DimensionMismatchError.__name__ in (store.health().last_error or "")


def test_what_is_embedded_is_what_is_read_back(
    store: FaissStore, embeddings: HashEmbeddings, batch: Batch
) -> None:
    """A character given in two halves, which JSON joins, is embedded whole."""
    batch(store, [PutOp(ADA, "k", {"text": "\ud83d\ude00 all day long"})])
    found = store.get(ADA, "k")
    assert found is not None
    assert embeddings.calls == [[found.value["text"]]] == [["\U0001f600 all day long"]]
