"""The store under `python -O`, which removes every `assert`, FAISS's own among them."""

import subprocess
import sys
from pathlib import Path

from .conftest import Report
from .sizes import size

ROOT = Path(__file__).parents[3]
SUITE = ROOT / "tests" / "unit_tests" / "store"
FEW = ["test_vector_index.py", "test_search.py"]

# pytest aborts under -O where this warning is an error: what it warns of are asserts outside of
# tests. Those in tests it rewrites, which a test that fails makes sure of.
COMMAND = [
    *(sys.executable, "-O", "-m", "pytest", "-q", "-p", "no:cacheprovider"),
    *("-W", "ignore:assertions not in test modules or plugins will be ignored"),
]


BAD_TEST = """
def test_bad():
    assert not __debug__
    assert 1 + 1 == 3
"""


def test_unit_tests_pass_under_o(tmp_path: Path, report: Report) -> None:
    """The store's tests pass without asserts beneath them; one that ought to fail does fail."""
    bad = tmp_path / "test_bad.py"
    bad.write_text(BAD_TEST)
    paths = [SUITE] if size("OPTIMISED_WHOLE", short=0) else [SUITE / name for name in FEW]
    ran = subprocess.run(  # noqa: S603 - our own tests
        [*COMMAND, *paths, bad], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert "assert (1 + 1) == 3" in ran.stdout
    summary = ran.stdout.strip().splitlines()[-1]
    assert summary.startswith("1 failed, "), ran.stdout[-3_000:]
    report(f"python -O: {summary.removeprefix('1 failed, ')}, and the one that ought to fail does")
