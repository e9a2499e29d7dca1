"""Exporting a user: all that is known of them, as records of JSON types."""

from langgraph.store.base import SearchItem

from langchain_usermem.memory import Value
from langchain_usermem.namespaces import decode_label
from langchain_usermem.operations.base import Operations
from langchain_usermem.privacy.kinds import KINDS, KINDS_BY_LABEL, Kind
from langchain_usermem.privacy.rows import rows_of
from langchain_usermem.steps import Steps, awaiting, blocking
from langchain_usermem.times import utc_now

HEADER = "header"
FORMAT = "langchain-usermem"
VERSION = 1
"""Counts the forms that exports had; an older one can be taken in, a newer one cannot."""

Record = dict[str, object]
"""A dict of JSON types, whose `kind` says what it holds."""


class Exporting(Operations):
    """`export`."""

    def export_steps(self, *, user_id: str | None = None) -> Steps[list[Record]]:
        """All that is stored about a user, as records of JSON types, a header first.

        Kinds are `memory` (of all agents and statuses), `change` (the history), `turn` (what
        waits to be extracted), `done` (keys of turns that were), `tombstone` (what was deleted,
        without its text) and `comparison` (what a sweep has compared and proposed). Each has the
        fields of its value, in a stable order. `import_records` takes them.

        Raises:
            MissingUserError: nobody said whose memory.
        """
        user = self.namespace(user_id)
        rows = yield from rows_of(self.store, user)
        header: Record = {
            "kind": HEADER,
            "format": FORMAT,
            "version": VERSION,
            "user_id": decode_label(user[1]),
            "exported_at": utc_now().isoformat(),
        }
        return [header, *(record for kind in KINDS.values() for record in _records(kind, rows))]

    export, aexport = blocking(export_steps), awaiting(export_steps)


def _records(kind: Kind[Value], rows: list[SearchItem]) -> list[Record]:
    """The rows of one kind as records."""
    own = (row for row in rows if KINDS_BY_LABEL.get(row.namespace[2]) is kind)
    return [
        {"kind": kind.name, **value.to_value()}
        for value in sorted(map(kind.read, own), key=kind.order)
    ]
