"""Child processes by fork: they cost no start, and tell their parent what they have done."""

import os
import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Tell = Callable[[str], None]
Work = Callable[[Tell], None]


class Child:
    """A forked process, as its parent sees it."""

    def __init__(self, pid: int, descriptor: int) -> None:
        self.pid = pid
        self._lines = os.fdopen(descriptor)
        self._code: int | None = None

    def line(self) -> str:
        """The next line that it tells; empty once it has ended."""
        return self._lines.readline().rstrip("\n")

    def rest(self) -> list[str]:
        """All further lines until it ends."""
        return [line.rstrip("\n") for line in self._lines if line.endswith("\n")]

    def kill(self) -> None:
        """End it at once, as `kill -9` does."""
        os.kill(self.pid, signal.SIGKILL)

    def code(self) -> int:
        """Its exit code, once it has ended; minus the signal that ended it."""
        if self._code is None:
            self._code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self._code

    def close(self) -> None:
        """Leave neither a process nor a descriptor behind."""
        if self._code is None:
            self.kill()
            self.code()
        self._lines.close()


@contextmanager
def forked(work: Work) -> Iterator[Child]:
    """A child that runs `work`, given a function that tells the parent a line.

    No store may be open here: what a child inherits of one is tested on its own.
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        _run(work, writing)
    os.close(writing)
    child = Child(pid, reading)
    try:
        yield child
    finally:
        child.close()


def _run(work: Work, descriptor: int) -> None:
    """Do the work, and end the process without going back into the tests."""

    def tell(line: str) -> None:
        os.write(descriptor, f"{line}\n".encode())

    try:
        work(tell)
    except BaseException:  # noqa: BLE001 - whatever it is, the parent shows it
        tell(f"failed: {traceback.format_exc()!r}")
        os._exit(1)
    os._exit(0)
