"""A user about whom there is something of every kind, and a model that is interrupted."""

from collections.abc import Callable
from typing import Any

from langchain_core.messages import BaseMessage
from langgraph.store.base import BaseStore
from pydantic import Field

from langchain_usermem.settings import MemoryPolicy, MemorySettings
from langchain_usermem.testing import ScriptedChatModel, Step, candidate_item
from langchain_usermem.user_memory import UserMemory

ADA = "ada@example.com"
BOB = "bob"
DOWN = TimeoutError("the provider is away")
YORK = candidate_item("Lives in York", attribute="home_city", quote="I moved to York.")
REVIEWED = MemorySettings(policy=MemoryPolicy(categories={"system": "review"}))


class Interrupted(ScriptedChatModel):
    """A model before whose n-th answer, counted from 0, something else happens."""

    happens: Callable[[], object] = Field(exclude=True)
    at: int = 0

    def _next_structured(self, prompt: list[BaseMessage], name: str) -> Step:
        if len(self.structured_prompts) == self.at:
            self.happens()
        return super()._next_structured(prompt, name)


def fill(store: BaseStore, user_id: str = ADA) -> UserMemory:
    """A memory with something of every kind about a user."""
    memory = UserMemory(store, settings=REVIEWED)
    user: Any = {"user_id": user_id}
    memory.add("I live in Leeds.", thread_id="t", **user)
    memory.add("I moved to York.", thread_id="t", **user)
    memory.remember("Keeps secret bees", tags=["bees"], expires_at="2999-01-01", **user)
    memory.remember("Plays chess on Fridays", agent_id="agent.1", evidence=["I play"], **user)
    memory.remember("Is on the enterprise plan", category="system", **user)
    memory.forget("bees", **user)
    gone = memory.remember("Has a parrot", **user)
    memory.delete(gone.id, **user)
    memory.remember_many(["Likes dark tea", "likes dark tea."], **user)
    memory.reflect(apply=True, **user)
    failing = memory.with_model(ScriptedChatModel(structured=[DOWN] * 9))
    assert failing.add("My sister is called Jane.", thread_id="t", **user).waiting
    return memory


def rows(store: BaseStore) -> dict[tuple[tuple[str, ...], str], dict[str, Any]]:
    """All that a store holds, by namespace and key."""
    found = store.search((), limit=9_999)
    return {(tuple(item.namespace), item.key): item.value for item in found}
