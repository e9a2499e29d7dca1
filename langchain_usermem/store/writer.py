"""The one thread that writes: it gathers what waits into shared commits."""

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from queue import SimpleQueue
from typing import TypeVar

from langchain_usermem.store.connections import Connections, closed_error
from langchain_usermem.store.edits import prolong
from langchain_usermem.store.jobs import Job, Turn, WorkJob, lots, run_together, settle
from langchain_usermem.store.rows import micros_of
from langchain_usermem.store.schema import Connection

JobT = TypeVar("JobT", bound=Job)

_MOST_IN_A_COMMIT = 512
_GO_ON, _END = True, False


class Writer:
    """Runs work in the write transaction, in order, many callers' in one commit.

    Work that raises undoes its own part and fails its own caller only. Nothing here but
    `close` ever waits.

    Args:
        connections: where the write transaction comes from.
        now: tells the time.
    """

    def __init__(self, connections: Connections, *, now: Callable[[], datetime]) -> None:
        self._connections = connections
        self._now = now
        self._waiting: deque[Job] = deque()
        # `_rung` is whether it says to go on already.
        self._bell: SimpleQueue[bool] = SimpleQueue()
        self._rung = False
        self._ends: dict[int, int] = {}
        self._ends_lock = threading.Lock()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="usermem-writer", daemon=True)
        self._thread.start()

    def submit(self, job: JobT) -> JobT:
        """The job, which is done once what it did is on disk.

        Raises:
            StoreClosedError: the writer was closed.
        """
        if self._closing:
            raise closed_error(self._connections.path)
        self._waiting.append(job)
        if job.loop is None:
            self._ring()
        else:
            # After all else that is ready in the loop: writers woken together commit together.
            job.loop.call_soon(self._ring)
        return job

    def prolong(self, ends: Mapping[int, int]) -> None:
        """Note later ends of rows' lives, by id; they are written with the next commit."""
        if not ends or self._closing:
            return
        with self._ends_lock:
            waiting = bool(self._ends)
            for row_id, end in ends.items():
                self._ends[row_id] = max(end, self._ends.get(row_id, 0))
        if not waiting:
            self._wake()

    def prolonged(self) -> dict[int, int]:
        """Ends noted but perhaps not written yet."""
        if not self._ends:
            return {}
        with self._ends_lock:
            return dict(self._ends)

    def close(self) -> bool:
        """Write what waits, then end the thread; returns whether it has ended.

        It has not where it closes itself, as the garbage collector may make it do.
        """
        if not self._closing:
            self._closing = True
            self._bell.put(_END)
        if threading.current_thread() is self._thread:
            return False
        self._thread.join()
        self._refuse_waiting()
        return True

    def _run(self) -> None:
        going_on = True
        while going_on:
            going_on = self._bell.get()
            # Before looking: whoever comes after that rings again.
            self._rung = False
            self._commit_waiting()
        while self._waiting:
            self._commit_waiting()

    def _commit_waiting(self) -> None:
        """Commit what waits now; what comes meanwhile may be the first of many."""
        left = len(self._waiting)
        while left:
            size = min(left, _MOST_IN_A_COMMIT)
            jobs = [self._waiting.popleft() for _ in range(size)]
            self._commit([job for job in jobs if job.begin()])
            left -= size

    def _ring(self) -> None:
        """Have what waits taken up, once for all that comes before the thread looks."""
        if not self._rung and self._waiting:
            self._rung = True
            self._bell.put(_GO_ON)
        if not self._thread.is_alive():
            self._refuse_waiting()

    def _commit(self, jobs: Sequence[Job]) -> None:
        ends = self.prolonged()
        try:
            with self._connections.writing() as connection:
                if ends:
                    prolong(connection, ends)
                self._work_off(connection, jobs)
        except Exception as error:  # noqa: BLE001 - handed to every caller that waits on it
            for job in jobs:
                job.fail(error)
        else:
            self._forget(ends)
        settle(jobs)
        for job in jobs:
            job.after_commit()

    def _work_off(self, connection: Connection, jobs: Sequence[Job]) -> None:
        turn = Turn(connection, self._connections.path, micros_of(self._now()))
        for lot in lots(jobs):
            if len(lot) == 1 or not run_together(turn, lot):
                for job in lot:
                    job.run(turn)

    def _forget(self, ends: Mapping[int, int]) -> None:
        """Drop the ends that were written, unless they moved meanwhile."""
        if not ends:
            return
        with self._ends_lock:
            for row_id, end in ends.items():
                if self._ends.get(row_id) == end:
                    del self._ends[row_id]
            left = bool(self._ends)
        if left:
            self._wake()

    def _wake(self) -> None:
        self._waiting.append(WorkJob(_nothing))
        self._ring()

    def _refuse_waiting(self) -> None:
        """Fail what slipped in beside the end, which no thread will take up."""
        while True:
            try:
                job = self._waiting.popleft()
            except IndexError:
                return
            if job.begin():
                job.fail(closed_error(self._connections.path))
                settle([job])


def _nothing(_: Connection) -> None:
    """Work that only makes the writer commit what it holds."""
