"""Giving a file's rows the vectors of another embedder."""

import os
from collections.abc import Mapping

from langchain_usermem.errors import EmbeddingError, InvalidOperationError
from langchain_usermem.store.connections import Connections, open_connections
from langchain_usermem.store.core import StoreHealth
from langchain_usermem.store.embedding import TextEmbedder
from langchain_usermem.store.faiss_store import FaissStore
from langchain_usermem.store.indexing import resolve_indexing
from langchain_usermem.store.rewriting import drop_vectors
from langchain_usermem.store.schema import Connection, existing_file

_TRIAL = "word"


def reembed(
    path: str | os.PathLike[str], *, index: Mapping[str, object] | None = None
) -> StoreHealth:
    """Replace all vectors of a file by those of another embedder; returns how it is then.

    The old vectors go in one commit; until a row has its new one it is found by its words. An
    embedder that fails on the way leaves rows that wait, as it always does. Close
    other stores of the file first: their writes would be refused, but their searches would
    compare vectors of two embedders.

    Args:
        path: a store's file.
        index: which embedder, as `FaissStore` takes it; None for the local one.

    Raises:
        StorePathError: there is no such file.
        EmbeddingError: the embedder fails at a trial; nothing was changed then.
        InvalidOperationError: `index` names no embedder.
    """
    existing_file(path)
    fingerprint = _tried(resolve_indexing(index).embedder)
    connections = open_connections(path)
    try:
        _forget_vectors(connections, fingerprint)
    finally:
        connections.close()
    with FaissStore(path, index=index) as store:
        store.embed_pending()
        return store.health()


def _tried(embedder: TextEmbedder | None) -> str:
    """The fingerprint of an embedder that works."""
    if embedder is None:
        raise InvalidOperationError(
            "no embedder is given and none is installed. Pass index={'embed': ...}, "
            "or run: pip install 'langchain-usermem[local]'"
        )
    if not embedder.embed([_TRIAL]) or not embedder.fingerprint:
        raise EmbeddingError(f"the embedder failed at a trial ({embedder.last_error}).")
    return embedder.fingerprint


def _forget_vectors(connections: Connections, fingerprint: str) -> None:
    """Have all indexed rows wait for vectors of the embedder with this fingerprint."""
    with connections.writing() as connection:
        connection.execute("INSERT OR REPLACE INTO meta VALUES ('embedder', ?)", (fingerprint,))
        for item_id in _indexed(connection):
            drop_vectors(connection, item_id)


def _indexed(connection: Connection) -> list[int]:
    found = connection.execute("SELECT id FROM items WHERE vector_count > 0 ORDER BY id")
    return [item_id for (item_id,) in found]
