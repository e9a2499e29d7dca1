"""LoCoMo's conversations as memories and questions, from `USERMEM_DATA`/locomo/*.json."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from langchain_usermem.turns import Role, Utterance

from .figures import Evidence

CATEGORIES = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop"}
"""Questions that have an answer; those of category 5 have none."""

_TURN_ID = re.compile(r"D:?(\d+):0*(\d+)")
"""An id as `D8:6`, or one of those that were mistyped: `D:11:26`, `D30:05`."""


@dataclass(frozen=True)
class Piece:
    """What one memory is made of, and the turns it comes from."""

    content: str
    observed_at: datetime
    thread_id: str
    evidence: Evidence

    @property
    def statement(self) -> dict[str, object]:
        """This piece as `remember_many` takes it."""
        said = {"observed_at": self.observed_at, "thread_id": self.thread_id}
        return {"content": self.content, "category": "fact", **said}


@dataclass(frozen=True)
class Spoken:
    """One turn as it was said: by whom, in which session, and under which id."""

    name: str
    text: str
    thread_id: str
    turn_id: str
    at: datetime

    def utterance(self, role: Role) -> Utterance:
        """This turn in a conversation, where its speaker has a role."""
        return Utterance(role=role, text=self.text, at=self.at)


@dataclass(frozen=True)
class Question:
    """A question with the turns that answer it."""

    text: str
    category: int
    evidence: Evidence


@dataclass(frozen=True)
class Conversation:
    """One user's store twice over: as turns, and as the facts that people drew from them."""

    name: str
    turns: tuple[Piece, ...]
    facts: tuple[Piece, ...]
    questions: tuple[Question, ...]
    spoken: tuple[Spoken, ...] = ()
    observed: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    """What is said of a speaker, by speaker and the turn that is its evidence."""

    def facts_of(self, turn: Spoken) -> tuple[str, ...]:
        """The facts about its speaker that cite a turn."""
        return self.observed.get((turn.name, turn.turn_id), ())

    @property
    def quotes(self) -> dict[str, str]:
        """The text of each turn by its id."""
        return {turn_id: turn.content for turn in self.turns for turn_id in turn.evidence}


def conversations() -> list[Conversation]:
    """All conversations there are, by name; none where `USERMEM_DATA` is unset or empty."""
    folder = Path(os.environ.get("USERMEM_DATA", "")) / "locomo"
    named = "USERMEM_DATA" in os.environ
    return [_conversation(path) for path in sorted(folder.glob("*.json")) if named]


def _conversation(path: Path) -> Conversation:
    raw = json.loads(path.read_text(encoding="utf-8"))
    turns = tuple(piece for number in _sessions(raw) for piece in _turns(raw, number))
    facts = tuple(piece for number in _sessions(raw) for piece in _facts(raw, number))
    spoken = tuple(said for number in _sessions(raw) for said in _spoken(raw, number))
    return Conversation(path.stem, turns, facts, tuple(_questions(raw)), spoken, _observed(raw))


def _sessions(raw: Mapping[str, Any]) -> list[int]:
    names = (re.fullmatch(r"session_(\d+)", key) for key in raw)
    return sorted(int(name[1]) for name in names if name)


def _time(raw: Mapping[str, Any], number: int) -> datetime:
    """When a session was held; LoCoMo names no zone."""
    text = raw[f"session_{number}_date_time"]
    return datetime.strptime(text, "%I:%M %p on %d %B, %Y").replace(tzinfo=UTC)


def _turns(raw: Mapping[str, Any], number: int) -> Iterator[Piece]:
    """Each turn with its date, speaker, text and the caption of what is shown."""
    at = _time(raw, number)
    for turn in raw[f"session_{number}"]:
        caption = turn.get("blip_caption")
        shown = f" [shares {caption}]" if caption else ""
        text = f"{at:%d %B %Y}, {turn['speaker']}: {turn['text']}{shown}"
        yield Piece(text, at, f"session {number}", frozenset({turn["dia_id"]}))


def _facts(raw: Mapping[str, Any], number: int) -> Iterator[Piece]:
    at = _time(raw, number)
    for statements in raw.get(f"session_{number}_observation", {}).values():
        for text, evidence in statements:
            yield Piece(text, at, f"session {number}", _turn_ids(evidence))


def _spoken(raw: Mapping[str, Any], number: int) -> Iterator[Spoken]:
    at = _time(raw, number)
    for turn in raw[f"session_{number}"]:
        yield Spoken(turn["speaker"], turn["text"], f"session {number}", turn["dia_id"], at)


def _observed(raw: Mapping[str, Any]) -> dict[tuple[str, str], tuple[str, ...]]:
    facts: dict[tuple[str, str], tuple[str, ...]] = {}
    for number in _sessions(raw):
        for speaker, statements in raw.get(f"session_{number}_observation", {}).items():
            for text, evidence in statements:
                for turn_id in _turn_ids(evidence):
                    facts[speaker, turn_id] = (*facts.get((speaker, turn_id), ()), text)
    return facts


def _questions(raw: Mapping[str, Any]) -> Iterator[Question]:
    """The questions that have an answer, and evidence for it that can be read."""
    for asked in raw["qa"]:
        evidence = _turn_ids(asked.get("evidence"))
        if asked["category"] in CATEGORIES and evidence:
            yield Question(asked["question"], asked["category"], evidence)


def _turn_ids(evidence: object) -> Evidence:
    """The ids in evidence, which is a text or a list of them, some holding several ids."""
    found = _TURN_ID.findall(json.dumps(evidence))
    return frozenset(f"D{session}:{turn}" for session, turn in found)
