"""What a store may be told about how long rows live, and what it refuses."""

from math import inf, nan
from typing import Any

import pytest

from langchain_usermem.errors import InvalidOperationError
from langchain_usermem.store import FaissStore
from langchain_usermem.store.lifetimes import checked_config, checked_interval, checked_ttl

from .conftest import Clock

ADA = ("users", "ada")
FULL: dict[str, Any] = {
    "default_ttl": 2,
    "refresh_on_read": True,
    "omit_expired": True,
    "sweep_interval_minutes": 0.5,
}


def test_full_configuration_is_kept() -> None:
    """Each of LangGraph's four settings stays as it was given."""
    assert checked_config(FULL) == FULL
    assert checked_config(None) is None


def test_configuration_is_copied() -> None:
    """Two stores made from one configuration do not share it."""
    given: dict[str, Any] = {"default_ttl": 2}
    kept = checked_config(given)
    assert kept == {"default_ttl": 2, "refresh_on_read": False}
    assert given == {"default_ttl": 2}


@pytest.mark.parametrize(
    ("more", "refresh", "lives"),
    [
        ({}, None, False),
        ({}, True, True),
        ({"refresh_on_read": True}, None, True),
        ({"refresh_on_read": True}, False, False),
    ],
)
def test_reading_prolongs_where_that_was_asked_for(
    clock: Clock, path: str, more: dict[str, Any], refresh: bool | None, *, lives: bool
) -> None:
    """A configuration that gives an end, and nothing else, gives that end."""
    with FaissStore(path, index=False, ttl={"default_ttl": 2, **more}) as store:  # type: ignore[arg-type] # a TypedDict
        store.put(ADA, "k", {})
        clock.advance(minutes=1)
        assert store.get(ADA, "k", refresh_ttl=refresh)
        clock.advance(minutes=1)
        assert bool(store.search(ADA)) is lives


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (5, r"ttl is of type int\. Write {'default_ttl': minutes}"),
        ([("default_ttl", 5)], "of type list"),
        ({"default": 5}, r"no setting 'default'; known are 'refresh_on_read'.*'default_ttl'"),
        ({"default_ttl": "5"}, "ttl is '5'; it must be minutes >= 0"),
        ({"default_ttl": -1}, "ttl is -1"),
        ({"sweep_interval_minutes": -1}, "sweep_interval_minutes is -1; it must be minutes > 0"),
        ({"sweep_interval_minutes": "1"}, "sweep_interval_minutes is '1'"),
    ],
    ids=repr,
)
def test_bad_configuration_is_refused(config: Any, message: str) -> None:
    """It is an error when the store opens, not at some later put."""
    with pytest.raises(InvalidOperationError, match=message):
        FaissStore(":memory:", index=False, ttl=config)


@pytest.mark.parametrize("minutes", [-1, nan, inf, 1e13, 10**400, True, "2"], ids=str)
def test_no_minutes_are_refused(minutes: object) -> None:
    """A life is a number of minutes; 10**400 is beyond the largest float."""
    with pytest.raises(InvalidOperationError, match="must be minutes >= 0, or None"):
        checked_ttl(minutes)


@pytest.mark.parametrize("minutes", [-1, 0, nan, inf, 1e300, False, "1"], ids=str)
def test_sweeper_refuses_what_no_thread_can_wait(minutes: Any) -> None:
    """A negative pause swept without end, and a text ended the thread that should sweep."""
    with (
        FaissStore(":memory:", index=False) as store,
        pytest.raises(InvalidOperationError, match=r"must be minutes > 0, or None for 5\."),
    ):
        store.start_ttl_sweeper(minutes)


def test_interval_left_out_is_five_minutes() -> None:
    """As on LangGraph's stores."""
    assert (checked_interval(None), checked_interval(1)) == (5.0, 1.0)
