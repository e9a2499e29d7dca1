"""What a query finds: order, scores, pages, and which parts of a value are looked at."""

from collections.abc import Sequence
from typing import Any

import pytest
from langgraph.store.base import PutOp

from .conftest import Open
from .doubles import DIMENSIONS, LetterEmbeddings, Room, cut

TEST = ("test",)


def by_nearness(embeddings: LetterEmbeddings, query: str, texts: dict[str, str]) -> list[str]:
    """Keys of texts, the nearest first, by float64."""
    return sorted(texts, key=lambda key: -embeddings.cosine(query, texts[key]))


def test_scores_are_cosines_best_first(indexed: Room, embeddings: LetterEmbeddings) -> None:
    """30 rows come in the order of their cosines, which are their scores."""
    texts = {f"k{n}": f"text number {n} {chr(97 + n % 26) * 5}" for n in range(30)}
    indexed.fill(TEST, {key: {"text": text} for key, text in texts.items()})
    found = indexed.search(TEST, query="number eee", limit=30)
    assert [item.key for item in found] == by_nearness(embeddings, "number eee", texts)
    expected = [embeddings.cosine("number eee", texts[item.key]) for item in found]
    assert [item.score for item in found] == pytest.approx(expected, abs=1e-5)


def test_row_is_found_by_its_own_text(indexed: Room) -> None:
    """The nearest to a text, in any script, is that text, with a score of one."""
    texts = ["这是中文", "これは日本語です", "이건 한국어야", "Это русский", "यह रूसी है", "🚀🎉"]
    indexed.fill(TEST, {text: {"text": text} for text in texts})
    for text in texts:
        best = indexed.search(TEST, query=text)[0]
        assert best.key == text
        assert best.score == pytest.approx(1.0, abs=1e-5)


def test_update_is_embedded_anew(indexed: Room, embeddings: LetterEmbeddings) -> None:
    """A new text counts at once, an old one never again."""
    indexed.fill(
        TEST,
        {"a": {"text": "zany zebra Xerxes"}, "b": {"text": "about dogs"}, "c": {"text": "birds"}},
    )
    assert indexed.keys(TEST, query="Zany Xerxes")[0] == "a"
    before = indexed.scores(TEST, query="Zany Xerxes")["a"]
    indexed.put(TEST, "a", {"text": "new text about dogs"})
    after = indexed.scores(TEST, query="Zany Xerxes")["a"]
    assert before is not None
    assert after is not None
    assert after < before
    expected = embeddings.cosine("new text about dogs", "Zany Xerxes")
    assert after == pytest.approx(expected, abs=1e-5)
    assert indexed.scores(TEST, query="new text about dogs")["a"] == pytest.approx(1.0, abs=1e-5)


@pytest.mark.fails_in_memory("no issue: the vector of the old value is kept")
@pytest.mark.parametrize(
    ("value", "more"),
    [({"text": "about dogs"}, {"index": False}), ({"other": 1}, {})],
    ids=["unindexed", "without the field"],
)
def test_row_that_lost_its_text_lost_its_vector(
    indexed: Room, value: dict[str, Any], more: dict[str, Any]
) -> None:
    """A row written anew without a text to index is not found by the old one."""
    indexed.fill(TEST, {"a": {"text": "zebra"}, "b": {"text": "dogs"}})
    indexed.put(TEST, "a", value, **more)
    assert indexed.search(TEST, query="zebra")[-1].key == "a"
    assert indexed.scores(TEST, query="zebra")["a"] is None


def test_deleted_row_leaves_no_vector(indexed: Room) -> None:
    """A deleted row takes no place among the nearest, nor does its key (Sqlite #8757)."""
    indexed.fill(TEST, {f"k{n}": {"text": f"zebra {n}"} for n in range(5)})
    indexed.put(TEST, "dog", {"text": "dog"})
    for n in range(5):
        indexed.delete(TEST, f"k{n}")
    assert indexed.keys(TEST, query="zebra", limit=1) == ["dog"]
    indexed.put(TEST, "k0", {"text": "dog"})
    assert indexed.scores(TEST, query="dog") == pytest.approx({"dog": 1.0, "k0": 1.0}, abs=1e-5)


def test_unindexed_rows_come_last_without_a_score(indexed: Room) -> None:
    """`index=False` leaves a row out of the ranking, not out of the result."""
    indexed.fill(TEST, {"a": {"text": "hhh"}, "b": {"text": "xyz"}})
    indexed.put(TEST, "plain", {"text": "hhh"}, index=False)
    assert indexed.keys(TEST, query="hhh") == ["a", "b", "plain"]
    assert indexed.scores(TEST, query="hhh")["plain"] is None
    assert indexed.keys(TEST, query="hhh", limit=2) == ["a", "b"]


@pytest.mark.fails_in_memory("no issue: rows without a vector are given out from their first on")
def test_pages_of_rows_with_and_without_vectors(indexed: Room) -> None:
    """Pages of 4 over 9 embedded and 5 other rows give each once."""
    indexed.fill(TEST, {f"e{n}": {"text": f"text {n}"} for n in range(9)})
    indexed.fill(TEST, {f"p{n}": {"text": f"text {n}"} for n in range(5)}, index=False)
    pages = [indexed.keys(TEST, query="text 3", limit=4, offset=n) for n in range(0, 16, 4)]
    found = [key for page in pages for key in page]
    assert sorted(found) == [f"e{n}" for n in range(9)] + [f"p{n}" for n in range(5)]
    assert {key[0] for key in found[:9]} == {"e"}


@pytest.mark.parametrize("query", [None, "number 7"])
def test_pages_are_stable_and_complete(indexed: Room, query: str | None) -> None:
    """Pages of 10 over 95 rows are the parts of one order (Sqlite and Postgres lose rows)."""
    indexed.batch([PutOp(TEST, f"k{n:02}", {"text": f"number {n}"}) for n in range(95)])
    whole = indexed.keys(TEST, query=query, limit=200)
    pages = [indexed.keys(TEST, query=query, limit=10, offset=n) for n in range(0, 110, 10)]
    assert [page for page in pages if page] == cut(whole, 10)
    assert len(set(whole)) == 95


def test_ten_rows_unless_told_otherwise(indexed: Room) -> None:
    """The default limit is 10, with a query and without."""
    indexed.fill(TEST, {f"k{n}": {"text": f"text {n}"} for n in range(12)})
    assert len(indexed.search(TEST)) == 10
    assert len(indexed.search(TEST, query="text")) == 10


@pytest.mark.parametrize("query", ["", None])
def test_empty_query_is_no_query(indexed: Room, query: str | None) -> None:
    """Without anything to look for every row is found, unscored."""
    indexed.fill(TEST, {"a": {"text": "one"}, "b": {"text": "two"}})
    assert indexed.scores(TEST, query=query) == {"a": None, "b": None}


@pytest.mark.parametrize("query", ["long " * 500, "!@#$%^&*()[]{}'\";--", "   ", "\x00", "日本"])
def test_odd_queries_are_answered(indexed: Room, query: str) -> None:
    """Neither length nor punctuation makes a query fail."""
    indexed.put(TEST, "a", {"text": "test document"})
    assert indexed.keys(TEST, query=query) == ["a"]


def test_search_of_nothing(indexed: Room) -> None:
    """An empty namespace has no nearest row."""
    assert indexed.search(TEST, query="anything") == []
    assert indexed.search((), query="anything", filter={"a": 1}) == []


def test_query_over_many_namespaces(indexed: Room, embeddings: LetterEmbeddings) -> None:
    """Below a prefix all rows are ranked as one lot, whichever namespace they are of."""
    texts = {f"k{n}": chr(97 + n) * 3 + " text" for n in range(20)}
    for n, (key, text) in enumerate(texts.items()):
        indexed.put(("users", f"u{n % 6}"), key, {"text": text})
    expected = by_nearness(embeddings, "ccc text", texts)
    assert indexed.keys(("users",), query="ccc text", limit=7) == expected[:7]


def test_others_crowd_nobody_out(indexed: Room) -> None:
    """Ten rows of one user are found beside 300 nearer ones of others (Postgres with HNSW)."""
    indexed.batch(
        [PutOp(("u", f"{n % 30}"), f"k{n}", {"text": f"exactly this {n}"}) for n in range(300)]
        + [PutOp(("u", "me"), f"mine{n}", {"text": f"zzz {n}"}) for n in range(10)]
    )
    assert len(indexed.search(("u", "me"), query="exactly this")) == 10


def test_store_without_an_index_still_searches(room: Room) -> None:
    """A query on a store that embeds nothing finds the rows, unscored."""
    room.fill(TEST, {"a": {"text": "one"}, "b": {"text": "two"}}, index=["text"])
    found = room.scores(TEST, query="one")
    assert found == {"a": None, "b": None}


FIELDS = [
    (["a"], "aaa", "xyz"),
    (["b.c"], "ccc", "aaa"),
    (["list[*]"], "lll", "aaa"),
    (["list[0]"], "lll", "mmm"),
    (["list[-1]"], "mmm", "lll"),
    (["people[*].name"], "nnn", "ooo"),
    (["people[1].city"], "ppp", "ooo"),
    (["*"], "aaa", "zzz"),
    (["{a,b.c}"], "ccc", "zzz"),
    (["missing", "a"], "aaa", "xyz"),
    (["n"], "417", "aaa"),
]
VALUE: dict[str, Any] = {
    "a": "aaa",
    "b": {"c": "ccc"},
    "list": ["lll", "mmm"],
    "people": [{"name": "nnn", "city": "ooo"}, {"name": "qqq", "city": "ppp"}],
    "n": 417,
}


@pytest.mark.parametrize("case", FIELDS, ids=str)
@pytest.mark.parametrize("by", ["store", "put"])
def test_only_the_named_fields_count(
    opened: Open, embeddings: LetterEmbeddings, by: str, case: tuple[list[str], str, str]
) -> None:
    """A path says which texts are embedded, in the store's index or in the put's own."""
    fields, found, other = case
    chosen = fields if by == "store" else ["nothing"]
    room = opened(index={"dims": DIMENSIONS, "embed": embeddings, "fields": chosen})
    room.put(TEST, "k", VALUE, **({} if by == "store" else {"index": fields}))
    ((_, best),) = room.scores(TEST, query=found).items()
    assert best == pytest.approx(1.0, abs=1e-5)
    ((_, worse),) = room.scores(TEST, query=other).items()
    assert worse is not None
    assert worse < 0.9


def test_best_of_several_fields_counts(opened: Open, embeddings: LetterEmbeddings) -> None:
    """A row of several texts comes once, with the score of its nearest (max, not mean)."""
    fields = ["key0", "key1", "key3"]
    room = opened(index={"dims": DIMENSIONS, "embed": embeddings, "fields": fields})
    room.put(TEST, "doc1", {"key1": "xxx", "key2": "yyy", "key3": "zzz"})
    room.put(TEST, "doc2", {"key0": "uuu", "key1": "vvv", "key2": "www", "key3": "xxx"})
    both = room.scores(TEST, query="xxx")
    assert both == pytest.approx({"doc1": 1.0, "doc2": 1.0}, abs=1e-5)
    assert room.keys(TEST, query="uuu") == ["doc2", "doc1"]
    assert all((score or 0) < 0.9 for score in room.scores(TEST, query="www").values())


def test_whole_value_is_indexed_by_default(opened: Open, embeddings: LetterEmbeddings) -> None:
    """Without `fields` every part of a value counts."""
    room = opened(index={"dims": DIMENSIONS, "embed": embeddings})
    room.fill(TEST, {"a": {"any": {"where": "zzzzzzzz"}}, "b": {"other": "qqqqqqqq"}})
    assert room.keys(TEST, query="zzzz") == ["a", "b"]
    assert room.keys(TEST, query="qqqq") == ["b", "a"]


@pytest.mark.fails_in_memory("no issue: the vector of the old value is kept")
def test_own_index_of_a_put_is_forgotten_by_the_next(
    indexed: Room, embeddings: LetterEmbeddings
) -> None:
    """A put without `index` goes back to the store's fields."""
    indexed.put(TEST, "k", {"text": "aaa", "other": "bbb"}, index=["other"])
    assert indexed.scores(TEST, query="bbb")["k"] == pytest.approx(1.0, abs=1e-5)
    indexed.put(TEST, "k", {"text": "aaa", "other": "bbb"})
    assert indexed.scores(TEST, query="aaa")["k"] == pytest.approx(1.0, abs=1e-5)
    expected = embeddings.cosine("aaa", "bbb")
    assert indexed.scores(TEST, query="bbb")["k"] == pytest.approx(expected, abs=1e-5)


def as_function(texts: Sequence[str]) -> list[list[float]]:
    """Vectors from a plain function."""
    return LetterEmbeddings().embed_documents(list(texts))


async def as_coroutine(texts: Sequence[str]) -> list[list[float]]:
    """Vectors from a coroutine function."""
    return as_function(texts)


@pytest.mark.parametrize("embed", [as_function, as_coroutine], ids=["function", "coroutine"])
def test_functions_embed_too(opened: Open, embed: Any, request: pytest.FixtureRequest) -> None:
    """`embed` may be a function; one that is a coroutine serves the blocking methods as well."""
    blocking = "InMemoryStore-sync" in request.node.name
    if blocking and embed is as_coroutine:
        request.applymarker(pytest.mark.xfail(strict=True, reason="raises in blocking methods"))
    room = opened(index={"dims": DIMENSIONS, "embed": embed, "fields": ["text"]})
    room.fill(TEST, {"a": {"text": "apple"}, "b": {"text": "zoom"}})
    assert room.keys(TEST, query="pale") == ["a", "b"]


def test_index_configuration_can_be_read(indexed: Room, embeddings: LetterEmbeddings) -> None:
    """Under the name that LangGraph's stores have for it."""
    config: Any = indexed.store
    assert config.index_config["dims"] == DIMENSIONS
    assert config.index_config["embed"] is embeddings


class Outage(LetterEmbeddings):
    """An embedder whose provider is down."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Nothing."""
        raise ConnectionError(f"{len(texts)} texts")

    def embed_query(self, text: str) -> list[float]:
        """Nothing."""
        raise ConnectionError(str(len(text)))


@pytest.mark.fails_in_memory("no issue: the text is lost with the vector")
def test_outage_loses_no_text(opened: Open) -> None:
    """A row is stored, read and searched although its text cannot be embedded."""
    room = opened(index={"dims": DIMENSIONS, "embed": Outage(), "fields": ["text"]})
    room.put(TEST, "k", {"text": "golden retriever"})
    assert room.item(TEST, "k").value == {"text": "golden retriever"}
    assert room.scores(TEST, query="retriever") == {"k": None}


def test_zero_vector_is_near_nothing(opened: Open) -> None:
    """An embedder that gives zeros makes scores of zero, no NaN."""

    def zeros(texts: Sequence[str]) -> list[list[float]]:
        return [[0.0] * DIMENSIONS for _ in texts]

    room = opened(index={"dims": DIMENSIONS, "embed": zeros, "fields": ["text"]})
    room.put(TEST, "k", {"text": "words"})
    assert room.scores(TEST, query="words") == {"k": 0.0}
