"""LoCoMo's conversations turn by turn, with the facts that people drew from what the user said."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_TURN_ID = re.compile(r"D\d+:\d+")


@dataclass(frozen=True, slots=True)
class Fact:
    """A statement about the user, and the words of theirs that it comes from."""

    text: str
    quote: str


@dataclass(frozen=True, slots=True)
class Turn:
    """What the user said, what was said back, and the facts in the user's words."""

    session: str
    at: datetime
    messages: tuple[tuple[str, str], ...]
    facts: tuple[Fact, ...]

    @property
    def dicts(self) -> list[dict[str, str]]:
        """The messages as every product here takes them."""
        return [{"role": role, "content": text} for role, text in self.messages]


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation of many sessions; its `speaker_a` is the user."""

    name: str
    turns: tuple[Turn, ...]


def conversations() -> list[Conversation]:
    """All conversations under `USERMEM_DATA`, by name.

    Raises:
        SystemExit: the variable is unset, or no conversation lies there.
    """
    paths = sorted((Path(os.environ.get("USERMEM_DATA", "")) / "locomo").glob("*.json"))
    if not paths or "USERMEM_DATA" not in os.environ:
        raise SystemExit("Real conversations are read from $USERMEM_DATA/locomo/*.json.")
    return [_conversation(path) for path in paths]


def _conversation(path: Path) -> Conversation:
    raw = json.loads(path.read_text(encoding="utf-8"))
    names = (re.fullmatch(r"session_(\d+)", key) for key in raw)
    numbers = sorted(int(name[1]) for name in names if name)
    turns = (turn for number in numbers for turn in _turns(raw, number))
    return Conversation(path.stem, tuple(turns))


def _turns(raw: Mapping[str, Any], number: int) -> Iterator[Turn]:
    session, user = f"session_{number}", raw["speaker_a"]
    at = datetime.strptime(raw[f"{session}_date_time"], "%I:%M %p on %d %B, %Y").replace(tzinfo=UTC)
    noted = raw.get(f"{session}_observation", {}).get(user, [])
    for said in _by_turn(raw[session], user):
        words = {one["dia_id"]: one["text"] for one in said if one["speaker"] == user}
        messages = [
            ("user" if one["dia_id"] in words else "assistant", one["text"]) for one in said
        ]
        yield Turn(session, at, tuple(messages), tuple(_facts(noted, words)))


def _by_turn(said: list[dict[str, Any]], user: str) -> Iterator[list[dict[str, Any]]]:
    """Messages up to each next one of the user; what stands before the first goes with it."""
    turn: list[dict[str, Any]] = []
    for one in said:
        if one["speaker"] == user and any(earlier["speaker"] == user for earlier in turn):
            yield turn
            turn = []
        turn.append(one)
    yield turn


def _facts(noted: list[tuple[str, object]], words: Mapping[str, str]) -> Iterator[Fact]:
    """The facts whose evidence begins in one of these messages."""
    for text, evidence in noted:
        first = _TURN_ID.search(json.dumps(evidence))
        if first and first[0] in words:
            yield Fact(text, words[first[0]])
