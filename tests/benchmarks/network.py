"""Keeping a process off the network, and knowing what wanted to be on it."""

import sys
from ipaddress import ip_address

reached: list[str] = []
"""Hosts that somebody asked for after `refuse_network`, in order."""

_OWN = frozenset({"localhost", "127.0.0.1", "::1", ""})


class NetworkRefusedError(OSError):
    """Something measured here wanted to speak to another machine."""


def refuse_network() -> None:
    """From now on no socket of this process reaches beyond this machine.

    By an audit hook, which Python calls before it looks up a name or connects, whichever
    library asks, and which nobody can take away again.
    """
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.connect":
        _check(_host_of(arguments[1]))
    elif event == "socket.getaddrinfo":
        _check(str(arguments[0] or ""))


def _host_of(address: object) -> str:
    """The host of a socket's address; empty for a socket in the file system."""
    return str(address[0]) if isinstance(address, tuple) else ""


def _check(host: str) -> None:
    if host in _OWN or _is_loopback(host):
        return
    reached.append(host)
    raise NetworkRefusedError(f"the benchmarks use no network, and something asked for {host!r}")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
