"""Unit tests reach no network, and count tokens alike wherever they run."""

from collections.abc import Iterator

import pytest
from pytest_socket import disable_socket, enable_socket


@pytest.fixture(autouse=True)
def no_network() -> Iterator[None]:
    """Sockets are refused, except those within this machine that event loops are made of."""
    disable_socket(allow_unix_socket=True)
    yield
    enable_socket()


@pytest.fixture(autouse=True, scope="session")
def no_vocabulary() -> Iterator[None]:
    """Budgets are held against the estimate, unless a test brings a vocabulary of its own."""
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR"):
            patch.delenv(variable, raising=False)
        yield
