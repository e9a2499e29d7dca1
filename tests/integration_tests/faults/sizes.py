"""How large each fault is put in: short in `make test`, long in `make torture`."""

import os


def size(name: str, *, short: int) -> int:
    """`USERMEM_<name>` of the environment, else the short form."""
    return int(os.environ.get(f"USERMEM_{name}", short))
