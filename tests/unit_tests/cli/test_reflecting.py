"""`usermem reflect`: what it shows, what it does, and how it ends."""

import pytest

from langchain_usermem import UserMemory
from langchain_usermem.cli.choices import Choices
from langchain_usermem.testing import ScriptedChatModel

from .conftest import Run


@pytest.fixture(autouse=True)
def _stored(memory: UserMemory) -> None:
    """A statement said twice, and one that stands alone."""
    memory.remember_many(["Lives in Leeds", "lives in leeds.", "Has a dog"], user_id="ada")


def test_it_shows_what_it_would_do(usermem: Run, memory: UserMemory) -> None:
    """A line for each change, a profile by category, and that nothing is done yet."""
    assert usermem("reflect", "--user", "ada").out.splitlines() == [
        "merged: Lives in Leeds (in place of: Lives in Leeds; lives in leeds.)",
        "fact:",
        "  Has a dog",
        "  Lives in Leeds",
        "3 memories compared, 1 change to be done with --apply",
    ]
    assert len(memory.list(user_id="ada")) == 3


def test_it_does_what_it_showed(usermem: Run, memory: UserMemory) -> None:
    """With `--apply`; the second time there is nothing to do."""
    ran = usermem("reflect", "--user", "ada", "--apply")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "3 memories compared, 1 change done")
    assert len(memory.list(user_id="ada")) == 2
    again = usermem("reflect", "--user", "ada", "--apply")
    assert again.out.splitlines()[-1] == "2 memories compared, 0 changes done"


def test_a_model_that_fails_is_told(usermem: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What rules do is done; what waits and what failed is said, with exit code 1."""
    model = ScriptedChatModel(structured=[TimeoutError("away")] * 9)
    monkeypatch.setattr(Choices, "open_model", lambda _: model)
    ran = usermem("reflect", "--user", "ada", "--apply")
    assert (ran.code, "1 change done" in ran.out) == (1, True)
    assert "the model call failed (TimeoutError)" in ran.err


def test_nobody_known_is_no_error(usermem: Run) -> None:
    """There is nothing to compare."""
    ran = usermem("reflect", "--user", "ben")
    assert (ran.code, ran.out) == (0, "0 memories compared, 0 changes to be done with --apply\n")


def test_one_is_told_in_the_singular(usermem: Run, memory: UserMemory) -> None:
    """One memory, no change; where no model is asked no steps are counted."""
    memory.remember("Lives in Oslo", user_id="ben")
    ran = usermem("reflect", "--user", "ben", "--apply")
    assert ran.out.splitlines()[-1] == "1 memory compared, 0 changes done"
    assert ran.err.strip() == ""
