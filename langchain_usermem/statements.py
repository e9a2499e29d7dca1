"""Statements that an application stores itself, checked before anything is written."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, TypedDict

from pydantic import BeforeValidator, ConfigDict, ValidationError

from langchain_usermem.errors import InvalidMemoryError
from langchain_usermem.memory import (
    Candidate,
    Evidence,
    Label,
    Memory,
    Source,
    Tags,
    Text,
    Trust,
    Value,
)
from langchain_usermem.policy import check_allowed, check_category, check_secret
from langchain_usermem.settings import MemorySettings
from langchain_usermem.text import fold
from langchain_usermem.times import UtcTime, utc_now


def slot_name(attribute: str) -> str:
    """The name of a slot in the one form it is compared in.

    >>> slot_name("Home city"), slot_name("Opinion: Dark Chocolate")
    ('home_city', 'opinion:dark chocolate')
    """
    name, colon, thing = attribute.partition(":")
    return "_".join(fold(name).split()) + colon + fold(thing).strip()


def _as_slot(attribute: object) -> object:
    return slot_name(attribute) if isinstance(attribute, str) else attribute


def _as_quotes(evidence: object) -> object:
    """Evidence in full, from quotes given as texts; a single one may be given as it is."""
    if isinstance(evidence, str | Mapping | Evidence):
        return _as_quotes([evidence])
    if not isinstance(evidence, Sequence):
        return evidence
    return tuple({"quote": quote} if isinstance(quote, str) else quote for quote in evidence)


Quoted = str | Evidence | Mapping[str, str | None]
"""The words that a statement comes from, and if need be the id of the message they are in."""


class StatementFields(TypedDict, total=False):
    """Keywords of `remember` beside the content; also keys of `remember_many`'s dicts.

    `attribute` names a slot, `evidence` quotes the words it comes from, by which it is found as
    well, `standing` overrides whether it applies to every turn,
    `observed_at` is when it was said, `ordinal` its place within its thread, `source` how it
    came here, and `trust` whose word it is.
    """

    category: str
    attribute: str | None
    tags: Sequence[str]
    agent_id: str | None
    thread_id: str | None
    ordinal: int | None
    observed_at: datetime | str | None
    valid_from: datetime | str | None
    valid_until: datetime | str | None
    expires_at: datetime | str | None
    standing: bool | None
    source: Source
    evidence: Quoted | Sequence[Quoted]
    trust: Trust


class EditableFields(TypedDict, total=False):
    """Keywords of `update`: the parts of a memory that can be rewritten."""

    content: str
    category: str
    attribute: str | None
    tags: Sequence[str]
    standing: bool
    importance: float
    valid_from: datetime | str | None
    valid_until: datetime | str | None
    expires_at: datetime | str | None


class Statement(Value):
    """What `remember` takes: one statement about a user, and what is known about it."""

    model_config = ConfigDict(extra="forbid")

    content: Text
    category: Label = "fact"
    attribute: Annotated[Label | None, BeforeValidator(_as_slot)] = None
    tags: Tags = ()
    agent_id: str | None = None
    thread_id: str | None = None
    ordinal: int | None = None
    observed_at: UtcTime | None = None
    valid_from: UtcTime | None = None
    valid_until: UtcTime | None = None
    expires_at: UtcTime | None = None
    standing: bool | None = None
    source: Source = "manual"
    evidence: Annotated[tuple[Evidence, ...], BeforeValidator(_as_quotes)] = ()
    trust: Trust = "user"

    def candidate(self, *, explicit: bool) -> Candidate:
        """This statement as a candidate for consolidation."""
        kept = self.model_dump(exclude={"agent_id", "thread_id", "ordinal", "source"})
        return Candidate(**kept, explicit=explicit)


def statement_of(raw: object, settings: MemorySettings) -> Statement:
    """A checked statement from a text or a dict of `remember`'s keywords.

    Raises:
        InvalidMemoryError: a field is missing, unknown or of the wrong kind; the message names
            the field and never what it held.
        UnknownCategoryError: the settings do not list its category.
    """
    fields = dict(raw) if isinstance(raw, Mapping) else {"content": raw}
    try:
        statement = Statement.model_validate(fields)
    except ValidationError as error:
        raise InvalidMemoryError(_faults(error)) from None
    check_category(statement.category, settings)
    return statement


def edited(memory: Memory, fields: Mapping[str, object], settings: MemorySettings) -> Memory:
    """A memory with some of its fields rewritten.

    Raises:
        InvalidMemoryError: a field cannot be edited, its new value is of the wrong kind, or the
            new statement holds a secret.
        UnknownCategoryError: the settings do not list the new category.
        DeniedCategoryError: the policy denies its category.
    """
    unknown = fields.keys() - EditableFields.__annotations__.keys()
    if unknown:
        raise InvalidMemoryError(
            f"cannot edit {', '.join(sorted(unknown))}; "
            f"what can be is {', '.join(EditableFields.__annotations__)}."
        )
    own: dict[str, object] = {"updated_at": utc_now()}
    if "attribute" in fields:
        own["attribute"] = _as_slot(fields["attribute"])
    if "valid_from" in fields:
        own["stands_from"] = None
    new = {**memory.model_dump(), **fields, **own}
    try:
        after = Memory.model_validate(new)
    except ValidationError as error:
        raise InvalidMemoryError(_faults(error)) from None
    check_category(after.category, settings)
    check_allowed(after.category, settings)
    if "content" in fields:
        check_secret(after.content, settings)
    return after


def _faults(error: ValidationError) -> str:
    faults = (
        f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
        for fault in error.errors(include_input=False, include_url=False, include_context=False)
    )
    return "the statement cannot be stored; " + "; ".join(faults)
