"""Which stores compare before they write; the transactions themselves need a real Postgres."""

from langgraph.store.memory import InMemoryStore

from langchain_usermem.namespaces import inbox_namespace, user_namespace
from langchain_usermem.postgres import conditional_store, lock_numbers
from langchain_usermem.store.faiss_store import FaissStore

ADA, BOB = user_namespace("ada"), user_namespace("bob")


def test_a_store_that_compares_itself_needs_nothing() -> None:
    """It is used as it is."""
    with FaissStore(":memory:", index=False) as store:
        assert conditional_store(store) is store


def test_a_store_of_another_kind_cannot_compare() -> None:
    """Nothing is promised that it does not keep."""
    assert conditional_store(InMemoryStore()) is None


def test_all_of_a_user_has_one_lock() -> None:
    """The same in each process and at each place of theirs, and another than other users'."""
    places = [(ADA, "a"), (inbox_namespace(ADA), "b")]
    assert lock_numbers(dict.fromkeys(places)) == [-2744671940719470589]
    assert lock_numbers({(BOB, "a"): None}) != lock_numbers({(ADA, "a"): None})


def test_locks_are_taken_in_one_order() -> None:
    """Two that take the same ones never wait for each other."""
    there = lock_numbers({(ADA, "a"): None, (BOB, "a"): None})
    back = lock_numbers({(BOB, "a"): None, (ADA, "a"): None})
    assert (there, len(there)) == (back, 2)
