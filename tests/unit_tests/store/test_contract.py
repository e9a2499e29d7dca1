"""LangGraph's contract, sync and async, held against `InMemoryStore` where that is right."""

import random
from datetime import UTC, timedelta
from typing import Any

import pytest
from langgraph.store.base import (
    GetOp,
    InvalidNamespaceError,
    Item,
    ListNamespacesOp,
    MatchCondition,
    Op,
    PutOp,
    SearchItem,
    SearchOp,
)
from langgraph.store.memory import InMemoryStore

from langchain_usermem.errors import InvalidFilterError, InvalidOperationError
from langchain_usermem.store import FaissStore

from .conftest import Batch, Clock

ADA = ("users", "ada")


def put(key: str, namespace: tuple[str, ...] = ADA, **value: Any) -> PutOp:
    """A put of the keywords as a value."""
    return PutOp(namespace, key, value)


def keys(result: object) -> list[str]:
    """The keys of what a search found."""
    assert isinstance(result, list)
    return [item.key for item in result]


def item(result: object) -> Item:
    """What a get found."""
    assert isinstance(result, Item)
    return result


def items(result: object) -> list[SearchItem]:
    """What a search found."""
    assert isinstance(result, list)
    return result


def test_get_returns_what_was_put(store: FaissStore, batch: Batch) -> None:
    """A value comes back as JSON gives it, under its namespace and key."""
    value = {"text": "héllo 東京", "n": 1, "x": 1.5, "nested": {"list": [1, None, True]}}
    batch(store, [PutOp(ADA, "k", value)])
    (found,) = batch(store, [GetOp(ADA, "k")])
    assert item(found).value == value
    assert (item(found).namespace, item(found).key) == (ADA, "k")


def test_missing_key_is_none(store: FaissStore, batch: Batch) -> None:
    """A key, and a namespace, that nobody wrote give None."""
    batch(store, [put("k")])
    assert batch(store, [GetOp(ADA, "other"), GetOp(("users", "bob"), "k")]) == [None, None]


def test_results_come_in_input_order(store: FaissStore, batch: Batch) -> None:
    """Each result stands where its operation stood."""
    batch(store, [put("a", n=1), put("b", n=2)])
    results = batch(
        store,
        [GetOp(ADA, "b"), put("c"), SearchOp(ADA, limit=1), ListNamespacesOp(), GetOp(ADA, "a")],
    )
    assert item(results[0]).value == {"n": 2}
    assert results[1] is None
    assert len(items(results[2])) == 1
    assert results[3] == [ADA]
    assert item(results[4]).value == {"n": 1}


def test_reads_see_the_state_before_the_batch(store: FaissStore, batch: Batch) -> None:
    """A get after a put in one batch sees the old value."""
    batch(store, [put("k", n=1)])
    results = batch(store, [put("k", n=2), GetOp(ADA, "k")])
    assert item(results[1]).value == {"n": 1}
    assert item(batch(store, [GetOp(ADA, "k")])[0]).value == {"n": 2}


def test_last_put_of_a_key_wins(store: FaissStore, batch: Batch) -> None:
    """Of several puts and deletes of a key in one batch the last one counts."""
    batch(store, [put("a", n=1), put("a", n=2), put("b", n=1), PutOp(ADA, "b", None)])
    found = batch(store, [GetOp(ADA, "a"), GetOp(ADA, "b")])
    assert item(found[0]).value == {"n": 2}
    assert found[1] is None


def test_delete_removes_the_row(store: FaissStore, batch: Batch) -> None:
    """A deleted key is gone from get, search and listing; deleting it again is no error."""
    batch(store, [put("k", text="words")])
    batch(store, [PutOp(ADA, "k", None)])
    batch(store, [PutOp(ADA, "k", None), PutOp(("never",), "was", None)])
    results = batch(
        store, [GetOp(ADA, "k"), SearchOp(ADA), SearchOp(ADA, query="words"), ListNamespacesOp()]
    )
    assert results == [None, [], [], []]


def test_update_keeps_created_at(clock: Clock, store: FaissStore, batch: Batch) -> None:
    """Overwriting a row changes updated_at only; both are in UTC."""
    batch(store, [put("k", n=1)])
    begun = clock.time
    clock.advance(microseconds=1)
    batch(store, [put("k", n=2)])
    found = item(batch(store, [GetOp(ADA, "k")])[0])
    assert found.created_at == begun
    assert found.updated_at == begun + timedelta(microseconds=1)
    assert found.created_at.tzinfo == found.updated_at.tzinfo == UTC


def test_prefix_means_whole_labels(store: FaissStore, batch: Batch) -> None:
    """User 1 never sees rows of user 12, nor of anyone whose label begins alike."""
    for user in ("1", "12", "1/", "1-", "1\U0010ffff"):
        batch(store, [PutOp(("u", user), user, {})])
    batch(store, [PutOp(("u", "1", "\U0010ffff"), "below", {}), PutOp(("u",), "above", {})])
    assert set(keys(batch(store, [SearchOp(("u", "1"))])[0])) == {"1", "below"}
    assert len(items(batch(store, [SearchOp((), limit=99)])[0])) == 7


def test_newest_come_first_without_a_query(clock: Clock, store: FaissStore, batch: Batch) -> None:
    """Without a query rows come by falling updated_at, equal ones by falling id."""
    batch(store, [put("a"), put("b")])
    clock.advance(seconds=1)
    batch(store, [put("c")])
    clock.advance(seconds=1)
    batch(store, [put("a")])
    assert keys(batch(store, [SearchOp(ADA)])[0]) == ["a", "c", "b"]


def test_pages_are_parts_of_one_order(store: FaissStore, batch: Batch) -> None:
    """Pages of 7 give each of 50 rows once, with a query and without, filtered and not."""
    batch(store, [put(f"k{n:02}", text=f"words {n}", even=n % 2 == 0) for n in range(50)])
    for query in (None, "words 3"):
        for condition, count in ((None, 50), ({"even": True}, 25)):
            whole = SearchOp(ADA, query=query, filter=condition, limit=99)
            pages = [whole._replace(limit=7, offset=start) for start in range(0, 56, 7)]
            results = batch(store, [whole, *pages])
            paged = [key for page in results[1:] for key in keys(page)]
            assert paged == keys(results[0])
            assert len(set(paged)) == count


FILTERS: list[dict[str, Any]] = [
    {"n": 3},
    {"n": {"$gt": 9}},
    {"n": {"$gte": 9, "$lt": 12}},
    {"n": {"$ne": 3}},
    {"colour": "red", "n": {"$lte": 6}},
    {"nested": {"depth": 2}},
    {"nested": {"depth": {"$gt": 1}}},
    {"tags": ["a", "b"]},
    {"missing": None},
    {"missing": {"$ne": 1}},
    {"n' OR 1=1 --": 1},
]


@pytest.mark.parametrize("condition", FILTERS, ids=repr)
def test_filters_agree_with_the_memory_store(
    store: FaissStore, batch: Batch, condition: dict[str, Any]
) -> None:
    """A filter passes the same rows as `InMemoryStore`'s."""
    peer = InMemoryStore()
    writes = [
        put(
            f"k{n}",
            n=n,
            colour=["red", "blue"][n % 2],
            nested={"depth": n % 4},
            tags=["a", "b"][: n % 3],
        )
        for n in range(15)
    ]
    search = SearchOp(ADA, filter=condition, limit=99)
    for each in (store, peer):
        each.batch(writes)
    (found,), (expected,) = batch(store, [search]), peer.batch([search])
    assert sorted(keys(found)) == sorted(keys(expected))


def test_random_batches_agree_with_a_memory_store(store: FaissStore, batch: Batch) -> None:
    """After 300 random operations in batches every get, search and listing agrees."""
    chance, peer = random.Random(7), InMemoryStore()  # noqa: S311 - nothing secret
    spaces = [("a",), ("a", "b"), ("a", "c"), ("d", "b")]
    for _ in range(30):
        writes: list[Op] = [
            PutOp(
                chance.choice(spaces),
                f"k{chance.randrange(6)}",
                None if chance.random() < 0.3 else {"n": chance.randrange(100)},
            )
            for _ in range(10)
        ]
        batch(store, writes)
        peer.batch(writes)
        searches: list[Op] = [SearchOp(space, limit=99) for space in [(), *spaces]]
        for ours, theirs in zip(batch(store, searches), peer.batch(searches), strict=True):
            assert {(i.namespace, i.key, i.value["n"]) for i in items(ours)} == {
                (i.namespace, i.key, i.value["n"]) for i in items(theirs)
            }
    listed = batch(store, [ListNamespacesOp()])[0]
    assert listed == [s for s in sorted(spaces) if peer.search(s, limit=99)]


LISTINGS = [
    (ListNamespacesOp(), ["a.b.c", "a.b.d", "a.x.c", "e"]),
    (ListNamespacesOp(max_depth=2), ["a.b", "a.x", "e"]),
    (ListNamespacesOp(limit=2, offset=1), ["a.b.d", "a.x.c"]),
    (ListNamespacesOp((MatchCondition("prefix", ("a", "b")),)), ["a.b.c", "a.b.d"]),
    (ListNamespacesOp((MatchCondition("prefix", ("a", "*", "c")),)), ["a.b.c", "a.x.c"]),
    (ListNamespacesOp((MatchCondition("suffix", ("c",)),)), ["a.b.c", "a.x.c"]),
    (ListNamespacesOp((MatchCondition("suffix", ("x", "*")),)), ["a.x.c"]),
    (ListNamespacesOp((MatchCondition("prefix", ("a", "b", "c", "d")),)), []),
    (
        ListNamespacesOp((MatchCondition("prefix", ("a",)), MatchCondition("suffix", ("d",)))),
        ["a.b.d"],
    ),
]


@pytest.mark.parametrize(("op", "expected"), LISTINGS)
def test_namespaces_are_listed_by_pattern(
    store: FaissStore, batch: Batch, op: ListNamespacesOp, expected: list[str]
) -> None:
    """Listing knows prefixes, suffixes, wildcards, depth and pages, as `InMemoryStore` does."""
    peer = InMemoryStore()
    for path in ("a.b.c", "a.b.d", "a.x.c", "e"):
        for each in (store, peer):
            each.put(tuple(path.split(".")), "k", {})
    assert batch(store, [op])[0] == [tuple(path.split(".")) for path in expected]
    assert peer.batch([op]) == batch(store, [op])


BAD_OPS: list[tuple[Any, type[Exception]]] = [
    (PutOp((), "k", {}), InvalidNamespaceError),
    (PutOp(("a.b",), "k", {}), InvalidNamespaceError),
    (PutOp(("",), "k", {}), InvalidNamespaceError),
    (PutOp(("a\x00",), "k", {}), InvalidNamespaceError),
    (PutOp(("\ud800",), "k", {}), InvalidNamespaceError),
    (PutOp("users", "k", {}), InvalidNamespaceError),  # type: ignore[arg-type] # refused
    (SearchOp(("a.b",)), InvalidNamespaceError),
    (GetOp(("a", 1), "k"), InvalidNamespaceError),  # type: ignore[arg-type] # refused
    (
        ListNamespacesOp((MatchCondition("prefix", ("a.b",)),)),
        InvalidNamespaceError,
    ),
    (PutOp(ADA, 1, {}), InvalidOperationError),  # type: ignore[arg-type] # refused
    (PutOp(ADA, "\ud800", {}), InvalidOperationError),
    (GetOp(ADA, None), InvalidOperationError),  # type: ignore[arg-type] # refused
    (PutOp(ADA, "k", ["no", "dict"]), InvalidOperationError),  # type: ignore[arg-type] # refused
    (PutOp(ADA, "k", {"x": float("nan")}), InvalidOperationError),
    (PutOp(ADA, "k", {"x": {"y": [float("inf")]}}), InvalidOperationError),
    (PutOp(ADA, "k", {"x": object()}), InvalidOperationError),
    (PutOp(ADA, "k", {1: "x"}), InvalidOperationError),  # type: ignore[dict-item] # refused
    (PutOp(ADA, "k", {}, index="text"), InvalidOperationError),  # type: ignore[arg-type] # refused
    (PutOp(ADA, "k", {}, index=[1]), InvalidOperationError),  # type: ignore[list-item] # refused
    (PutOp(ADA, "k", {}, ttl=-1), InvalidOperationError),
    (PutOp(ADA, "k", {}, ttl=float("nan")), InvalidOperationError),
    (PutOp(ADA, "k", {}, ttl="soon"), InvalidOperationError),  # type: ignore[arg-type] # refused
    (SearchOp(ADA, limit=-1), InvalidOperationError),
    (SearchOp(ADA, offset=-1), InvalidOperationError),
    (SearchOp(ADA, limit=None), InvalidOperationError),  # type: ignore[arg-type] # refused
    (SearchOp(ADA, query=7), InvalidOperationError),  # type: ignore[arg-type] # refused
    (SearchOp(ADA, filter={"n": {"$in": [1]}}), InvalidFilterError),
    (ListNamespacesOp(limit=-1), InvalidOperationError),
    (ListNamespacesOp(max_depth=0), InvalidOperationError),
    (ListNamespacesOp((MatchCondition("infix", ("a",)),)), InvalidOperationError),  # type: ignore[arg-type] # refused
    ("nonsense", InvalidOperationError),
]


@pytest.mark.parametrize(("op", "error"), BAD_OPS, ids=lambda value: repr(value)[:50])
def test_bad_operation_stops_its_whole_batch(
    store: FaissStore, batch: Batch, op: Op, error: type[Exception]
) -> None:
    """An operation outside the contract is refused, and nothing beside it is written."""
    with pytest.raises(error):
        batch(store, [put("beside", text="words"), op])
    assert batch(store, [GetOp(ADA, "beside")]) == [None]


def test_errors_never_hold_the_text(store: FaissStore) -> None:
    """The message for a value that is no JSON names its key, not what it says."""
    with pytest.raises(InvalidOperationError) as caught:
        store.put(ADA, "k", {"secret": "swordfish", "bad": {1, 2}})
    assert "'k'" in str(caught.value)
    assert "swordfish" not in str(caught.value)


@pytest.mark.parametrize("key", ["", "a.b", "a\x00b", "*", "'; DROP TABLE items; --", "日本"])
def test_any_text_may_be_a_key(store: FaissStore, batch: Batch, key: str) -> None:
    """A key is any Unicode string, and is updated under the same id."""
    batch(store, [put(key, text="one")])
    batch(store, [put(key, text="two")])
    assert item(batch(store, [GetOp(ADA, key)])[0]).value == {"text": "two"}
    assert keys(batch(store, [SearchOp(ADA, query="two")])[0]) == [key]


def test_lone_surrogates_survive_in_values(store: FaissStore, batch: Batch) -> None:
    """Half a character, as cut JSON leaves it, is stored and read back."""
    batch(store, [put("k", text="half \ud83d")])
    assert item(batch(store, [GetOp(ADA, "k")])[0]).value == {"text": "half \ud83d"}


def test_star_is_a_plain_label_in_put_and_search(store: FaissStore, batch: Batch) -> None:
    """`*` matches itself only, outside of listing."""
    batch(store, [PutOp(("u", "*"), "star", {}), PutOp(("u", "x"), "x", {})])
    assert keys(batch(store, [SearchOp(("u", "*"))])[0]) == ["star"]


def test_limit_zero_gives_nothing(store: FaissStore, batch: Batch) -> None:
    """A page of no rows is empty, with a query and without."""
    batch(store, [put("k", text="words")])
    assert batch(store, [SearchOp(ADA, limit=0), SearchOp(ADA, limit=0, query="x")]) == [[], []]


def test_empty_batch_gives_no_results(store: FaissStore, batch: Batch) -> None:
    """Nothing asked, nothing answered."""
    assert batch(store, []) == []


def test_the_store_is_always_true(store: FaissStore) -> None:
    """An empty store is not falsy: LangGraph tests for a store by its truth."""
    assert bool(store) is True


def test_setup_changes_nothing(store: FaissStore) -> None:
    """Code that calls it, as LangGraph's other stores need, works here too, however often."""
    store.put(ADA, "k", {"text": "words"})
    store.setup()
    store.setup()
    assert [item.key for item in store.search(ADA)] == ["k"]
