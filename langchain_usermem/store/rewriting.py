"""Indexing rows anew whose values stay as they are."""

import json
from collections.abc import Sequence

from langchain_usermem.store.columns import COLUMNS, columns_of
from langchain_usermem.store.digests import row_digest
from langchain_usermem.store.edits import add_texts, next_number, remove_texts, text_records
from langchain_usermem.store.indexed_text import Text, text_of
from langchain_usermem.store.pending import PendingRow
from langchain_usermem.store.plan import texts_at
from langchain_usermem.store.schema import Connection


def write_late(connection: Connection, row: PendingRow, texts: Sequence[Text]) -> bool:
    """Give a row its vectors; returns False, and does nothing, if it was written meanwhile."""
    found = connection.execute(
        "SELECT 1 FROM items WHERE id = ? AND sequence = ?", (row.id, row.sequence)
    ).fetchone()
    if found:
        replace_texts(connection, row.id, texts)
    return bool(found)


def replace_texts(connection: Connection, item_id: int, texts: Sequence[Text]) -> None:
    """Put others in place of a row's indexed texts, under a write number of their own."""
    namespace_id, path, key, first, value, paths, *times, old_first, old_end = connection.execute(
        """SELECT i.namespace_id, n.path, i.key, n.last_vector + 1, i.value, i.paths,
        i.created_at, i.updated_at, i.ttl, i.first_vector, i.first_vector + i.vector_count
        FROM items i JOIN namespaces n ON n.id = i.namespace_id WHERE i.id = ?""",
        (item_id,),
    ).fetchone()
    marks = (*times, first, len(texts))
    digest = row_digest(path, key, value=value, paths=paths, marks=marks)
    pending = any(text.vector is None for text in texts)
    sequence = next_number(connection, "sequence")
    remove_texts(connection, [(old_first, old_end)])
    add_texts(connection, text_records((path, key, item_id), texts, first=first))
    connection.execute(
        """UPDATE items SET sequence = ?, first_vector = ?, vector_count = ?, pending = ?,
        digest = ? WHERE id = ?""",
        (sequence, first, len(texts), pending, digest, item_id),
    )
    connection.execute(
        "UPDATE namespaces SET sequence = ?, last_vector = ? WHERE id = ?",
        (sequence, first + len(texts) - 1, namespace_id),
    )


def drop_vectors(connection: Connection, item_id: int) -> None:
    """Index a row anew by what its value says; its vectors have to be made again."""
    stored, paths = connection.execute(
        "SELECT value, paths FROM items WHERE id = ?", (item_id,)
    ).fetchone()
    value = json.loads(stored)
    texts = texts_at(value, json.loads(paths or "[]"))
    replace_texts(connection, item_id, [text_of(text, None) for text in texts])
    connection.execute(_SET_COLUMNS, (*columns_of(value), item_id))


_SET_COLUMNS = f"UPDATE items SET {', '.join(f'{name} = ?' for name in COLUMNS)} WHERE id = ?"  # noqa: S608 - constants only
