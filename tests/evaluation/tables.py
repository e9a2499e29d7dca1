"""Results as tables of plain text."""

from collections.abc import Mapping, Sequence

from .figures import by_category, figures_of
from .locomo import CATEGORIES
from .measuring import Miss, Results

_WIDTH = 26


def table(rows: Mapping[str, Mapping[str, float]]) -> str:
    """One line a row under the names of the columns; shares with three digits."""
    columns = list(next(iter(rows.values())))
    head = " " * _WIDTH + "".join(f"{column:>13}" for column in columns)
    lines = [
        f"{name:<{_WIDTH}}" + "".join(f"{row[column]:>13.3f}" for column in columns)
        for name, row in rows.items()
    ]
    return "\n".join([head, *lines])


def overall(results: Results) -> dict[str, dict[str, float]]:
    """Every ranking's figures over all questions."""
    return {name: figures_of(answers) for name, answers in results.items()}


def recall_by_category(results: Results) -> dict[str, dict[str, float]]:
    """Every ranking's recall@10 on each kind of question."""
    return {
        name: {
            CATEGORIES[category]: figures_of(answers)["recall@10"]
            for category, answers in by_category(parted).items()
        }
        for name, parted in results.items()
    }


def misses(found: Sequence[Miss]) -> str:
    """Questions whose answer stands far down: the question, the answer, and what came first."""
    return "\n".join(
        f"{miss.place:>5.0f}  {miss.question.text}\n       answer: {miss.answering}"
        f"\n       first:  {miss.first}"
        for miss in found
    )
