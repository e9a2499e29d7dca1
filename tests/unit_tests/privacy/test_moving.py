"""Exports: complete, taken in again without loss, and no garbage with them."""

import json
from typing import Any

import pytest
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore

from langchain_usermem import namespaces
from langchain_usermem.errors import ImportFormatError
from langchain_usermem.memory import Memory
from langchain_usermem.privacy.importing import MAX_ERRORS, MAX_RECORD_CHARS
from langchain_usermem.privacy.kinds import KINDS, KINDS_BY_LABEL
from langchain_usermem.store.faiss_store import FaissStore
from langchain_usermem.user_memory import UserMemory
from tests.unit_tests.privacy.conftest import ADA, BOB, fill, rows
from tests.unit_tests.store.conftest import HashEmbeddings

HEADER = {"kind": "header", "format": "langchain-usermem", "version": 1}
TEA = {"kind": "memory", **Memory(id="m1", content="Likes tea").to_value()}


def test_every_namespace_of_a_user_has_a_kind() -> None:
    """What is added to the layout is exported too, but for the count of writes."""
    made = [found for name, found in vars(namespaces).items() if name.endswith("_namespace")]
    labels = {found(("root", "ada"), "x")[2] for found in made if found.__code__.co_argcount == 2}
    labels |= {
        found(("root", "ada"))[2]
        for found in made
        if found.__code__.co_argcount == 1 and found is not namespaces.user_namespace
    }
    assert labels == KINDS_BY_LABEL.keys() | {"revision"}


def test_an_export_holds_every_row(store: BaseStore) -> None:
    """One record for each, the header first, all of them JSON; another user's are not in it."""
    fill(store, BOB)
    memory = fill(store)
    below = memory.namespace(ADA)
    own = [place for place in rows(store) if place[0][:2] == below and place[0][2] != "revision"]
    header, *records = memory.export(user_id=ADA)
    assert (header["version"], header["user_id"]) == (1, ADA)
    assert len(records) == len(own)
    assert {record["kind"] for record in records} == KINDS.keys()
    assert json.loads(json.dumps(records)) == records
    held = [Memory.from_value(r) for r in records if r["kind"] == "memory"]
    assert {m.id: m for m in held} == {m.id: m for m in memory.list(user_id=ADA, include_past=True)}
    assert {m.status for m in held} == {"active", "superseded", "forgotten", "in_review"}


@pytest.mark.parametrize("as_lines", [True, False])
def test_what_is_erased_and_taken_in_again_is_as_before(store: BaseStore, as_lines: bool) -> None:
    """Export, erase, import, export: equal but for the header; rows are equal too."""
    memory = fill(store)
    before, held = memory.export(user_id=ADA), rows(store)
    records = [json.dumps(record) for record in before] if as_lines else before
    memory.erase(user_id=ADA)
    done = memory.import_records(records, user_id=ADA)
    assert (sum(done.imported.values()), done.present, done.refused) == (len(before) - 1, {}, 0)
    assert memory.export(user_id=ADA)[1:] == before[1:]
    assert without_leases(rows(store)) == without_leases(held)
    found = memory.search("Where do I live?", user_id=ADA)
    assert [one.memory.content for one in found] == ["Lives in York"]


def without_leases(held: dict[Any, dict[str, Any]]) -> dict[Any, dict[str, Any]]:
    """Rows without what is of the moment: leases, and how often was written."""
    kept = ("holder", "held_until", "expiring")
    return {
        place: {name: part for name, part in value.items() if name not in kept}
        for place, value in held.items()
        if place[0][2] != "revision"
    }


async def test_an_undo_works_after_a_move_to_another_user_and_store() -> None:
    """The history comes along; the user is whoever it was taken in for."""
    with FaissStore(":memory:") as store, UserMemory(":memory:") as other:
        records = await fill(store).aexport(user_id=ADA)
        done = await other.aimport_records(records, user_id=BOB)
        assert (done.user_id, other.users()) == (BOB, [BOB])
        assert [turn.user_id for turn in other.inbox()] == [BOB]
        (moved,) = [c for c in other.history(user_id=BOB) if c.action == "supersede"]
        other.undo(moved.id, user_id=BOB)
        assert "Lives in Leeds" in {m.content for m in other.list(user_id=BOB)}


def test_taking_the_same_in_twice_changes_nothing(store: BaseStore) -> None:
    """The second time all is there; what was edited since keeps its edit."""
    memory = fill(store)
    records = memory.export(user_id=ADA)
    (york,) = [m for m in memory.list(user_id=ADA) if m.content == "Lives in York"]
    memory.update(york.id, user_id=ADA, tags=["checked"])
    held = rows(store)
    done = memory.import_records(records, user_id=ADA)
    assert (done.imported, sum(done.present.values())) == ({}, len(records) - 1)
    assert rows(store) == held


def test_what_was_deleted_since_does_not_come_back(store: BaseStore) -> None:
    """Neither the memory nor what the history said of it; the rest of it is there already."""
    memory = UserMemory(store)
    secret = memory.remember("Keeps a swordfish", user_id=ADA, attribute="pet")
    records = memory.export(user_id=ADA)
    memory.delete(secret.id, user_id=ADA)
    done = memory.import_records(records, user_id=ADA)
    assert (done.imported, done.present) == ({}, {"memory": 1, "change": 1})
    assert "swordfish" not in str(rows(store))


def test_texts_are_embedded_in_batches() -> None:
    """450 memories are three calls of the embedder, not 450."""
    embeddings = HashEmbeddings()
    many = [{**TEA, "id": f"m{n}", "content": f"Likes tea number {n}"} for n in range(450)]
    with FaissStore(":memory:", index={"embed": embeddings, "fields": ["content"]}) as store:
        memory = UserMemory(store)
        assert memory.import_records([HEADER, *many], user_id=ADA).imported == {"memory": 450}
        assert [len(call) for call in embeddings.calls] == [200, 200, 50]


BAD: list[Any] = [
    '{"kind": "memory", "content": "swordfish"',
    b"\xff swordfish",
    "[" * 100_000,
    '"swordfish"',
    f'{{"kind": "{"swordfish" * 3}"}}',
    {"kind": ["memory"]},
    HEADER,
    {"kind": "memory", "id": "m2"},
    {**TEA, "content": "swordfish" * 1_000},
    {**TEA, "content": "swordfish \ud800"},
    {**TEA, "content": ["swordfish"]},
    {**TEA, "id": "m.2"},
    {**TEA, "id": "../swordfish"},
    {**TEA, "id": "m2\n"},
    {**TEA, "id": ""},
    {**TEA, "supersedes": ["sword.fish"]},
    {**TEA, "merged_into": "sword.fish"},
    {**TEA, "status": "swordfish"},
    {**TEA, "observed_at": "swordfish"},
    {**TEA, "observed_at": "0001-01-01T00:00:00+14:00"},
    {**TEA, "confidence": float("nan")},
    {**TEA, "agent_id": " "},
    {**TEA, "agent_id": "swordfish" * 99},
    {"kind": "change", "id": "c1", "action": "swordfish"},
    {"kind": "change", "id": "c1", "action": "add", "after": {**TEA, "id": "sword.fish"}},
    {"kind": "turn", "key": "k", "user_id": BOB},
    {"kind": "done", "key": "sword.fish", "at": "2026-01-01"},
    {"kind": "tombstone", "memory_id": "m2"},
    {"kind": "comparison", "key": "k", "memories": ["touches.swordfish"]},
]


@pytest.mark.parametrize("bad", BAD, ids=range(len(BAD)))
def test_garbage_is_refused_by_its_line_without_a_word_of_it(store: BaseStore, bad: Any) -> None:
    """What stands beside it is taken in; blank lines count as lines."""
    memory = UserMemory(store)
    done = memory.import_records([HEADER, "", bad, TEA, b"\n"], user_id=ADA)
    assert (done.imported, done.refused) == ({"memory": 1}, 1)
    (error,) = done.errors
    assert error.startswith("line 3: ")
    assert "swordfish" not in error
    assert len(error) < 150
    assert [m.id for m in memory.list(user_id=ADA, include_past=True)] == ["m1"]


def test_a_line_that_is_too_long_is_not_read(store: BaseStore) -> None:
    """It is refused by its length."""
    line = json.dumps({**TEA, "tags": ["x" * MAX_RECORD_CHARS]})
    done = UserMemory(store).import_records([HEADER, line], user_id=ADA)
    assert done.errors == (f"line 2: it is longer than {MAX_RECORD_CHARS} characters",)


def test_a_report_of_much_garbage_is_short(store: BaseStore) -> None:
    """All are counted, and a hundred explained."""
    done = UserMemory(store).import_records([HEADER, *["{"] * 1_000], user_id=ADA)
    assert (done.refused, len(done.errors)) == (1_000, MAX_ERRORS)


def test_records_of_others_become_the_users_own() -> None:
    """Whatever users and places a record names, nobody else's are read or written."""
    with UserMemory(":memory:") as memory:
        kept = memory.remember("Plays the oboe", user_id=BOB)
        held = rows(memory.store)
        others = {"user_id": BOB, "namespace": ["usermem", BOB], "root": "other"}
        records: list[Any] = [
            {**HEADER, "user_id": BOB},
            {**TEA, **others, "id": kept.id},
            {**TEA, **others, "id": "m2", "agent_id": "../bob.x%2E*"},
        ]
        assert memory.import_records(records, user_id=ADA).imported == {"memory": 2}
        assert {p: v for p, v in rows(memory.store).items() if p[0][1] == BOB} == held
        assert len(memory.list(user_id=ADA, agent_id="../bob.x%2E*")) == 2


def test_of_records_with_one_id_the_first_is_kept(store: BaseStore) -> None:
    """Be it under another agent, another status, or as deleted."""
    tombstone = {"kind": "tombstone", "memory_id": "m1", "at": "2026-01-01T00:00:00Z"}
    moved: list[Any] = [{**TEA, "agent_id": "a"}, {**TEA, "status": "superseded"}, tombstone]
    memory = UserMemory(store)
    done = memory.import_records([HEADER, TEA, *moved], user_id=ADA)
    assert (done.imported, done.present) == ({"memory": 1}, {"memory": 2, "tombstone": 1})
    again = memory.import_records([HEADER, *moved], user_id=ADA)
    assert again.imported == {}


@pytest.mark.parametrize(
    "records",
    [[], [TEA], ["{"], [{**HEADER, "format": "x"}], [b"\xff"], [{**HEADER, "version": 2}]]
    + [[{**HEADER, "version": version}] for version in ("1", True, 0, None)],
    ids=str,
)
def test_what_is_no_export_is_refused_whole(store: BaseStore, records: list[Any]) -> None:
    """Nothing of it is stored, and the error says what to pass."""
    with pytest.raises(ImportFormatError, match=r"export"):
        UserMemory(store).import_records([*records, TEA] if records else [], user_id=ADA)
    assert rows(store) == {}


def test_huge_numbers_hinder_nobody() -> None:
    """A number that no column holds is kept, and the user's memories are found as ever."""
    for store in (FaissStore(":memory:"), InMemoryStore()):
        memory = UserMemory(store)
        memory.import_records([HEADER, {**TEA, "ordinal": 10**400}], user_id=ADA)
        assert len(memory.list(user_id=ADA)) == 1
        assert memory.search("Does she like tea?", user_id=ADA, floor=0)
