"""Exporting, importing and erasing on the command line."""

import json
import stat
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
    assert "erased: nothing\n" in again


@pytest.mark.parametrize("words", [("erase", "--yes"), ("export",)])
def test_missing_file_is_not_made(usermem: Run, path: str, words: tuple[str, ...]) -> None:
    """A slip in the path is one red line, not a success."""
    ran = usermem(*words, "--user", "ada")
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert not Path(path).exists()


def test_what_was_exported_can_be_taken_in(usermem: Run, filled: str, tmp_path: Path) -> None:
    """Lines of JSON in a file for its owner alone, which another file of memories takes."""
    assert Path(filled).exists()
    file, other = tmp_path / "ada.jsonl", str(tmp_path / "other.db")
    assert usermem("export", str(file), "--user", "ada").out == f"exported 2 records to {file}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [json.loads(line)["kind"] for line in file.read_text().splitlines()] == [
        "header",
        "memory",
        "change",
    ]
    ran = usermem("--path", other, "import", str(file), "--user", "eve")
    assert (ran.code, ran.out) == (0, "imported: change 1, memory 1; there already: nothing\n")
    assert "Likes tea" in usermem("--path", other, "list", "--user", "eve").out


def test_a_file_is_written_over_only_when_asked(usermem: Run, filled: str, tmp_path: Path) -> None:
    """Without a file the lines are printed."""
    assert Path(filled).exists()
    file = tmp_path / "ada.jsonl"
    file.write_text("mine")
    assert usermem("export", str(file), "--user", "ada").code == 2
    assert file.read_text() == "mine"
    assert usermem("export", str(file), "--user", "ada", "--force").code == 0
    printed = usermem("export", "--user", "ada").out
    assert printed.splitlines()[1:] == file.read_text().splitlines()[1:]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.glob("*.jsonl*")) == ["ada.jsonl"]


def test_garbage_is_told_by_its_line(usermem: Run, filled: str, tmp_path: Path) -> None:
    """The rest is taken in, and the exit code is 1; what is no export at all is one red line."""
    assert Path(filled).exists()
    file = tmp_path / "ada.jsonl"
    usermem("export", str(file), "--user", "ada")
    file.write_text(file.read_text() + "{broken\n")
    ran = usermem("import", str(file), "--user", "ada")
    assert (ran.code, ran.err) == (1, "line 4: it is no JSON\n")
    assert ran.out == "imported: nothing; there already: change 1, memory 1\nrefused: 1\n"
    file.write_text("{}")
    ran = usermem("import", str(file), "--user", "ada")
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
