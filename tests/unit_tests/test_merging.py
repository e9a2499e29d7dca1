"""Several memories as one: by a model's decision, undone, and asked for as of earlier days."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore

from langchain_usermem.memory import Evidence, Memory
from langchain_usermem.merging import MAX_EVIDENCE, lowest_trust, merged, union_of_evidence
from langchain_usermem.report import AddReport
from langchain_usermem.settings import MemorySettings
from langchain_usermem.store.faiss_store import FaissStore
from langchain_usermem.testing import ScriptedChatModel, candidate_item
from langchain_usermem.user_memory import UserMemory

MAY = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
FULL = "Has a brown dog called Rex who is four"


@pytest.fixture(params=["faiss", "in_memory"])
def store(request: pytest.FixtureRequest) -> BaseStore:
    """A store that ranks all rows, and one that does not."""
    return FaissStore(":memory:") if request.param == "faiss" else InMemoryStore()


AT_ONCE = MemorySettings(model_attempts=1, max_attempts=1)
"""What a model fails to decide on is new at once, instead of waiting to be tried again."""


def deciding(*decisions: dict[str, Any], found: tuple[str, ...] = ("Dog Rex is four",)) -> Any:
    """A model that extracts these statements, and decides so."""
    items = [candidate_item(content, quote="Rex is four") for content in found]
    return ScriptedChatModel(structured=[{"memories": items}, {"decisions": list(decisions)}])


def merging(*places: int, item: int = 0, content: str = FULL) -> dict[str, Any]:
    """The decision to merge a statement with what stands at these places."""
    return {"item": item, "action": "merge", "memories": list(places), "content": content}


def with_dogs(store: BaseStore, **fields: Any) -> tuple[UserMemory, list[Memory]]:
    """A memory of a dog in two statements, said a day apart."""
    memory = UserMemory(store, user_id="ada", settings=AT_ONCE)
    said = [
        {"content": "Has a dog called Rex", "tags": ["dog"], "observed_at": MAY, **fields},
        {"content": "Dog Rex is brown", "tags": ["dog", "colour"], "observed_at": MAY + DAY},
    ]
    return memory, memory.remember_many(said)


def told(memory: UserMemory, model: ScriptedChatModel) -> AddReport:
    """The report on a turn that says how old the dog is."""
    return memory.with_model(model).add("Rex is four now", observed_at=MAY + 2 * DAY)


def active(memory: UserMemory) -> list[str]:
    """The statements in force."""
    return sorted(m.content for m in memory.list())


def test_a_statement_is_merged_with_several_memories(store: BaseStore) -> None:
    """One fuller statement takes the place of all, with the evidence and the tags of all."""
    memory, dogs = with_dogs(store, trust="tool", valid_from=MAY - DAY)
    report = told(memory, deciding(merging(0, 1)))
    (whole,) = report.updated
    assert active(memory) == [FULL]
    assert (whole.tags, whole.trust, whole.valid_from) == (("dog", "colour"), "tool", MAY - DAY)
    assert [evidence.quote for evidence in whole.evidence] == ["Rex is four"]
    assert set(whole.supersedes) == {dog.id for dog in dogs}
    past = {m.id: m.status for m in memory.list(include_past=True) if m.id != whole.id}
    assert past == {dog.id: "superseded" for dog in dogs}


def test_undoing_a_merge_brings_each_memory_back(store: BaseStore) -> None:
    """The same ids stand as before, and what was made of them is past; redone, it stands."""
    memory, dogs = with_dogs(store)
    (change,) = told(memory, deciding(merging(0, 1))).changes
    undone = memory.undo(change.id)
    assert {m.id for m in memory.list()} == {dog.id for dog in dogs}
    memory.undo(undone[-1].id)
    assert len(memory.list()) == 1


def test_each_answers_for_its_own_time(store: BaseStore) -> None:
    """Before the merge the parts answer, after it the whole, never both."""
    memory, _ = with_dogs(store)
    told(memory, deciding(merging(0, 1)))

    def known(days: float) -> set[str]:
        found = memory.search("dog Rex", as_of=MAY + days * DAY, floor=0)
        return {recalled.memory.content for recalled in found}

    assert known(0.5) == {"Has a dog called Rex"}
    assert known(1.5) == {"Has a dog called Rex", "Dog Rex is brown"}
    assert known(2.5) == {FULL}


def test_a_merge_with_a_single_memory_is_an_update(store: BaseStore) -> None:
    """It keeps its id, and the other stands beside it."""
    memory, _ = with_dogs(store)
    report = told(memory, deciding(merging(1)))
    assert [change.action for change in report.changes] == ["update"]
    assert FULL in active(memory)
    assert len(active(memory)) == 2


@pytest.mark.parametrize("content", [None, "", "  ", 7, "x" * 9_000])
def test_a_merge_without_a_statement_removes_nothing(store: BaseStore, content: Any) -> None:
    """What would be replaced by nothing stays; the new statement is added, the fault reported."""
    memory, _ = with_dogs(store)
    report = told(memory, deciding(merging(0, 1, content=content)))
    assert active(memory) == ["Dog Rex is brown", "Dog Rex is four", "Has a dog called Rex"]
    (failure,) = report.failed
    assert failure.error == "a decision has an unknown action, or lacks what its action needs"


def test_memories_of_different_slots_are_not_merged(store: BaseStore) -> None:
    """A decision that would empty a slot is reported, and the statement added."""
    memory = UserMemory(store, user_id="ada", settings=AT_ONCE)
    memory.remember_many(
        [
            {"content": "Dog Rex is brown", "attribute": "pet"},
            {"content": "Likes dog Rex", "attribute": "opinion:rex"},
        ]
    )
    report = told(memory, deciding(merging(0, 1)))
    assert len(active(memory)) == 3
    assert [f.error for f in report.failed] == ["a decision merges memories of different slots"]


def test_what_was_worded_for_the_same_memory_twice_loses_nothing(store: BaseStore) -> None:
    """Two statements of a turn that each reword one memory: the second one is added instead."""
    memory, _ = with_dogs(store)
    first = merging(0, 1, content="Has a brown dog called Rex who is four")
    second = merging(0, 1, item=1, content="Has a brown dog called Rex who bites")
    model = deciding(first, second, found=("Dog Rex is four", "Dog Rex bites"))
    report = told(memory, model)
    assert [change.action for change in report.changes] == ["merge", "add"]
    assert active(memory) == ["Dog Rex bites", FULL]


def test_a_memory_said_again_still_answers_for_the_time_before() -> None:
    """Being confirmed moves when it was last said, not from when on it is known."""
    memory = UserMemory(InMemoryStore(), user_id="ada")
    memory.remember("Likes tea", observed_at=MAY)
    memory.remember("likes tea", observed_at=MAY + 9 * DAY)
    (found,) = memory.search("tea", as_of=MAY + DAY)
    assert (found.memory.observed_at, found.memory.begins) == (MAY + 9 * DAY, MAY)


def test_what_was_undone_does_not_answer_for_now() -> None:
    """An addition that was taken back ends then, and is no answer as of any later moment."""
    memory = UserMemory(InMemoryStore(), user_id="ada")
    memory.remember("Likes tea", observed_at=MAY)
    (change,) = memory.history()
    memory.undo(change.id)
    assert memory.search("tea", as_of=datetime.now(UTC)) == []


@pytest.mark.parametrize("ends", [(MAY, MAY + DAY), (MAY, None), (None, None)])
def test_a_merged_memory_lasts_as_long_as_any(ends: tuple[datetime | None, ...]) -> None:
    """Its end is the last of their ends, and none where one of them has none."""
    parts = [Memory(content="Has a dog", expires_at=end, valid_until=end) for end in ends]
    whole = merged(parts[0], parts, "Has a dog")
    assert whole.expires_at == whole.valid_until == (MAY + DAY if ends[1] and ends[0] else None)


def test_evidence_of_many_is_the_newest_each_once() -> None:
    """Of more quotes than are kept, the oldest go; a quote that two memories share stays one."""
    quotes = [Evidence(quote=str(number)) for number in range(MAX_EVIDENCE + 2)]
    assert union_of_evidence(quotes, quotes[3:]) == tuple(quotes[-MAX_EVIDENCE:])


def test_a_passing_memory_does_not_make_a_lasting_one_pass() -> None:
    """The category is the newest one's among those that last."""
    fact = Memory(content="Has a dog", observed_at=MAY)
    passing = Memory(content="Dog is ill", category="context", observed_at=MAY + DAY)
    assert merged(passing, [fact, passing], "Has a dog").category == "fact"
    assert merged(passing, [passing], "Dog is ill").category == "context"


def test_the_lowest_trust_is_a_tools() -> None:
    """A tool's word counts less than the assistant's, and that less than the user's."""
    assert lowest_trust("user", "tool", "assistant") == "tool"
    assert lowest_trust("user", "assistant") == "assistant"


def test_what_was_merged_goes_with_what_it_became(store: BaseStore) -> None:
    """Deleted or forgotten, a merged memory leaves none of its parts in the past."""
    memory, _ = with_dogs(store)
    (whole,) = told(memory, deciding(merging(0, 1))).updated
    report = memory.forget("four")
    assert {m.content for m in report.forgotten} == {
        FULL,
        "Has a dog called Rex",
        "Dog Rex is brown",
    }
    for change in reversed(memory.history()[-3:]):
        memory.undo(change.id)
    assert active(memory) == [FULL]
    memory.delete(whole.id)
    assert memory.list(include_past=True) == []
    assert "Rex" not in str([item.value for item in store.search((), limit=99)])


def test_what_was_merged_and_undone_stays(store: BaseStore) -> None:
    """Parts that stand again do not go with what they were once merged into."""
    memory, dogs = with_dogs(store)
    (change,) = told(memory, deciding(merging(0, 1))).changes
    memory.undo(change.id)
    assert change.after is not None
    memory.delete(change.after.id)
    assert {m.id for m in memory.list()} == {dog.id for dog in dogs}
