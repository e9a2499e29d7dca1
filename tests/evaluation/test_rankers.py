"""The rankings that are compared, on a handful of pieces."""

from datetime import UTC, datetime

import pytest

from . import rankers
from .figures import Answer
from .leave_one_out import best_of, held_out
from .locomo import Conversation, Piece, Question
from .measuring import OURS, WITH_QUOTES, ceiling, results_on_facts, results_on_turns

QUESTION = "Where does the beagle sleep?"
TEXTS = ("The beagle sleeps in the kitchen.", "Tom cycles to work.", "Ruth taught chemistry.")
PIECES = tuple(
    Piece(text, datetime(2025, 1, 1, tzinfo=UTC), "session 1", frozenset({f"D1:{n}"}))
    for n, text in enumerate(TEXTS, start=1)
)
CONVERSATION = Conversation("7", PIECES, PIECES[:2], (Question(QUESTION, 4, PIECES[0].evidence),))


def test_plain_vectors_rank_as_langgraph_does() -> None:
    """The cosine of numpy and LangGraph's own store agree on the whole order."""
    asked = [QUESTION, "Who rides a bicycle?", "school"]
    ours = [list(rankers.dense(PIECES)(text)) for text in asked]
    assert ours == [list(rankers.in_memory_store(PIECES)(text)) for text in asked]


def test_keywords_rank_only_what_shares_a_word() -> None:
    """A piece without any word of the question is not ranked."""
    assert rankers.keywords(PIECES)("Did Ruth teach Tom chemistry?") == [2, 1]


def test_ours_ranks_every_piece_by_its_place() -> None:
    """Without a floor all three come, the answering one first; with it that one alone."""
    ours = rankers.Ours(PIECES)
    ranked = ours.ranker()(QUESTION)
    assert (ranked[0], sorted(ranked)) == (0, [0, 1, 2])
    assert ours.found(QUESTION) == [TEXTS[0]]


@pytest.mark.parametrize("name", rankers.WITHOUT)
def test_a_signal_can_be_taken_away(name: str) -> None:
    """Each ablation is a ranking of its own over the same store."""
    ranked = rankers.Ours(PIECES).ranker(rankers.WITHOUT[name])(QUESTION)
    assert ranked[0] == 0


def test_a_quote_is_a_second_key() -> None:
    """A memory is found by words that only the turn it comes from has."""
    quotes = {"D1:2": "Tom said: I take the penny-farthing"}
    asked = "penny-farthing"
    assert rankers.Ours(PIECES, quotes=quotes).found(asked) == [TEXTS[1]]
    assert rankers.Ours(PIECES).found(asked) == []


def test_every_ranking_answers_every_question() -> None:
    """Results name each ranking once; facts are ranked with their quotes as well."""
    turns, facts = results_on_turns([CONVERSATION]), results_on_facts([CONVERSATION])
    assert {OURS, "InMemoryStore", *rankers.WITHOUT} < turns.keys()
    assert facts.keys() - turns.keys() == {WITH_QUOTES}
    assert {len(answers) for answers in (*turns.values(), *facts.values())} == {1}
    assert turns[OURS][0].reciprocal_rank == ceiling([CONVERSATION]) == 1.0


def test_weights_are_chosen_on_the_other_conversations() -> None:
    """A conversation is measured with what is best on the rest, whatever is best on itself."""
    hit, miss = answer_of("D1:1"), answer_of("D1:2")
    assert best_of([[[miss], [hit]], [[hit], [hit]]]) == 1
    assert best_of([[[hit], [hit]]]) == 0
    figures = held_out([CONVERSATION, CONVERSATION])
    assert [figures[kind]["recall@10"] for kind in figures] == [1.0, 1.0, 1.0]


def answer_of(turn: str) -> Answer:
    """The answer that ranks one turn first, where the first is wanted."""
    return Answer(frozenset({"D1:1"}), (frozenset({turn}),))


def test_without_data_the_labelled_set_alone_is_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command says what is missing, and ends well."""
    pytest.importorskip("matplotlib")
    from .__main__ import main

    monkeypatch.delenv("USERMEM_DATA", raising=False)
    main()
    last = capsys.readouterr().out.rstrip().splitlines()[-1]
    assert last == "LoCoMo is not measured: set USERMEM_DATA to a folder that has locomo/*.json."
