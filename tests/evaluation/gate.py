"""Measure the gate: turns kept from the model, and facts that would be missed with them.

python -m tests.evaluation.gate [--missed]

Each speaker of the conversations is taken as the user, the other as the assistant. A fact is
missed if a turn that it cites as evidence is kept from the model.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from langchain_usermem.gate import emptiness

from .locomo import Conversation, Spoken, conversations


@dataclass(frozen=True)
class Judged:
    """A turn of one user, whether it is kept from the model, and the facts it is cited for."""

    user: str
    text: str
    kept_back: bool
    facts: tuple[str, ...]


def judged(conversation: Conversation) -> Iterator[Judged]:
    """Every turn, as said by the user to the other."""
    for before, turn in pairwise((None, *conversation.spoken)):
        if turn is not None:
            context = [before.utterance("assistant")] if before and _answers(turn, before) else []
            kept_back = emptiness([turn.utterance("user")], context) is not None
            yield Judged(turn.name, turn.text, kept_back, conversation.facts_of(turn))


def _answers(turn: Spoken, before: Spoken) -> bool:
    return turn.thread_id == before.thread_id and turn.name != before.name


def main() -> None:
    """Print a line a user, one for all, and on request what is missed."""
    everything: list[Judged] = []
    for conversation in conversations():
        turns = list(judged(conversation))
        everything += turns
        for user in dict.fromkeys(turn.user for turn in turns):
            _print_line(f"{conversation.name} {user}", [t for t in turns if t.user == user])
    _print_line("all", everything)
    if "--missed" in sys.argv:
        for turn in everything:
            if turn.kept_back and turn.facts:
                sys.stdout.write(f"\n{turn.text}\n  {'; '.join(turn.facts)}\n")


def _print_line(name: str, turns: list[Judged]) -> None:
    saved = sum(turn.kept_back for turn in turns)
    facts = sum(len(turn.facts) for turn in turns)
    missed = sum(len(turn.facts) for turn in turns if turn.kept_back)
    sys.stdout.write(
        f"{name:<14} calls saved {saved:>4} of {len(turns):>4} ({saved / max(len(turns), 1):6.1%})"
        f"   facts missed {missed:>2} of {facts:>4} ({missed / max(facts, 1):.2%})\n"
    )


if __name__ == "__main__":
    main()
