"""`usermem review`: what waits is shown, approved and rejected."""

import pytest

from langchain_usermem import Memory, MemoryPolicy, MemorySettings, UserMemory

from .conftest import Run
from .test_browsing import rows

SETTINGS = MemorySettings(policy=MemoryPolicy(categories={"identity": "review"}))


@pytest.fixture
def waiting(memory: UserMemory) -> list[Memory]:
    """A name and a newer home that wait, beside a home in force."""
    memory.add("I live in Leeds.", user_id="ada", observed_at="2026-05-01T09:00:00+00:00")
    reviewed = UserMemory(memory.store, settings=SETTINGS)
    reviewed.add("I moved to York.", user_id="ada", observed_at="2026-08-01T09:00:00+00:00")
    reviewed.add("My name is Ada.", user_id="ada", observed_at="2026-08-02T09:00:00+00:00")
    return memory.in_review(user_id="ada")


def test_what_waits_is_shown_with_what_it_replaces(usermem: Run, waiting: list[Memory]) -> None:
    """Each row has the statement, its words, what it is to replace, and an id."""
    home, name = waiting
    ran = usermem("review", "--user", "ada")
    assert ran.code == 0
    assert rows(ran.out) == [
        [
            "Lives in York",
            "identity",
            "2026-08-01",
            "I moved to York.",
            "Lives in Leeds",
            home.id[:8],
        ],
        ["Name is Ada", "identity", "2026-08-02", "My name is Ada.", "", name.id[:8]],
    ]


@pytest.mark.usefixtures("memory")
def test_nothing_that_waits_is_said_so(usermem: Run) -> None:
    """A sentence, no empty table."""
    ran = usermem("review", "--user", "ada")
    assert (ran.code, ran.out) == (0, "nothing about ada waits for approval\n")


def test_decisions_are_told_line_by_line(
    usermem: Run, memory: UserMemory, waiting: list[Memory]
) -> None:
    """The first digits of an id are enough; what was replaced is named."""
    home, name = waiting
    ran = usermem("review", "--user", "ada", "--approve", home.id[:8], "--reject", name.id)
    assert ran.code == 0
    assert ran.out == (
        "approved: Lives in York (in place of: Lives in Leeds)\nrejected: Name is Ada\n"
    )
    assert [one.content for one in memory.list(user_id="ada")] == ["Lives in York"]


def test_several_are_approved_at_once(
    usermem: Run, memory: UserMemory, waiting: list[Memory]
) -> None:
    """The option may be repeated."""
    options = [word for one in waiting for word in ("--approve", one.id)]
    assert usermem("review", "--user", "ada", *options).code == 0
    assert memory.in_review(user_id="ada") == []


def test_an_id_that_is_none_leaves_all_undecided(
    usermem: Run, memory: UserMemory, waiting: list[Memory]
) -> None:
    """The error is one line, and comes before the first decision."""
    ran = usermem("review", "--user", "ada", "--approve", waiting[0].id, "--reject", "xyz")
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert memory.in_review(user_id="ada") == waiting


def test_what_does_not_wait_is_an_error(usermem: Run, memory: UserMemory) -> None:
    """A memory in force is told to be so."""
    one = memory.remember("Likes tea", user_id="ada")
    ran = usermem("review", "--user", "ada", "--approve", one.id)
    assert ran.code == 1
    assert "is active; only one that waits for approval" in ran.err
