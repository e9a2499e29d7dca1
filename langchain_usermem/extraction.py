"""Candidates from conversations: by a chat model, or by rules where there is none.

An extractor is anything with `steps(utterances, known=..., now=...)`. Both here hand back
what they found together with what they refused and what failed, never a bare empty list.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Protocol, TypeVar

from langchain_core.messages import BaseMessage

from langchain_usermem import prompts
from langchain_usermem.asking import listed_items
from langchain_usermem.decisions import decided_with, decision_in
from langchain_usermem.gate import emptiness
from langchain_usermem.items import Said, checked
from langchain_usermem.memory import (
    MAX_CONTENT_CHARS,
    Candidate,
    Decision,
    Failure,
    Memory,
    Skipped,
    is_statement,
)
from langchain_usermem.models import ModelSpec, resolve_chat_model
from langchain_usermem.rules import candidates_in
from langchain_usermem.salvage import Answer
from langchain_usermem.schemas import extraction_schema
from langchain_usermem.settings import MemorySettings
from langchain_usermem.steps import Steps, arun, run
from langchain_usermem.times import utc_now
from langchain_usermem.turns import Messages, Turn, Utterance, utterances_of

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

T = TypeVar("T")

MAX_CANDIDATES = 100
"""Items of one answer that are looked at; a model gone astray may list thousands."""


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


class RenderPrompt(Protocol):
    """Makes the messages by which a model is asked for items."""

    def __call__(
        self,
        utterances: Sequence[Utterance],
        *,
        known: Sequence[Memory],
        settings: MemorySettings,
        now: datetime,
        context: Sequence[Utterance],
    ) -> Sequence[BaseMessage]:
        """The messages; the numbers that items name are places in `utterances` and `known`."""
        ...


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
        render: makes the whole prompt, in place of `prompts.extraction_prompt`. The items that
            it asks for are those of `schemas.extraction_schema`.

    >>> from langchain_usermem.testing import ScriptedChatModel, candidate_item
    >>> model = ScriptedChatModel(structured=[{"memories": [candidate_item("Keeps bees")]}])
    >>> LLMExtractor(model).extract("Keeps bees").candidates[0].content
    'Keeps bees'
    """

    def __init__(
        self,
        model: ModelSpec,
        *,
        settings: MemorySettings | None = None,
        render: RenderPrompt = prompts.extraction_prompt,
    ) -> None:
        self._model: BaseChatModel = resolve_chat_model(model)
        self._settings = settings or MemorySettings()
        self._render = render

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
        prompt = self._render(
            utterances, known=known, settings=self._settings, now=now, context=context
        )
        schema = extraction_schema(self._settings)
        attempts = self._settings.model_attempts
        answer = yield from listed_items(self._model, prompt, schema, attempts=attempts)
        return _extraction(answer, Said(utterances, context), known, self._settings)


def _extraction(
    answer: Answer, said: Said, known: Sequence[Memory], settings: MemorySettings
) -> Extraction:
    items = answer.items[:MAX_CANDIDATES]
    decisions = [decision_in(item, known) for item in items]
    outcomes = [
        _with_decision(checked(item, said, settings), decision)
        for item, decision in zip(items, decisions, strict=True)
    ]
    wrong = [Failure(stage="extract", error=one) for one in decisions if isinstance(one, str)]
    return Extraction(
        candidates=tuple(_of_kind(outcomes, Candidate)),
        skipped=tuple(_of_kind(outcomes, Skipped)),
        failed=(*_faults(answer), *_of_kind(outcomes, Failure), *wrong),
        is_partial=answer.fault is not None,
    )


def _with_decision(outcome: object, decision: Decision | str | None) -> object:
    """What became of an item, with what it decides; a wrong decision counts as none."""
    if isinstance(outcome, Candidate) and isinstance(decision, Decision):
        return decided_with(outcome, decision)
    return outcome


def _faults(answer: Answer) -> list[Failure]:
    beyond = len(answer.items) - MAX_CANDIDATES
    ignored = f"{beyond} items beyond {MAX_CANDIDATES} were ignored" if beyond > 0 else None
    return [Failure(stage="extract", error=fault) for fault in (answer.fault, ignored) if fault]


def _of_kind(outcomes: Iterable[object], kind: type[T]) -> list[T]:
    return [outcome for outcome in outcomes if isinstance(outcome, kind)]
