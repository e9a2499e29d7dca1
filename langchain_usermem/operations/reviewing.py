"""Deciding on what waits for approval."""

from collections.abc import Callable

from langchain_usermem import policy
from langchain_usermem.caps import surplus
from langchain_usermem.draft import Scope
from langchain_usermem.errors import NotInReviewError
from langchain_usermem.memory import Change, Memory, new_id
from langchain_usermem.namespaces import decode_label, memory_namespace, review_namespace
from langchain_usermem.operations.keeping import Keeping
from langchain_usermem.recall import all_memories
from langchain_usermem.records import change_ops
from langchain_usermem.report import AddReport
from langchain_usermem.reviews import approval, rejection
from langchain_usermem.revisions import Plan, alone
from langchain_usermem.steps import Steps, awaiting, blocking
from langchain_usermem.times import utc_now

Decide = Callable[[Memory, Scope], Steps[tuple[Change, ...]]]


class Reviewing(Keeping):
    """`in_review`, `approve` and `reject`."""

    def in_review_steps(self, *, user_id: str | None = None) -> Steps[list[Memory]]:
        """The memories of a user that wait for approval, oldest first; all agents' among them.

        `supersedes` names what each is to replace, which stays in force until then.

        Raises:
            MissingUserError: nobody said whose memory.
        """
        now, user = utc_now(), self.namespace(user_id)
        found = yield from all_memories(self.store, [review_namespace(user)])
        return sorted((m for m in found if m.is_waiting(now)), key=lambda m: m.order)

    def approve_steps(self, memory_id: str, *, user_id: str | None = None) -> Steps[AddReport]:
        """Put a memory in force that waits, in place of what it replaces.

        It is held against what is in force by now: what fills its slot is superseded, unless
        that was said later; then it goes to the past, as what held before.

        Returns:
            The change, which can be undone, and what was forgotten where it went beyond a cap.

        Raises:
            NotInReviewError: it does not wait any longer.
            MemoryNotFoundError: the user has no memory with that id.
            DeniedCategoryError: the policy denies its category by now.
        """
        return (yield from self._decide(memory_id, user_id, self._approved))

    def reject_steps(self, memory_id: str, *, user_id: str | None = None) -> Steps[AddReport]:
        """Forget a memory that waits; it can be undone as any forgetting, and is then purged.

        Raises:
            NotInReviewError: it does not wait any longer.
            MemoryNotFoundError: the user has no memory with that id.
        """
        return (yield from self._decide(memory_id, user_id, _rejected))

    def _decide(self, memory_id: str, user_id: str | None, decide: Decide) -> Steps[AddReport]:
        """Decide on one memory, while nothing else of its user is decided on."""
        scope = Scope(user=self.namespace(user_id), now=utc_now(), key=new_id())
        changes = yield from alone(
            self.store, scope.user, lambda _: self._deciding(memory_id, decide, scope)
        )
        return AddReport(changes=changes)

    def _deciding(
        self, memory_id: str, decide: Decide, scope: Scope
    ) -> Steps[Plan[tuple[Change, ...]]]:
        memory = yield from self._waiting(memory_id, decode_label(scope.user[1]))
        changes = yield from decide(memory, scope)
        return Plan(change_ops(changes, scope.user), changes)

    def _waiting(self, memory_id: str, user_id: str | None) -> Steps[Memory]:
        memory = yield from self._existing(memory_id, user_id)
        if not memory.is_waiting(utc_now()):
            status = "expired" if memory.status == "in_review" else memory.status
            raise NotInReviewError(
                f"memory {memory_id!r} is {status}; only one that waits for approval can be "
                "approved or rejected. in_review() lists them."
            )
        return memory

    def _approved(self, memory: Memory, scope: Scope) -> Steps[tuple[Change, ...]]:
        policy.check_allowed(memory.category, self.settings)
        own = memory_namespace(scope.user, memory.agent_id)
        active = yield from all_memories(self.store, [own])
        found = yield from all_memories(self.store, [review_namespace(scope.user)])
        waiting = [one for one in found if one.agent_id == memory.agent_id]
        change = approval(memory, active, waiting, scope, self.settings)
        return change, *(yield from surplus(self.store, [change], scope, self.settings))

    in_review, ain_review = blocking(in_review_steps), awaiting(in_review_steps)
    approve, aapprove = blocking(approve_steps), awaiting(approve_steps)
    reject, areject = blocking(reject_steps), awaiting(reject_steps)


def _rejected(memory: Memory, scope: Scope) -> Steps[tuple[Change, ...]]:
    yield from ()  # steps that wait for nothing
    return (rejection(memory, scope.now),)
