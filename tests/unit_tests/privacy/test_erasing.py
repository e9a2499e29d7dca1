"""Erasing: nothing of a user is left, whatever happens meanwhile, and nobody else is touched."""

import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from langgraph.store.base import BaseStore, PutOp

from langchain_usermem.graph import create_memory_graph
from langchain_usermem.privacy.erasing import AT_ONCE
from langchain_usermem.privacy.rows import rows_of
from langchain_usermem.settings import MemorySettings
from langchain_usermem.steps import Steps, run
from langchain_usermem.store import schema
from langchain_usermem.store.faiss_store import FaissStore
from langchain_usermem.testing import ScriptedChatModel
from langchain_usermem.user_memory import UserMemory
from langchain_usermem.whose import MemoryContext
from tests.unit_tests.privacy.conftest import ADA, BOB, DOWN, YORK, Interrupted, fill, rows
from tests.unit_tests.store.conftest import HashEmbeddings

LATER = MemorySettings(writes="background", quiet_seconds=0, retry_seconds=0)
MOVED = "I moved to York."


def test_nothing_of_the_user_is_left_and_all_of_the_others(store: BaseStore) -> None:
    """Rows of every kind go, an application's own below the user too; the receipt counts them."""
    memory = fill(store, BOB)
    others = rows(store)
    fill(store)
    store.put((*memory.namespace(ADA), "notes", "of", "mine"), "k", {"text": "seen"}, index=False)
    count = len(rows(store)) - len(others)
    done = memory.erase(user_id=ADA)
    assert rows(store) == others
    assert (done.user_id, done.total) == (ADA, count)
    kinds = {"audit", "changes", "inbox", "memories", "notes", "past", "reflection", "review"}
    assert done.rows.keys() - {"revision"} == kinds | {"turns"}


def test_an_erased_user_is_no_longer_listed() -> None:
    """Nor is one whose id begins like theirs erased with them."""
    with UserMemory(":memory:") as memory:
        memory.remember("Likes tea", user_id="ada")
        memory.remember("Likes tea", user_id="ada2")
        assert memory.erase(user_id="ada").note == "no byte of it is left in the file"
        assert memory.users() == ["ada2"]


def test_erasing_again_finds_nothing(store: BaseStore) -> None:
    """The receipt of the second time counts no rows."""
    memory = fill(store)
    assert memory.erase(user_id=ADA).total > 0
    again = memory.erase(user_id=ADA)
    assert (again.total, again.rows) == (0, {})


async def test_what_is_said_afterwards_is_remembered_anew(store: BaseStore) -> None:
    """Even the same words of the same conversation; nothing of before comes with them."""
    memory = fill(store)
    await memory.aerase(user_id=ADA)
    memory.add("I live in Leeds.", thread_id="t", user_id=ADA)
    assert [one.content for one in memory.list(user_id=ADA, include_past=True)] == [
        "Lives in Leeds"
    ]
    assert len(memory.history(user_id=ADA)) == 1


def test_no_byte_of_the_user_is_left_in_the_file(tmp_path: Path) -> None:
    """Neither words nor id are in the file or its log, though the store is open still."""
    file = tmp_path / "m.db"
    words = ["ada@example", "%2Ecom", "Leeds", "York", "bees", "chess", "parrot", "Jane", "tea"]
    with UserMemory(file) as memory:
        memory.remember("Likes the opera", user_id=BOB)
        fill(memory.store)
        assert words_in(tmp_path, words) == words
        assert memory.erase(user_id=ADA).traces == "none"
        assert words_in(tmp_path, words) == []
    assert words_in(tmp_path, [*words, "opera"]) == ["opera"]


def words_in(folder: Path, words: list[str]) -> list[str]:
    """The words that stand anywhere in the files of a folder."""
    # Not in this process: closing any descriptor of the file drops SQLite's locks on it.
    code = (
        "import pathlib, sys\n"
        "held = b''.join(p.read_bytes() for p in pathlib.Path(sys.argv[1]).iterdir()).lower()\n"
        "print(*(word for word in sys.argv[2:] if word.lower().encode() in held))"
    )
    command = [sys.executable, "-c", code, str(folder), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - ours
    return done.stdout.split()


def test_while_another_reads_the_bytes_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows are gone; the receipt says that a part of the work is deferred, and what to do."""
    monkeypatch.setattr(schema, "_BUSY_SECONDS", 0.1)
    with UserMemory(tmp_path / "m.db") as memory:
        memory.remember("Likes tea", user_id=ADA)
        reader = schema.connect(str(tmp_path / "m.db"))
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM items").fetchone()
        done = memory.erase(user_id=ADA)
        reader.close()
        assert (done.total > 0, done.traces) == (True, "deferred")
        assert "erase again" in done.note
        assert memory.erase(user_id=ADA).traces == "none"


def test_many_rows_go_in_several_batches(store: BaseStore) -> None:
    """More than are deleted together go all the same."""
    memory = UserMemory(store)
    place = (*memory.namespace(ADA), "changes")
    ops = [PutOp(place, str(n), {"n": n}, index=False) for n in range(2 * AT_ONCE + 1)]
    store.batch(ops)
    memory.remember("Likes tea", user_id=ADA)
    assert memory.erase(user_id=ADA).rows["changes"] == 2 * AT_ONCE + 2
    assert run(rows_of(store, memory.namespace(ADA))) == []


class BrokenOff(FaissStore):
    """A store that fails at its second write of several rows."""

    writes = 0

    def apply_if(self, ops: Any, versions: Any) -> bool:
        """What was asked, once."""
        self.writes += len(list(ops)) > 1
        if self.writes == 2:
            raise KeyboardInterrupt
        return super().apply_if(ops, versions)


def test_what_was_broken_off_goes_on_when_repeated() -> None:
    """Half of it is gone, and the other half the next time."""
    with BrokenOff(":memory:", index=False) as store:
        memory = UserMemory(store)
        place = (*memory.namespace(ADA), "past")
        store.batch([PutOp(place, str(n), {"n": n}) for n in range(2 * AT_ONCE)])
        with pytest.raises(KeyboardInterrupt):
            memory.erase(user_id=ADA)
        assert memory.erase(user_id=ADA).rows == {"past": AT_ONCE, "revision": 1}


def down(_: list[str]) -> None:
    """Fail as a provider that is away."""
    raise DOWN


def test_late_vectors_bring_no_row_back() -> None:
    """A row that waits for its vector is gone before the vector comes."""
    embeddings = HashEmbeddings()
    index = {"embed": embeddings, "fields": ["content"]}
    with FaissStore(":memory:", index=index) as store:
        memory = UserMemory(store)
        embeddings.fault = down
        memory.remember("Likes tea", user_id=ADA)
        assert store.health().unembedded == 1
        memory.erase(user_id=ADA)
        embeddings.fault = None
        assert store.embed_pending() == 0
        assert rows(store) == {}


Adds = Callable[[UserMemory], object]


def adds(memory: UserMemory) -> object:
    """Add a turn, extracted at once."""
    return memory.add(MOVED, user_id=ADA, thread_id="t")


def catches_up(memory: UserMemory) -> object:
    """Add a turn and extract it from the inbox."""
    waiting = UserMemory(memory.store, memory.model, settings=LATER, worker=False)
    waiting.add(MOVED, user_id=ADA, thread_id="t")
    return waiting.flush(user_id=ADA)


@pytest.mark.parametrize("work", [adds, catches_up])
@pytest.mark.parametrize("answer", [{"memories": [YORK]}, DOWN, "{"])
@pytest.mark.parametrize("known", [True, False])
def test_a_turn_that_is_extracted_meanwhile_brings_nothing_back(
    store: BaseStore, work: Adds, answer: Any, known: bool
) -> None:
    """Whether it succeeds, fails or is damaged; and of a user of whom it is the first turn too."""
    memory = UserMemory(store)
    if known:
        memory.remember("Lives in Leeds", user_id=ADA, attribute="home_city")
    happens = lambda: memory.erase(user_id=ADA)  # noqa: E731 - read as a value
    work(memory.with_model(Interrupted(happens=happens, structured=[answer])))
    assert rows(store) == {}


@pytest.mark.parametrize("work", [adds, catches_up])
def test_a_turn_that_another_process_extracts_brings_nothing_back(
    tmp_path: Path, work: Adds
) -> None:
    """A second store on the same file, which shares neither locks nor caches, is that process."""
    with UserMemory(tmp_path / "m.db") as other, UserMemory(tmp_path / "m.db") as memory:
        memory.remember("Is called Ada", user_id=ADA, category="identity")
        assert other.profile(user_id=ADA)
        happens = lambda: other.erase(user_id=ADA)  # noqa: E731 - read as a value
        work(memory.with_model(Interrupted(happens=happens, structured=[{"memories": [YORK]}])))
        assert rows(memory.store) == {}
        assert memory.profile(user_id=ADA) == other.profile(user_id=ADA) == []


def test_a_decision_that_is_made_meanwhile_brings_nothing_back(tmp_path: Path) -> None:
    """What it was decided on is gone, and so is the turn."""
    with UserMemory(tmp_path / "m.db") as other, UserMemory(tmp_path / "m.db") as memory:
        other.remember("Moved to the city of York", user_id=ADA)
        happens = lambda: other.erase(user_id=ADA)  # noqa: E731 - read as a value
        item = {**YORK, "attribute": None, "content": "Has moved to York city"}
        model = Interrupted(happens=happens, at=1, structured=[{"memories": [item]}])
        adds(memory.with_model(model))
        assert len(model.structured_prompts) > 1
        assert rows(memory.store) == {}


def test_a_sweep_that_is_made_meanwhile_brings_nothing_back(store: BaseStore) -> None:
    """What a model proposes for memories that are gone is kept nowhere."""
    memory = UserMemory(store)
    same = ("Loves hiking in the hills with his dog Rex", "Enjoys hiking in the hills with dog Rex")
    for at in (0, 1):
        memory.remember_many([*same, "Plays the oboe"], user_id=ADA)
        happens = lambda: memory.erase(user_id=ADA)  # noqa: E731 - read as a value
        model = Interrupted(happens=happens, at=at)
        memory.with_model(model).reflect(user_id=ADA, apply=True)
        assert len(model.structured_prompts) == 2
    assert rows(store) == {}


class Overtaken(FaissStore):
    """A store into which another process writes just before it does, once."""

    happens: Callable[[], object] = staticmethod(lambda: None)

    def apply_if(self, ops: Any, versions: Any) -> bool:
        """Whether the ops were done, after what happens."""
        happens, self.happens = self.happens, lambda: None
        happens()
        return super().apply_if(ops, versions)


def test_a_memory_that_is_edited_meanwhile_does_not_come_back(tmp_path: Path) -> None:
    """Whichever comes second begins anew on what the first left."""
    with UserMemory(tmp_path / "m.db") as other, Overtaken(tmp_path / "m.db") as store:
        memory = UserMemory(store)
        old = memory.remember("Lives in Leeds", user_id=ADA)
        store.happens = lambda: other.update(old.id, user_id=ADA, content="Lives in York")
        memory.erase(user_id=ADA)
        assert rows(store) == {}


def test_a_turn_that_is_dropped_while_it_fails_does_not_wait_again(store: BaseStore) -> None:
    """Nor is it extracted when its conversation is added again."""
    memory = UserMemory(store, settings=LATER, worker=False)
    (key,) = memory.add(MOVED, user_id=ADA, thread_id="t").waiting
    happens = lambda: memory.drop_turn(key, user_id=ADA)  # noqa: E731 - read as a value
    memory.with_model(Interrupted(happens=happens, structured=[DOWN] * 9)).flush()
    assert memory.inbox() == []
    assert memory.add(MOVED, user_id=ADA, thread_id="t").waiting == ()


def test_dropping_and_retrying_what_was_erased_brings_nothing_back(store: BaseStore) -> None:
    """Between looking for a turn and writing it, all of it may go."""
    for name in ("drop_turn_steps", "retry_turn_steps"):
        memory = UserMemory(store, ScriptedChatModel(), settings=LATER, worker=False)
        (key,) = memory.add(MOVED, user_id=ADA, thread_id="t").waiting
        steps = getattr(memory, name)(key, user_id=ADA)
        found = next(steps).call()
        memory.erase(user_id=ADA)
        run(going_on(steps, found))
        assert rows(store) == {}


def going_on(steps: Steps[Any], found: object) -> Steps[None]:
    """The rest of steps whose first effect gave something."""
    with suppress(StopIteration):
        while True:
            found = yield from steps.send(found)


@pytest.mark.parametrize("answer", [{"memories": [YORK]}, DOWN])
def test_a_graph_that_extracts_meanwhile_brings_nothing_back(answer: Any) -> None:
    """Its turn is in no inbox, but the count of writes that it saw is gone."""
    with UserMemory(":memory:") as memory:
        memory.remember("Lives in Leeds", user_id=ADA, attribute="home_city")
        happens = lambda: memory.erase(user_id=ADA)  # noqa: E731 - read as a value
        model = Interrupted(happens=happens, structured=[answer])
        graph = create_memory_graph(memory=memory.with_model(model)).compile()
        asked: Any = {"messages": [("user", MOVED)]}
        out = graph.invoke(asked, context=MemoryContext(user_id=ADA))
        assert rows(memory.store) == {}
        assert [one["reason"] for one in out["memory_report"]["skipped"]] == [
            "the user was erased meanwhile"
        ]
