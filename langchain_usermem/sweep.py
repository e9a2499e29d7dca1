"""One sweep over one user's memories, in steps: by rules, then by a model where there is one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from langchain_core.messages import BaseMessage
from langgraph.store.base import BaseStore, PutOp

from langchain_usermem.asking import listed_items
from langchain_usermem.duplicates import Pair, groups_of, key_of, plain_duplicates
from langchain_usermem.memory import Change, Failure, Memory, Skipped
from langchain_usermem.namespaces import Namespace
from langchain_usermem.profiles import (
    Listed,
    listed_by_category,
    profile_op,
    profiles_in,
    profiles_of,
    summary,
)
from langchain_usermem.recall import all_memories
from langchain_usermem.records import expiring, expiry, namespace_of
from langchain_usermem.reflection import (
    Merge,
    Progress,
    ReflectReport,
    carried_out,
    checked_merges,
    compared,
    compared_op,
    merge_change,
    near_pairs,
    outdated_ops,
    proposed_in,
)
from langchain_usermem.reflection_prompts import merging_prompt, profile_prompt
from langchain_usermem.revisions import while_there
from langchain_usermem.salvage import Answer
from langchain_usermem.schemas import profiles_schema, reflection_schema
from langchain_usermem.settings import MemorySettings
from langchain_usermem.steps import Steps, batch

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

MAX_ROUNDS = 10
"""How often merged memories are compared again with the others."""

MAX_FAILURES = 3
"""Calls that fail one after the other, after which a model is left alone."""


@dataclass(frozen=True)
class Task:
    """Whose memories are swept, how, and who is told how far it is."""

    store: BaseStore
    user: Namespace
    settings: MemorySettings
    now: datetime
    model: "BaseChatModel | None" = None
    applies: bool = False
    max_calls: int = 100
    progress: Progress | None = None


@dataclass
class Sweep:
    """The work on a task, and what came of it so far."""

    task: Task
    changes: list[Change] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    examined: int = 0
    calls: int = 0
    left: int = 0
    _failures: int = 0
    _done: int = 0
    _to_do: int = 0
    _keys: set[str] = field(default_factory=set)

    def steps(self) -> Steps[ReflectReport]:
        """Expire what is due, merge until nothing is left to merge, and sum up the rest."""
        yield from self._expire()
        for _ in range(MAX_ROUNDS):
            count = len(self.changes)
            memories = yield from self._round()
            if not self.task.applies or len(self.changes) == count:
                break
        profiles = yield from self._profiles(memories)
        return ReflectReport(
            applied=self.task.applies,
            examined=self.examined,
            changes=tuple(self.changes),
            profiles=profiles,
            skipped=tuple(self.skipped),
            failed=tuple(self.failed),
            calls=self.calls,
            left=self.left,
        )

    def _expire(self) -> Steps[None]:
        task = self.task
        dated = yield from expiring(task.store, task.user)
        for memory in dated:
            if memory.has_expired(task.now):
                yield from self._change([expiry(memory, task.now)])

    def _change(self, changes: Sequence[Change], compared_as: Sequence[Memory] = ()) -> Steps[bool]:
        """Carry out changes, all or none, or only note them; whether that was possible."""
        task = self.task
        done = [compared_op(compared_as, [], task.user)] if compared_as else []
        if task.applies and not (yield from carried_out(task.store, task.user, changes, done)):
            reason = "another turn changed it meanwhile"
            gone = [memory for change in changes for memory in change.before]
            self.skipped += [Skipped(content=memory.content, reason=reason) for memory in gone]
            return False
        self.changes += changes
        return True

    def _round(self) -> Steps[list[Memory]]:
        """Compare all memories that are in force, and merge; those that are left then."""
        task = self.task
        found = yield from all_memories(task.store, [(*task.user, "memories")])
        pool = {memory.id: memory for memory in found if memory.is_in_force(task.now)}
        self.examined = self.examined or len(pool)
        self.left = 0
        near = yield from self._near(list(pool.values()))
        places = yield from self._merge_plain(pool)
        groups = groups_of(pool, _moved(near, places))
        yield from self._merge_asked(groups, pool)
        return list(pool.values())

    def _near(self, memories: Sequence[Memory]) -> Steps[dict[Pair, float]]:
        """How near memories are to each other; nobody asks without a model."""
        task = self.task
        near: dict[Pair, float] = {}
        if task.model is not None:
            parts = near_pairs(task.store, task.user, memories, task.settings, task.now)
            self._to_do += len(parts)
            for part in parts:
                near |= yield from part
                self._step()
        return near

    def _merge_plain(self, pool: dict[str, Memory]) -> Steps[dict[str, str]]:
        """Merge what rules see as one; what took the place of which memory, by id."""
        places: dict[str, str] = {}
        lots = plain_duplicates(pool.values())
        known = yield from compared(self.task.store, self.task.user, [key_of(lot) for lot in lots])
        for lot, item in zip(lots, known, strict=True):
            if item is not None:  # it was merged before, and undone
                continue
            change = merge_change(lot, lot[0].content, "they say the same", self.task.now)
            if (yield from self._change([change], compared_as=lot)):
                places |= _replace(pool, change)
        return places

    def _merge_asked(self, groups: Sequence[list[Memory]], pool: dict[str, Memory]) -> Steps[None]:
        """Merge what a model sees as one, now or when it was asked before."""
        keys = [key_of(group) for group in groups]
        self._keys |= set(keys)
        self._to_do += len(groups)
        known = yield from compared(self.task.store, self.task.user, keys)
        for group, item in zip(groups, known, strict=True):
            proposed = (yield from self._asked(group)) if item is None else proposed_in(item)
            changes = [self._merge_change(merge, pool) for merge in proposed]
            if changes and (yield from self._change(changes, compared_as=group)):
                for change in changes:
                    _replace(pool, change)
            self._step()

    def _merge_change(self, merge: Merge, pool: dict[str, Memory]) -> Change:
        memories = [pool[memory_id] for memory_id in merge.memories]
        return merge_change(memories, merge.content, "merged by the model", self.task.now)

    def _asked(self, group: Sequence[Memory]) -> Steps[list[Merge]]:
        """What a model would merge of a group; kept, unless its answer was damaged."""
        answer = yield from self._answer(merging_prompt(group), reflection_schema())
        if answer is None:
            self.left += 1
            return []
        merges, faults = checked_merges(answer.items, group)
        self.failed += [Failure(stage="consolidate", error=fault) for fault in faults]
        if answer.fault is None:
            yield from self._note(compared_op(group, merges, self.task.user), group)
        else:
            self.left += 1
        return merges

    def _answer(self, prompt: list[BaseMessage], schema: dict[str, object]) -> Steps[Answer | None]:
        """A model's answer; None without one, beyond the most calls, or after it kept failing."""
        task = self.task
        if task.model is None or self.calls >= task.max_calls or self._failures >= MAX_FAILURES:
            return None
        self.calls += 1
        answer = yield from listed_items(task.model, prompt, schema)
        if answer.fault is not None:
            self.failed.append(Failure(stage="consolidate", error=answer.fault))
        self._failures = 0 if answer.fault is None or answer.items else self._failures + 1
        return answer

    def _profiles(self, memories: Sequence[Memory]) -> Steps[dict[str, str]]:
        """A profile for each category of what all agents share, by the model or by rules."""
        task, listed = self.task, listed_by_category(memories)
        plain = {category: summary(some) for category, some in listed.items()}
        if task.model is None or not listed:
            return plain
        key = key_of(memory for some in listed.values() for memory in some)
        (item,) = yield from compared(task.store, task.user, [key])
        found = profiles_in(item) if item else (yield from self._asked_profiles(listed, key))
        yield from batch(
            task.store, (yield from outdated_ops(task.store, task.user, {*self._keys, key}))
        )
        return {**plain, **{c: text for c, text in found.items() if c in plain}}

    def _asked_profiles(self, listed: Listed, key: str) -> Steps[dict[str, str]]:
        answer = yield from self._answer(profile_prompt(listed), profiles_schema())
        found = profiles_of(answer.items if answer else ())
        if answer is not None and answer.fault is None:
            op = profile_op(listed, key, found, self.task.user)
            yield from self._note(op, [memory for some in listed.values() for memory in some])
        return found

    def _note(self, op: PutOp, memories: Sequence[Memory]) -> Steps[None]:
        """Keep what was asked about memories, unless they were erased meanwhile."""
        task = self.task
        # What is only proposed lies nowhere yet, but what it is made of does.
        places = [(namespace_of(m, task.user), i) for m in memories for i in (m.id, *m.supersedes)]
        yield from while_there(task.store, [op], places)

    def _step(self) -> None:
        self._done += 1
        if self.task.progress is not None:
            self.task.progress(self._done, self._to_do)


def _replace(pool: dict[str, Memory], change: Change) -> dict[str, str]:
    """Put what a change made in the place of what it replaced; by id, what is whose place."""
    if change.after is None:
        return {}
    for memory in change.before:
        del pool[memory.id]
    pool[change.after.id] = change.after
    return {memory.id: change.after.id for memory in change.before}


def _moved(near: dict[Pair, float], places: dict[str, str]) -> dict[Pair, float]:
    """Nearness of memories, of what took their place where something did."""
    moved: dict[Pair, float] = {}
    for pair, relevance in near.items():
        left, right = sorted(places.get(memory_id, memory_id) for memory_id in pair)
        if left != right:
            moved[left, right] = max(relevance, moved.get((left, right), 0.0))
    return moved
