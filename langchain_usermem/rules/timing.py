"""When a clause holds, and the clause without the words that say so."""

import re
from datetime import datetime
from typing import NamedTuple

from langchain_usermem.rules.dates import (
    COUNT,
    PHRASE,
    UNIT,
    Period,
    count_of,
    day_in_words,
    later,
    midnight,
    period_of,
)

_LEAD = r"(?P<lead>since|until|till|through|from|by|back in|in|on|for|starting)"
_CLOCK = r"(?P<clock>,? (?:at|around|by) (?:\d{1,2}(?:[:.]\d\d)?(?: ?[ap]\.?m)?|noon|midnight))?"
_TRAILING = re.compile(rf"\s(?:{_LEAD}\s)?(?P<phrase>{PHRASE}){_CLOCK}$", re.IGNORECASE)
_LEADING = re.compile(
    rf"(?P<when>(?:(?:since|until|till|in|on)\s)?(?:{PHRASE})),?\s(?=(?:I|my|we)\b)", re.IGNORECASE
)
_DURATION = re.compile(
    rf"\sfor (?:the (?:last|past|next) |about |over |almost |nearly |more than )?"
    rf"(?P<count>{COUNT}) (?P<unit>{UNIT})(?: now)?$",
    re.IGNORECASE,
)
_VAGUE = re.compile(
    r"\s(?:(?:last|this|next) (?:spring|summer|autumn|fall|winter)|(?:a )?few \w+ ago|recently"
    r"|lately|a while ago|ages ago|a long time ago)$",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"(?:I|we) (?:have )?(?:just |recently )?(?!need\b|feed\b)"
    r"(?:\w+ed|was|were|had|went|got|became|began|left|bought|chose|made|took|met|lost|built)\b",
    re.IGNORECASE,
)
_STILL_SO = re.compile(
    r"I have (?:been (?P<doing>\w+ing)\b|(?P<been>been)\b|(?P<done>lived|worked|owned|played"
    r"|studied|loved|liked)\b)",
    re.IGNORECASE,
)
_PRESENT = {
    "lived": "live",
    "worked": "work",
    "owned": "own",
    "played": "play",
    "studied": "study",
    "loved": "love",
    "liked": "like",
}


class Timing(NamedTuple):
    """A clause without its time words, and what they say.

    `when` is the day or month they name, to be read at any later time ("on 3 May 2026").
    """

    rest: str
    valid_from: datetime | None = None
    expires_at: datetime | None = None
    when: str | None = None


def timing_of(text: str, now: datetime) -> Timing:
    """What the time words at either end of a clause say, and the clause without them.

    "since" and past tense give `valid_from`, anything else that has not ended `expires_at`:
    the end of the period, so that "until Friday" includes Friday.
    """
    text = _with_time_last(text)
    if match := _DURATION.search(text):
        return _lasting(text[: match.start()], match, now)
    if match := _TRAILING.search(text):
        return _at(text[: match.start()], match, now)
    if match := _VAGUE.search(text):
        return Timing(text[: match.start()])
    return Timing(text)


def _with_time_last(text: str) -> str:
    match = _LEADING.match(text)
    return f"{text[match.end() :]} {match['when']}" if match else text


def _lasting(rest: str, match: re.Match[str], now: datetime) -> Timing:
    """`for two weeks`: behind us after "I have", else ahead; a finished past has neither."""
    count, unit = count_of(match["count"].lower()), match["unit"].lower()
    if _STILL_SO.match(rest):
        return Timing(_in_present(rest), valid_from=_moved(midnight(now), -count, unit))
    if _PAST.match(rest):
        return Timing(rest)
    return Timing(rest, expires_at=_moved(now, count, unit))


def _at(rest: str, match: re.Match[str], now: datetime) -> Timing:
    lead, phrase = (match["lead"] or "").lower(), match["phrase"].lower()
    past = lead in ("since", "back in") or bool(_PAST.match(rest))
    period = period_of(phrase, now, ahead=not past)
    if period is None:
        return Timing(rest)
    if lead == "since":
        return Timing(_in_present(rest), valid_from=period.start)
    if past or period.end <= now:
        return Timing(rest, valid_from=period.start)
    return Timing(rest, expires_at=period.end, when=_date_of(period, match))


def _date_of(period: Period, match: re.Match[str]) -> str | None:
    """The day with its hour, or the month, in words; None for other periods and for ends."""
    if (match["lead"] or "").lower() in ("until", "till", "by"):
        return None
    if period.end == later(period.start, 1, "month"):
        return f"in {day_in_words(period.start).partition(' ')[2]}"
    single = (period.end - period.start).days == 1
    return f"on {day_in_words(period.start)}{match['clock'] or ''}" if single else None


def _in_present(text: str) -> str:
    """`I have lived` or `I have been` with a time that still runs, as `I live` or `I am`."""
    match = _STILL_SO.match(text)
    if match is None:
        return text
    rest = text[match.end() :]
    if match["done"]:
        return f"I {_PRESENT[match['done'].lower()]}{rest}"
    return f"I am {match['doing']}{rest}" if match["doing"] else f"I am{rest}"


def _moved(moment: datetime, count: int, unit: str) -> datetime | None:
    try:
        return later(moment, count, unit)
    except (ValueError, OverflowError):  # before the first year, or after the last
        return None
