"""Where each record lies after each change, read back from LangGraph's own store."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from langgraph.store.base import PutOp
from langgraph.store.memory import InMemoryStore

from langchain_usermem.history import all_changes
from langchain_usermem.memory import Action, Change, Memory
from langchain_usermem.namespaces import (
    agent_namespace,
    audit_namespace,
    changes_namespace,
    past_namespace,
    shared_namespace,
)
from langchain_usermem.records import change_ops, memory_op, purge_ops, removal_op, tidy
from langchain_usermem.settings import MemorySettings
from langchain_usermem.steps import run

USER = ("usermem", "ada")
SHARED, PAST = shared_namespace(USER), past_namespace(USER)
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
OLD = Memory(id="old", content="Lives in Leeds", observed_at=NOON - DAY)
NEW = Memory(id="new", content="Lives in York", observed_at=NOON)


@pytest.fixture
def store() -> InMemoryStore:
    """A store that keeps no text but what records put into it."""
    return InMemoryStore()


def apply(store: InMemoryStore, *changes: Change) -> None:
    """Write changes to a store in one batch."""
    store.batch(change_ops(changes, USER))


def change(
    action: Action, *before: Memory, after: Memory | None = None, at: datetime = NOON
) -> Change:
    """A change at noon, unless another time is given."""
    return Change(action=action, before=before, after=after, at=at)


def contents(store: InMemoryStore, namespace: tuple[str, ...]) -> dict[str, tuple[Any, ...]]:
    """Status and content of the memories below a namespace, by id."""
    items = store.search(namespace, limit=100)
    return {item.key: (item.value["status"], item.value["content"]) for item in items}


def whole_text(store: InMemoryStore) -> str:
    """All that the store holds, as one text."""
    return json.dumps([item.value for item in store.search((), limit=1_000)])


def test_addition(store: InMemoryStore) -> None:
    """What is added lies among the active ones, beside the change that did it."""
    apply(store, added := change("add", after=OLD))
    assert contents(store, SHARED) == {"old": ("active", "Lives in Leeds")}
    assert contents(store, PAST) == {}
    assert run(all_changes(store, USER)) == [added]


def test_memory_of_an_agent_lies_apart(store: InMemoryStore) -> None:
    """Its namespace is the agent's own, for writing and for removing."""
    own = OLD.model_copy(update={"agent_id": "a.b"})
    apply(store, change("add", after=own))
    assert contents(store, agent_namespace(USER, "a.b")).keys() == {"old"}
    assert contents(store, SHARED) == {}
    store.batch([removal_op(own, USER)])
    assert contents(store, (*USER, "memories")) == {}


def test_superseded_memory_moves_into_the_past(store: InMemoryStore) -> None:
    """It held until the new one begins, and is no longer among the active ones."""
    apply(store, change("add", after=OLD), change("supersede", OLD, after=NEW))
    assert contents(store, SHARED) == {"new": ("active", "Lives in York")}
    past = Memory.from_value(store.search(PAST)[0].value)
    assert (past.id, past.status, past.valid_until, past.updated_at) == (
        "old",
        "superseded",
        NOON,
        NOON,
    )


def test_end_that_was_known_is_kept(store: InMemoryStore) -> None:
    """`valid_until` of a superseded memory is not overwritten."""
    ended = OLD.model_copy(update={"valid_until": NOON - DAY / 2})
    begun = NEW.model_copy(update={"valid_from": NOON + DAY})
    apply(store, change("supersede", ended, OLD.model_copy(update={"id": "x"}), after=begun))
    ends = {item.key: Memory.from_value(item.value).valid_until for item in store.search(PAST)}
    assert ends == {"old": NOON - DAY / 2, "x": NOON + DAY}


@pytest.mark.parametrize(
    ("action", "status"),
    [("forget", "forgotten"), ("expire", "expired"), ("supersede", "superseded")],
)
def test_status_says_how_a_memory_ended(store: InMemoryStore, action: Action, status: str) -> None:
    """What was forgotten or has expired lies in the past without a replacement."""
    apply(store, change("add", after=OLD), change(action, OLD))
    assert contents(store, PAST) == {"old": (status, "Lives in Leeds")}
    assert contents(store, SHARED) == {}


def test_rewritten_memory_stays_where_it_is(store: InMemoryStore) -> None:
    """An update under the same id leaves nothing in the past."""
    after = OLD.model_copy(update={"content": "Lives in Hull"})
    apply(store, change("add", after=OLD), change("update", OLD, after=after))
    assert contents(store, SHARED) == {"old": ("active", "Lives in Hull")}
    assert contents(store, PAST) == {}


def test_additions_come_before_removals() -> None:
    """A store without transactions that stops half-way has lost nothing; no key comes twice."""
    chain = [
        change("add", after=OLD),
        change("supersede", OLD, after=NEW),
        change("forget", NEW),
    ]
    ops = change_ops(chain, USER)
    removals = [op.value is None for op in ops]
    assert removals == sorted(removals)
    assert sum(removals) == 2
    assert len({(op.namespace, op.key) for op in ops}) == len(ops)


def test_statements_quotes_slots_and_tags_are_indexed() -> None:
    """History is stored without vectors, and no tags are nothing to find by."""
    fields = ["content", "evidence[*].quote", "attribute"]
    assert memory_op(OLD, USER).index == fields
    tagged = OLD.model_copy(update={"tags": ("town",)})
    assert memory_op(tagged, USER).index == [*fields, "tags"]
    ops = {op.namespace: op for op in change_ops([change("add", after=OLD)], USER)}
    assert ops[changes_namespace(USER)].index is False


def test_no_changes_are_no_ops() -> None:
    """Nothing decided writes nothing."""
    assert change_ops([], USER) == []


def test_history_is_read_oldest_first_and_whole(store: InMemoryStore) -> None:
    """More changes than one page holds come back in order of time."""
    made = [change("add", after=OLD, at=NOON + n * DAY) for n in range(1_001)]
    apply(store, *reversed(made))
    assert run(all_changes(store, USER)) == made


def test_purge_leaves_no_word_of_a_memory(store: InMemoryStore) -> None:
    """Text is gone from among the active, from the past and from the history; a tombstone stays."""
    apply(store, change("add", after=OLD), change("supersede", OLD, after=NEW))
    store.batch(run(purge_ops(store, USER, [OLD], NOON)))
    assert "Leeds" not in whole_text(store)
    assert contents(store, SHARED) == {"new": ("active", "Lives in York")}
    tombstones = [item.value for item in store.search(audit_namespace(USER))]
    times = {"at": NOON.isoformat(), "created_at": OLD.created_at.isoformat()}
    assert tombstones == [{"memory_id": "old", "action": "delete", **times}]


def test_purge_redacts_steps_that_concern_others_too(store: InMemoryStore) -> None:
    """What is left of a change names the other memory; what names none is gone."""
    apply(store, change("add", after=OLD), replaced := change("supersede", OLD, after=NEW))
    store.batch(run(purge_ops(store, USER, [OLD], NOON)))
    assert run(all_changes(store, USER)) == [replaced.model_copy(update={"before": ()})]
    store.batch(run(purge_ops(store, USER, [NEW], NOON)))
    assert run(all_changes(store, USER)) == []
    assert "York" not in whole_text(store)


def test_purge_of_nothing_reads_nothing() -> None:
    """Without memories no store is asked."""
    assert run(purge_ops(None, USER, [], NOON)) == []  # type: ignore[arg-type] # unasked


@pytest.mark.parametrize(("elapsed", "left"), [(6.99, {"old"}), (7, set()), (8, set())])
def test_what_was_forgotten_is_purged_after_the_days_of_grace(
    store: InMemoryStore, elapsed: float, left: set[str]
) -> None:
    """Until then forgetting can be undone."""
    apply(store, change("add", after=OLD), change("forget", OLD))
    run(tidy(store, USER, NOON + elapsed * DAY, MemorySettings()))
    assert contents(store, PAST).keys() == left
    assert ("Leeds" in whole_text(store)) == bool(left)


def test_without_grace_forgetting_is_purging(store: InMemoryStore) -> None:
    """`forget_grace_days=0` leaves no text behind."""
    apply(store, change("add", after=OLD), change("forget", OLD))
    run(tidy(store, USER, NOON, MemorySettings(forget_grace_days=0)))
    assert "Leeds" not in whole_text(store)


@pytest.mark.parametrize(
    ("expires_at", "expired"),
    [
        (None, False),
        (NOON, True),
        (NOON - timedelta(microseconds=1), True),
        (NOON + timedelta(microseconds=1), False),
        (NOON + timedelta(milliseconds=500), False),
        (NOON - DAY, True),
        (NOON + DAY, False),
    ],
)
def test_what_has_expired_moves_into_the_past(
    store: InMemoryStore, expires_at: datetime | None, *, expired: bool
) -> None:
    """To the microsecond, of any agent, and with a change that says so."""
    dated = OLD.model_copy(update={"expires_at": expires_at, "agent_id": "a"})
    store.batch([memory_op(dated, USER)])
    run(tidy(store, USER, NOON, MemorySettings()))
    assert contents(store, PAST) == ({"old": ("expired", "Lives in Leeds")} if expired else {})
    history = run(all_changes(store, USER))
    assert [step.action for step in history] == (["expire"] if expired else [])


def test_tidying_twice_changes_nothing(store: InMemoryStore) -> None:
    """A second pass finds nothing to do."""
    apply(store, change("add", after=OLD.model_copy(update={"expires_at": NOON})))
    run(tidy(store, USER, NOON, MemorySettings()))
    before = whole_text(store)
    run(tidy(store, USER, NOON, MemorySettings()))
    assert whole_text(store) == before


def test_users_do_not_touch_each_other(store: InMemoryStore) -> None:
    """Purging and tidying one user leaves another one's records as they are."""
    other = ("usermem", "ada2")
    store.batch(change_ops([change("add", after=OLD), change("forget", OLD)], other))
    store.put(("usermem", "ada2", "memories", "shared"), "x", {"content": "Leeds"})
    apply(store, change("add", after=OLD), change("forget", OLD))
    before = [item.value for item in store.search(other, limit=100)]
    run(tidy(store, USER, NOON + 30 * DAY, MemorySettings()))
    assert [item.value for item in store.search(other, limit=100)] == before
    assert isinstance(removal_op(OLD, USER), PutOp)
