"""Two processes and one user: whoever decided on what is no longer so decides again.

A second `UserMemory` over a second store on the same file stands for the other process: it
shares neither locks nor caches with the first.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.runnables import Runnable, RunnableLambda
from langgraph.store.base import Op
from pydantic import Field

from langchain_usermem.settings import MemorySettings
from langchain_usermem.store.conditional import Versions
from langchain_usermem.store.faiss_store import FaissStore
from langchain_usermem.testing import ScriptedChatModel, candidate_item
from langchain_usermem.user_memory import UserMemory

ADA = "ada"
RUNS = candidate_item("Runs ten kilometres every Sunday")
JOGS = candidate_item("Runs ten kilometres on Sundays with Bob")


class Interrupted(ScriptedChatModel):
    """A model during whose n-th answer something else happens."""

    happens: Callable[[], object] = Field(exclude=True)
    at: int = 0

    def with_structured_output(self, *args: Any, **keywords: Any) -> Runnable[Any, Any]:
        """The next answer, after what happens."""
        answer = super().with_structured_output(*args, **keywords)

        def given(prompt: Any) -> Any:
            if len(self.structured_prompts) == self.at:
                self.happens()
            return answer.invoke(prompt)

        return RunnableLambda(given)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[UserMemory]:
    """The memory of another process."""
    with UserMemory(tmp_path / "m.db") as memory:
        yield memory


def during_a_decision(
    tmp_path: Path, happens: Callable[[], object], decision: dict[str, Any]
) -> UserMemory:
    """Add a statement, while something happens during the decision on it."""
    extracted = {"memories": [JOGS]}
    decided = {"decisions": [{"item": 0, "memories": [0], "content": None, **decision}]}
    model = Interrupted(happens=happens, at=1, structured=[extracted, decided, decided])
    memory = UserMemory(FaissStore(tmp_path / "m.db"), model)
    memory.add("Bob comes along on Sundays.", user_id=ADA)
    return memory


def contents(memory: UserMemory) -> list[str]:
    """What is remembered, oldest first."""
    return [one.content for one in memory.list(user_id=ADA)]


def test_what_is_deleted_during_a_decision_stays_deleted(tmp_path: Path, other: UserMemory) -> None:
    """The decision confirmed it; without it the statement is new."""
    old = other.remember(RUNS["content"], user_id=ADA)
    happens = lambda: other.delete(old.id, user_id=ADA)  # noqa: E731 - read as a value
    memory = during_a_decision(tmp_path, happens, {"action": "confirm"})
    assert contents(memory) == contents(other) == [JOGS["content"]]
    assert [change.action for change in other.history(user_id=ADA)] == ["add"]


def test_what_is_edited_during_a_decision_keeps_its_edit(tmp_path: Path, other: UserMemory) -> None:
    """The decision is made on the new words."""
    old = other.remember(RUNS["content"], user_id=ADA)
    happens = lambda: other.update(old.id, user_id=ADA, tags=["sport"])  # noqa: E731 - as above
    memory = during_a_decision(tmp_path, happens, {"action": "confirm"})
    (kept,) = memory.list(user_id=ADA)
    assert kept.tags == ("sport",)
    assert [c.action for c in other.history(user_id=ADA)] == ["add", "update", "confirm"]


def test_what_another_adds_during_a_decision_is_not_added_again(
    tmp_path: Path, other: UserMemory
) -> None:
    """The same statement by another process is confirmed, not doubled."""
    other.remember(RUNS["content"], user_id=ADA)
    happens = lambda: other.remember(JOGS["content"], user_id=ADA)  # noqa: E731 - as above
    memory = during_a_decision(tmp_path, happens, {"action": "add", "memories": []})
    assert contents(memory).count(JOGS["content"]) == 1


def test_a_turn_that_another_finishes_first_changes_nothing(
    tmp_path: Path, other: UserMemory
) -> None:
    """Where a lease was too short, the second of two who extract a turn finds it done."""
    turn = [{"role": "user", "content": "I live in Leeds.", "id": "1"}]
    item = candidate_item("Lives in Leeds", attribute="home_city", quote="I live in Leeds.")
    happens = lambda: other.flush(user_id=ADA)  # noqa: E731 - as above
    brief = MemorySettings(lease_seconds=1e-6)
    with FaissStore(tmp_path / "m.db") as store:
        model = Interrupted(happens=happens, structured=[{"memories": [item]}])
        report = UserMemory(store, model, settings=brief).add(turn, user_id=ADA)
    assert [skipped.reason for skipped in report.skipped] == ["this turn was added before"]
    assert len(other.history(user_id=ADA)) == 1


class Overtaken(FaissStore):
    """A store into which another process writes just before it does, once."""

    happens: Callable[[], object] = staticmethod(lambda: None)

    def apply_if(self, ops: Iterable[Op], versions: Versions) -> bool:
        """Whether the ops were done, after what happens."""
        happens, self.happens = self.happens, lambda: None
        happens()
        return super().apply_if(ops, versions)


def test_what_is_forgotten_at_once_is_purged_though_it_began_anew(
    tmp_path: Path, other: UserMemory
) -> None:
    """Without days of grace nothing of it is left when the call returns."""
    other.remember("Keeps bees", user_id=ADA)
    with Overtaken(tmp_path / "m.db") as store:
        store.happens = lambda: other.remember("Likes tea", user_id=ADA)
        memory = UserMemory(store, settings=MemorySettings(forget_grace_days=0))
        assert len(memory.forget("bees", user_id=ADA).forgotten) == 1
        assert "bees" not in str(store.search(memory.namespace(ADA), limit=100))
