"""The command as a whole: versions, mistakes, and life without the extra."""

import subprocess
import sys
from pathlib import Path

import pytest

import langchain_usermem
from langchain_usermem import UserMemory, environment

from .conftest import Run

WITHOUT_TYPER = """
import sys
sys.modules["typer"] = None
from langchain_usermem.cli import main
main()
"""

INTERRUPTED_EARLY = """
import sys, types
class Slow(types.ModuleType):
    @property
    def app(self):
        raise KeyboardInterrupt
sys.modules["langchain_usermem.cli.app"] = Slow("app")
from langchain_usermem.cli import main
main()
"""


def run_python(code: str) -> "subprocess.CompletedProcess[str]":
    """How a fresh interpreter ran some code."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours


def test_the_version_is_that_of_the_package(usermem: Run) -> None:
    """`--version` needs no command."""
    assert usermem("--version").out == f"usermem {langchain_usermem.__version__}\n"


def test_every_command_is_listed(usermem: Run) -> None:
    """The help names them, each in a line of its own."""
    out = usermem("--help").out
    commands = ["demo", "chat", "replay", "search", "list", "history", "diff"]
    commands += [
        "review",
        "forget",
        "undo",
        "reflect",
        "worker",
        "inbox",
        "users",
        "backup",
        "doctor",
        "reembed",
    ]
    assert [command for command in commands if f"│ {command} " not in out] == []


def test_the_path_option_wins_over_the_environment(usermem: Run, tmp_path: Path) -> None:
    """`--path` names another file, which talking makes."""
    other = str(tmp_path / "other.db")
    assert usermem("--path", other, "chat", "--user", "ada", stdin="I live in Leeds.").code == 0
    assert usermem("--path", other, "users").out == "ada\n"
    assert not (tmp_path / "memories.db").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("users",),
        ("list", "--user", "ada"),
        ("search", "Where do I live?", "--user", "ada"),
        ("history", "--user", "ada"),
        ("diff", "--user", "ada", "--since", "7d"),
        ("review", "--user", "ada"),
        ("reflect", "--user", "ada"),
        ("forget", "where I live", "--user", "ada"),
        ("forget", "--id", "0", "--user", "ada"),
        ("undo", "0", "--user", "ada"),
        ("inbox",),
    ],
)
def test_a_slip_in_the_name_of_the_file_is_not_an_empty_memory(
    usermem: Run, path: str, words: tuple[str, ...]
) -> None:
    """What looks at or changes what is there makes no file; the error says which does."""
    ran = usermem(*words)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        f"there is no file {path!r}. Check --path and USERMEM_PATH; "
        "'usermem chat' and 'usermem replay' make a new one.\n"
    )
    assert not Path(path).exists()


def test_a_worker_may_come_before_the_first_turn(usermem: Run, path: str) -> None:
    """It makes the file in which turns are to wait for it."""
    assert usermem("worker", "--once").code == 0
    assert Path(path).exists()


def test_a_file_that_is_not_ours_is_one_line_on_stderr(usermem: Run, path: str) -> None:
    """A text file is refused without a traceback, and left as it was."""
    Path(path).write_text("shopping list\n" * 100)
    ran = usermem("users")
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert Path(path).read_text() == "shopping list\n" * 100


def test_a_folder_that_is_missing_is_one_line_on_stderr(usermem: Run, tmp_path: Path) -> None:
    """A path that is named is not made up for: its folder has to exist."""
    ran = usermem("--path", str(tmp_path / "none" / "memories.db"), "users")
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert not (tmp_path / "none").exists()


def test_without_the_extra_the_command_says_how_to_install_it() -> None:
    """One line on stderr and exit code 1, in a process in which typer cannot be imported."""
    ran = run_python(WITHOUT_TYPER)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == (
        "The command line needs an extra. Run: pip install 'langchain-usermem[cli]'\n"
    )


def test_an_early_interrupt_is_no_traceback() -> None:
    """Ctrl-C while libraries are imported ends the command as it does later."""
    ran = run_python(INTERRUPTED_EARLY)
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, "", "")


def test_help_waits_for_no_library() -> None:
    """The commands are listed without what only carrying one out takes, seconds to import."""
    slow = {"langchain_core", "langgraph", "numpy", "faiss"}
    code = f"import sys, langchain_usermem.cli.app\nprint({slow} & {{*sys.modules}})"
    assert run_python(code).stdout == "set()\n"


WITHOUT_MODEL = """
import sys
from langchain_usermem.cli.app import app
try:
    app({words!r}, standalone_mode=False)
finally:
    slow = {{"langchain_core.language_models.base", "langsmith", "langgraph_sdk", "openai"}}
    print(slow & {{*sys.modules}}, file=sys.stderr)
"""


@pytest.mark.parametrize(
    "words",
    [
        ("users",),
        ("list", "--user", "ada"),
        ("search", "Where do I live?", "--user", "ada"),
        ("history", "--user", "ada"),
        ("diff", "--user", "ada", "--since", "7d"),
        ("review", "--user", "ada"),
        ("forget", "where I live", "--user", "ada"),
        ("inbox",),
        ("doctor",),
    ],
    ids=lambda words: words[0],
)
def test_what_needs_no_model_waits_for_none(memory: UserMemory, words: tuple[str, ...]) -> None:
    """Neither LangChain's models nor its tracing are imported, which takes longer than the work."""
    memory.add("I live in Leeds.", user_id="ada")
    assert run_python(WITHOUT_MODEL.format(words=words)).stderr == "set()\n"


def test_deployment_files_need_no_extra() -> None:
    """The module that reads the environment imports neither typer nor rich."""
    code = f"import sys, {environment.__name__}\nprint({{'typer', 'rich'}} & {{*sys.modules}})"
    assert run_python(code).stdout == "set()\n"


@pytest.mark.parametrize("words", [("list",), ("nonsense",), ("search", "--user", "ada")])
def test_a_mistake_in_usage_ends_with_two(usermem: Run, words: tuple[str, ...]) -> None:
    """A missing user, an unknown command and a missing query are Typer's to explain."""
    ran = usermem(*words)
    assert ran.code == 2
    assert "Traceback" not in ran.err
