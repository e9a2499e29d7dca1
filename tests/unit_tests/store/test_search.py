"""What a query finds, and with which score, held against numpy over all rows."""

import asyncio
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from langgraph.store.base import PutOp, SearchItem

from langchain_usermem.store import FaissStore, Signals, SignalSource, indexing
from langchain_usermem.store.signals import ReadRows

from .conftest import Clock, HashEmbeddings

ADA = ("users", "ada")


def cosines(embeddings: HashEmbeddings, query: str, texts: list[str]) -> list[float]:
    """The cosine of a query with each text, in float64."""
    rows = np.array([embeddings.vector(text) for text in texts])
    asked = np.array(embeddings.vector(query))
    found: list[float] = (
        rows @ asked / np.linalg.norm(rows, axis=1) / np.linalg.norm(asked)
    ).tolist()
    return found


def keys(found: list[SearchItem]) -> list[str]:
    """The keys of what a search found."""
    return [item.key for item in found]


def fill(store: FaissStore, texts: list[str], namespace: tuple[str, ...] = ADA) -> None:
    """Put a row for each text, in one batch."""
    store.batch([PutOp(namespace, f"k{n:03}", {"text": text}) for n, text in enumerate(texts)])


def test_scores_are_cosines(store: FaissStore, embeddings: HashEmbeddings) -> None:
    """200 rows come in numpy's order, with its cosines to within 1e-5."""
    texts = [f"statement number {n}" for n in range(200)]
    fill(store, texts)
    found = store.search(ADA, query="which one?", limit=200)
    expected = cosines(embeddings, "which one?", texts)
    order = sorted(range(200), key=lambda n: -expected[n])
    assert keys(found) == [f"k{n:03}" for n in order]
    assert [item.score for item in found] == pytest.approx(sorted(expected, reverse=True), abs=1e-5)


def test_scores_follow_updates_and_deletes(store: FaissStore, embeddings: HashEmbeddings) -> None:
    """After rewriting and deleting rows a warm index answers as a fresh one would."""
    texts = [f"statement {n}" for n in range(40)]
    fill(store, texts)
    store.search(ADA, query="warm it")
    texts[3], texts[7] = "rewritten", "also rewritten"
    fill(store, texts[:10])
    for n in range(20, 30):
        store.delete(ADA, f"k{n:03}")
    kept = [n for n in range(40) if not 20 <= n < 30]
    expected = dict(zip(kept, cosines(embeddings, "q", [texts[n] for n in kept]), strict=True))
    found = store.search(ADA, query="q", limit=99)
    assert keys(found) == [f"k{n:03}" for n in sorted(kept, key=lambda n: -expected[n])]
    assert found[0].score == pytest.approx(max(expected.values()), abs=1e-5)


def test_equal_scores_come_by_id(store: FaissStore) -> None:
    """Rows of the same text keep the order they were first written in, on every page."""
    fill(store, ["the same"] * 9)
    pages = [keys(store.search(ADA, query="x", limit=3, offset=start)) for start in (0, 3, 6)]
    assert pages == [[f"k{n + k:03}" for k in range(3)] for n in (0, 3, 6)]


def test_row_of_several_texts_counts_by_its_best(
    store: FaissStore, embeddings: HashEmbeddings
) -> None:
    """A path that yields several texts gives several vectors; the nearest one counts."""
    parts = ["one part", "another part", "the last part"]
    store.put(ADA, "many", {"parts": [{"t": part} for part in parts]}, index=["parts[*].t"])
    store.put(ADA, "one", {"text": parts[0]})
    found = {item.key: item.score for item in store.search(ADA, query="q")}
    expected = cosines(embeddings, "q", parts)
    assert found["many"] == pytest.approx(max(expected), abs=1e-5)
    assert found["one"] == pytest.approx(expected[0], abs=1e-5)


def test_only_the_fields_of_the_index_count(store: FaissStore, embeddings: HashEmbeddings) -> None:
    """A put embeds the configured fields, or the paths it names itself."""
    store.put(ADA, "a", {"text": "yes", "other": "no"})
    store.put(ADA, "b", {"text": "no", "other": "yes too"}, index=["other"])
    assert embeddings.calls == [["yes"], ["yes too"]]


def test_same_text_is_embedded_once_a_batch(store: FaissStore, embeddings: HashEmbeddings) -> None:
    """Three rows of one text cost one text of embedding, and all are found."""
    fill(store, ["again"] * 3)
    assert embeddings.calls == [["again"]]
    assert len(store.search(ADA, query="again")) == 3


def test_unindexed_row_is_neither_embedded_nor_a_keyword_match(
    store: FaissStore, embeddings: HashEmbeddings
) -> None:
    """`index=False` leaves a row out of both indexes; a search still ends with it."""
    store.put(ADA, "plain", {"text": "golden retriever"}, index=False)
    fill(store, ["something else"])
    assert embeddings.calls == [["something else"]]
    found = store.search(ADA, query="golden retriever")
    assert [(item.key, item.score is None) for item in found] == [("k000", False), ("plain", True)]
    assert store.health().unembedded == 0


def test_blank_texts_are_not_embedded(store: FaissStore, embeddings: HashEmbeddings) -> None:
    """A value without words at its paths has no vector, and waits for none."""
    store.batch([PutOp(ADA, "a", {"text": "  "}), PutOp(ADA, "b", {"other": 1})])
    assert embeddings.calls == []
    assert store.health().unembedded == 0


def test_query_vectors_are_kept(store: FaissStore, embeddings: HashEmbeddings) -> None:
    """The same query twice is embedded once."""
    fill(store, ["text"])
    for _ in range(2):
        store.search(ADA, query="q")
    assert embeddings.calls == [["text"], ["q"]]


def test_prefix_search_merges_namespaces(store: FaissStore, embeddings: HashEmbeddings) -> None:
    """A search above several namespaces ranks their rows as one lot."""
    texts = [f"text {n}" for n in range(30)]
    for n, text in enumerate(texts):
        store.put(("users", f"u{n % 7}"), f"k{n:03}", {"text": text})
    expected = cosines(embeddings, "q", texts)
    found = store.search(("users",), query="q", limit=10)
    assert keys(found) == [f"k{n:03}" for n in sorted(range(30), key=lambda n: -expected[n])[:10]]


def test_filter_walks_down_the_order(store: FaissStore, embeddings: HashEmbeddings) -> None:
    """A filter that 2 of 300 rows pass finds both, with their cosines."""
    texts = [f"text {n}" for n in range(300)]
    store.batch(
        [PutOp(ADA, f"k{n}", {"text": t, "rare": n in (11, 290)}) for n, t in enumerate(texts)]
    )
    found = store.search(ADA, query="q", filter={"rare": True})
    expected = cosines(embeddings, "q", [texts[11], texts[290]])
    assert sorted(item.score or 0 for item in found) == pytest.approx(sorted(expected), abs=1e-5)


def test_keyword_only_store_ranks_by_words(path: str, clock: Clock) -> None:
    """With `index=False` rows that share words come first, then the rest, newest first."""
    with FaissStore(path, index=False) as store:
        for key, text in [
            ("both", "the golden retriever barks"),
            ("old", "nothing of it"),
            ("one", "a golden ring and other things"),
            ("new", "nothing either"),
        ]:
            store.put(ADA, key, {"text": text}, index=["text"])
            clock.advance(seconds=1)
        found = store.search(ADA, query="golden retrievers")
        assert keys(found) == ["both", "one", "new", "old"]
        assert {item.score for item in found} == {None}


def test_index_none_uses_local_embeddings(path: str) -> None:
    """Without a word about indexing, rows are found by what they are about."""
    with FaissStore(path) as store:
        store.put(ADA, "dog", {"text": "She has a golden retriever"})
        store.put(ADA, "job", {"text": "She works as a nurse"})
        found = store.search(ADA, query="pets")
        assert keys(found) == ["dog", "job"]
        assert found[0].score is not None
        assert store.health().embedder == "local:wordllama-l2-supercat-256/256"


def test_missing_extra_warns_once_and_is_made_up_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the extra rows are found by keywords, and one warning says so; later by vectors."""
    file = tmp_path / "m.db"
    monkeypatch.setattr(indexing, "local_embeddings_available", lambda: False)
    indexing._warn_of_keywords_only.cache_clear()
    with pytest.warns(UserWarning, match=r"pip install 'langchain-usermem\[local\]'"):
        store = FaissStore(file)
    store.put(ADA, "k", {"text": "golden retriever"})
    assert store.search(ADA, query="retriever")[0].score is None
    store.close()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        FaissStore(file).close()
    monkeypatch.undo()
    with FaissStore(file) as store:
        store.embed_pending()
        assert store.health().unembedded == 0
        assert store.search(ADA, query="dog")[0].score is not None


def both(store: FaissStore, namespaces: list[tuple[str, ...]], query: str) -> Signals:
    """The signals, the same from both doors."""
    found = store.signals(namespaces, query)
    awaited = asyncio.run(store.asignals(namespaces, query))
    assert awaited.keys == found.keys
    np.testing.assert_array_equal(awaited.similarity, found.similarity)
    np.testing.assert_array_equal(awaited.keywords, found.keywords)
    return found


def test_signals_cover_all_live_rows(clock: Clock, path: str, embeddings: HashEmbeddings) -> None:
    """Signals are of exactly these namespaces, without expired rows; NaN is no vector."""
    with FaissStore(path, index={"embed": embeddings, "fields": ["text"]}) as store:
        store.put(ADA, "a", {"text": "golden retriever"})
        store.put(ADA, "b", {"text": "no words of it"}, index=False)
        store.put(ADA, "gone", {"text": "golden"}, ttl=1)
        store.put((*ADA, "below"), "c", {"text": "golden"})
        store.put(("users", "bob"), "d", {"text": "retriever"})
        clock.advance(minutes=1)
        found = both(store, [ADA, ("users", "bob"), ("users", "nobody")], "golden retriever")
        assert found.keys == [(ADA, "a"), (ADA, "b"), (("users", "bob"), "d")]
        expected = cosines(embeddings, "golden retriever", ["golden retriever", "retriever"])
        assert found.similarity[[0, 2]].tolist() == pytest.approx(expected, abs=1e-5)
        assert np.isnan(found.similarity[1])
        assert found.keywords[1] == 0
        assert {str(a.dtype) for a in (found.similarity, found.keywords)} == {"float32"}
        assert ((found.keywords >= 0) & (found.keywords <= 1)).all()


def test_signals_of_nothing_are_empty(store: FaissStore) -> None:
    """A user without rows has empty arrays, not an error."""
    found = both(store, [("users", "new")], "q")
    assert (found.keys, found.similarity.shape, found.keywords.shape) == ([], (0,), (0,))


def test_rows_are_read_in_the_state_that_their_signals_are_of(tmp_path: Path) -> None:
    """A row that another store deletes meanwhile is still there; the next call is without it."""
    file = tmp_path / "shared.db"
    with FaissStore(file, index=False) as store, FaissStore(file, index=False) as other:
        fill(store, ["first", "second", "third"])

        def choose(signals: Signals, read: ReadRows) -> list[object]:
            other.delete(ADA, "k001")
            return [row.value for row in [*read(range(len(signals.keys))), *read([2])]]

        first, third = {"text": "first"}, {"text": "third"}
        assert store.chosen([ADA], "q", choose) == [first, {"text": "second"}, third, third]
        (row,) = asyncio.run(store.achosen([ADA], "q", lambda _, read: read([1])))
        assert row.value == third


def test_no_expired_row_is_read_by_its_place(clock: Clock, path: str) -> None:
    """Places count the live rows only."""
    with FaissStore(path, index=False) as store:
        store.put(ADA, "gone", {"text": "gone"}, ttl=1)
        store.put(ADA, "there", {"text": "there"})
        clock.advance(minutes=1)
        (row,) = store.chosen([ADA], "q", lambda _, read: read([0]))
        assert row.value == {"text": "there"}


def test_what_is_made_of_a_row_is_made_once_for_each_write_of_it(store: FaissStore) -> None:
    """Read again it is the same object; of a row that was overwritten another is made."""

    def made() -> list[object]:
        return store.chosen([ADA], "q", lambda _, read: [row.made_by(_Made) for row in read([0])])

    store.put(ADA, "k", {"text": "old"})
    (one,), (same,) = made(), made()
    assert one is same
    store.put(ADA, "k", {"text": "new"})
    (other,) = made()
    assert isinstance(other, _Made)
    assert other.value == {"text": "new"}


class _Made:
    """Something that is made of a value."""

    def __init__(self, value: Mapping[str, object]) -> None:
        self.value = value


def test_store_is_a_signal_source(store: FaissStore) -> None:
    """The protocol is one that can be tested for at run time."""
    assert isinstance(store, SignalSource)
    assert not isinstance(object(), SignalSource)


class AsyncOnly:
    """An embedder that is a coroutine function, with its calls."""

    def __init__(self) -> None:
        self._known = HashEmbeddings()

    async def __call__(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector a text."""
        return self._known.embed_documents(list(texts))


@pytest.mark.parametrize("is_async", [False, True])
def test_coroutine_function_serves_both_doors(path: str, *, is_async: bool) -> None:
    """An embedder that is async only also serves the synchronous methods."""
    with FaissStore(path, index={"embed": AsyncOnly(), "fields": ["text"]}) as store:

        async def use() -> SearchItem:
            await store.aput(ADA, "k", {"text": "words"})
            return (await store.asearch(ADA, query="words"))[0]

        if is_async:
            found = asyncio.run(use())
        else:
            store.put(ADA, "k", {"text": "words"})
            (found,) = store.search(ADA, query="words")
        assert found.score == pytest.approx(1.0, abs=1e-5)


async def test_coroutine_function_serves_blocking_methods_in_a_loop(path: str) -> None:
    """A blocking call from a running loop's thread has its vectors made in another thread."""
    with FaissStore(path, index={"embed": AsyncOnly(), "fields": ["text"]}) as store:
        store.put(ADA, "k", {"text": "words"})
        (found,) = store.search(ADA, query="words")
        assert store.health().unembedded == 0
    assert found.score == pytest.approx(1.0, abs=1e-5)
