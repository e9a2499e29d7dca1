"""Unit tests reach no network."""

from collections.abc import Iterator

import pytest
from pytest_socket import disable_socket, enable_socket


@pytest.fixture(autouse=True)
def no_network() -> Iterator[None]:
    """Sockets are refused, except those within this machine that event loops are made of."""
    disable_socket(allow_unix_socket=True)
    yield
    enable_socket()
