"""How long rows live: what a put, and a store's configuration, may say of it."""

import threading
from collections.abc import Mapping
from math import isfinite
from typing import cast

from langgraph.store.base import TTLConfig

from langchain_usermem.errors import InvalidOperationError

DEFAULT_INTERVAL_MINUTES = 5.0
_MAX_TTL_MINUTES = 1e12
# A thread cannot wait longer.
_MAX_INTERVAL_MINUTES = threading.TIMEOUT_MAX / 60


def checked_config(config: object) -> TTLConfig | None:
    """A store's own copy of its configuration, in which `refresh_on_read` is False if left out.

    LangGraph disagrees with itself there: SqliteStore has it off, and a test of it that says so;
    PostgresStore and the documentation have it on. Off it is: who asks for an end and for
    nothing else is to get that end.

    Raises:
        InvalidOperationError: it is no configuration of LangGraph's, or its minutes are none.
    """
    if config is None:
        return None
    if not isinstance(config, Mapping):
        raise InvalidOperationError(
            f"ttl is of type {type(config).__name__}. Write {{'default_ttl': minutes}}, or None."
        )
    _check_names(config)
    checked_ttl(config.get("default_ttl"))
    checked_interval(config.get("sweep_interval_minutes"))
    return cast("TTLConfig", {"refresh_on_read": False, **config})


def checked_ttl(ttl: object) -> float | None:
    """How many minutes a row lives, None for ever.

    Raises:
        InvalidOperationError: it is not a number of minutes.
    """
    if ttl is None:
        return None
    minutes = _number(ttl)
    if minutes is None or not 0 <= minutes <= _MAX_TTL_MINUTES:
        raise InvalidOperationError(f"ttl is {ttl!r}; it must be minutes >= 0, or None.")
    return minutes


def checked_interval(interval: object) -> float:
    """How many minutes pass between sweeps; five for None.

    Raises:
        InvalidOperationError: it is not a number of minutes that a thread can wait.
    """
    if interval is None:
        return DEFAULT_INTERVAL_MINUTES
    minutes = _number(interval)
    if minutes is None or not 0 < minutes <= _MAX_INTERVAL_MINUTES:
        raise InvalidOperationError(
            f"sweep_interval_minutes is {interval!r}; it must be minutes > 0, or None for "
            f"{DEFAULT_INTERVAL_MINUTES:g}."
        )
    return minutes


def _check_names(config: Mapping[object, object]) -> None:
    # A misspelt `default_ttl` would let rows live for ever.
    for name in config:
        if name not in TTLConfig.__annotations__:
            known = ", ".join(map(repr, TTLConfig.__annotations__))
            raise InvalidOperationError(f"ttl has no setting {name!r}; known are {known}.")


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if isfinite(value) else None
    except OverflowError:
        return None
