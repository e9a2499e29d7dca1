"""What a new statement is held against: labelled pairs, and whether rules or a model see them.

Each pair is stored amid the others of its set, as in the memory of one user. A change that comes
before the model, or that rules carry out, is seen; what rules add without asking is lost.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Literal

from langchain_usermem import UserMemory
from langchain_usermem.deciding import decided, decided_before
from langchain_usermem.decisions import decision_in
from langchain_usermem.draft import Scope
from langchain_usermem.known import known_of
from langchain_usermem.memory import Candidate, Memory
from langchain_usermem.namespaces import user_namespace
from langchain_usermem.neighbours import neighbours_of
from langchain_usermem.settings import MemorySettings
from langchain_usermem.steps import run
from langchain_usermem.testing import ScriptedChatModel
from langchain_usermem.times import utc_now
from langchain_usermem.turns import Turn, Utterance
from langchain_usermem.verdicts import rule_verdict

PAIRS = Path(__file__).parent / "contradictions"
SAID = PAIRS / "said.json"

Kind = Literal["supersede", "confirm", "update", "unrelated"]
Fate = Literal["decided", "asked", "unseen", "added"]


@dataclass(frozen=True)
class Pair:
    """A new statement, and the stored one that it ends, repeats or adds to, if there is one."""

    kind: Kind
    new: Candidate
    stored: Candidate | None = None


@dataclass(frozen=True)
class Judged:
    """What became of a pair.

    `decided` by rules on the right memory, `asked` of a model that is shown it, `unseen` where
    the model or the rules looked at others only, or `added` without a question.
    """

    pair: Pair
    fate: Fate
    relevance: float


def pairs_of(name: str) -> list[Pair]:
    """The labelled pairs of a set, as a model would word them and name their slots."""
    raw = json.loads((PAIRS / f"{name}.json").read_text(encoding="utf-8"))
    return [_pair(kind, row) for kind, rows in raw.items() for row in rows]


def judged(pairs: Sequence[Pair], settings: MemorySettings) -> list[Judged]:
    """What becomes of each new statement by rules, beside all that is stored."""
    return [_judged(pair, pairs, settings) for pair in pairs]


def figures_of(found: Sequence[Judged]) -> dict[str, float]:
    """The share of each kind that was seen, and of what is unrelated that cost a question."""
    kinds = dict.fromkeys(one.pair.kind for one in found)
    return {kind: _share(kind, found) for kind in kinds}


def said_of(name: str) -> list[tuple[Pair, str]]:
    """The pairs of a set that have a stored statement, each with what a user may say for it."""
    said = json.loads(SAID.read_text(encoding="utf-8"))[name]
    pairs = [pair for pair in pairs_of(name) if pair.stored is not None]
    return list(zip(pairs, said, strict=True))


def memories_of_others() -> list[str]:
    """Statements of the other labelled sets, about other people's lives."""
    files = sorted(PAIRS.parent.glob("*/memories.json"))
    users = (json.loads(file.read_text(encoding="utf-8")).values() for file in files)
    threads = (thread for found in users for user in found for thread in user)
    return [memory["content"] for thread in threads for memory in thread["memories"]]


def seen_amid(name: str, others: Sequence[str], settings: MemorySettings) -> Counter[str]:
    """How many stored statements are `shown` to who extracts, or `asked` about, or `unseen`.

    All lie in one memory amid these others; nothing is decided on but that it is new.
    """
    said = said_of(name)
    stored = [pair.stored.content for pair, _ in said if pair.stored is not None]
    with UserMemory(":memory:", user_id="ada", settings=settings) as memory:
        memory.remember_many([*stored, *others])
        return Counter(_seen(memory, pair, words) for pair, words in said)


def _seen(memory: UserMemory, pair: Pair, words: str) -> str:
    scope = Scope(user=user_namespace("ada"), now=utc_now(), key="pair")
    turn = Turn(utterances=(Utterance(role="user", text=words),))
    known = run(known_of(memory.store, scope.user, [turn], scope.now, memory.settings))
    if any(_is_of(pair, one) for one in known):
        return "shown"
    decision = decision_in({"action": "add", "known": []}, known)
    new = pair.new.model_copy(update={"decision": decision})
    beside = run(neighbours_of(memory.store, [new], scope, memory.settings))
    before = run(decided_before(memory.store, [new], scope))
    model = ScriptedChatModel()
    run(decided(model, [new], beside, before, memory.settings))
    asked = "".join(str(prompt[-1].text) for prompt in model.structured_prompts)
    return "asked" if pair.stored is not None and pair.stored.content in asked else "unseen"


def _share(kind: Kind, found: Sequence[Judged]) -> float:
    wanted = ("asked", "unseen") if kind == "unrelated" else ("decided", "asked")
    return fmean(one.fate in wanted for one in found if one.pair.kind == kind)


def _pair(kind: Kind, row: Sequence[str | None]) -> Pair:
    *stored, content, attribute = row
    new = Candidate(content=str(content), attribute=attribute)
    if not stored:
        return Pair(kind, new)
    return Pair(kind, new, Candidate(content=str(stored[0]), attribute=stored[1]))


def _judged(pair: Pair, pairs: Sequence[Pair], settings: MemorySettings) -> Judged:
    with UserMemory(":memory:", user_id="ada", settings=settings) as memory:
        memory.remember_many(list(_statements(pair, pairs)))
        scope = Scope(user=user_namespace("ada"), now=utc_now(), key="pair")
        (beside,) = run(neighbours_of(memory.store, [pair.new], scope, settings))
    verdict = rule_verdict(pair.new, beside, settings)
    shown = beside[: settings.neighbours]
    near = max((one.relevance for one in beside if _is_of(pair, one.memory)), default=0.0)
    if verdict is None:
        seen = pair.stored is None or any(_is_of(pair, one.memory) for one in shown)
        return Judged(pair, "asked" if seen else "unseen", near)
    if verdict.action == "add":
        return Judged(pair, "added", near)
    right = all(_is_of(pair, target) for target in verdict.targets)
    return Judged(pair, "decided" if right else "unseen", near)


def _statements(pair: Pair, pairs: Sequence[Pair]) -> Iterator[dict[str, str | None]]:
    """What is stored, each with its slot if it is this pair's: a user has one home only."""
    for other in pairs:
        if other.stored is not None:
            slot = other.stored.attribute if other is pair else None
            yield {"content": other.stored.content, "attribute": slot}


def _is_of(pair: Pair, memory: Memory) -> bool:
    return pair.stored is not None and memory.content == pair.stored.content
