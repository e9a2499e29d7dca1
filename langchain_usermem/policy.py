"""What may be stored, for how long, and what applies to every turn. Pure decisions."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from langchain_usermem.errors import (
    DeniedCategoryError,
    InvalidMemoryError,
    UnknownCategoryError,
)
from langchain_usermem.memory import Candidate, Memory, Source, Status, ids_of
from langchain_usermem.sensitive import secret_in, without_secrets
from langchain_usermem.settings import (
    KINDRED_ATTRIBUTES,
    REPLACED_ATTRIBUTES,
    MemorySettings,
)

ASKED_IMPORTANCE = 0.9
"""Importance of what the user asked to be remembered."""

VALUE_HALF_LIFE_DAYS = 90.0
"""Days without being said again after which a memory is worth half as much."""


def is_single_valued(attribute: str | None, settings: MemorySettings) -> bool:
    """Whether a user has one memory at a time in this slot.

    A slot with an object, such as `opinion:coffee`, has one by its nature.
    """
    return attribute is not None and (attribute in settings.single_valued or ":" in attribute)


def is_replaced(attribute: str | None) -> bool:
    """Whether another statement in this slot is another value of it, and not more of the same."""
    return attribute in REPLACED_ATTRIBUTES


def kindred(attribute: str | None) -> frozenset[str]:
    """The other slots in which the same may be said; a model takes one or another."""
    alike = (slots for slots in KINDRED_ATTRIBUTES if attribute in slots)
    return frozenset(slot for slots in alike for slot in slots if slot != attribute)


def is_standing(candidate: Candidate, settings: MemorySettings) -> bool:
    """Whether it applies to every turn: as it says, else who the user is and how to answer."""
    if candidate.standing is not None:
        return candidate.standing
    return candidate.category == "identity" or candidate.attribute in settings.standing


def importance_of(candidate: Candidate) -> float:
    """How much it matters, in [0, 1]: what was asked to be remembered most, context least."""
    if candidate.explicit:
        return ASKED_IMPORTANCE
    return {"identity": 0.8, "preference": 0.6, "context": 0.3}.get(candidate.category, 0.5)


def expiry_of(candidate: Candidate, now: datetime, settings: MemorySettings) -> datetime | None:
    """When it stops mattering: as it says, else after the life of its category."""
    days = settings.policy.life_of(candidate.category)
    if candidate.expires_at is not None or days is None:
        return candidate.expires_at
    try:
        return (candidate.observed_at or now) + timedelta(days=days)
    except OverflowError:  # said near the end of the calendar: it does not end before that
        return None


def status_of(candidate: Candidate, settings: MemorySettings) -> Status:
    """The status in which a candidate is stored."""
    return "in_review" if reviewed_among([candidate.category], settings) else "active"


def reviewed_among(categories: Iterable[str], settings: MemorySettings) -> str | None:
    """The first of these categories whose memories are reviewed, or None."""
    permission = settings.policy.permission
    return next((name for name in categories if permission(name) == "review"), None)


def refusal(
    candidate: Candidate, now: datetime, settings: MemorySettings, *, source: Source = "chat"
) -> str | None:
    """Why a candidate is not stored, or None if it may be.

    `source` is how it came here: only what comes from a conversation needs to be asked for.
    """
    if candidate.category not in settings.categories:
        return f"category {candidate.category!r} is not among the settings' categories"
    if settings.policy.permission(candidate.category) == "deny":
        return f"the policy denies category {candidate.category!r}"
    if settings.policy.explicit_only and source == "chat" and not candidate.explicit:
        return "the user did not ask for it to be remembered"
    if candidate.confidence < settings.min_confidence:
        return f"confidence {candidate.confidence:g} is below {settings.min_confidence:g}"
    if source != "chat" and is_over(candidate, now, settings):
        return "it had expired before it was stored"
    return None


def is_over(candidate: Candidate, now: datetime, settings: MemorySettings) -> bool:
    """Whether its life had ended by now, as in an old conversation that is replayed."""
    expiry = expiry_of(candidate, now, settings)
    return expiry is not None and expiry <= now


def secret_refusal(content: str, settings: MemorySettings) -> str | None:
    """Why a statement that holds a secret is not stored, or None if it holds none."""
    kind = secret_in(content) if settings.refuse_secrets else None
    return f"it holds {kind}, which refuse_secrets=False would store" if kind else None


def cleaned(candidate: Candidate, settings: MemorySettings) -> Candidate:
    """A candidate in whose quotes no secret is left; one beside a fact does not cost the fact.

    It decides nothing where that would put a secret into a memory.
    """
    if not settings.refuse_secrets:
        return candidate
    masked = tuple(
        evidence.model_copy(update={"quote": without_secrets(evidence.quote)})
        for evidence in candidate.evidence
    )
    decision = candidate.decision
    spoilt = decision is not None and secret_in(decision.content or "")
    update = {"evidence": masked, "decision": None if spoilt else decision}
    return candidate.model_copy(update=update)


def check_category(category: str, settings: MemorySettings) -> None:
    """Refuse a category that the settings do not list.

    Raises:
        UnknownCategoryError: naming the categories there are.
    """
    if category not in settings.categories:
        raise UnknownCategoryError(
            f"category {category!r} is unknown; there are {', '.join(settings.categories)}. "
            "Add yours to MemorySettings(categories=...)."
        )


def check_allowed(category: str, settings: MemorySettings) -> None:
    """Refuse a category that the policy denies.

    Raises:
        DeniedCategoryError: naming what to change.
    """
    if settings.policy.permission(category) == "deny":
        raise DeniedCategoryError(
            f"the policy denies category {category!r}. Use another category, or allow it in "
            f"MemoryPolicy(categories={{{category!r}: 'allow'}})."
        )


def check_secret(content: str, settings: MemorySettings) -> None:
    """Refuse a statement that holds a secret.

    Raises:
        InvalidMemoryError: naming the kind of it, and what to change.
    """
    if reason := secret_refusal(content, settings):
        raise InvalidMemoryError(f"the statement was not stored: {reason}.")


def value_of(memory: Memory, now: datetime) -> float:
    """What a memory is worth keeping, in [0, 1].

    Its importance times its confidence, halved for every 90 days since it was last said.
    """
    age_days = max((now - memory.observed_at) / timedelta(days=1), 0.0)
    faded: float = 0.5 ** (age_days / VALUE_HALF_LIFE_DAYS)
    return memory.importance * memory.confidence * faded


def has_caps(settings: MemorySettings) -> bool:
    """Whether a user may have only so many memories."""
    return settings.policy.max_memories is not None or bool(settings.policy.max_by_category)


def beyond_caps(
    memories: Iterable[Memory], now: datetime, settings: MemorySettings
) -> list[tuple[Memory, str]]:
    """The least valuable of a user's active memories beyond the caps, each with the reason.

    Those go first that are worth least, of equals the oldest; what is standing or was asked to be
    remembered goes after all others. The caps of categories count before that of all.
    """
    left = sorted(memories, key=lambda m: (_is_kept_last(m), value_of(m, now), m.order))
    beyond: list[tuple[Memory, str]] = []
    for category, most in settings.policy.max_by_category.items():
        reason = f"beyond {most} memories of category {category!r}"
        surplus = _surplus([m for m in left if m.category == category], most)
        beyond += [(memory, reason) for memory in surplus]
        gone = set(ids_of(surplus))
        left = [memory for memory in left if memory.id not in gone]
    most = settings.policy.max_memories or len(left)
    return beyond + [(m, f"beyond {most} memories") for m in _surplus(left, most)]


def _surplus(least_first: Sequence[Memory], most: int) -> Sequence[Memory]:
    return least_first[: max(len(least_first) - most, 0)]


def _is_kept_last(memory: Memory) -> bool:
    return memory.standing or memory.importance >= ASKED_IMPORTANCE
