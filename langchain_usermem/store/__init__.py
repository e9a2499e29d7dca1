"""A durable LangGraph store over SQLite and FAISS."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from langchain_usermem.store.conditional import ConditionalStore
    from langchain_usermem.store.core import StoreHealth
    from langchain_usermem.store.faiss_store import FaissStore
    from langchain_usermem.store.signals import Signals, SignalSource

__all__ = ["ConditionalStore", "FaissStore", "SignalSource", "Signals", "StoreHealth"]

_HOMES = {
    "ConditionalStore": "conditional",
    "FaissStore": "faiss_store",
    "SignalSource": "signals",
    "Signals": "signals",
    "StoreHealth": "core",
}


def __getattr__(name: str) -> object:
    """A public name, imported when first asked for: FAISS takes its time."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
