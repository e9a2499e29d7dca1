"""The notebooks, run from top to bottom in a kernel of their own."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))

HOME = '{"memory": "Lives in York", "about": "home_city"}'
KEPT = [
    "Is allergic to peanuts | said: I'm allergic to peanuts.",
    "Lives in York | said: Actually, I moved to York.",
    "Answer in Spanish | said: Answer me in Spanish.",
]


def read(path: Path) -> Any:
    """A notebook as it is kept."""
    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call] # it is so


def executed(path: Path) -> Any:
    """A notebook after all of its cells have run without an error."""
    notebook = read(path)
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    return notebook


def printed(notebook: Any) -> list[str]:
    """What each cell of code showed."""
    cells = (cell for cell in notebook.cells if cell.cell_type == "code")
    return ["".join(map(_text, cell.outputs)) for cell in cells]


def _text(output: Any) -> str:
    return str(output.get("text") or output.get("data", {}).get("text/plain", ""))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_kept_without_outputs(path: Path) -> None:
    """No cell holds an output, a count or a trace of the machine it ran on."""
    cells = [cell for cell in read(path).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == [None] * len(cells)
    assert [cell.outputs for cell in cells] == [[]] * len(cells)


def test_the_quickstart_shows_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every cell runs, with neither key nor network, and shows what the text beside it claims."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    (path,) = [path for path in NOTEBOOKS if path.stem == "01_quickstart"]
    shown = printed(executed(path))
    assert [text.removesuffix("\n") for text in shown] == [
        "identity | Lives in Leeds\nfact | Is allergic to peanuts",
        "ada ['Lives in Leeds']\nben []\n[]",
        "supersede ['Lives in Leeds'] -> Lives in York",
        f"Human: You remember:\n{HOME}\n\nWhere do I live?",
        "[offline model] Understood.",
        "[modelo sin conexión] Esto es lo que recuerdo: Lives in York.",
        "\n".join(KEPT),
        "forgotten: ['Is allergic to peanuts']\nfound: []",
        "['add', 'add', 'supersede', 'add', 'forget']",
    ]
