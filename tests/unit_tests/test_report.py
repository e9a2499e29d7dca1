"""A report names what became of each memory, and adds up."""

from langchain_usermem.memory import Change, Failure, Memory, Skipped
from langchain_usermem.report import AddReport


def test_report_sorts_what_happened() -> None:
    """Each property of a report names the memories of its actions."""
    a, b, c, d, e = (Memory(id=i, content=i) for i in "abcde")
    waiting = Memory(id="w", content="w", status="in_review")
    report = AddReport(
        changes=(
            Change(action="add", after=a),
            Change(action="add", after=waiting),
            Change(action="supersede", before=(b,), after=c),
            Change(action="confirm", before=(d,), after=d),
            Change(action="merge", before=(a, d), after=e),
            Change(action="forget", before=(e,)),
        )
    )
    assert report.added == [a, waiting, c]
    assert report.superseded == [b]
    assert report.confirmed == [d]
    assert report.updated == [e]
    assert report.forgotten == [e]
    assert report.in_review == [waiting]


def test_reports_add_up_in_order() -> None:
    """The sum of two reports holds all of both, those of the first one first."""
    one = AddReport(skipped=(Skipped(content="1", reason="r"),))
    two = AddReport(
        skipped=(Skipped(content="2", reason="r"),), failed=(Failure(stage="embed", error="e"),)
    )
    total = one + two
    assert [skipped.content for skipped in total.skipped] == ["1", "2"]
    assert (total.failed, one.failed) == (two.failed, ())
