"""What candidates are held against, read for all of them at once."""

from collections.abc import Mapping, Sequence

from langgraph.store.base import BaseStore, SearchOp

from langchain_usermem import policy
from langchain_usermem.draft import Scope
from langchain_usermem.memory import Candidate, Memory, Recalled
from langchain_usermem.namespaces import memory_namespace, past_namespace, review_namespace
from langchain_usermem.query import Query
from langchain_usermem.recall import PAGE, all_memories, recall_all
from langchain_usermem.settings import MemorySettings
from langchain_usermem.steps import Steps, batch
from langchain_usermem.text import stems
from langchain_usermem.verdicts import Neighbours, forgets_last, is_sweeping

SAME_SUBJECT = 0.5
"""Share of the shorter statement's words that two of one turn have in common, from which on one
may say the same as the other, or the contrary."""


def neighbours_of(
    store: BaseStore, candidates: Sequence[Candidate], scope: Scope, settings: MemorySettings
) -> Steps[list[Neighbours]]:
    """The memories near each candidate, in order; of one that forgets, what it might mean."""
    said = [candidate for candidate in candidates if not candidate.forget]
    queries = [_query(candidate, scope, settings) for candidate in said]
    near = iter((yield from recall_all(store, queries, settings.weights)) if said else [])
    filling = yield from _filling(store, said, scope)
    all_there_is: list[Memory] = []
    if len(said) < len(candidates):
        all_there_is = yield from _everything(store, scope)
    return [
        _forgettable(all_there_is, candidate, scope)
        if candidate.forget
        else _beside(next(near), _in_slots_of(candidate, filling), scope)
        for candidate in candidates
    ]


def _filling(
    store: BaseStore, candidates: Sequence[Candidate], scope: Scope
) -> Steps[dict[str, list[Memory]]]:
    """What is in the slots that candidates name, by slot: all of it, however far from them."""
    slots = list(dict.fromkeys(slot for candidate in candidates for slot in _slots_of(candidate)))
    home = memory_namespace(scope.user, scope.agent_id)
    searches = [
        SearchOp(home, {"attribute": slot}, limit=PAGE, refresh_ttl=False) for slot in slots
    ]
    pages = yield from batch(store, searches)
    return {
        slot: [Memory.from_value(item.value) for item in page]
        for slot, page in zip(slots, pages, strict=True)
    }


def _slots_of(candidate: Candidate) -> list[str]:
    """The slot of a candidate, and those in which the same may be said."""
    own = candidate.attribute
    return [] if own is None else [own, *sorted(policy.kindred(own))]


def _in_slots_of(candidate: Candidate, filling: Mapping[str, list[Memory]]) -> list[Memory]:
    return [memory for slot in _slots_of(candidate) for memory in filling[slot]]


def _beside(near: list[Recalled], filling: list[Memory], scope: Scope) -> list[Recalled]:
    """What is near a candidate and what is in its slot, each once, in force, of the same owner.

    What is private to an agent neither changes what is shared nor adds its words to it. What is
    over cannot be confirmed: nobody would recall it.
    """
    seen = {recalled.memory.id for recalled in near}
    # In front, since a model is shown so many only.
    others = (m for m in filling if m.id not in seen and m.is_in_force(scope.now))
    near = [_unranked(memory) for memory in others] + near
    return [recalled for recalled in near if recalled.memory.agent_id == scope.agent_id]


def _everything(store: BaseStore, scope: Scope) -> Steps[list[Memory]]:
    """All memories of all agents, wherever they lie."""
    apart = [review_namespace(scope.user), past_namespace(scope.user)]
    return all_memories(store, [(*scope.user, "memories"), *apart])


def _forgettable(memories: Sequence[Memory], candidate: Candidate, scope: Scope) -> list[Recalled]:
    """All that a request to forget may mean; of all agents if the user asks."""
    everybody = scope.agent_id is None or is_sweeping(candidate)
    return [
        _unranked(memory)
        for memory in memories
        if memory.status != "forgotten"
        and (everybody or memory.agent_id in (None, scope.agent_id))
        and (not forgets_last(candidate) or _is_of_thread(memory, scope))
    ]


def _is_of_thread(memory: Memory, scope: Scope) -> bool:
    in_force = memory.status in ("active", "in_review")
    return in_force and memory.thread_id == scope.thread_id


def _unranked(memory: Memory) -> Recalled:
    return Recalled(memory=memory, score=0.0)


def _query(candidate: Candidate, scope: Scope, settings: MemorySettings) -> Query:
    return Query(
        text=candidate.content,
        user=scope.user,
        agent_id=scope.agent_id,
        limit=settings.neighbours,
        now=scope.now,
        floor=0.0,
    )


def siblings_of(
    candidates: Sequence[Candidate], foreseen: Sequence[Memory]
) -> list[list[Recalled]]:
    """What each candidate may mean of those before it: they are stored together, or not at all.

    `foreseen` holds the memories that candidates would become. No store ranks them yet: the
    share of the shorter one's words that two have in common stands for relevance.
    """
    kept = [None if c.forget else m for c, m in zip(candidates, foreseen, strict=True)]
    return [_resembling(memory, kept[:number]) for number, memory in enumerate(foreseen)]


def _resembling(memory: Memory, others: Sequence[Memory | None]) -> list[Recalled]:
    words = set(stems(memory.content))
    shares = [(other, _share(words, set(stems(other.content)))) for other in others if other]
    return [
        Recalled(memory=other, score=0.0, relevance=share)
        for other, share in shares
        if share >= SAME_SUBJECT or _is_of_a_slot_of(memory, other)
    ]


def _is_of_a_slot_of(memory: Memory, other: Memory) -> bool:
    slot = memory.attribute
    return slot is not None and (other.attribute == slot or other.attribute in policy.kindred(slot))


def _share(one: set[str], other: set[str]) -> float:
    return len(one & other) / max(min(len(one), len(other)), 1)
