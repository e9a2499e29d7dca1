"""Rules: a pattern over a clause, and the candidate that a match becomes.

The tables of the topics are made of these. Patterns match a whole clause.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from langchain_usermem.memory import Candidate
from langchain_usermem.rules.clauses import Clause
from langchain_usermem.rules.phrasing import MEANINGLESS, sentence_case, without_first_person
from langchain_usermem.rules.vocabulary import words_of

IDENTITY_ATTRIBUTES = frozenset(
    {
        "age",
        "birthday",
        "employer",
        "home_city",
        "home_country",
        "name",
        "nationality",
        "preferred_name",
        "pronouns",
        "relationship_status",
        "role",
        "time_zone",
    }
)
"""Slots that say who the user is; a statement in any other slot is a fact."""

Build = Callable[[re.Match[str], Clause], Iterable[Candidate]]

_PARTICLES = words_of("de da di du del della van von der den al el la le bin of and the & y")


class Rule(NamedTuple):
    """A pattern, what its match becomes, and whether it reads the clause with its time words."""

    pattern: re.Pattern[str]
    build: Build
    with_time: bool = False


def rule(pattern: str, build: Build, *, with_time: bool = False) -> Rule:
    """A rule for clauses that match the pattern from end to end, whatever their case."""
    return Rule(re.compile(pattern, re.IGNORECASE), build, with_time)


def says(
    content: str,
    attribute: str | None = None,
    *,
    proper: str | None = None,
    confidence: float = 0.9,
    corrects: bool = False,
) -> Build:
    """What builds one statement from a template over the pattern's named groups.

    Args:
        content: the template, such as "Is allergic to {what}".
        attribute: its slot.
        proper: the group that must be a proper name; without one there is no candidate.
        confidence: how sure the rule is.
        corrects: whether it takes back what was so.
    """

    def build(match: re.Match[str], _clause: Clause) -> Iterator[Candidate]:
        words = {name: value or "" for name, value in match.groupdict().items()}
        pointing = any(value.lower() in MEANINGLESS for value in words.values())
        if not pointing and (proper is None or is_proper(words[proper])):
            found = stated(content.format(**words), attribute, confidence=confidence)
            yield found.model_copy(update={"corrects": corrects})

    return build


def stated(content: str, attribute: str | None = None, *, confidence: float = 0.9) -> Candidate:
    """A candidate in the category of its slot."""
    category = "identity" if attribute in IDENTITY_ATTRIBUTES else "fact"
    text = sentence_case(without_first_person(" ".join(content.split())))
    return Candidate(content=text, category=category, attribute=attribute, confidence=confidence)


def first_match(rules: Iterable[Rule], clause: Clause) -> list[Candidate]:
    """The candidates of the first rule that gives any, with the times that the clause names."""
    for pattern, build, with_time in rules:
        match = pattern.fullmatch(clause.full if with_time else clause.timing.rest)
        if match and (found := list(build(match, clause))):
            return found if with_time else [_timed(candidate, clause) for candidate in found]
    return []


def is_proper(text: str) -> bool:
    """Whether a text is written like a name: each word but particles begins upper-case."""
    words = text.split()
    names = [word for word in words if word.lower() not in _PARTICLES] or words
    return bool(names) and all(not word.lstrip("'\"(")[:1].islower() for word in names)


def _timed(candidate: Candidate, clause: Clause) -> Candidate:
    """A candidate with the clause's times; with an end it is short-lived and takes no slot."""
    _, valid_from, expires_at, _ = clause.timing
    if expires_at is None:
        return candidate.model_copy(update={"valid_from": valid_from})
    ends = {"category": "context", "attribute": None, "expires_at": expires_at}
    return candidate.model_copy(update=ends)
