"""What no store can be faster than: a bare FAISS search with its rows, and a bare `executemany`."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import faiss
import numpy as np

from tests.benchmarks.measures import Search, percentile, resident_mb, timed, until_enough
from tests.benchmarks.subjects import BEST
from tests.benchmarks.workload import NumberedEmbeddings, Size, memory, query

NAME = "bare FAISS + SQLite"
"""As the table shows the limits."""

_SINGLE_PUTS = 50
_ENOUGH_ROWS = 100_000


def limits(size: Size, folder: Path) -> dict[str, float | None]:
    """Hot search of one user's vectors, and writing the same rows and blobs, with nothing else."""
    embeddings = NumberedEmbeddings(size)
    connection = _database(folder)
    before = resident_mb()
    bulk = _bulk(connection, embeddings, size)
    searches = _searches(_search(connection, embeddings, size), embeddings, size)
    times = [search.milliseconds for search in until_enough(searches)]
    put = [timed(lambda n=n: _put(connection, n))[0] for n in range(_SINGLE_PUTS)]  # type: ignore[misc] # mypy cannot infer the default's type
    connection.close()
    return {
        "hot_p50": percentile(times, 50),
        "hot_p95": percentile(times, 95),
        "put_p50": percentile(put, 50),
        "bulk_rows_a_second": bulk,
        "resident_mb": resident_mb() - before,
    }


def _database(folder: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(
        "CREATE TABLE items (id INTEGER PRIMARY KEY, key TEXT, value TEXT, UNIQUE (key))"
    )
    connection.execute("CREATE TABLE vectors (id INTEGER PRIMARY KEY, vector BLOB)")
    return connection


def _bulk(connection: sqlite3.Connection, embeddings: NumberedEmbeddings, size: Size) -> float:
    """Rows written a second by `executemany` in one transaction for each user."""
    spent, rows = 0.0, 0
    for user in range(size.users):
        values = [json.dumps({"text": memory(user, n).text}) for n in range(size.memories)]
        blobs = [vector.tobytes() for vector in embeddings.unit_vectors(user)[: size.memories]]
        first = user * size.memories
        items = [(first + n, f"{user}-key-{n}", value) for n, value in enumerate(values)]
        vectors = [(first + n, blob) for n, blob in enumerate(blobs)]
        start = time.perf_counter()
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO items VALUES (?, ?, ?)", items)
        connection.executemany("INSERT INTO vectors VALUES (?, ?)", vectors)
        connection.execute("COMMIT")
        spent += time.perf_counter() - start
        rows += size.memories
        if rows >= _ENOUGH_ROWS:
            break
    return rows / spent


def _search(
    connection: sqlite3.Connection, embeddings: NumberedEmbeddings, size: Size
) -> Callable[[int], list[object]]:
    """A search for one user that knows nothing but vectors and rows."""
    faiss.omp_set_num_threads(1)
    index = faiss.IndexFlatIP(size.dimensions)
    index.add(embeddings.unit_vectors(0)[: size.memories])

    def search(number: int) -> list[object]:
        vector = np.array([embeddings.embed_query(query(0, number))], dtype=np.float32)
        _, found = index.search(vector, min(BEST, size.memories))
        rows = connection.execute(
            "SELECT value FROM items WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(found[0].tolist()),),
        )
        return [json.loads(value) for (value,) in rows]

    return search


def _searches(
    search: Callable[[int], list[object]], embeddings: NumberedEmbeddings, size: Size
) -> Iterator[Search]:
    """Searches whose queries were embedded before."""
    for made in count():
        number = made % size.memories
        embeddings.embed_query(query(0, number))
        yield Search(timed(lambda n=number: search(n))[0], found=True, recall=1.0)  # type: ignore[misc] # as above


def _put(connection: sqlite3.Connection, number: int) -> None:
    connection.execute("INSERT INTO items (key, value) VALUES (?, '{}')", (f"put-{number}",))
