"""The benchmarks' refusal of the network; in a process of its own, since it cannot be undone."""

import subprocess
import sys

_ASKS = """
import socket
from tests.benchmarks.network import NetworkRefusedError, reached, refuse_network

refuse_network()
for ask in (
    lambda: socket.getaddrinfo("peer.invalid", 443),
    lambda: socket.create_connection(("192.0.2.1", 443), timeout=0.1),
):
    try:
        ask()
    except NetworkRefusedError:
        pass
print(reached)
"""


def test_a_process_is_kept_off_the_network_and_what_it_asked_for_is_known() -> None:
    """Neither a name is looked up nor an address connected to, and both hosts are listed."""
    command = [sys.executable, "-c", _ASKS]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - ours
    assert done.stdout == "['peer.invalid', '192.0.2.1']\n"
