"""Our own labelled memories and queries: what one user asks, and what should come of it.

Two users whose facts contradict each other (homes, dogs, jobs), in English, German and Spanish.
A slot query names the memories that answer it; a query about nothing in memory has none.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from langchain_usermem import UserMemory
from langchain_usermem.memory import Recalled

TUNED = Path(__file__).parent / "precision"
"""The set that words and weights were chosen on."""

HELD_OUT = Path(__file__).parent / "heldout"
"""Other users with other lives, written after that; one of the two was then looked at."""

UNTOUCHED = Path(__file__).parent / "untouched"
"""One more user, written last. Nothing has been chosen since it was first measured."""

BLIND = Path(__file__).parent / "blind"
"""Four more lives, by somebody who knew neither the words nor how recall works. Only figures of
it were seen, and nothing was chosen on it."""

TAGS = Path(__file__).parent / "tags.json"
"""Three tags for each statement of all sets, by somebody who answered as the extracting model
is asked to, and saw no query."""

NOW = "2025-09-05T12:00:00Z"
"""After all that is remembered was said, and before any of it is over."""

FEW = 2
"""Memories beside the answering one that still make an answer precise."""


@dataclass(frozen=True)
class Labelled:
    """One query of one user, and the names of the memories that answer it."""

    user: str
    text: str
    answers: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Outcome:
    """What was recalled for a query: the names of the memories, best first, and how they rank."""

    query: Labelled
    names: tuple[str, ...]
    recalled: tuple[Recalled, ...]

    @property
    def is_first(self) -> bool:
        """Whether an answering memory stands first."""
        return bool(self.names) and self.names[0] in self.query.answers

    @property
    def others(self) -> int:
        """How many memories came that do not answer."""
        return sum(name not in self.query.answers for name in self.names)

    @property
    def is_missing(self) -> bool:
        """Whether no answering memory came at all."""
        return not self.query.answers & set(self.names)

    @property
    def is_right(self) -> bool:
        """Whether all is as it should be: nothing for nothing, else the answer and few others."""
        wanted = self.is_first and self.others <= FEW
        return wanted if self.query.answers else not self.names


def outcomes(memory: UserMemory, folder: Path = TUNED, *, tagged: bool = False) -> list[Outcome]:
    """What `memory`, which is empty, recalls for every query of a set by default.

    With `tagged` the statements have the tags that a model would give them.
    """
    names = _stored(memory, folder, _read(TAGS) if tagged else {})
    return [_outcome(memory, query, names) for query in queries(folder)]


def figures_of(found: Sequence[Outcome]) -> dict[str, float]:
    """Shares of queries, and the mean number of memories that came without answering."""
    nothing = [o for o in found if not o.query.answers]
    slots = [o for o in found if o.query.answers]
    return {
        "nothing recalled for nothing": fmean(o.is_right for o in nothing),
        "answer first": fmean(o.is_first for o in slots),
        "answer first, at most two others": fmean(o.is_right for o in slots),
        "answer missing": fmean(o.is_missing for o in slots),
        "others a query": fmean(o.others for o in slots),
    }


def queries(folder: Path = TUNED) -> Iterator[Labelled]:
    """All labelled queries of a set, each user's slot queries before those about nothing."""
    for user, asked in _read(folder / "queries.json").items():
        for slot in asked["slot"]:
            yield Labelled(user, slot["ask"], frozenset(slot["answers"]))
        yield from (Labelled(user, text) for text in asked["nothing"])


def explained(outcome: Outcome) -> str:
    """A query that went wrong with what came of it, a line each with the shares of its score."""
    asked = f"{outcome.query.user}: {outcome.query.text}"
    wanted = ", ".join(sorted(outcome.query.answers)) or "nothing"
    came = (f"    {one.score:.2f} {one.memory.content} {one.why}" for one in outcome.recalled)
    return "\n".join([f"{asked}  (wanted: {wanted})", *came])


def _stored(memory: UserMemory, folder: Path, tags: Mapping[str, list[str]]) -> dict[str, str]:
    """The names of all memories by the ids under which they are now stored."""
    names: dict[str, str] = {}
    for user, sessions in _read(folder / "memories.json").items():
        rows = [row | _said(session) for session in sessions for row in session["memories"]]
        rows = [row | {"tags": tags.get(row["content"], [])} for row in rows]
        labels = [row.pop("id") for row in rows]
        stored = memory.remember_many(rows, user_id=user)
        names |= {one.id: label for one, label in zip(stored, labels, strict=True)}
    return names


def _said(session: dict[str, str]) -> dict[str, str]:
    """Where and when the memories of a session were said."""
    return {key: session[key] for key in ("thread_id", "observed_at")}


def _outcome(memory: UserMemory, query: Labelled, names: dict[str, str]) -> Outcome:
    recalled = memory.search(query.text, user_id=query.user, now=NOW)
    return Outcome(query, tuple(names[one.memory.id] for one in recalled), tuple(recalled))


def _read(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return content
