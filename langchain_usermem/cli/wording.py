"""What was done to memories, in a few words."""

from collections import Counter
from collections.abc import Iterable, Iterator

from langchain_usermem.differences import MemoryDiff
from langchain_usermem.memory import Change, Memory
from langchain_usermem.report import AddReport

ID_DIGITS = 8
"""How many digits of an id are shown."""

_VERBS = {
    "add": "remembered",
    "confirm": "knew already",
    "update": "rewrote",
    "merge": "merged",
    "supersede": "remembered",
    "forget": "forgot",
    "expire": "let go",
    "restore": "restored",
    "delete": "deleted",
    "review": "keeps for review",
    "approve": "approved",
    "reject": "rejected",
}


def lines_of(report: AddReport) -> Iterator[str]:
    """What became of a turn, one line for each change, each thing left out, each failure."""
    yield from map(line_of, report.changes)
    for skipped in report.skipped:
        if skipped.content:  # a turn that held nothing needs no line
            yield f"left out: {skipped.reason}"
    for failed in report.failed:
        yield f"failed at {failed.stage}: {failed.error}"


def counts_of(report: AddReport) -> list[str]:
    """How many changes of each kind, left out and failures, without any text of a memory."""
    counts = Counter(change.action for change in report.changes)
    counted = [f"{number} {action}" for action, number in sorted(counts.items())]
    left_out = sum(1 for skipped in report.skipped if skipped.content)
    counted += [f"{left_out} left out"] if left_out else []
    failed = Counter(f"failed at {failed.stage}: {failed.error}" for failed in report.failed)
    return counted + [f"{number} {failure}" for failure, number in failed.items()]


def line_of(change: Change) -> str:
    """One change as a line: what was done, to what, and in place of what."""
    now = [] if change.after is None else [change.after]
    about = contents(now or change.before)
    before = contents(_replaced(change)) if now else ""
    return f"{_verb(change)}: {about}" + (f" (in place of: {before})" if before else "")


def _verb(change: Change) -> str:
    """What was done; what is restored without a memory after it took one back."""
    took_back = change.action == "restore" and change.after is None
    return "took back" if took_back else _VERBS[change.action]


def lines_of_diff(diff: MemoryDiff) -> Iterator[str]:
    """What is different, one line for each memory: new, rewritten, or no longer there."""
    for added in diff.added:
        yield f"+ {added.content}"
    for revision in diff.changed:
        yield f"~ {revision.after.content} (was: {revision.before.content})"
    for ending in ("superseded", "forgotten", "expired", "undone"):
        for memory in getattr(diff, ending):
            yield f"- {memory.content} ({ending})"
    for memory_id in diff.deleted:
        yield f"- {memory_id[:ID_DIGITS]} (deleted)"


def origin_of(memory: Memory, changes: Iterable[Change]) -> str:
    """How a memory came to be as it is: what it replaced, and how often it was said again."""
    own = [change for change in changes if change.after and change.after.id == memory.id]
    parts = [_replacement(change) for change in own if _replaced(change)]
    repeats = sum(change.action == "confirm" for change in own)
    parts += [f"said again: {repeats}"] if repeats else []
    return "\n".join(part for part in parts if part)


def count_of(number: int, noun: str, nouns: str | None = None) -> str:
    """A number with its noun in the singular or the plural."""
    return f"{number} {noun if number == 1 else nouns or noun + 's'}"


def contents(memories: Iterable[Memory]) -> str:
    """What memories say, in one line."""
    return "; ".join(memory.content for memory in memories)


def _replacement(change: Change) -> str:
    words = {"supersede": "replaced", "approve": "replaced", "update": "was", "merge": "merged"}
    word = words.get(change.action)
    return f"{word}: {contents(_replaced(change))}" if word else ""


def _replaced(change: Change) -> list[Memory]:
    """What a change put something else in the place of; what it leaves as it is takes no place."""
    stays = change.after.id if change.after and change.action in ("confirm", "approve") else None
    return [memory for memory in change.before if memory.id != stays]
