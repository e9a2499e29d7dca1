from datetime import UTC, datetime, timedelta, timezone

import pytest

from langchain_usermem.rules.dates import count_of, later, period_of
from langchain_usermem.rules.timing import timing_of

# (phrase, ahead, first day, last day), said on Friday, 8 May 2026.
PERIODS = (
    ("today", True, "2026-05-08", "2026-05-08"),
    ("tonight", True, "2026-05-08", "2026-05-08"),
    ("tomorrow morning", True, "2026-05-09", "2026-05-09"),
    ("the day after tomorrow", True, "2026-05-10", "2026-05-10"),
    ("yesterday", False, "2026-05-07", "2026-05-07"),
    ("this week", True, "2026-05-04", "2026-05-10"),
    ("last week", False, "2026-04-27", "2026-05-03"),
    ("next weekend", True, "2026-05-16", "2026-05-17"),
    ("next month", True, "2026-06-01", "2026-06-30"),
    ("last year", False, "2025-01-01", "2025-12-31"),
    ("the end of the month", True, "2026-05-31", "2026-05-31"),
    ("the end of next week", True, "2026-05-17", "2026-05-17"),
    ("end of the year", True, "2026-12-31", "2026-12-31"),
    ("friday", True, "2026-05-08", "2026-05-08"),
    ("monday", True, "2026-05-11", "2026-05-11"),
    ("monday", False, "2026-05-04", "2026-05-04"),
    ("next friday", True, "2026-05-15", "2026-05-15"),
    ("last friday", False, "2026-05-01", "2026-05-01"),
    ("may", False, "2026-05-01", "2026-05-31"),
    ("june", False, "2025-06-01", "2025-06-30"),
    ("june", True, "2026-06-01", "2026-06-30"),
    ("last may", False, "2025-05-01", "2025-05-31"),
    ("next may", True, "2027-05-01", "2027-05-31"),
    ("sept 2021", False, "2021-09-01", "2021-09-30"),
    ("2019", False, "2019-01-01", "2019-12-31"),
    ("3 may", False, "2026-05-03", "2026-05-03"),
    ("3 may", True, "2027-05-03", "2027-05-03"),
    ("may 3rd, 2021", False, "2021-05-03", "2021-05-03"),
    ("the 3rd of may", True, None, None),
    ("2026-02-28", True, "2026-02-28", "2026-02-28"),
    ("31 february", True, None, None),
    ("three weeks ago", False, "2026-04-17", "2026-04-17"),
    ("a couple of years ago", False, "2024-05-08", "2024-05-08"),
    ("two months", True, "2026-07-08", "2026-07-08"),
    ("someday", True, None, None),
)

# Each clause, what is left of it, when it began and when it ends.
TIMINGS = (
    ("I moved to Leeds in May", "I moved to Leeds", "2026-05-01", None),
    ("I moved to Leeds in June", "I moved to Leeds", "2025-06-01", None),
    ("I have lived in Leeds since 2019", "I live in Leeds", "2019-01-01", None),
    ("I have been vegan for two years", "I am vegan", "2024-05-08", None),
    ("In March I joined Acme", "I joined Acme", "2026-03-01", None),
    ("I am in Paris this week", "I am in Paris", None, "2026-05-11"),
    ("I am travelling until Friday", "I am travelling", None, "2026-05-09"),
    ("my flight is tomorrow at 9:30", "my flight is", None, "2026-05-10"),
    ("I lived in Rome for two years", "I lived in Rome", None, None),
    ("I moved here last summer", "I moved here", None, None),
    ("I live in Leeds", "I live in Leeds", None, None),
)


@pytest.mark.parametrize(("phrase", "ahead", "first", "last"), PERIODS)
def test_a_phrase_names_whole_days(
    now: datetime, *, phrase: str, ahead: bool, first: str | None, last: str | None
) -> None:
    """A period begins at midnight of its first day and ends at the midnight after its last."""
    period = period_of(phrase, now, ahead=ahead)
    if first is None or last is None:
        assert period is None
    else:
        assert period == (_day(first), _day(last) + timedelta(days=1))


@pytest.mark.parametrize(("clause", "rest", "valid_from", "expires_at"), TIMINGS)
def test_a_clause_gives_up_its_time_words(
    now: datetime, *, clause: str, rest: str, valid_from: str | None, expires_at: str | None
) -> None:
    """What has begun gives `valid_from`, what will end `expires_at`, and the rest is left."""
    timing = timing_of(clause, now)
    assert (timing.rest, timing.valid_from, timing.expires_at) == (
        rest,
        valid_from and _day(valid_from),
        expires_at and _day(expires_at),
    )


def test_days_begin_in_the_zone_of_now() -> None:
    """Just after midnight in Tokyo, today is Tokyo's day and not UTC's."""
    tokyo = timezone(timedelta(hours=9))
    period = period_of("today", datetime(2026, 5, 9, 0, 30, tzinfo=tokyo), ahead=True)
    assert period is not None
    assert period.start.astimezone(UTC) == datetime(2026, 5, 8, 15, tzinfo=UTC)


def test_a_month_later_than_the_31st_is_the_last_day() -> None:
    """One month after 31 January is 28 February, one year after 29 February the 28th."""
    assert later(_day("2026-01-31"), 1, "month") == _day("2026-02-28")
    assert later(_day("2024-02-29"), 1, "year") == _day("2025-02-28")


def test_days_later_agree_with_adding_one_day_at_a_time() -> None:
    """Moving by n days is n times moving by one, over a leap year."""
    moment = start = _day("2024-01-01")
    for count in range(1, 367):
        moment = later(moment, 1, "day")
        assert later(start, count, "days") == moment


@pytest.mark.parametrize(("words", "count"), [("7", 7), ("a", 1), ("a couple of", 2), ("six", 6)])
def test_counts_are_read(words: str, count: int) -> None:
    """Digits, articles and small number words are counts."""
    assert count_of(words) == count


def test_a_time_beyond_the_calendar_names_nothing() -> None:
    """Near the last year that a datetime can hold, what lies beyond it is passed over."""
    assert period_of("next year", datetime(9999, 5, 8, tzinfo=UTC), ahead=True) is None


def _day(iso: str) -> datetime:
    return datetime.fromisoformat(iso).replace(tzinfo=UTC)
