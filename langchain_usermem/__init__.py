"""Evolving, per-user memory for LangGraph and LangChain agents.

    from langchain_usermem import FaissStore, UserMemory, create_memory_graph

Names are imported when they are first used, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_usermem.differences import MemoryDiff, Revision
    from langchain_usermem.embeddings import LocalEmbeddings
    from langchain_usermem.errors import (
        CorruptRowError,
        DeniedCategoryError,
        DimensionMismatchError,
        EmbedderMismatchError,
        EmbeddingError,
        ImportFormatError,
        InvalidFilterError,
        InvalidMemoryError,
        InvalidOperationError,
        InvalidQueryError,
        InvalidUserError,
        MemoryNotFoundError,
        MissingExtraError,
        MissingStoreError,
        MissingUserError,
        ModelError,
        NotInReviewError,
        ReplayFormatError,
        StoreBusyError,
        StoreClosedError,
        StoreError,
        StoreFormatError,
        StoreFullError,
        StorePathError,
        TurnNotFoundError,
        UnknownCategoryError,
        UserMemoryError,
    )
    from langchain_usermem.extraction import Extraction, LLMExtractor, RuleExtractor
    from langchain_usermem.graph import create_memory_graph
    from langchain_usermem.inbox import WaitingTurn
    from langchain_usermem.memory import (
        Candidate,
        Change,
        Evidence,
        Failure,
        Memory,
        Recalled,
        Skipped,
    )
    from langchain_usermem.middleware import UserMemoryMiddleware
    from langchain_usermem.namespaces import user_namespace
    from langchain_usermem.nodes.consolidate import consolidate_node
    from langchain_usermem.nodes.extract import extract_node
    from langchain_usermem.nodes.respond import respond_node
    from langchain_usermem.nodes.retrieve import retrieve_node
    from langchain_usermem.nodes.review import review_node
    from langchain_usermem.nodes.wrapping import with_memory
    from langchain_usermem.offline import OfflineChatModel
    from langchain_usermem.operations.catching_up import InboxHealth
    from langchain_usermem.privacy.erasing import Erasure
    from langchain_usermem.privacy.importing import ImportReport
    from langchain_usermem.prompts import format_memories
    from langchain_usermem.reflection import ReflectReport
    from langchain_usermem.report import AddReport
    from langchain_usermem.retriever import UserMemoryRetriever
    from langchain_usermem.settings import MemoryPolicy, MemorySettings, RankingWeights
    from langchain_usermem.state import MemoryState
    from langchain_usermem.store.conditional import ConditionalStore
    from langchain_usermem.store.core import StoreHealth
    from langchain_usermem.store.faiss_store import FaissStore
    from langchain_usermem.store.signals import Signals, SignalSource
    from langchain_usermem.user_memory import UserMemory
    from langchain_usermem.whose import MemoryContext

_ERRORS = (
    "CorruptRowError",
    "DeniedCategoryError",
    "DimensionMismatchError",
    "EmbedderMismatchError",
    "EmbeddingError",
    "ImportFormatError",
    "InvalidFilterError",
    "InvalidMemoryError",
    "InvalidOperationError",
    "InvalidQueryError",
    "InvalidUserError",
    "MemoryNotFoundError",
    "MissingExtraError",
    "MissingStoreError",
    "MissingUserError",
    "ModelError",
    "NotInReviewError",
    "ReplayFormatError",
    "StoreBusyError",
    "StoreClosedError",
    "StoreError",
    "StoreFormatError",
    "StoreFullError",
    "StorePathError",
    "TurnNotFoundError",
    "UnknownCategoryError",
    "UserMemoryError",
)
_VALUES = (
    "Candidate",
    "Change",
    "Evidence",
    "Failure",
    "Memory",
    "Recalled",
    "Skipped",
)
_HOMES = {
    **dict.fromkeys(_ERRORS, "errors"),
    **dict.fromkeys(_VALUES, "memory"),
    "AddReport": "report",
    "ConditionalStore": "store.conditional",
    "Erasure": "privacy.erasing",
    "Extraction": "extraction",
    "InboxHealth": "operations.catching_up",
    "WaitingTurn": "inbox",
    "FaissStore": "store.faiss_store",
    "ImportReport": "privacy.importing",
    "LLMExtractor": "extraction",
    "LocalEmbeddings": "embeddings",
    "MemoryContext": "whose",
    "MemoryDiff": "differences",
    "MemoryPolicy": "settings",
    "MemorySettings": "settings",
    "MemoryState": "state",
    "OfflineChatModel": "offline",
    "RankingWeights": "settings",
    "ReflectReport": "reflection",
    "Revision": "differences",
    "RuleExtractor": "extraction",
    "SignalSource": "store.signals",
    "StoreHealth": "store.core",
    "Signals": "store.signals",
    "UserMemory": "user_memory",
    "UserMemoryMiddleware": "middleware",
    "UserMemoryRetriever": "retriever",
    "consolidate_node": "nodes.consolidate",
    "create_memory_graph": "graph",
    "extract_node": "nodes.extract",
    "format_memories": "prompts",
    "respond_node": "nodes.respond",
    "retrieve_node": "nodes.retrieve",
    "review_node": "nodes.review",
    "user_namespace": "namespaces",
    "with_memory": "nodes.wrapping",
}

__version__ = "0.1.0"

__all__ = [
    "AddReport",
    "Candidate",
    "Change",
    "ConditionalStore",
    "CorruptRowError",
    "DeniedCategoryError",
    "DimensionMismatchError",
    "EmbedderMismatchError",
    "EmbeddingError",
    "Erasure",
    "Evidence",
    "Extraction",
    "Failure",
    "FaissStore",
    "ImportFormatError",
    "ImportReport",
    "InboxHealth",
    "InvalidFilterError",
    "InvalidMemoryError",
    "InvalidOperationError",
    "InvalidQueryError",
    "InvalidUserError",
    "LLMExtractor",
    "LocalEmbeddings",
    "Memory",
    "MemoryContext",
    "MemoryDiff",
    "MemoryNotFoundError",
    "MemoryPolicy",
    "MemorySettings",
    "MemoryState",
    "MissingExtraError",
    "MissingStoreError",
    "MissingUserError",
    "ModelError",
    "NotInReviewError",
    "OfflineChatModel",
    "RankingWeights",
    "Recalled",
    "ReflectReport",
    "ReplayFormatError",
    "Revision",
    "RuleExtractor",
    "SignalSource",
    "Signals",
    "Skipped",
    "StoreBusyError",
    "StoreClosedError",
    "StoreError",
    "StoreFormatError",
    "StoreFullError",
    "StoreHealth",
    "StorePathError",
    "TurnNotFoundError",
    "UnknownCategoryError",
    "UserMemory",
    "UserMemoryError",
    "UserMemoryMiddleware",
    "UserMemoryRetriever",
    "WaitingTurn",
    "consolidate_node",
    "create_memory_graph",
    "extract_node",
    "format_memories",
    "respond_node",
    "retrieve_node",
    "review_node",
    "user_namespace",
    "with_memory",
]


def __getattr__(name: str) -> Any:
    """Import a public name from the module it lives in."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """The public names."""
    return __all__
