"""What the store refuses or carries, beyond the contract's own table of bad operations."""

import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langgraph.store.base import InvalidNamespaceError, PutOp, SearchOp

from langchain_usermem.errors import (
    DimensionMismatchError,
    EmbeddingError,
    InvalidFilterError,
    InvalidOperationError,
    StoreFormatError,
    StorePathError,
)
from langchain_usermem.store import FaissStore
from langchain_usermem.store.doctor import doctor
from langchain_usermem.store.vector_index import VectorIndex

from .model import INDEX, held
from .processes import Tell, forked

ADA = ("u", "ada")
_NOBODY = 65_534


def nested(depth: int) -> dict[str, Any]:
    """A value of so many dicts, each in the one before."""
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"in": value}
    return value


def circular() -> dict[str, Any]:
    """A value that holds itself."""
    value: dict[str, Any] = {}
    value["in"] = value
    return value


REFUSED: dict[str, tuple[Any, type[Exception]]] = {
    "bytes": (PutOp(ADA, "k", {"x": b"bytes"}), InvalidOperationError),
    "set": (PutOp(ADA, "k", {"x": {1}}), InvalidOperationError),
    "numpy number": (PutOp(ADA, "k", {"x": np.float32(1)}), InvalidOperationError),
    "nan deep within": (PutOp(ADA, "k", {"x": [{"y": float("nan")}]}), InvalidOperationError),
    "inf deep within": (PutOp(ADA, "k", {"x": [{"y": -float("inf")}]}), InvalidOperationError),
    "too deep": (PutOp(ADA, "k", nested(100_000)), InvalidOperationError),
    "itself": (PutOp(ADA, "k", circular()), InvalidOperationError),
    "bytes as key": (PutOp(ADA, b"k", {}), InvalidOperationError),  # type: ignore[arg-type] # refused
    "label of spaces and dot": (PutOp(("u", " . "), "k", {}), InvalidNamespaceError),
    "label with NUL": (PutOp(("u", "a\0b"), "k", {}), InvalidNamespaceError),
    "label of bytes": (PutOp(("u", b"a"), "k", {}), InvalidNamespaceError),  # type: ignore[arg-type] # refused
    "unknown operator": (SearchOp(ADA, filter={"x": {"$regex": "."}}), InvalidFilterError),
    "nested operator": (SearchOp(ADA, filter={"x": {"y": {"$or": []}}}), InvalidFilterError),
    "negative limit": (SearchOp(ADA, query="q", limit=-5), InvalidOperationError),
    "limit of a float": (SearchOp(ADA, limit=2.5), InvalidOperationError),  # type: ignore[arg-type] # refused
    "endless ttl": (PutOp(ADA, "k", {}, ttl=float("inf")), InvalidOperationError),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_operations_write_nothing(file: Path, name: str) -> None:
    """Each is a typed error, and what stands beside it in its batch is not written either."""
    op, error = REFUSED[name]
    with FaissStore(file, index=INDEX) as store:
        with pytest.raises(error):
            store.batch([PutOp(ADA, "beside", {"text": "words"}), op])
        assert held(store) == {}
        store.put(ADA, "after", {"text": "words"})
        assert set(held(store)) == {(ADA, "after")}


def test_ten_megabytes_are_carried(file: Path) -> None:
    """A value of 10 MB is stored, searched by filter and words, and read back as it was."""
    value = {"text": "words " * 5, "large": "\u6771" * 3_500_000}
    with FaissStore(file, index=INDEX) as store:
        store.put(ADA, "large", value)
        assert store.search(ADA, query="words", filter={"text": value["text"]})[0].value == value
    with FaissStore(file, index=INDEX) as store:
        found = store.get(ADA, "large")
        assert found is not None
        assert found.value == value
    assert doctor(file).is_healthy


def test_ten_megabytes_are_indexed_by_words(file: Path) -> None:
    """A text of 10 MB has all of its words indexed where there is no embedder."""
    with FaissStore(file, index=False) as store:
        store.put(ADA, "large", {"text": f"{'x' * 99} " * 100_000 + "swordfish"})
        store.put(ADA, "small", {"text": "filler"})
        assert store.search(ADA, query="swordfish")[0].key == "large"


VECTORS: dict[str, tuple[Any, type[Exception]]] = {
    "nan": (np.full((2, 8), np.nan, dtype=np.float32), EmbeddingError),
    "inf": (np.full((2, 8), np.inf, dtype=np.float32), EmbeddingError),
    "too wide": (np.zeros((2, 9), dtype=np.float32), DimensionMismatchError),
    "too few": (np.zeros((1, 8), dtype=np.float32), DimensionMismatchError),
    "double": (np.zeros((2, 8)), EmbeddingError),
    "flat": (np.zeros(16, dtype=np.float32), DimensionMismatchError),
}


@pytest.mark.parametrize("name", VECTORS)
def test_bad_vectors_reach_no_index(name: str) -> None:
    """FAISS is handed none of them: it would take some, and read beyond the end of others."""
    vectors, error = VECTORS[name]
    index = VectorIndex(8)
    with pytest.raises(error):
        index.add(np.array([1, 2]), vectors)
    assert index.owners.tolist() == []


def put_as_nobody(file: Path, tell: Tell) -> None:
    """Try to put into a file without any rights of the superuser's."""
    if os.geteuid() == 0:
        os.setuid(_NOBODY)
    try:
        with FaissStore(file, index=False) as store:
            store.put(ADA, "new", {"text": "words"})
    except StorePathError as error:
        tell(f"refused {str(file.parent) in str(error)}")


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that everybody may enter, and write to."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


PREPARED: dict[str, Callable[[Path], object]] = {
    "file": lambda file: file.chmod(0o444),
    "folder": lambda file: file.parent.chmod(0o555),
    "lock": lambda file: Path(f"{file}-lock").chmod(0o400),
    "closed folder": lambda file: file.parent.chmod(0o000),
}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="rights are those of POSIX")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
@pytest.mark.parametrize("name", PREPARED)
def test_file_that_may_not_be_written(shared: Path, name: str) -> None:
    """A file, folder or lock without the right to write is a typed error; nothing is changed."""
    file = shared / "m.db"
    with FaissStore(file, index=False) as store:
        store.put(ADA, "k", {"text": "words"})
    file.chmod(0o666)
    Path(f"{file}-lock").chmod(0o666)
    before = file.read_bytes()
    PREPARED[name](file)
    with forked(partial(put_as_nobody, file)) as child:
        told = child.rest()
    shared.chmod(stat.S_IRWXU)
    assert told == ["refused True"]
    assert file.read_bytes() == before
    with FaissStore(file, index=False) as store:
        assert set(held(store)) == {(ADA, "k")}


@pytest.mark.parametrize("name", ["folder", "pipe", "empty name"])
def test_paths_that_are_no_files(tmp_path: Path, name: str) -> None:
    """What cannot be a database is refused at once."""
    path: str | Path = tmp_path
    if name == "pipe":
        path = tmp_path / "pipe"
        os.mkfifo(path)
    with pytest.raises((StorePathError, StoreFormatError)):
        FaissStore(path if name != "empty name" else "", index=False)
