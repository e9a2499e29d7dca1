"""What a memory graph keeps in its state: JSON values only, so that any checkpointer serves."""

from typing import Any

from langgraph.graph import MessagesState

JsonDict = dict[str, Any]


class MemoryState(MessagesState, total=False):
    """Messages, and what memory did in this run. Mix it into a state of your own.

    `profile` and `recalled` are the memories given to the model, `memory_omitted` how many more
    there were than the token budgets allow, `candidates` what is being
    consolidated (empty between runs), `memory_report` what was stored, `memory_errors` what
    failed. Each run writes all of them afresh.
    """

    profile: list[JsonDict]
    recalled: list[JsonDict]
    memory_omitted: int
    candidates: list[JsonDict]
    memory_report: JsonDict
    memory_errors: list[JsonDict]
