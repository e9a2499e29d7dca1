"""Reading: each batch from one state of the file, without what is past its end."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from langgraph.store.base import Result

from langchain_usermem.embeddings import FloatArray
from langchain_usermem.store.answers import Answers
from langchain_usermem.store.connections import Connections
from langchain_usermem.store.newest_first import NewestFirst
from langchain_usermem.store.partition import Query
from langchain_usermem.store.partitions import Partitions, StaleSnapshotError
from langchain_usermem.store.plan import ReadOp, path_of
from langchain_usermem.store.rows import Alive, micros_of
from langchain_usermem.store.schema import Connection
from langchain_usermem.store.signals import Choose, Namespace, Signals
from langchain_usermem.store.verified import VerifiedRows
from langchain_usermem.store.writer import Writer

T = TypeVar("T")


class Reads:
    """Reads in one transaction each.

    Args:
        connections: where the transactions come from.
        partitions: the indexes in memory.
        writer: knows which rows were prolonged, and notes those that a read prolongs.
        now: tells the time.
    """

    def __init__(
        self,
        connections: Connections,
        partitions: Partitions,
        *,
        writer: Writer,
        now: Callable[[], datetime],
    ) -> None:
        self._connections = connections
        self._partitions = partitions
        self._verified = VerifiedRows()
        self._newest_first = NewestFirst()
        self._writer = writer
        self._now = now

    def run(
        self, reads: Sequence[tuple[int, ReadOp]], vectors: Mapping[str, FloatArray]
    ) -> dict[int, Result]:
        """Results by the place of the operation in its batch."""
        if not reads:
            return {}
        answers = self._answers(vectors)
        results = self._repeated(lambda connection: answers.to(connection, reads))
        self._writer.prolong(answers.prolonged)
        return results

    def chosen(self, namespaces: Sequence[Namespace], query: Query, choose: Choose[T]) -> T:
        """What `choose` makes of all live rows of exactly these namespaces, in one transaction."""
        paths = [path_of(namespace) for namespace in namespaces]
        answers = self._answers({})

        def read(connection: Connection) -> T:
            scored = answers.scored(connection, paths, query)
            signals = Signals(list(scored.keys), scored.similarity, scored.keywords, scored.columns)
            return choose(signals, lambda places: answers.rows_at(connection, scored, places))

        return self._repeated(read)

    def forget_rows(self) -> None:
        """Drop the texts in memory that reading left there."""
        self._verified.clear()

    def _answers(self, vectors: Mapping[str, FloatArray]) -> Answers:
        return Answers(
            self._partitions,
            self._verified,
            self._newest_first,
            alive=self._alive(),
            vectors=vectors,
        )

    def _alive(self) -> Alive:
        """What counts as alive now.

        Taken before a transaction begins: an end that some read moved is then either in here
        or in what the transaction sees.
        """
        return Alive.of(micros_of(self._now()), self._writer.prolonged())

    def _repeated(self, read: Callable[[Connection], T]) -> T:
        """What `read` returns in a transaction that no partition is ahead of."""
        while True:
            try:
                with self._connections.reading() as connection:
                    return read(connection)
            except StaleSnapshotError:
                continue
