"""All rows about one user, in whatever namespaces there are."""

from collections.abc import Iterator

from langgraph.store.base import BaseStore, MatchCondition, SearchItem, SearchOp

from langchain_usermem.namespaces import Namespace, inbox_namespace, revision_namespace
from langchain_usermem.operations.base import namespaces_where
from langchain_usermem.recall import PAGE
from langchain_usermem.steps import Steps, batch


def rows_of(store: BaseStore, user: Namespace, most: int | None = None) -> Steps[list[SearchItem]]:
    """The rows of a user, or the first `most` of them: the inbox first, the count of writes last.

    They are found by listing, so that what a later version keeps in a namespace of its own is
    among them. No other user's is, however a store matches prefixes.
    """
    namespaces = yield from namespaces_where(store, MatchCondition("prefix", user))
    own = (tuple(namespace) for namespace in namespaces)
    found: list[SearchItem] = []
    for namespace in sorted((one for one in own if one[:2] == user), key=_order):
        for page in _pages(namespace):
            if most is not None and len(found) >= most:
                return found[:most]
            (items,) = yield from batch(store, [page])
            # A search takes in what lies below, which is listed by itself.
            found += [item for item in items if tuple(item.namespace) == namespace]
            if len(items) < PAGE:
                break
    return found[:most]


def _pages(namespace: Namespace) -> Iterator[SearchOp]:
    offset = 0
    while True:
        yield SearchOp(namespace, limit=PAGE, offset=offset, refresh_ttl=False)
        offset += PAGE


def _order(namespace: Namespace) -> tuple[bool, bool, Namespace]:
    user = namespace[:2]
    return (
        namespace == revision_namespace(user),
        namespace != inbox_namespace(user),
        namespace,
    )
