"""Looking after the file: copies, examinations, and another embedder."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from langchain_usermem import LocalEmbeddings, UserMemory

from .conftest import Run


@pytest.fixture
def filled(path: str) -> str:
    """A file with two memories of Ada's."""
    with UserMemory(path) as memory:
        memory.remember_many(["Lives in Leeds", "Plays chess"], user_id="ada")
    return path


def damage(path: str, statement: str) -> None:
    """Change a closed file behind the store's back."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


def test_backup_can_be_used_as_it_is(usermem: Run, filled: str, tmp_path: Path) -> None:
    """The copy holds what the file holds, and is not written over."""
    copy = str(tmp_path / "copy.db")
    assert usermem("backup", copy).out == f"copied to {copy}\n"
    assert "Leeds" in usermem("--path", copy, "list", "--user", "ada").out
    ran = usermem("backup", copy)
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert Path(filled).exists()


@pytest.mark.parametrize("words", [("backup", "copy.db"), ("doctor",), ("reembed",)])
def test_missing_file_is_not_made(usermem: Run, path: str, words: tuple[str, ...]) -> None:
    """A path without a file is one red line."""
    ran = usermem(*words)
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert not Path(path).exists()


def test_sound_file_ends_with_nought(usermem: Run, filled: str) -> None:
    """A file in which nothing is wrong is said to be so."""
    assert Path(filled).exists()
    ran = usermem("doctor")
    assert ran.code == 0
    assert ran.out.endswith(" rows, 0 problems\n")


def test_damaged_index_is_repaired_when_asked(usermem: Run, filled: str) -> None:
    """The exit code is 1 until the words were made anew."""
    damage(filled, "UPDATE vectors SET terms = x'' WHERE id = (SELECT min(id) FROM vectors)")
    found = usermem("doctor")
    assert found.code == 1
    assert found.out.startswith("the words, vectors or columns kept of a row are damaged: ")
    repaired = usermem("doctor", "--repair")
    assert repaired.code == 0
    assert "0 problems\n1 repaired\n1 rows wait for vectors" in repaired.out
    assert usermem("doctor").code == 0


def test_damaged_memory_is_removed_only_after_asking(usermem: Run, filled: str) -> None:
    """What cannot be read stays unless its removal is asked for and confirmed."""
    damage(filled, "UPDATE items SET value = '{}' WHERE value LIKE '%chess%'")
    assert usermem("doctor", "--repair").code == 1
    refused = usermem("doctor", "--remove-damaged", stdin="n\n")
    assert (refused.code, "for good?" in refused.out) == (1, True)
    assert usermem("doctor").code == 1
    assert usermem("doctor", "--repair", "--remove-damaged", stdin="y\n").code == 0
    assert "Leeds" in usermem("list", "--user", "ada").out


def test_reembedding_names_the_embedder(usermem: Run, filled: str) -> None:
    """All memories are embedded again by the local embedder."""
    assert Path(filled).exists()
    ran = usermem("reembed", "--embedder", "local")
    assert ran.code == 0
    assert ran.out == f"the vectors are of {LocalEmbeddings.fingerprint}/256 now\n"
    assert "Leeds" in usermem("search", "where does she live", "--user", "ada").out
