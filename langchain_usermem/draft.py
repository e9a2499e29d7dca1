"""Verdicts carried out, one after the other, as changes to memories."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Literal

from langchain_usermem import policy
from langchain_usermem.memory import (
    AddReport,
    Candidate,
    Change,
    Evidence,
    Failure,
    Memory,
    Recalled,
    Skipped,
    Source,
    ids_of,
)
from langchain_usermem.namespaces import Namespace
from langchain_usermem.settings import MemorySettings
from langchain_usermem.text import comparable
from langchain_usermem.verdicts import Neighbours, Verdict, rule_verdict

MAX_EVIDENCE = 5
"""Quotes kept with one memory, the newest of them."""


@dataclass(frozen=True)
class Scope:
    """Whose memory is changed, on whose behalf, and when.

    `key` tells the work apart from any other: the same work has the same key, so that ids
    derived from it make a repetition harmless. `turns` is how many turns it comes from.
    """

    user: Namespace
    now: datetime
    key: str
    agent_id: str | None = None
    thread_id: str | None = None
    source: Source = "chat"
    turns: int = 1

    def derived_id(self, *parts: str) -> str:
        """An id of 32 hexadecimal digits that the same work arrives at again."""
        digest = blake2b("\0".join((self.key, *parts)).encode(errors="replace"), digest_size=16)
        return digest.hexdigest()


class Draft:
    """Changes decided so far. Later candidates see what earlier ones did."""

    def __init__(
        self,
        scope: Scope,
        settings: MemorySettings,
        *,
        skipped: list[Skipped],
        failed: list[Failure],
    ) -> None:
        self._scope = scope
        self._settings = settings
        self._current: dict[str, Memory | None] = {}
        self.changes: list[Change] = []
        self.skipped = skipped
        self.failed = failed

    def report(self) -> AddReport:
        """What was decided."""
        return AddReport(
            changes=tuple(self.changes), skipped=tuple(self.skipped), failed=tuple(self.failed)
        )

    def apply(self, candidate: Candidate, neighbours: Neighbours, asked: Verdict | None) -> None:
        """Carry out what rules or a model say; where neither does, the candidate is new."""
        standing = self._as_they_stand(neighbours)
        verdict = rule_verdict(candidate, standing, self._settings) or asked or Verdict("add")
        verdict = self._still_possible(candidate, verdict)
        if len(self.changes) >= self._settings.max_changes * self._scope.turns:
            verdict = Verdict("skip", reason=f"beyond {self._settings.max_changes} changes a turn")
        self._carry_out(candidate, verdict)

    def _as_they_stand(self, neighbours: Neighbours) -> list[Recalled]:
        """Neighbours as earlier candidates left them, and what those added."""
        known = [r for r in neighbours if r.memory.id not in self._current]
        drafted = [m for m in self._current.values() if m is not None]
        return known + [Recalled(memory=memory, score=0.0) for memory in drafted]

    def _still_possible(self, candidate: Candidate, verdict: Verdict) -> Verdict:
        """A verdict on what its targets have become; without any left, a candidate is new."""
        current = [self._current.get(target.id, target) for target in verdict.targets]
        said_at = candidate.observed_at or self._scope.now
        targets = tuple(
            memory
            for memory in current
            if memory is not None
            and not (verdict.action == "supersede" and memory.observed_at > said_at)
        )
        if verdict.targets and not targets:
            return Verdict("add" if verdict.action != "forget" else "skip", reason=verdict.reason)
        return Verdict(verdict.action, targets, verdict.content, verdict.reason)

    def _carry_out(self, candidate: Candidate, verdict: Verdict) -> None:
        match verdict.action:
            case "skip":
                self.skipped.append(Skipped(content=candidate.content, reason=verdict.reason))
            case "forget":
                for target in verdict.targets:
                    self._record("forget", (target,), None, verdict.reason)
            case "confirm":
                (target,) = verdict.targets
                after = _confirmed(target, candidate, self._scope.now)
                self._record("confirm", (target,), after, verdict.reason)
            case "update":
                (target,) = verdict.targets
                content = verdict.content or candidate.content
                after = _rewritten(target, candidate, content, self._scope.now)
                self._record("update", (target,), after, verdict.reason)
            case "add" | "supersede":
                after = self._new_memory(candidate, verdict.targets)
                self._record(verdict.action, verdict.targets, after, verdict.reason)

    def _record(
        self,
        action: Literal["add", "confirm", "update", "supersede", "forget"],
        before: tuple[Memory, ...],
        after: Memory | None,
        reason: str,
    ) -> None:
        ids = (*ids_of(before), after.id if after else "")
        self.changes.append(
            Change(
                id=self._scope.derived_id(action, *ids),
                action=action,
                before=before,
                after=after,
                reason=reason,
                at=self._scope.now,
            )
        )
        self._current.update(dict.fromkeys(ids_of(before)))
        if after is not None:
            self._current[after.id] = after

    def _new_memory(self, candidate: Candidate, replaced: tuple[Memory, ...]) -> Memory:
        memory = new_memory(candidate, self._scope, self._settings, supersedes=ids_of(replaced))
        return memory.model_copy(update={"ordinal": len(self.changes)})


def new_memory(
    candidate: Candidate,
    scope: Scope,
    settings: MemorySettings,
    *,
    supersedes: tuple[str, ...] = (),
) -> Memory:
    """A candidate as an active memory of this scope."""
    return Memory(
        id=scope.derived_id(candidate.attribute or "", comparable(candidate.content)),
        content=candidate.content,
        category=candidate.category,
        attribute=candidate.attribute,
        standing=policy.is_standing(candidate, settings),
        tags=candidate.tags,
        agent_id=scope.agent_id,
        thread_id=scope.thread_id,
        source=scope.source,
        evidence=candidate.evidence,
        trust=candidate.trust,
        confidence=candidate.confidence,
        importance=policy.importance_of(candidate),
        observed_at=candidate.observed_at or scope.now,
        valid_from=candidate.valid_from,
        valid_until=candidate.valid_until,
        expires_at=policy.expiry_of(candidate, scope.now, settings),
        supersedes=supersedes,
        created_at=scope.now,
        updated_at=scope.now,
    )


def _confirmed(memory: Memory, candidate: Candidate, now: datetime) -> Memory:
    """A memory said again: more evidence, surer, and alive for as long as it now should be."""
    lasting = memory.expires_at is None or candidate.expires_at is None
    expires = memory.expires_at if lasting else _later(memory.expires_at, candidate.expires_at)
    return memory.model_copy(
        update={
            "evidence": _union(memory.evidence, candidate.evidence),
            "confidence": max(memory.confidence, candidate.confidence),
            "importance": max(memory.importance, policy.importance_of(candidate)),
            "expires_at": expires,
            "updated_at": now,
        }
    )


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(filter(None, (one, other)), default=None)


def _rewritten(memory: Memory, candidate: Candidate, content: str, now: datetime) -> Memory:
    """A memory with a fuller statement, and what speaks for it."""
    confirmed = _confirmed(memory, candidate, now)
    tags = tuple(dict.fromkeys(memory.tags + candidate.tags))
    observed = candidate.observed_at or now
    changed = confirmed.model_copy(
        update={"content": content, "tags": tags, "observed_at": observed}
    )
    return Memory.model_validate(changed.model_dump())


def _union(old: Iterable[Evidence], new: Iterable[Evidence]) -> tuple[Evidence, ...]:
    return tuple(dict.fromkeys([*old, *new]))[-MAX_EVIDENCE:]
