"""Weights chosen on all conversations but one, and measured on that one.

What is shipped was chosen on all of them. How much of its figures that explains is seen by
choosing anew without each conversation: every weight is tried lower and higher.
"""

from collections.abc import Mapping, Sequence

from .figures import Answer, figures_of
from .locomo import Conversation, Piece
from .measuring import answers
from .rankers import Ours

TRIED: tuple[dict[str, float], ...] = (
    {},
    {"similarity": 0.3},
    {"similarity": 0.5},
    {"similarity_scale": 0.5},
    {"similarity_scale": 0.9},
    {"neighbours": 0.1},
    {"neighbours": 0.4},
    {"session": 0.2},
    {"session": 0.8},
    {"time": 0.0},
    {"time": 0.3},
    {"aside": 0.6},
    {"aside": 0.9},
)
"""Changes to the shipped weights; the first is none."""

CHOSEN_BY = "recall@10"

Tried = Sequence[Sequence[Answer]]
"""The answers of one conversation by the number of what was tried."""


def held_out(all_conversations: Sequence[Conversation]) -> dict[str, dict[str, float]]:
    """Figures on conversations that the weights were not chosen on, by kind of memory."""
    return {
        "turns": _figures([_tried(c, c.turns) for c in all_conversations]),
        "facts": _figures([_tried(c, c.facts) for c in all_conversations]),
        "facts, with quotes": _figures([_tried(c, c.facts, c.quotes) for c in all_conversations]),
    }


def _tried(
    conversation: Conversation, pieces: Sequence[Piece], quotes: Mapping[str, str] | None = None
) -> Tried:
    ours = Ours(pieces, quotes=quotes)
    return [list(answers(ours.ranker(w), pieces, conversation.questions)) for w in TRIED]


def _figures(tried: Sequence[Tried]) -> dict[str, float]:
    """Each conversation's answers by what was best on the others, taken together."""
    together: list[Answer] = []
    for place, own in enumerate(tried):
        others = [*tried[:place], *tried[place + 1 :]]
        together += own[best_of(others)]
    return figures_of(together)


def best_of(tried: Sequence[Tried]) -> int:
    """The number of what gives the most over some conversations; the shipped one if equal."""
    gives = [
        figures_of([answer for own in tried for answer in own[number]])[CHOSEN_BY]
        for number in range(len(tried[0]))
    ]
    return gives.index(max(gives))
