"""Figures that the faults give, printed at the end of the run."""

from collections.abc import Callable
from pathlib import Path

import pytest

Report = Callable[[str], None]

_FIGURES: list[str] = []


@pytest.fixture
def report() -> Report:
    """Takes a line of figures."""
    return _FIGURES.append


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a store's file may lie."""
    return tmp_path / "m.db"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures."""
    if _FIGURES:
        terminalreporter.section("figures of the faults")
        for line in _FIGURES:
            terminalreporter.write_line(line)
