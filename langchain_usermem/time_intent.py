"""What a query says about time: a period it asks about, or the present.

English, German and Spanish; a query in another language has no time intent.
"""

import re
from datetime import datetime
from typing import NamedTuple

from langchain_usermem.rules.dates import PHRASE, Period, later, period_of
from langchain_usermem.time_words import in_english
from langchain_usermem.times import as_utc

_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_SEASON = rf"(?:(?P<which>last|this|next) )?(?P<season>{'|'.join(_SEASONS)})(?: (?P<year>\d{{4}}))?"
_FREE = r"last\b|this\b|yesterday\b|today\b|(?:\d+|an?|a couple of|[a-z]+) [a-z]+ ago\b"
# "may" is a month only behind one of these words.
_LEAD = r"(?:in|on|of|from|during|around|since|back in)"
_ASKED_PERIOD = re.compile(
    rf"\b(?:{_LEAD} (?:the )?(?P<led>{PHRASE})|(?={_FREE})(?P<free>{PHRASE}))\b"
)
_ASKED_SEASON = re.compile(rf"\b(?:{_LEAD} )?(?:the )?{_SEASON}\b")
_PRESENT = re.compile(
    r"\b(?:currently|right now|now|nowadays|these days|at the moment|lately|recently|latest|newest"
    r"|most recent(?:ly)?|last time|so far)\b"
)


class TimeIntent(NamedTuple):
    """A period that is asked about, in UTC, and whether the present is."""

    period: Period | None = None
    is_present: bool = False


def time_intent_of(query: str, now: datetime) -> TimeIntent:
    """What a query says about time, reckoned from `now`; a period wins over the present."""
    text = in_english(query)
    period = _period(text, now) or _season(text, now)
    if period is None:
        return TimeIntent(is_present=_PRESENT.search(text) is not None)
    return TimeIntent(Period(as_utc(period.start), as_utc(period.end)))


def _period(text: str, now: datetime) -> Period | None:
    match = _ASKED_PERIOD.search(text)
    return period_of(match["led"] or match["free"], now, ahead=False) if match else None


def _season(text: str, now: datetime) -> Period | None:
    """A season's three months: of the year named, else the latest one that has begun.

    "Last spring", said in spring, is that of the year before.
    """
    match = _ASKED_SEASON.search(text)
    if match is None or match[0] == match["season"]:
        return None
    midnight = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    starts = midnight.replace(month=_SEASONS[match["season"]])
    if match["year"]:
        return _three_months(starts.replace(year=int(match["year"])))
    begun = starts if starts <= now else later(starts, -1, "year")
    lasts = now < later(begun, 3, "month")
    return _three_months(later(begun, -1, "year") if match["which"] == "last" and lasts else begun)


def _three_months(start: datetime) -> Period:
    return Period(start, later(start, 3, "month"))
