"""Points in time: always timezone-aware, always UTC."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator


def utc_now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


def as_utc(moment: datetime) -> datetime:
    """The same moment in UTC; one without a zone is taken to be in UTC already."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def parse_time(moment: datetime | str) -> datetime:
    """A moment in UTC from a datetime or an ISO 8601 string.

    Raises:
        ValueError: the string is not ISO 8601.
    """
    return as_utc(datetime.fromisoformat(moment) if isinstance(moment, str) else moment)


UtcTime = Annotated[datetime, AfterValidator(as_utc)]
"""A Pydantic field that holds a moment in UTC, whatever zone it came in."""
