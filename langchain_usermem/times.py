"""Points in time: always timezone-aware, always UTC."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator


def utc_now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


def as_utc(moment: datetime) -> datetime:
    """The same moment in UTC; one without a zone is taken to be in UTC already.

    Raises:
        ValueError: in UTC it lies outside the years 1 to 9999.
    """
    if moment.utcoffset() is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{moment} lies outside the years 1 to 9999 in UTC.") from error


def parse_time(moment: datetime | str) -> datetime:
    """A moment in UTC from a datetime or an ISO 8601 string.

    Raises:
        TypeError: it is neither, such as a date or a number of seconds.
        ValueError: the string is not ISO 8601, or lies outside the years 1 to 9999.
    """
    parsed = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    if not isinstance(parsed, datetime):
        raise TypeError(f"a time is a datetime or an ISO 8601 string, got {type(moment).__name__}.")
    return as_utc(parsed)


UtcTime = Annotated[datetime, AfterValidator(as_utc)]
"""A Pydantic field that holds a moment in UTC, whatever zone it came in."""
