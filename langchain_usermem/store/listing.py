"""Listing namespaces by pattern. Pure functions over namespaces."""

from collections.abc import Iterable, Sequence
from itertools import takewhile

from langgraph.store.base import ListNamespacesOp, MatchCondition

from langchain_usermem.store.plan import labels_of
from langchain_usermem.store.signals import Namespace

_WILDCARD = "*"


def listed(namespaces: Iterable[Namespace], op: ListNamespacesOp) -> list[Namespace]:
    """The namespaces that an operation asks for: cut to its depth, each once, sorted."""
    conditions = op.match_conditions or ()
    matching = (
        namespace[: op.max_depth]
        for namespace in namespaces
        if all(_matches(namespace, condition) for condition in conditions)
    )
    return sorted(set(matching))[op.offset : op.offset + op.limit]


def literal_prefix(op: ListNamespacesOp) -> Namespace:
    """The labels that every namespace asked for begins with, as far as they are certain."""
    prefixes = [labels_of(c) for c in op.match_conditions or () if c.match_type == "prefix"]
    return max((_until_wildcard(path) for path in prefixes), key=len, default=())


def _matches(namespace: Namespace, condition: MatchCondition) -> bool:
    wanted = labels_of(condition)
    if len(wanted) > len(namespace):
        return False
    part = namespace[: len(wanted)]
    if condition.match_type == "suffix":
        part = namespace[len(namespace) - len(wanted) :]
    return all(label in (_WILDCARD, own) for label, own in zip(wanted, part, strict=True))


def _until_wildcard(path: Sequence[str]) -> Namespace:
    return tuple(takewhile(lambda label: label != _WILDCARD, path))
