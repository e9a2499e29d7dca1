"""What the store offers to be imported, and what that costs."""

import subprocess
import sys

import pytest

import langchain_usermem.store as package


def test_public_names_exist() -> None:
    """Every public name can be imported; others are an AttributeError."""
    for name in package.__all__:
        assert getattr(package, name).__name__ == name
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        package.Nothing  # noqa: B018 - the access is the test


def test_signals_are_light_to_import() -> None:
    """The protocol for signals brings neither FAISS nor SQLite along."""
    script = """
import sys
import langchain_usermem.store.signals
print(sorted({"faiss", "sqlite3", "langgraph"} & set(sys.modules)))
"""
    found = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    assert found.stdout.strip() == "[]"
