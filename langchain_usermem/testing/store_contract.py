"""What this package needs of any LangGraph store, as tests that a store of yours can run.

    class TestMyStore(StoreContract):
        @pytest.fixture
        def store(self):
            return MyStore()

    class TestMyStoreAwaited(AsyncStoreContract):
        ...

Each test is given an empty store by the fixture `store`. pytest itself is not imported here.
"""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

from langgraph.store.base import BaseStore, GetOp, Item, PutOp, SearchOp

DOCS = ("contract", "documents")
"""The namespace of most tests."""

VALUE: dict[str, Any] = {
    "text": "caf\u00e9 \u6771\u4eac \U0001f469\u200d\U0001f680 'quoted' \"twice\" \\ and; --",
    "numbers": [-3, 2.5, 0],
    "flags": {"yes": True, "no": False, "none": None},
    "nested": {"a": {"b": [{"c": "d"}]}},
}


class StoreContract:
    """The contract through a store's blocking methods."""

    def call(self, store: BaseStore, method: str, *args: Any, **kwargs: Any) -> Any:
        """What a method of the store gives. Override it for a store that is called otherwise."""
        return getattr(store, method)(*args, **kwargs)

    def test_what_is_put_comes_back(self, store: BaseStore) -> None:
        """Whatever JSON can say is stored, under the namespace and key it was given."""
        self.call(store, "put", DOCS, "k", VALUE)
        found = self._item(store, DOCS, "k")
        _same((found.value, found.namespace, found.key), (VALUE, DOCS, "k"))

    def test_what_was_never_put_is_none(self, store: BaseStore) -> None:
        """Neither a missing key nor a missing namespace is an error."""
        self.call(store, "put", DOCS, "k", {})
        _same(self.call(store, "get", DOCS, "other"), None)
        _same(self.call(store, "get", ("elsewhere",), "k"), None)
        _same(self._keys(store, ("elsewhere",)), [])

    def test_second_put_replaces_the_value_whole(self, store: BaseStore) -> None:
        """An update is no merge."""
        self.call(store, "put", DOCS, "k", {"a": 1, "b": 2})
        self.call(store, "put", DOCS, "k", {"b": 3})
        _same(self._item(store, DOCS, "k").value, {"b": 3})

    def test_delete_can_be_repeated(self, store: BaseStore) -> None:
        """Deleting what is not there does nothing; putting it anew does."""
        self.call(store, "put", DOCS, "k", {"a": 1})
        for _ in range(2):
            self.call(store, "delete", DOCS, "k")
            _same(self.call(store, "get", DOCS, "k"), None)
        self.call(store, "put", DOCS, "k", {"a": 2})
        _same(self._item(store, DOCS, "k").value, {"a": 2})

    def test_times_have_a_zone_and_move_forward(self, store: BaseStore) -> None:
        """An item knows when it was made and changed, in UTC; reading changes neither."""
        self.call(store, "put", DOCS, "k", {"n": 1})
        first = self._item(store, DOCS, "k")
        _same(self._item(store, DOCS, "k").updated_at, first.updated_at)
        self.call(store, "put", DOCS, "k", {"n": 2})
        second = self._item(store, DOCS, "k")
        _same(first.created_at.utcoffset(), timedelta(0))
        _same(first.created_at <= first.updated_at <= second.updated_at, True)

    def test_users_are_kept_apart(self, store: BaseStore) -> None:
        """A namespace means whole labels: neither a longer name nor an odd one mixes with it."""
        users = ["1", "12", "*", "%", "_", "a%40b", "\u30a2\u30c0", "A", "a"]
        for user in users:
            self.call(store, "put", ("root", user, "memories"), "k", {"of": user})
        self.call(store, "delete", ("root", "12", "memories"), "k")
        for user in users:
            found = self.call(store, "search", ("root", user))
            _same([item.value for item in found], [] if user == "12" else [{"of": user}])

    def test_a_prefix_finds_all_below_it(self, store: BaseStore) -> None:
        """A search takes in the namespaces below its own, and none beside it."""
        for place in (("a",), ("a", "b"), ("a", "b", "c"), ("ab",)):
            self.call(store, "put", place, "/".join(place), {})
        _same(sorted(self._keys(store, ("a",))), ["a", "a/b", "a/b/c"])
        _same(sorted(self._keys(store, ("a", "b"))), ["a/b", "a/b/c"])

    def test_filters_compare_values(self, store: BaseStore) -> None:
        """Equality and comparisons hold for numbers as numbers."""
        for number in (2, 9, 10):
            self.call(store, "put", DOCS, str(number), {"n": number, "kind": "x"})
        self.call(store, "put", DOCS, "other", {"n": 10, "kind": "y"})
        _same(sorted(self._keys(store, DOCS, filter={"n": 10})), ["10", "other"])
        _same(self._keys(store, DOCS, filter={"n": 10, "kind": "x"}), ["10"])
        _same(sorted(self._keys(store, DOCS, filter={"n": {"$gt": 2}})), ["10", "9", "other"])
        _same(self._keys(store, DOCS, filter={"n": {"$gte": 9, "$lt": 10}}), ["9"])
        _same(self._keys(store, DOCS, filter={"kind": {"$ne": "x"}}), ["other"])

    def test_pages_are_complete(self, store: BaseStore) -> None:
        """Pages of a search hold every item once."""
        keys = [str(number) for number in range(25)]
        for key in keys:
            self.call(store, "put", DOCS, key, {})
        pages = [self._keys(store, DOCS, limit=10, offset=start) for start in (0, 10, 20)]
        _same([len(page) for page in pages], [10, 10, 5])
        _same(sorted(key for page in pages for key in page), sorted(keys))

    def test_a_batch_gives_results_in_order(self, store: BaseStore) -> None:
        """Reads see what was there before the batch; of two puts of a key the last one counts."""
        self.call(store, "put", DOCS, "old", {"n": 1})
        ops = [
            PutOp(DOCS, "new", {"n": 1}),
            GetOp(DOCS, "new"),
            PutOp(DOCS, "new", {"n": 2}),
            GetOp(DOCS, "old"),
            SearchOp(DOCS),
            PutOp(DOCS, "old", None),
        ]
        results = self.call(store, "batch", ops)
        _same([results[0], results[1], results[2], results[5]], [None] * 4)
        _same((results[3].key, [item.key for item in results[4]]), ("old", ["old"]))
        _same([item.value for item in self.call(store, "search", DOCS)], [{"n": 2}])

    def test_namespaces_are_listed(self, store: BaseStore) -> None:
        """Each namespace that holds something, once; by prefix, by suffix, to a depth."""
        places = [("a", "x"), ("a", "y", "z"), ("b", "x")]
        for place in places:
            self.call(store, "put", place, "k", {})
        _same(sorted(self.call(store, "list_namespaces")), places)
        _same(sorted(self.call(store, "list_namespaces", prefix=("a",))), places[:2])
        _same(sorted(self.call(store, "list_namespaces", suffix=("x",))), [places[0], places[2]])
        _same(sorted(self.call(store, "list_namespaces", max_depth=1)), [("a",), ("b",)])

    def test_namespaces_outside_the_contract_are_refused(self, store: BaseStore) -> None:
        """Empty, dotted and reserved labels raise, and store nothing."""
        for namespace in ((), ("",), ("a.b",), ("langgraph", "x")):
            try:
                self.call(store, "put", namespace, "k", {})
            except ValueError:
                continue
            raise AssertionError(f"{namespace!r} is not refused")
        _same(self._keys(store, ()), [])

    def _item(self, store: BaseStore, namespace: tuple[str, ...], key: str) -> Item:
        found = self.call(store, "get", namespace, key)
        if not isinstance(found, Item):
            # By this error a test fails; another one would be an accident in it.
            raise AssertionError(f"{key!r} in {namespace!r} is not an Item")  # noqa: TRY004
        return found

    def _keys(self, store: BaseStore, prefix: tuple[str, ...], **more: Any) -> list[str]:
        return [item.key for item in self.call(store, "search", prefix, **more)]


class AsyncStoreContract(StoreContract):
    """The contract through a store's awaited methods, which bear an `a` before their names."""

    def call(self, store: BaseStore, method: str, *args: Any, **kwargs: Any) -> Any:
        """What the method's twin gives."""
        return self.wait_for(getattr(store, f"a{method}")(*args, **kwargs))

    def wait_for(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """The outcome of a call. Override it for a store that is bound to an event loop."""
        return asyncio.run(coroutine)


def _same(found: object, expected: object) -> None:
    # No `assert`: Python's -O strips it, and pytest explains those of test modules only.
    if found != expected:
        raise AssertionError(f"{found!r} is not {expected!r}")
