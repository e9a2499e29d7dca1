"""What is done with a candidate: by rules where it is plain, else by a model's answer.

A model can add to the memory and replace parts of it by something; no verdict of its removes
anything without a replacement, and a wrong one changes nothing that is stored.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from langchain_usermem import policy
from langchain_usermem.memory import (
    FORGET_ALL,
    FORGET_LAST,
    Candidate,
    Memory,
    Recalled,
    is_statement,
)
from langchain_usermem.salvage import Item
from langchain_usermem.settings import MemorySettings
from langchain_usermem.text import STOP_WORDS, same_text, stems, words
from langchain_usermem.thesaurus import hints_of, meaning_of

Neighbours = Sequence[Recalled]

_NEGATIONS = frozenset(
    stems("no not longer never stopped gave up quit without anymore dislike hate")
)


@dataclass(frozen=True)
class Verdict:
    """What is done with a candidate, and to which memories.

    `archive` adds it to the past, as what held before these memories, or had expired by then;
    `review` stores it to wait for approval, in place of these memories once it is approved.
    """

    action: Literal[
        "add", "archive", "confirm", "update", "merge", "supersede", "forget", "skip", "review"
    ]
    targets: tuple[Memory, ...] = ()
    content: str | None = None
    reason: str = ""


def rule_verdict(
    candidate: Candidate, neighbours: Neighbours, settings: MemorySettings
) -> Verdict | None:
    """What is done with a candidate where that is plain; None where it is a question."""
    memories = [recalled.memory for recalled in neighbours]
    if candidate.forget:
        return _forgetting(candidate, memories, settings)
    if (same := _repeated(candidate, memories)) is not None:
        return Verdict("confirm", (same,), reason="said again")
    filling = _filling(candidate, memories)
    if filling and policy.is_single_valued(candidate.attribute, settings):
        succession = _succession(candidate, filling)
        return succession if _is_plain(candidate, succession, settings) else None
    denied = tuple(m for m in filling if candidate.corrects and _denies(candidate, m))
    if denied:
        return Verdict("supersede", denied, reason="taken back")
    return None if _is_near(candidate, neighbours, settings) else Verdict("add", reason="new")


def unasked_verdict(
    candidate: Candidate, neighbours: Neighbours, settings: MemorySettings
) -> Verdict:
    """What is done with a candidate that rules leave open, and that no model decides on."""
    filling = _filling(candidate, [recalled.memory for recalled in neighbours])
    if filling and policy.is_single_valued(candidate.attribute, settings):
        return _succession(candidate, filling)
    return Verdict("add", reason="new")


def _filling(candidate: Candidate, memories: Sequence[Memory]) -> tuple[Memory, ...]:
    """What is in the slot of a candidate."""
    return tuple(m for m in memories if m.attribute and m.attribute == candidate.attribute)


def _is_plain(candidate: Candidate, succession: Verdict, settings: MemorySettings) -> bool:
    """Whether a statement replaces what is in its slot, and cannot just add to it."""
    # "Tables, not bullets" corrects a rule for answers, though not the one about emojis.
    says_which = len(succession.targets) == 1 and candidate.attribute not in settings.standing
    corrects = candidate.corrects and says_which
    return corrects or succession.action == "archive" or policy.is_replaced(candidate.attribute)


def _is_near(candidate: Candidate, neighbours: Neighbours, settings: MemorySettings) -> bool:
    """Whether a memory may say the same or the contrary: what takes something back looks at all."""
    least = 0.0 if candidate.corrects else settings.neighbour_floor
    kindred = policy.kindred(candidate.attribute)
    return any(one.relevance >= least or one.memory.attribute in kindred for one in neighbours)


def review_verdict(
    candidate: Candidate, verdict: Verdict, waiting: Sequence[Memory], settings: MemorySettings
) -> Verdict:
    """A verdict, or where its category or what it would change needs review, to store it for that.

    What is in force stays as it is. A repeat confirms a memory of its own category, or one that
    waits already.
    """
    changed = verdict.targets if verdict.action in ("update", "merge", "supersede") else ()
    categories = [candidate.category, *(memory.category for memory in changed)]
    reviewed = policy.reviewed_among(categories, settings)
    repeats = verdict.action == "confirm" and verdict.targets[0].category == candidate.category
    if reviewed is None or repeats or verdict.action in ("forget", "skip"):
        return verdict
    if (same := _repeated(candidate, waiting)) is not None:
        return Verdict("confirm", (same,), reason="said again")
    return Verdict("review", changed, verdict.content, f"category {reviewed!r} needs review")


def _repeated(candidate: Candidate, memories: Sequence[Memory]) -> Memory | None:
    """The memory that says what a candidate says."""
    return next((memory for memory in memories if _says_the_same(memory, candidate)), None)


def _succession(candidate: Candidate, filling: tuple[Memory, ...]) -> Verdict:
    """Take the place of what fills a slot; what was said before that belongs to the past."""
    said_at = candidate.observed_at
    later = tuple(m for m in filling if said_at is not None and m.observed_at > said_at)
    if later:
        return Verdict(
            "archive", later, reason=f"older than what is known of {candidate.attribute}"
        )
    return Verdict("supersede", filling, reason=f"a newer {candidate.attribute}")


def _says_the_same(memory: Memory, candidate: Candidate) -> bool:
    return memory.attribute == candidate.attribute and same_text(memory.content, candidate.content)


def _denies(candidate: Candidate, memory: Memory) -> bool:
    """Whether a correction names nothing but what a memory says: "No longer has a dog"."""
    named = set(stems(candidate.content)) - _NEGATIONS
    return bool(named) and named <= _words_of(memory)


def _forgetting(
    candidate: Candidate, memories: Sequence[Memory], settings: MemorySettings
) -> Verdict:
    """Forget what is meant, and what was merged into it."""
    targets = list(_meant(candidate, memories, settings))
    for target in targets:  # grows: a part may have parts of its own
        targets += [m for m in memories if m.merged_into == target.id and m not in targets]
    if not targets:
        return Verdict("skip", reason="nothing remembered matches what was to be forgotten")
    return Verdict("forget", tuple(targets), reason="the user asked to forget it")


def _meant(
    candidate: Candidate, memories: Sequence[Memory], settings: MemorySettings
) -> Sequence[Memory]:
    """All or the newest, or this very statement, or a slot, or what holds every word named.

    A slot of one value stands for itself: "forget my name" means no other name. The words of a
    quote count only where no statement has them: one sentence may be the source of several
    memories. Where neither has them, the one memory that says so in other words is meant.
    """
    if is_sweeping(candidate):
        return memories if forgets_all(candidate) else _newest(memories)
    same = [memory for memory in memories if same_text(memory.content, candidate.content)]
    if same:
        return same
    if policy.is_single_valued(candidate.attribute, settings):
        return [m for m in memories if m.attribute == candidate.attribute]
    named = [memory for memory in memories if _is_named(memory, candidate)]
    quoted = named or [memory for memory in memories if _is_quoted(memory, candidate)]
    return quoted or _only([memory for memory in memories if _is_meant(memory, candidate)])


def _only(memories: Sequence[Memory]) -> Sequence[Memory]:
    """The one memory there is; of several, none: other words than the user's may mislead."""
    return memories if len(memories) == 1 else ()


def _newest(memories: Sequence[Memory]) -> list[Memory]:
    """The memories that were stored last, all of one turn."""
    latest = max((memory.created_at for memory in memories), default=None)
    return [memory for memory in memories if memory.created_at == latest]


def _is_named(memory: Memory, candidate: Candidate) -> bool:
    wanted = set(stems(candidate.content))
    return bool(wanted) and wanted <= _words_of(memory)


def _is_quoted(memory: Memory, candidate: Candidate) -> bool:
    wanted = set(stems(candidate.content))
    quoted = "\n".join(evidence.quote for evidence in memory.evidence)
    return bool(wanted) and wanted <= _words_of(memory) | set(stems(quoted))


def _is_meant(memory: Memory, candidate: Candidate) -> bool:
    """Whether a memory has all that is named, by words of one meaning: a beagle is a dog."""
    wanted = {meaning_of(word) for word in words(candidate.content) if word not in STOP_WORDS}
    told = words(memory.content)
    return bool(wanted) and wanted <= {m for w in told for m in (meaning_of(w), *hints_of(w))}


def _words_of(memory: Memory) -> set[str]:
    """The stems of a memory's statement, slot and tags."""
    slot = (memory.attribute or "").replace("_", " ").replace(":", " ")
    return set(stems("\n".join([memory.content, slot, *memory.tags])))


def is_sweeping(candidate: Candidate) -> bool:
    """Whether a candidate asks to forget by time, or all there is, and not by what is said."""
    return forgets_all(candidate) or forgets_last(candidate)


def forgets_all(candidate: Candidate) -> bool:
    """Whether a candidate asks to forget all there is."""
    return candidate.forget and _says(candidate, FORGET_ALL)


def forgets_last(candidate: Candidate) -> bool:
    """Whether a candidate asks to forget what was just said in its conversation."""
    return candidate.forget and _says(candidate, FORGET_LAST)


def _says(candidate: Candidate, text: str) -> bool:
    return same_text(candidate.content, text)


def model_verdict(item: Item, memories: Sequence[Memory]) -> Verdict | str:
    """A decision as a verdict, or what is wrong with it. A wrong one changes nothing stored."""
    action, named, content = item.get("action"), item.get("memories"), item.get("content")
    places = [place_of(place, len(memories)) for place in named] if isinstance(named, list) else []
    if None in places:
        return "a decision names a memory that was not listed"
    targets = tuple(memories[place] for place in dict.fromkeys(places) if place is not None)
    reason = "decided by the model"
    match action:
        case "add" | "skip":
            return Verdict(action, reason=reason)
        case "confirm" | "supersede" if targets:
            kept = targets[:1] if action == "confirm" else targets
            return Verdict(action, kept, reason=reason)
        case "update" | "merge" if targets and is_statement(content):
            return _rewording(targets, str(content), reason)
    return "a decision has an unknown action, or lacks what its action needs"


def _rewording(targets: tuple[Memory, ...], content: str, reason: str) -> Verdict | str:
    """One fuller statement in place of these; with a single one, it is an update of that."""
    if len({memory.attribute for memory in targets if memory.attribute}) > 1:
        return "a decision merges memories of different slots"
    action: Literal["update", "merge"] = "update" if len(targets) == 1 else "merge"
    return Verdict(action, targets, content=content, reason=reason)


def place_of(number: object, count: int) -> int | None:
    """A list place as a model wrote it, or None where there is no such place."""
    return number if type(number) is int and 0 <= number < count else None
