"""`UserMemory`: the same memory in plain Python, blocking and awaiting."""

import asyncio
import inspect
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from langchain_core.documents import BaseDocumentCompressor, Document
from langchain_core.messages import AIMessage, ChatMessage, HumanMessage
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore

from langchain_usermem.errors import (
    InvalidMemoryError,
    InvalidQueryError,
    InvalidUserError,
    MemoryNotFoundError,
    MissingUserError,
    UnknownCategoryError,
)
from langchain_usermem.inbox import done_ops
from langchain_usermem.report import AddReport
from langchain_usermem.settings import MemorySettings
from langchain_usermem.store.faiss_store import FaissStore
from langchain_usermem.testing import ScriptedChatModel, candidate_item
from langchain_usermem.user_memory import UserMemory

ADA = "ada@example.com"
BOB = "ada@example"

OPERATIONS = (
    "add",
    "remember",
    "remember_many",
    "forget",
    "search",
    "profile",
    "get",
    "list",
    "update",
    "delete",
    "history",
    "undo",
    "tidy",
    "in_review",
    "approve",
    "reject",
)
OF_ALL_USERS = ("users", "inbox", "health", "work_off", "flush", "retry_turn", "drop_turn")
"""What is about everybody, where no user is named."""


@pytest.fixture(params=["faiss", "in_memory"])
def memory(request: pytest.FixtureRequest) -> Iterator[UserMemory]:
    """A memory over our store, and one over LangGraph's."""
    store: BaseStore = FaissStore(":memory:") if request.param == "faiss" else InMemoryStore()
    yield UserMemory(store)
    if isinstance(store, FaissStore):
        store.close()


def contents(memory: UserMemory, user_id: str = ADA, **fields: Any) -> list[str]:
    """What is remembered of a user, oldest first."""
    return [one.content for one in memory.list(user_id=user_id, **fields)]


# --- whose -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_needs_a_user(memory: UserMemory, name: str) -> None:
    """There is no default user: a call that names none is an error that names the ways."""
    arguments = [] if name in ("profile", "list", "history", "tidy", "in_review") else ["x"]
    with pytest.raises(MissingUserError, match=r"user_id=\.\.\."):
        getattr(memory, name)(*arguments)


def test_a_bound_user_is_used_where_a_call_names_none() -> None:
    """A value or callable bound at construction decides; an argument wins over it."""
    store = InMemoryStore()
    UserMemory(store, user_id="ada").add("I live in Leeds.")
    whose = iter(["bob", "ada"])
    memory = UserMemory(store, user_id=lambda: next(whose))
    assert memory.list() == []
    assert [one.content for one in memory.list()] == ["Lives in Leeds"]
    assert memory.list(user_id="carol") == []


@pytest.mark.parametrize("user_id", ["", "  ", "x" * 513, "\ud800", 7])
def test_a_user_id_that_cannot_be_one_is_refused(memory: UserMemory, user_id: Any) -> None:
    """Empty, overlong, undecodable and non-text ids are errors."""
    with pytest.raises(InvalidUserError):
        memory.add("I live in Leeds.", user_id=user_id)


@pytest.mark.parametrize("other", [BOB, "ADA@example.com", "ada@example.com ", "ada%40example.com"])
def test_users_never_see_each_other(memory: UserMemory, other: str) -> None:
    """Ids that resemble each other are different users."""
    memory.add("I live in Leeds.", user_id=ADA)
    assert memory.search("Where do I live?", user_id=other, floor=0.0) == []
    assert memory.list(user_id=other) == []
    assert memory.history(user_id=other) == []
    (own,) = memory.list(user_id=ADA)
    assert memory.get(own.id, user_id=other) is None


def test_users_lists_everybody_of_this_application() -> None:
    """All user ids come back as they were given, none of another root."""
    store = InMemoryStore()
    ids = ["ada@example.com", "a.b*c%d", "東京", "x/y z"]
    for user_id in ids:
        UserMemory(store).remember("Likes tea", user_id=user_id)
    settings = MemorySettings(root="other")
    UserMemory(store, settings=settings).remember("Likes tea", user_id="zed")
    assert UserMemory(store).users() == sorted(ids)


# --- remembering -------------------------------------------------------------------------


def test_add_reports_what_became_of_a_text(memory: UserMemory) -> None:
    """What was added, updated and confirmed is in the report."""
    report = memory.add("I live in Leeds.", user_id=ADA)
    assert [one.content for one in report.added] == ["Lives in Leeds"]
    report = memory.add("I live in Leeds.", user_id=ADA)
    assert (report.added, [one.content for one in report.confirmed]) == ([], ["Lives in Leeds"])
    report = memory.add("Actually, I moved to York.", user_id=ADA)
    assert [one.content for one in report.superseded] == ["Lives in Leeds"]
    assert contents(memory) == ["Lives in York"]


@pytest.mark.parametrize(
    "messages",
    [
        "I live in Leeds.",
        HumanMessage("I live in Leeds."),
        [HumanMessage("I live in Leeds."), AIMessage("Lovely.")],
        {"role": "user", "content": "I live in Leeds."},
        [{"role": "user", "content": [{"type": "text", "text": "I live in Leeds."}]}],
        [("user", "I live in Leeds.")],
        ChatMessage(role="user", content="I live in Leeds."),
    ],
)
def test_add_takes_messages_in_every_common_form(memory: UserMemory, messages: Any) -> None:
    """Text, messages, dicts, tuples and content parts all hold the same statement."""
    memory.add(messages, user_id=ADA)
    assert contents(memory) == ["Lives in Leeds"]


def test_a_messages_own_time_wins(memory: UserMemory) -> None:
    """`timestamp` in a dict or in additional_kwargs beats `observed_at`."""
    said: list[Any] = [
        {"role": "user", "content": "I live in Leeds.", "timestamp": "2025-01-02T00:00:00Z"},
        HumanMessage("I like tea.", additional_kwargs={"timestamp": "2025-03-04T00:00:00+01:00"}),
        {"role": "user", "content": "I have a dog called Rex."},
    ]
    memory.add(said, user_id=ADA, observed_at="2026-05-06")
    assert [one.observed_at for one in memory.list(user_id=ADA)] == [
        datetime(2025, 1, 2, tzinfo=UTC),
        datetime(2025, 3, 3, 23, tzinfo=UTC),
        datetime(2026, 5, 6, tzinfo=UTC),
    ]


@pytest.mark.parametrize("messages", [[], "", [AIMessage("Hello")], [HumanMessage([])]])
def test_a_conversation_in_which_the_user_says_nothing_is_reported(
    memory: UserMemory, messages: Any
) -> None:
    """An empty outcome always has a reason."""
    report = memory.add(messages, user_id=ADA)
    assert [skipped.reason for skipped in report.skipped] == ["the user said nothing"]


@pytest.mark.parametrize("messages", [[7], [{"content": "x"}], [{"role": "alien", "content": "x"}]])
def test_what_is_no_message_is_refused(memory: UserMemory, messages: Any) -> None:
    """The error counts to the message and never quotes it."""
    with pytest.raises(InvalidMemoryError, match="message 0 is no message"):
        memory.add(messages, user_id=ADA)


def test_a_time_that_is_none_is_refused(memory: UserMemory) -> None:
    """A time must be a datetime or ISO 8601."""
    with pytest.raises(InvalidMemoryError, match="ISO 8601"):
        memory.add("I live in Leeds.", user_id=ADA, observed_at="yesterday")


def test_add_without_inference_stores_the_messages(memory: UserMemory) -> None:
    """`infer=False` takes the user's messages as they are."""
    memory.add("The deploy key is rotated on Fridays", user_id=ADA, infer=False)
    assert contents(memory) == ["The deploy key is rotated on Fridays"]


def test_a_long_conversation_is_extracted_in_windows() -> None:
    """A conversation beyond the token budget costs one call a window, cut between turns."""
    model = ScriptedChatModel()
    settings = MemorySettings(extraction_tokens=20)
    memory = UserMemory(InMemoryStore(), model, settings=settings)
    memory.add([("user", f"This is what I say at number {n}.") for n in range(6)], user_id=ADA)
    assert len(model.structured_prompts) == 3


def test_a_model_extracts_where_there_is_one() -> None:
    """With a model its candidates are stored, not those of the rules."""
    item = candidate_item("Lives in Leeds since May", quote="I live in Leeds")
    model = ScriptedChatModel(structured=[{"memories": [item]}])
    memory = UserMemory(InMemoryStore(), model)
    memory.add("I live in Leeds.", user_id=ADA)
    assert contents(memory) == ["Lives in Leeds since May"]


def test_a_failing_model_is_reported_not_raised() -> None:
    """Nothing is stored, and the report says what failed; rules do not step in silently."""
    memory = UserMemory(InMemoryStore(), ScriptedChatModel(structured=[TimeoutError()] * 4))
    report = memory.add("I live in Leeds.", user_id=ADA)
    assert [failure.error for failure in report.failed] == ["the model call failed (TimeoutError)"]
    assert contents(memory) == []


def test_remember_stores_a_statement_with_its_fields(memory: UserMemory) -> None:
    """What the application states is stored as it stands, as `manual`."""
    one = memory.remember(
        "Is on the enterprise plan",
        user_id=ADA,
        category="system",
        tags=["billing"],
        observed_at="2026-01-01",
        expires_at=datetime(2030, 1, 1, tzinfo=UTC),
        standing=True,
    )
    assert (one.category, one.tags, one.source, one.standing) == (
        "system",
        ("billing",),
        "manual",
        True,
    )
    assert memory.get(one.id, user_id=ADA) == one
    assert memory.profile(user_id=ADA) == [one]


def test_remember_consolidates_unless_told_otherwise(memory: UserMemory) -> None:
    """A repeat is the same memory; `consolidate=False` stores a second one."""
    first = memory.remember("Likes tea", user_id=ADA)
    assert memory.remember("likes tea", user_id=ADA).id == first.id
    assert memory.remember("Likes tea", user_id=ADA, consolidate=False).id != first.id
    assert contents(memory) == ["Likes tea", "Likes tea"]


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        ({"content": " "}, InvalidMemoryError, "content: String should have at least 1"),
        ({"content": "\u200b"}, InvalidMemoryError, "nothing that can be seen"),
        ({"content": "x" * 8_001}, InvalidMemoryError, "content: String should have at most"),
        ({"content": 7}, InvalidMemoryError, "content: Input should be a valid string"),
        ({"content": "x", "colour": "red"}, InvalidMemoryError, "colour: Extra inputs"),
        ({"content": "x", "observed_at": "then"}, InvalidMemoryError, "observed_at: "),
        ({"content": "x", "category": "gossip"}, UnknownCategoryError, "there are identity, "),
        ({"content": "x", "expires_at": "2020-01-01"}, InvalidMemoryError, "had expired"),
    ],
)
def test_a_statement_that_cannot_be_stored_is_refused(
    memory: UserMemory, fields: dict[str, Any], error: type[Exception], message: str
) -> None:
    """The error names the field and the rule, and nothing is stored."""
    with pytest.raises(error, match=message):
        memory.remember(user_id=ADA, **fields)
    assert contents(memory) == []


def test_errors_never_hold_the_text_of_a_memory(memory: UserMemory) -> None:
    """What a refused statement said is not in the message."""
    with pytest.raises(InvalidMemoryError) as caught:
        memory.remember("secret-word", user_id=ADA, tags=[7])  # type: ignore[list-item]
    assert "secret-word" not in str(caught.value)


def test_remember_many_keeps_order(memory: UserMemory) -> None:
    """Memories come back in order, and know their place within their thread."""
    statements: list[str | dict[str, object]] = [
        {"content": "first of a", "thread_id": "a"},
        {"content": "first of b", "thread_id": "b"},
        {"content": "second of a", "thread_id": "a"},
        "of no thread",
    ]
    stored = memory.remember_many(statements, user_id=ADA)
    assert [one.content for one in stored] == [
        "first of a",
        "first of b",
        "second of a",
        "of no thread",
    ]
    assert [one.ordinal for one in stored] == [0, 0, 1, 0]
    assert len(memory.list(user_id=ADA)) == 4


def test_remember_many_stores_all_or_nothing(memory: UserMemory) -> None:
    """One bad statement keeps the others from being stored."""
    with pytest.raises(InvalidMemoryError):
        memory.remember_many(["fine", ""], user_id=ADA)
    assert contents(memory) == []


def test_remember_many_can_consolidate(memory: UserMemory) -> None:
    """With `consolidate` each statement is compared with what is stored."""
    stored = memory.remember_many(["Likes tea", "likes tea"], user_id=ADA, consolidate=True)
    assert stored[0].id == stored[1].id
    assert contents(memory) == ["Likes tea"]


def test_a_restated_memory_outlives_the_one_that_was_forgotten(memory: UserMemory) -> None:
    """What is said again after it was forgotten is another memory, and stays."""
    settings = MemorySettings(forget_grace_days=1e-9)
    memory = UserMemory(memory.store, settings=settings)
    memory.add("I live in Leeds.", user_id=ADA)
    memory.forget("Leeds", user_id=ADA)
    memory.add("I live in Leeds.", user_id=ADA)
    memory.add("My name is Ada.", user_id=ADA)
    assert contents(memory) == ["Lives in Leeds", "Name is Ada"]
    assert contents(memory, include_past=True) == ["Lives in Leeds", "Name is Ada"]


def test_every_change_is_kept_however_often_it_is_said(memory: UserMemory) -> None:
    """Moving to and fro is six changes, and six different memories."""
    for text in ["I live in Leeds.", "I live in York."] * 3:
        memory.add(text, user_id=ADA)
    changes = memory.history(user_id=ADA)
    assert [change.action for change in changes] == ["add"] + ["supersede"] * 5
    assert len(memory.list(user_id=ADA, include_past=True)) == 6


def test_changes_of_one_turn_keep_their_order(memory: UserMemory) -> None:
    """History within a turn is in the order of the steps."""
    memory.add("I live in Bath. I live in Leeds. I live in York.", user_id=ADA)
    made = [change.after.content for change in memory.history(user_id=ADA) if change.after]
    assert made == ["Lives in Bath", "Lives in Leeds", "Lives in York"]


def test_forgetting_a_slot_leaves_what_shares_a_word_with_it(memory: UserMemory) -> None:
    """The words "where I live" mean the home, not all that lives; "my name" is no other name."""
    others = ["Sister Jane lives in Bath", "Loves live music", "Dog's name is Rex"]
    memory.remember_many(others, user_id=ADA)
    memory.add("My name is Ada. I live in Leeds.", user_id=ADA)
    memory.forget("where I live", user_id=ADA)
    memory.add("Forget my name.", user_id=ADA)
    assert sorted(contents(memory)) == sorted(others)


def test_forgetting_takes_all_that_is_meant_however_much(memory: UserMemory) -> None:
    """Every memory with the words goes, past and private ones too."""
    memory.remember_many([f"Dog number {n} barks" for n in range(25)], user_id=ADA)
    memory.remember("Dog trainer is Max", user_id=ADA, agent_id="vet")
    memory.add("I live in Leeds.", user_id=ADA)
    memory.add("I live in York.", user_id=ADA)
    assert len(memory.forget("dog", user_id=ADA).forgotten) == 26
    assert [one.content for one in memory.forget("Leeds", user_id=ADA).forgotten] == [
        "Lives in Leeds"
    ]
    memory.forget("everything", user_id=ADA)
    past = memory.list(user_id=ADA, include_past=True)
    assert {one.status for one in past} == {"forgotten"}


def test_forgetting_one_of_many_leaves_the_others(memory: UserMemory) -> None:
    """One allergy is forgotten, not the slot of allergies; naming the slot takes all of it."""
    item = candidate_item(
        "Is allergic to peanuts", attribute="allergy", forget=True, quote="not allergic to peanuts"
    )
    model = ScriptedChatModel(structured=[{"memories": [item]}])
    for what in ("peanuts", "penicillin"):
        memory.remember(f"Is allergic to {what}", user_id=ADA, attribute="allergy")
    UserMemory(memory.store, model).add("I'm not allergic to peanuts", user_id=ADA)
    assert contents(memory) == ["Is allergic to penicillin"]
    memory.forget("my allergies", user_id=ADA)
    assert contents(memory) == []


def test_what_is_due_is_purged_without_another_word(memory: UserMemory) -> None:
    """`tidy` purges for users who never come back."""
    memory = UserMemory(memory.store, settings=MemorySettings(forget_grace_days=1e-9))
    memory.remember("Lives in Leeds", user_id=ADA, consolidate=False)
    memory.store.batch([])
    memory.forget("Leeds", user_id=ADA)
    assert memory.tidy(user_id=ADA) == AddReport()
    assert memory.list(user_id=ADA, include_past=True) == []


def test_turns_are_known_for_as_long_as_the_settings_say(memory: UserMemory) -> None:
    """`tidy` forgets those that were done before that, of this user only, and no others."""
    user, now = memory.namespace(ADA), datetime.now(UTC)
    memory.store.batch(done_ops(["old"], user, now - timedelta(days=401)))
    memory.store.batch(done_ops(["known"], user, now - timedelta(days=399)))
    memory.store.batch(done_ops(["old"], memory.namespace(BOB), now - timedelta(days=401)))
    memory.tidy(user_id=ADA)
    assert [mark.key for mark in memory.store.search((*user, "turns"))] == ["known"]
    assert [mark.key for mark in memory.store.search(memory.namespace(BOB))] == ["old"]


def test_what_is_private_leaves_what_is_shared_alone(memory: UserMemory) -> None:
    """An agent's own statement neither replaces nor adds to a shared one."""
    shared = memory.add("I live in Leeds.", user_id=ADA).added[0]
    memory.add("I live in Leeds!!", user_id=ADA, agent_id="coder")
    memory.add("I moved to York.", user_id=ADA, agent_id="coder")
    assert memory.get(shared.id, user_id=ADA) == shared
    assert contents(memory, agent_id="other") == ["Lives in Leeds"]
    assert set(contents(memory, agent_id="coder")) == {"Lives in Leeds", "Lives in York"}


def test_a_repeat_that_lasts_settles_a_passing_memory(memory: UserMemory) -> None:
    """Said again for good, a memory loses its end; said again later, it is as new."""
    memory.remember(
        "Is in Paris",
        user_id=ADA,
        category="context",
        observed_at="2026-01-01",
        expires_at="9998-01-01",
    )
    later = datetime(2026, 3, 1, tzinfo=UTC)
    one = memory.remember("Is in Paris", user_id=ADA, category="fact", observed_at=later)
    assert (one.category, one.expires_at, one.observed_at) == ("fact", None, later)


def test_remember_never_asks_a_model() -> None:
    """A statement is stored as it stands, whatever a model would make of it."""
    model = ScriptedChatModel()
    memory = UserMemory(InMemoryStore(), model)
    memory.remember("Plays chess at the club on Mondays", user_id=ADA)
    memory.remember("Plays chess at the club on Fridays", user_id=ADA)
    assert model.structured_prompts == []
    assert len(contents(memory)) == 2


def test_a_conversation_with_nothing_in_it_says_so(memory: UserMemory) -> None:
    """An empty report always has a reason."""
    report = memory.add("Thanks!", user_id=ADA)
    assert [skipped.reason for skipped in report.skipped] == ["nothing in it was worth remembering"]


async def test_turns_at_once_do_not_miss_each_other(memory: UserMemory) -> None:
    """Four homes told at the same moment leave one; five equal statements leave one."""
    homes = [memory.aadd(f"I live in {city}.", user_id=ADA) for city in ("Rome", "Oslo", "Bonn")]
    await asyncio.gather(*homes)
    await asyncio.gather(*(memory.aremember("Likes tea", user_id=ADA) for _ in range(5)))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: memory.remember("Likes jam", user_id=ADA), range(5)))
    assert sorted(contents(memory))[:2] == ["Likes jam", "Likes tea"]
    assert len(contents(memory)) == 3


def test_a_change_can_be_taken_back(memory: UserMemory) -> None:
    """What was superseded, forgotten, rewritten or added is as it was before."""
    first = memory.remember("Lives in Leeds", user_id=ADA, attribute="home_city")
    memory.remember("Lives in York", user_id=ADA, attribute="home_city")
    memory.undo(memory.history(user_id=ADA)[-1].id, user_id=ADA)
    assert contents(memory) == ["Lives in Leeds"]
    memory.forget("Leeds", user_id=ADA)
    (restored,) = memory.undo(memory.history(user_id=ADA)[-1].id, user_id=ADA)
    assert contents(memory) == ["Lives in Leeds"]
    assert memory.search("Leeds", user_id=ADA)[0].memory == restored.after
    memory.update(first.id, user_id=ADA, content="Lives in Bath")
    memory.undo(memory.history(user_id=ADA)[-1].id, user_id=ADA)
    assert contents(memory) == ["Lives in Leeds"]
    memory.remember("Likes tea", user_id=ADA)
    memory.undo(memory.history(user_id=ADA)[-1].id, user_id=ADA)
    assert contents(memory) == ["Lives in Leeds"]


def test_only_the_last_change_of_a_memory_can_be_taken_back(memory: UserMemory) -> None:
    """What was changed since, and what is unknown, is refused with the way out."""
    one = memory.remember("Lives in Leeds", user_id=ADA)
    memory.update(one.id, user_id=ADA, content="Lives in York")
    added = memory.history(user_id=ADA)[0]
    with pytest.raises(MemoryNotFoundError, match="Undo the later change first"):
        memory.undo(added.id, user_id=ADA)
    with pytest.raises(MemoryNotFoundError, match="no change 'nope'"):
        memory.undo("nope", user_id=ADA)


def test_forget_by_words_can_be_seen_in_the_history(memory: UserMemory) -> None:
    """What is forgotten is out of reach, and its change is kept for the days of grace."""
    memory.remember("Lives in Leeds", user_id=ADA)
    report = memory.forget("Leeds", user_id=ADA)
    assert [one.content for one in report.forgotten] == ["Lives in Leeds"]
    assert contents(memory) == []
    assert memory.search("Leeds", user_id=ADA, floor=0.0) == []
    assert [change.action for change in memory.history(user_id=ADA)] == ["add", "forget"]


@pytest.mark.parametrize("moment", ["yesterday", 7])
def test_a_search_at_no_time_is_refused(memory: UserMemory, moment: Any) -> None:
    """`as_of` and `now` take datetimes and ISO 8601."""
    with pytest.raises(InvalidQueryError, match="ISO 8601"):
        memory.search("tea", user_id=ADA, as_of=moment)


def test_one_category_or_tag_may_stand_alone(memory: UserMemory) -> None:
    """A single name is not taken for its letters."""
    memory.remember("Likes tea", user_id=ADA, category="preference", tags="drinks")
    assert len(memory.search("tea", user_id=ADA, categories="preference", tags="drinks")) == 1


class Backwards(BaseDocumentCompressor):
    """Turns the order round and drops the first."""

    def compress_documents(
        self,
        documents: Sequence[Document],
        query: str,  # noqa: ARG002 - LangChain passes it
        callbacks: Any = None,  # noqa: ARG002
    ) -> Sequence[Document]:
        """All but the first, last one first."""
        return list(documents)[:0:-1]


async def test_a_reranker_decides_what_is_recalled() -> None:
    """Any document compressor may reorder and drop what was found, within the limit."""
    store = InMemoryStore()
    UserMemory(store).remember_many([f"Likes tea number {n}" for n in range(9)], user_id=ADA)
    plain = UserMemory(store).search("tea", user_id=ADA, limit=8, floor=0.0)
    reranked = UserMemory(store, reranker=Backwards())
    expected = [one.memory.id for one in plain[:0:-1][:2]]
    found = reranked.search("tea", user_id=ADA, limit=2, floor=0.0)
    assert [one.memory.id for one in found] == expected
    awaited = await reranked.asearch("tea", user_id=ADA, limit=2, floor=0.0)
    assert awaited == found


class Copying(Backwards):
    """Hands back copies without ids, as several providers' rerankers do."""

    def compress_documents(
        self, documents: Sequence[Document], query: str, callbacks: Any = None
    ) -> Sequence[Document]:
        """Documents of the same text and metadata."""
        kept = super().compress_documents(documents, query, callbacks)
        return [Document(one.page_content, metadata={**one.metadata, "p": 0.5}) for one in kept]


def test_a_reranker_may_hand_back_copies() -> None:
    """A memory is known by the id among the metadata, which every copy has."""
    store = InMemoryStore()
    UserMemory(store).remember_many([f"Likes tea number {n}" for n in range(9)], user_id=ADA)
    plain = UserMemory(store, reranker=Backwards()).search("tea", user_id=ADA, limit=3, floor=0.0)
    copied = UserMemory(store, reranker=Copying()).search("tea", user_id=ADA, limit=3, floor=0.0)
    assert len(plain) == 3
    assert copied == plain


# --- looking after -----------------------------------------------------------------------


def test_agents_share_and_keep_their_own(memory: UserMemory) -> None:
    """An agent sees what is shared and its own; the user's list shows all."""
    memory.remember("Likes tea", user_id=ADA)
    private = memory.remember("Asked about chess", user_id=ADA, agent_id="coach")
    assert set(contents(memory)) == {"Likes tea", "Asked about chess"}
    assert contents(memory, agent_id="tutor") == ["Likes tea"]
    assert set(contents(memory, agent_id="coach")) == {"Likes tea", "Asked about chess"}
    assert memory.get(private.id, user_id=ADA) == private


def test_the_profile_of_an_agent_holds_its_own_beside_what_is_shared(memory: UserMemory) -> None:
    """Another agent's, and that of whoever names none, holds what is shared alone."""
    memory.remember("Name is Ada", user_id=ADA, attribute="name", category="identity")
    memory.remember("Answer tersely", user_id=ADA, standing=True, agent_id="coach")
    held = [
        [one.content for one in memory.profile(user_id=ADA, agent_id=agent)]
        for agent in ("coach", "tutor", None)
    ]
    assert held == [["Name is Ada", "Answer tersely"], ["Name is Ada"], ["Name is Ada"]]


def test_list_can_be_narrowed_and_widened(memory: UserMemory) -> None:
    """By category, and with the past."""
    memory.add("I live in Leeds. I like tea.", user_id=ADA)
    memory.add("I moved to York.", user_id=ADA)
    assert contents(memory, categories=["preference"]) == ["Likes tea"]
    assert set(contents(memory, include_past=True)) == {
        "Lives in Leeds",
        "Lives in York",
        "Likes tea",
    }


def test_list_takes_categories_as_search_does(memory: UserMemory) -> None:
    """One may stand alone and is not taken for its letters; one that does not exist is refused."""
    memory.remember("Likes tea", user_id=ADA, category="preference")
    memory.remember("Keeps bees", user_id=ADA, category="fact")
    assert contents(memory, categories="fact") == ["Keeps bees"]
    with pytest.raises(UnknownCategoryError, match="category 'artefact' is unknown"):
        memory.list(user_id=ADA, categories="artefact")


def test_what_has_expired_is_not_listed(memory: UserMemory) -> None:
    """A context memory is gone from its end on, before anything cleans it up."""
    memory.remember_many(
        [{"content": "Is in Paris", "expires_at": datetime(2020, 1, 1, tzinfo=UTC)}], user_id=ADA
    )
    assert contents(memory) == []
    assert memory.search("Paris", user_id=ADA, floor=0.0) == []
    then = datetime(2019, 1, 1, tzinfo=UTC)
    assert len(memory.search("Paris", user_id=ADA, now=then)) == 1


def test_update_rewrites_and_keeps_what_was(memory: UserMemory) -> None:
    """The memory keeps its id and birth, the history keeps both versions."""
    one = memory.remember("Lives in Leads", user_id=ADA)
    after = memory.update(one.id, user_id=ADA, content="Lives in Leeds", tags=["home"])
    assert (after.id, after.created_at, after.content) == (one.id, one.created_at, "Lives in Leeds")
    assert memory.search("Leeds", user_id=ADA)[0].memory == after
    (_, change) = memory.history(one.id, user_id=ADA)
    assert change.before == (one,)
    assert change.after == after


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"content": ""}, "content: "),
        ({"id": "x"}, "cannot edit id; what can be is content"),
        ({"category": "gossip"}, "there are identity"),
    ],
)
def test_a_wrong_update_changes_nothing(
    memory: UserMemory, fields: dict[str, Any], message: str
) -> None:
    """A field that cannot be edited or does not fit is refused."""
    one = memory.remember("Lives in Leeds", user_id=ADA)
    with pytest.raises(InvalidMemoryError, match=message):
        memory.update(one.id, user_id=ADA, **fields)
    assert memory.get(one.id, user_id=ADA) == one


def test_delete_leaves_no_text(memory: UserMemory) -> None:
    """A deleted memory is purged with its history; a tombstone without text remains."""
    one = memory.remember("Lives in Leeds", user_id=ADA)
    memory.update(one.id, user_id=ADA, content="Lives in Leeds, near the park")
    memory.remember("Likes tea", user_id=ADA)
    memory.delete(one.id, user_id=ADA)
    everything = memory.store.search(memory.namespace(ADA), limit=100)
    assert "Leeds" not in str([item.dict() for item in everything])
    (tombstone,) = memory.store.search((*memory.namespace(ADA), "audit"))
    assert tombstone.key == one.id
    assert contents(memory) == ["Likes tea"]


def test_deleting_a_successor_keeps_what_it_replaced_out_of_force(memory: UserMemory) -> None:
    """The history of what was replaced survives without the deleted text."""
    old = memory.remember("Lives in Leeds", user_id=ADA, attribute="home_city")
    new = memory.remember("Lives in York", user_id=ADA, attribute="home_city")
    memory.delete(new.id, user_id=ADA)
    assert contents(memory) == []
    actions = [(change.action, change.after) for change in memory.history(old.id, user_id=ADA)]
    assert actions == [("add", old), ("supersede", None)]


@pytest.mark.parametrize("name", ["update", "delete"])
def test_a_memory_that_is_not_there_cannot_be_changed(memory: UserMemory, name: str) -> None:
    """An unknown id is an error that tells where ids are listed."""
    with pytest.raises(MemoryNotFoundError, match=r"list\(\) shows"):
        getattr(memory, name)("nope", user_id=ADA)


def test_a_past_memory_cannot_be_updated(memory: UserMemory) -> None:
    """What was superseded is history."""
    old = memory.remember("Lives in Leeds", user_id=ADA, attribute="home_city")
    memory.remember("Lives in York", user_id=ADA, attribute="home_city")
    with pytest.raises(MemoryNotFoundError, match="is superseded"):
        memory.update(old.id, user_id=ADA, content="x")


def test_history_follows_what_a_memory_replaced(memory: UserMemory) -> None:
    """The lineage of a memory reaches back through all it took the place of."""
    for city in ("Bath", "Leeds", "York"):
        last = memory.remember(f"Lives in {city}", user_id=ADA, attribute="home_city")
    memory.remember("Likes tea", user_id=ADA)
    actions = [change.action for change in memory.history(last.id, user_id=ADA)]
    assert actions == ["add", "supersede", "supersede"]


# --- both doors --------------------------------------------------------------------------


@pytest.mark.parametrize("name", OPERATIONS + OF_ALL_USERS)
def test_each_operation_has_an_async_twin(name: str) -> None:
    """Same parameters and result, one awaiting."""
    blocking, awaiting = getattr(UserMemory, name), getattr(UserMemory, f"a{name}")
    assert inspect.signature(blocking) == inspect.signature(awaiting)
    assert inspect.iscoroutinefunction(awaiting)
    assert (blocking.__name__, awaiting.__name__) == (name, f"a{name}")
    assert blocking.__doc__ == awaiting.__doc__ is not None


async def test_the_async_doors_do_the_same(memory: UserMemory) -> None:
    """One life of a memory through the awaiting doors."""
    report = await memory.aadd("I live in Leeds.", user_id=ADA)
    (added,) = report.added
    assert (await memory.aget(added.id, user_id=ADA)) == added
    found = await memory.asearch("Where do I live?", user_id=ADA)
    assert [one.memory for one in found] == [added]
    assert await memory.aprofile(user_id=ADA) == [added]
    await memory.aupdate(added.id, user_id=ADA, content="Lives in York")
    await memory.aremember("Likes tea", user_id=ADA)
    await memory.aremember_many(["Likes jazz"], user_id=ADA)
    await memory.aforget("jazz", user_id=ADA)
    await memory.adelete(added.id, user_id=ADA)
    assert [one.content for one in await memory.alist(user_id=ADA)] == ["Likes tea"]
    assert len(await memory.ahistory(user_id=ADA)) == 3
    assert await memory.ausers() == [ADA]


# --- a store of its own ------------------------------------------------------------------


def test_a_path_opens_a_store_that_is_closed_again(tmp_path: Path) -> None:
    """What was remembered through a path is there when it is opened again."""
    path = tmp_path / "memories.db"
    with UserMemory(path) as memory:
        memory.add("I live in Leeds.", user_id=ADA)
    with UserMemory(str(path)) as memory:
        assert contents(memory) == ["Lives in Leeds"]


def test_a_store_that_was_given_stays_open(tmp_path: Path) -> None:
    """Closing a memory leaves a store alone that others may use."""
    with FaissStore(tmp_path / "memories.db") as store:
        UserMemory(store).close()
        assert UserMemory(store).list(user_id=ADA) == []


def test_grace_is_counted_from_forgetting(memory: UserMemory) -> None:
    """Within its grace what was forgotten is still in the history."""
    settings = MemorySettings(forget_grace_days=timedelta(hours=1) / timedelta(days=1))
    memory = UserMemory(memory.store, settings=settings)
    memory.remember("Lives in Leeds", user_id=ADA)
    memory.forget("leeds", user_id=ADA)
    memory.remember("Likes tea", user_id=ADA)
    assert "forget" in [change.action for change in memory.history(user_id=ADA)]


def test_a_quote_is_a_second_key() -> None:
    """A statement stored with the words it comes from is found by them as well."""
    fact = {"content": "Tom cycles to work", "evidence": "I take the penny-farthing"}
    with UserMemory(":memory:") as memory:
        memory.remember_many([fact, "Ruth taught chemistry"], user_id="ada")
        memory.remember("Sam paints", user_id="ada", evidence=["watercolours, mostly"])
        found = [memory.search(asked, user_id="ada") for asked in ("penny-farthing", "watercolour")]
    assert [[one.memory.content for one in each] for each in found] == [
        ["Tom cycles to work"],
        ["Sam paints"],
    ]
