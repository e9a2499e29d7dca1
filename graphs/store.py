"""The store of the deployment: one file, shared by all threads of the server."""

from langchain_usermem import FaissStore
from langchain_usermem.environment import chosen_path

# Opened while this file is loaded, which the server does in a worker thread: it calls the
# factory on its event loop, where opening a file would block every other run.
_store = FaissStore(chosen_path())


def create_store() -> FaissStore:
    """The one store of this process; the server asks once in each of its threads."""
    return _store
