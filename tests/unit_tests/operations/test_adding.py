"""`add`: each turn once, and none lost while a model fails."""

from typing import Any

from langgraph.store.base import BaseStore

from langchain_usermem.inbox import WaitingTurn, waiting_turns
from langchain_usermem.namespaces import user_namespace
from langchain_usermem.settings import MemorySettings
from langchain_usermem.steps import run
from langchain_usermem.testing import ScriptedChatModel, candidate_item
from langchain_usermem.user_memory import UserMemory

ADA = "ada"
LEEDS = {"memories": [candidate_item("Lives in Leeds", attribute="home_city")]}
DOG = {"memories": [candidate_item("Has a dog called Biscuit")]}
DOWN = TimeoutError("the provider is away")


def said(*texts: str, **fields: Any) -> list[dict[str, Any]]:
    """Messages of the user, each with a reply."""
    pairs = ((text, {"role": "assistant", "content": f"I see: {text}"}) for text in texts)
    return [
        m for text, reply in pairs for m in ({"role": "user", "content": text, **fields}, reply)
    ]


def contents(memory: UserMemory) -> list[str]:
    """What is remembered, oldest first."""
    return [one.content for one in memory.list(user_id=ADA)]


def waiting(memory: UserMemory) -> list[WaitingTurn]:
    """What lies in the inbox."""
    return run(waiting_turns(memory.store, user_namespace(ADA)))


def test_a_conversation_may_be_added_again_as_it_grows(store: BaseStore) -> None:
    """Of a resent history only what is new is extracted; the rest is reported as met before."""
    memory = UserMemory(store)
    memory.add(said("I live in Leeds."), user_id=ADA, thread_id="t")
    report = memory.add(said("I live in Leeds.", "I have a dog."), user_id=ADA, thread_id="t")
    assert [m.content for m in report.added] == ["Has a dog"]
    assert [s.reason for s in report.skipped] == ["this turn was added before"]
    again = memory.add(said("I live in Leeds.", "I have a dog."), user_id=ADA, thread_id="t")
    assert again.changes == ()
    assert [s.reason for s in again.skipped] == ["2 turns were added before"]


def test_a_model_is_not_asked_about_a_turn_again(store: BaseStore) -> None:
    """Not even where nothing was found in it."""
    model = ScriptedChatModel()
    memory = UserMemory(store, model)
    for _ in range(3):
        memory.add(said("My sister visited me with her children."), user_id=ADA, thread_id="t")
    assert len(model.structured_prompts) == 1


def test_the_same_words_elsewhere_are_another_turn(store: BaseStore) -> None:
    """In another thread, at another time or by another id they are said again."""
    memory = UserMemory(store)
    memory.add("I live in Leeds.", user_id=ADA)
    places: list[dict[str, Any]] = [{}, {"thread_id": "t"}, {"observed_at": "2026-05-01"}]
    for where in places:
        report = memory.add("I live in Leeds.", user_id=ADA, **where)
        assert len(report.confirmed) == 1, where


def test_an_edited_message_is_read_again(store: BaseStore) -> None:
    """The same id with other words says something new."""
    memory = UserMemory(store)
    memory.add(said("I live in Leeds.", id="1"), user_id=ADA)
    memory.add(said("I live in York.", id="1"), user_id=ADA)
    memory.add(said("I live in York.", id="1"), user_id=ADA)
    assert contents(memory) == ["Lives in York"]
    assert len(memory.history(user_id=ADA)) == 2


def test_a_deleted_memory_does_not_come_back_with_its_conversation(store: BaseStore) -> None:
    """A thread that is replayed brings nothing back that was deleted."""
    memory = UserMemory(store)
    (added,) = memory.add(said("I live in Leeds."), user_id=ADA, thread_id="t").added
    memory.delete(added.id, user_id=ADA)
    memory.add(said("I live in Leeds."), user_id=ADA, thread_id="t")
    assert contents(memory) == []


def test_a_turn_survives_a_model_that_fails(store: BaseStore) -> None:
    """It waits with the kind of error, and is remembered by the next add, in its place."""
    model = ScriptedChatModel(structured=[DOWN] * 10)
    memory = UserMemory(store, model)
    report = memory.add(said("I live in Leeds."), user_id=ADA, thread_id="t")
    (turn,) = waiting(memory)
    assert report.waiting == (turn.key,)
    assert "TimeoutError" in str(turn.error)
    assert "away" not in str(turn.error)
    assert turn.holder is None
    model.structured = [*[DOWN] * len(model.structured_prompts), LEEDS, DOG]
    report = memory.add(said("And I have a dog, Biscuit."), user_id=ADA, thread_id="t")
    assert [m.content for m in report.added] == ["Lives in Leeds", "Has a dog called Biscuit"]
    assert waiting(memory) == []


def test_what_could_be_read_of_a_damaged_answer_is_remembered_at_once(store: BaseStore) -> None:
    """The turn waits for the rest; nothing is doubled when it comes."""
    whole = {"memories": [*LEEDS["memories"], *DOG["memories"]]}
    cut = str(whole).replace("'", '"').replace("None", "null").replace("False", "false")[:-40]
    model = ScriptedChatModel(structured=[cut] * 10)
    memory = UserMemory(store, model)
    memory.add(said("I live in Leeds and have a dog, Biscuit."), user_id=ADA, thread_id="t")
    assert contents(memory) == ["Lives in Leeds"]
    model.structured = [*[cut] * len(model.structured_prompts), whole]
    memory.add(said("Thanks, that was all I had to say."), user_id=ADA, thread_id="t")
    assert contents(memory) == ["Lives in Leeds", "Has a dog called Biscuit"]


def test_what_could_not_be_decided_on_waits_with_its_candidates(store: BaseStore) -> None:
    """Nothing of the turn is stored, and the extractor is not asked again."""
    run_ = {"memories": [candidate_item("Runs ten kilometres every Sunday")]}
    jog = {"memories": [candidate_item("Runs ten kilometres on Sundays with Bob")]}
    model = ScriptedChatModel(structured=[run_, jog, *[DOWN] * 10])
    memory = UserMemory(store, model)
    memory.add(said("Sundays I run ten kilometres."), user_id=ADA, thread_id="t")
    report = memory.add(said("Bob comes along on Sundays."), user_id=ADA, thread_id="t")
    assert (report.changes, len(report.waiting)) == ((), 1)
    (turn,) = waiting(memory)
    assert [c.content for c in turn.candidates or ()] == ["Runs ten kilometres on Sundays with Bob"]
    decided = {"decisions": [{"item": 0, "action": "supersede", "memories": [0], "content": None}]}
    model.structured = [*[DOWN] * len(model.structured_prompts), decided]
    memory.add(said("Thanks, that was all I had to say."), user_id=ADA, thread_id="t")
    assert contents(memory) == ["Runs ten kilometres on Sundays with Bob"]
    assert waiting(memory) == []


def test_writes_can_be_turned_off(store: BaseStore) -> None:
    """Conversations leave no trace; what an application states itself is stored."""
    memory = UserMemory(store, settings=MemorySettings(writes="off"))
    report = memory.add(said("I live in Leeds."), user_id=ADA, thread_id="t")
    assert [s.reason for s in report.skipped] == ["the settings' writes are off"]
    assert memory.users() == []
    memory.remember("Lives in York", user_id=ADA)
    assert contents(memory) == ["Lives in York"]


async def test_the_awaiting_path_keeps_turns_too(store: BaseStore) -> None:
    """What failed waits and is caught up with."""
    model = ScriptedChatModel(structured=[DOWN] * 10)
    memory = UserMemory(store, model)
    await memory.aadd(said("I live in Leeds."), user_id=ADA, thread_id="t")
    assert len(waiting(memory)) == 1
    model.structured = [*[DOWN] * len(model.structured_prompts), LEEDS]
    await memory.aadd(said("Thanks, that was all I had to say."), user_id=ADA, thread_id="t")
    assert contents(memory) == ["Lives in Leeds"]


def test_a_short_answer_to_another_question_is_another_turn(store: BaseStore) -> None:
    """Said again to the same question it is met; a long one is met by its words alone."""
    answers = [{"memories": [candidate_item(c, quote="Yes.")]} for c in ("Has a dog", "Is vegan")]
    memory = UserMemory(store, ScriptedChatModel(structured=answers))
    for question in ("Do you have a dog?", "Are you vegan?", "Are you vegan?"):
        conversation = [("assistant", question), ("user", "Yes.")]
        report = memory.add(conversation, user_id=ADA, thread_id="t")
    assert contents(memory) == ["Has a dog", "Is vegan"]
    assert [s.reason for s in report.skipped] == ["this turn was added before"]


def test_adding_a_turn_again_that_failed_tries_it_again(store: BaseStore) -> None:
    """Who repeats a call after a failure need not say something new for it."""
    model = ScriptedChatModel(structured=[DOWN] * 10)
    memory = UserMemory(store, model)
    memory.add(said("I live in Leeds."), user_id=ADA, thread_id="t")
    model.structured = [*[DOWN] * len(model.structured_prompts), LEEDS]
    report = memory.add(said("I live in Leeds."), user_id=ADA, thread_id="t")
    assert [m.content for m in report.added] == ["Lives in Leeds"]
    assert waiting(memory) == []


def test_what_is_too_long_to_stand_as_it_is_is_reported(store: BaseStore) -> None:
    """Beside messages that are stored, and alone."""
    memory = UserMemory(store)
    report = memory.add([*said("y" * 8_001), *said("Tea")], user_id=ADA, infer=False)
    reason = "empty to the eye, or longer than 8000 characters"
    assert [(s.content, s.reason) for s in report.skipped] == [("y" * 80, reason)]
    assert [m.content for m in report.added] == ["Tea"]


def test_what_waits_is_forgotten_with_everything(store: BaseStore) -> None:
    """Turns said before never come back; one said after is remembered."""
    model = ScriptedChatModel(structured=[DOWN] * 10)
    memory = UserMemory(store, model)
    memory.add(said("I live in Leeds."), user_id=ADA, thread_id="t")
    report = memory.forget("everything", user_id=ADA)
    assert "1 that waited in the inbox went with everything else" in [
        s.reason for s in report.skipped
    ]
    assert waiting(memory) == []
    memory.add(said("I live in Leeds."), user_id=ADA, thread_id="t")
    assert contents(memory) == []


def test_what_is_said_after_forgetting_everything_is_kept(store: BaseStore) -> None:
    """Though both wait, and are extracted together or one after the other."""
    later = MemorySettings(writes="background", extraction_tokens=1)
    memory = UserMemory(store, settings=later, worker=False)
    for text in ("I live in Leeds.", "Forget everything about me.", "I have a dog."):
        memory.add(text, user_id=ADA, thread_id=text)
    memory.flush(user_id=ADA)
    assert contents(memory) == ["Has a dog"]
