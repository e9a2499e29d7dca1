"""`python -m tests.benchmarks.cost`: what remembering a real conversation costs, beside peers.

Every product is given the same turns of one LoCoMo conversation (`CONVERSATION=26`) in the same
run, turn by turn and then session by session, with one scripted model that finds the same facts
for all: those that people drew from the user's words. Only what is asked is counted, not how
well it is answered.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from langchain_usermem import FaissStore, UserMemory
from tests.benchmarks import mem0_peer
from tests.benchmarks.contestants import not_installed
from tests.benchmarks.conversation import Conversation, Turn, conversations
from tests.benchmarks.counting import CountedEmbeddings, CountingModel
from tests.benchmarks.network import reached, refuse_network

_USER = "user"
_WIDTH = 256
_MANY = 10_000
_COLUMNS = (
    "product",
    "given",
    "calls a turn",
    "of them to decide",
    "prompt tokens a turn",
    "tokens a call",
    "texts embedded a turn",
    "memories",
)

Parts = Sequence[tuple[Turn, ...]]


class Product:
    """Something that remembers conversations, with the model and the embedder it uses.

    Args:
        add: has it remember some turns.
        memories: how many memories it has.
    """

    def __init__(
        self, add: Callable[[Sequence[Turn]], object], memories: Callable[[], int]
    ) -> None:
        self.add = add
        self.memories = memories


Opened = Callable[[Path, CountingModel, CountedEmbeddings], AbstractContextManager[Product]]


@dataclass(frozen=True, slots=True)
class _Cost:
    """What a conversation cost in one product."""

    turns: int
    calls: int
    decisions: int
    tokens: int
    texts: int
    memories: int

    @property
    def cells(self) -> list[str]:
        """The figures as the table shows them."""
        return [
            f"{self.calls / self.turns:.2f}",
            f"{self.decisions / self.turns:.2f}",
            f"{self.tokens / self.turns:,.0f}",
            f"{self.tokens / max(self.calls, 1):,.0f}",
            f"{self.texts / self.turns:.2f}",
            str(self.memories),
        ]


def main() -> None:
    """Measure and print one table."""
    refuse_network()
    conversation = _conversation(os.environ.get("CONVERSATION", "26"))
    empty = sum(not turn.facts for turn in conversation.turns)
    _say(f"LoCoMo {conversation.name}: {len(conversation.turns)} turns, {empty} without a fact\n")
    _say(_line(_COLUMNS))
    _say(_line(["---"] * len(_COLUMNS)))
    for way, parts in _ways(conversation):
        for name, opened, missing in _PRODUCTS:
            cells = [f"skipped: {missing}"] if missing else _cost(opened, parts).cells
            _say(_line([name, way, *cells]))
    if reached:
        sys.exit(f"somebody wanted to reach {sorted(set(reached))}")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _conversation(name: str) -> Conversation:
    found = [one for one in conversations() if one.name == name]
    if not found:
        raise SystemExit(f"There is no conversation {name!r} under $USERMEM_DATA/locomo.")
    return found[0]


def _ways(conversation: Conversation) -> Iterator[tuple[str, Parts]]:
    """How the turns may be given: each as it comes, or those of a session together."""
    yield "turn by turn", [(turn,) for turn in conversation.turns]
    sessions = groupby(conversation.turns, key=lambda turn: turn.session)
    yield "by session", [tuple(turns) for _, turns in sessions]


def _cost(opened: Opened, parts: Parts) -> _Cost:
    """What remembering all parts costs, one after another."""
    model, embeddings = CountingModel(), CountedEmbeddings()
    with (
        tempfile.TemporaryDirectory() as folder,
        opened(Path(folder), model, embeddings) as product,
    ):
        for part in parts:
            model.facts = tuple(fact for turn in part for fact in turn.facts)
            product.add(part)
        texts = embeddings.texts
        memories = product.memories()
    turns = sum(map(len, parts))
    return _Cost(turns, model.calls, model.decisions, model.tokens, texts, memories)


@contextmanager
def _ours(folder: Path, model: CountingModel, embeddings: CountedEmbeddings) -> Iterator[Product]:
    index = {"embed": embeddings, "dims": _WIDTH, "fields": ["content"]}
    with FaissStore(folder / "memories.db", index=index) as store:
        memory = UserMemory(store, model, user_id=_USER)

        def add(turns: Sequence[Turn]) -> None:
            session, at = turns[0].session, turns[0].at
            report = memory.add(_messages(turns), thread_id=session, observed_at=at)
            if report.failed:
                raise RuntimeError(f"the scripted model's answers do not fit: {report.failed}")

        yield Product(add, lambda: len(memory.list()))


@contextmanager
def _mem0(folder: Path, model: CountingModel, embeddings: CountedEmbeddings) -> Iterator[Product]:
    memory = mem0_peer.made(folder, embeddings, _WIDTH, provider="faiss", model=model)
    with memory:
        yield Product(
            lambda turns: memory.add(_messages(turns), user_id=_USER),
            lambda: len(memory.get_all(filters={"user_id": _USER}, top_k=_MANY)["results"]),
        )


@contextmanager
def _langmem(_: Path, model: CountingModel, embeddings: CountedEmbeddings) -> Iterator[Product]:
    from langgraph.store.memory import InMemoryStore
    from langmem import create_memory_store_manager

    store = InMemoryStore(index={"embed": embeddings, "dims": _WIDTH})
    manager = create_memory_store_manager(model, store=store)
    whose = {"configurable": {"langgraph_user_id": _USER}}
    yield Product(
        lambda turns: manager.invoke({"messages": _messages(turns)}, config=whose),
        lambda: len(store.search(("memories",), limit=_MANY)),
    )


def _messages(turns: Sequence[Turn]) -> list[dict[str, str]]:
    return [message for turn in turns for message in turn.dicts]


_PRODUCTS: tuple[tuple[str, Opened, str | None], ...] = (
    ("langchain-usermem", _ours, None),
    ("Mem0", _mem0, not_installed("mem0", "mem0ai")),
    ("LangMem", _langmem, not_installed("langmem", "langmem")),
)


if __name__ == "__main__":
    main()
