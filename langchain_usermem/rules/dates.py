"""Periods that people name in a few words, exact and without guessing.

Days begin at midnight in the zone of `now`. "May" is the latest May that has begun, or with
`ahead` the next that has not ended; "next Friday" is the Friday of next week.
"""

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMBERS = (
    *("one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)

_MONTH = rf"(?:{'|'.join(_MONTHS)}|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)"
_WEEKDAY = rf"(?:{'|'.join(_WEEKDAYS)})"
_YEAR = r"(?:19|20)\d\d"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
COUNT = rf"(?:\d{{1,3}}|an?|a couple of|{'|'.join(_NUMBERS)})"
UNIT = r"(?:day|week|month|year)s?"


class Period(NamedTuple):
    """The time from `start` until just before `end`."""

    start: datetime
    end: datetime


Resolver = Callable[[re.Match[str], datetime, bool], Period]


def period_of(phrase: str, now: datetime, *, ahead: bool) -> Period | None:
    """The period a phrase such as "next week" or "3 May" names, None for any other phrase.

    Args:
        phrase: the words without their preposition.
        now: the moment at which they were said.
        ahead: whether a month, weekday or day without a year lies in the future.
    """
    for pattern, resolve in _FORMS:
        if match := pattern.fullmatch(phrase):
            try:
                return resolve(match, now, ahead)
            except (ValueError, OverflowError):  # 31 February, or past the calendar's end
                return None
    return None


def later(moment: datetime, count: int, unit: str) -> datetime:
    """A moment moved by days, weeks, months or years; a day the month lacks becomes its last."""
    unit = unit.rstrip("s")
    if unit in ("day", "week"):
        return moment + timedelta(days=count * (7 if unit == "week" else 1))
    months = moment.year * 12 + moment.month - 1 + count * (12 if unit == "year" else 1)
    year, month = months // 12, months % 12 + 1
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))


def count_of(words: str) -> int:
    """The number that a digit string or a word such as "two", "a" or "a couple of" stands for."""
    if words.isdigit():
        return int(words)
    return {"a": 1, "an": 1, "a couple of": 2}.get(words) or _NUMBERS.index(words) + 1


def midnight(moment: datetime) -> datetime:
    """The beginning of the day."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def day_in_words(moment: datetime) -> str:
    """A day such as "3 May 2026"."""
    return f"{moment.day} {_MONTHS[moment.month - 1].capitalize()} {moment.year}"


def _days(start: datetime, count: int = 1) -> Period:
    return Period(start, start + timedelta(days=count))


def _near_day(match: re.Match[str], now: datetime, _ahead: bool) -> Period:
    word = match[1].split()[0]
    offset = {"yesterday": -1, "tomorrow": 1, "the": 2}.get(word, 0)
    return _days(midnight(now) + timedelta(days=offset))


def _near_unit(match: re.Match[str], now: datetime, _ahead: bool) -> Period:
    """The calendar week (from Monday), weekend, month or year before, around or after now."""
    shift, unit = {"last": -1, "this": 0, "next": 1}[match[1]], match[2]
    if unit.startswith("week"):
        monday = midnight(now) + timedelta(days=7 * shift - now.weekday())
        return _days(monday + timedelta(days=5), 2) if unit == "weekend" else _days(monday, 7)
    first = midnight(now).replace(day=1, month=1 if unit == "year" else now.month)
    start = later(first, shift, unit)
    return Period(start, later(start, 1, unit))


def _end_of_unit(match: re.Match[str], now: datetime, _ahead: bool) -> Period:
    shift = 1 if match[1] == "next" else 0
    day = later(midnight(now), shift, match[2])
    if match[2] == "week":
        return _days(day + timedelta(days=6 - day.weekday()))
    month = 12 if match[2] == "year" else day.month
    return _days(day.replace(month=month, day=monthrange(day.year, month)[1]))


def _weekday(match: re.Match[str], now: datetime, ahead: bool) -> Period:
    today, target = midnight(now), _WEEKDAYS.index(match[2])
    if match[1] == "next":
        return _days(today + timedelta(days=7 - now.weekday() + target))
    if match[1] == "last":
        return _days(today - timedelta(days=(now.weekday() - target - 1) % 7 + 1))
    if ahead or match[1] == "this":
        return _days(today + timedelta(days=(target - now.weekday()) % 7))
    return _days(today - timedelta(days=(now.weekday() - target) % 7))


def _month(match: re.Match[str], now: datetime, ahead: bool) -> Period:
    month, which = _month_number(match[2]), match[1]
    if match[3]:
        year = int(match[3])
    elif ahead or which in ("next", "this"):
        year = now.year + (month < now.month or (which == "next" and month == now.month))
    else:
        year = now.year - (month > now.month or (which == "last" and month == now.month))
    start = midnight(now).replace(year=year, month=month, day=1)
    return Period(start, later(start, 1, "month"))


def _date(match: re.Match[str], now: datetime, ahead: bool) -> Period:
    parts = match.groupdict()
    month, day = _month_number(parts["month"]), int(re.sub(r"\D", "", parts["day"]))
    start = midnight(now).replace(year=int(parts["year"] or now.year), month=month, day=day)
    if not parts["year"] and ahead and start < midnight(now):
        start = start.replace(year=start.year + 1)
    if not parts["year"] and not ahead and start > now:
        start = start.replace(year=start.year - 1)
    return _days(start)


def _year(match: re.Match[str], now: datetime, _ahead: bool) -> Period:
    start = midnight(now).replace(year=int(match[1]), month=1, day=1)
    return Period(start, later(start, 1, "year"))


def _iso_date(match: re.Match[str], now: datetime, _ahead: bool) -> Period:
    year, month, day = (int(part) for part in match.groups())
    return _days(midnight(now).replace(year=year, month=month, day=day))


def _ago(match: re.Match[str], now: datetime, _ahead: bool) -> Period:
    return _days(later(midnight(now), -count_of(match[1]), match[2]))


def _from_now(match: re.Match[str], now: datetime, _ahead: bool) -> Period:
    return _days(later(midnight(now), count_of(match[1]), match[2]))


def _month_number(name: str) -> int:
    return next(n for n, month in enumerate(_MONTHS, start=1) if month.startswith(name[:3]))


_TABLE: tuple[tuple[str, Resolver], ...] = (
    (r"(today|tonight|this (?:morning|afternoon|evening))", _near_day),
    (r"((?:tomorrow|yesterday)(?: morning| afternoon| evening| night)?)", _near_day),
    (r"(the day after tomorrow)", _near_day),
    (r"(this|next|last) (week|weekend|month|year)", _near_unit),
    (r"(?:the )?end of (the|this|next) (week|month|year)", _end_of_unit),
    (rf"(?:(this|next|last) )?({_WEEKDAY})(?: morning| afternoon| evening| night)?", _weekday),
    (rf"(?P<day>{_DAY}) (?:of )?(?P<month>{_MONTH})(?:,? (?P<year>{_YEAR}))?", _date),
    (rf"(?P<month>{_MONTH}) (?:the )?(?P<day>{_DAY})(?:,? (?P<year>{_YEAR}))?", _date),
    (rf"(?:(this|next|last) )?({_MONTH})(?:,? ({_YEAR}))?", _month),
    (rf"({_YEAR})", _year),
    (rf"({_YEAR})-(\d\d)-(\d\d)", _iso_date),
    (rf"({COUNT}) ({UNIT}) ago", _ago),
    (rf"({COUNT}) ({UNIT})(?: from now)?", _from_now),
)
_FORMS = tuple((re.compile(pattern, re.IGNORECASE), resolve) for pattern, resolve in _TABLE)

PHRASE = "|".join(re.sub(r"\((?!\?)|\(\?P<\w+>", "(?:", pattern) for pattern, _ in _TABLE)
"""An alternation, without groups, of all that `period_of` reads."""
