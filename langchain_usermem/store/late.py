"""Embedding rows after they were written: the embedder had failed, or was not there yet."""

import logging
import threading
from collections.abc import Sequence

from langchain_usermem.errors import StoreClosedError, StoreError
from langchain_usermem.store.connections import Connections
from langchain_usermem.store.edits import claim_fingerprint
from langchain_usermem.store.embedding import TextEmbedder, Vectors
from langchain_usermem.store.indexed_text import text_of
from langchain_usermem.store.jobs import WorkJob
from langchain_usermem.store.pending import PendingRow, pending_rows
from langchain_usermem.store.rewriting import write_late
from langchain_usermem.store.schema import Connection
from langchain_usermem.store.writer import Writer

_LOG = logging.getLogger(__name__)
_ROWS_AT_ONCE = 64
_FAILURES_OF_AN_OUTAGE = 5
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 300.0


class LateEmbedding:
    """Embeds the rows that wait, when told to or in a thread of its own.

    The thread lives while rows wait; after a failure it pauses, longer each time.
    """

    def __init__(self, connections: Connections, writer: Writer, embedder: TextEmbedder) -> None:
        self._connections = connections
        self._writer = writer
        self._embedder = embedder
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._wanted = False

    def run(self, limit: int | None = None) -> int:
        """Embed up to `limit` rows that wait now; returns how many were.

        Stops at the first lot in which everything fails.
        """
        done, after = 0, 0
        while limit is None or done < limit:
            most = _ROWS_AT_ONCE if limit is None else min(_ROWS_AT_ONCE, limit - done)
            rows = self._waiting(after, most)
            vectors = self._vectors(rows)
            if not vectors:
                break
            done += self._write(rows, vectors)
            after = rows[-1].id
        return done

    def wake(self, *, pause: float = _FIRST_PAUSE_SECONDS) -> None:
        """Have the rows that wait embedded in the background, after a pause in seconds."""
        with self._lock:
            self._wanted = True
            if self._thread is None and not self._stopped.is_set():
                self._thread = self._started(pause)

    def _started(self, pause: float) -> threading.Thread | None:
        """A thread at work; None where the system has none to give, until the next wake."""
        thread = threading.Thread(
            target=self._work, args=(pause,), name="usermem-embedding", daemon=True
        )
        try:
            thread.start()
        except RuntimeError:
            _LOG.warning("no thread to embed rows late", exc_info=True)
            return None
        return thread

    def close(self) -> None:
        """End the thread, which may be in a slow call that nobody waits for."""
        self._stopped.set()

    def _work(self, pause: float) -> None:
        while self._is_wanted() and not self._stopped.wait(pause):
            try:
                done = self.run()
                waiting = bool(self._waiting(0, 1))
            except StoreClosedError:
                return
            except StoreError:
                _LOG.warning("embedding rows late failed", exc_info=True)
                done, waiting = 0, True
            pause = _FIRST_PAUSE_SECONDS if done else min(2 * pause + 1, _LONGEST_PAUSE_SECONDS)
            if waiting:
                self._wanted = True

    def _is_wanted(self) -> bool:
        """Whether there is work; the thread is done with the first False."""
        with self._lock:
            wanted, self._wanted = self._wanted, False
            if not wanted:
                self._thread = None
            return wanted

    def _waiting(self, after: int, limit: int) -> list[PendingRow]:
        with self._connections.reading() as connection:
            return pending_rows(connection, after=after, limit=limit)

    def _vectors(self, rows: Sequence[PendingRow]) -> Vectors:
        """The vectors of the rows' texts; one text that the embedder refuses stops no other."""
        texts = list(dict.fromkeys(text for row in rows for text in row.texts))
        vectors = self._embedder.embed(texts)
        if vectors or len(rows) < 2:  # noqa: PLR2004 - nothing to take apart
            return vectors
        failures = 0
        for row in rows:
            found = self._embedder.embed(row.texts)
            vectors |= found
            failures = 0 if found else failures + 1
            if failures == _FAILURES_OF_AN_OUTAGE:
                break
        return vectors

    def _write(self, rows: Sequence[PendingRow], vectors: Vectors) -> int:
        """Store the vectors of rows that have all of theirs; returns how many that were."""
        ready = [
            (row, [text_of(text, vectors[text]) for text in row.texts])
            for row in rows
            if all(text in vectors for text in row.texts)
        ]
        fingerprint = self._embedder.fingerprint or ""

        def work(connection: Connection) -> int:
            claim_fingerprint(connection, fingerprint)
            return sum(write_late(connection, row, texts) for row, texts in ready)

        written: int = self._writer.submit(WorkJob(work)).future.result()
        return written
