"""Memories that say the same: found by rules where it is plain, else grouped for a model.

A wrong merge costs more than a duplicate: rules merge the same text, and a statement that
another one of the same slot begins with. Pure decisions.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import combinations

from langchain_usermem.memory import Memory
from langchain_usermem.text import comparable

NEAR = 0.6
"""Least relevance of one memory to another at which both may say the same."""

GROUP = 8
"""Memories that are compared in one call to a model."""

_UNSAID = frozenset({"a", "an", "the"})
_SUBJECT = "user"
# What turns a statement round that stands before it: "Plays chess", "Plays chess no longer".
_LIMITS = (
    frozenset({"no", "not", "never", "none", "nor", "without", "longer", "anymore", "instead"})
    | frozenset({"but", "except", "unless", "until", "till", "if", "when", "only", "than"})
    | frozenset({"before", "after", "since", "during", "in", "on", "at", "last", "next"})
    | frozenset({"was", "were", "once", "used", "formerly", "quit", "stopped", "less"})
    | frozenset({"rarely", "seldom", "hardly", "sometimes", "maybe", "perhaps", "probably"})
)
_NUMBER = re.compile(r"\d+")

Pair = tuple[str, str]
Words = tuple[str, ...]


def may_be_one(left: Memory, right: Memory) -> bool:
    """Whether two memories can be merged, whatever they say.

    They have one owner and no two slots, and last alike: what is passing is not merged into
    what lasts, nor the other way.
    """
    return (
        left.agent_id == right.agent_id
        and (left.attribute == right.attribute or None in (left.attribute, right.attribute))
        and (left.expires_at is None) == (right.expires_at is None)
        and (left.category == "context") == (right.category == "context")
        and left.valid_until == right.valid_until
    )


def plain_duplicates(memories: Iterable[Memory]) -> list[list[Memory]]:
    """The memories that rules see as one, the fullest statement of each lot first."""
    said = [(said_words(memory), memory) for memory in memories]
    lots: list[_Lot] = []
    # A statement can only join a lot that says the same, or that is of its slot.
    homes: dict[object, list[_Lot]] = {}
    for words, memory in sorted(said, key=lambda pair: (-len(pair[0]), pair[1].order)):
        near = [*homes.get(words, ()), *homes.get(memory.attribute, ())]
        lot = next((lot for lot in near if lot.takes(words, memory)), None)
        if lot is None:
            lots.append(lot := _Lot(words, []))
            homes.setdefault(words, []).append(lot)
            if memory.attribute is not None:
                homes.setdefault(memory.attribute, []).append(lot)
        lot.memories.append(memory)
    return [lot.memories for lot in lots if len(lot.memories) > 1]


@dataclass(frozen=True)
class _Lot:
    """Memories that are one, and the words of the fullest of them, which is the first."""

    words: Words
    memories: list[Memory]

    def takes(self, words: Words, memory: Memory) -> bool:
        """Whether a memory of these words is one with those here, and none stands against it."""
        in_one_slot = (
            memory.attribute is not None and memory.attribute == self.memories[0].attribute
        )
        said = words == self.words or (in_one_slot and _begins(self.words, words))
        return said and all(may_be_one(memory, other) for other in self.memories)


def _begins(whole: Words, part: Words) -> bool:
    """Whether a statement begins with another, and nothing after that turns it round."""
    return whole[: len(part)] == part and not _LIMITS.intersection(whole[len(part) :])


def said_words(memory: Memory) -> Words:
    """The words of a statement in order, without articles and without "the user"."""
    words = [word for word in comparable(memory.content).split() if word not in _UNSAID]
    return tuple(words[1:] if words[:1] == [_SUBJECT] and len(words) > 1 else words)


def groups_of(memories: Mapping[str, Memory], near: Mapping[Pair, float]) -> list[list[Memory]]:
    """Groups of memories near each other, of `GROUP` at most, the nearest together.

    Args:
        memories: those that may be merged, by id.
        near: the relevance to each other of pairs of ids.
    """
    group: dict[str, frozenset[str]] = {memory_id: frozenset({memory_id}) for memory_id in memories}
    for left, right in _nearest_first(memories, near):
        joined = group[left] | group[right]
        if len(joined) <= GROUP:
            group |= dict.fromkeys(joined, joined)
    found = {ids for ids in group.values() if len(ids) > 1}
    lots = [sorted((memories[i] for i in ids), key=lambda m: m.order) for ids in found]
    return sorted(lots, key=lambda lot: lot[0].order)


def _nearest_first(memories: Mapping[str, Memory], near: Mapping[Pair, float]) -> Iterator[Pair]:
    for pair in sorted(near, key=lambda pair: (-near[pair], pair)):
        left, right = (memories.get(memory_id) for memory_id in pair)
        if near[pair] >= NEAR and left and right and _may_be_asked(left, right):
            yield pair


def _may_be_asked(left: Memory, right: Memory) -> bool:
    """A wish that applies to every turn is not asked about beside a fact."""
    return may_be_one(left, right) and left.standing == right.standing


def fault_of(content: str, memories: Sequence[Memory]) -> str | None:
    """Why these memories cannot be merged into this statement, or None if they can."""
    if not all(may_be_one(*pair) for pair in combinations(memories, 2)):
        return "a merge joins what lasts with what passes, or two slots"
    said = {number for memory in memories for number in _NUMBER.findall(memory.content)}
    if not said <= set(_NUMBER.findall(content)):
        return "a merge leaves out a number"
    return None


def key_of(memories: Iterable[Memory]) -> str:
    """A name for these memories as they are; another one once any of them says something else."""
    said = sorted(f"{memory.id}\0{memory.content}" for memory in memories)
    return blake2b("\0".join(said).encode(errors="replace"), digest_size=16).hexdigest()
