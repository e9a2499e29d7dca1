from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from langchain_usermem.memory import Candidate
from langchain_usermem.rules import candidates_in
from langchain_usermem.turns import Utterance

Row = tuple[str, str, str | None, str]


@pytest.fixture
def now() -> datetime:
    """Noon of Friday, 8 May 2026."""
    return datetime(2026, 5, 8, 12, tzinfo=UTC)


@pytest.fixture
def candidates(now: datetime) -> Callable[[str], list[Candidate]]:
    """What the rules find in a user's message sent at `now`."""
    return lambda text: candidates_in(Utterance(role="user", text=text, id="m1"), now=now)


@pytest.fixture
def rows(candidates: Callable[[str], list[Candidate]]) -> Callable[[str], list[Row]]:
    """The same as (content, category, attribute, flags): C corrects, E explicit, F forget."""
    return lambda text: [_row(candidate) for candidate in candidates(text)]


def _row(candidate: Candidate) -> Row:
    flags = (
        ("C", candidate.corrects),
        ("E", candidate.explicit),
        ("F", candidate.forget),
    )
    marks = "".join(mark for mark, is_set in flags if is_set)
    return candidate.content, candidate.category, candidate.attribute, marks
