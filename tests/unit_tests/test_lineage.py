"""Whatever is done to memories, in whatever order: each stands once, and the history knows why."""

from datetime import UTC, datetime
from typing import Any

import hypothesis.strategies as st
from hypothesis import settings as hypothesis_settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from langgraph.store.memory import InMemoryStore

from langchain_usermem.errors import MemoryNotFoundError
from langchain_usermem.memory import Change, Memory
from langchain_usermem.namespaces import past_namespace, user_namespace
from langchain_usermem.recall import all_memories
from langchain_usermem.reflection import carried_out, merge_change
from langchain_usermem.steps import run
from langchain_usermem.times import utc_now
from langchain_usermem.user_memory import UserMemory

USER = user_namespace("ada")
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
ENDED_BY = {"forget": "forgotten", "expire": "expired"}

WORDS = st.sampled_from(["tea", "rye", "dogs", "chess"])
SLOTS = st.sampled_from([None, "home_city", "opinion:tea", "hobby"])


class Lineage(RuleBasedStateMachine):
    """One user's memories, changed at random by what changes them."""

    def __init__(self) -> None:
        super().__init__()
        self.store = InMemoryStore()
        self.memory = UserMemory(self.store, user_id="ada")

    def active(self) -> dict[str, Memory]:
        """What stands, by id."""
        found = run(all_memories(self.store, [(*USER, "memories")]))
        return {memory.id: memory for memory in found}

    def past(self) -> dict[str, Memory]:
        """What does not stand any more, by id."""
        return {m.id: m for m in run(all_memories(self.store, [past_namespace(USER)]))}

    @rule(word=WORDS, slot=SLOTS)
    def remember(self, word: str, slot: str | None) -> None:
        """Add, confirm or supersede, as the rules decide."""
        self.memory.remember(f"Likes {word}", attribute=slot)

    @rule(word=WORDS, over=st.booleans())
    def add_beside(self, word: str, *, over: bool) -> None:
        """Add without comparing, perhaps something that is over already."""
        fields = {"expires_at": BEGINNING} if over else {}
        self.memory.remember_many([{"content": f"Likes {word}", **fields}])

    @precondition(lambda self: self.active())
    @rule(data=st.data(), word=WORDS)
    def update(self, data: st.DataObject, word: str) -> None:
        """Put one memory in other words."""
        self.memory.update(self._one_of(data), content=f"Loves {word}")

    @precondition(lambda self: len(self.active()) > 1)
    @rule(data=st.data())
    def merge(self, data: st.DataObject) -> None:
        """Put one memory in the place of two or three."""
        parts = [self.active()[self._one_of(data)] for _ in range(3)]
        parts = list({memory.id: memory for memory in parts}.values())
        if len(parts) > 1:
            content = " and ".join(memory.content for memory in parts)
            change = merge_change(parts, content, "merged", utc_now())
            assert run(carried_out(self.store, USER, [change], []))

    @rule()
    def reflect(self) -> None:
        """Merge what says the same; what has to be done is done then."""
        self.memory.reflect(apply=True)
        assert self.memory.reflect(apply=True).changes == ()

    @rule(word=WORDS)
    def forget(self, word: str) -> None:
        """Forget what names a thing, past ones too."""
        self.memory.forget(word)

    @rule()
    def tidy(self) -> None:
        """Move what is over to the past."""
        self.memory.tidy()

    @precondition(lambda self: self.memory.history())
    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        """Take any change back, or be told that it was built on; then all is as it was before."""
        change = data.draw(st.sampled_from(self.memory.history()))
        before = self.active()
        try:
            self.memory.undo(change.id)
        except MemoryNotFoundError:
            assert self._was_built_on(change)
            return
        assert _says(self.active()) == _says(_taken_back(before, change))

    @precondition(lambda self: self.active())
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        """Purge one memory."""
        gone = self._one_of(data)
        self.memory.delete(gone)
        assert self.memory.get(gone) is None
        assert self.memory.history(gone) == []

    def _one_of(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(sorted(self.active(), key=self._age)))

    def _age(self, memory_id: str) -> Any:
        return self.active()[memory_id].order

    def _was_built_on(self, change: Change) -> bool:
        history = self.memory.history()
        later = history[history.index(change) + 1 :]
        return any(other.memory_ids & change.memory_ids for other in later)

    @invariant()
    def each_stands_once(self) -> None:
        """No id stands twice, nor is it past while it stands."""
        items = self.store.search((*USER, "memories"), limit=999)
        assert len(items) == len({item.key for item in items})
        assert self.active().keys().isdisjoint(self.past())
        assert {memory.status for memory in self.active().values()} <= {"active"}

    @invariant()
    def the_history_says_what_stands(self) -> None:
        """What the changes add up to is what is stored."""
        found = self.memory.diff(BEGINNING)
        assert {m.id: m.content for m in found.added} == _says(self.active())
        assert (found.changed, found.superseded, found.undone) == ((), (), ())

    @invariant()
    def what_is_past_has_a_change_that_says_so(self) -> None:
        """Its last change took it out of force, in the way that its status names."""
        history = self.memory.history()
        for memory in self.past().values():
            last = next(c for c in reversed(history) if memory.id in c.memory_ids)
            if last.after is not None and last.after.id == memory.id:
                assert memory == last.after  # put back where it was, in the past
            else:
                assert memory.status == ENDED_BY.get(last.action, "superseded")

    @invariant()
    def a_part_and_its_whole_never_hold_at_once(self) -> None:
        """What was merged held until what it was merged into begins."""
        standing = {**self.active(), **self.past()}
        for part in self.past().values():
            whole = standing.get(part.merged_into or "")
            if whole is not None and part.status == "superseded":
                assert part.valid_until is not None
                assert part.valid_until <= whole.begins


def _says(memories: dict[str, Memory]) -> dict[str, str]:
    return {memory.id: memory.content for memory in memories.values()}


def _taken_back(now: dict[str, Memory], change: Change) -> dict[str, Memory]:
    """What stands without a change: what it made is gone, what it replaced is back."""
    left = {i: memory for i, memory in now.items() if i not in change.memory_ids}
    return left | {m.id: m for m in change.before if m.status == "active"}


TestLineage = Lineage.TestCase
TestLineage.settings = hypothesis_settings(
    max_examples=25, stateful_step_count=20, deadline=None, derandomize=True
)
