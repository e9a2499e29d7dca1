"""Explicit statements of one message, read sentence by sentence without a model."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from langchain_usermem.memory import Candidate, Evidence
from langchain_usermem.rules.answers import ANSWERS
from langchain_usermem.rules.clauses import Clause, clauses_in
from langchain_usermem.rules.commands import (
    Order,
    forgotten,
    in_any_wording,
    to_forget,
    to_remember,
)
from langchain_usermem.rules.gates import hands_over_text, is_hostile
from langchain_usermem.rules.home import HOME
from langchain_usermem.rules.identity import IDENTITY
from langchain_usermem.rules.life import LIFE
from langchain_usermem.rules.plans import PLANS
from langchain_usermem.rules.sentences import MASK, Sentence, sentences_in
from langchain_usermem.rules.statements import Rule, first_match
from langchain_usermem.rules.takebacks import TAKEBACKS
from langchain_usermem.rules.tastes import TASTES
from langchain_usermem.text import stems
from langchain_usermem.times import as_utc
from langchain_usermem.turns import Utterance

_JOINT = re.compile(r"[,;.!?]\s(?:(?:and|but)\s)?|\s(?:and|but|while|though)\s|\n")

_TOPICS: tuple[tuple[Rule, ...], ...] = (TAKEBACKS, IDENTITY, LIFE, HOME, PLANS, ANSWERS, TASTES)


def candidates_in(utterance: Utterance, *, now: datetime) -> list[Candidate]:
    """The statements that a user's message makes about them, in order, each once.

    English only, and only what is said outright: questions, suppositions, hearsay, quotations,
    code, moods and orders for work give nothing, and a message that tries to instruct the
    system gives nothing at all.

    Args:
        utterance: the message; one that is not the user's gives nothing.
        now: when it was said, from which "in May" or "tomorrow" are reckoned.
    """
    if utterance.role != "user" or is_hostile(utterance.text):
        return []
    now = now if now.tzinfo else as_utc(now)
    found = [
        _with_source(candidate, quote, utterance, now)
        for sentence in _own_sentences(utterance.text)
        for candidate, quote in _quoted(_read(sentence, now), sentence)
    ]
    return _each_once(found)


def _own_sentences(text: str) -> Iterator[Sentence]:
    """The sentences up to one that hands over material, which is somebody's text."""
    for sentence in sentences_in(text):
        yield sentence
        if hands_over_text(sentence.masked):
            return


def _read(sentence: Sentence, now: datetime) -> list[Candidate]:
    if MASK not in sentence.masked:
        if words := to_forget(sentence.masked):
            return _forgetting(words, now)
        if order := to_remember(sentence.masked):
            return _remembering(order, now)
    return [found for clause in clauses_in(sentence.masked, now) for found in _stated(clause)]


def _stated(clause: Clause) -> list[Candidate]:
    """What the first topic that reads a clause makes of it."""
    for rules in _TOPICS:
        if found := first_match(rules, clause):
            return [_corrected(candidate, clause) for candidate in found]
    return []


def _corrected(candidate: Candidate, clause: Clause) -> Candidate:
    return candidate.model_copy(update={"corrects": candidate.corrects or clause.corrects})


def _remembering(order: Order, now: datetime) -> list[Candidate]:
    """What the rules read in a statement, or the statement as it is: the user asked for it."""
    clauses = list(clauses_in(order.statement, now))
    read = [(clause, _stated(clause)) for clause in clauses]
    if read and all(found for _, found in read):
        return [c.model_copy(update={"explicit": True}) for _, found in read for c in found]
    kept = in_any_wording(order.statement) if order.any_wording else None
    return [kept] if kept else []


def _forgetting(words: str, now: datetime) -> list[Candidate]:
    """What to forget, told as the statement would have been where a rule reads it."""
    clauses = list(clauses_in(words, now))
    stated = _stated(clauses[0]) if len(clauses) == 1 else []
    forget = {"forget": True, "explicit": True, "corrects": False}
    return [candidate.model_copy(update=forget) for candidate in stated] or [forgotten(words)]


def _quoted(found: list[Candidate], sentence: Sentence) -> Iterator[tuple[Candidate, str]]:
    """Each candidate with its words: of a sentence that gives several, the part that is its own.

    Memories are found by their quotes too; by a shared one each would answer for the others.
    """
    for candidate in found:
        alone = len(found) == 1
        yield candidate, sentence.quote if alone else own_part(sentence.quote, candidate.content)


def own_part(quote: str, content: str) -> str:
    """The part of a quote that shares most words with a statement; all of it where two tie."""
    wanted = set(stems(content))
    parts = [part.strip() for part in _JOINT.split(quote) if part.strip()]
    shared = [len(wanted & set(stems(part))) for part in parts]
    most = max(shared)
    return parts[shared.index(most)] if most and shared.count(most) == 1 else quote


def _with_source(
    candidate: Candidate, quote: str, utterance: Utterance, now: datetime
) -> Candidate:
    evidence = (Evidence(quote=quote, message_id=utterance.id),)
    times = ("valid_from", "valid_until", "expires_at")
    utc = {name: as_utc(time) for name in times if (time := getattr(candidate, name))}
    return candidate.model_copy(update={"evidence": evidence, "observed_at": as_utc(now), **utc})


def _each_once(candidates: Iterable[Candidate]) -> list[Candidate]:
    """The candidates without those whose content and slot have come before."""
    unique = {(c.content, c.attribute, c.forget): c for c in reversed(list(candidates))}
    return list(reversed(unique.values()))
