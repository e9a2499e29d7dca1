"""Several workers at one user's memories on Postgres; opt in by `USERMEM_POSTGRES`, an address."""

import asyncio
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from langgraph.store.base import BaseStore, PutOp

from langchain_usermem.embeddings import LocalEmbeddings
from langchain_usermem.namespaces import Namespace
from langchain_usermem.postgres import conditional_store
from langchain_usermem.revisions import Found, Plan, unhindered
from langchain_usermem.settings import MemorySettings
from langchain_usermem.steps import Steps, run
from langchain_usermem.user_memory import UserMemory

if TYPE_CHECKING:
    from langgraph.store.base import IndexConfig

ADDRESS = os.environ.get("USERMEM_POSTGRES")

pytestmark = pytest.mark.skipif(
    ADDRESS is None, reason="set USERMEM_POSTGRES to the address of a Postgres with pgvector"
)

WORKERS = 4
DOGS = [f"I have a dog called {name}." for name in ("Rex", "Biscuit", "Milo", "Luna", "Otto")]

Work = Callable[[BaseStore], object]


@pytest.fixture
def root() -> str:
    """A root of this test's own in the database."""
    with opened("connection") as store:
        store.setup()
    return f"test-{uuid4().hex}"


@contextmanager
def opened(kind: str) -> Iterator[Any]:
    """A store on a connection or on a pool of its own."""
    postgres = pytest.importorskip("langgraph.store.postgres")
    pool = {"min_size": 1, "max_size": 2} if kind == "pool" else None
    arguments = {"index": index(), "pool_config": pool}
    with postgres.PostgresStore.from_conn_string(ADDRESS, **arguments) as store:
        yield store


def index() -> "IndexConfig":
    """Vectors of the contents."""
    return {"dims": 256, "embed": LocalEmbeddings(), "fields": ["content"]}


def at_once(kind: str, work: Work) -> None:
    """Let each of the workers do this with a store of its own, all beginning together."""
    ready = threading.Barrier(WORKERS)

    def begin(_: int) -> None:
        with opened(kind) as store:
            ready.wait(30)
            work(store)

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(begin, range(WORKERS)))


async def aat_once(kind: str, work: Callable[[BaseStore], Any]) -> None:
    """The same on one event loop."""
    postgres = pytest.importorskip("langgraph.store.postgres")
    pool = {"min_size": 1, "max_size": 2} if kind == "pool" else None

    async def begin() -> None:
        arguments = {"index": index(), "pool_config": pool}
        async with postgres.AsyncPostgresStore.from_conn_string(ADDRESS, **arguments) as store:
            await work(store)

    await asyncio.gather(*(begin() for _ in range(WORKERS)))


def remembered(root: str) -> Counter[str]:
    """How often each statement about Ada is remembered."""
    with opened("connection") as store:
        memory = UserMemory(store, settings=MemorySettings(root=root))
        return Counter(one.content for one in memory.list(user_id="ada"))


EACH_ONCE = Counter(f"Has {dog.removeprefix('I have ').removesuffix('.')}" for dog in DOGS)


@pytest.mark.parametrize("kind", ["connection", "pool"])
def test_what_several_say_at_once_is_remembered_once(root: str, kind: str) -> None:
    """Four threads with a store each add the same five statements: five memories."""

    def work(store: BaseStore) -> None:
        memory = UserMemory(store, settings=MemorySettings(root=root))
        for dog in DOGS:
            memory.add(dog, user_id="ada")

    at_once(kind, work)
    assert remembered(root) == EACH_ONCE


@pytest.mark.parametrize("kind", ["connection", "pool"])
async def test_what_several_say_at_once_on_one_loop_is_remembered_once(
    root: str, kind: str
) -> None:
    """Four async stores add the same five statements: five memories."""

    async def work(store: BaseStore) -> None:
        memory = UserMemory(store, settings=MemorySettings(root=root))
        for dog in DOGS:
            await memory.aadd(dog, user_id="ada")

    await aat_once(kind, work)
    assert await asyncio.to_thread(remembered, root) == EACH_ONCE


PROCESS = """
import sys
from tests.integration_tests.test_postgres_at_once import DOGS, MemorySettings, UserMemory, opened
with opened("connection") as store:
    memory = UserMemory(store, settings=MemorySettings(root=sys.argv[1]))
    print("ready", flush=True)
    sys.stdin.readline()
    for dog in DOGS:
        memory.add(dog, user_id="ada")
"""


def test_what_several_processes_add_at_once_is_remembered_once(root: str) -> None:
    """Four processes add the same five statements: five memories."""
    command = [sys.executable, "-c", PROCESS, root]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    begun = [subprocess.Popen(command, **pipes) for _ in range(WORKERS)]  # type: ignore[call-overload] # noqa: S603 - ours
    assert [process.stdout.readline() for process in begun] == ["ready\n"] * WORKERS
    for process in begun:
        process.stdin.write("\n")
        process.stdin.flush()
    for process in begun:
        process.communicate(timeout=60)
    assert [process.returncode for process in begun] == [0] * WORKERS
    assert remembered(root) == EACH_ONCE


def counted(store: BaseStore, user: Namespace) -> Steps[int]:
    """Add one to a number that was read before."""

    def work(_: Found) -> Steps[Plan[int]]:
        yield from ()
        item = store.get((*user, "numbers"), "n")
        number = item.value["n"] + 1 if item else 1
        return Plan([PutOp((*user, "numbers"), "n", {"n": number}, index=False)], number)

    return (yield from unhindered(store, user, work))


@pytest.mark.parametrize("kind", ["connection", "pool"])
def test_no_update_is_lost(root: str, kind: str) -> None:
    """Four threads that each add one to a number five times make it twenty."""
    user = (root, "ada")
    at_once(kind, lambda store: [run(counted(store, user)) for _ in range(5)])
    with opened("connection") as store:
        assert store.get((*user, "numbers"), "n").value == {"n": 20}


@pytest.mark.parametrize("kind", ["connection", "pool"])
def test_a_write_that_was_overtaken_changes_nothing(root: str, kind: str) -> None:
    """Neither a new row nor a change is stored; with the version that there is, both are."""
    space = (root, "ada", "memories", "shared")
    with opened(kind) as store:
        store.put(space, "a", {"content": "one"})
        comparing = conditional_store(store)
        assert comparing is not None
        ops = [PutOp(space, "a", {"content": "two"}), PutOp(space, "b", {"content": "new"})]
        assert not comparing.apply_if(ops, {(space, "a"): None})
        assert (store.get(space, "a").value, store.get(space, "b")) == ({"content": "one"}, None)
        version = store.get(space, "a").updated_at
        assert comparing.apply_if(ops, {(space, "a"): version, (space, "b"): None})
        assert [one.value["content"] for one in store.search(space, query="new")] == ["new", "two"]


def test_a_store_in_pipeline_mode_compares_nothing(root: str) -> None:
    """Whoever shares its connection would write within our transaction."""
    postgres = pytest.importorskip("langgraph.store.postgres")
    with postgres.PostgresStore.from_conn_string(ADDRESS, pipeline=True) as store:
        assert conditional_store(store) is None
        UserMemory(store, settings=MemorySettings(root=root)).add(DOGS[0], user_id="ada")
    assert remembered(root) == Counter(["Has a dog called Rex"])


def test_an_async_store_is_written_from_another_thread(root: str) -> None:
    """As LangGraph's own blocking calls of it are."""
    postgres = pytest.importorskip("langgraph.store.postgres")

    async def add() -> None:
        async with postgres.AsyncPostgresStore.from_conn_string(ADDRESS, index=index()) as store:
            memory = UserMemory(store, settings=MemorySettings(root=root))
            await asyncio.to_thread(memory.add, DOGS[0], user_id="ada")

    asyncio.run(add())
    assert remembered(root) == Counter(["Has a dog called Rex"])
