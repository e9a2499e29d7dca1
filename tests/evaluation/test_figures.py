"""The figures that rankings are compared by, on rankings made by hand."""

import json
from pathlib import Path

import pytest

from .figures import Answer, by_category, figures_of, recall_curve, reciprocal_rank_fusion
from .locomo import conversations

CONVERSATION = {
    "session_1_date_time": "1:56 pm on 8 May, 2023",
    "session_1": [
        {"speaker": "Ada", "dia_id": "D1:1", "text": "Look!", "blip_caption": "a red kite"},
        {"speaker": "Bo", "dia_id": "D1:2", "text": "Nice."},
    ],
    "session_1_observation": {
        "Ada": [["Ada has a kite.", "D1:1"], ["Both met.", ["D1:1", "D1:2"]]]
    },
    "session_2_date_time": "9:00 am on 9 May, 2023",
    "qa": [
        {"question": "What does Ada have?", "category": 4, "evidence": ["D1:1; D:1:02"]},
        {"question": "What does Bo fly?", "category": 5, "evidence": ["D1:1"]},
        {"question": "When?", "category": 2, "evidence": ["D"]},
    ],
}


def answer(wanted: str, *ranked: str, category: int = 1) -> Answer:
    """An answer whose turns are single letters."""
    return Answer(frozenset(wanted), tuple(map(frozenset, ranked)), category)


def test_recall_is_the_share_of_evidence_found() -> None:
    """One of two turns among the first five is a half, and what is found twice counts once."""
    found = answer("ab", "x", "a", "a", "ax", "y", "b")
    assert [found.recall_at(k) for k in (1, 5, 6)] == [0.0, 0.5, 1.0]
    assert recall_curve([found], longest=6) == [0.0, 0.5, 0.5, 0.5, 0.5, 1.0]


def test_reciprocal_rank_is_that_of_the_first_hit() -> None:
    """The second place gives a half, none gives nothing."""
    assert answer("a", "x", "a", "a").reciprocal_rank == 0.5
    assert answer("a", "x").reciprocal_rank == 0.0


def test_figures_are_means_over_questions() -> None:
    """A question answered at once and one never answered give a half everywhere."""
    figures = figures_of([answer("a", "a"), answer("a", "x")])
    assert figures == dict.fromkeys(("recall@5", "recall@10", "recall@20", "hit@10", "MRR"), 0.5)


def test_categories_are_parted_in_order() -> None:
    """Each category has its own answers."""
    answers = [answer("a", category=4), answer("b", category=1), answer("c", category=4)]
    assert by_category(answers) == {1: [answers[1]], 4: [answers[0], answers[2]]}


def test_rank_fusion_sums_reciprocal_places() -> None:
    """A row second in both rankings stands before one that is first in one of them."""
    assert reciprocal_rank_fusion([[7, 3], [5, 3]]) == [3, 5, 7]


def test_a_conversation_is_read_as_turns_facts_and_questions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only questions with an answer and readable evidence are asked; ids are split and mended."""
    (tmp_path / "locomo").mkdir()
    (tmp_path / "locomo" / "7.json").write_text(json.dumps(CONVERSATION), encoding="utf-8")
    monkeypatch.setenv("USERMEM_DATA", str(tmp_path))
    (conversation,) = conversations()
    texts = [turn.content for turn in conversation.turns]
    assert texts == ["08 May 2023, Ada: Look! [shares a red kite]", "08 May 2023, Bo: Nice."]
    both = frozenset({"D1:1", "D1:2"})
    assert [fact.evidence for fact in conversation.facts] == [frozenset({"D1:1"}), both]
    assert [(asked.category, asked.evidence) for asked in conversation.questions] == [(4, both)]


def test_without_data_there_are_no_conversations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where USERMEM_DATA is unset, nothing is read, whatever lies in the working folder."""
    monkeypatch.delenv("USERMEM_DATA", raising=False)
    assert conversations() == []
