"""Times that a query names by what happened: "before I moved", "nachdem ich heiratete".

The memory that fits the clause best tells when that was. Where none does, nothing changes.
"""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from langgraph.store.base import BaseStore

from langchain_usermem.about import asked_of
from langchain_usermem.query import Query
from langchain_usermem.recall import recall
from langchain_usermem.rules.dates import Period
from langchain_usermem.settings import RankingWeights
from langchain_usermem.steps import Steps
from langchain_usermem.text import words
from langchain_usermem.thesaurus import meaning_of

_BEFORE = r"before|bevor|antes de(?: que)?"
_AFTER = r"after|since|nachdem|seit(?:dem)?|despues de(?: que)?|después de(?: que)?|desde que"
_WHO = r"(?:i|we|my|our|ich|wir|mein\w*|unser\w*|yo|mi|me|nos|(?:\w+ing|\w+[aei]r(?:me|nos)?)\b)"
# Verbs that "after" belongs to.
_OF_VERBS = "(?<!look)(?<!looks)(?<!looked)(?<!looking)(?<!named)(?<!called)(?<!take)"
_CLAUSE = re.compile(
    rf"(?:^|{_OF_VERBS}\s)(?:(?P<before>{_BEFORE})|(?P<after>{_AFTER})) "
    rf"(?P<clause>{_WHO}\b[^,.?!;]*)",
    re.IGNORECASE,
)

_EARLIEST, _LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Event:
    """What happened, in the query's own words, what is asked besides, and on which side of it."""

    clause: str
    asked: str
    is_before: bool


def event_of(query: str) -> Event | None:
    """The event that a query names a time by, None for any other query.

    >>> event_of("Where did I work before I moved?")
    Event(clause='I moved', asked='Where did I work ?', is_before=True)
    """
    match = _CLAUSE.search(query)
    asked = (query[: match.start()] + " " + query[match.end() :]).strip(" ,") if match else ""
    if match is None or not re.search(r"\w", asked):
        return None
    return Event(match["clause"].strip(), asked, is_before=match["before"] is not None)


def placed_in_time(store: BaseStore, query: Query, weights: RankingWeights) -> Steps[Query]:
    """A query with the period that its event bounds, if it names one that is remembered."""
    event = event_of(query.searched)
    # Of what others did, "after the concert" tells less when it was than what is asked for.
    if event is None or query.as_of is not None or not asked_of(query.searched).is_own:
        return query
    happened = replace(query, text=_told_as(event), limit=1, floor=None, categories=None, tags=None)
    found = yield from recall(store, happened, weights)
    if not found:
        return query
    moment = found[0].memory.begins
    period = Period(_EARLIEST, moment) if event.is_before else Period(moment, _LATEST)
    return replace(query, text=event.asked, period=period)


def _told_as(event: Event) -> str:
    """What the memory of an event says: whoever moved is remembered by where they live now."""
    moved = meaning_of("move") in map(meaning_of, words(event.clause))
    return f"{event.clause}, home city" if moved else event.clause
