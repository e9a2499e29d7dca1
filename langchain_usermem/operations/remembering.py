"""Writing statements that an application makes itself, and forgetting."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Unpack

from langchain_usermem import policy
from langchain_usermem.caps import surplus
from langchain_usermem.consolidation import consolidate_candidates, tidied
from langchain_usermem.draft import Scope, new_memory
from langchain_usermem.errors import InvalidMemoryError
from langchain_usermem.extraction import Extraction
from langchain_usermem.inbox import outdated_marks
from langchain_usermem.memory import Action, Candidate, Change, Memory, new_id
from langchain_usermem.namespaces import Namespace
from langchain_usermem.operations.base import Operations
from langchain_usermem.records import change_ops
from langchain_usermem.report import AddReport
from langchain_usermem.revisions import Plan, unhindered
from langchain_usermem.rules.commands import forgotten
from langchain_usermem.statements import Statement, StatementFields, statement_of
from langchain_usermem.steps import Steps, awaiting, batch, blocking
from langchain_usermem.times import utc_now
from langchain_usermem.whose import resolve_agent_id


class Remembering(Operations):
    """`remember`, `remember_many`, `forget` and `tidy`."""

    def remember_steps(
        self,
        content: str,
        *,
        user_id: str | None = None,
        consolidate: bool = True,
        **fields: Unpack[StatementFields],
    ) -> Steps[Memory]:
        """Store one statement as it stands, without a model, and return its memory.

        Said before, it confirms the memory there is; filling a single-valued attribute, it
        takes the place of what filled it. `consolidate=False` stores it beside all others. Where
        the policy has its category reviewed, the memory returned is `in_review`.

        Raises:
            InvalidMemoryError: the content is empty, too long or holds a secret, or a keyword does
                not fit.
            UnknownCategoryError: the settings do not list the category.
            DeniedCategoryError: the policy denies the category.
        """
        user = self.namespace(user_id)
        statement = self._permitted({**fields, "content": content})
        if not consolidate:
            (memory,) = yield from self._store_all([statement], user)
            return memory
        candidate = statement.candidate(explicit=True)
        scope = self._manual_scope(user, statement)
        return _outcome((yield from self._without_model(candidate, scope)))

    def _without_model(self, candidate: Candidate, scope: Scope) -> Steps[AddReport]:
        extraction = Extraction(candidates=(candidate,))
        return (yield from consolidate_candidates(self.store, extraction, scope, self.settings))

    def remember_many_steps(
        self,
        statements: Sequence[str | Mapping[str, object]],
        *,
        user_id: str | None = None,
        consolidate: bool = False,
    ) -> Steps[list[Memory]]:
        """Store statements in one batch, in order, and return their memories.

        Args:
            statements: texts, or dicts of `remember`'s keywords.
            user_id: whose memory.
            consolidate: True compares each with what is stored, as `remember` does.

        Raises:
            InvalidMemoryError: a statement cannot be stored, and which; then none of them is.
        """
        user = self.namespace(user_id)
        checked = self._all_permitted(statements)
        if not consolidate:
            return (yield from self._store_all(checked, user))
        memories = []
        for statement in checked:
            candidate = statement.candidate(explicit=False)
            scope = self._manual_scope(user, statement)
            memories.append(_outcome((yield from self._without_model(candidate, scope))))
        return memories

    def _permitted(self, raw: object) -> Statement:
        """A checked statement that the policy lets through."""
        statement = statement_of(raw, self.settings)
        policy.check_allowed(statement.category, self.settings)
        policy.check_secret(statement.content, self.settings)
        return statement

    def _all_permitted(self, raws: Sequence[object]) -> list[Statement]:
        """Checked statements; an error says which of them it is about."""
        permitted = []
        for place, raw in enumerate(raws):
            try:
                permitted.append(self._permitted(raw))
            except InvalidMemoryError as error:
                raise type(error)(f"statements[{place}]: {error}") from None
        return permitted

    def _store_all(self, statements: Sequence[Statement], user: Namespace) -> Steps[list[Memory]]:
        """Add statements beside all others; their order within each thread is kept."""
        places: Counter[str | None] = Counter()
        memories = []
        for statement in statements:
            memory = self._stated(statement, user)
            ordinal = places[statement.thread_id] if memory.ordinal is None else memory.ordinal
            places[statement.thread_id] += 1
            memories.append(memory.model_copy(update={"ordinal": ordinal}))
        changes = [_stored(memory) for memory in memories]
        yield from unhindered(self.store, user, lambda _: self._adding(changes, user))
        return memories

    def _adding(self, changes: Sequence[Change], user: Namespace) -> Steps[Plan[None]]:
        scope = Scope(user=user, now=utc_now(), key=new_id())
        beyond = yield from surplus(self.store, changes, scope, self.settings)
        return Plan(change_ops([*changes, *beyond], user), None)

    def _stated(self, statement: Statement, user: Namespace) -> Memory:
        candidate = policy.cleaned(statement.candidate(explicit=False), self.settings)
        memory = new_memory(candidate, self._manual_scope(user, statement), self.settings)
        return memory.model_copy(update={"ordinal": statement.ordinal})

    def _manual_scope(self, user: Namespace, statement: Statement) -> Scope:
        return Scope(
            user=user,
            now=utc_now(),
            key=new_id(),
            agent_id=resolve_agent_id(statement.agent_id),
            thread_id=statement.thread_id,
            source=statement.source,
            ordinal=statement.ordinal,
        )

    def forget_steps(
        self, what: str, *, user_id: str | None = None, agent_id: str | None = None
    ) -> Steps[AddReport]:
        """Forget what these words mean, past memories among it; `"everything"` forgets all.

        Words that name a slot of one value, such as "where I live", mean what fills it; others
        the memories that hold every one of them. What is forgotten is never recalled again,
        can be undone for `forget_grace_days`, and is then purged by the next `add`, `remember`
        or `forget`, or by `tidy`. Without `agent_id` the memories of all agents are meant.

        Raises:
            MissingUserError: nobody said whose memory.
            InvalidMemoryError: there are no words.
        """
        user = self.namespace(user_id)
        statement = statement_of({"content": what, "agent_id": agent_id}, self.settings)
        scope = replace(self._manual_scope(user, statement), agent_id=agent_id)
        return (yield from self._without_model(forgotten(statement.content), scope))

    def tidy_steps(self, *, user_id: str | None = None) -> Steps[AddReport]:
        """Move what has expired into the past, and purge what was forgotten long enough ago.

        `add`, `remember` and `forget` do so for their user. Turns that were added more than
        `turn_days` ago are forgotten here alone, since looking for them takes reading all of
        them. Call it for each of `users()` now and then.
        """
        scope = Scope(user=self.namespace(user_id), now=utc_now(), key=new_id())
        old = yield from outdated_marks(self.store, scope.user, scope.now, self.settings)
        yield from batch(self.store, old)
        return (yield from tidied(self.store, scope, self.settings))

    remember, aremember = blocking(remember_steps), awaiting(remember_steps)
    remember_many, aremember_many = blocking(remember_many_steps), awaiting(remember_many_steps)
    tidy, atidy = blocking(tidy_steps), awaiting(tidy_steps)
    forget, aforget = blocking(forget_steps), awaiting(forget_steps)


def _stored(memory: Memory) -> Change:
    """The change by which a statement is stored, at once or for review."""
    action: Action = "add" if memory.status == "active" else "review"
    return Change(action=action, after=memory, reason="stated", at=memory.created_at)


def _outcome(report: AddReport) -> Memory:
    """The memory that one statement became."""
    outcomes = [change.after for change in report.changes if change.after is not None]
    if not outcomes:
        reasons = "; ".join(skipped.reason for skipped in report.skipped)
        raise InvalidMemoryError(f"the statement was not stored: {reasons}.")
    return outcomes[0]
