"""Which file and which model are used."""

from pathlib import Path

import pytest

from langchain_usermem.environment import chosen_model, chosen_path
from langchain_usermem.errors import StorePathError


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The file of memories that the environment names; it names no model."""
    for variable in ("OPENAI_API_KEY", "USERMEM_MODEL"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("USERMEM_PATH", str(tmp_path / "memories.db"))
    return str(tmp_path / "memories.db")


def test_a_path_that_is_given_wins_over_the_environment(path: str) -> None:
    """`USERMEM_PATH` counts only where no path is given."""
    assert chosen_path("other.db") == "other.db"
    assert chosen_path() == path


def test_the_default_file_lies_in_a_private_folder_that_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without any path it is ~/.usermem/memories.db, in a folder for its owner only."""
    monkeypatch.delenv("USERMEM_PATH")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert chosen_path() == str(tmp_path / ".usermem" / "memories.db")
    assert chosen_path() == str(tmp_path / ".usermem" / "memories.db")
    assert (tmp_path / ".usermem").stat().st_mode & 0o777 == 0o700


def test_a_home_that_cannot_hold_a_folder_is_a_typed_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A home folder that is a file gives `StorePathError`, with the way out."""
    home = tmp_path / "home"
    home.write_text("")
    monkeypatch.delenv("USERMEM_PATH")
    monkeypatch.setenv("HOME", str(home))
    with pytest.raises(StorePathError, match="Name another file with --path or USERMEM_PATH"):
        chosen_path()


@pytest.mark.parametrize(
    ("given", "variables", "model"),
    [
        (None, {}, None),
        (None, {"OPENAI_API_KEY": "k"}, "openai:gpt-4o-mini"),
        (None, {"OPENAI_API_KEY": "k", "USERMEM_MODEL": "openai:other"}, "openai:other"),
        (None, {"OPENAI_API_KEY": "k", "USERMEM_MODEL": ""}, "openai:gpt-4o-mini"),
        (None, {"OPENAI_API_KEY": "k", "USERMEM_MODEL": "offline"}, None),
        ("offline", {"OPENAI_API_KEY": "k", "USERMEM_MODEL": "openai:other"}, None),
        ("a:b", {"USERMEM_MODEL": "openai:other"}, "a:b"),
    ],
)
def test_the_model_is_the_first_that_anybody_names(
    given: str | None,
    variables: dict[str, str],
    model: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The option wins over `USERMEM_MODEL`, and that over OpenAI's key; `offline` is none."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert chosen_model(given) == model
