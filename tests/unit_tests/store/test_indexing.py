"""What a store may be told about indexing, and what it refuses."""

from typing import Any

import pytest

from langchain_usermem.embeddings import LocalEmbeddings
from langchain_usermem.errors import DimensionMismatchError, InvalidOperationError
from langchain_usermem.store import FaissStore
from langchain_usermem.store.indexing import resolve_indexing

from .conftest import DIMENSIONS, HashEmbeddings


@pytest.mark.parametrize(
    ("more", "fields"),
    [
        ({}, ("$",)),
        ({"fields": None}, ("$",)),
        ({"fields": []}, ("$",)),
        ({"fields": ["text", "parts[*].x"]}, ("text", "parts[*].x")),
        ({"text_fields": ["text"]}, ("text",)),
        ({"fields": None, "text_fields": ["text"]}, ("text",)),
        ({"fields": ["title"], "text_fields": ["text"]}, ("title",)),
    ],
    ids=repr,
)
def test_fields_by_either_name(more: dict[str, Any], fields: tuple[str, ...]) -> None:
    """SqliteStore says `text_fields` for what LangGraph documents as `fields`."""
    assert resolve_indexing({"embed": HashEmbeddings(), **more}).fields == fields


@pytest.mark.parametrize(
    "more",
    [
        {"distance_type": "cosine"},
        {"distance_type": "l2", "ann_index_config": {"kind": "hnsw"}},
        {"__tokenized_fields": [("$", "$")]},
    ],
    ids=repr,
)
def test_settings_of_other_stores_change_nothing(more: dict[str, Any]) -> None:
    """A configuration written for Postgres serves here, and scores stay cosines."""
    embeddings = HashEmbeddings()
    index = {"embed": embeddings, "dims": DIMENSIONS, "fields": ["text"], **more}
    with FaissStore(":memory:", index=index) as store:
        store.put(("ada",), "k", {"text": "words"})
        (found,) = store.search(("ada",), query="words")
    assert found.score == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(
    "index",
    [
        True,
        "local",
        {},
        {"embed": "local", "dims": 0},
        {"embed": "local", "dims": True},
        {"embed": "local", "dims": "256"},
        {"embed": "local", "fields": "text"},
    ],
    ids=repr,
)
def test_bad_index_is_refused(index: Any) -> None:
    """An index configuration that means nothing is an error at once."""
    with pytest.raises(InvalidOperationError):
        FaissStore(":memory:", index=index)


def test_misspelt_setting_is_refused() -> None:
    """Else whole values would be indexed in place of the field that was meant."""
    index = {"embed": HashEmbeddings(), "feilds": ["text"]}
    with pytest.raises(InvalidOperationError, match=r"'feilds'. Write 'embed', 'dims', 'fields'"):
        FaissStore(":memory:", index=index)


def test_local_vectors_have_one_width() -> None:
    """What can never be embedded is refused when the store opens, not at the first text."""
    assert resolve_indexing({"embed": "local", "dims": 256}).embedder
    with pytest.raises(DimensionMismatchError, match=r"is 8, .* have 256 components"):
        FaissStore(":memory:", index={"embed": "local", "dims": 8})


def test_embedder_can_be_read() -> None:
    """Under the name that LangGraph's stores have for it; None where words alone count."""
    embeddings = HashEmbeddings()
    with FaissStore(":memory:", index={"embed": embeddings}) as store:
        assert store.embeddings is embeddings
    with FaissStore(":memory:", index=None) as store:
        assert isinstance(store.embeddings, LocalEmbeddings)
    with FaissStore(":memory:", index=False) as store:
        assert store.embeddings is None
