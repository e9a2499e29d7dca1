"""Edits by hand, while somebody else works on the same user."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import BaseMessage
from langgraph.store.memory import InMemoryStore

from langchain_usermem.store.faiss_store import FaissStore
from langchain_usermem.testing import ScriptedChatModel, Step, candidate_item
from langchain_usermem.user_memory import UserMemory


class Interrupted(ScriptedChatModel):
    """Decides to update the first memory; while it does so the first time, somebody else acts."""

    meanwhile: Callable[[], Any]

    def _next_structured(self, prompt: list[BaseMessage], name: str) -> Step:
        asked = len(self.structured_prompts)
        self.structured_prompts.append(prompt)
        if name == "memories":
            return {"memories": [candidate_item("Plays chess on Mondays and wins", quote="I win")]}
        if asked == 1:
            self.meanwhile()
        content = "Plays chess at the club on Mondays, and wins"
        decision = {"item": 0, "action": "update", "memories": [0], "content": content}
        return {"decisions": [decision]}


@pytest.fixture
def stores(tmp_path: Path) -> tuple[FaissStore, FaissStore]:
    """One file, as two processes have it open."""
    return FaissStore(tmp_path / "m.db"), FaissStore(tmp_path / "m.db")


def test_an_edit_by_another_process_is_not_lost(stores: tuple[FaissStore, FaissStore]) -> None:
    """What was decided before it is decided again, on what the edit left."""
    memory, other = (UserMemory(store, user_id="ada") for store in stores)
    chess = memory.remember("Plays chess at the club on Mondays")
    model = Interrupted(meanwhile=lambda: other.update(chess.id, tags=["seen"]))
    memory.with_model(model).add("I win at chess on Mondays")
    found = memory.get(chess.id)
    assert found is not None
    assert (found.content, found.tags) == (
        "Plays chess at the club on Mondays, and wins",
        ("seen",),
    )


def test_what_another_process_deleted_does_not_come_back(
    stores: tuple[FaissStore, FaissStore],
) -> None:
    """A decision to update it finds it gone, and the new statement is added instead."""
    memory, other = (UserMemory(store, user_id="ada") for store in stores)
    chess = memory.remember("Plays chess at the club on Mondays")
    model = Interrupted(meanwhile=lambda: other.delete(chess.id))
    memory.with_model(model).add("I win at chess on Mondays")
    assert [m.content for m in memory.list()] == ["Plays chess on Mondays and wins"]
    assert memory.history(chess.id) == []


def test_what_another_process_undid_stays_undone(stores: tuple[FaissStore, FaissStore]) -> None:
    """A decision built on a replacement that was taken back is taken anew."""
    memory, other = (UserMemory(store, user_id="ada") for store in stores)
    memory.remember("Plays chess at the club on Sundays", attribute="home_city")
    memory.remember("Plays chess at the club on Mondays", attribute="home_city")
    replaced = memory.history()[-1]
    model = Interrupted(meanwhile=lambda: other.undo(replaced.id))
    report = memory.with_model(model).add("I win at chess on Mondays")
    assert [c.before[0].content for c in report.changes] == ["Plays chess at the club on Sundays"]


async def test_what_is_deleted_stays_deleted_in_a_store_that_cannot_compare() -> None:
    """Within a process an edit waits for a decision on the same user, and comes after it."""
    memory = UserMemory(InMemoryStore(), user_id="ada")
    chess = memory.remember("Plays chess at the club on Mondays")
    asked, answered = threading.Event(), threading.Event()

    def decide() -> None:
        asked.set()
        answered.wait(5)

    model = Interrupted(meanwhile=decide)
    adding = asyncio.create_task(memory.with_model(model).aadd("I win at chess on Mondays"))
    await asyncio.to_thread(asked.wait, 5)
    deleting = asyncio.create_task(memory.adelete(chess.id))
    for _ in range(100):  # time enough to delete it, if nothing made it wait
        await asyncio.sleep(0)
    answered.set()
    await asyncio.gather(adding, deleting)
    assert await memory.aget(chess.id) is None
