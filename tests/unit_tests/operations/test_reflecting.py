"""`reflect`: what is merged, what is left alone, and what happens when a model fails."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from langchain_core.messages import BaseMessage
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore

from langchain_usermem.errors import InvalidQueryError
from langchain_usermem.settings import MemoryPolicy, MemorySettings
from langchain_usermem.store.faiss_store import FaissStore
from langchain_usermem.sweep import MAX_FAILURES
from langchain_usermem.testing import ScriptedChatModel, Step
from langchain_usermem.times import utc_now
from langchain_usermem.user_memory import UserMemory

MAY = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SAME = {
    "Loves hiking in the hills with his dog Rex": "Enjoys hiking in the hills with dog Rex",
    "Sister Jane works as a nurse in Leeds": "His sister Jane is a nurse working in Leeds",
    "Bought a red bicycle for the ride to work": "Has bought a red bicycle to ride to work",
}
"""Statements, and the same in other words."""


class Judge(ScriptedChatModel):
    """Merges what it was told is the same; steps of `structured` that are texts come first."""

    same: dict[str, str] = SAME

    def _next_structured(self, prompt: list[BaseMessage], name: str) -> Step:
        prepared = super()._next_structured(prompt, name)
        if prepared != {name: []} or name != "merges":
            return prepared
        return {"merges": list(self._merges(str(prompt[-1].text).splitlines()))}

    def _merges(self, lines: Sequence[str]) -> Any:
        listed = [re.sub(r"^\[\d+\] \(.*?\): \"(.*)\"$", r"\1", line) for line in lines]
        for first, second in self.same.items():
            if first in listed and second in listed:
                places = [listed.index(first), listed.index(second)]
                yield {"memories": places, "content": max(first, second, key=len)}


@pytest.fixture(params=["faiss", "in_memory"])
def store(request: pytest.FixtureRequest) -> BaseStore:
    """A store that ranks all rows, and one that does not."""
    return FaissStore(":memory:") if request.param == "faiss" else InMemoryStore()


def remembering(store: BaseStore, model: Any = None, *contents: Any) -> UserMemory:
    """A memory of one user with these statements."""
    memory = UserMemory(store, model, user_id="ada")
    memory.remember_many(contents)
    return memory


def pairs(count: int = len(SAME)) -> list[str]:
    """Statements, each beside itself in other words."""
    return [content for pair in list(SAME.items())[:count] for content in pair]


def active(memory: UserMemory) -> list[str]:
    """The statements in force."""
    return sorted(m.content for m in memory.list())


def everything(store: BaseStore) -> list[Any]:
    """All that a store holds, but for the times of writing."""
    return sorted(
        (item.namespace, item.key, str(item.value)) for item in store.search((), limit=999)
    )


def test_a_dry_run_changes_nothing_and_tells_all(store: BaseStore) -> None:
    """What it would do is in the report; what is stored is as it was."""
    memory = remembering(store, None, "Lives in Leeds", "lives in leeds.", "Has a dog")
    before = everything(store)
    report = memory.reflect()
    assert everything(store) == before
    assert (report.applied, report.examined, report.calls, report.left) == (False, 3, 0, 0)
    assert [change.action for change in report.changes] == ["merge"]
    assert [m.content for m in report.merged] == ["Lives in Leeds"]


def test_rules_merge_and_find_nothing_the_second_time(store: BaseStore) -> None:
    """One memory stands for the repeats, which are past and named; then all is done."""
    memory = remembering(store, None, "Lives in Leeds", "lives in leeds.", "Has a dog")
    shown = memory.reflect()
    report = memory.reflect(apply=True)
    (whole,) = report.merged
    assert whole.id == shown.merged[0].id
    assert active(memory) == ["Has a dog", "Lives in Leeds"]
    assert [change.action for change in memory.history(whole.id)] == ["add", "add", "merge"]
    assert len(whole.supersedes) == 2
    again = memory.reflect(apply=True)
    assert (again.changes, again.examined) == ((), 2)


def test_what_was_undone_is_not_done_again(store: BaseStore) -> None:
    """Both stand as before, and the next sweep leaves them so."""
    memory = remembering(store, Judge(), "Lives in Leeds", "lives in leeds.", *pairs(1))
    before = active(memory)
    for change in memory.reflect(apply=True).changes:
        memory.undo(change.id)
    assert active(memory) == before
    assert memory.reflect(apply=True).changes == ()
    assert active(memory) == before


def test_a_model_merges_what_says_the_same_in_other_words(store: BaseStore) -> None:
    """A call for each group; applied, it is what was shown, without another call."""
    model = Judge()
    memory = remembering(store, model, *pairs(), "Plays chess", "Collects stamps from Peru")
    shown = memory.reflect()
    assert sorted(m.content for m in shown.merged) == sorted(max(p, key=len) for p in SAME.items())
    assert len(active(memory)) == 8
    asked = len(model.structured_prompts)
    report = memory.reflect(apply=True)
    assert [c.after for c in report.changes if c.after] != []
    assert [m.content for m in report.merged] == [m.content for m in shown.merged]
    assert len(active(memory)) == 5
    # Only the profile is another one: it is of fewer memories.
    assert len(model.structured_prompts) - asked <= 1
    assert memory.reflect(apply=True).calls == 0


class FailingAt(Judge):
    """Raises at some calls, and judges at all others."""

    numbers: tuple[int, ...] = ()

    def _next_structured(self, prompt: list[BaseMessage], name: str) -> Step:
        if len(self.structured_prompts) in self.numbers:
            self.structured_prompts.append(prompt)
            raise TimeoutError("the provider is away")
        return super()._next_structured(prompt, name)


@pytest.mark.parametrize("number", range(4))
def test_a_sweep_goes_on_where_a_model_failed(store: BaseStore, number: int) -> None:
    """Whichever call fails, the next sweep ends as one without faults, and asks nothing twice."""
    whole = remembering(InMemoryStore(), Judge(), *pairs())
    calls = whole.reflect(apply=True).calls
    memory = remembering(store, FailingAt(numbers=(number,)), *pairs())
    first = memory.reflect(apply=True)
    assert [failure.error for failure in first.failed] == ["the model call failed (TimeoutError)"]
    second = memory.reflect(apply=True)
    assert (active(memory), second.failed) == (active(whole), ())
    # The call that failed, and a profile of what was merged by then.
    assert first.calls + second.calls <= calls + 2


def test_a_model_that_keeps_failing_is_left_alone(store: BaseStore) -> None:
    """Rules have done their part; the report says how many groups wait, and all come later."""
    failing = FailingAt(numbers=tuple(range(MAX_FAILURES)))
    repeats = ("Has a dog", "has a dog.")
    memory = remembering(store, failing, *pairs(), *repeats)
    report = memory.reflect(apply=True)
    assert [m.content for m in report.merged] == ["Has a dog"]
    assert (report.calls, report.left, len(report.failed)) == (MAX_FAILURES, 3, MAX_FAILURES)
    later = memory.reflect(apply=True)
    assert (len(later.merged), later.left, later.failed) == (3, 0, ())


def test_calls_are_bounded_and_the_rest_is_left(store: BaseStore) -> None:
    """A sweep of one call leaves two groups; sweeps of one call each come to the same end."""
    memory = remembering(store, Judge(), *pairs())
    report = memory.reflect(apply=True, max_calls=1)
    assert (report.calls, report.left, len(report.merged)) == (1, 2, 1)
    while memory.reflect(apply=True, max_calls=1).calls:
        pass
    assert len(active(memory)) == 3
    with pytest.raises(InvalidQueryError, match="max_calls is -1"):
        memory.reflect(max_calls=-1)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"merges": [{"memories": [0, 7], "content": "x"}]}, "that was not listed"),
        ({"merges": [{"memories": [0, True], "content": "x"}]}, "that was not listed"),
        ({"merges": [{"memories": [0, 0], "content": "x"}]}, "fewer than two"),
        ({"merges": [{"memories": [0, 1], "content": ""}]}, "has no statement"),
        ({"merges": [{"memories": [0, 1], "content": None}]}, "has no statement"),
        ({"merges": [{"memories": "0, 1", "content": "x"}]}, "fewer than two"),
        ({"merges": [{"content": "x"}]}, "fewer than two"),
        (
            {"merges": [{"memories": [0, 1], "content": "Ran five kilometres"}]},
            "leaves out a number",
        ),
        ("They are all about running.", "the answer"),
        ("", "the answer"),
        (ValueError("Ran 5 km"), "the model call failed (ValueError)"),
    ],
)
def test_a_wrong_answer_changes_nothing(store: BaseStore, answer: Any, error: str) -> None:
    """It is reported without the text of a memory, and everything stands."""
    model = ScriptedChatModel(structured=[answer])
    said = ("Ran 5 km in the park on Sunday", "Did run 5 km in the park on Sunday")
    memory = remembering(store, model, *said)
    report = memory.reflect(apply=True)
    assert (report.changes, active(memory)) == ((), sorted([said[1], said[0]]))
    assert error in report.failed[0].error
    assert "5 km" not in str(report.failed)


def test_a_memory_is_merged_once() -> None:
    """Of two merges with the same memory the first counts; the other is a fault."""
    said = [f"Ran 5 km in the park on Sunday {word}" for word in ("early", "fast", "alone")]
    merges = [{"memories": [0, 1], "content": said[0]}, {"memories": [1, 2], "content": said[1]}]
    model = ScriptedChatModel(structured=[{"merges": merges}])
    memory = remembering(InMemoryStore(), model, *said)
    report = memory.reflect()
    assert len(report.changes[0].before) == 2
    assert [failure.error for failure in report.failed] == ["a memory is in two merges"]


def test_what_is_apart_stays_apart(store: BaseStore) -> None:
    """Of other agents, past, in another life: none of it is merged, though it says the same."""
    memory = UserMemory(store, Judge(same={"Is in Rome": "is in Rome."}), user_id="ada")
    soon = utc_now() + DAY
    memory.remember_many(
        [
            {"content": "Is in Rome"},
            {"content": "is in Rome.", "agent_id": "guide"},
            {"content": "Is in Rome!", "category": "context", "expires_at": soon},
            {"content": "Is in Rome?", "valid_until": soon},
        ]
    )
    gone = memory.remember("IS IN ROME", consolidate=False)
    memory.undo(memory.history(gone.id)[-1].id)
    assert memory.reflect(apply=True).changes == ()
    assert len(active(memory)) == 4


def test_what_waits_for_review_is_left_alone(store: BaseStore) -> None:
    """It is neither merged nor listed in a profile."""
    settings = MemorySettings(policy=MemoryPolicy(categories={"system": "review"}))
    memory = UserMemory(store, user_id="ada", settings=settings)
    memory.remember("Sees error 7", category="system")
    memory.remember_many([{"content": "sees error 7.", "category": "fact"}])
    report = memory.reflect(apply=True)
    assert (report.changes, report.examined, report.profiles) == ((), 1, {"fact": "sees error 7."})
    assert len(memory.in_review()) == 1


def test_agents_have_their_own_repeats_merged(store: BaseStore) -> None:
    """Within each owner's memories, and where they lay."""
    memory = UserMemory(store, Judge(), user_id="ada")
    memory.remember_many([{"content": c, "agent_id": a} for a in ("x", "y") for c in pairs(1)])
    report = memory.reflect(apply=True)
    assert {m.agent_id for m in report.merged} == {"x", "y"}
    assert len(memory.list(agent_id="x")) == 1
    assert report.profiles == {}


def test_what_is_due_expires(store: BaseStore) -> None:
    """Shown without applying, and moved to the past with it."""
    memory = UserMemory(store, user_id="ada")
    over = {"content": "Is in Rome", "category": "context", "expires_at": MAY}
    memory.remember_many([over, "Has a dog"])
    assert [m.content for m in memory.reflect().expired] == ["Is in Rome"]
    assert memory.history()[-1].action == "add"
    assert [m.content for m in memory.reflect(apply=True).expired] == ["Is in Rome"]
    assert memory.history()[-1].action == "expire"
    assert memory.reflect(apply=True).expired == []


class Meddler(Judge):
    """Rewrites a memory while it is asked about it."""

    def _next_structured(self, prompt: list[BaseMessage], name: str) -> Step:
        if not self.structured_prompts:
            memory: UserMemory = self.metadata["memory"]  # type: ignore[index]
            first = next(m for m in memory.list() if m.content in SAME)
            memory.update(first.id, tags=["seen"])
        return super()._next_structured(prompt, name)


def test_what_changed_meanwhile_is_not_merged(store: BaseStore) -> None:
    """An update of another turn is not lost; the report says why nothing was done."""
    memory = remembering(store, None, *pairs(1))
    report = memory.with_model(Meddler(metadata={"memory": memory})).reflect(apply=True)
    assert report.changes == ()
    assert {skipped.reason for skipped in report.skipped} == {"another turn changed it meanwhile"}
    assert sorted(m.tags for m in memory.list()) == [(), ("seen",)]


def test_progress_is_told(store: BaseStore) -> None:
    """Every step once, and in the end as many as there are."""
    memory = remembering(store, Judge(), *pairs())
    told: list[tuple[int, int]] = []
    memory.reflect(progress=lambda done, steps: told.append((done, steps)))
    assert told == [(1, 1), (2, 4), (3, 4), (4, 4)]


def test_profiles_by_rules_are_what_matters_most(store: BaseStore) -> None:
    """Standing and important statements of each category, the newest first, a few of them."""
    memory = UserMemory(store, user_id="ada")
    facts = [f"Has visited town {number}" for number in range(9)]
    memory.remember_many(
        [{"content": f, "observed_at": MAY + n * DAY} for n, f in enumerate(facts)]
    )
    memory.remember("Is called Ada", category="identity")
    memory.remember("Is allergic to nuts", attribute="allergy")
    profiles = memory.reflect().profiles
    newest = "\n".join(reversed(facts[-4:]))
    assert profiles == {"fact": f"Is allergic to nuts\n{newest}", "identity": "Is called Ada"}


def test_profiles_by_a_model_are_asked_once(store: BaseStore) -> None:
    """What it says of a category that there is; kept until the memories are others."""
    answer = {
        "profiles": [{"category": "fact", "text": " Dog owner "}, {"category": "x", "text": "y"}]
    }
    memory = remembering(store, ScriptedChatModel(structured=[answer, answer]), "Has a dog")
    assert memory.reflect().profiles == {"fact": "Dog owner"}
    again = memory.reflect()
    assert (again.profiles, again.calls) == ({"fact": "Dog owner"}, 0)
    memory.remember("Plays chess")
    assert memory.reflect().calls == 1
    assert sum("profiles" in item.value for item in store.search((), limit=99)) == 1


def test_without_a_profile_of_the_models_rules_make_one(store: BaseStore) -> None:
    """A model that fails costs nothing but its words, and is asked again the next time."""
    memory = remembering(store, FailingAt(numbers=(0,)), "Has a dog")
    report = memory.reflect()
    assert (report.profiles, len(report.failed)) == ({"fact": "Has a dog"}, 1)
    assert memory.reflect().calls == 1


def test_a_deleted_memory_leaves_no_proposal(store: BaseStore) -> None:
    """What was proposed for it, and a profile with it, is gone with it."""
    memory = remembering(store, Judge(), *pairs(1))
    memory.reflect()
    assert len([item for item in store.search((), limit=99) if "merges" in item.value]) == 2
    memory.delete(memory.list()[0].id)
    assert [item for item in store.search((), limit=99) if "merges" in item.value] == []


async def test_awaited_it_is_the_same() -> None:
    """The sweep has the same outcome without blocking."""
    one = remembering(FaissStore(":memory:"), Judge(), *pairs(), "Has a dog", "has a dog.")
    other = remembering(FaissStore(":memory:"), Judge(), *pairs(), "Has a dog", "has a dog.")
    awaited, blocked = await one.areflect(apply=True), other.reflect(apply=True)
    assert [m.content for m in awaited.merged] == [m.content for m in blocked.merged]
    assert active(one) == active(other)


def test_fifty_repeats_among_five_hundred_are_found() -> None:
    """All that rules can see, all that a model is asked about, and none that is not the same."""
    places = [f"{a}{b}" for a in ("Ald", "Bex", "Cor", "Dun", "Esk") for b in ("ley", "ham", "by")]
    verbs = ("Visited", "Sold a house in", "Has an aunt in", "Studied in", "Dislikes the rain in")
    years = range(2000, 2006)
    distinct = [f"{verb} {place} in {year}" for verb in verbs for place in places for year in years]
    statements: list[Any] = list(distinct[:435])
    statements += [{"content": f"Owns {place} mug", "attribute": "mug"} for place in places]
    exact = [f"{content.upper()}." for content in distinct[:20]]
    fuller = [{"content": f"Owns {p} mug, a blue one", "attribute": "mug"} for p in places]
    reworded = {c: f"Once, in {c[-4:]}, {c[:-8].lower()}" for c in distinct[100:115]}
    memory = remembering(FaissStore(":memory:"), Judge(same=reworded), *statements, *exact, *fuller)
    memory.remember_many(list(reworded.values()))
    report = memory.reflect(apply=True, max_calls=1_000)
    assert report.examined == 500
    planted = {frozenset({c, f"{c.upper()}."}) for c in distinct[:20]}
    planted |= {frozenset({f"Owns {p} mug", f"Owns {p} mug, a blue one"}) for p in places}
    planted |= {frozenset(pair) for pair in reworded.items()}
    found = {frozenset(m.content for m in change.before) for change in report.changes}
    assert len(planted) == 50
    assert (found - planted, planted - found) == (set(), set())
    assert len(memory.list()) == 450
    assert memory.reflect(apply=True, max_calls=1_000).calls == 0
