"""Recall: few, relevant, visible memories, on any store."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from langgraph.store.base import BaseStore, IndexConfig
from langgraph.store.memory import InMemoryStore

from langchain_usermem.embeddings import LocalEmbeddings
from langchain_usermem.errors import InvalidFilterError, InvalidQueryError
from langchain_usermem.memory import Memory, Recalled
from langchain_usermem.namespaces import past_namespace, user_namespace
from langchain_usermem.picking import says_the_same
from langchain_usermem.query import Query
from langchain_usermem.recall import indexed_fields, recall, recall_all, standing
from langchain_usermem.records import memory_op, removal_op
from langchain_usermem.settings import RankingWeights
from langchain_usermem.steps import run
from langchain_usermem.store.faiss_store import FaissStore

USER = user_namespace("ada")
NOW = datetime(2026, 5, 1, tzinfo=UTC)
WEIGHTS = RankingWeights()

MEMORIES = [
    Memory(id="home", content="Lives in Leeds", attribute="home_city", observed_at=NOW),
    Memory(id="dog", content="Has a golden retriever called Biscuit", tags=("pet",)),
    Memory(id="work", content="Works as a nurse at the infirmary", thread_id="t1"),
    Memory(id="tea", content="Likes green tea in the morning", category="preference"),
    Memory(id="own", content="Was told the story of the lighthouse", agent_id="bard"),
]


@pytest.fixture(params=["signals", "nearest", "words"])
def store(request: pytest.FixtureRequest) -> Iterator[BaseStore]:
    """A store that ranks all rows, one that finds the nearest, one without vectors."""
    embed: IndexConfig = {"embed": LocalEmbeddings(), "dims": 256, "fields": ["content"]}
    stores: dict[str, Callable[[], BaseStore]] = {
        "signals": lambda: FaissStore(":memory:"),
        "nearest": lambda: InMemoryStore(index=embed),
        "words": InMemoryStore,
    }
    made = stores[request.param]()
    made.batch([memory_op(memory, USER) for memory in MEMORIES])
    yield made
    if isinstance(made, FaissStore):
        made.close()


def recalled(store: BaseStore, text: str, **fields: Any) -> list[Recalled]:
    """What is recalled of Ada's memories."""
    defaults: dict[str, Any] = {"user": USER, "limit": 5, "now": NOW + timedelta(days=1)}
    return run(recall(store, Query(text=text, **{**defaults, **fields}), WEIGHTS))


def ids(found: list[Recalled]) -> list[str]:
    """Ids of what was recalled, best first."""
    return [one.memory.id for one in found]


def test_the_memory_that_answers_comes_alone(store: BaseStore) -> None:
    """A question about one thing recalls that thing and nothing beside it."""
    assert ids(recalled(store, "Where do I live?")) == ["home"]


def test_a_question_about_nothing_known_recalls_nothing(store: BaseStore) -> None:
    """None is better than wrong ones."""
    assert recalled(store, "What is the boiling point of tungsten?") == []


def test_without_a_floor_as_many_come_as_were_asked_for(store: BaseStore) -> None:
    """`floor=0` returns exactly `limit` memories where so many exist, best first."""
    found = recalled(store, "Where do I live?", floor=0.0, limit=3)
    assert len(found) == 3
    assert found[0].memory.id == "home"
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def test_meaning_is_found_without_a_common_word() -> None:
    """With local embeddings "dog" finds the golden retriever."""
    with FaissStore(":memory:") as store:
        store.batch([memory_op(memory, USER) for memory in MEMORIES])
        assert ids(recalled(store, "dog")) == ["dog"]


def test_a_slot_is_a_key_of_its_memory(store: BaseStore) -> None:
    """A memory is found by its attribute, where its statement has no word of the query."""
    job = Memory(id="job", content="Earns money as an illustrator", attribute="role")
    store.batch([memory_op(job, USER)])
    assert ids(recalled(store, "my role")) == ["job"]


def test_a_tag_is_a_key_of_its_memory(store: BaseStore) -> None:
    """A memory is found by a tag, where its statement has no word of the query."""
    pub = Memory(id="pub", content="Serves at the Golden Lion", tags=("waiter", "bar"))
    store.batch([memory_op(pub, USER)])
    assert ids(recalled(store, "at which bar?")) == ["pub"]


def test_shares_of_the_signals_add_up_to_the_score(store: BaseStore) -> None:
    """A recalled memory explains its score."""
    (found,) = recalled(store, "Where do I live?")
    assert set(found.why) == {"similarity", "keywords", "importance", "category", "context"}
    assert sum(found.why.values()) == pytest.approx(found.score, abs=1e-3)
    assert 0.2 < found.relevance <= 1.0


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"categories": ("preference",)}, {"tea"}),
        ({"tags": ("pet",)}, {"dog"}),
        ({"thread_id": "t1"}, {"work"}),
        ({"filter": {"attribute": "home_city"}}, {"home"}),
        ({"agent_id": "bard"}, {"home", "dog", "work", "tea", "own"}),
        ({"agent_id": "other"}, {"home", "dog", "work", "tea"}),
        ({}, {"home", "dog", "work", "tea"}),
    ],
)
def test_only_what_the_query_admits_is_recalled(
    store: BaseStore, fields: dict[str, Any], expected: set[str]
) -> None:
    """Categories, tags, thread, filter and agent narrow what may answer."""
    assert set(ids(recalled(store, "tell me", floor=0.0, limit=9, **fields))) == expected


def test_other_users_are_never_recalled(store: BaseStore) -> None:
    """Another user's memories are out of reach, whatever is asked."""
    assert recalled(store, "Where do I live?", user=user_namespace("bob"), floor=0.0) == []


@pytest.mark.parametrize(
    "hidden",
    [
        {"status": "in_review"},
        {"expires_at": NOW},
        {"valid_until": NOW},
    ],
)
def test_what_is_not_in_force_is_not_recalled(store: BaseStore, hidden: dict[str, Any]) -> None:
    """In review, expired, or over: none of it is recalled."""
    changed = MEMORIES[0].model_copy(update=hidden)
    store.batch([removal_op(MEMORIES[0], USER), memory_op(changed, USER)])
    assert recalled(store, "Where do I live?") == []


def test_as_of_recalls_what_held_then(store: BaseStore) -> None:
    """A superseded memory answers for its own time, and only for that."""
    old = Memory(
        id="old",
        content="Lives in Bath",
        status="superseded",
        observed_at=NOW - timedelta(days=300),
        valid_until=NOW - timedelta(days=100),
    )
    forgotten = old.model_copy(update={"id": "gone", "status": "forgotten"})
    for memory in (old, forgotten):
        store.put(
            past_namespace(USER),
            memory.id,
            memory.to_value(),
            index=indexed_fields(memory.to_value()),
        )
    question = "Where do I live?"
    assert ids(recalled(store, question, as_of=NOW - timedelta(days=200))) == ["old"]
    assert ids(recalled(store, question, as_of=NOW + timedelta(hours=1))) == ["home"]
    assert ids(recalled(store, question)) == ["home"]


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        ({"text": " "}, InvalidQueryError, "the query is empty"),
        ({"limit": 0}, InvalidQueryError, "limit is 0"),
        ({"floor": 1.5}, InvalidQueryError, "floor is 1.5"),
        ({"filter": {"a": {"$in": [1]}}}, InvalidFilterError, r"unknown filter operator '\$in'"),
    ],
)
def test_a_query_that_nothing_could_answer_is_refused(
    store: BaseStore, fields: dict[str, Any], error: type[Exception], message: str
) -> None:
    """Blank text, a limit below one, a floor outside [0, 1] and unknown operators are errors."""
    fields = {"text": "live", **fields}
    with pytest.raises(error, match=message):
        recalled(store, **fields)


def test_a_long_text_is_searched_with_by_its_ends(store: BaseStore) -> None:
    """Of a pasted document beginning and end are used."""
    text = "Where do I live? " + "tungsten " * 5_000 + "golden retriever?"
    assert {"home", "dog"} <= set(ids(recalled(store, text, floor=0.0)))
    query = Query(text="a" * 5_000 + "b" * 5_000, user=USER, limit=1, now=NOW)
    assert query.searched == "a" * 1_000 + "\n" + "b" * 1_000


def test_agents_ask_about_the_user(store: BaseStore) -> None:
    """The word "user" stands in no memory and weighs nothing."""
    assert ids(recalled(store, "Where does the user live?")) == ["home"]


def test_the_profile_is_stable_and_holds_standing_memories_only(store: BaseStore) -> None:
    """Identity first, then by age; expired ones and other agents' own are left out."""
    profile = [
        Memory(id="z", content="Answer in Spanish", standing=True, created_at=NOW),
        Memory(id="n", content="Name is Ada", category="identity", standing=True),
        Memory(id="e", content="Answer in rhymes", standing=True, expires_at=NOW),
        Memory(id="o", content="Answer as a bard", standing=True, agent_id="bard"),
    ]
    store.batch([memory_op(memory, USER) for memory in profile])
    found = run(standing(store, USER, None, NOW))
    assert [memory.id for memory in found] == ["n", "z"]
    own = run(standing(store, USER, "bard", NOW))
    assert {memory.id for memory in own} == {"n", "z", "o"}


def test_paraphrases_are_recalled_once(store: BaseStore) -> None:
    """Of statements that differ in next to nothing the best one comes; without a floor all do."""
    twin = MEMORIES[0].model_copy(update={"id": "twin", "content": "lives in Leeds!"})
    store.batch([memory_op(twin, USER)])
    assert len(recalled(store, "Where do I live?")) == 1
    assert {"home", "twin"} <= set(ids(recalled(store, "Where do I live?", floor=0.0)))


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("Lives in Leeds", "lives in leeds.", True),
        ("Lives in Leeds", "Lives in York", False),
        ("Owes Bob 5 pounds", "Owes Bob 50 pounds", False),
        ("Plays chess on Mondays with Ana", "Plays chess on Fridays with Ana", False),
        ("", "", True),
    ],
)
def test_statements_that_say_the_same(left: str, right: str, same: bool) -> None:
    """Another name or number is another statement."""
    assert says_the_same(left, right) is same


def test_a_period_that_is_asked_about_comes_first(store: BaseStore) -> None:
    """Of two visits the one in the month asked about wins."""
    visits = [
        Memory(id=month, content="Visited the museum", observed_at=datetime(2026, n, 9, tzinfo=UTC))
        for n, month in ((2, "february"), (3, "march"))
    ]
    for visit in visits:  # InMemoryStore refuses the same text twice in a batch (#8822)
        store.batch([memory_op(visit, USER)])
    asked = "Which museum did I visit in {}?"
    for month in ("february", "march"):
        found = recalled(store, asked.format(month), floor=0.0)
        assert found[0].memory.id == month
        assert found[0].why["time"] > 0


def test_queries_read_together_find_what_each_finds_alone(store: BaseStore) -> None:
    """Whatever the limits, and where one query asks elsewhere than the others."""
    texts = ("Where do I live?", "green tea", "What is the boiling point of tungsten?")
    fields: dict[str, Any] = {"user": USER, "now": NOW + timedelta(days=1)}
    asked = [Query(text=text, limit=3, **fields) for text in texts]
    asked.append(Query(text="lighthouse", limit=1, agent_id="bard", **fields))
    asked.append(Query(text="golden retriever", limit=9, floor=0.0, **fields))
    together = run(recall_all(store, asked, WEIGHTS))
    assert together == [run(recall(store, one, WEIGHTS)) for one in asked]
    assert [len(found) for found in together] == [1, 1, 0, 1, 4]
    assert run(recall_all(store, [], WEIGHTS)) == []


def test_whom_a_statement_begins_with_is_whom_it_is_about(store: BaseStore) -> None:
    """Where one begins with whom the question names, the others keep three quarters of theirs."""
    asked, told = "John reads books about Rome", "Tim asked John which books about Rome he reads"
    rows = [Memory(id="tim", content=told), Memory(id="john", content=asked)]
    store.batch([memory_op(row, USER) for row in rows])
    first, second = recalled(store, "Which books about Rome has John read?", limit=2, floor=0)
    assert (first.memory.id, second.memory.id) == ("john", "tim")
    assert "subject" not in first.why
    assert sum(second.why.values()) == pytest.approx(second.score, abs=1e-3)
    assert second.why["subject"] == pytest.approx(-second.score / 3, abs=1e-3)


def test_a_word_in_another_form_is_found_and_says_so(store: BaseStore) -> None:
    """What no stem joins is read where nothing else answers, and raised by its share."""
    store.batch([memory_op(Memory(id="up", content="Steht um fünf auf"), USER)])
    (found,) = recalled(store, "Wann stehe ich auf?")
    assert found.memory.id == "up"
    assert found.why["forms"] > 0
    assert sum(found.why.values()) == pytest.approx(found.score, abs=1e-3)


def test_what_answers_beyond_doubt_is_not_outdone_by_looks(store: BaseStore) -> None:
    """Nothing is read for its letters where a memory holds the words themselves."""
    store.batch([memory_op(Memory(id="steel", content="Collects leeds and teasets"), USER)])
    assert ids(recalled(store, "green tea in the morning")) == ["tea"]
