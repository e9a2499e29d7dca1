"""A batch of LangGraph operations, checked and taken apart. Nothing is read or written here."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from langgraph.store.base import (
    GetOp,
    InvalidNamespaceError,
    ListNamespacesOp,
    MatchCondition,
    Op,
    PutOp,
    SearchOp,
    get_text_at_path,
    tokenize_path,
    validate_op_namespace,
)

from langchain_usermem.errors import InvalidOperationError
from langchain_usermem.filters import check_filter
from langchain_usermem.store.columns import Columns, columns_of
from langchain_usermem.store.lifetimes import checked_ttl

ReadOp = GetOp | SearchOp | ListNamespacesOp

_MATCH_TYPES = ("prefix", "suffix")

# Made once: `json.dumps` makes an encoder for each call that is not plain.
_compact = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
_escaped = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode


class Draft(NamedTuple):
    """A put, ready for the file: JSON and texts in place of values. `value` None deletes.

    `paths` is a JSON list of the paths its texts were found at, None if it is not indexed.
    """

    path: str
    key: str
    value: str | None
    paths: str | None
    texts: tuple[str, ...]
    ttl: float | None
    columns: Columns


@dataclass(frozen=True, slots=True)
class Plan:
    """What a batch does: reads with their places in it, and one draft for each key written."""

    size: int
    reads: tuple[tuple[int, ReadOp], ...]
    drafts: tuple[Draft, ...]

    @property
    def texts(self) -> list[str]:
        """The texts to embed, each once, in order."""
        return list(dict.fromkeys(text for draft in self.drafts for text in draft.texts))

    @property
    def queries(self) -> list[str]:
        """The queries to embed, each once, in order."""
        found = (op.query for _, op in self.reads if isinstance(op, SearchOp) and op.query)
        return list(dict.fromkeys(found))


def plan_batch(ops: Iterable[Op], *, fields: Sequence[str]) -> Plan:
    """The plan of a batch: reads in order, and the last put of each key.

    Raises:
        InvalidNamespaceError: a namespace or a label in it that LangGraph refuses.
        InvalidOperationError: anything else that LangGraph's contract does not allow.
    """
    reads: list[tuple[int, ReadOp]] = []
    drafts: dict[tuple[str, str], Draft] = {}
    size = 0
    for position, op in enumerate(ops):
        size += 1
        if isinstance(op, PutOp):
            draft = _draft(op, fields)
            drafts[draft.path, draft.key] = draft
        else:
            reads.append((position, _checked_read(op)))
    return Plan(size, tuple(reads), tuple(drafts.values()))


def path_of(namespace: Sequence[str]) -> str:
    """A namespace as the file holds it: each label ended by a full stop.

    >>> path_of(("users", "ada"))
    'users.ada.'
    """
    return ".".join((*namespace, ""))


def labels_of(condition: MatchCondition) -> Sequence[str]:
    """The labels of a pattern; a bare string is one label, as other stores let pass."""
    path: Sequence[str] = condition.path
    return (path,) if isinstance(path, str) else path


@lru_cache(maxsize=4_096)
def namespace_of(path: str) -> tuple[str, ...]:
    """The namespace that `path_of` wrote."""
    return tuple(path.split(".")[:-1])


def texts_at(value: object, paths: Sequence[str]) -> tuple[str, ...]:
    """The texts a value holds at some paths, blank ones left out, in order."""
    found = (text for path in paths for text in get_text_at_path(value, _steps(path)))
    return tuple(text for text in found if text.strip())


@lru_cache(maxsize=256)
def _steps(path: str) -> str | list[str]:
    """A path taken apart, as LangGraph's function takes it too; `$` stays as it is."""
    return path if path == "$" else tokenize_path(path)


def checked_fields(fields: object) -> tuple[str, ...]:
    """Paths to index by, as a tuple.

    Raises:
        InvalidOperationError: they are no list of strings, or one is no path.
    """
    if isinstance(fields, str) or not isinstance(fields, Sequence):
        raise InvalidOperationError(
            f"paths to index by are {type(fields).__name__}. Write a list such as ['text'], None "
            "for the store's own, or False for none."
        )
    for path in fields:
        if not isinstance(path, str) or not (path == "$" or tokenize_path(path)):
            raise InvalidOperationError(
                f"{path!r} is no path to index. Write '$', 'field', 'a.b' or 'list[*].text'."
            )
    return tuple(fields)


def _draft(op: PutOp, fields: Sequence[str]) -> Draft:
    _check_namespace(op, op.namespace)
    path, key = path_of(op.namespace), _checked_key(op.key)
    if op.value is None:
        return Draft(path, key, value=None, paths=None, texts=(), ttl=None, columns=())
    _check_writable(op.namespace)
    value = _json(op)
    paths = _paths(op.index, fields)
    texts = _texts(op.value, value, paths) if paths else ()
    listed = _listed(paths) if paths else None
    return Draft(path, key, value, listed, texts, checked_ttl(op.ttl), columns_of(op.value))


def _texts(value: Mapping[str, object], stored: str, paths: tuple[str, ...]) -> tuple[str, ...]:
    """The texts to index of a value that is stored as `stored`.

    What is read back is indexed, so that a late vector is of the same text.
    """
    if _are_fields(paths):
        found = [value.get(name) for name in paths]
        if all(type(text) is str and _is_unicode(text) for text in found):
            # They come back as they are.
            return tuple(text for text in found if isinstance(text, str) and text.strip())
    return texts_at(json.loads(stored), paths)


@lru_cache(maxsize=256)
def _are_fields(paths: tuple[str, ...]) -> bool:
    """Whether paths name fields of the value itself, with nothing to take apart."""
    return all(path.isidentifier() for path in paths)


@lru_cache(maxsize=256)
def _listed(paths: tuple[str, ...]) -> str:
    """Paths as the file holds them."""
    return json.dumps(paths, ensure_ascii=False)


def _paths(index: object, fields: Sequence[str]) -> tuple[str, ...]:
    if index is None:
        return tuple(fields)
    return () if index is False else checked_fields(index)


def _json(op: PutOp) -> str:
    """The value of a put as compact JSON."""
    value = op.value
    if not isinstance(value, Mapping):
        raise InvalidOperationError(
            f"the value of key {op.key!r} is {type(value).__name__}. "
            "Pass a dict, or None to delete."
        )
    if not all(isinstance(name, str) for name in value):
        raise InvalidOperationError(f"the value of key {op.key!r} has a name that is no string.")
    try:
        return _encodable(dict(value))
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidOperationError(
            f"the value of key {op.key!r} is not JSON ({type(error).__name__}): only dicts with "
            "string keys, lists, strings, finite numbers, booleans and None are."
        ) from error


def _encodable(value: dict[str, object]) -> str:
    text = _compact(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        # A lone surrogate has no UTF-8, but JSON has an escape for it.
        return _escaped(value)
    return text


def _checked_read(op: object) -> ReadOp:
    if isinstance(op, GetOp):
        _check_namespace(op, op.namespace)
        _checked_key(op.key)
    elif isinstance(op, SearchOp):
        _check_namespace(op, op.namespace_prefix)
        _check_page(op.limit, op.offset)
        check_filter(op.filter)
        _check_query(op.query)
    elif isinstance(op, ListNamespacesOp):
        _check_listing(op)
    else:
        raise InvalidOperationError(f"{type(op).__name__} is no operation of a LangGraph store.")
    return op


def _check_listing(op: ListNamespacesOp) -> None:
    for condition in op.match_conditions or ():
        if condition.match_type not in _MATCH_TYPES:
            raise InvalidOperationError(
                f"match type {condition.match_type!r} is neither 'prefix' nor 'suffix'."
            )
        _check_namespace(op, labels_of(condition))
    _check_page(op.limit, op.offset)
    if op.max_depth is not None and op.max_depth < 1:
        raise InvalidOperationError(f"max_depth is {op.max_depth}; the least is 1.")


def _check_namespace(op: Op, namespace: object) -> None:
    if not isinstance(namespace, tuple | list):
        raise InvalidNamespaceError(
            f"a namespace is a tuple of labels, got {type(namespace).__name__}."
        )
    validate_op_namespace(op)
    for label in namespace:
        if not _is_unicode(label):
            raise InvalidNamespaceError("a namespace label holds a lone surrogate.")


def _check_writable(namespace: Sequence[str]) -> None:
    # The first label "langgraph" is kept from `put` alone: LangGraph's own parts write below it,
    # by batches.
    if not namespace:
        raise InvalidNamespaceError("a namespace to write to has at least one label.")


def _checked_key(key: object) -> str:
    if not isinstance(key, str):
        raise InvalidOperationError(f"a key is a string, got {type(key).__name__}.")
    if not _is_unicode(key):
        raise InvalidOperationError("a key holds a lone surrogate, which has no UTF-8.")
    return key


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_query(query: object) -> None:
    if query is not None and not isinstance(query, str):
        raise InvalidOperationError(f"a query is a string or None, got {type(query).__name__}.")


def _check_page(limit: object, offset: object) -> None:
    for name, number in (("limit", limit), ("offset", offset)):
        if not isinstance(number, int) or number < 0:
            raise InvalidOperationError(f"{name} is {number!r}; it must be an integer >= 0.")
