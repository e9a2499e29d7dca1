"""Mending a file: what can be made anew from the values is, and no value is touched."""

from collections.abc import Iterable

from langchain_usermem.store.checks import Kind, Problem, stray_texts
from langchain_usermem.store.edits import next_number
from langchain_usermem.store.rewriting import drop_vectors
from langchain_usermem.store.schema import Connection


def mend(connection: Connection, found: Iterable[Problem]) -> None:
    """Rebuild what is damaged and can be rebuilt, in the present transaction."""
    found = list(found)
    if not found:
        return
    connection.execute("REINDEX")
    _mend_numbers(connection)
    for problem in found:
        if problem.kind is Kind.INDEXING and problem.item_id is not None:
            drop_vectors(connection, problem.item_id)
        elif problem.kind is Kind.END:
            _mend_end(connection, problem)
    connection.executemany(
        "DELETE FROM vectors WHERE id = ?", [(n,) for n in stray_texts(connection)]
    )
    _have_all_loaded_anew(connection)


def remove_damaged(connection: Connection, found: Iterable[Problem]) -> None:
    """Delete the rows whose values are damaged, in the present transaction."""
    ids = [(problem.item_id,) for problem in found if problem.kind is Kind.ROW]
    connection.executemany("DELETE FROM items WHERE id = ?", ids)


def _mend_numbers(connection: Connection) -> None:
    """Have every counter stand at or above all that was counted with it."""
    connection.executemany(
        "INSERT OR IGNORE INTO meta VALUES (?, 0)",
        [("sequence",), ("item",), ("namespace",), ("pruned",)],
    )
    for counter, most in _COUNTED:
        connection.execute(
            f"UPDATE meta SET value = max(value, coalesce(({most}), 0)) WHERE key = ?",  # noqa: S608 - constants only
            (counter,),
        )
    connection.execute(
        """UPDATE namespaces SET last_vector = max(last_vector, id << 32, coalesce(
        (SELECT max(first_vector + vector_count - 1) FROM items
        WHERE namespace_id = namespaces.id AND first_vector >> 32 = namespaces.id), 0))"""
    )


_COUNTED = (
    (
        "sequence",
        """SELECT max(s) FROM (SELECT max(sequence) s FROM items
        UNION ALL SELECT max(sequence) FROM namespaces
        UNION ALL SELECT max(sequence) FROM deletions
        UNION ALL SELECT value FROM meta WHERE key = 'pruned')""",
    ),
    ("item", "SELECT max(id) FROM items"),
    ("namespace", "SELECT max(id) FROM namespaces"),
)


def _mend_end(connection: Connection, problem: Problem) -> None:
    """Have a row live from its last change on."""
    connection.execute(
        """UPDATE items SET expires_at = updated_at + CAST(round(ttl * 60000000) AS INTEGER)
        WHERE id = ?""",
        (problem.item_id,),
    )


def _have_all_loaded_anew(connection: Connection) -> None:
    """Have every process load its indexes again, whatever it knew."""
    sequence = next_number(connection, "sequence")
    connection.execute("DELETE FROM deletions")
    connection.execute("UPDATE namespaces SET sequence = ?", (sequence,))
    connection.execute("UPDATE meta SET value = ? WHERE key = 'pruned'", (sequence,))
