"""A LangChain retriever over a user's memories. One chain serves all users."""

from typing import Any

from langchain_core.callbacks import (
    AsyncCallbackManagerForRetrieverRun,
    CallbackManagerForRetrieverRun,
)
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableConfig
from pydantic import ConfigDict, Field

from langchain_usermem.memory import Recalled
from langchain_usermem.whose import UserId, resolve_agent_id, resolve_user_id


class UserMemoryRetriever(BaseRetriever):
    """Memories as documents: the statement as text, all else as metadata.

    Whose memories is decided at each call: the `user_id` bound here, else what the run says,
    such as `config={"configurable": {"user_id": ...}}`. `k` is the most documents to return;
    None takes the `limit` of `search_kwargs`, else the settings' `recall_limit`. Both can be
    given to `invoke` as keywords too. What applies to every turn is in `memory.profile()`.

    Raises:
        MissingUserError: nobody said whose memory.
        InvalidUserError: the user id or the agent id cannot be one.
        InvalidQueryError: the query is blank.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    memory: Any = Field(repr=False)
    user_id: UserId = None
    agent_id: str | None = None
    k: int | None = None
    search_kwargs: dict[str, Any] = Field(default_factory=dict)

    def invoke(
        self,
        input: str,  # noqa: A002 - LangChain's own name
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> list[Document]:
        """The documents for a query; the user is found in `config` where it is not bound."""
        return super().invoke(input, config, **self._whose(config, kwargs))

    async def ainvoke(
        self,
        input: str,  # noqa: A002 - LangChain's own name
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> list[Document]:
        """The documents for a query; the user is found in `config` where it is not bound."""
        return await super().ainvoke(input, config, **self._whose(config, kwargs))

    def _whose(self, config: RunnableConfig | None, kwargs: dict[str, Any]) -> dict[str, Any]:
        """The keywords of a call with its user and agent, which do not reach further inside."""
        agent_id = _first(kwargs.get("agent_id"), self.agent_id)
        return {
            **kwargs,
            "user_id": resolve_user_id(kwargs.get("user_id"), self.user_id, config=config),
            "agent_id": resolve_agent_id(agent_id, config=config),
        }

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002 - LangChain passes it
        **kwargs: Any,
    ) -> list[Document]:
        found = self.memory.search(query, **self._fields(kwargs))
        return [document_of(recalled) for recalled in found]

    async def _aget_relevant_documents(
        self,
        query: str,
        *,
        run_manager: AsyncCallbackManagerForRetrieverRun,  # noqa: ARG002 - LangChain passes it
        **kwargs: Any,
    ) -> list[Document]:
        found = await self.memory.asearch(query, **self._fields(kwargs))
        return [document_of(recalled) for recalled in found]

    def _fields(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        """What `search` is asked: what this call says before what was fixed at construction."""
        asked = {**self.search_kwargs, **kwargs}
        named = (asked.pop("k", None), kwargs.get("limit"), self.k, asked.get("limit"))
        return {**asked, "limit": _first(*named)}


def _first(*given: Any) -> Any:
    """The first that is not None."""
    return next((one for one in given if one is not None), None)


def document_of(recalled: Recalled) -> Document:
    """A recalled memory as a document, with its score and its fields as metadata."""
    metadata = recalled.memory.to_value()
    metadata.pop("content")
    ranks = {"score": recalled.score, "similarity": recalled.similarity, "why": recalled.why}
    return Document(
        id=recalled.memory.id,
        page_content=recalled.memory.content,
        metadata={**metadata, **ranks},
    )
