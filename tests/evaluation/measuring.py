"""Rankings run over whole conversations, and what came of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

from langchain_usermem.tokens import token_counter

from .figures import Answer
from .locomo import Conversation, Piece, Question
from .rankers import (
    LIMIT,
    WITHOUT,
    Ours,
    PlainEmbeddings,
    Ranker,
    dense,
    fusion,
    in_memory_store,
    keywords,
)

Results = dict[str, list[Answer]]
"""Answers to all questions, by the name of a ranking."""

OURS = "ours"
WITH_QUOTES = "ours, with quotes"


@dataclass(frozen=True)
class Miss:
    """A question none of whose evidence stands where it should, and what stood first."""

    question: Question
    place: float
    answering: str
    first: str


def results_on_turns(all_conversations: Sequence[Conversation]) -> Results:
    """Each ranking's answers where every turn is a memory."""
    results: Results = {}
    for conversation in all_conversations:
        for name, ranker in _rankers(conversation.turns):
            answered = answers(ranker, conversation.turns, conversation.questions)
            results.setdefault(name, []).extend(answered)
    return results


def results_on_facts(all_conversations: Sequence[Conversation]) -> Results:
    """Each ranking's answers where every extracted fact is a memory, alone and with its quote."""
    results: Results = {}
    for conversation in all_conversations:
        facts = conversation.facts
        quoted = (WITH_QUOTES, Ours(facts, quotes=conversation.quotes).ranker())
        for name, ranker in (*_rankers(facts), quoted):
            answered = answers(ranker, facts, conversation.questions)
            results.setdefault(name, []).extend(answered)
    return results


def ceiling(all_conversations: Sequence[Conversation]) -> float:
    """The share of evidence that any fact holds: no ranking of facts can recall more."""
    shares = []
    for conversation in all_conversations:
        held = frozenset[str]().union(*(fact.evidence for fact in conversation.facts))
        shares += [len(q.evidence & held) / len(q.evidence) for q in conversation.questions]
    return fmean(shares)


def tokens_of(all_conversations: Sequence[Conversation]) -> dict[str, float]:
    """Mean tokens of what one query recalls by default, and of a whole history."""
    tokens = token_counter()
    recalled: list[int] = []
    whole: list[int] = []
    for conversation in all_conversations:
        ours = Ours(conversation.turns)
        found = (ours.found(question.text) for question in conversation.questions)
        recalled += (tokens("\n".join(texts)) for texts in found)
        whole.append(tokens("\n".join(turn.content for turn in conversation.turns)))
    return {"recalled": fmean(recalled), "history": fmean(whole)}


def worst_misses(all_conversations: Sequence[Conversation], most: int = 10) -> list[Miss]:
    """Single-hop questions whose answering turn is farthest down by our ranking."""
    found: list[Miss] = []
    for conversation in all_conversations:
        ranker = Ours(conversation.turns).ranker(limit=len(conversation.turns))
        asked = [q for q in conversation.questions if q.category == _SINGLE_HOP]
        found += (_miss(ranker, conversation.turns, question) for question in asked)
    return sorted(found, key=lambda miss: -miss.place)[:most]


_SINGLE_HOP = 4


def _rankers(pieces: Sequence[Piece]) -> Iterator[tuple[str, Ranker]]:
    """Every ranking that is compared, by name, over the same pieces."""
    yield "dense, plain", dense(pieces)
    yield "keywords (BM25)", keywords(pieces)
    yield "InMemoryStore", in_memory_store(pieces)
    yield "rank fusion (k = 60)", fusion(pieces)
    ours = Ours(pieces)
    yield OURS, ours.ranker()
    yield "without query weighting", Ours(pieces, embed=PlainEmbeddings()).ranker()
    for name, weights in WITHOUT.items():
        yield name, ours.ranker(weights)


def answers(
    ranker: Ranker, pieces: Sequence[Piece], questions: Sequence[Question]
) -> Iterator[Answer]:
    """What a ranking gives for each question, in order."""
    for question in questions:
        ranked = tuple(pieces[place].evidence for place in ranker(question.text)[:LIMIT])
        yield Answer(question.evidence, ranked, question.category)


def _miss(ranker: Ranker, pieces: Sequence[Piece], question: Question) -> Miss:
    """Where the first answering piece stands among all; infinity where there is none."""
    ranked = ranker(question.text)
    places = [n for n, row in enumerate(ranked, 1) if pieces[row].evidence & question.evidence]
    answering = pieces[ranked[places[0] - 1]].content if places else ""
    place = places[0] if places else float("inf")
    return Miss(question, place, answering, pieces[ranked[0]].content)
