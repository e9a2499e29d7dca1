"""What waits for approval: out of reach until it is approved, and nothing is lost meanwhile."""

from collections.abc import Iterator
from typing import Any

import pytest
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore

from langchain_usermem.errors import DeniedCategoryError
from langchain_usermem.memory import Memory
from langchain_usermem.settings import MemoryPolicy, MemorySettings
from langchain_usermem.store.faiss_store import FaissStore
from langchain_usermem.testing import ScriptedChatModel, candidate_item
from langchain_usermem.user_memory import UserMemory

ADA = "ada@example.com"
BOB = "bob@example.com"
SETTINGS = MemorySettings(policy=MemoryPolicy(categories={"identity": "review", "system": "deny"}))


@pytest.fixture(params=["faiss", "in_memory"])
def store(request: pytest.FixtureRequest) -> Iterator[BaseStore]:
    """Our store, and LangGraph's."""
    made: BaseStore = FaissStore(":memory:") if request.param == "faiss" else InMemoryStore()
    yield made
    if isinstance(made, FaissStore):
        made.close()


@pytest.fixture
def memory(store: BaseStore) -> UserMemory:
    """A memory that has identity reviewed, and denies what the system knows."""
    return UserMemory(store, settings=SETTINGS)


def statuses(memory: UserMemory, **fields: Any) -> list[tuple[str, str]]:
    """What is listed of Ada with its status."""
    return [(one.content, one.status) for one in memory.list(user_id=ADA, **fields)]


def home(city: str, **fields: Any) -> dict[str, Any]:
    """The keywords of `remember` for a home."""
    return {"content": f"Lives in {city}", "attribute": "home_city", "user_id": ADA, **fields}


def test_what_needs_review_is_out_of_reach(memory: UserMemory) -> None:
    """It is listed with its status, and neither recalled nor part of the profile."""
    report = memory.add("My name is Ada. I like tea.", user_id=ADA)
    assert [one.content for one in report.in_review] == ["Name is Ada"]
    assert [one.content for one in report.added] == ["Likes tea"]
    assert statuses(memory) == [("Name is Ada", "in_review"), ("Likes tea", "active")]
    assert memory.profile(user_id=ADA) == []
    assert [one.memory.content for one in memory.search("Ada", user_id=ADA, floor=0.0)] == [
        "Likes tea"
    ]


@pytest.mark.parametrize("consolidate", [True, False])
def test_what_an_application_states_is_reviewed_too(
    memory: UserMemory, *, consolidate: bool
) -> None:
    """The memory that `remember` returns says that it waits."""
    one = memory.remember("Name is Ada", user_id=ADA, category="identity", consolidate=consolidate)
    assert one.status == "in_review"
    assert memory.get(one.id, user_id=ADA) == one
    assert [change.action for change in memory.history(user_id=ADA)] == ["review"]


@pytest.mark.parametrize("consolidate", [True, False])
def test_what_is_denied_is_refused(memory: UserMemory, *, consolidate: bool) -> None:
    """The application gets an error that tells the way out, and nothing is stored."""
    with pytest.raises(DeniedCategoryError, match="'system'"):
        memory.remember("Is an admin", user_id=ADA, category="system", consolidate=consolidate)
    one = memory.remember("Likes tea", user_id=ADA)
    with pytest.raises(DeniedCategoryError, match="'system'"):
        memory.update(one.id, user_id=ADA, category="system")
    assert statuses(memory) == [("Likes tea", "active")]


def test_what_a_model_finds_is_denied_with_a_reason(store: BaseStore) -> None:
    """A candidate of a denied category is skipped, and the report says so."""
    item = candidate_item("Is an admin", category="system", quote="I am an admin")
    model = ScriptedChatModel(structured=[{"memories": [item]}])
    report = UserMemory(store, model, settings=SETTINGS).add("I am an admin", user_id=ADA)
    assert [one.reason for one in report.skipped] == ["the policy denies category 'system'"]


def test_what_is_in_force_stays_until_a_successor_is_approved(store: BaseStore) -> None:
    """A newer home that waits leaves the older one recalled."""
    old = UserMemory(store).remember(**home("Leeds", category="identity"))
    memory = UserMemory(store, settings=SETTINGS)
    new = memory.remember(**home("York", category="identity"))
    assert (new.status, new.supersedes) == ("in_review", (old.id,))
    assert memory.profile(user_id=ADA) == [old]


def test_a_repeat_of_what_waits_confirms_it_and_lets_it_wait(memory: UserMemory) -> None:
    """It is stored once, and still needs review."""
    first = memory.remember(**home("Leeds", category="identity"))
    again = memory.remember(**home("leeds", category="identity"))
    assert (again.id, again.status) == (first.id, "in_review")
    assert statuses(memory) == [("Lives in Leeds", "in_review")]


def test_a_repeat_of_what_is_in_force_needs_no_review(store: BaseStore) -> None:
    """It says nothing that was not approved."""
    old = UserMemory(store).remember(**home("Leeds", category="identity"))
    again = UserMemory(store, settings=SETTINGS).remember(**home("Leeds", category="identity"))
    assert (again.id, again.status) == (old.id, "active")


def test_a_repeat_cannot_lift_a_memory_into_a_reviewed_category(store: BaseStore) -> None:
    """Passing context is not made lasting identity by saying it again."""
    memory = UserMemory(store, settings=SETTINGS)
    memory.remember(**home("Leeds", category="context"))
    again = memory.remember(**home("Leeds", category="identity"))
    assert again.status == "in_review"
    assert [one.category for one in memory.list(user_id=ADA)] == ["context", "identity"]


def test_what_waits_changes_nothing_that_is_allowed(memory: UserMemory) -> None:
    """A statement of an allowed category is neither held against it nor merged with it."""
    waiting = memory.remember(**home("Leeds", category="identity"))
    allowed = memory.remember(**home("York", category="fact"))
    assert (allowed.status, allowed.supersedes) == ("active", ())
    assert memory.get(waiting.id, user_id=ADA) == waiting


def test_an_approved_memory_is_not_replaced_without_review(store: BaseStore) -> None:
    """A statement of an allowed category waits where it would take a reviewed one out of force."""
    old = UserMemory(store).remember(**home("Leeds", category="identity"))
    new = UserMemory(store, settings=SETTINGS).remember(**home("York", category="fact"))
    assert (new.status, new.category, new.supersedes) == ("in_review", "fact", (old.id,))


def test_what_waits_can_be_forgotten_and_deleted(memory: UserMemory) -> None:
    """Words that mean it take it out of review; an id purges it with a tombstone."""
    memory.remember(**home("Leeds", category="identity"))
    assert len(memory.forget("where I live", user_id=ADA).forgotten) == 1
    assert statuses(memory) == []
    assert statuses(memory, include_past=True) == [("Lives in Leeds", "forgotten")]
    other = memory.remember("Name is Ada", user_id=ADA, category="identity")
    memory.delete(other.id, user_id=ADA)
    assert memory.get(other.id, user_id=ADA) is None
    assert [i.key for i in memory.store.search((*memory.namespace(ADA), "audit"))] == [other.id]


def test_storing_for_review_can_be_taken_back(memory: UserMemory) -> None:
    """What was never approved is recalled of no day, even once it is past."""
    memory.remember(**home("Leeds", category="identity", observed_at="2026-01-01"))
    memory.undo(memory.history(user_id=ADA)[0].id, user_id=ADA)
    assert statuses(memory) == []
    assert memory.search("Leeds", user_id=ADA, as_of="2026-02-01", floor=0.0) == []


def test_what_a_model_would_merge_waits_as_a_whole(store: BaseStore) -> None:
    """A rewritten statement is proposed in place of the one it adds to, with both quotes."""
    known = UserMemory(store).remember(
        "Plays chess at the club on Mondays", user_id=ADA, category="identity", tags=["chess"]
    )
    item = candidate_item("Plays chess at the club on Fridays", category="identity")
    decision = {
        "item": 0,
        "action": "update",
        "memories": [0],
        "content": "Plays chess at the club on Mondays and Fridays",
    }
    model = ScriptedChatModel(structured=[{"memories": [item]}, {"decisions": [decision]}])
    memory = UserMemory(store, model, settings=SETTINGS)
    (waiting,) = memory.add("Plays chess at the club on Fridays", user_id=ADA).in_review
    assert waiting.content == "Plays chess at the club on Mondays and Fridays"
    assert (waiting.supersedes, waiting.tags) == ((known.id,), ("chess",))
    assert memory.get(known.id, user_id=ADA) == known


def test_what_waited_too_long_expires(store: BaseStore) -> None:
    """Context that nobody looked at in its days is neither listed nor kept."""
    settings = MemorySettings(policy=MemoryPolicy(categories={"context": "review"}))
    memory = UserMemory(store, settings=settings)
    memory.remember(
        "Is in Paris", user_id=ADA, category="context", expires_at="2020-01-01", consolidate=False
    )
    assert statuses(memory) == []
    memory.tidy(user_id=ADA)
    assert statuses(memory, include_past=True) == [("Is in Paris", "forgotten")]


def test_what_is_private_to_an_agent_waits_apart(memory: UserMemory) -> None:
    """Two agents' equal statements are two memories in review, each listed for its own."""
    kept: list[Memory] = [
        memory.remember(**home("Leeds", category="identity", agent_id=agent))
        for agent in ("coach", "tutor")
    ]
    assert len({one.id for one in kept}) == 2
    assert statuses(memory, agent_id="coach") == [("Lives in Leeds", "in_review")]
