"""Inspecting, editing and deleting what is there."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Unpack

from langgraph.store.base import GetOp, MatchCondition

from langchain_usermem.differences import MemoryDiff, difference
from langchain_usermem.errors import MemoryNotFoundError
from langchain_usermem.history import (
    all_changes,
    changes_of,
    lineage_of,
    reversal,
    superseded_since,
    worded_as_of,
)
from langchain_usermem.memory import Change, Memory
from langchain_usermem.namespaces import (
    Namespace,
    audit_namespace,
    changes_namespace,
    decode_label,
    encode_label,
    past_namespace,
    review_namespace,
    shared_namespace,
    visible_namespaces,
)
from langchain_usermem.operations.base import Operations, moment_of, namespaces_where
from langchain_usermem.recall import all_items, all_memories
from langchain_usermem.records import change_ops, expiring, merged_in, purge_ops
from langchain_usermem.revisions import Plan, unhindered
from langchain_usermem.statements import EditableFields, edited
from langchain_usermem.steps import Steps, awaiting, batch, blocking
from langchain_usermem.times import parse_time, utc_now

# `Keeping.list` hides the builtin within the class.
Memories = list[Memory]
Changes = list[Change]
UserIds = list[str]
Namespaces = list[Namespace]


class Keeping(Operations):
    """`get`, `list`, `update`, `delete`, `history`, `diff`, `undo` and `users`."""

    def get_steps(self, memory_id: str, *, user_id: str | None = None) -> Steps[Memory | None]:
        """The memory with this id, active or past, or None if this user has none such."""
        user = self.namespace(user_id)
        namespaces = yield from self._all_namespaces(user)
        gets = [GetOp(namespace, memory_id, refresh_ttl=False) for namespace in namespaces]
        items = yield from batch(self.store, gets)
        found = next((item for item in items if item is not None), None)
        return None if found is None else Memory.from_value(found.value)

    def _all_namespaces(self, user: Namespace) -> Steps[Namespaces]:
        """Where any memory of a user may lie, past ones last."""
        of_agents = MatchCondition("prefix", (*user, "memories", "agent"))
        private = yield from namespaces_where(self.store, of_agents)
        return [shared_namespace(user), *private, review_namespace(user), past_namespace(user)]

    def list_steps(
        self,
        *,
        user_id: str | None = None,
        categories: str | Sequence[str] | None = None,
        agent_id: str | None = None,
        include_past: bool = False,
        as_of: datetime | str | None = None,
    ) -> Steps[Memories]:
        """All memories of a user, those in review among them, oldest first.

        Args:
            user_id: whose memory.
            categories: only these categories.
            agent_id: what this agent sees; None lists the private ones of all agents too.
            include_past: superseded, forgotten and expired ones as well.
            as_of: what was known and held at that moment instead, in the words of then.

        Raises:
            InvalidQueryError: `as_of` is no time.
            UnknownCategoryError: the settings do not list a category.
        """
        user, chosen = self.namespace(user_id), self._categories(categories)
        if as_of is not None:
            found = yield from self._standing_at(moment_of(as_of), user, agent_id)
        else:
            found = yield from self._standing_now(user, agent_id, include_past=include_past)
        kept = (
            memory
            for memory in found
            if (chosen is None or memory.category in chosen)
            and (agent_id is None or memory.agent_id in (None, agent_id))
        )
        return sorted(kept, key=lambda memory: memory.order)

    def _standing_now(
        self, user: Namespace, agent_id: str | None, *, include_past: bool
    ) -> Steps[Memories]:
        """What is in force or in review, or with the past all there is."""
        past = [past_namespace(user)] if include_past else []
        everywhere = [*_seen(user, agent_id), review_namespace(user), *past]
        found = yield from all_memories(self.store, everywhere)
        now = utc_now()
        return [m for m in found if include_past or m.is_in_force(now) or m.is_waiting(now)]

    def _standing_at(
        self, moment: datetime, user: Namespace, agent_id: str | None
    ) -> Steps[Memories]:
        """What was known and held at a moment, in the words of then."""
        everywhere = [*_seen(user, agent_id), past_namespace(user)]
        found = yield from all_memories(self.store, everywhere)
        stood = [memory for memory in found if memory.stood_at(moment)]
        return (yield from worded_as_of(self.store, user, stood, moment))

    def update_steps(
        self, memory_id: str, *, user_id: str | None = None, **fields: Unpack[EditableFields]
    ) -> Steps[Memory]:
        """Rewrite parts of a memory; what it said before stays in the history.

        Raises:
            MemoryNotFoundError: the user has no memory with that id, or it is a past one.
            InvalidMemoryError: a keyword does not fit, or the new content holds a secret.
            UnknownCategoryError: the settings do not list the category.
            DeniedCategoryError: the policy denies the category.
        """
        user = self.namespace(user_id)
        return (
            yield from unhindered(
                self.store, user, lambda _: self._rewriting(memory_id, user_id, fields)
            )
        )

    def _rewriting(
        self, memory_id: str, user_id: str | None, fields: EditableFields
    ) -> Steps[Plan[Memory]]:
        memory = yield from self._existing(memory_id, user_id)
        if memory.status not in ("active", "in_review"):
            raise MemoryNotFoundError(
                f"memory {memory_id!r} is {memory.status}; only an active one, or one in review, "
                "can be updated. undo() of the change that ended it puts it back in force."
            )
        after = edited(memory, fields, self.settings)
        change = Change(action="update", before=(memory,), after=after, reason="edited")
        return Plan(change_ops([change], self.namespace(user_id)), after)

    def delete_steps(self, memory_id: str, *, user_id: str | None = None) -> Steps[None]:
        """Purge a memory at once with all its versions; a tombstone without text remains.

        What was merged into it goes with it.

        Raises:
            MemoryNotFoundError: the user has no memory with that id.
        """
        user = self.namespace(user_id)
        yield from unhindered(self.store, user, lambda _: self._purging(memory_id, user_id))

    def _purging(self, memory_id: str, user_id: str | None) -> Steps[Plan[None]]:
        user = self.namespace(user_id)
        memory = yield from self._existing(memory_id, user_id)
        parts = yield from merged_in(self.store, user, memory)
        ops = yield from purge_ops(self.store, user, [memory, *parts], utc_now())
        return Plan(ops, None)

    def _existing(self, memory_id: str, user_id: str | None) -> Steps[Memory]:
        memory = yield from self.get_steps(memory_id, user_id=user_id)
        if memory is None:
            raise MemoryNotFoundError(
                f"this user has no memory {memory_id!r}. list() shows the ids there are."
            )
        return memory

    def history_steps(
        self, memory_id: str | None = None, *, user_id: str | None = None
    ) -> Steps[Changes]:
        """Every change of a user's memories, oldest first.

        With `memory_id`, those of that memory and of the ones it took the place of.
        """
        user = self.namespace(user_id)
        if memory_id is None:
            return (yield from all_changes(self.store, user))
        return (yield from lineage_of(self.store, user, memory_id))

    def diff_steps(self, since: datetime | str, *, user_id: str | None = None) -> Steps[MemoryDiff]:
        """What is different between the memories as they stood at `since` and now.

        It is built from the history: `since` is a moment at which memories were stored, not one
        at which things were said.

        Raises:
            InvalidQueryError: `since` is no time.
        """
        user, then, now = self.namespace(user_id), moment_of(since), utc_now()
        changes = yield from all_changes(self.store, user, since=then)
        found = difference(changes, then, now)
        overdue = yield from self._overdue(user, then, now)
        deleted = yield from self._deleted_since(user, then)
        expired = (*found.expired, *(m for m in overdue if m not in found.added))
        return found.model_copy(update={"expired": expired, "deleted": deleted})

    def _overdue(self, user: Namespace, then: datetime, now: datetime) -> Steps[Memories]:
        """What has expired since a moment and has not been moved into the past yet."""
        dated = yield from expiring(self.store, user)
        due = [m for m in dated if m.has_expired(now) and not m.has_expired(then)]
        return [memory for memory in due if memory.status == "active"]

    def _deleted_since(self, user: Namespace, then: datetime) -> Steps[tuple[str, ...]]:
        """The ids of what was stored by a moment, and was purged since."""
        tombstones = yield from all_items(self.store, audit_namespace(user))
        return tuple(item.key for item in tombstones if _stood_at(then, item.value))

    def undo_steps(self, change_id: str, *, user_id: str | None = None) -> Steps[Changes]:
        """Take a change back: what it replaced stands again, what it made goes to the past.

        Returns:
            The changes by which that was done, which can be undone like any other.

        Raises:
            MemoryNotFoundError: there is no such change, or what it left was changed since.
        """
        user = self.namespace(user_id)
        return (yield from unhindered(self.store, user, lambda _: self._undoing(change_id, user)))

    def _undoing(self, change_id: str, user: Namespace) -> Steps[Plan[Changes]]:
        op = GetOp(changes_namespace(user), change_id, refresh_ttl=False)
        (record,) = yield from batch(self.store, [op])
        if record is None:
            raise MemoryNotFoundError(
                f"this user's history has no change {change_id!r}. history() shows their ids."
            )
        undone = Change.from_value(record.value)
        changes = yield from changes_of(self.store, user, undone.memory_ids)
        if superseded_since(changes, undone):
            raise MemoryNotFoundError(
                f"change {change_id!r} cannot be undone: what it left was changed since. "
                "Undo the later change first."
            )
        restored = reversal(undone, utc_now())
        return Plan(change_ops(restored, user), restored)

    def users_steps(self) -> Steps[UserIds]:
        """The ids of all users about whom anything is stored, in order."""
        below = MatchCondition("prefix", (encode_label(self.settings.root),))
        found = yield from namespaces_where(self.store, below, max_depth=2)
        labels = {namespace[1] for namespace in found if len(namespace) > 1}
        return sorted(decode_label(label) for label in labels)

    get, aget = blocking(get_steps), awaiting(get_steps)
    list, alist = blocking(list_steps), awaiting(list_steps)
    update, aupdate = blocking(update_steps), awaiting(update_steps)
    delete, adelete = blocking(delete_steps), awaiting(delete_steps)
    undo, aundo = blocking(undo_steps), awaiting(undo_steps)
    history, ahistory = blocking(history_steps), awaiting(history_steps)
    diff, adiff = blocking(diff_steps), awaiting(diff_steps)
    users, ausers = blocking(users_steps), awaiting(users_steps)


def _stood_at(then: datetime, tombstone: Mapping[str, Any]) -> bool:
    """Whether what a tombstone stands for was there at a moment; older ones do not say since when.

    What came and went after that moment made no difference.
    """
    created = tombstone.get("created_at")
    came_before = created is None or parse_time(created) <= then
    return came_before and parse_time(tombstone["at"]) > then


def _seen(user: Namespace, agent_id: str | None) -> Namespaces:
    """Where the memories lie that an agent sees; without one, those of all agents."""
    return [(*user, "memories")] if agent_id is None else visible_namespaces(user, agent_id)
