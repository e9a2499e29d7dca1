"""What the file holds already where a commit is to write."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from typing import NamedTuple

from langchain_usermem.store.padding import padded
from langchain_usermem.store.plan import Draft
from langchain_usermem.store.schema import Connection

_Pair = tuple[str | None, str | None]


class KnownRow(NamedTuple):
    """What a write needs to know of the row it takes the place of."""

    id: int
    created_at: int
    updated_at: int
    expires_at: int | None
    first_vector: int
    end_vector: int


@dataclass(slots=True)
class Space:
    """A namespace, and the number of its last text."""

    id: int
    last_vector: int
    new: bool = False
    touched: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """Namespaces by path, and rows by path and key."""

    spaces: dict[str, Space] = field(default_factory=dict)
    rows: dict[tuple[str, str], KnownRow] = field(default_factory=dict)


def known_to(connection: Connection, drafts: Sequence[Draft]) -> Known:
    """The namespaces and rows of some drafts, as far as they exist."""
    known = Known()
    pairs: list[_Pair] = [(draft.path, draft.key) for draft in drafts]
    for part in padded(pairs, (None, None)):
        found = connection.execute(_find(len(part)), list(chain.from_iterable(part)))
        for path, key, namespace_id, last_vector, *row in found:
            if path not in known.spaces:
                known.spaces[path] = Space(namespace_id, last_vector)
            if row[0] is not None:
                known.rows[path, key] = KnownRow(*row)
    return known


@cache
def _find(size: int) -> str:
    """The statement that looks up so many pairs of a path and a key."""
    # Bound one by one, as JSON would cut a key at a NUL. CROSS JOIN keeps the order of tables.
    pairs = ", ".join(["(?, ?)"] * size)
    return f"""WITH wanted(path, key) AS (VALUES {pairs})
        SELECT w.path, w.key, n.id, n.last_vector, i.id, i.created_at, i.updated_at,
        i.expires_at, i.first_vector, i.first_vector + i.vector_count
        FROM wanted w CROSS JOIN namespaces n ON n.path = w.path
        LEFT JOIN items i ON i.namespace_id = n.id AND i.key = w.key"""  # noqa: S608 - constants
