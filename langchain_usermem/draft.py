"""Verdicts carried out, one after the other, as changes to memories."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from typing import Literal

from langchain_usermem import policy
from langchain_usermem.inbox import WaitingTurn
from langchain_usermem.memory import Candidate, Change, Memory, Recalled, Skipped, Source, ids_of
from langchain_usermem.merging import lowest_trust, merged, union_of_evidence
from langchain_usermem.namespaces import Namespace
from langchain_usermem.report import AddReport
from langchain_usermem.settings import MemorySettings
from langchain_usermem.text import comparable
from langchain_usermem.verdicts import (
    Neighbours,
    Verdict,
    review_verdict,
    rule_verdict,
    unasked_verdict,
)


@dataclass(frozen=True)
class Scope:
    """Whose memory is changed, on whose behalf, and when.

    `key` tells the work apart from any other, so that ids derived from it are used once.
    `turns` is how many turns it comes from, `ordinal` the place that its memory takes.
    `turn_keys` are the turns that are done once the changes are stored. `held` are those
    that lie in the inbox: where none does any more, nothing is changed. `settles` says that what
    a model failed to decide on is new; without it, nothing is changed then.
    """

    user: Namespace
    now: datetime
    key: str
    agent_id: str | None = None
    thread_id: str | None = None
    source: Source = "chat"
    turns: int = 1
    ordinal: int | None = None
    turn_keys: tuple[str, ...] = ()
    held: tuple[WaitingTurn, ...] = ()
    settles: bool = True

    def derived_id(self, *parts: str) -> str:
        """An id of 32 hexadecimal digits for a part of this work."""
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
        waiting: Sequence[Memory] = (),
        foreseen: Sequence[Memory] = (),
    ) -> None:
        self._scope = scope
        self._settings = settings
        self._current: dict[str, Memory | None] = {}
        self._foreseen = frozenset(memory.id for memory in foreseen)
        self._waiting = {memory.id: memory for memory in waiting}
        self.changes: list[Change] = []
        self.skipped = skipped

    def report(self) -> AddReport:
        """What was decided."""
        return AddReport(changes=tuple(self.changes), skipped=tuple(self.skipped))

    def apply(self, candidate: Candidate, neighbours: Neighbours, asked: Verdict | None) -> None:
        """Carry out what rules or a model say; where neither does, the candidate is new."""
        standing = self._as_they_stand(neighbours)
        verdict = rule_verdict(candidate, standing, self._settings)
        if verdict is None or verdict.action == "add":
            verdict = asked or unasked_verdict(candidate, standing, self._settings)
        elif asked is not None:
            verdict = _together(verdict, asked)
        if verdict.action in ("add", "supersede") and self._is_over(candidate):
            verdict = Verdict("archive", reason="its time was over before it was stored")
        verdict = self._still_possible(candidate, verdict)
        verdict = review_verdict(candidate, verdict, list(self._waiting.values()), self._settings)
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
        current = [self._standing(target) for target in verdict.targets]
        if verdict.content is not None and not _say_what_they_did(current, verdict.targets):
            # What was worded for them would lose what they have been told since.
            return Verdict("add", reason=verdict.reason)
        targets = tuple(memory for memory in current if memory is not None)
        if verdict.action == "supersede" and targets:
            return _succession(verdict, targets, candidate.observed_at or self._scope.now)
        if verdict.targets and not targets:
            return Verdict("add" if verdict.action != "forget" else "skip", reason=verdict.reason)
        return Verdict(verdict.action, targets, verdict.content, verdict.reason)

    def _is_over(self, candidate: Candidate) -> bool:
        return policy.is_over(candidate, self._scope.now, self._settings)

    def _standing(self, target: Memory) -> Memory | None:
        """What a target has become; None where it is gone, or was foreseen and never came."""
        return self._current.get(target.id, None if target.id in self._foreseen else target)

    def _carry_out(self, candidate: Candidate, verdict: Verdict) -> None:
        match verdict.action:
            case "skip":
                self.skipped.append(Skipped(content=candidate.content, reason=verdict.reason))
            case "forget":
                for target in verdict.targets:
                    self._record("forget", (target,), None, verdict.reason)
            case "confirm":
                (target,) = verdict.targets
                after = self._said_again(target, candidate)
                self._record("confirm", (target,), after, verdict.reason)
            case "update":
                (target,) = verdict.targets
                again = self._said_again(target, candidate)
                after = _rewritten(again, candidate, verdict.content or candidate.content)
                self._record("update", (target,), after, verdict.reason)
            case "merge":
                after = self._merged(candidate, verdict)
                self._record("merge", verdict.targets, after, verdict.reason)
            case "archive":
                after = self._archived(candidate, verdict.targets)
                self._record("add", (), after, verdict.reason)
            case "review":
                after = self._proposed(candidate, verdict)
                self._record("review", (), after, verdict.reason)
            case "add" | "supersede":
                after = self._new_memory(candidate, verdict.targets)
                self._record(verdict.action, verdict.targets, after, verdict.reason)

    def _said_again(self, memory: Memory, candidate: Candidate) -> Memory:
        expiry = policy.expiry_of(candidate, self._scope.now, self._settings)
        again = _confirmed(memory, candidate, self._scope, expiry)
        if memory.attribute is not None or candidate.attribute is None:
            return again
        # "Lives in Otley", which "Bought a house in Otley" says too, is who the user is.
        standing = memory.standing or policy.is_standing(candidate, self._settings)
        return again.model_copy(update={"attribute": candidate.attribute, "standing": standing})

    def _merged(self, candidate: Candidate, verdict: Verdict) -> Memory:
        """A candidate and the memories it is merged with, as a new one in place of them all."""
        content = verdict.content or candidate.content
        said = self._new_memory(candidate, verdict.targets)
        own = {
            "id": self._scope.derived_id("merge", *said.supersedes, comparable(content)),
            "stands_from": said.observed_at,
        }
        return merged(said.model_copy(update=own), verdict.targets, content)

    def _proposed(self, candidate: Candidate, verdict: Verdict) -> Memory:
        """A candidate, or what it makes of the memories it adds to, to be approved."""
        if verdict.content is None:
            memory = self._new_memory(candidate, verdict.targets)
        else:
            memory = self._merged(candidate, verdict)
        return memory.model_copy(update={"status": "in_review"})

    def _archived(self, candidate: Candidate, successors: tuple[Memory, ...]) -> Memory:
        """A candidate as a memory of the past, in force until a successor began, or it expired."""
        memory = self._new_memory(candidate, ())
        if not successors:
            return memory.model_copy(update={"status": "expired"})
        until = min(successor.begins for successor in successors)
        return memory.model_copy(update={"status": "superseded", "valid_until": until})

    def _record(
        self,
        action: Literal["add", "confirm", "update", "merge", "supersede", "forget", "review"],
        before: tuple[Memory, ...],
        after: Memory | None,
        reason: str,
    ) -> None:
        ids = (*ids_of(before), after.id if after else "")
        self.changes.append(
            Change(
                id=self._scope.derived_id(action, str(len(self.changes)), *ids),
                action=action,
                before=before,
                after=after,
                reason=reason,
                at=self._scope.now,
                step=len(self.changes),
            )
        )
        self._current.update(dict.fromkeys(ids_of(before)))
        if after is not None and after.status == "active":
            self._current[after.id] = after
        elif after is not None and after.status == "in_review":
            self._waiting[after.id] = after

    def _new_memory(self, candidate: Candidate, replaced: tuple[Memory, ...]) -> Memory:
        memory = new_memory(candidate, self._scope, self._settings, supersedes=ids_of(replaced))
        ordinal = len(self.changes) if self._scope.ordinal is None else self._scope.ordinal
        return memory.model_copy(update={"ordinal": ordinal})


def _together(ruled: Verdict, asked: Verdict) -> Verdict:
    """What rules say, and of what they replace also what a model says is replaced."""
    if not ruled.action == asked.action == "supersede":
        return ruled
    others = (target for target in asked.targets if target.id not in ids_of(ruled.targets))
    return replace(ruled, targets=(*ruled.targets, *others))


def _succession(verdict: Verdict, targets: tuple[Memory, ...], said_at: datetime) -> Verdict:
    """Take the place of what was said before; what was said before all of it belongs to the past.

    A turn that failed at first is decided on after turns that came later.
    """
    older = tuple(memory for memory in targets if memory.observed_at <= said_at)
    if older:
        return Verdict(verdict.action, older, verdict.content, verdict.reason)
    return Verdict("archive", targets, reason="older than what would have replaced it")


def new_memory(
    candidate: Candidate,
    scope: Scope,
    settings: MemorySettings,
    *,
    supersedes: tuple[str, ...] = (),
) -> Memory:
    """A candidate as a memory of this scope, active or waiting for approval."""
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
        status=policy.status_of(candidate, settings),
        supersedes=supersedes,
        created_at=scope.now,
        updated_at=scope.now,
    )


def _confirmed(
    memory: Memory, candidate: Candidate, scope: Scope, expiry: datetime | None
) -> Memory:
    """A memory said again: more evidence, surer, and alive for as long as it now should be."""
    lasts = memory.expires_at is None or expiry is None
    settled = memory.category == "context" and candidate.category != "context"
    return memory.model_copy(
        update={
            "category": candidate.category if settled else memory.category,
            "evidence": union_of_evidence(memory.evidence, candidate.evidence),
            "confidence": max(memory.confidence, candidate.confidence),
            "importance": max(memory.importance, policy.importance_of(candidate)),
            "observed_at": max(memory.observed_at, candidate.observed_at or scope.now),
            "stands_from": memory.begins,
            "expires_at": None if lasts else max(filter(None, (memory.expires_at, expiry))),
            "updated_at": scope.now,
        }
    )


def _rewritten(memory: Memory, candidate: Candidate, content: str) -> Memory:
    """A memory with a fuller statement, and the tags of both."""
    tags = tuple(dict.fromkeys(memory.tags + candidate.tags))
    trust = lowest_trust(memory.trust, candidate.trust)
    return memory.model_copy(update={"content": content.strip(), "tags": tags, "trust": trust})


def _say_what_they_did(current: Sequence[Memory | None], known: Sequence[Memory]) -> bool:
    """Whether memories are all there still, and say what they said when they were known."""
    return [m.content for m in current if m is not None] == [m.content for m in known]
