"""What holds for all tests: nothing is traced, and generated examples are the same each time."""

import os

import pytest
from hypothesis import settings

os.environ["LANGSMITH_TRACING"] = "false"

# No database of examples is left behind, and a busy machine fails no test.
settings.register_profile("repeatable", derandomize=True, database=None, deadline=None)
settings.load_profile("repeatable")


def pytest_configure(config: pytest.Config) -> None:
    """Know the marks in LangChain's standard tests, whose plugins are turned off."""
    config.addinivalue_line("markers", "benchmark: timed by pytest-benchmark, where that is on")
    config.addinivalue_line("markers", "vcr: replayed by pytest-recording, where that is on")
