"""What is asked of a memory: the words, whose memory, and which memories may answer."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from langchain_usermem.errors import InvalidQueryError
from langchain_usermem.filters import Filter, check_filter
from langchain_usermem.memory import Memory
from langchain_usermem.namespaces import Namespace, past_namespace, visible_namespaces
from langchain_usermem.rules.dates import Period

_INSTANT = timedelta(microseconds=1)

MAX_QUERY_CHARS = 2_000
"""Characters that are searched with; of a longer text, its beginning and end."""


@dataclass(frozen=True)
class Query:
    """What is asked, of whose memories, and which of them may answer.

    `floor` None takes the one of the weights, 0 turns it off. `as_of` asks for what was known
    and held at that moment; `now` is the present that expiry is measured against. `period` is the
    time that is asked about, where the words do not say; what held until its end may answer too.
    """

    text: str
    user: Namespace
    limit: int
    now: datetime
    agent_id: str | None = None
    thread_id: str | None = None
    categories: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None
    filter: Filter | None = None
    as_of: datetime | None = None
    floor: float | None = None
    period: Period | None = None

    @property
    def searched(self) -> str:
        """The text that is searched with, bounded in length."""
        half = MAX_QUERY_CHARS // 2
        whole = len(self.text) <= MAX_QUERY_CHARS
        return self.text if whole else f"{self.text[:half]}\n{self.text[-half:]}"

    @property
    def namespaces(self) -> list[Namespace]:
        """Where its answers lie."""
        past = [past_namespace(self.user)] if self.as_of or self.period else []
        return [*visible_namespaces(self.user, self.agent_id), *past]

    def admits(self, memory: Memory) -> bool:
        """Whether a memory may answer, however well it fits."""
        return (
            self._in_force(memory)
            and memory.agent_id in (None, self.agent_id)
            and (self.thread_id is None or memory.thread_id == self.thread_id)
            and (self.categories is None or memory.category in self.categories)
            and (self.tags is None or set(self.tags) <= set(memory.tags))
        )

    def _in_force(self, memory: Memory) -> bool:
        if self.as_of is not None:
            return memory.stood_at(self.as_of)
        if self.period is not None and self.period.end <= self.now:
            return memory.is_in_force(self.now) or memory.stood_at(self.period.end - _INSTANT)
        return memory.is_in_force(self.now)


def check_query(query: Query) -> None:
    """Refuse a query that nothing could answer.

    Raises:
        InvalidQueryError: it is blank, its limit is below 1, or its floor is outside [0, 1].
        InvalidFilterError: its filter has an operator that does not exist.
    """
    if not query.text.strip():
        raise InvalidQueryError("the query is empty. Ask something, or use list() or profile().")
    if query.limit < 1:
        raise InvalidQueryError(f"limit is {query.limit}; ask for at least one memory.")
    if query.floor is not None and not 0 <= query.floor <= 1:
        raise InvalidQueryError(f"floor is {query.floor}; it lies between 0 (none) and 1.")
    check_filter(query.filter)
