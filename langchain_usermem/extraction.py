"""Candidates from conversations: by a chat model, or by rules where there is none.

An extractor is anything with `steps(utterances, known=..., now=...)`. Both here hand back
what they found together with what they refused and what failed, never a bare empty list.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from inspect import Parameter, signature
from typing import Protocol, TypeGuard, TypeVar

from langchain_core.language_models import BaseChatModel

from langchain_usermem import prompts
from langchain_usermem.asking import listed_items
from langchain_usermem.gate import emptiness
from langchain_usermem.memory import (
    MAX_CONTENT_CHARS,
    MAX_LABEL_CHARS,
    Candidate,
    Evidence,
    Failure,
    Memory,
    Skipped,
    is_statement,
)
from langchain_usermem.models import ModelSpec, resolve_chat_model
from langchain_usermem.rules import candidates_in
from langchain_usermem.rules.reading import own_part
from langchain_usermem.salvage import Answer, Item
from langchain_usermem.schemas import extraction_schema
from langchain_usermem.settings import MemorySettings
from langchain_usermem.statements import slot_name
from langchain_usermem.steps import Steps, arun, run
from langchain_usermem.text import comparable, fold
from langchain_usermem.times import parse_time, utc_now
from langchain_usermem.turns import Messages, Turn, Utterance, utterances_of

T = TypeVar("T")

MAX_CANDIDATES = 100
"""Items of one answer that are looked at; a model gone astray may list thousands."""

MAX_TAGS = 5
"""Tags of one candidate that are kept."""


@dataclass(frozen=True)
class Extraction:
    """What a conversation gave: candidates, what was refused, what failed.

    `is_partial` says that an answer was damaged or missing, so that trying again may find more.
    """

    candidates: tuple[Candidate, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    failed: tuple[Failure, ...] = ()
    is_partial: bool = False


class Extractor(Protocol):
    """Finds candidates in a conversation."""

    def steps(
        self,
        utterances: Sequence[Utterance],
        *,
        known: Sequence[Memory],
        now: datetime,
        context: Sequence[Utterance] = (),
    ) -> Steps[Extraction]:
        """The work of extracting, in steps.

        Args:
            utterances: what was said, in order.
            known: memories that are stored already.
            now: the time at which utterances without one were said.
            context: what was said just before, to understand by, not to extract from. An
                extractor without this parameter works too, and is not given it.
        """
        ...


def extracting(
    extractor: Extractor,
    utterances: Sequence[Utterance],
    *,
    known: Sequence[Memory],
    now: datetime,
    context: Sequence[Utterance],
) -> Steps[Extraction]:
    """The steps of an extractor, which is given the context if it takes any."""
    parameters = signature(extractor.steps).parameters.values()
    if any(p.name == "context" or p.kind is Parameter.VAR_KEYWORD for p in parameters):
        return extractor.steps(utterances, known=known, now=now, context=context)
    return extractor.steps(utterances, known=known, now=now)


def verbatim(turns: Sequence[Turn]) -> Extraction:
    """Every message of the user as a candidate that says just what it says."""
    said = [u for turn in turns for u in turn.utterances if u.role == "user"]
    whole = [u for u in said if is_statement(u.text)]
    reason = f"empty to the eye, or longer than {MAX_CONTENT_CHARS} characters"
    return Extraction(
        candidates=tuple(Candidate(content=u.text, observed_at=u.at) for u in whole),
        skipped=tuple(Skipped(content=u.text[:80], reason=reason) for u in said if u not in whole),
    )


class _Doors:
    """Ways to call an extractor directly, for trying it out."""

    def extract(self: Extractor, messages: Messages, *, known: Sequence[Memory] = ()) -> Extraction:
        """Candidates in a text or in messages."""
        return run(self.steps(utterances_of(messages), known=known, now=utc_now()))

    async def aextract(
        self: Extractor, messages: Messages, *, known: Sequence[Memory] = ()
    ) -> Extraction:
        """Candidates in a text or in messages."""
        return await arun(self.steps(utterances_of(messages), known=known, now=utc_now()))


class RuleExtractor(_Doors):
    """Finds explicit statements in English without a model.

    >>> RuleExtractor().extract("I live in Leeds.").candidates[0].content
    'Lives in Leeds'
    """

    def steps(
        self,
        utterances: Sequence[Utterance],
        *,
        known: Sequence[Memory],  # noqa: ARG002 - repeats are recognised when consolidating
        now: datetime,
        context: Sequence[Utterance] = (),  # noqa: ARG002 - each statement is read by itself
    ) -> Steps[Extraction]:
        """Candidates in what the user said, in order."""
        said = (u for u in utterances if u.role == "user")
        found = [candidate for u in said for candidate in candidates_in(u, now=u.at or now)]
        yield from ()  # steps that wait for nothing
        return Extraction(candidates=tuple(found))


class LLMExtractor(_Doors):
    """Finds what matters by one structured-output call to a chat model.

    Args:
        model: a chat model, or `"provider:model"`.
        settings: categories, slots and added instructions of the prompt.
    """

    def __init__(self, model: ModelSpec, *, settings: MemorySettings | None = None) -> None:
        self._model: BaseChatModel = resolve_chat_model(model)
        self._settings = settings or MemorySettings()

    def steps(
        self,
        utterances: Sequence[Utterance],
        *,
        known: Sequence[Memory],
        now: datetime,
        context: Sequence[Utterance] = (),
    ) -> Steps[Extraction]:
        """Candidates that the model lists, each validated by itself."""
        if not any(u.role == "user" for u in utterances):
            return Extraction()
        if self._settings.gate and (reason := emptiness(utterances, context)):
            return Extraction(skipped=(Skipped(content="", reason=reason),))
        prompt = prompts.extraction_prompt(
            utterances, known=known, settings=self._settings, now=now, context=context
        )
        schema = extraction_schema(self._settings)
        attempts = self._settings.model_attempts
        answer = yield from listed_items(self._model, prompt, schema, attempts=attempts)
        return _extraction(answer, utterances, self._settings)


def _extraction(
    answer: Answer, utterances: Sequence[Utterance], settings: MemorySettings
) -> Extraction:
    outcomes = [_checked(item, utterances, settings) for item in answer.items[:MAX_CANDIDATES]]
    return Extraction(
        candidates=tuple(_of_kind(outcomes, Candidate)),
        skipped=tuple(_of_kind(outcomes, Skipped)),
        failed=(*_faults(answer), *_of_kind(outcomes, Failure)),
        is_partial=answer.fault is not None,
    )


def _faults(answer: Answer) -> list[Failure]:
    beyond = len(answer.items) - MAX_CANDIDATES
    ignored = f"{beyond} items beyond {MAX_CANDIDATES} were ignored" if beyond > 0 else None
    return [Failure(stage="extract", error=fault) for fault in (answer.fault, ignored) if fault]


def _of_kind(outcomes: Iterable[object], kind: type[T]) -> list[T]:
    return [outcome for outcome in outcomes if isinstance(outcome, kind)]


def _checked(
    item: Item, utterances: Sequence[Utterance], settings: MemorySettings
) -> Candidate | Skipped | Failure:
    """One item of a model's answer as a candidate, or why it is none."""
    source = _source(item, utterances)
    if source is None:
        reason = "no message of the user supports it"
        return Skipped(content=_text(item.get("content"))[:200], reason=reason)
    try:
        return _candidate(item, source, settings)
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        # The text of a validation error may quote the conversation.
        return Failure(stage="extract", error=f"an item is malformed ({type(error).__name__})")


def _source(item: Item, utterances: Sequence[Utterance]) -> Utterance | None:
    """The user's message that an item comes from: the one with the quote, else the one named."""
    said = [u for u in utterances if u.role == "user"]
    quote = comparable(_text(item.get("quote")))
    holders = [u for u in said if quote and quote in comparable(u.text)]
    number = item.get("message")
    named = utterances[number] if _is_place(number, utterances) else None
    if named in holders or (named in said and not item.get("forget")):
        return named
    # Forgetting takes the user's own words; a message number alone is no evidence.
    return holders[-1] if holders else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _is_place(number: object, utterances: Sequence[Utterance]) -> TypeGuard[int]:
    return type(number) is int and 0 <= number < len(utterances)


def _candidate(item: Item, source: Utterance, settings: MemorySettings) -> Candidate:
    category = item.get("category")
    return Candidate.model_validate(
        {
            "content": item["content"],
            "category": category if category in settings.categories else "fact",
            "attribute": _slot(item.get("attribute")),
            "tags": _tags(item.get("tags")),
            "forget": item.get("forget") is True,
            "corrects": item.get("corrects") is True,
            "explicit": item.get("explicit") is True,
            "confidence": _share(item.get("confidence", 1.0)),
            "evidence": [_evidence(item, source)],
            "observed_at": source.at,
            "valid_from": _moment(item.get("valid_from")),
            "expires_at": _end(item.get("expires")),
        }
    )


def _evidence(item: Item, source: Utterance) -> Evidence:
    """The quoted words where they stand in the message, else the part of it most like them."""
    quote = _text(item.get("quote")).strip()
    stands = bool(quote) and comparable(quote) in comparable(source.text)
    words = quote if stands else own_part(source.text, f"{quote} {_text(item.get('content'))}")
    return Evidence(quote=words[:MAX_CONTENT_CHARS], message_id=source.id)


def _slot(attribute: object) -> str | None:
    """The slot that a model named; what is no text names none."""
    named = isinstance(attribute, str) and attribute.strip()
    return slot_name(str(attribute))[:MAX_LABEL_CHARS] if named else None


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
