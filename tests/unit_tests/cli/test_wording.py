"""Changes and reports in a few words."""

from typing import get_args

import pytest

from langchain_usermem.cli.wording import line_of, lines_of, origin_of
from langchain_usermem.memory import Action, Change, Failure, Memory, Skipped
from langchain_usermem.report import AddReport

LEEDS, YORK = Memory(content="Lives in Leeds"), Memory(content="Lives in York")


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (Change(action="add", after=YORK), "remembered: Lives in York"),
        (Change(action="confirm", before=(YORK,), after=YORK), "knew already: Lives in York"),
        (
            Change(action="supersede", before=(LEEDS,), after=YORK),
            "remembered: Lives in York (in place of: Lives in Leeds)",
        ),
        (
            Change(action="merge", before=(LEEDS, YORK), after=YORK),
            "merged: Lives in York (in place of: Lives in Leeds; Lives in York)",
        ),
        (Change(action="review", after=YORK), "keeps for review: Lives in York"),
        (
            Change(action="approve", before=(YORK, LEEDS), after=YORK),
            "approved: Lives in York (in place of: Lives in Leeds)",
        ),
        (Change(action="reject", before=(YORK,)), "rejected: Lives in York"),
        (Change(action="restore", before=(YORK,)), "took back: Lives in York"),
        (Change(action="restore", after=LEEDS), "restored: Lives in Leeds"),
        (Change(action="forget", before=(LEEDS, YORK)), "forgot: Lives in Leeds; Lives in York"),
    ],
)
def test_a_change_is_one_line(change: Change, line: str) -> None:
    """It tells what was done, to what, and in place of what."""
    assert line_of(change) == line


@pytest.mark.parametrize("action", get_args(Action))
def test_every_action_has_a_word(action: Action) -> None:
    """No action of a `Change` is without its wording."""
    assert line_of(Change(action=action, after=YORK)).endswith(": Lives in York")


def test_a_report_tells_what_was_left_out_and_what_failed() -> None:
    """Reasons and failures follow the changes; what was left out is not quoted."""
    report = AddReport(
        changes=(Change(action="add", after=YORK),),
        skipped=(Skipped(content="secret", reason="a password"),),
        failed=(Failure(stage="extract", error="TimeoutError"),),
    )
    lines = ["remembered: Lives in York", "left out: a password", "failed at extract: TimeoutError"]
    assert list(lines_of(report)) == lines


def test_the_origin_of_a_memory_counts_what_was_said_again() -> None:
    """What it replaced comes first, then how often it was said again; others do not count."""
    changes = [
        Change(action="add", after=LEEDS),
        Change(action="supersede", before=(LEEDS,), after=YORK),
        Change(action="confirm", before=(YORK,), after=YORK),
        Change(action="confirm", before=(YORK,), after=YORK),
    ]
    assert origin_of(YORK, changes) == "replaced: Lives in Leeds\nsaid again: 2"
    assert not origin_of(LEEDS, changes)
