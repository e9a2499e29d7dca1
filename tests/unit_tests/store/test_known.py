"""What a commit finds in the file of the rows it writes."""

import asyncio
from pathlib import Path

import pytest
from langgraph.store.base import GetOp, Item, PutOp

from langchain_usermem.store import FaissStore
from langchain_usermem.store.schema import Connection


@pytest.fixture
def store(tmp_path: Path) -> FaissStore:
    """A store without vectors."""
    return FaissStore(tmp_path / "m.db", index=False)


def counter(connection: Connection, name: str) -> int:
    """A counter of the file."""
    found = connection.execute("SELECT value FROM meta WHERE key = ?", (name,)).fetchone()
    return int(found[0])


def test_an_update_of_many_rows_keeps_their_creation(store: FaissStore) -> None:
    """Of 600 rows in 6 namespaces, with a NUL in each key, an update makes no new one."""
    ops = [PutOp(("user", str(n % 6)), f"a\0{n}", {"n": n}) for n in range(600)]
    gets = [GetOp(op.namespace, op.key) for op in ops]
    store.batch(ops)
    first = [item for item in store.batch(gets) if isinstance(item, Item)]
    store.batch([op._replace(value={"n": -1}) for op in ops] + [PutOp(("user", "new"), "k", {})])
    then = [item for item in store.batch(gets) if isinstance(item, Item)]
    assert [item.created_at for item in then] == [item.created_at for item in first]
    assert {item.value["n"] for item in then} == {-1}
    assert store.health().items == 601
    with store._core._connections.reading() as connection:
        assert counter(connection, "item") == 601
        assert counter(connection, "namespace") == 7


async def test_writers_of_one_turn_share_a_commit(store: FaissStore) -> None:
    """Sixty-four puts that are awaited together are one commit under one write number."""
    await asyncio.gather(*(store.aput(("user", str(n)), "k", {"n": n}) for n in range(64)))
    with store._core._connections.reading() as connection:
        assert counter(connection, "sequence") == 1
    assert store.health().items == 64
