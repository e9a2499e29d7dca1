"""`UserMemory`: what an application remembers of its users, in plain Python.

Each operation is written once, as steps, and opened twice: `search` blocks, `asearch` awaits.
"""

import asyncio
from copy import copy
from os import PathLike
from types import TracebackType
from typing import TYPE_CHECKING, Self

from langchain_core.documents import BaseDocumentCompressor
from langgraph.store.base import BaseStore

from langchain_usermem.errors import MissingStoreError
from langchain_usermem.extraction import Extractor, LLMExtractor, RuleExtractor
from langchain_usermem.models import ModelSpec, resolve_chat_model
from langchain_usermem.operations.catching_up import CatchingUp
from langchain_usermem.operations.recalling import Recalling
from langchain_usermem.operations.reflecting import Reflecting
from langchain_usermem.operations.remembering import Remembering
from langchain_usermem.operations.reviewing import Reviewing
from langchain_usermem.privacy.erasing import Erasing
from langchain_usermem.privacy.exporting import Exporting
from langchain_usermem.privacy.importing import Importing
from langchain_usermem.settings import MemorySettings
from langchain_usermem.store.faiss_store import FaissStore
from langchain_usermem.whose import UserId
from langchain_usermem.worker import InboxWorker

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.tools import BaseTool

    from langchain_usermem.retriever import UserMemoryRetriever

CLOSING_SECONDS = 5.0
"""How long `close` waits for a turn that is being extracted."""


class UserMemory(
    CatchingUp, Remembering, Recalling, Reviewing, Reflecting, Exporting, Importing, Erasing
):
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
        worker: whether a thread of this process works off the inbox, where settings write in
            the background; False leaves that to another process, such as `usermem worker`.

    Every method takes `user_id`; without one it is found as `whose.resolve_user_id` says.

    Raises:
        MissingStoreError: `store` is neither a store nor a path.

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
        worker: bool = True,
    ) -> None:
        self.store = _opened(store)
        self.settings = settings or MemorySettings()
        self.user_id = user_id
        self.reranker = reranker
        self._own_extractor = extractor
        self._has_worker = worker
        self._equip(model, owns_store=self.store is not store)

    def __repr__(self) -> str:
        """The store and the kind of the model: no settings, no users, no keys."""
        # Other stores may show the address of a database, and the password in it.
        kind = type(self.store).__name__
        store = repr(self.store) if isinstance(self.store, FaissStore) else f"<{kind}>"
        model = None if self._model is None else f"<{type(self._model).__name__}>"
        return f"{type(self).__name__}({store}, model={model})"

    @property
    def model(self) -> "BaseChatModel | None":
        """The chat model that extracts and decides, or None where rules do."""
        return self._model

    def with_model(self, model: ModelSpec) -> Self:
        """The same memory with another model; an extractor that was given stays.

        Store, settings, user and reranker are those of this one. Closing what is returned
        leaves the store open.
        """
        # A copy, so that a subclass comes along with whatever it holds.
        other = copy(self)
        other._equip(model, owns_store=False)  # noqa: SLF001 - of the same class
        return other

    def _equip(self, model: ModelSpec | None, *, owns_store: bool) -> None:
        self._owns_store = owns_store
        self._model = None if model is None else resolve_chat_model(model)
        self._extractor = self._own_extractor or _extractor(self._model, self.settings)
        self._worker = InboxWorker(self._of_everybody(), quiet_seconds=self.settings.quiet_seconds)

    def _of_everybody(self) -> Self:
        """This memory as a thread has it, for which no run says whose turns are meant."""
        other = copy(self)
        other.user_id = None
        return other

    def _wake(self) -> None:
        if self._has_worker:
            self._worker.wake()

    def close(self) -> None:
        """Stop working off the inbox, and close the store if this object opened it.

        What waits is extracted by whoever opens the store next; `flush()` before, to wait for it.
        """
        self._worker.stop(timeout=CLOSING_SECONDS)
        if self._owns_store and isinstance(self.store, FaissStore):
            self.store.close()

    async def aclose(self) -> None:
        """Close the store if this object opened it, without blocking the event loop."""
        await asyncio.to_thread(self.close)

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

    async def __aenter__(self) -> Self:
        """This memory; its store is closed at the end of the block if it is its own."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the store if this object opened it."""
        await self.aclose()

    def as_tools(self) -> "list[BaseTool]":
        """Tools by which an agent searches, saves and forgets; whose memory, the run says."""
        from langchain_usermem.tools import memory_tools  # noqa: PLC0415 - slow to import

        return memory_tools(self)

    def as_retriever(
        self, *, user_id: UserId = None, k: int | None = None
    ) -> "UserMemoryRetriever":
        """A LangChain retriever over this memory, for one user or for each call's own.

        It finds what is relevant to a query; what applies to every turn is in `profile()`.
        """
        from langchain_usermem.retriever import (  # noqa: PLC0415 - slow to import
            UserMemoryRetriever,
        )

        bound = self.user_id if user_id is None else user_id
        return UserMemoryRetriever(memory=self, user_id=bound, k=k)


def _opened(store: object) -> BaseStore:
    if isinstance(store, BaseStore):
        return store
    if isinstance(store, str | PathLike):
        return FaissStore(store)
    raise MissingStoreError(
        f"a {type(store).__name__} is no store. Pass the path of a file, such as "
        "'memories.db', or any LangGraph BaseStore."
    )


def _extractor(model: "BaseChatModel | None", settings: MemorySettings) -> Extractor:
    return RuleExtractor() if model is None else LLMExtractor(model, settings=settings)
