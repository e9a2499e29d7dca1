"""Writes that happen only if the rows they build on are unchanged."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol, TypeAlias, runtime_checkable

from langgraph.store.base import GetOp, Op, PutOp

from langchain_usermem.errors import InvalidOperationError
from langchain_usermem.store.edits import Write, write_all
from langchain_usermem.store.jobs import Job, Turn
from langchain_usermem.store.plan import path_of, plan_batch
from langchain_usermem.store.rows import micros_of
from langchain_usermem.store.schema import Connection
from langchain_usermem.store.signals import Namespace

Versions: TypeAlias = Mapping[tuple[Namespace, str], datetime | None]
"""The `updated_at` of the items that were read, by namespace and key; None if there was none."""

Marks: TypeAlias = Mapping[tuple[str, str], int | None]
"""The same as the file holds it: microseconds since 1970 by path and key."""


@runtime_checkable
class ConditionalStore(Protocol):
    """A store that writes a batch only if certain rows are as they were when they were read.

        item = store.get(namespace, key)
        versions = {(namespace, key): item.updated_at if item else None}
        if not store.apply_if([PutOp(namespace, key, changed(item))], versions):
            ...  # somebody was faster: read again

    A row's version is its `updated_at`, which no two writes of a row share.
    """

    def apply_if(self, ops: Iterable[Op], versions: Versions) -> bool:
        """Do all of the puts if every named item has its version still, else none of them.

        Returns whether they were done. That another writer was faster is no error, but one of
        two outcomes, and whoever asks has to read again.
        """
        ...

    async def aapply_if(self, ops: Iterable[Op], versions: Versions) -> bool:
        """The same, without blocking the event loop."""
        ...


class ConditionalJob(Job):
    """The drafts of one batch, written if some rows have their versions still."""

    def __init__(self, write: Write, marks: Marks, **waiting: Any) -> None:
        super().__init__(**waiting)
        self._write = write
        self._marks = marks

    def work(self, turn: Turn) -> bool:
        """Compare, and write within the same transaction; returns whether it was written."""
        if not _all_hold(turn.connection, self._marks, moment=turn.moment):
            return False
        write_all(turn.connection, [self._write], moment=turn.moment)
        return True


def checked_puts(ops: Iterable[Op]) -> list[Op]:
    """The operations, if all of them write.

    Raises:
        InvalidOperationError: one reads; what it found would be lost.
    """
    listed = list(ops)
    for op in listed:
        if not isinstance(op, PutOp):
            raise InvalidOperationError(
                f"apply_if takes PutOp only, got {type(op).__name__}. Read with batch()."
            )
    return listed


def marks_of(versions: Versions) -> Marks:
    """Versions as the file holds them.

    Raises:
        InvalidNamespaceError: a namespace that could not be read from.
        InvalidOperationError: a key that could not be, or a version that is no time with a zone.
    """
    plan_batch((GetOp(namespace, key) for namespace, key in versions), fields=())
    return {
        (path_of(namespace), key): _mark(key, version)
        for (namespace, key), version in versions.items()
    }


def _mark(key: str, version: object) -> int | None:
    if version is None:
        return None
    if not isinstance(version, datetime) or version.tzinfo is None:
        raise InvalidOperationError(
            f"the version of key {key!r} is {version!r}. Pass the item's updated_at, or None if "
            "there was no item."
        )
    return micros_of(version)


def _all_hold(connection: Connection, marks: Marks, *, moment: int) -> bool:
    """Whether every row was last updated at its mark; a row past its end is none."""
    return all(
        _updated_at(connection, path, key, moment) == mark for (path, key), mark in marks.items()
    )


def _updated_at(connection: Connection, path: str, key: str, moment: int) -> int | None:
    found = connection.execute(
        """SELECT i.updated_at FROM items i JOIN namespaces n ON n.id = i.namespace_id
        WHERE n.path = ? AND i.key = ? AND (i.expires_at IS NULL OR i.expires_at > ?)""",
        (path, key, moment),
    ).fetchone()
    return found[0] if found else None
