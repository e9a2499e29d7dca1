"""What waits for approval: out of reach until it is approved, and nothing is lost meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from langgraph.store.base import BaseStore

from langchain_usermem.errors import DeniedCategoryError, MemoryNotFoundError, NotInReviewError
from langchain_usermem.memory import Memory
from langchain_usermem.settings import MemoryPolicy, MemorySettings
from langchain_usermem.testing import ScriptedChatModel, candidate_item
from langchain_usermem.user_memory import UserMemory

ADA = "ada@example.com"
BOB = "bob@example.com"
SETTINGS = MemorySettings(policy=MemoryPolicy(categories={"identity": "review", "system": "deny"}))


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


# --- deciding ----------------------------------------------------------------------------


def waiting(memory: UserMemory) -> list[str]:
    """What waits for approval of Ada's, oldest first."""
    return [one.content for one in memory.in_review(user_id=ADA)]


def test_what_is_approved_is_in_force(memory: UserMemory) -> None:
    """It is the same memory, recalled and standing from then on."""
    one = memory.remember("Name is Ada", user_id=ADA, category="identity")
    assert memory.in_review(user_id=ADA) == [one]
    report = memory.approve(one.id, user_id=ADA)
    (approved,) = report.approved
    assert (approved.id, approved.status, approved.created_at) == (one.id, "active", one.created_at)
    assert memory.profile(user_id=ADA) == [approved]
    assert waiting(memory) == []
    assert [change.action for change in memory.history(one.id, user_id=ADA)] == [
        "review",
        "approve",
    ]


def test_what_is_rejected_is_forgotten(memory: UserMemory) -> None:
    """It is recalled of no day, and purged when its grace is over."""
    memory = UserMemory(memory.store, settings=SETTINGS.model_copy(update={"forget_grace_days": 0}))
    one = memory.remember(**home("Leeds", category="identity", observed_at="2026-01-01"))
    report = memory.reject(one.id, user_id=ADA)
    assert [gone.id for gone in report.rejected] == [one.id]
    assert statuses(memory, include_past=True) == [("Lives in Leeds", "forgotten")]
    assert memory.search("Leeds", user_id=ADA, as_of="2026-02-01", floor=0.0) == []
    memory.tidy(user_id=ADA)
    assert "Leeds" not in str([i.dict() for i in memory.store.search(memory.namespace(ADA))])


def test_an_approved_successor_takes_the_place_of_what_was_in_force(store: BaseStore) -> None:
    """The older home is superseded then, with its end, and the lineage leads back to it."""
    old = UserMemory(store).remember(**home("Leeds", category="identity", observed_at="2026-01-01"))
    memory = UserMemory(store, settings=SETTINGS)
    new = memory.remember(**home("York", category="identity", observed_at="2026-03-01"))
    memory.approve(new.id, user_id=ADA)
    assert statuses(memory) == [("Lives in York", "active")]
    assert statuses(memory, include_past=True)[0] == ("Lives in Leeds", "superseded")
    held = memory.search("Where does she live?", user_id=ADA, as_of="2026-02-01", floor=0.0)
    assert [found.memory.content for found in held] == ["Lives in Leeds"]
    history = memory.history(new.id, user_id=ADA)
    assert [change.action for change in history] == ["add", "review", "approve"]
    assert [gone.id for gone in history[-1].before] == [new.id, old.id]


@pytest.mark.parametrize("decide", ["approve", "reject"])
def test_a_decision_can_be_taken_back(store: BaseStore, decide: str) -> None:
    """What waited waits again, and what it replaced stands again."""
    UserMemory(store).remember(**home("Leeds", category="identity"))
    memory = UserMemory(store, settings=SETTINGS)
    new = memory.remember(**home("York", category="identity"))
    before = statuses(memory)
    (change,) = getattr(memory, decide)(new.id, user_id=ADA).changes
    memory.undo(change.id, user_id=ADA)
    assert (
        statuses(memory) == before == [("Lives in Leeds", "active"), ("Lives in York", "in_review")]
    )
    assert statuses(memory, include_past=True) == before
    memory.approve(new.id, user_id=ADA)
    assert statuses(memory) == [("Lives in York", "active")]


def test_what_was_told_anew_since_outlives_an_approval(store: BaseStore) -> None:
    """A proposal worded for what a memory said before does not take the place of what it says."""
    both = "Has a dog and a cat at home"
    wording = {"item": 0, "action": "update", "memories": [0], "content": both}
    pets = {"memories": [candidate_item(both)]}
    model = ScriptedChatModel(structured=[pets, {"decisions": [wording]}])
    reviewed = MemorySettings(policy=MemoryPolicy(categories={"fact": "review"}))
    memory = UserMemory(store, model, settings=reviewed)
    dog = UserMemory(store).remember("Has a dog at home", user_id=ADA)
    (waiting,) = memory.add("I have a dog and a cat at home", user_id=ADA).in_review
    assert waiting.supersedes == (dog.id,)
    memory.update(dog.id, user_id=ADA, content="Has a dog at home called Rex")
    memory.approve(waiting.id, user_id=ADA)
    assert statuses(memory) == [("Has a dog at home called Rex", "active"), (both, "active")]


def test_of_two_that_wait_for_a_slot_the_newer_settles_it(memory: UserMemory) -> None:
    """Approving the newer takes the older out of review; of no day is it recalled."""
    older = memory.remember(**home("Leeds", category="identity"))
    newer = memory.remember(**home("York", category="identity"))
    assert waiting(memory) == ["Lives in Leeds", "Lives in York"]
    memory.approve(newer.id, user_id=ADA)
    assert waiting(memory) == []
    with pytest.raises(NotInReviewError, match="is forgotten; only one that waits"):
        memory.approve(older.id, user_id=ADA)
    assert statuses(memory) == [("Lives in York", "active")]


def test_of_two_that_wait_for_a_slot_the_older_leaves_the_newer(memory: UserMemory) -> None:
    """Approved one after the other, the newer supersedes the older."""
    older = memory.remember(**home("Leeds", category="identity"))
    newer = memory.remember(**home("York", category="identity"))
    memory.approve(older.id, user_id=ADA)
    assert waiting(memory) == ["Lives in York"]
    memory.approve(newer.id, user_id=ADA)
    assert statuses(memory, include_past=True) == [
        ("Lives in Leeds", "superseded"),
        ("Lives in York", "active"),
    ]


def test_approving_what_is_outdated_by_now_keeps_what_is_newer(memory: UserMemory) -> None:
    """It goes to the past as what held before, not in the place of what was said later."""
    older = memory.remember(**home("Leeds", category="identity", observed_at="2026-01-01"))
    memory.remember(**home("York", category="fact", observed_at="2026-03-01"))
    (approved,) = memory.approve(older.id, user_id=ADA).approved
    assert approved.status == "superseded"
    assert statuses(memory) == [("Lives in York", "active")]
    held = memory.search("Where does she live?", user_id=ADA, as_of="2026-02-01", floor=0.0)
    assert [found.memory.content for found in held] == ["Lives in Leeds"]


def test_approving_what_is_known_by_now_leaves_one_of_them(memory: UserMemory) -> None:
    """It takes the place of the memory that says the same, with the tags of both."""
    one = memory.remember("Plays chess", user_id=ADA, category="identity", tags=["games"])
    memory.remember("plays chess.", user_id=ADA, category="fact", tags=["club"])
    memory.approve(one.id, user_id=ADA)
    (left,) = memory.list(user_id=ADA)
    assert (left.id, left.status, left.tags) == (one.id, "active", ("club", "games"))


def test_what_does_not_wait_cannot_be_decided_on(memory: UserMemory) -> None:
    """An unknown id, another user's, and what is decided on already are told apart."""
    one = memory.remember("Name is Ada", user_id=ADA, category="identity")
    active = memory.remember("Likes tea", user_id=ADA)
    with pytest.raises(NotInReviewError, match="is active; only one that waits"):
        memory.reject(active.id, user_id=ADA)
    for user_id, memory_id in ((ADA, "nope"), (BOB, one.id)):
        with pytest.raises(MemoryNotFoundError, match="this user has no memory"):
            memory.approve(memory_id, user_id=user_id)
    memory.reject(one.id, user_id=ADA)
    with pytest.raises(NotInReviewError, match="is forgotten"):
        memory.approve(one.id, user_id=ADA)
    assert statuses(memory) == [("Likes tea", "active")]


def test_what_expired_or_is_denied_by_now_cannot_be_approved(store: BaseStore) -> None:
    """A life that is over, and a policy that changed, are errors of their own."""
    memory = UserMemory(store, settings=SETTINGS)
    late = memory.remember(
        "Is Ada", user_id=ADA, category="identity", expires_at="2020-01-01", consolidate=False
    )
    with pytest.raises(NotInReviewError, match="is expired"):
        memory.approve(late.id, user_id=ADA)
    one = memory.remember("Name is Ada", user_id=ADA, category="identity")
    denying = MemorySettings(policy=MemoryPolicy(categories={"identity": "deny"}))
    with pytest.raises(DeniedCategoryError, match="'identity'"):
        UserMemory(store, settings=denying).approve(one.id, user_id=ADA)
    UserMemory(store, settings=denying).reject(one.id, user_id=ADA)
    assert waiting(memory) == []


def test_what_waits_can_be_corrected_before_it_is_approved(memory: UserMemory) -> None:
    """An update leaves it in review, and what is approved is what it says then."""
    one = memory.remember("Name is Adda", user_id=ADA, category="identity")
    assert memory.update(one.id, user_id=ADA, content="Name is Ada").status == "in_review"
    memory.approve(one.id, user_id=ADA)
    assert statuses(memory) == [("Name is Ada", "active")]


async def test_the_async_doors_of_review_do_the_same(memory: UserMemory) -> None:
    """Listing, approving and rejecting can be awaited."""
    for content in ("Name is Ada", "Is a baker"):
        await memory.aremember(content, user_id=ADA, category="identity")
    first, second = await memory.ain_review(user_id=ADA)
    await memory.aapprove(first.id, user_id=ADA)
    await memory.areject(second.id, user_id=ADA)
    assert await memory.ain_review(user_id=ADA) == []
    assert statuses(memory) == [("Name is Ada", "active")]


def test_what_was_corrected_before_approval_was_never_known(memory: UserMemory) -> None:
    """As of no day is it recalled in the words that nobody approved."""
    one = memory.remember(**home("Leads", category="identity", observed_at="2026-01-01"))
    memory.update(one.id, user_id=ADA, content="Lives in Leeds")
    memory.approve(one.id, user_id=ADA)
    (held,) = memory.list(user_id=ADA, as_of="2026-02-01")
    assert held.content == "Lives in Leeds"


def test_two_who_approve_at_once_do_it_once(store: BaseStore) -> None:
    """The second is told that it does not wait any longer, and one change is in the history."""
    memory = UserMemory(store, settings=SETTINGS)
    one = memory.remember("Name is Ada", user_id=ADA, category="identity")

    def approved(_: int) -> bool:
        try:
            memory.approve(one.id, user_id=ADA)
        except NotInReviewError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(approved, range(4))) == [False, False, False, True]
    actions = [change.action for change in memory.history(user_id=ADA)]
    assert actions == ["review", "approve"]
