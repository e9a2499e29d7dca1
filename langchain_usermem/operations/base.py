"""What every operation stands on: a store, settings, and whose memory it is."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from langgraph.store.base import BaseStore, ListNamespacesOp, MatchCondition

from langchain_usermem import policy
from langchain_usermem.errors import InvalidQueryError
from langchain_usermem.namespaces import Namespace, user_namespace
from langchain_usermem.query import Query
from langchain_usermem.settings import MemorySettings
from langchain_usermem.steps import Steps, batch
from langchain_usermem.times import parse_time, utc_now
from langchain_usermem.whose import UserId, resolve_user_id

PAGE = 100_000
"""Namespaces listed at once: stores look at all of them for each page."""


def namespaces_where(
    store: BaseStore, *conditions: MatchCondition, max_depth: int | None = None
) -> Steps[list[Namespace]]:
    """All namespaces that meet the conditions, cut to `max_depth` labels, page by page."""
    found: list[Namespace] = []
    while True:
        op = ListNamespacesOp(conditions, max_depth=max_depth, limit=PAGE, offset=len(found))
        (page,) = yield from batch(store, [op])
        found += page
        if len(page) < PAGE:
            return found


class Operations:
    """A store with settings, and the user that calls are about where they do not say."""

    store: BaseStore
    settings: MemorySettings
    user_id: UserId

    def namespace(self, user_id: str | None = None) -> Namespace:
        """Where everything lies about the user whom this call is about.

        Raises:
            MissingUserError: nobody said whose memory.
            InvalidUserError: the id cannot be one.
        """
        return user_namespace(resolve_user_id(user_id, self.user_id), root=self.settings.root)

    def _categories(self, names: str | Sequence[str] | None) -> tuple[str, ...] | None:
        """The categories that a call is limited to; None for all.

        Raises:
            UnknownCategoryError: the settings do not list one.
        """
        categories = listed(names)
        for category in categories or ():
            policy.check_category(category, self.settings)
        return categories

    def _query(self, text: str, user: Namespace, **fields: Any) -> Query:
        """A query with the limit for comparing, at the present, unless `fields` say otherwise."""
        defaults = {"limit": self.settings.neighbours, "now": utc_now()}
        return Query(text=text, user=user, **{**defaults, **fields})


def listed(names: str | Sequence[str] | None) -> tuple[str, ...] | None:
    """Names as a tuple; a single one stands for itself."""
    return (names,) if isinstance(names, str) else None if names is None else tuple(names)


def moment_of(moment: datetime | str) -> datetime:
    """A moment in UTC from what a caller passed.

    Raises:
        InvalidQueryError: it is no time.
    """
    try:
        return parse_time(moment)
    except (TypeError, ValueError):
        raise InvalidQueryError(
            f"{moment!r} is no time. Pass a datetime or an ISO 8601 string."
        ) from None
