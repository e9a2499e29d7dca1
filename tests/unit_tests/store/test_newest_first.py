"""Lists of rows by their updates: kept while nothing is written, and never longer."""

from langchain_usermem.store import FaissStore
from langchain_usermem.store.newest_first import NewestFirst
from langchain_usermem.store.prefilter import Condition
from langchain_usermem.store.rows import namespaces_below
from langchain_usermem.store.verified import Version


def listed(
    store: FaissStore, lists: NewestFirst, prefix: str, *conditions: Condition
) -> list[Version]:
    """The rows below a path, as `lists` has them in a transaction of their own."""
    with store._core._connections.reading() as connection:
        namespaces = namespaces_below(connection, prefix)
        return lists.among(connection, namespaces, conditions)


def test_a_list_is_made_once_for_a_state(store: FaissStore) -> None:
    """The same list comes back until its own namespace is written to."""
    lists = NewestFirst()
    store.put(("users", "ada"), "k", {"standing": True})
    first = listed(store, lists, "users.ada.")
    assert [row_id for row_id, _ in first] == [1]
    store.put(("users", "bob"), "k", {"standing": True})
    assert listed(store, lists, "users.ada.") is first
    store.put(("users", "ada"), "l", {"standing": False})
    assert [row_id for row_id, _ in listed(store, lists, "users.ada.")] == [3, 1]
    store.delete(("users", "ada"), "k")
    assert [row_id for row_id, _ in listed(store, lists, "users.ada.")] == [3]


def test_other_conditions_make_another_list(store: FaissStore) -> None:
    """What was found with one condition is no answer to another, or to none."""
    lists = NewestFirst()
    store.put(("users", "ada"), "k", {"n": 1})
    store.put(("users", "ada"), "l", {"n": 2})
    for number, found in ((1, [1]), (2, [2]), (3, [])):
        for _ in range(2):
            rows = listed(store, lists, "users.ada.", ('$."n"', number))
            assert [row_id for row_id, _ in rows] == found
    assert len(listed(store, lists, "users.ada.")) == 2


def test_lists_are_bounded(store: FaissStore) -> None:
    """With room for forty rows, long lists are not kept, and of short ones the latest are."""
    lists = NewestFirst(limit_rows=40)
    for user in range(20):
        for row in range(6 if user == 19 else 3):
            store.put(("users", f"{user:02}"), f"k{row}", {})
    made = {user: listed(store, lists, f"users.{user:02}.") for user in range(20)}
    assert listed(store, lists, "users.19.") is not made[19]
    kept = [
        user for user in range(9, 19) if listed(store, lists, f"users.{user:02}.") is made[user]
    ]
    assert kept == list(range(9, 19))
    assert listed(store, lists, "users.08.") is not made[8]


def test_very_many_namespaces_are_not_compared(store: FaissStore) -> None:
    """A list over more than 64 namespaces is made anew, and is right."""
    lists = NewestFirst()
    for user in range(65):
        store.put(("users", f"{user}"), "k", {})
    first = listed(store, lists, "users.")
    assert len(first) == 65
    assert listed(store, lists, "users.") == first
    assert listed(store, lists, "users.") is not first
