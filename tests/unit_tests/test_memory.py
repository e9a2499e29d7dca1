"""Values are frozen, checked, and the same after a way through JSON."""

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from langchain_usermem.memory import (
    Action,
    Candidate,
    Change,
    Evidence,
    Failure,
    Memory,
    Recalled,
    Skipped,
    Source,
    Status,
    Trust,
    Value,
    ids_of,
    new_id,
)
from langchain_usermem.report import AddReport

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
NAIVE_NOON = NOON.replace(tzinfo=None)

characters = st.characters(exclude_categories=["Cs"])
texts = st.text(characters, max_size=20).map(lambda text: f"x{text}x")
maybe_texts = st.none() | texts
shares = st.floats(0, 1)
times = st.datetimes(timezones=st.just(UTC))
maybe_times = st.none() | times
evidence = st.builds(Evidence, quote=texts, message_id=maybe_texts)
common: dict[str, Any] = {
    "content": texts,
    "category": texts,
    "attribute": maybe_texts,
    "tags": st.lists(texts, max_size=2).map(tuple),
    "evidence": st.lists(evidence, max_size=2).map(tuple),
    "trust": st.sampled_from(get_args(Trust)),
    "confidence": shares,
    "valid_from": maybe_times,
    "valid_until": maybe_times,
    "expires_at": maybe_times,
}
memories = st.builds(
    Memory,
    **common,
    standing=st.booleans(),
    agent_id=maybe_texts,
    thread_id=maybe_texts,
    ordinal=st.none() | st.integers(0, 10**6),
    source=st.sampled_from(get_args(Source)),
    importance=shares,
    observed_at=times,
    status=st.sampled_from(get_args(Status)),
    supersedes=st.lists(texts, max_size=2).map(tuple),
    created_at=times,
    updated_at=times,
)
candidates = st.builds(
    Candidate,
    **common,
    standing=st.none() | st.booleans(),
    forget=st.booleans(),
    corrects=st.booleans(),
    explicit=st.booleans(),
    observed_at=maybe_times,
)
changes = st.builds(
    Change,
    action=st.sampled_from(get_args(Action)),
    before=st.lists(memories, max_size=2).map(tuple),
    after=st.none() | memories,
    reason=st.text(characters, max_size=10),
    at=times,
)
reports = st.builds(
    AddReport,
    changes=st.lists(changes, max_size=2).map(tuple),
    skipped=st.lists(st.builds(Skipped, content=texts, reason=texts), max_size=2).map(tuple),
    failed=st.lists(
        st.builds(Failure, stage=st.sampled_from(["extract", "store"]), error=texts), max_size=2
    ).map(tuple),
)


def there_and_back(value: Value) -> Value:
    """A value after a way through JSON text."""
    return type(value).from_value(json.loads(json.dumps(value.to_value())))


@given(memories | candidates | changes | reports)
def test_json_gives_the_value_back(value: Value) -> None:
    """Every text, number and microsecond is the same after a way through JSON."""
    assert there_and_back(value) == value


@given(memories, st.floats(0, 1), st.none() | st.floats(-1, 1))
def test_json_gives_a_recalled_memory_back(
    memory: Memory, score: float, similarity: float | None
) -> None:
    """The ranks of a recalled memory are exact as well."""
    recalled = Recalled(memory=memory, score=score, similarity=similarity, why={"keywords": score})
    assert there_and_back(recalled) == recalled


def test_what_is_unset_is_left_out() -> None:
    """A stored memory has no keys for what nobody said."""
    value = Memory(id="1", content="Lives in Leeds", observed_at=NOON).to_value()
    assert {"attribute", "agent_id", "expires_at"}.isdisjoint(value)
    assert (value["content"], value["observed_at"]) == ("Lives in Leeds", "2026-05-01T12:00:00Z")


def test_what_is_as_by_default_is_not_shown() -> None:
    """On a console a memory is what was set of it, and a report what happened."""
    memory = Memory(id="1", content="Lives in Leeds", standing=True, observed_at=NOON)
    times = [name for name in ("created_at", "updated_at") if name in repr(memory)]
    assert (str(AddReport()), times) == ("", ["created_at", "updated_at"])
    shown = repr(memory).partition(", created_at")[0]
    assert shown == f"Memory(id='1', content='Lives in Leeds', standing=True, observed_at={NOON!r}"


def test_keys_of_newer_versions_are_passed_over() -> None:
    """What a later version wrote can be read by this one."""
    assert Memory.from_value({"content": "a", "mood": "new"}).content == "a"


@pytest.mark.parametrize(
    "fields",
    [
        {"content": ""},
        {"content": " \n\u3000"},
        {"content": "x" * 8_001},
        {"content": "a\ud800"},
        {"content": None},
        {"content": 5},
        {"category": " "},
        {"category": "x" * 201},
        {"tags": ("ok", "")},
        {"tags": 3},
        {"confidence": math.nan},
        {"confidence": 1.01},
        {"importance": -0.01},
        {"importance": math.inf},
        {"status": "deleted"},
        {"source": "guess"},
        {"expires_at": "soon"},
        {"expires_at": "9999-12-31T23:59:59-05:00"},
        {"evidence": [{"quote": ""}]},
    ],
)
def test_field_that_does_not_fit_is_refused(fields: dict[str, object]) -> None:
    """A value is whole or it does not exist."""
    with pytest.raises(ValidationError):
        Memory.from_value({"content": "a", **fields})


def test_refusal_does_not_repeat_the_text() -> None:
    """The error of a text that is too long does not hold it."""
    with pytest.raises(ValidationError) as caught:
        Memory(content="secret" * 2_000)
    assert "secret" not in str(caught.value)


def test_longest_content() -> None:
    """8,000 characters fit, whatever their size in bytes."""
    assert len(Memory(content="東" * 8_000).content) == 8_000


def test_space_around_texts_is_dropped() -> None:
    """Content, category and tags are stripped."""
    memory = Memory(content=" Lives in Leeds\n", category=" fact ", tags=(" home ",))
    assert (memory.content, memory.category, memory.tags) == ("Lives in Leeds", "fact", ("home",))


@pytest.mark.parametrize("kind", [Memory, Candidate])
def test_one_tag_may_stand_alone(kind: type[Memory | Candidate]) -> None:
    """A text in place of a list of tags is one tag, not its letters."""
    assert kind.from_value({"content": "a", "tags": "work"}).tags == ("work",)


def test_values_are_frozen() -> None:
    """No field can be assigned to."""
    memory = Memory(content="a")
    with pytest.raises(ValidationError):
        memory.content = "b"  # type: ignore[misc] # what is tested


def test_times_are_brought_to_utc() -> None:
    """A time in another zone is the same moment; one without a zone is UTC already."""
    elsewhere = Memory.from_value({"content": "a", "observed_at": "2026-05-01T14:00:00+02:00"})
    assert elsewhere.observed_at == NOON
    assert Memory(content="a", observed_at=NAIVE_NOON).observed_at == NOON


@pytest.mark.parametrize(
    ("expires_at", "expired"),
    [(None, False), (NOON - HOUR, True), (NOON, True), (NOON + HOUR, False)],
)
def test_life_ends_at_its_end(expires_at: datetime | None, *, expired: bool) -> None:
    """A memory is expired from `expires_at` on; a naive `now` is taken as UTC."""
    memory = Memory(content="a", expires_at=expires_at)
    assert memory.has_expired(NOON) is expired
    assert memory.has_expired(NAIVE_NOON) is expired


@pytest.mark.parametrize(
    ("begin", "end", "held"),
    [
        (None, None, True),
        (NOON, None, True),
        (NOON + HOUR, None, False),
        (NOON - HOUR, NOON, False),
        (NOON - HOUR, NOON + HOUR, True),
    ],
)
def test_statement_holds_from_its_begin_to_before_its_end(
    begin: datetime | None, end: datetime | None, *, held: bool
) -> None:
    """`valid_from` belongs to the time it held, `valid_until` does not."""
    memory = Memory(content="a", observed_at=NOON, valid_from=begin, valid_until=end)
    assert memory.held_at(NOON) is held
    assert memory.held_at(NAIVE_NOON) is held


def test_what_is_said_later_did_not_hold_before() -> None:
    """Without `valid_from` a statement holds from when it was said."""
    memory = Memory(content="a", observed_at=NOON)
    assert (memory.held_at(NOON - HOUR), memory.held_at(NOON)) == (False, True)


def test_order_is_by_age_then_place_then_id() -> None:
    """Memories sort by when they were stored, then by ordinal (None as 0), then by id."""
    first = Memory(id="z", content="a", created_at=NOON)
    second = Memory(id="a", content="b", created_at=NOON, ordinal=1)
    third = Memory(id="b", content="c", created_at=NOON, ordinal=1)
    fourth = Memory(id="0", content="d", created_at=NOON + HOUR)
    ordered = sorted([fourth, third, first, second], key=lambda memory: memory.order)
    assert ids_of(ordered) == ("z", "a", "b", "0")


def test_change_touches_all_its_memories() -> None:
    """The ids of a change are those before and the one after, each once."""
    old, new = Memory(id="1", content="a"), Memory(id="2", content="b")
    assert Change(action="supersede", before=(old,), after=new).memory_ids == {"1", "2"}
    assert Change(action="update", before=(old,), after=old).memory_ids == {"1"}
    assert Change(action="forget", before=(old,)).memory_ids == {"1"}
    assert Change(action="add").memory_ids == frozenset()


def test_new_ids_are_32_hexadecimal_digits() -> None:
    """Ids differ each time."""
    ids = {new_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(len(i) == 32 and int(i, 16) >= 0 for i in ids)
