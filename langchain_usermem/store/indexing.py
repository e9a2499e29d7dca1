"""What a store's `index` argument means: by which embedder rows are found, and which paths."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from langchain_usermem.embeddings import (
    LOCAL_DIMENSIONS,
    EmbedSpec,
    LocalEmbeddings,
    local_embeddings_available,
    resolve_embeddings,
)
from langchain_usermem.errors import DimensionMismatchError, InvalidOperationError
from langchain_usermem.store.embedding import TextEmbedder
from langchain_usermem.store.plan import checked_fields

_WHOLE_VALUE = ("$",)
_NAMES = ("embed", "dims", "fields")
# Of LangGraph's SQL stores: `text_fields` is SqliteStore's word for `fields`, the others choose
# a distance and an index, of which there is one here.
_OTHERS_NAMES = ("text_fields", "distance_type", "ann_index_config")


@dataclass(frozen=True, slots=True)
class Indexing:
    """How a store indexes: by which embedder, if any, and which paths of a value."""

    embedder: TextEmbedder | None
    fields: tuple[str, ...]


def resolve_indexing(index: object) -> Indexing:
    """What the `index` argument of a store means.

    Raises:
        InvalidOperationError: it is neither None, False, nor LangGraph's index configuration.
        DimensionMismatchError: the local embedder is to have another width than it has.
    """
    if index is None:
        return Indexing(_local_embedder(), _WHOLE_VALUE)
    if index is False:
        return Indexing(None, _WHOLE_VALUE)
    if not isinstance(index, Mapping) or "embed" not in index:
        raise InvalidOperationError(
            "index is None, False, or a dict with 'embed' and optional 'dims' and 'fields'."
        )
    _check_names(index)
    fields = index.get("fields") or index.get("text_fields") or _WHOLE_VALUE
    return Indexing(_configured(index["embed"], index.get("dims")), checked_fields(fields))


def _check_names(index: Mapping[object, object]) -> None:
    # A misspelt `fields` would index whole values, and nobody would notice.
    for name in index:
        if name not in _NAMES + _OTHERS_NAMES and not str(name).startswith("__"):
            raise InvalidOperationError(
                f"index has no setting {name!r}. Write {', '.join(map(repr, _NAMES))}."
            )


def _configured(embed: EmbedSpec, dims: object) -> TextEmbedder:
    if dims is not None and (not isinstance(dims, int) or isinstance(dims, bool) or dims < 1):
        raise InvalidOperationError(f"index['dims'] is {dims!r}; it must be an integer >= 1.")
    embeddings = resolve_embeddings(embed)
    if not isinstance(embeddings, LocalEmbeddings):
        return TextEmbedder(embeddings, dims)
    if dims not in (None, LOCAL_DIMENSIONS):
        raise DimensionMismatchError(
            f"index['dims'] is {dims}, and local vectors have {LOCAL_DIMENSIONS} components. "
            "Leave 'dims' out, or name another embedder."
        )
    return TextEmbedder(embeddings, LOCAL_DIMENSIONS)


def _local_embedder() -> TextEmbedder | None:
    if local_embeddings_available():
        return TextEmbedder(LocalEmbeddings(), LOCAL_DIMENSIONS)
    _warn_of_keywords_only()
    return None


@cache
def _warn_of_keywords_only() -> None:
    """Say once a process that similarity is missing."""
    warnings.warn(
        "Memories are found by keywords only, since no embedder is installed. "
        "Run: pip install 'langchain-usermem[local]', or pass index={'embed': ...}.",
        UserWarning,
        stacklevel=5,
    )
