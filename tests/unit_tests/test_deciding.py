"""What was decided at the extraction is carried out, and what it did not see is asked about."""

from datetime import UTC, datetime
from typing import Any

import pytest
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore

from langchain_usermem.decisions import decision_in
from langchain_usermem.draft import Scope
from langchain_usermem.extraction import Extraction, LLMExtractor
from langchain_usermem.memory import Candidate, Decision, Memory
from langchain_usermem.report import AddReport
from langchain_usermem.steps import run
from langchain_usermem.store.faiss_store import FaissStore
from langchain_usermem.testing import ScriptedChatModel, candidate_item
from langchain_usermem.user_memory import UserMemory

AT = datetime(2027, 5, 1, 12, tzinfo=UTC)
MONDAYS, BOAT = "Plays chess at the club on Mondays", "Owns a boat"
FRIDAYS = "Plays chess at the club on Fridays"


@pytest.fixture(params=["faiss", "in_memory"])
def store(request: pytest.FixtureRequest) -> BaseStore:
    """A store that ranks all rows, and one that does not."""
    return FaissStore(":memory:") if request.param == "faiss" else InMemoryStore()


def remembering(store: BaseStore, *answers: dict[str, Any]) -> tuple[UserMemory, ScriptedChatModel]:
    """A memory of two statements, with a model that answers so."""
    model = ScriptedChatModel(structured=answers)
    memory = UserMemory(store, model, user_id="ada")
    memory.remember_many([MONDAYS, BOAT])
    return memory, model


def extracted(content: str, action: str, *named: int, **fields: Any) -> dict[str, Any]:
    """An extractor's answer of one item."""
    item = candidate_item(content, action=action, known=list(named), **fields)
    return {"memories": [item]}


def contents(memory: UserMemory) -> set[str]:
    """What is in force."""
    return {one.content for one in memory.list()}


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        (extracted(FRIDAYS, "add"), {MONDAYS, BOAT, FRIDAYS}),
        (extracted(FRIDAYS, "confirm", 0), {MONDAYS, BOAT}),
        (extracted(FRIDAYS, "supersede", 0), {FRIDAYS, BOAT}),
        (extracted(FRIDAYS, "update", 0, whole="Plays chess twice"), {"Plays chess twice", BOAT}),
    ],
)
def test_one_call_extracts_and_decides(
    store: BaseStore, answer: dict[str, Any], left: set[str]
) -> None:
    """Where all that is near was shown, each action does what it says without a second call."""
    memory, model = remembering(store, answer)
    report = memory.add(FRIDAYS, observed_at=AT)
    assert (contents(memory), report.failed) == (left, ())
    assert len(model.structured_prompts) == 1


@pytest.mark.parametrize(
    ("answer", "action", "content", "left"),
    [
        (extracted(FRIDAYS, "confirm", 1), "add", None, {MONDAYS, BOAT, FRIDAYS}),
        (extracted(FRIDAYS, "supersede", 0, 1), "add", None, {MONDAYS, BOAT, FRIDAYS}),
        (extracted(FRIDAYS, "supersede", 0, 1), "supersede", None, {FRIDAYS}),
        (extracted(FRIDAYS, "update", 0, 1, whole="Sails"), "merge", "Plays", {"Plays"}),
    ],
)
def test_a_number_that_nothing_shows_to_be_right_is_asked_about(
    store: BaseStore, answer: dict[str, Any], action: str, content: str | None, left: set[str]
) -> None:
    """A boat is not like chess: what is said to change it is decided on with both in view."""
    named = [] if action == "add" else [0, 1]
    again = {"item": 0, "action": action, "memories": named, "content": content}
    memory, model = remembering(store, answer, {"decisions": [again]})
    report = memory.add(FRIDAYS, observed_at=AT)
    assert (contents(memory), report.failed) == (left, ())
    assert str(model.structured_prompts[1][1].text).count("[") == 2


def test_what_ends_with_the_value_of_a_slot_goes_with_it(store: BaseStore) -> None:
    """Rules replace the home, and the extractor knows what else is over with it."""
    memory, model = remembering(store)
    memory.remember("Lives in Leeds", attribute="home_city")
    flat = memory.remember("Shares a flat in Leeds with Tom")
    decided = Decision(action="supersede", targets=(flat.id,), shown=_shown(memory.list()))
    moved = Candidate(content="Lives in York", attribute="home_city", decision=decided)
    report = _conclude(memory, moved)
    assert [one.content for one in report.superseded] == ["Lives in Leeds", flat.content]
    assert contents(memory) == {MONDAYS, BOAT, "Lives in York"}
    assert model.structured_prompts == []


def test_a_number_that_was_not_shown_changes_nothing(store: BaseStore) -> None:
    """It is reported, and the candidate is decided on by a call of its own."""
    decision = {"item": 0, "action": "add", "memories": [], "content": None}
    answers = extracted(FRIDAYS, "supersede", 7), {"decisions": [decision]}
    memory, model = remembering(store, *answers)
    report = memory.add(FRIDAYS, observed_at=AT)
    assert contents(memory) == {MONDAYS, BOAT, FRIDAYS}
    assert [(one.stage, one.error) for one in report.failed] == [
        ("extract", "a decision names a memory that was not listed")
    ]
    assert len(model.structured_prompts) == 2


def test_what_is_near_and_was_not_shown_is_asked_about(store: BaseStore) -> None:
    """Only that is shown then, beside what the extractor named already."""
    end = {"item": 0, "action": "supersede", "memories": [0, 1], "content": None}
    memory, model = remembering(store, {"decisions": [end]})
    shown = [one for one in memory.list() if one.content == BOAT]
    decided = Decision(action="supersede", targets=(shown[0].id,), shown=_shown(shown))
    _conclude(memory, Candidate(content="Swapped the chess club for rowing", decision=decided))
    (prompt,) = model.structured_prompts
    assert str(prompt[1].text).count("[") == 2
    assert contents(memory) == {"Swapped the chess club for rowing"}


def test_what_says_other_words_by_now_is_not_what_was_shown(store: BaseStore) -> None:
    """A decision on a memory that was edited, forgotten or deleted since counts as none."""
    add = {"item": 0, "action": "add", "memories": [], "content": None}
    memory, model = remembering(store, {"decisions": [add]})
    (chess,) = [one for one in memory.list() if one.content == MONDAYS]
    decided = Decision(action="supersede", targets=(chess.id,), shown=_shown(memory.list()))
    memory.update(chess.id, content="Runs the chess club on Mondays")
    _conclude(memory, Candidate(content=FRIDAYS, decision=decided))
    assert contents(memory) == {"Runs the chess club on Mondays", BOAT, FRIDAYS}
    memory.delete(chess.id)
    _conclude(memory, Candidate(content="Gave up chess at the club", decision=decided))
    assert contents(memory) == {BOAT, FRIDAYS, "Gave up chess at the club"}
    assert len(model.structured_prompts) > 1


def test_what_is_shared_is_not_changed_from_an_agents_own_conversation(store: BaseStore) -> None:
    """The statement is stored as the agent's own, beside what it names."""
    memory, _ = remembering(store, extracted(FRIDAYS, "supersede", 0))
    memory.add(FRIDAYS, observed_at=AT, agent_id="coach")
    assert contents(memory) == {MONDAYS, BOAT, FRIDAYS}


def test_another_users_memory_cannot_be_named(store: BaseStore) -> None:
    """Its id, put into a candidate by whoever holds the state, changes nothing there."""
    other = UserMemory(store, user_id="bob")
    theirs = other.remember(MONDAYS)
    memory, _ = remembering(store)
    decided = Decision(action="supersede", targets=(theirs.id,), shown=_shown([theirs]))
    _conclude(memory, Candidate(content=FRIDAYS, decision=decided))
    assert contents(other) == {MONDAYS}
    assert contents(memory) == {MONDAYS, BOAT, FRIDAYS}


def test_no_secret_comes_in_by_a_fuller_statement(store: BaseStore) -> None:
    """The statement is stored, the decision that would have put a key into a memory is not."""
    whole = "Plays chess twice; the password is hunter2secret"
    add = {"item": 0, "action": "add", "memories": [], "content": None}
    answers = extracted(FRIDAYS, "update", 0, whole=whole), {"decisions": [add]}
    memory, _ = remembering(store, *answers)
    memory.add(f"{FRIDAYS}, my password is hunter2secret", observed_at=AT)
    assert contents(memory) == {MONDAYS, BOAT, FRIDAYS}


def test_an_older_statement_replaces_nothing_that_was_said_after_it(store: BaseStore) -> None:
    """Whatever the extractor says of it, it belongs to the past."""
    memory, _ = remembering(store, extracted(FRIDAYS, "supersede", 0))
    memory.add(FRIDAYS, observed_at="2020-01-01T00:00:00Z")
    assert contents(memory) == {MONDAYS, BOAT}


def test_a_reworded_candidate_is_decided_on_anew(store: BaseStore) -> None:
    """Whoever corrects it in the state of a graph is not overruled by what it said before."""
    add = {"item": 0, "action": "add", "memories": [], "content": None}
    answers = extracted(FRIDAYS, "update", 0, whole="Plays chess twice"), {"decisions": [add]}
    memory, model = remembering(store, *answers)
    extractor = LLMExtractor(model)
    (candidate,) = extractor.extract(FRIDAYS, known=memory.list()).candidates
    _conclude(memory, candidate.model_copy(update={"content": "Plays chess on Sundays"}))
    assert contents(memory) == {MONDAYS, BOAT, "Plays chess on Sundays"}


def test_a_decision_waits_with_its_candidate() -> None:
    """It is kept as JSON in a state or the inbox, and reads back."""
    decision = decision_in({"action": "supersede", "known": [0]}, [Memory(id="a", content="x")])
    candidate = Candidate(content=FRIDAYS).model_copy(update={"decision": decision})
    assert Candidate.from_value(candidate.to_value()) == candidate


def _shown(memories: list[Memory]) -> tuple[str, ...]:
    decision = decision_in({"action": "add", "known": []}, memories)
    assert isinstance(decision, Decision)
    return decision.shown


def _conclude(memory: UserMemory, candidate: Candidate) -> AddReport:
    """What becomes of one candidate."""
    scope = Scope(user=memory.namespace(), now=AT, key=candidate.content)
    return run(memory.consolidation_steps(Extraction((candidate,)), scope))
