"""No descriptor of ours on a file that SQLite has open: closing one drops SQLite's locks."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from langchain_usermem.store import FaissStore
from langchain_usermem.store.doctor import doctor

from .model import INDEX
from .processes import Tell, forked

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="speaks of POSIX locks"),
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),
]

ADA = ("u", "ada")
# Where SQLite's readers lock a database, and how far, by its file format.
_SHARED_FIRST, _SHARED_SIZE = 0x40000002, 510

WHOLE_FLOW = """
import os, sys
from pathlib import Path

opened = []
file = sys.argv[1]

def watch(event, arguments):
    if event == "open" and isinstance(arguments[0], str | bytes):
        path = os.fsdecode(arguments[0])
        if path.startswith(file) and not path.startswith((f"{file}-lock", f"{file}.copy")):
            opened.append((path, arguments[2]))

sys.addaudithook(watch)
from langchain_usermem.store import FaissStore
from langchain_usermem.store.doctor import doctor
from langchain_usermem.store.reembedding import reembed

with FaissStore(file, index=False) as store:
    first = list(opened)
    store.put(("u", "ada"), "k", {"text": "words"}, ttl=1)
    store.delete(("u", "ada"), "k")
    store.put(("u", "ada"), "k", {"text": "words"})
    store.get(("u", "ada"), "k")
    store.search(("u", "ada"), query="words")
    store.signals([("u", "ada")], "words")
    store.list_namespaces()
    store.sweep_ttl()
    store.health()
    store.embed_pending()
    store.compact()
    store.backup(file + ".copy")
    with FaissStore(file, index=False) as other:
        other.put(("u", "ada"), "k2", {"text": "words"})
    doctor(file)
    doctor(file, repair=True)
    pid = os.fork()
    if pid == 0:
        store.put(("u", "ada"), "k3", {"text": "words"})
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    assert len(store.search(("u", "ada"), query="words")) == 3
reembed(file, index={"embed": lambda texts: [[1.0, 0.0]] * len(texts)})
print(len(first), all(flags & os.O_EXCL for _, flags in opened), [path for path, _ in first])
"""


def test_the_whole_flow_opens_nothing_but_new_files(file: Path) -> None:
    """Python opens the file to make it and with O_EXCL only, which opens no file there is."""
    ran = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", WHOLE_FLOW, str(file)], check=True, capture_output=True, text=True
    )
    assert ran.stdout.split("\n")[0] == f"1 True [{str(file)!r}]"


def is_locked(file: Path, tell: Tell) -> None:
    """Tell whether some other process holds SQLite's shared lock on a file."""
    descriptor = os.open(file, os.O_RDWR)
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, _SHARED_SIZE, _SHARED_FIRST)
        tell("no")
    except OSError:
        tell("yes")


def lock_is_held(file: Path) -> bool:
    """Whether this process still holds SQLite's lock, asked from another."""
    with forked(partial(is_locked, file)) as child:
        return child.rest() == ["yes"]


def other_store(store: FaissStore, file: Path) -> None:
    """Open the same file a second time, use it and close it."""
    with FaissStore(file, index=INDEX) as other:
        other.put(ADA, "other", {"text": "words"})
        other.search(ADA, query="words")
    assert store.get(ADA, "other")


USES: dict[str, Callable[[FaissStore, Path], object]] = {
    "put": lambda store, _: store.put(ADA, "k", {"text": "words"}),
    "delete": lambda store, _: store.delete(ADA, "k"),
    "search": lambda store, _: store.search(ADA, query="words"),
    "sweep": lambda store, _: store.sweep_ttl(),
    "health": lambda store, _: store.health(),
    "compact": lambda store, _: store.compact(),
    "backup": lambda store, file: store.backup(file.with_name("copy.db")),
    "second store": other_store,
    "doctor": lambda _, file: doctor(file),
    "repair": lambda _, file: doctor(file, repair=True),
}


def test_locks_outlive_every_use(file: Path) -> None:
    """After each use SQLite's lock on the file is still held; reading the file drops it."""
    with FaissStore(file, index=INDEX) as store:
        store.put(ADA, "first", {"text": "words"})
        for name, use in USES.items():
            use(store, file)
            assert lock_is_held(file), name
        file.read_bytes()
        assert not lock_is_held(file)
