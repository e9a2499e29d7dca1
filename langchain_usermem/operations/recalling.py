"""Reading what is relevant to a query, and what applies to every turn."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from numbers import Integral, Real

from langchain_core.documents import BaseDocumentCompressor

from langchain_usermem.errors import InvalidQueryError
from langchain_usermem.events import placed_in_time
from langchain_usermem.filters import Filter
from langchain_usermem.history import worded_as_of
from langchain_usermem.memory import Memory, Recalled
from langchain_usermem.operations.base import Operations, listed, moment_of
from langchain_usermem.overview import is_about_everything
from langchain_usermem.query import Query
from langchain_usermem.recall import recall, standing
from langchain_usermem.steps import Effect, Steps, awaiting, blocking
from langchain_usermem.times import utc_now
from langchain_usermem.whose import resolve_agent_id

RERANKED = 4
"""How many times the limit a reranker chooses from."""


class Recalling(Operations):
    """`search` and `profile`."""

    reranker: BaseDocumentCompressor | None

    def search_steps(  # noqa: PLR0913 - each narrows the search in its own way
        self,
        query: str,
        *,
        user_id: str | None = None,
        limit: int | None = None,
        categories: str | Sequence[str] | None = None,
        tags: str | Sequence[str] | None = None,
        agent_id: str | None = None,
        thread_id: str | None = None,
        filter: Filter | None = None,  # noqa: A002 - LangGraph's own word
        as_of: datetime | str | None = None,
        now: datetime | str | None = None,
        floor: float | None = None,
    ) -> Steps[list[Recalled]]:
        """The memories that a query is about, best first; none where none is relevant.

        All are relevant to "What do you know about me?".

        Args:
            query: a question or topic, in any words.
            user_id: whose memory.
            limit: most memories to return; the settings' `recall_limit`, if None.
            categories: only these categories.
            tags: only memories with all these tags.
            agent_id: this agent's own memories beside the shared ones.
            thread_id: only what was said in this conversation.
            filter: LangGraph's filter over the fields of `Memory`.
            as_of: what was known and held at that moment.
            now: the present that expiry is measured against.
            floor: least relevance, in [0, 1]; the weights' floor, if None; 0 for none.

        Raises:
            MissingUserError: nobody said whose memory.
            InvalidUserError: the user id or the agent id cannot be one.
            InvalidQueryError: the query is blank, the limit is no whole number of at least 1,
                the floor is no number in [0, 1], or a time cannot be read.
            UnknownCategoryError: the settings do not list a category.
            InvalidFilterError: the filter has an operator that does not exist.
        """
        _check_numbers(limit, floor)
        user = self.namespace(user_id)
        asked = self._query(
            query,
            user,
            agent_id=resolve_agent_id(agent_id),
            limit=self.settings.recall_limit if limit is None else limit,
            thread_id=thread_id,
            categories=self._categories(categories),
            tags=listed(tags),
            filter=filter,
            as_of=None if as_of is None else moment_of(as_of),
            now=utc_now() if now is None else moment_of(now),
            # All that is known answers it, whatever its words.
            floor=0 if floor is None and is_about_everything(query) else floor,
        )
        asked = yield from placed_in_time(self.store, asked, self.settings.weights)
        found = yield from self._found(asked, query)
        return (yield from self._as_worded(found, asked))

    def _found(self, asked: Query, words: str) -> Steps[list[Recalled]]:
        """What answers a query; a reranker, if there is one, chooses by the words of the caller."""
        if self.reranker is None:
            return (yield from recall(self.store, asked, self.settings.weights))
        plenty = replace(asked, limit=RERANKED * asked.limit)
        found = yield from recall(self.store, plenty, self.settings.weights)
        return (yield from reranked(self.reranker, words, found))[: asked.limit]

    def _as_worded(self, found: list[Recalled], asked: Query) -> Steps[list[Recalled]]:
        """What was found with what it said at the moment that is asked about."""
        if asked.as_of is None:
            return found
        memories = [recalled.memory for recalled in found]
        worded = yield from worded_as_of(self.store, asked.user, memories, asked.as_of)
        return [r.model_copy(update={"memory": m}) for r, m in zip(found, worded, strict=True)]

    def profile_steps(
        self, *, user_id: str | None = None, agent_id: str | None = None
    ) -> Steps[list[Memory]]:
        """The standing memories, which apply to every turn: identity first, then by age.

        Raises:
            MissingUserError: nobody said whose memory.
            InvalidUserError: the user id or the agent id cannot be one.
        """
        user = self.namespace(user_id)
        return (yield from standing(self.store, user, resolve_agent_id(agent_id), utc_now()))

    search, asearch = blocking(search_steps), awaiting(search_steps)
    profile, aprofile = blocking(profile_steps), awaiting(profile_steps)


def reranked(
    reranker: BaseDocumentCompressor, query: str, found: list[Recalled]
) -> Steps[list[Recalled]]:
    """What a reranker keeps of what was found, in its order."""
    from langchain_usermem.retriever import document_of  # noqa: PLC0415 - slow to import

    documents = [document_of(recalled) for recalled in found]
    kept = yield from Effect(
        call=lambda: reranker.compress_documents(documents, query),
        acall=lambda: reranker.acompress_documents(documents, query),
    )
    by_id = {recalled.memory.id: recalled for recalled in found}
    # Not by `Document.id`: Cohere's and other rerankers copy text and metadata alone.
    ids = (document.metadata.get("id") for document in kept)
    return [by_id[memory_id] for memory_id in ids if memory_id in by_id]


def _check_numbers(limit: object, floor: object) -> None:
    """Refuse what is no number; how large it may be is the query's to say."""
    if limit is not None and not _is_a(limit, Integral):
        raise InvalidQueryError(f"limit is {limit!r}; pass a whole number of at least 1, or None.")
    if floor is not None and not _is_a(floor, Real):
        raise InvalidQueryError(f"floor is {floor!r}; pass a number from 0 (none) to 1, or None.")


def _is_a(number: object, kind: type) -> bool:
    """Whether it is such a number; True and False are none, though Python counts with them."""
    return isinstance(number, kind) and not isinstance(number, bool)
