"""What is done with a candidate: by rules where it is plain, else by a model's answer.

A model can add to the memory and replace parts of it by something; no verdict of its removes
anything without a replacement, and a wrong one changes nothing that is stored.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from langchain_usermem import policy
from langchain_usermem.memory import FORGET_ALL, FORGET_LAST, Candidate, Memory, Recalled
from langchain_usermem.models import Item
from langchain_usermem.settings import MemorySettings
from langchain_usermem.text import same_text, stems

Neighbours = Sequence[Recalled]


@dataclass(frozen=True)
class Verdict:
    """What is done with a candidate, and to which memories."""

    action: Literal["add", "confirm", "update", "supersede", "forget", "skip"]
    targets: tuple[Memory, ...] = ()
    content: str | None = None
    reason: str = ""


def rule_verdict(
    candidate: Candidate, neighbours: Neighbours, settings: MemorySettings
) -> Verdict | None:
    """What is done with a candidate where that is plain; None where it is a question."""
    memories = [recalled.memory for recalled in neighbours]
    if candidate.forget:
        return _forgetting(candidate, neighbours)
    same = next((m for m in memories if _says_the_same(m, candidate)), None)
    if same is not None:
        return Verdict("confirm", (same,), reason="said again")
    if policy.is_single_valued(candidate.attribute, settings):
        filling = tuple(m for m in memories if m.attribute == candidate.attribute)
        if filling:
            return _succession(candidate, filling)
    if not any(recalled.relevance >= settings.neighbour_floor for recalled in neighbours):
        return Verdict("add", reason="new")
    return None


def _succession(candidate: Candidate, filling: tuple[Memory, ...]) -> Verdict:
    """Take the place of what fills a slot, unless that was said later."""
    said_at = candidate.observed_at
    if said_at is not None and any(memory.observed_at > said_at for memory in filling):
        return Verdict("skip", reason=f"older than what is known of {candidate.attribute}")
    return Verdict("supersede", filling, reason=f"a newer {candidate.attribute}")


def _says_the_same(memory: Memory, candidate: Candidate) -> bool:
    return memory.attribute == candidate.attribute and same_text(memory.content, candidate.content)


def _forgetting(candidate: Candidate, neighbours: Neighbours) -> Verdict:
    """Forget all, or the newest, or what fills the named slot or holds every word named.

    The words of a memory's quote count only where no statement has them: one sentence may be
    the source of several memories.
    """
    memories = [recalled.memory for recalled in neighbours]
    if is_sweeping(candidate):
        return _forget(memories if _says(candidate, FORGET_ALL) else _newest(memories))
    named = [memory for memory in memories if _is_named(memory, candidate)]
    return _forget(named or [memory for memory in memories if _is_quoted(memory, candidate)])


def _newest(memories: Sequence[Memory]) -> list[Memory]:
    """The memories that were stored last, all of one turn."""
    latest = max((memory.created_at for memory in memories), default=None)
    return [memory for memory in memories if memory.created_at == latest]


def _forget(targets: Sequence[Memory]) -> Verdict:
    if not targets:
        return Verdict("skip", reason="nothing remembered matches what was to be forgotten")
    return Verdict("forget", tuple(targets), reason="the user asked to forget it")


def _is_named(memory: Memory, candidate: Candidate) -> bool:
    if candidate.attribute is not None and memory.attribute == candidate.attribute:
        return True
    slot = (memory.attribute or "").replace("_", " ").replace(":", " ")
    return _holds(candidate, [memory.content, slot, *memory.tags])


def _is_quoted(memory: Memory, candidate: Candidate) -> bool:
    return _holds(candidate, [memory.content, *(evidence.quote for evidence in memory.evidence)])


def _holds(candidate: Candidate, texts: Iterable[str]) -> bool:
    wanted = set(stems(candidate.content))
    return bool(wanted) and wanted <= set(stems("\n".join(texts)))


def is_sweeping(candidate: Candidate) -> bool:
    """Whether a candidate asks to forget by time, or all there is, and not by what is said."""
    return candidate.forget and (_says(candidate, FORGET_ALL) or _says(candidate, FORGET_LAST))


def _says(candidate: Candidate, text: str) -> bool:
    return same_text(candidate.content, text)


def model_verdict(item: Item, memories: Sequence[Memory]) -> Verdict | str:
    """A decision as a verdict, or what is wrong with it. A wrong one changes nothing stored."""
    action, named, content = item.get("action"), item.get("memories"), item.get("content")
    places = [place_of(place, len(memories)) for place in named] if isinstance(named, list) else []
    targets = tuple(memories[place] for place in places if place is not None)
    if len(targets) != len(places):
        return "a decision names a memory that was not listed"
    reason = "decided by the model"
    match action:
        case "add" | "skip":
            return Verdict(action, reason=reason)
        case "confirm" | "supersede" if targets:
            kept = targets[:1] if action == "confirm" else targets
            return Verdict(action, kept, reason=reason)
        case "update" if len(targets) == 1 and isinstance(content, str) and content.strip():
            return Verdict("update", targets, content=content, reason=reason)
    return "a decision has an unknown action, or lacks what its action needs"


def place_of(number: object, count: int) -> int | None:
    """A list place as a model wrote it, or None where there is no such place."""
    return number if type(number) is int and 0 <= number < count else None
