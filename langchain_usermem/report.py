"""What became of a conversation, or of anything else that was to be remembered."""

from typing import Self

from langchain_usermem.memory import Action, Change, Failure, Memory, Skipped, Value


class AddReport(Value):
    """What became of a conversation: every change, everything skipped, everything failed.

    `waiting` holds the keys of turns that are in the inbox, to be extracted later: because
    writes are in the background, or because a model failed.
    """

    changes: tuple[Change, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    failed: tuple[Failure, ...] = ()
    waiting: tuple[str, ...] = ()

    def _outcomes(self, *actions: Action) -> list[Memory]:
        changes = (change for change in self.changes if change.action in actions)
        return [change.after for change in changes if change.after is not None]

    def _replaced(self, *actions: Action) -> list[Memory]:
        return [m for change in self.changes if change.action in actions for m in change.before]

    @property
    def added(self) -> list[Memory]:
        """Memories that are new, those that replace an older one among them."""
        return self._outcomes("add", "supersede")

    @property
    def confirmed(self) -> list[Memory]:
        """Memories that were said again."""
        return self._outcomes("confirm")

    @property
    def updated(self) -> list[Memory]:
        """Memories that were rewritten or merged, as they are now."""
        return self._outcomes("update", "merge")

    @property
    def superseded(self) -> list[Memory]:
        """Memories that a newer one replaced, as they were."""
        return self._replaced("supersede")

    @property
    def forgotten(self) -> list[Memory]:
        """Memories that the user asked to forget, or that went beyond a cap, as they were."""
        return self._replaced("forget")

    @property
    def in_review(self) -> list[Memory]:
        """Memories that wait for approval at the end of it, and are not recalled until then."""
        waiting: dict[str, Memory] = {}
        for change in self.changes:
            for memory in change.before:
                waiting.pop(memory.id, None)
            if change.after is not None and change.after.status == "in_review":
                waiting[change.after.id] = change.after
        return list(waiting.values())

    @property
    def approved(self) -> list[Memory]:
        """Memories that were approved, as they stand since."""
        return self._outcomes("approve")

    @property
    def rejected(self) -> list[Memory]:
        """Memories that were rejected, as they waited."""
        return self._replaced("reject")

    def __add__(self, other: Self) -> Self:
        """Both reports as one, in order."""
        return self.model_copy(
            update={
                "changes": self.changes + other.changes,
                "skipped": self.skipped + other.skipped,
                "failed": self.failed + other.failed,
                "waiting": self.waiting + other.waiting,
            }
        )
