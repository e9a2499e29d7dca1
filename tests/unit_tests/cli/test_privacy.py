"""Erasing on the command line."""

from pathlib import Path

import pytest

from langchain_usermem import UserMemory

from .conftest import Run


@pytest.fixture
def filled(path: str) -> str:
    """A file with a memory of Ada's and one of Bob's."""
    with UserMemory(path) as memory:
        memory.remember("Likes tea", user_id="ada")
        memory.remember("Likes coffee", user_id="bob")
    return path


def test_erasing_asks_first(usermem: Run, filled: str) -> None:
    """Whoever says no keeps everything."""
    assert Path(filled).exists()
    ran = usermem("erase", "--user", "ada", stdin="n\n")
    assert (ran.code, "'ada', for good?" in ran.out) == (1, True)
    assert "Likes tea" in usermem("list", "--user", "ada").out


def test_erasing_prints_a_receipt(usermem: Run, filled: str) -> None:
    """What went is counted, and what is left of it told; the other user stays."""
    assert Path(filled).exists()
    first, second = usermem("erase", "--user", "ada", "--yes").out.splitlines()
    assert first == "erased: changes 1, memories 1, revision 1"
    assert second.startswith("no byte of it is left in the file (")
    assert usermem("users").out == "bob\n"
    again = usermem("erase", "--user", "ada", stdin="y\n").out
    assert "nothing was stored about this user" in again


@pytest.mark.parametrize("words", [("erase", "--yes")])
def test_missing_file_is_not_made(usermem: Run, path: str, words: tuple[str, ...]) -> None:
    """A slip in the path is one red line, not a success."""
    ran = usermem(*words, "--user", "ada")
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert not Path(path).exists()
