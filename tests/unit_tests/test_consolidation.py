"""Consolidation: what becomes of candidates beside what is stored already."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore

from langchain_usermem.consolidation import consolidate_candidates
from langchain_usermem.draft import Scope
from langchain_usermem.extraction import Extraction
from langchain_usermem.memory import Candidate, Evidence, Memory
from langchain_usermem.namespaces import user_namespace
from langchain_usermem.recall import all_memories
from langchain_usermem.report import AddReport
from langchain_usermem.settings import MemorySettings
from langchain_usermem.steps import run
from langchain_usermem.store.faiss_store import FaissStore
from langchain_usermem.testing import ScriptedChatModel
from langchain_usermem.user_memory import UserMemory

USER = user_namespace("ada")
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
SETTINGS = MemorySettings()


@pytest.fixture(params=["faiss", "in_memory"])
def store(request: pytest.FixtureRequest) -> BaseStore:
    """A store that ranks all rows, and one that does not."""
    return FaissStore(":memory:") if request.param == "faiss" else InMemoryStore()


def consolidated(
    store: BaseStore,
    *candidates: Candidate,
    model: ScriptedChatModel | None = None,
    settings: MemorySettings = SETTINGS,
    **scope: Any,
) -> AddReport:
    """The report on candidates of one turn."""
    where = Scope(**{"user": USER, "now": NOW, "key": "turn", **scope})
    extraction = Extraction(tuple(candidates))
    return run(consolidate_candidates(store, extraction, where, settings, model=model))


def active(store: BaseStore) -> list[str]:
    """The statements in force, in order."""
    return [m.content for m in sorted(_memories(store, "memories"), key=lambda m: m.order)]


def past(store: BaseStore) -> list[tuple[str, str]]:
    """The statements out of force with their status."""
    return sorted((memory.content, memory.status) for memory in _memories(store, "past"))


def _memories(store: BaseStore, where: str) -> list[Memory]:
    return run(all_memories(store, [(*USER, where)]))


def actions(report: AddReport) -> list[str]:
    """What was done, in order."""
    return [change.action for change in report.changes]


def test_what_resembles_nothing_is_added(store: BaseStore) -> None:
    """A first statement becomes an active memory with its evidence."""
    evidence = (Evidence(quote="I live in Leeds"),)
    candidate = Candidate(content="Lives in Leeds", attribute="home_city", evidence=evidence)
    report = consolidated(store, candidate, agent_id=None, thread_id="t1")
    (memory,) = report.added
    assert actions(report) == ["add"]
    assert memory.evidence == evidence
    assert memory.thread_id == "t1"
    assert active(store) == ["Lives in Leeds"]


def test_the_same_text_confirms(store: BaseStore) -> None:
    """A statement said again, in whatever case and spacing, is kept once, with both quotes."""
    first = Candidate(content="Likes tea", confidence=0.6, evidence=(Evidence(quote="I like tea"),))
    again = Candidate(
        content="likes  TEA.", confidence=0.9, evidence=(Evidence(quote="tea, as ever"),)
    )
    consolidated(store, first)
    report = consolidated(store, again, key="later", now=NOW + timedelta(days=1))
    (memory,) = report.confirmed
    assert active(store) == ["Likes tea"]
    assert [evidence.quote for evidence in memory.evidence] == ["I like tea", "tea, as ever"]
    assert (memory.confidence, memory.created_at, memory.updated_at) == (
        0.9,
        NOW,
        NOW + timedelta(days=1),
    )


def test_a_single_valued_slot_has_one_active_memory(store: BaseStore) -> None:
    """A newer home takes the place of the older one, which stays in the past with its end."""
    consolidated(store, Candidate(content="Lives in Leeds", attribute="home_city"))
    newer = Candidate(content="Lives in York", attribute="home_city", observed_at=NOW)
    report = consolidated(store, newer, key="later")
    assert actions(report) == ["supersede"]
    assert active(store) == ["Lives in York"]
    assert past(store) == [("Lives in Leeds", "superseded")]
    assert report.added[0].supersedes == (report.superseded[0].id,)
    (old,) = _memories(store, "past")
    assert old.valid_until == NOW


def test_an_older_value_of_a_slot_does_not_replace_a_newer_one(store: BaseStore) -> None:
    """Conversations read in the wrong order do not turn time back; the older one is past."""
    consolidated(store, Candidate(content="Lives in York", attribute="home_city", observed_at=NOW))
    older = Candidate(
        content="Lives in Leeds", attribute="home_city", observed_at=NOW - timedelta(days=9)
    )
    report = consolidated(store, older, key="later")
    assert active(store) == ["Lives in York"]
    assert past(store) == [("Lives in Leeds", "superseded")]
    assert report.changes[0].reason == "older than what is known of home_city"
    (old,) = _memories(store, "past")
    assert old.valid_until == NOW


def test_slots_with_an_object_hold_one_memory_per_object(store: BaseStore) -> None:
    """A taste is replaced by its opposite and leaves other tastes alone."""
    consolidated(
        store,
        Candidate(content="Likes coffee", attribute="opinion:coffee"),
        Candidate(content="Likes tea", attribute="opinion:tea"),
    )
    opposite = Candidate(content="Dislikes coffee", attribute="opinion:coffee", corrects=True)
    consolidated(store, opposite, key="later")
    assert sorted(active(store)) == ["Dislikes coffee", "Likes tea"]


def test_slots_of_many_values_collect(store: BaseStore) -> None:
    """Allergies stand beside each other."""
    consolidated(
        store,
        Candidate(content="Is allergic to peanuts", attribute="allergy"),
        Candidate(content="Is allergic to penicillin", attribute="allergy"),
    )
    assert active(store) == ["Is allergic to peanuts", "Is allergic to penicillin"]


@pytest.mark.parametrize(
    ("what", "left"),
    [
        (Candidate(content="address", attribute="home_city", forget=True), ["Likes Leeds United"]),
        (Candidate(content="leeds united", forget=True), ["Lives in Leeds"]),
        (Candidate(content="everything", forget=True), []),
    ],
)
def test_forget_takes_out_what_was_meant(
    store: BaseStore, what: Candidate, left: list[str]
) -> None:
    """By slot, by words, or all of it; what is forgotten lies in the past and can come back."""
    consolidated(
        store,
        Candidate(content="Lives in Leeds", attribute="home_city"),
        Candidate(content="Likes Leeds United"),
    )
    report = consolidated(store, what, key="later")
    assert active(store) == left
    assert {status for _, status in past(store)} == {"forgotten"}
    assert len(report.forgotten) == 2 - len(left)


def test_a_quote_shared_by_two_memories_forgets_neither_by_the_others_word(
    store: BaseStore,
) -> None:
    """Words of a quote count only where no statement has them."""
    evidence = (Evidence(quote="I live in Leeds and work as a nurse"),)
    consolidated(
        store,
        Candidate(content="Lives in Leeds", evidence=evidence),
        Candidate(content="Works as a nurse", evidence=evidence),
    )
    consolidated(store, Candidate(content="nurse", forget=True), key="later")
    assert active(store) == ["Lives in Leeds"]


def test_what_was_just_said_can_be_taken_back(store: BaseStore) -> None:
    """The memories of the turn before are forgotten, older ones stay."""
    consolidated(store, Candidate(content="Likes tea"))
    later = NOW + timedelta(minutes=1)
    said = [Candidate(content="Owns a boat"), Candidate(content="Sails on Sundays")]
    consolidated(store, *said, key="later", now=later)
    take_back = Candidate(content="what was just said", forget=True)
    consolidated(store, take_back, key="last", now=later + timedelta(minutes=1))
    assert active(store) == ["Likes tea"]


def test_what_was_just_said_is_of_this_conversation(store: BaseStore) -> None:
    """Said in one thread, it takes nothing back from another."""
    consolidated(store, Candidate(content="Likes tea"), thread_id="t1")
    take_back = Candidate(content="what was just said", forget=True)
    consolidated(store, take_back, key="last", thread_id="t2")
    assert active(store) == ["Likes tea"]


def test_a_correction_denies_what_it_names(store: BaseStore) -> None:
    """Having a dog no longer takes the place of the dog and leaves the cat alone."""
    consolidated(
        store,
        Candidate(content="Has a dog called Rex", attribute="pet"),
        Candidate(content="Has a cat called Tom", attribute="pet"),
    )
    denial = Candidate(content="No longer has a dog", attribute="pet", corrects=True)
    consolidated(store, denial, key="later")
    assert sorted(active(store)) == ["Has a cat called Tom", "No longer has a dog"]


def test_an_item_without_a_decision_is_a_failure(store: BaseStore) -> None:
    """The candidate is added, and the report says that nobody decided."""
    report = beside_known(store, deciding())
    assert [failure.error for failure in report.failed] == ["1 items were not decided on"]


def test_what_was_stored_stands_when_tidying_fails() -> None:
    """The report names what was added and what failed after it."""

    class Untidy(InMemoryStore):
        def batch(self, ops: Any) -> Any:
            ops = list(ops)
            if any(getattr(op, "namespace_prefix", ())[-1:] == ("past",) for op in ops):
                raise ConnectionError("down")
            return super().batch(ops)

    report = consolidated(Untidy(), Candidate(content="Likes tea"))
    assert [memory.content for memory in report.added] == ["Likes tea"]
    assert [(failure.stage, failure.error) for failure in report.failed] == [
        ("store", "ConnectionError")
    ]


def test_other_words_forget_the_one_memory_that_they_mean(store: BaseStore) -> None:
    """A beagle is a dog; where a neighbour's poodle is one too, nothing is forgotten."""
    dog = Candidate(content="dog", forget=True)
    consolidated(store, Candidate(content="Has a beagle called Pepper"))
    consolidated(store, Candidate(content="Neighbour Colin has a poodle"), key="poodle")
    assert not consolidated(store, dog, key="both").forgotten
    consolidated(store, Candidate(content="poodle", forget=True), key="one")
    (forgotten,) = consolidated(store, dog, key="dog").forgotten
    assert forgotten.content == "Has a beagle called Pepper"


def test_forgetting_what_is_not_there_says_so(store: BaseStore) -> None:
    """A request to forget that matches nothing is reported, not passed over."""
    report = consolidated(store, Candidate(content="address", forget=True))
    assert actions(report) == []
    assert "nothing remembered matches" in report.skipped[0].reason


def test_without_grace_forgetting_purges_at_once(store: BaseStore) -> None:
    """With no days of grace neither the past nor the history keeps the text."""
    settings = MemorySettings(forget_grace_days=0)
    consolidated(store, Candidate(content="Lives in Leeds"), settings=settings)
    report = consolidated(
        store, Candidate(content="leeds", forget=True), settings=settings, key="later"
    )
    assert len(report.forgotten) == 1
    assert past(store) == []
    assert "Leeds" not in str([item.dict() for item in store.search(USER, limit=100)])
    assert len(store.search((*USER, "audit"))) == 1


def test_what_was_forgotten_is_purged_after_its_grace(store: BaseStore) -> None:
    """A week later the next change removes every trace of the text."""
    consolidated(store, Candidate(content="Lives in Leeds"))
    consolidated(store, Candidate(content="leeds", forget=True), key="forget")
    assert past(store) == [("Lives in Leeds", "forgotten")]
    consolidated(store, Candidate(content="Likes tea"), key="later", now=NOW + timedelta(days=8))
    assert past(store) == []
    assert "Leeds" not in str([item.dict() for item in store.search(USER, limit=100)])


def test_what_expired_moves_to_the_past(store: BaseStore) -> None:
    """Context lives for its days, then the next change moves it out of the way."""
    consolidated(store, Candidate(content="Is in Paris", category="context"))
    consolidated(store, Candidate(content="Likes tea"), key="later", now=NOW + timedelta(days=8))
    assert active(store) == ["Likes tea"]
    assert past(store) == [("Is in Paris", "expired")]


@pytest.mark.parametrize(
    ("candidate", "reason"),
    [
        (Candidate(content="x", confidence=0.4), "confidence 0.4 is below 0.5"),
        (Candidate(content="x", category="gossip"), "category 'gossip' is not among the settings'"),
    ],
)
def test_what_policy_refuses_is_reported(
    store: BaseStore, candidate: Candidate, reason: str
) -> None:
    """A candidate that may not be stored is skipped with the reason."""
    report = consolidated(store, candidate)
    assert active(store) == []
    assert report.skipped[0].reason.startswith(reason)


def test_what_was_over_before_it_was_stored_belongs_to_the_past(store: BaseStore) -> None:
    """A conversation of long ago leaves what held for a while then, and can be taken back."""
    said_at = NOW - timedelta(days=30)
    trip = Candidate(content="Is in Paris", category="context", observed_at=said_at)
    report = consolidated(store, trip)
    assert (active(store), past(store)) == ([], [("Is in Paris", "expired")])
    (change,) = report.changes
    assert (change.action, change.reason) == ("add", "its time was over before it was stored")
    memory = UserMemory(store)
    (then,) = memory.list(user_id=USER[1], as_of=said_at + timedelta(days=1))
    assert then.content == "Is in Paris"
    memory.undo(change.id, user_id=USER[1])
    assert memory.list(user_id=USER[1], as_of=said_at + timedelta(days=1)) == []


def test_what_is_over_replaces_nothing(store: BaseStore) -> None:
    """What fills a slot stays, whatever an old conversation said of that week."""
    consolidated(store, Candidate(content="Lives in Leeds", attribute="home_city"))
    week = Candidate(
        content="Lives in Paris this week",
        attribute="home_city",
        category="context",
        observed_at=NOW,
        expires_at=NOW + timedelta(days=1),
    )
    consolidated(store, week, key="later", now=NOW + timedelta(days=30))
    assert active(store) == ["Lives in Leeds"]


def test_changes_of_a_turn_are_capped(store: BaseStore) -> None:
    """What goes beyond the cap is skipped and reported, never silently dropped."""
    settings = MemorySettings(max_changes=2)
    candidates = [Candidate(content=f"Owns item number {n}") for n in range(4)]
    report = consolidated(store, *candidates, settings=settings)
    assert len(report.added) == 2
    assert [skipped.reason for skipped in report.skipped] == ["beyond 2 changes a turn"] * 2


def test_candidates_of_one_turn_see_each_other(store: BaseStore) -> None:
    """A repeat within a turn confirms, and a correction within it supersedes."""
    report = consolidated(
        store,
        Candidate(content="Lives in Leeds", attribute="home_city"),
        Candidate(content="Lives in Leeds", attribute="home_city"),
        Candidate(content="Lives in York", attribute="home_city", corrects=True),
    )
    assert actions(report) == ["add", "confirm", "supersede"]
    assert active(store) == ["Lives in York"]


def test_an_agents_own_memories_lie_apart(store: BaseStore) -> None:
    """What one agent stores for itself is not among what is shared."""
    consolidated(store, Candidate(content="Prefers tea"), agent_id="barista")
    (memory,) = _memories(store, "memories")
    assert memory.agent_id == "barista"
    assert store.search((*USER, "memories", "shared")) == []


# --- with a model ------------------------------------------------------------------------


def deciding(*decisions: dict[str, Any]) -> ScriptedChatModel:
    """A model that answers one consolidation call."""
    return ScriptedChatModel(structured=[{"decisions": list(decisions)}])


KNOWN = Candidate(content="Plays chess at the club on Mondays")
NEW = Candidate(content="Plays chess at the club on Fridays")


def beside_known(store: BaseStore, model: ScriptedChatModel, new: Candidate = NEW) -> AddReport:
    """The report on a candidate beside one that resembles it."""
    consolidated(store, KNOWN)
    return consolidated(store, new, model=model, key="later")


def test_a_model_is_asked_only_where_rules_leave_it_open(store: BaseStore) -> None:
    """Neither repeats, slots nor unlike statements cost a call."""
    model = ScriptedChatModel()
    consolidated(store, KNOWN, model=model)
    consolidated(store, KNOWN, model=model)
    consolidated(store, Candidate(content="Lives in Leeds", attribute="home_city"), model=model)
    assert model.structured_prompts == []


def test_one_call_serves_all_open_candidates(store: BaseStore) -> None:
    """All ambiguous candidates of a turn go into one prompt, neighbours numbered."""
    consolidated(store, KNOWN)
    model = deciding()
    other = Candidate(content="Plays chess at the club on Tuesdays")
    once = MemorySettings(model_attempts=1)
    consolidated(store, NEW, other, model=model, key="later", settings=once)
    (prompt,) = model.structured_prompts
    text = str(prompt[1].text)
    assert text.count("ITEM ") == 2
    assert '[0] (said 2026-05-01): "Plays chess at the club on Mondays"' in text


@pytest.mark.parametrize(
    ("decision", "left"),
    [
        ({"action": "add", "memories": []}, {KNOWN.content, NEW.content}),
        ({"action": "skip", "memories": []}, {KNOWN.content}),
        ({"action": "confirm", "memories": [0]}, {KNOWN.content}),
        ({"action": "supersede", "memories": [0]}, {NEW.content}),
        (
            {"action": "update", "memories": [0], "content": "Plays chess on Mondays and Fridays"},
            {"Plays chess on Mondays and Fridays"},
        ),
    ],
)
def test_a_models_decision_is_carried_out(
    store: BaseStore, decision: dict[str, Any], left: set[str]
) -> None:
    """Each action does what it says and no more."""
    report = beside_known(store, deciding({"item": 0, "content": None, **decision}))
    assert set(active(store)) == left
    assert report.failed == ()


@pytest.mark.parametrize(
    "decision",
    [
        {"item": 0, "action": "supersede", "memories": [7], "content": None},
        {"item": 0, "action": "supersede", "memories": [], "content": None},
        {"item": 0, "action": "update", "memories": [0], "content": None},
        {"item": 0, "action": "delete", "memories": [0], "content": None},
        {"item": 0, "action": "forget", "memories": [0], "content": None},
        {"item": 0, "action": "update", "memories": [0], "content": "x" * 9_000},
        {"item": 0, "action": "update", "memories": [0], "content": "\u200b"},
        {"item": 0, "action": "update", "memories": [0], "content": "\ud800abc"},
        {"item": 9, "action": "add", "memories": [], "content": None},
        {"item": True, "action": "add", "memories": [True], "content": None},
        {},
    ],
)
def test_a_wrong_decision_changes_nothing_stored(
    store: BaseStore, decision: dict[str, Any]
) -> None:
    """It is reported, what is stored stays, and the candidate is added rather than lost."""
    report = beside_known(store, deciding(decision))
    assert set(active(store)) == {KNOWN.content, NEW.content}
    assert [failure.stage for failure in report.failed] == ["consolidate"]


@pytest.mark.parametrize("step", [TimeoutError("slow"), "no idea", {"other": 1}])
def test_a_model_that_fails_loses_nothing(store: BaseStore, step: Any) -> None:
    """Without a usable answer the candidate is added, and the failure reported."""
    report = beside_known(store, ScriptedChatModel(structured=[step]))
    assert set(active(store)) == {KNOWN.content, NEW.content}
    assert len(report.failed) == 1


def test_a_model_cannot_let_an_older_statement_replace_a_newer_one(store: BaseStore) -> None:
    """What was said first never supersedes what was said after it; it goes to the past."""
    older = NEW.model_copy(update={"observed_at": NOW - timedelta(days=9)})
    decision = {"item": 0, "action": "supersede", "memories": [0], "content": None}
    beside_known(store, deciding(decision), older)
    assert active(store) == [KNOWN.content]
    (past,) = _memories(store, "past")
    assert (past.content, past.valid_until) == (NEW.content, NOW)


def test_a_model_that_decides_on_nothing_is_asked_again(store: BaseStore) -> None:
    """A decision about what was not shown counts as none; the next answer is carried out."""
    consolidated(store, KNOWN)
    wrong = {"item": 0, "action": "supersede", "memories": [7], "content": None}
    right = {"item": 0, "action": "supersede", "memories": [0], "content": None}
    answers = [{"decisions": [wrong]}, {"decisions": []}, {"decisions": [right]}]
    model = ScriptedChatModel(structured=answers)
    report = consolidated(store, NEW, model=model, key="later")
    assert (active(store), report.failed) == ([NEW.content], ())
    assert len(model.structured_prompts) == 3


def test_what_is_said_together_is_held_against_each_other(store: BaseStore) -> None:
    """A later statement of the same turn may take the place of an earlier one."""
    first = Candidate(content="Drinks tea in the morning")
    second = Candidate(content="Drinks coffee in the morning by now")
    other = Candidate(content="Owns a boat")
    decision = {"item": 0, "action": "supersede", "memories": [0], "content": None}
    model = deciding(decision)
    report = consolidated(store, first, other, second, model=model)
    assert sorted(active(store)) == sorted([other.content, second.content])
    assert [change.action for change in report.changes] == ["add", "add", "supersede"]
    assert f'"{first.content}"' in str(model.structured_prompts[0][1].text)


def test_what_was_foreseen_and_never_came_replaces_nothing(store: BaseStore) -> None:
    """An earlier statement that only confirms a memory stands for no memory of its own."""
    consolidated(store, Candidate(content="Drinks tea in the morning"))
    again = Candidate(content="Drinks tea in the morning")
    second = Candidate(content="Drinks coffee in the morning by now")
    decision = {"item": 0, "action": "supersede", "memories": [0], "content": None}
    report = consolidated(store, again, second, model=deciding(decision), key="later")
    assert [change.action for change in report.changes] == ["confirm", "add"]
    assert len(active(store)) == 2


def test_an_update_keeps_the_memorys_id_and_history(store: BaseStore) -> None:
    """A rewritten memory is the same memory with a fuller statement."""
    decision = {"item": 0, "action": "update", "memories": [0], "content": "Plays chess"}
    report = beside_known(store, deciding(decision))
    (change,) = report.changes
    assert change.after is not None
    assert change.before[0].id == change.after.id
    assert change.before[0].content == KNOWN.content


def test_evidence_is_bounded(store: BaseStore) -> None:
    """Of many repeats the newest five quotes are kept."""
    for n in range(8):
        evidence = (Evidence(quote=f"quote {n}"),)
        consolidated(store, Candidate(content="Likes tea", evidence=evidence), key=str(n))
    (memory,) = _memories(store, "memories")
    assert _quotes(memory.evidence) == [f"quote {n}" for n in range(3, 8)]


def _quotes(evidence: Sequence[Evidence]) -> list[str]:
    return [one.quote for one in evidence]
