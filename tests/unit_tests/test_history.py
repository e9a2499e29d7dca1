"""The history of a memory, found without reading everybody's, and what it says of earlier days."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from langgraph.store.base import BaseStore, Op, Result
from langgraph.store.memory import InMemoryStore

from langchain_usermem.errors import InvalidQueryError, MemoryNotFoundError
from langchain_usermem.history import FEW, changes_of, lineage_of, mark_of
from langchain_usermem.memory import Change, Memory
from langchain_usermem.namespaces import audit_namespace
from langchain_usermem.records import change_ops
from langchain_usermem.steps import run
from langchain_usermem.store.faiss_store import FaissStore
from langchain_usermem.times import utc_now
from langchain_usermem.user_memory import UserMemory

USER = ("usermem", "ada")
MAY = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(params=["faiss", "in_memory"])
def store(request: pytest.FixtureRequest) -> BaseStore:
    """Our own store, and one of LangGraph's."""
    return FaissStore(":memory:") if request.param == "faiss" else InMemoryStore()


@pytest.fixture
def memory(store: BaseStore) -> UserMemory:
    """An empty memory of one user."""
    return UserMemory(store, user_id="ada")


def contents(memories: object) -> list[str]:
    """What memories say, in order."""
    return [m.content for m in memories]  # type: ignore[attr-defined]


def test_lineage_follows_what_took_whose_place(store: BaseStore) -> None:
    """The history of a memory holds those of all it replaced, however far back, and no others."""
    ids = ("first", "second", "third", "other")
    chain = [Memory(id=i, content=f"Lives in {i}") for i in ids]
    changes = [
        Change(action="add", after=chain[0], at=MAY),
        Change(action="add", after=chain[3], at=MAY + DAY),
        Change(action="supersede", before=(chain[0],), after=chain[1], at=MAY + 2 * DAY),
        Change(action="supersede", before=(chain[1],), after=chain[2], at=MAY + 3 * DAY),
        Change(action="forget", before=(chain[3],), at=MAY + 4 * DAY),
    ]
    store.batch(change_ops(changes, USER))

    def lineage(memory_id: str) -> list[Change]:
        return run(lineage_of(store, USER, memory_id))

    assert lineage("third") == [changes[0], changes[2], changes[3]]
    assert lineage("second") == [changes[0], changes[2], changes[3]]
    assert lineage("first") == [changes[0], changes[2]]
    assert lineage("other") == [changes[1], changes[4]]
    assert lineage("nobody") == []


@pytest.mark.parametrize("wanted", [1, FEW, FEW + 1, 40])
def test_changes_of_few_and_of_many_are_the_same(store: BaseStore, wanted: int) -> None:
    """Looked up one by one or picked from the whole, each comes once and oldest first."""
    memories = [Memory(content=f"Likes tea {number}") for number in range(50)]
    changes = [Change(action="add", after=m, at=MAY + n * DAY) for n, m in enumerate(memories)]
    merge = Change(action="merge", before=tuple(memories[:2]), after=memories[2], at=utc_now())
    store.batch(change_ops([*changes, merge], USER))
    found = run(changes_of(store, USER, [memory.id for memory in memories[:wanted]]))
    assert found == [*changes[:wanted], merge]


class _Watched(InMemoryStore):
    """A store that counts the items its searches hand over."""

    handed = 0

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        found = super().batch(ops)
        self.handed += sum(len(page) for page in found if isinstance(page, list))
        return found


def test_what_touches_one_memory_is_read_and_nothing_else() -> None:
    """History, deletion and undoing of one among hundreds hand over its own changes only."""
    store = _Watched()
    memory = UserMemory(store, user_id="ada")
    memories = memory.remember_many([f"Likes tea {number}" for number in range(300)])
    changed = memory.update(memories[7].id, content="Likes coffee")
    store.handed = 0
    (_, update) = memory.history(changed.id)
    assert store.handed == 2
    memory.undo(update.id)
    assert store.handed == 4
    memory.delete(changed.id)
    # The namespaces of agents are none; the change that added it, the update, and its undoing.
    assert store.handed == 7


def test_what_came_and_was_deleted_since_made_no_difference(memory: UserMemory) -> None:
    """Of deleted memories a difference has those that stood at its beginning."""
    start = utc_now()
    first = memory.remember("Lives in Leeds")
    between = utc_now()
    memory.delete(first.id)
    assert memory.diff(start).is_empty
    assert memory.diff(between).deleted == (first.id,)
    assert memory.diff(utc_now()).is_empty


def test_a_tombstone_of_an_earlier_release_is_told(store: BaseStore, memory: UserMemory) -> None:
    """It does not say since when the memory was there."""
    start = utc_now()
    tombstone = {"memory_id": "m1", "action": "delete", "at": utc_now().isoformat()}
    store.put(audit_namespace(memory.namespace()), "m1", tombstone, index=False)
    assert memory.diff(start).deleted == ("m1",)


def test_purged_memories_leave_no_mark_of_text(store: BaseStore, memory: UserMemory) -> None:
    """A deleted memory is in no history, no difference and no earlier day."""
    before = utc_now()
    first = memory.remember("Lives in Leeds", attribute="home_city", observed_at=MAY)
    memory.update(first.id, content="Lives in Leeds, by the canal")
    memory.remember("Lives in York", attribute="home_city", observed_at=MAY + DAY)
    memory.delete(first.id)
    assert contents(memory.list(as_of=MAY)) == []
    assert memory.history(first.id) == []
    difference = memory.diff(before)
    assert (contents(difference.added), difference.deleted) == (["Lives in York"], ())
    everything = str([item.value for item in store.search((), limit=100)])
    assert "Leeds" not in everything
    assert mark_of(first.id) not in everything


def test_an_updated_memory_says_what_it_said(memory: UserMemory) -> None:
    """As of the time before each rewriting, it has the words of then; undone, it had them all."""
    first = memory.remember("Has a dog", observed_at=MAY)
    between = []
    for content in ("Has a dog, Rex", "Has a dog, Rex, who is brown"):
        between.append(utc_now())
        memory.update(first.id, content=content)
    memory.undo(memory.history()[-1].id)
    moments = [MAY, *between, utc_now()]
    words = ["Has a dog", "Has a dog", "Has a dog, Rex", "Has a dog, Rex"]
    assert [contents(memory.list(as_of=moment)) for moment in moments] == [[w] for w in words]
    found = [memory.search("dog", as_of=moment) for moment in moments]
    assert [[r.memory.content for r in each] for each in found] == [[w] for w in words]
    assert memory.list(as_of=MAY - DAY) == []


def test_as_of_lists_what_stood_in_order_of_agents(memory: UserMemory) -> None:
    """Past ones among it, those of other agents not, and of the categories asked for."""
    memory.remember("Lives in Leeds", attribute="home_city", observed_at=MAY)
    memory.remember("Lives in York", attribute="home_city", observed_at=MAY + DAY)
    memory.remember("Likes tea", category="preference", agent_id="cook", observed_at=MAY)
    memory.remember("Likes rye", category="preference", agent_id="baker", observed_at=MAY)
    noon = MAY + DAY / 2
    assert contents(memory.list(as_of=noon)) == ["Lives in Leeds", "Likes tea", "Likes rye"]
    assert contents(memory.list(as_of=noon, agent_id="cook")) == ["Lives in Leeds", "Likes tea"]
    assert contents(memory.list(as_of=noon, categories=["preference"])) == [
        "Likes tea",
        "Likes rye",
    ]


def test_a_difference_says_what_became_of_what_stood(memory: UserMemory) -> None:
    """Added, changed, superseded, forgotten, expired and undone, and nothing that came and went."""
    memory.remember("Lives in Leeds", attribute="home_city", observed_at=MAY)
    dog = memory.remember("Has a dog")
    memory.remember("Likes tea")
    wrong = memory.remember("Has a parrot")
    memory.remember("Is in Rome", category="context", expires_at=utc_now() + timedelta(0, 0.05))
    since = utc_now()
    memory.remember("Lives in York", attribute="home_city")
    memory.update(dog.id, content="Has a dog, Rex")
    memory.remember("likes tea")
    memory.forget("parrot")
    passing = memory.remember("Has a hamster")
    memory.undo(memory.history(passing.id)[-1].id)
    while memory.diff(since).expired == ():
        pass
    found = memory.diff(since)
    assert contents(found.added) == ["Lives in York"]
    assert contents(found.superseded) == ["Lives in Leeds"]
    assert [(r.before.content, r.after.content) for r in found.changed] == [
        ("Has a dog", "Has a dog, Rex")
    ]
    assert contents(found.forgotten) == [wrong.content]
    assert contents(found.expired) == ["Is in Rome"]
    assert (found.undone, found.deleted, found.since) == ((), (), since)
    memory.tidy()
    assert contents(memory.diff(since).expired) == ["Is in Rome"]


def test_what_is_undone_is_no_difference(memory: UserMemory) -> None:
    """A replacement taken back leaves what stood; an addition from before taken back is undone."""
    memory.remember("Lives in Leeds", attribute="home_city", observed_at=MAY)
    (added,) = memory.history()
    since = utc_now()
    memory.remember("Lives in York", attribute="home_city")
    replaced = memory.history()[-1]
    for change in memory.undo(replaced.id):
        assert change.action == "restore"
    assert memory.diff(since).is_empty
    assert not memory.diff(added.at - DAY).is_empty
    memory.remember("Has a dog")
    before_undoing = utc_now()
    memory.undo(memory.history()[-1].id)
    assert contents(memory.diff(before_undoing).undone) == ["Has a dog"]


@pytest.mark.parametrize("since", ["yesterday", "", 7])
def test_since_is_a_time(memory: UserMemory, since: str) -> None:
    """Whatever else is refused, and so it is of `as_of`."""
    with pytest.raises(InvalidQueryError, match="is no time"):
        memory.diff(since)
    with pytest.raises(InvalidQueryError, match="is no time"):
        memory.list(as_of=since)


def test_undoing_what_was_never_done_says_so(memory: UserMemory) -> None:
    """An id of no change is named, and history() as where to look."""
    with pytest.raises(MemoryNotFoundError, match="has no change 'nothing'"):
        memory.undo("nothing")
