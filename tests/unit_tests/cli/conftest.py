"""The command line on a file of its own, without the keys of whoever runs the tests."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from langchain_usermem import UserMemory
from langchain_usermem.cli.app import app


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The file of memories that commands use, named by the environment."""
    file = tmp_path / "memories.db"
    for variable in ("OPENAI_API_KEY", "USERMEM_MODEL", "FORCE_COLOR"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("USERMEM_PATH", str(file))
    monkeypatch.setenv("COLUMNS", "200")
    return str(file)


@pytest.fixture
def memory(path: str) -> Iterator[UserMemory]:
    """The memory in that file."""
    with UserMemory(path) as memory:
        yield memory


@pytest.fixture
def usermem() -> Run:
    """Runs the command line with some words, and with `stdin` piped into it."""

    def run(*words: str, stdin: str | bytes = "") -> Ran:
        result = CliRunner().invoke(app, list(words), input=stdin)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    return run
