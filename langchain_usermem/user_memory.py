"""`UserMemory`: what an application remembers of its users, in plain Python.

Each operation is written once, as steps, and opened twice: `search` blocks, `asearch` awaits.
"""

from os import PathLike
from types import TracebackType
from typing import Self

from langchain_core.documents import BaseDocumentCompressor
from langchain_core.language_models import BaseChatModel
from langgraph.store.base import BaseStore

from langchain_usermem.extraction import Extractor, LLMExtractor, RuleExtractor
from langchain_usermem.models import ModelSpec, resolve_chat_model
from langchain_usermem.operations.keeping import Keeping
from langchain_usermem.operations.recalling import Recalling
from langchain_usermem.operations.remembering import Remembering
from langchain_usermem.retriever import UserMemoryRetriever
from langchain_usermem.settings import MemorySettings
from langchain_usermem.store.faiss_store import FaissStore
from langchain_usermem.whose import UserId


class UserMemory(Remembering, Recalling, Keeping):
    """What an application remembers of its users, in any LangGraph store.

    Args:
        store: a `BaseStore`, or the path of a file that a `FaissStore` opens; that one is
            closed by `close()`.
        model: a chat model or `"provider:model"` that extracts and decides. Without one, rules
            find explicit statements in English.
        settings: categories, budgets and weights.
        user_id: whose memory, where a call does not say: an id, or a function that gives one.
        extractor: what finds candidates, in place of the model or the rules.
        reranker: any LangChain document compressor, which then decides which of the memories
            found are recalled and in what order.

    Every method takes `user_id`; without one it is found as `whose.resolve_user_id` says.

    >>> memory = UserMemory(":memory:")
    >>> report = memory.add("I moved to Leeds.", user_id="ada")
    >>> [found.memory.content for found in memory.search("Where do I live?", user_id="ada")]
    ['Lives in Leeds']
    """

    def __init__(  # noqa: PLR0913 - parts that can be replaced, each with a default
        self,
        store: BaseStore | str | PathLike[str],
        model: ModelSpec | None = None,
        *,
        settings: MemorySettings | None = None,
        user_id: UserId = None,
        extractor: Extractor | None = None,
        reranker: BaseDocumentCompressor | None = None,
    ) -> None:
        self._owns_store = not isinstance(store, BaseStore)
        self.store = store if isinstance(store, BaseStore) else FaissStore(store)
        self.settings = settings or MemorySettings()
        self.user_id = user_id
        self._model = None if model is None else resolve_chat_model(model)
        self.reranker = reranker
        self._extractor = extractor or _extractor(self._model, self.settings)

    def close(self) -> None:
        """Close the store if this object opened it."""
        if self._owns_store and isinstance(self.store, FaissStore):
            self.store.close()

    def __enter__(self) -> Self:
        """This memory; its store is closed at the end of the block if it is its own."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the store if this object opened it."""
        self.close()

    def as_retriever(self, *, user_id: UserId = None, k: int | None = None) -> UserMemoryRetriever:
        """A LangChain retriever over this memory, for one user or for each call's own."""
        return UserMemoryRetriever(memory=self, user_id=user_id or self.user_id, k=k)


def _extractor(model: BaseChatModel | None, settings: MemorySettings) -> Extractor:
    return RuleExtractor() if model is None else LLMExtractor(model, settings=settings)
