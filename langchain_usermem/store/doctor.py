"""Examining a store's file, and mending what can be mended."""

import os
from dataclasses import dataclass

from langchain_usermem.store.checks import Kind, Problem, problems
from langchain_usermem.store.connections import Connections, open_connections
from langchain_usermem.store.repairs import mend, remove_damaged
from langchain_usermem.store.schema import existing_file


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """How a file is.

    Attributes:
        path: the file.
        rows: how many there are.
        waiting: how many of them wait for vectors, which the next opening makes.
        problems: what is wrong with it now.
        repaired: how many problems there were that are no more.
    """

    path: str
    rows: int
    waiting: int
    problems: tuple[Problem, ...]
    repaired: int = 0

    @property
    def is_healthy(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    @property
    def damaged_rows(self) -> tuple[Problem, ...]:
        """The rows whose values are damaged: only removing or restoring them helps."""
        return tuple(problem for problem in self.problems if problem.kind is Kind.ROW)


def doctor(
    path: str | os.PathLike[str], *, repair: bool = False, remove_damaged_rows: bool = False
) -> Diagnosis:
    """Check every row, text, vector and number of a file; others may use it meanwhile.

    Args:
        path: a store's file.
        repair: make words, indexes and numbers anew from the values. Damaged vectors go, and
            the next opening with an embedder makes them again. Values are not touched.
        remove_damaged_rows: delete the rows whose values do not match their digests.

    Raises:
        StorePathError: there is no such file.
        StoreFormatError: it is no store, or too damaged to be opened.
    """
    existing_file(path)
    connections = open_connections(path)
    try:
        found = _examined(connections)
        if found.is_healthy or not (repair or remove_damaged_rows):
            return found
        _treat(connections, repair=repair, remove=remove_damaged_rows)
        return _compared(found, _examined(connections))
    finally:
        connections.close()


def _examined(connections: Connections) -> Diagnosis:
    with connections.reading() as connection:
        found = problems(connection, connections.path)
        (rows,) = connection.execute("SELECT count(*) FROM items").fetchone()
        (waiting,) = connection.execute("SELECT sum(pending) FROM items").fetchone()
    return Diagnosis(connections.path, rows, waiting or 0, tuple(found))


def _treat(connections: Connections, *, repair: bool, remove: bool) -> None:
    with connections.writing() as connection:
        # Found again in this transaction: others may have written since.
        found = problems(connection, connections.path)
        if remove:
            remove_damaged(connection, found)
        mend(connection, found if repair else [p for p in found if p.kind is Kind.ROW])


def _compared(before: Diagnosis, after: Diagnosis) -> Diagnosis:
    repaired = len(set(before.problems) - set(after.problems))
    return Diagnosis(after.path, after.rows, after.waiting, after.problems, repaired)
