"""Mem0 over one of its vector stores, set up as its documentation has it."""

import hashlib
import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from langchain_core.embeddings import Embeddings
from langchain_core.language_models import BaseChatModel

from langchain_usermem.testing import ScriptedChatModel
from tests.benchmarks.subjects import BEST
from tests.benchmarks.workload import Row


class Mem0Subject:
    """Mem0's memories, one user id for each user.

    Args:
        memory: a `mem0.Memory`.
        embeddings: what it embeds with.
    """

    def __init__(self, memory: Any, embeddings: Embeddings) -> None:
        self._memory = memory
        self._embeddings = embeddings

    def fill(self, rows: Sequence[Row]) -> None:
        """Store many memories below its API, by its vector store's own insert.

        `add` writes the whole FAISS index for each memory: hours for what is seconds here.
        """
        self._memory.vector_store.insert(
            vectors=self._embeddings.embed_documents([row.text for row in rows]),
            payloads=[_payload(row) for row in rows],
            ids=[str(uuid.uuid4()) for _ in rows],
        )

    def write(self, rows: Sequence[Row]) -> None:
        """Store many memories, one after another: its API has no batch."""
        for row in rows:
            self.put(row)

    def put(self, row: Row) -> None:
        """Store one memory as it is said."""
        said = [{"role": "user", "content": row.text}]
        self._memory.add(said, user_id=_name(row.user), metadata={"key": row.key}, infer=False)

    async def aput(self, row: Row) -> None:
        """Store one memory."""
        self.put(row)

    def search(self, user: int, text: str) -> list[str]:
        """The keys of a user's memories nearest to a text."""
        found = self._memory.search(
            text, filters={"user_id": _name(user)}, top_k=BEST, threshold=0.0
        )
        return [result["metadata"]["key"] for result in found["results"]]


@contextmanager
def opened(
    folder: Path, embeddings: Embeddings, dimensions: int, *, provider: str
) -> Iterator[Mem0Subject]:
    """Mem0 on a folder, with `faiss` or `qdrant` below it."""
    memory = made(folder, embeddings, dimensions, provider=provider, model=ScriptedChatModel())
    with memory:
        yield Mem0Subject(memory, embeddings)
        if provider == "qdrant":
            memory.vector_store.client.close()


def made(
    folder: Path,
    embeddings: Embeddings,
    dimensions: int,
    *,
    provider: str,
    model: BaseChatModel,
) -> Any:
    """A `mem0.Memory` that keeps everything in a folder and sends nothing anywhere."""
    os.environ["MEM0_TELEMETRY"] = "False"
    os.environ["MEM0_DIR"] = str(folder / "mem0")
    from mem0 import Memory

    place: dict[str, object] = {"collection_name": "bench", "embedding_model_dims": dimensions}
    place["path"] = str(folder / provider)
    if provider == "qdrant":
        place["on_disk"] = True
    return Memory.from_config(
        {
            "vector_store": {"provider": provider, "config": place},
            "embedder": {"provider": "langchain", "config": {"model": embeddings}},
            "llm": {"provider": "langchain", "config": {"model": model}},
            "history_db_path": str(folder / "history.db"),
        }
    )


def _name(user: int) -> str:
    return f"user-{user}"


def _payload(row: Row) -> dict[str, str]:
    """What `add(..., infer=False)` writes beside a vector."""
    now = datetime.now(UTC).isoformat()
    return {
        "user_id": _name(row.user),
        "key": row.key,
        "role": "user",
        "data": row.text,
        "hash": hashlib.md5(row.text.encode(), usedforsecurity=False).hexdigest(),
        "created_at": now,
        "updated_at": now,
        "text_lemmatized": row.text,
    }
