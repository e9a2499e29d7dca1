"""Statements of an application are checked before anything is written."""

from datetime import UTC, datetime
from typing import get_type_hints

import pytest

from langchain_usermem.errors import InvalidMemoryError, UnknownCategoryError
from langchain_usermem.memory import Evidence, Memory
from langchain_usermem.settings import MemorySettings
from langchain_usermem.statements import (
    EditableFields,
    Statement,
    StatementFields,
    edited,
    statement_of,
)

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
SETTINGS = MemorySettings()
MEMORY = Memory(id="1", content="Lives in Leeds", attribute="home_city", tags=("home",))


def test_text_is_a_statement() -> None:
    """A bare text is a fact without anything else."""
    assert statement_of(" Lives in Leeds ", SETTINGS) == Statement(content="Lives in Leeds")


def test_dict_gives_every_field() -> None:
    """Keywords of `remember` are the keys; times may be text, and one tag may stand alone."""
    statement = statement_of(
        {
            "content": "a",
            "category": "preference",
            "tags": "work",
            "observed_at": "2026-05-01T14:00+02:00",
            "expires_at": NOON.replace(tzinfo=None),
            "ordinal": 3,
        },
        SETTINGS,
    )
    assert (statement.tags, statement.observed_at, statement.expires_at) == (("work",), NOON, NOON)
    assert (statement.category, statement.ordinal) == ("preference", 3)


@pytest.mark.parametrize(
    "evidence",
    [
        "I moved to Leeds",
        ["I moved to Leeds"],
        ({"quote": "I moved to Leeds"},),
        Evidence(quote="I moved to Leeds"),
    ],
)
def test_evidence_is_one_quote_or_several(evidence: object) -> None:
    """Quotes are given as text, or with the id of their message; one may stand alone."""
    statement = statement_of({"content": "Lives in Leeds", "evidence": evidence}, SETTINGS)
    assert statement.evidence == (Evidence(quote="I moved to Leeds"),)
    assert statement.candidate(explicit=True).evidence == statement.evidence


@pytest.mark.parametrize("evidence", ["", [" "], 5, [5], [{"message_id": "secret"}], None])
def test_evidence_without_words_is_refused(evidence: object) -> None:
    """What quotes nothing is no evidence, and the message does not repeat what was given."""
    with pytest.raises(InvalidMemoryError, match="evidence") as caught:
        statement_of({"content": "Lives in Leeds", "evidence": evidence}, SETTINGS)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("attribute", "slot"),
    [
        ("Home City", "home_city"),
        (" home  city ", "home_city"),
        ("home_city", "home_city"),
        ("Opinion: Dark Chocolate", "opinion:dark chocolate"),
        ("Café", "cafe"),
        (None, None),
    ],
)
def test_a_slot_has_one_name(attribute: str | None, slot: str | None) -> None:
    """However it is written, in a new statement or an edit, it is the slot that is compared."""
    assert statement_of({"content": "a", "attribute": attribute}, SETTINGS).attribute == slot
    assert edited(MEMORY, {"attribute": attribute}, SETTINGS).attribute == slot


def test_keywords_are_the_fields_of_a_statement() -> None:
    """The typed keywords of `remember` are what a statement takes beside its content."""
    assert {"content", *get_type_hints(StatementFields)} == set(Statement.model_fields)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("", "content: String should have at least 1 character"),
        (" \n", "content: "),
        ("secret" * 2_000, "content: String should have at most 8000 characters"),
        ("secret\ud800", "content: "),
        (None, "content: "),
        (5, "content: "),
        ({}, "content: Field required"),
        ({"content": "a", "mood": "secret"}, "mood: Extra inputs are not permitted"),
        ({"content": "a", "expires_at": "secret"}, "expires_at: "),
        ({"content": "a", "expires_at": "9999-12-31T23:59:59-05:00"}, "expires_at: .* 1 to 9999"),
        ({"content": "a", "tags": 5}, "tags: "),
        ({"content": "a", "attribute": " "}, "attribute: "),
        ({"content": "a", "attribute": "secret" * 40}, "attribute: "),
        ({"content": "a", "attribute": 5}, "attribute: "),
        ({"content": "a", "tags": ["", "secret"]}, "tags.0: "),
        ({"content": "a", "standing": "secret"}, "standing: "),
        ({5: "secret", "content": "a"}, "5: Keys should be strings"),
    ],
)
def test_fault_is_named_without_what_it_held(raw: object, said: str) -> None:
    """The error names the field and the rule, and repeats nothing."""
    with pytest.raises(InvalidMemoryError, match=f"cannot be stored; .*{said}") as caught:
        statement_of(raw, SETTINGS)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_all_faults_are_named_at_once() -> None:
    """Two wrong fields are two parts of one message."""
    with pytest.raises(InvalidMemoryError, match=r"ordinal: .*; standing: "):
        statement_of({"content": "a", "ordinal": "x", "standing": "maybe"}, SETTINGS)


def test_unknown_category_is_refused() -> None:
    """Both a new statement and an edited memory keep to the settings' categories."""
    with pytest.raises(UnknownCategoryError):
        statement_of({"content": "a", "category": "hobby"}, SETTINGS)
    with pytest.raises(UnknownCategoryError):
        edited(MEMORY, {"category": "hobby"}, SETTINGS)


def test_statement_as_candidate() -> None:
    """Whose and where it was said is no part of what is proposed."""
    statement = Statement(content="a", agent_id="g", thread_id="t", ordinal=2, standing=True)
    candidate = statement.candidate(explicit=True)
    assert (candidate.content, candidate.standing, candidate.explicit) == ("a", True, True)
    assert candidate.evidence == ()


def test_editing_keeps_the_rest() -> None:
    """Only the named fields change, and `updated_at`."""
    after = edited(MEMORY, {"content": " Lives in York ", "tags": "north"}, SETTINGS)
    assert (after.content, after.tags) == ("Lives in York", ("north",))
    assert after.updated_at > MEMORY.updated_at
    same = {"content", "tags", "updated_at"}
    assert after.model_dump(exclude=same) == MEMORY.model_dump(exclude=same)


def test_editing_can_clear_a_field() -> None:
    """None empties a slot or an end; `update` takes what its keywords say."""
    assert edited(MEMORY, {"attribute": None}, SETTINGS).attribute is None
    assert set(get_type_hints(EditableFields)) <= set(Memory.model_fields)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"id": "2"}, "cannot edit id; what can be is content, category"),
        ({"status": "active", "created_at": NOON}, "cannot edit created_at, status;"),
        ({"content": ""}, "content: "),
        ({"content": None}, "content: "),
        ({"importance": 2}, "importance: "),
        ({"importance": float("nan")}, "importance: "),
        ({"valid_until": "never"}, "valid_until: "),
    ],
)
def test_edit_that_does_not_fit_is_refused(fields: dict[str, object], said: str) -> None:
    """Ids, times of storing and status are not edited; values are checked as for a new memory."""
    with pytest.raises(InvalidMemoryError, match=said):
        edited(MEMORY, fields, SETTINGS)
