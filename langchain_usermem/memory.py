"""The values of the package: what is stored, proposed, decided and recalled.

All are frozen, and go to JSON and back: `to_value()` gives a dict of JSON types that leaves
out whatever is unset, `from_value()` reads it. Texts and times keep their exact value.
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import uuid4

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from langchain_usermem.times import UtcTime, as_utc, utc_now

CATEGORIES = ("identity", "preference", "fact", "context", "system")
"""Categories every application has: who the user is; how they want things; what is so for
long; what matters for a short while; what the system knows of them (issues, permissions)."""

FORGET_ALL = "everything"
"""Content of a candidate to forget that means all memories."""

FORGET_LAST = "what was just said"
"""Content of a candidate to forget that means the newest memories of its conversation."""

MAX_CONTENT_CHARS = 8_000
"""The longest statement, in characters. A memory is one statement, not a document."""

MAX_LABEL_CHARS = 200
"""The longest category, attribute or tag, in characters."""

Status = Literal["active", "superseded", "in_review", "forgotten", "expired"]
Source = Literal["chat", "tool", "manual", "import"]
Trust = Literal["user", "assistant", "tool"]
Action = Literal[
    "add",
    "confirm",
    "update",
    "merge",
    "supersede",
    "forget",
    "expire",
    "restore",
    "delete",
    "review",
    "approve",
    "reject",
]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


def _visible(text: str) -> str:
    if not any(unicodedata.category(char)[0] not in "CZ" for char in text):
        raise ValueError("it holds nothing that can be seen")
    return text


Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_CONTENT_CHARS),
    AfterValidator(_visible),
]
Label = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_LABEL_CHARS)
]


def _one_or_many(tags: object) -> object:
    return (tags,) if isinstance(tags, str) else tags


Tags = Annotated[tuple[Label, ...], BeforeValidator(_one_or_many)]
"""Tags in order; a single one may be given as it is."""


def new_id() -> str:
    """A random id of 32 hexadecimal digits."""
    return uuid4().hex


class Value(BaseModel):
    """A frozen value with JSON both ways. Its errors never repeat the text they refuse."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    def __repr_args__(self) -> Iterator[tuple[str | None, object]]:
        """The fields that differ from their defaults: on a console, a memory is a line or two."""
        fields = type(self).model_fields
        for name, value in super().__repr_args__():
            if name is None or value != fields[name].default:
                yield name, value

    def to_value(self) -> dict[str, object]:
        """This value as a dict of JSON types, without what is unset."""
        return self.model_dump(mode="json", exclude_none=True)

    @classmethod
    def from_value(cls, value: Mapping[str, object]) -> Self:
        """The value that `to_value` wrote; keys of newer versions are passed over."""
        return cls.model_validate(value)


class Evidence(Value):
    """Where a memory comes from: a message, and the words in it.

    `quote` is copied from the message, not rephrased. `message_id` is None where the caller's
    messages have no ids.
    """

    quote: Text
    message_id: str | None = None


class Memory(Value):
    """One stored, self-contained statement about one user, with its metadata.

    `attribute` names a slot such as `home_city`; `standing` says that the memory applies to
    every turn, whatever is asked. `agent_id` None means that all of the user's agents share
    it. `ordinal` is the place among what was stored with it, or in its thread where it was
    stored in bulk, counted from 0. `observed_at` is when it was last said, `valid_from` to
    `valid_until` when it held in the world, `stands_from` since when it stands as it does
    where that is neither of the two: what was said again stands from when it was first said.
    `merged_into` is the memory that says what a past one said, and goes when that one goes.
    `supersedes` holds the ids of what it took the place of, or in review is to take it of.
    """

    id: str = Field(default_factory=new_id)
    content: Text
    category: Label = "fact"
    attribute: Label | None = None
    standing: bool = False
    tags: Tags = ()
    agent_id: str | None = None
    thread_id: str | None = None
    ordinal: int | None = None
    source: Source = "chat"
    evidence: tuple[Evidence, ...] = ()
    trust: Trust = "user"
    confidence: Share = 1.0
    importance: Share = 0.5
    observed_at: UtcTime = Field(default_factory=utc_now)
    valid_from: UtcTime | None = None
    valid_until: UtcTime | None = None
    stands_from: UtcTime | None = None
    expires_at: UtcTime | None = None
    status: Status = "active"
    supersedes: tuple[str, ...] = ()
    merged_into: str | None = None
    created_at: UtcTime = Field(default_factory=utc_now)
    updated_at: UtcTime = Field(default_factory=utc_now)

    @property
    def order(self) -> tuple[datetime, int, str]:
        """Sorts memories by when they were stored, then by their place within their session."""
        return (self.created_at, self.ordinal or 0, self.id)

    def is_in_force(self, now: datetime) -> bool:
        """Whether it may be recalled at `now`: active, not expired, and not over."""
        over = self.valid_until is not None and self.valid_until <= as_utc(now)
        return self.status == "active" and not over and not self.has_expired(now)

    def is_waiting(self, now: datetime) -> bool:
        """Whether it waits for approval at `now`."""
        return self.status == "in_review" and not self.has_expired(now)

    def has_expired(self, now: datetime) -> bool:
        """Whether `now` is at or past the end of its life."""
        return self.expires_at is not None and self.expires_at <= as_utc(now)

    @property
    def begins(self) -> datetime:
        """From when on it answers for what held at a moment."""
        return self.stands_from or self.valid_from or self.observed_at

    def stood_at(self, moment: datetime) -> bool:
        """Whether it could have been recalled at `moment`, whatever became of it since."""
        known = self.status in ("active", "superseded", "expired")
        return known and self.held_at(moment) and not self.has_expired(moment)

    def held_at(self, moment: datetime) -> bool:
        """Whether the statement was known and held at `moment`."""
        then = as_utc(moment)
        return self.begins <= then and (self.valid_until is None or then < self.valid_until)


_LEAST_TARGETS = {"add": 0, "confirm": 1, "update": 1, "supersede": 1, "merge": 2}


class Decision(Value):
    """What an extractor decides that a candidate does to the memories it was shown.

    `targets` are the ids of those it is about: none where it adds, one where it confirms or
    updates, several where it merges. `content` is one statement in place of them and the candidate,
    for an update and a merge. `shown` are the wordings of all that were shown, and `said` is that
    of the candidate: one that was reworded since is decided on anew.
    """

    action: Literal["add", "confirm", "update", "merge", "supersede"]
    targets: tuple[str, ...] = ()
    content: Text | None = None
    shown: tuple[str, ...] = ()
    said: str | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        """Refuse what could not be carried out, or would take away what it does not name."""
        named, least = len(set(self.targets)), _LEAST_TARGETS[self.action]
        is_one = self.action in ("add", "confirm", "update")
        if named != len(self.targets) or named < least or (is_one and named > least):
            raise ValueError(f"{self.action!r} is decided on {len(self.targets)} memories")
        if (self.content is None) != (self.action not in ("update", "merge")):
            raise ValueError("an update or a merge has a content, and nothing else has")
        return self


class Candidate(Value):
    """What an extractor proposes to store, or with `forget` to forget.

    `standing` None leaves the decision to the policy. `explicit` says that the user asked for
    it to be remembered or stated it as a rule. `corrects` says that the user takes something
    said earlier back: it supersedes what it denies in its slot, and a model is asked about
    whatever comes near it. `decision` is what the extractor says it does to what is known.
    """

    content: Text
    category: Label = "fact"
    attribute: Label | None = None
    standing: bool | None = None
    tags: Tags = ()
    forget: bool = False
    corrects: bool = False
    explicit: bool = False
    confidence: Share = 1.0
    trust: Trust = "user"
    evidence: tuple[Evidence, ...] = ()
    observed_at: UtcTime | None = None
    valid_from: UtcTime | None = None
    valid_until: UtcTime | None = None
    expires_at: UtcTime | None = None
    decision: Decision | None = None


class Change(Value):
    """One decided step. Kept beside the memories, and enough to take the step back.

    `before` holds the memories as they were, `after` the one that stands now; `before` is
    empty for an addition and `after` is None where something was forgotten. `review` stores a
    memory that waits for approval, `approve` and `reject` decide on it. `step` counts the changes
    of one piece of work. `undoes` is the change that a `restore` takes back.
    """

    id: str = Field(default_factory=new_id)
    action: Action
    before: tuple[Memory, ...] = ()
    after: Memory | None = None
    reason: str = ""
    at: UtcTime = Field(default_factory=utc_now)
    step: int = 0
    undoes: str | None = None

    @property
    def memory_ids(self) -> frozenset[str]:
        """Ids of all memories this step touches."""
        after = {self.after.id} if self.after else set()
        return frozenset({memory.id for memory in self.before} | after)


class Skipped(Value):
    """Something that was not stored, and why. `content` is what was proposed."""

    content: str
    reason: str


class Failure(Value):
    """A part of the work that failed. `error` never holds the text of a memory."""

    stage: Literal["retrieve", "extract", "consolidate", "review", "store", "embed"]
    error: str


class Recalled(Value):
    """A memory with the rank it was recalled at.

    `score` is the fused rank value in [0, 1], which decides the order; `relevance` in [0, 1] what
    the memory says for itself, which the floor is held against; `similarity` the cosine in
    [-1, 1], or None where the memory has no vector. `why` gives each signal's share of the
    score.
    """

    memory: Memory
    score: Share
    relevance: Share = 0.0
    similarity: float | None = None
    why: dict[str, float] = Field(default_factory=dict)


def is_statement(content: object) -> bool:
    """Whether something can be the content of a memory."""
    try:
        _STATEMENT.validate_python(content, strict=True)
    except ValidationError:
        return False
    return True


_STATEMENT = TypeAdapter(Text)


def ids_of(memories: Sequence[Memory]) -> tuple[str, ...]:
    """The ids of memories, in order."""
    return tuple(memory.id for memory in memories)
