"""Moments are aware and in UTC, whatever they come from."""

from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_usermem.times import as_utc, parse_time, utc_now

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


class NoOffset(tzinfo):
    """A zone that does not know its offset, which makes a datetime naive."""

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        """Nothing is known."""
        return None if moment else timedelta(0)

    def dst(self, moment: datetime | None) -> timedelta | None:
        """Nothing is known."""
        return self.utcoffset(moment)

    def tzname(self, moment: datetime | None) -> str | None:
        """It has no name."""
        return None if moment else "none"


def test_now_is_in_utc() -> None:
    """The present carries the zone UTC."""
    assert utc_now().tzinfo is UTC


@pytest.mark.parametrize(
    "given_time",
    [
        NOON,
        datetime(2026, 5, 1, 12),  # noqa: DTZ001 - a naive time is what is tested
        datetime(2026, 5, 1, 12, tzinfo=NoOffset()),
        datetime(2026, 5, 1, 14, tzinfo=ZoneInfo("Europe/Berlin")),
        datetime(2026, 5, 1, 17, 30, tzinfo=timezone(timedelta(hours=5, minutes=30))),
        "2026-05-01T12:00:00Z",
        "2026-05-01T12:00:00",
        "2026-05-01 13:00+01:00",
        "20260501T120000",
    ],
)
def test_one_moment_in_many_forms(given_time: datetime | str) -> None:
    """A datetime or ISO 8601 string in any zone, or none, is the same moment in UTC."""
    parsed = parse_time(given_time)
    assert (parsed, parsed.tzinfo) == (NOON, UTC)


def test_date_without_time_is_its_midnight() -> None:
    """An ISO 8601 date is the first moment of that day in UTC."""
    assert parse_time("2026-05-01") == datetime(2026, 5, 1, tzinfo=UTC)


def test_hour_that_summer_time_repeats_is_told_apart() -> None:
    """`fold` picks the first or the second 2:30 of the night when clocks go back."""
    first = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert as_utc(first) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert as_utc(first.replace(fold=1)) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_hour_that_summer_time_skips_is_still_a_moment() -> None:
    """2:30 of the night when clocks go forward counts from the offset before."""
    skipped = datetime(2026, 3, 29, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert as_utc(skipped) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@given(st.datetimes(timezones=st.just(UTC)))
def test_text_gives_the_moment_back(moment: datetime) -> None:
    """Microseconds survive the way through ISO 8601."""
    assert parse_time(moment.isoformat()) == moment


@pytest.mark.parametrize(
    "text", ["9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+05:00", "yesterday", "", "12:30"]
)
def test_text_that_is_no_moment_is_refused(text: str) -> None:
    """Words, a time without a day, and what leaves the calendar in UTC are a ValueError."""
    with pytest.raises(ValueError, match=r"."):
        parse_time(text)


@pytest.mark.parametrize("other", [date(2026, 5, 1), 1_777_636_800, 0.5, True, None])
def test_what_is_neither_datetime_nor_text_is_refused(other: object) -> None:
    """A date or a number of seconds is named by its type."""
    with pytest.raises(TypeError, match=f"got {type(other).__name__}"):
        parse_time(other)  # type: ignore[arg-type] # what is tested
