"""Items of a model's answer as candidates, each checked by itself against what was said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeGuard

from langchain_usermem.gate import is_assent
from langchain_usermem.memory import (
    MAX_CONTENT_CHARS,
    MAX_LABEL_CHARS,
    Candidate,
    Evidence,
    Failure,
    Skipped,
    Trust,
)
from langchain_usermem.rules.reading import own_part
from langchain_usermem.salvage import Item
from langchain_usermem.sensitive import without_secrets
from langchain_usermem.settings import MemorySettings
from langchain_usermem.statements import slot_name
from langchain_usermem.text import comparable, fold
from langchain_usermem.times import parse_time
from langchain_usermem.turns import Role, Utterance

MAX_TAGS = 5
"""Tags of one candidate that are kept."""

SLOTS_MEANT = {
    "city": "home_city",
    "company": "employer",
    "country": "home_country",
    "job": "role",
    "job_title": "role",
    "location": "home_city",
    "marital_status": "relationship_status",
    "nickname": "preferred_name",
    "occupation": "role",
    "profession": "role",
    "residence": "home_city",
    "timezone": "time_zone",
    "workplace": "employer",
}
"""Names that models give to slots of ours, though the prompt lists the slots."""

_MAX_SKIPPED_CHARS = 200


@dataclass(frozen=True)
class Said:
    """What items may come from, numbered from 0, and what was said before it."""

    utterances: Sequence[Utterance]
    context: Sequence[Utterance] = ()

    def assistant_before(self, source: Utterance) -> Utterance | None:
        """The assistant's last message before one of the user's."""
        place = next(n for n, utterance in enumerate(self.utterances) if utterance is source)
        earlier = [*self.context, *self.utterances[:place]]
        return next((u for u in reversed(earlier) if u.role == "assistant"), None)


def checked(item: Item, said: Said, settings: MemorySettings) -> Candidate | Skipped | Failure:
    """One item of a model's answer as a candidate, or why it is none."""
    source = _source(item, said.utterances, settings)
    evidence = () if source is None else _evidence(item, source, said)
    if source is None or not evidence:
        content = without_secrets(_text(item.get("content")))[:_MAX_SKIPPED_CHARS]
        return Skipped(content=content, reason="no message of the user supports it")
    try:
        return _candidate(item, source, evidence, settings)
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        # The text of a validation error may quote the conversation.
        return Failure(stage="extract", error=f"an item is malformed ({type(error).__name__})")


def _source(
    item: Item, utterances: Sequence[Utterance], settings: MemorySettings
) -> Utterance | None:
    """The message that an item comes from: the one with the quote, else the one named.

    Forgetting takes the user's own words; the number of a message alone is no evidence.
    """
    forgets = bool(item.get("forget"))
    roles: set[Role] = {"user", "tool"} if settings.extract_tool_results else {"user"}
    sources = [u for u in utterances if u.role in (roles - {"tool"} if forgets else roles)]
    quote, number = comparable(_text(item.get("quote"))), item.get("message")
    holders = [u for u in sources if quote and quote in comparable(u.text)]
    named = utterances[number] if _is_place(number, utterances) else None
    if holders:
        return named if named in holders else holders[-1]
    return named if named in sources and not forgets else None


def _evidence(item: Item, source: Utterance, said: Said) -> tuple[Evidence, ...]:
    """The words an item comes from; a bare assent has those that it assents to beside it."""
    words = _evidence_in(source, _text(item.get("quote")).strip(), item)
    if source.role != "user" or not is_assent(words.quote):
        return (words,)
    assented = said.assistant_before(source)
    return (words, _evidence_in(assented, "", item)) if assented else ()


def _evidence_in(source: Utterance, quote: str, item: Item) -> Evidence:
    """The quoted words where they stand in the message, else the part of it most like them."""
    stands = bool(quote) and comparable(quote) in comparable(source.text)
    words = quote if stands else own_part(source.text, f"{quote} {_text(item.get('content'))}")
    return Evidence(quote=words[:MAX_CONTENT_CHARS], message_id=source.id)


def _candidate(
    item: Item, source: Utterance, evidence: tuple[Evidence, ...], settings: MemorySettings
) -> Candidate:
    category = item.get("category")
    return Candidate.model_validate(
        {
            "content": item["content"],
            "category": category if category in settings.categories else "fact",
            "attribute": _slot(item.get("attribute"), settings),
            "tags": _tags(item.get("tags")),
            "forget": item.get("forget") is True,
            "corrects": item.get("action") == "supersede",
            "explicit": item.get("explicit") is True,
            "confidence": _share(item.get("confidence", 1.0)),
            "trust": _trust(source, evidence),
            "evidence": evidence,
            "observed_at": source.at,
            "valid_from": _moment(item.get("valid_from")),
            "expires_at": _end(item.get("expires")),
        }
    )


def _trust(source: Utterance, evidence: tuple[Evidence, ...]) -> Trust:
    """Whose words it is taken on: the assistant's where the user did no more than assent."""
    if source.role == "tool":
        return "tool"
    return "assistant" if len(evidence) > 1 else "user"


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _is_place(number: object, utterances: Sequence[Utterance]) -> TypeGuard[int]:
    return type(number) is int and 0 <= number < len(utterances)


def _slot(attribute: object, settings: MemorySettings) -> str | None:
    """The slot that a model meant; what is no text names none."""
    if not isinstance(attribute, str) or not attribute.strip():
        return None
    name = slot_name(attribute)[:MAX_LABEL_CHARS]
    slots = settings.single_valued | settings.standing
    meant = SLOTS_MEANT.get(name, name)
    # An application may have a slot of that very name.
    return name if name in slots or meant not in slots else meant


def _tags(tags: object) -> list[str]:
    listed = tags if isinstance(tags, list) else []
    return [fold(tag)[:MAX_LABEL_CHARS] for tag in listed if isinstance(tag, str) and tag.strip()][
        :MAX_TAGS
    ]


def _share(number: object) -> float:
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise TypeError("a share is a number")
    return min(max(float(number), 0.0), 1.0)


def _moment(text: object) -> datetime | None:
    """A time a model wrote, or None where it is no ISO 8601; a month is its first day."""
    try:
        bare_month = isinstance(text, str) and len(text) == len("2026-05")
        return parse_time(f"{text}-01" if bare_month else text) if isinstance(text, str) else None
    except ValueError:
        return None


def _end(text: object) -> datetime | None:
    """An end a model wrote; a bare date holds until that day is over."""
    moment = _moment(text)
    bare = moment is not None and len(str(text).strip()) == len("2026-05-01")
    try:
        return moment + timedelta(days=1) if moment is not None and bare else moment
    except OverflowError:  # the last day of the calendar, as which models write "never"
        return None
