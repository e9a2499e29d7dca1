"""Pieces of work for the writer, each with a caller who waits for it."""

import asyncio
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import cached_property
from typing import Any, NamedTuple

from langchain_usermem.errors import StoreError
from langchain_usermem.store.connections import savepoint
from langchain_usermem.store.edits import Write, write_all
from langchain_usermem.store.schema import Connection, store_errors

Work = Callable[[Connection], Any]


class Turn(NamedTuple):
    """What a job has at hand: the write transaction, its file, and the moment of the commit.

    The moment is in microseconds since 1970.
    """

    connection: Connection
    path: str
    moment: int


class Job(ABC):
    """A piece of work in the write transaction. Its caller hears of it after the commit.

    Args:
        loop: the event loop in which the caller awaits `future`; None if a thread waits for
            its result.
        after: called in the writer's thread once the work is on disk.
    """

    def __init__(
        self,
        *,
        loop: asyncio.AbstractEventLoop | None = None,
        after: Callable[[], None] | None = None,
    ) -> None:
        self.loop = loop
        # asyncio's future or the other: they have their methods in common, but no type.
        self.future: Any = loop.create_future() if loop else Future()
        self._after = after
        self._result: Any = None
        self._error: Exception | None = None

    @abstractmethod
    def work(self, turn: Turn) -> Any:
        """Do it; returns what the caller gets."""

    def begin(self) -> bool:
        """Whether to do it at all: its caller may have given up."""
        if self.loop is None:
            return bool(self.future.set_running_or_notify_cancel())
        return not self.future.cancelled()

    def run(self, turn: Turn) -> None:
        """Do it, or nothing of it and note the error."""
        try:
            with store_errors(turn.path), savepoint(turn.connection):
                self._result = self.work(turn)
        except Exception as error:
            if not turn.connection.in_transaction:
                # A full disk undoes the whole commit, not this part alone.
                raise
            self.fail(error)

    def fail(self, error: Exception) -> None:
        """Note the error that the caller gets."""
        self._error = error

    def deliver(self) -> None:
        """Tell the caller, unless it has given up."""
        if self.future.done():
            return
        if self._error is None:
            self.future.set_result(self._result)
        else:
            self.future.set_exception(self._error)

    def after_commit(self) -> None:
        """Call what was to follow success."""
        if self._after and self._error is None:
            self._after()


class WorkJob(Job):
    """Some function of the connection."""

    def __init__(self, function: Work) -> None:
        super().__init__()
        self._function = function

    def work(self, turn: Turn) -> Any:
        """What the function returns."""
        return self._function(turn.connection)


class WriteJob(Job):
    """The drafts of one batch, which may share their statements with those of others."""

    def __init__(
        self,
        write: Write,
        *,
        loop: asyncio.AbstractEventLoop | None = None,
        after: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(loop=loop, after=after)
        self.write = write

    @cached_property
    def keys(self) -> frozenset[tuple[str, str]]:
        """What it writes to."""
        return frozenset((draft.path, draft.key) for draft in self.write.drafts)

    def work(self, turn: Turn) -> None:
        """Write the drafts."""
        write_all(turn.connection, [self.write], moment=turn.moment)


def lots(jobs: Sequence[Job]) -> Iterator[list[Job]]:
    """Jobs in order, in lots that can be done together: writes, none of a key of another's."""
    if len(jobs) == 1:
        yield list(jobs)
        return
    lot: list[Job] = []
    keys: set[tuple[str, str]] = set()
    for job in jobs:
        own = job.keys if isinstance(job, WriteJob) else None
        if lot and (own is None or not isinstance(lot[-1], WriteJob) or not keys.isdisjoint(own)):
            yield lot
            lot, keys = [], set()
        lot.append(job)
        keys.update(own or ())
    if lot:
        yield lot


def run_together(turn: Turn, lot: Sequence[Job]) -> bool:
    """Do the writes of a lot in few statements; returns False, with nothing done, on an error.

    The error belongs to one of them: done one by one, it will show whose it is.
    """
    writes = [job.write for job in lot if isinstance(job, WriteJob)]
    try:
        with store_errors(turn.path), savepoint(turn.connection):
            write_all(turn.connection, writes, moment=turn.moment)
    except StoreError:
        if not turn.connection.in_transaction:
            raise
        return False
    return True


def settle(jobs: Sequence[Job]) -> None:
    """Tell all callers, each event loop at once: waking one takes longer than a write."""
    by_loop: defaultdict[asyncio.AbstractEventLoop, list[Job]] = defaultdict(list)
    for job in jobs:
        if job.loop is None:
            job.deliver()
        else:
            by_loop[job.loop].append(job)
    for loop, waiting in by_loop.items():
        # A loop may close at any moment, and nobody waits in one that has.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_deliver_all, waiting)


def _deliver_all(jobs: Sequence[Job]) -> None:
    for job in jobs:
        job.deliver()
