"""Several memories as one: what a merged memory keeps of those whose place it takes."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from langchain_usermem.memory import Evidence, Memory, Trust, ids_of

MAX_EVIDENCE = 5
"""Quotes kept with one memory, the newest of them."""

_LOWEST_FIRST: tuple[Trust, ...] = ("tool", "assistant", "user")


def merged(base: Memory, replaced: Sequence[Memory], content: str) -> Memory:
    """`base` as one statement that stands for these memories as well.

    It has the evidence and the tags of all, and the lowest trust. It lasts as long as the one
    that lasts longest, and counts `as_of` from when the last of them was there: before that,
    each answers for itself.
    """
    sources = sorted([*replaced, base], key=lambda memory: memory.observed_at)
    return base.model_copy(
        update={
            "content": content.strip(),
            "category": _category(sources),
            "attribute": next((m.attribute for m in replaced if m.attribute), base.attribute),
            "standing": any(memory.standing for memory in sources),
            "tags": tuple(dict.fromkeys(tag for m in [*replaced, base] for tag in m.tags)),
            "evidence": union_of_evidence(*(memory.evidence for memory in sources)),
            "trust": lowest_trust(*(memory.trust for memory in sources)),
            "confidence": max(memory.confidence for memory in sources),
            "importance": max(memory.importance for memory in sources),
            "observed_at": sources[-1].observed_at,
            "stands_from": max(memory.begins for memory in sources),
            "valid_from": min((m.valid_from for m in sources if m.valid_from), default=None),
            "valid_until": _last([memory.valid_until for memory in sources]),
            "expires_at": _last([memory.expires_at for memory in sources]),
            "supersedes": ids_of(replaced),
        }
    )


def union_of_evidence(*parts: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """The quotes of all, older ones first, each once; of many, the newest."""
    return tuple(dict.fromkeys(quote for part in parts for quote in part))[-MAX_EVIDENCE:]


def lowest_trust(*trusts: Trust) -> Trust:
    """The trust of what rests on all of these."""
    return min(trusts, key=_LOWEST_FIRST.index)


def _category(sources: Sequence[Memory]) -> str:
    """The newest one's, unless that is passing and another's is not."""
    lasting = [memory.category for memory in sources if memory.category != "context"]
    return lasting[-1] if lasting else "context"


def _last(ends: Sequence[datetime | None]) -> datetime | None:
    """The last of these ends; None, which is no end, is after all others."""
    known = [end for end in ends if end is not None]
    return max(known) if len(known) == len(ends) else None
