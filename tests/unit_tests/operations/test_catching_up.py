"""The inbox: turns wait durably, are extracted later, together and once."""

import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from langgraph.store.base import BaseStore, Op, PutOp, SearchItem, SearchOp
from langgraph.store.memory import InMemoryStore

from langchain_usermem.errors import InvalidUserError, TurnNotFoundError
from langchain_usermem.extraction import Extraction, RuleExtractor
from langchain_usermem.graph import create_memory_graph
from langchain_usermem.inbox import keep
from langchain_usermem.memory import Memory
from langchain_usermem.operations.catching_up import InboxHealth
from langchain_usermem.settings import MemorySettings
from langchain_usermem.steps import Effect, Steps, run
from langchain_usermem.store.faiss_store import FaissStore
from langchain_usermem.testing import ScriptedChatModel, candidate_item
from langchain_usermem.turns import Utterance
from langchain_usermem.user_memory import UserMemory
from langchain_usermem.whose import MemoryContext

ADA = "ada@example.com"
LEEDS = {"memories": [candidate_item("Lives in Leeds", attribute="home_city")]}
LATER = MemorySettings(writes="background", quiet_seconds=0, max_attempts=2, retry_seconds=0)
DOWN = TimeoutError("the provider is away")


def contents(memory: UserMemory, user_id: str = ADA) -> list[str]:
    """What is remembered, oldest first."""
    return [one.content for one in memory.list(user_id=user_id)]


def test_a_turn_waits_until_somebody_extracts_it(store: BaseStore) -> None:
    """Adding asks no model; flushing asks it once for all turns of a conversation."""
    model = ScriptedChatModel(structured=[LEEDS])
    memory = UserMemory(store, model, settings=LATER, worker=False)
    reports = [
        memory.add(text, user_id=ADA, thread_id="t")
        for text in ("I live in Leeds.", "It rains a lot here.", "I do not mind at all.")
    ]
    assert model.structured_prompts == []
    assert [turn.key for turn in memory.inbox()] == [key for r in reports for key in r.waiting]
    report = memory.flush()
    assert [m.content for m in report.added] == ["Lives in Leeds"]
    assert (report.waiting, memory.inbox()) == ((), [])
    assert len(model.structured_prompts) == 1


def test_a_turn_is_taken_in_once(store: BaseStore) -> None:
    """Neither while it waits nor afterwards does the same turn wait again."""
    memory = UserMemory(store, settings=LATER, worker=False)
    for _ in range(2):
        memory.add("I live in Leeds.", user_id=ADA, thread_id="t")
        assert len(memory.inbox()) == 1
    memory.flush()
    memory.add("I live in Leeds.", user_id=ADA, thread_id="t")
    assert memory.inbox() == []
    assert len(memory.history(user_id=ADA)) == 1


class Slow(RuleExtractor):
    """Rules that say when they are asked, and wait until they may answer."""

    def __init__(self) -> None:
        self.asked, self.may_answer = threading.Event(), threading.Event()
        self.calls = 0

    def steps(self, utterances: Sequence[Utterance], **keywords: Any) -> Steps[Extraction]:
        """What rules find, once it may be said."""
        self.calls += 1
        self.asked.set()
        yield from Effect(call=lambda: self.may_answer.wait(10), acall=_never)
        return (yield from super().steps(utterances, **keywords))


async def _never() -> bool:
    raise NotImplementedError


def test_a_worker_extracts_what_was_added(store: BaseStore) -> None:
    """The thread begins by itself, and flushing waits for what it has in hand."""
    extractor = Slow()
    memory = UserMemory(store, settings=LATER, extractor=extractor)
    memory.add("I live in Leeds.", user_id=ADA)
    assert extractor.asked.wait(10)
    with ThreadPoolExecutor() as pool:
        flushed = pool.submit(memory.flush)
        extractor.may_answer.set()
        assert flushed.result(10).waiting == ()
    assert contents(memory) == ["Lives in Leeds"]
    assert extractor.calls == 1
    memory.close()


def of_a_run() -> str:
    """A user that only a run can tell."""
    raise RuntimeError("called outside of a run")


@pytest.mark.parametrize("bound", ["bob", of_a_run])
def test_a_worker_extracts_whosoever_turns_wait(store: BaseStore, bound: Any) -> None:
    """A user that the memory is bound to, or a function that only a run can call, limits no one."""
    memory = UserMemory(store, settings=LATER, user_id=bound)
    memory.add("I live in Leeds.", user_id=ADA)
    deadline = time.monotonic() + 10
    while memory.inbox(user_id=ADA) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert contents(memory) == ["Lives in Leeds"]
    memory.close()


class Contended(InMemoryStore):
    """A store in which another takes a turn at the same moment, and is done a little later."""

    _looks = 0

    def batch(self, ops: Iterable[Op]) -> list[Any]:
        """The results; a turn that is taken is in another's hands."""
        listed = list(ops)
        results = super().batch(listed)
        for op in listed:
            if isinstance(op, PutOp) and op.value and op.value.get("holder"):
                super().batch([op._replace(value={**op.value, "holder": "another"})])
            if isinstance(op, SearchOp) and op.namespace_prefix[-1] == "inbox":
                self._end_after_three(cast("list[SearchItem]", results[0]))
        return results

    def _end_after_three(self, found: list[SearchItem]) -> None:
        self._looks += 1
        if self._looks > 3:
            super().batch([PutOp(item.namespace, item.key, None) for item in found])


def test_flushing_waits_for_what_was_lost_to_another() -> None:
    """A turn that somebody else takes between looking and taking is waited for, not tried."""
    memory = UserMemory(Contended(), settings=LATER, worker=False)
    memory.add("I live in Leeds.", user_id=ADA, thread_id="t")
    report = memory.flush(user_id=ADA)
    assert (report.changes, memory.inbox(user_id=ADA)) == ((), [])
    assert cast("Contended", memory.store)._looks > 3


def test_closing_ends_the_worker(tmp_path: Path) -> None:
    """No thread is left, and what waits is there for who opens the file next."""
    settings = MemorySettings(writes="background", quiet_seconds=3_600)
    with UserMemory(tmp_path / "m.db", settings=settings) as memory:
        memory.add("I live in Leeds.", user_id=ADA)
    assert not [thread for thread in threading.enumerate() if thread.name == "usermem-inbox"]
    with UserMemory(tmp_path / "m.db") as memory:
        memory.flush()
        assert contents(memory) == ["Lives in Leeds"]


def test_two_who_extract_at_once_do_no_turn_twice(tmp_path: Path) -> None:
    """Of forty conversations of ten users each is extracted by one of them."""
    path = tmp_path / "m.db"
    with FaissStore(path) as one, FaissStore(path) as other:
        memories = [UserMemory(s, settings=LATER, worker=False) for s in (one, other)]
        for number in range(40):
            text = f"I live in Leeds. My dog is called Rex{number}."
            memories[0].add(text, user_id=f"u{number % 10}", thread_id=str(number))
        with ThreadPoolExecutor() as pool:
            reports = list(pool.map(lambda memory: memory.flush(), memories))
        assert sum(len(report.changes) for report in reports) == len(
            [c for n in range(10) for c in memories[1].history(user_id=f"u{n}")]
        )
        assert memories[1].inbox() == []


def test_a_conversation_that_rests_is_ready(store: BaseStore) -> None:
    """Working off leaves what is still being talked about."""
    settings = MemorySettings(writes="background", quiet_seconds=3_600)
    memory = UserMemory(store, settings=settings, worker=False)
    memory.add("I live in Leeds.", user_id=ADA)
    assert memory.work_off().changes == ()
    ready = UserMemory(store, settings=LATER, worker=False)
    assert len(ready.work_off().changes) == 1


def test_working_off_ends_when_it_is_told_to(store: BaseStore) -> None:
    """Between two conversations, of one user or of several, nothing more is begun."""
    memory = UserMemory(store, settings=LATER, worker=False)
    for user, thread in (("ada", "1"), ("ada", "2"), ("bob", "3")):
        memory.add("I live in Leeds.", user_id=user, thread_id=thread)
    memory.work_off(until=lambda: len(memory.inbox()) < 3)
    assert [turn.user_id for turn in memory.inbox()] == ["ada", "bob"]


def test_the_inbox_of_one_user_can_be_worked_off(store: BaseStore) -> None:
    """What waits for others is left to wait."""
    memory = UserMemory(store, settings=LATER, worker=False)
    for user in ("ada", "bob"):
        memory.add("I live in Leeds.", user_id=user, thread_id="1")
    memory.work_off(user_id="bob")
    assert [turn.user_id for turn in memory.inbox()] == ["ada"]


def test_a_turn_that_keeps_failing_is_parked_and_can_be_tried_again(store: BaseStore) -> None:
    """Health counts it and says how it failed, without a word of what was said."""
    model = ScriptedChatModel(structured=[DOWN] * 20)
    memory = UserMemory(store, model, settings=LATER, worker=False)
    (key,) = memory.add("I live in Leeds.", user_id=ADA).waiting
    assert (memory.health().waiting, memory.health().failing) == (1, 0)
    assert memory.health(user_id="nobody") == InboxHealth()
    memory.flush()
    assert (memory.health().waiting, memory.health().failing) == (1, 1)
    memory.flush()
    health = memory.health()
    assert (health.waiting, health.parked) == (0, 1)
    assert health.last_error is not None
    assert "TimeoutError" in health.last_error
    assert "away" not in health.last_error
    model.structured = [*[DOWN] * len(model.structured_prompts), LEEDS]
    assert memory.flush().changes == ()
    assert memory.retry_turn(key).attempts == 0
    assert [m.content for m in memory.flush().added] == ["Lives in Leeds"]
    assert memory.health() == InboxHealth()


def test_a_turn_can_be_dropped(store: BaseStore) -> None:
    """It is never extracted, not even when its conversation is added again."""
    memory = UserMemory(store, settings=LATER, worker=False)
    (key,) = memory.add("I live in Leeds.", user_id=ADA, thread_id="t").waiting
    memory.drop_turn(key, user_id=ADA)
    memory.add("I live in Leeds.", user_id=ADA, thread_id="t")
    assert (memory.flush().changes, contents(memory)) == ((), [])


@pytest.mark.parametrize("name", ["retry_turn", "drop_turn"])
def test_a_turn_that_does_not_wait_is_an_error(store: BaseStore, name: str) -> None:
    """The error says where the keys are."""
    with pytest.raises(TurnNotFoundError, match=r"inbox\(\)"):
        getattr(UserMemory(store), name)("no such key")


class Poisoned(RuleExtractor):
    """Rules that one text breaks."""

    def steps(self, utterances: Sequence[Utterance], **keywords: Any) -> Steps[Extraction]:
        """What rules find, or an error that quotes the text."""
        for said in utterances:
            if "poison" in said.text:
                raise ValueError(said.text)
        return (yield from super().steps(utterances, **keywords))


def test_a_turn_that_breaks_an_extractor_is_parked(store: BaseStore) -> None:
    """Neither other conversations nor other users wait for it, and its error is shown by kind."""
    memory = UserMemory(store, settings=LATER, extractor=Poisoned(), worker=False)
    memory.add("There is poison in it.", user_id=ADA, thread_id="1")
    memory.add("I live in Leeds.", user_id=ADA, thread_id="2")
    memory.add("I live in York.", user_id="zoe")
    memory.flush()
    assert (contents(memory), contents(memory, "zoe")) == (["Lives in Leeds"], ["Lives in York"])
    memory.work_off()
    (turn,) = memory.inbox()
    assert (turn.parked, turn.attempts, turn.error) == (True, 2, "ValueError")


@pytest.mark.parametrize("agent_id", ["", "\ud800", "x" * 600])
def test_a_turn_for_an_agent_that_cannot_be_is_refused(store: BaseStore, agent_id: str) -> None:
    """At once: in the inbox nobody could extract it."""
    memory = UserMemory(store, settings=LATER, worker=False)
    with pytest.raises(InvalidUserError, match="agent_id"):
        memory.add("I live in Leeds.", user_id=ADA, agent_id=agent_id)
    assert memory.inbox() == []


def test_one_users_failing_turns_do_not_hinder_another(store: BaseStore) -> None:
    """Each user has an inbox of its own."""
    model = ScriptedChatModel(structured=[DOWN, LEEDS])
    settings = LATER.model_copy(update={"model_attempts": 1})
    memory = UserMemory(store, model, settings=settings, worker=False)
    for user in ("ada", "bob"):
        memory.add("I live in Leeds.", user_id=user)
    memory.work_off()
    assert [turn.user_id for turn in memory.inbox()] == ["ada"]
    assert contents(memory, "bob") == ["Lives in Leeds"]


async def test_awaiting_does_the_same(store: BaseStore) -> None:
    """Adding, flushing, looking and health have async twins."""
    memory = UserMemory(store, settings=LATER, worker=False)
    await memory.aadd("I live in Leeds.", user_id=ADA)
    assert (await memory.ahealth()).waiting == 1
    assert len(await memory.ainbox(user_id=ADA)) == 1
    await memory.aflush()
    assert contents(memory) == ["Lives in Leeds"]


def test_a_graph_leaves_its_turns_in_the_inbox(store: BaseStore) -> None:
    """The reply waits for no extraction; the turn waits with the question it answers."""
    model = ScriptedChatModel(replies=["And where do you live?", "I see."], structured=[LEEDS])
    memory = UserMemory(store, model, settings=LATER, worker=False)
    graph = create_memory_graph(model, memory=memory).compile()
    context = MemoryContext(user_id=ADA)
    first = graph.invoke({"messages": [("user", "Hello there!")]}, context=context)
    memory.flush()
    asked = len(model.structured_prompts)
    out = graph.invoke({"messages": [*first["messages"], ("user", "Leeds")]}, context=context)
    assert (out["candidates"], out["memory_errors"]) == ([], [])
    assert len(out["memory_report"]["waiting"]) == 1
    assert len(model.structured_prompts) == asked
    memory.flush()
    assert "And where do you live?" in str(model.structured_prompts[-1][-1].text)
    assert contents(memory) == ["Lives in Leeds"]


def test_a_run_that_brings_its_store_starts_no_thread(store: BaseStore) -> None:
    """Its turns wait for a worker with a memory of its own."""
    settings = MemorySettings(writes="background", quiet_seconds=0)
    graph = create_memory_graph(settings=settings).compile(store=store)
    graph.invoke({"messages": [("user", "I live in Leeds.")]}, context=MemoryContext(user_id=ADA))
    assert not [thread for thread in threading.enumerate() if thread.name == "usermem-inbox"]
    assert len(UserMemory(store).inbox()) == 1


def test_memories_recalled_are_known_when_the_turn_is_extracted(store: BaseStore) -> None:
    """What was stored meanwhile is shown to the extractor as known."""
    model = ScriptedChatModel()
    memory = UserMemory(store, model, settings=LATER, worker=False)
    memory.add("I live in Leeds.", user_id=ADA)
    known: Memory = memory.remember("Lives in Leeds", user_id=ADA)
    memory.flush()
    assert known.content in str(model.structured_prompts[0][-1].text)


def test_a_turn_that_is_dropped_takes_no_other_with_it(store: BaseStore) -> None:
    """What two turns held is known and undecided: each waits with its own."""
    runs = {"memories": [candidate_item("Runs ten kilometres every Sunday", quote="I run")]}
    said = (
        "On Sundays I run ten kilometres with Bob.",
        "On Sundays I swim ten kilometres with Al.",
    )
    both = [
        candidate_item(f"Sundays, {n}: ten kilometres every Sunday", quote=text)
        for n, text in enumerate(said)
    ]
    model = ScriptedChatModel(structured=[runs, {"memories": both}, *[DOWN] * 10])
    memory = UserMemory(store, model, settings=LATER, worker=False)
    memory.add("I run ten kilometres every Sunday.", user_id=ADA, thread_id="t")
    memory.flush()
    for text in said:
        memory.add(text, user_id=ADA, thread_id="t")
    memory.flush()
    one, other = memory.inbox()
    assert [len(turn.candidates or ()) for turn in (one, other)] == [1, 1]
    memory.drop_turn(one.key)
    memory.retry_turn(other.key)
    memory.with_model(ScriptedChatModel()).flush()
    memory.with_model(ScriptedChatModel()).flush()
    assert both[1]["content"] in contents(memory)
    assert both[0]["content"] not in contents(memory)


def test_a_turn_that_comes_again_when_nobody_knows_it_overwrites_nothing(store: BaseStore) -> None:
    """It is held against what became of it since, and is not taken for the work of then."""
    memory = UserMemory(store, settings=LATER, worker=False)
    (key,) = memory.add("I live in Leeds.", user_id=ADA, thread_id="t").waiting
    long_ago = datetime.now(UTC) - timedelta(days=401)
    (turn,) = memory.inbox()
    user = memory.namespace(ADA)
    run(keep(store, user, [turn.model_copy(update={"accepted_at": long_ago})]))
    (stored,) = memory.flush().added
    memory.update(stored.id, user_id=ADA, tags=["checked"])
    store.delete((*user, "turns"), key)
    assert memory.add("I live in Leeds.", user_id=ADA, thread_id="t").waiting == (key,)
    assert [change.action for change in memory.flush().changes] == ["confirm"]
    assert [one.tags for one in memory.list(user_id=ADA)] == [("checked",)]
