"""Measure recall, print the tables, and write `docs/recall.json` and the pictures beside it.

python -m tests.evaluation

The labelled set is always measured; public conversations where `USERMEM_DATA` says they are.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from langchain_usermem import MemorySettings, RankingWeights, UserMemory

from . import labelled, tables
from .charts import ablation_chart, recall_chart
from .figures import recall_curve
from .leave_one_out import held_out
from .locomo import Conversation, conversations
from .measuring import (
    OURS,
    Results,
    ceiling,
    results_on_facts,
    results_on_turns,
    tokens_of,
    worst_misses,
)

SETS = {
    "Labelled queries that words and weights were chosen on": labelled.TUNED,
    "Labelled queries of other lives, of which half was looked at": labelled.HELD_OUT,
    "Labelled queries that nothing was chosen on": labelled.UNTOUCHED,
    "Labelled queries of lives that nobody looked at": labelled.BLIND,
}
WITHOUT = {
    "as shipped": {},
    "without similarity": {"similarity": 0.0},
    "without keywords": {"keywords": 0.0},
    "without context": {"neighbours": 0.0, "session": 0.0},
    "without another's": {"another": 1.0},
    "without unmentioned": {"unmentioned": 1.0},
    "without aside": {"aside": 1.0},
    "without forms": {"forms": 0.0},
    "without category": {"category": 0.0},
    "without importance": {"importance": 0.0},
}
SHORT = {
    "first": "answer first",
    "and alone": "answer first, at most two others",
    "missing": "answer missing",
    "nothing": "nothing recalled for nothing",
    "others": "others a query",
}
DOCS = Path(__file__).parents[2] / "docs"
COMPARED = ("InMemoryStore", "keywords (BM25)", "rank fusion (k = 60)", OURS)
"""Rankings drawn as curves."""


def main() -> None:
    """Measure all there is data for."""
    _measure_precision()
    found = conversations()
    if found:
        _measure_conversations(found)
    else:
        _say("LoCoMo is not measured: set USERMEM_DATA to a folder that has locomo/*.json.")


def _measure_precision() -> None:
    for title, folder in SETS.items():
        with UserMemory(":memory:") as memory:
            outcomes = labelled.outcomes(memory, folder)
        _say_outcomes(title, outcomes)
        with UserMemory(":memory:") as memory:
            _say_outcomes("The same, tagged", labelled.outcomes(memory, folder, tagged=True))
        if folder != labelled.BLIND:
            _say_wrong(outcomes)
        without = {name: _labelled_without(weights, folder) for name, weights in WITHOUT.items()}
        _say("The same without one signal", tables.table(without))


def _labelled_without(weights: Mapping[str, float], folder: Path) -> dict[str, float]:
    settings = MemorySettings(weights=RankingWeights(**weights))
    with UserMemory(":memory:", settings=settings) as memory:
        figures = labelled.figures_of(labelled.outcomes(memory, folder))
    return {short: figures[name] for short, name in SHORT.items()}


def _say_outcomes(title: str, outcomes: Sequence[labelled.Outcome]) -> None:
    _say(f"{title} ({len(outcomes)}), with the floor as shipped")
    _say(*(f"{name:<36}{value:.3f}" for name, value in labelled.figures_of(outcomes).items()))


def _say_wrong(outcomes: Sequence[labelled.Outcome]) -> None:
    wrong = [outcome for outcome in outcomes if not outcome.is_right]
    _say("What went wrong", *map(labelled.explained, wrong))


def _measure_conversations(found: Sequence[Conversation]) -> None:
    turns, facts = results_on_turns(found), results_on_facts(found)
    most, tokens = ceiling(found), tokens_of(found)
    _say(f"Turns as memories ({len(turns[OURS])} questions)", *_both_tables(turns))
    _say(f"Facts as memories (ceiling {most:.3f})", *_both_tables(facts))
    without_one = held_out(found)
    _say("Weights chosen on the other conversations", tables.table(without_one))
    _say("Tokens: {recalled:.0f} a query, {history:.0f} for all turns".format(**tokens))
    _say("Single-hop answers farthest down", tables.misses(worst_misses(found)))
    written = {"turns": tables.overall(turns), "facts": tables.overall(facts), "tokens": tokens}
    _draw(turns)
    written |= {"facts_ceiling": most, "leave_one_out": without_one}
    content = json.dumps(written, indent=1)
    (DOCS / "recall.json").write_text(content + "\n", encoding="utf-8")


def _both_tables(results: Results) -> tuple[str, str, str]:
    by_category = tables.table(tables.recall_by_category(results))
    return tables.table(tables.overall(results)), "recall@10 by category", by_category


def _draw(turns: Results) -> None:
    recall = {name: figures["recall@10"] for name, figures in tables.overall(turns).items()}
    ablation_chart(recall, DOCS / "recall_ablation.png", ours=OURS)
    curves = {name: recall_curve(turns[name]) for name in COMPARED}
    recall_chart(curves, DOCS / "recall_at_k.png", ours=OURS)


def _say(*lines: str) -> None:
    """Print a paragraph."""
    sys.stdout.write("\n".join(lines) + "\n\n")


if __name__ == "__main__":
    main()
