"""The figures as a table, a JSON file and a plot."""

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from itertools import groupby
from pathlib import Path

from tests.benchmarks.measures import Figures
from tests.benchmarks.workload import Size

_COLUMNS: tuple[tuple[str, Callable[[Figures], float | None], str], ...] = (
    ("hot p50 ms", lambda it: it.hot_p50, ".3f"),
    ("p95", lambda it: it.hot_p95, ".3f"),
    ("cold p50 ms", lambda it: it.cold_p50, ".2f"),
    ("p95", lambda it: it.cold_p95, ".2f"),
    ("put p50 ms", lambda it: it.put_p50, ".2f"),
    ("64 writers/s", lambda it: it.puts_a_second, ",.0f"),
    ("bulk rows/s", lambda it: it.bulk_rows_a_second, ",.0f"),
    ("MB", lambda it: it.resident_mb, ",.0f"),
    ("found@10", lambda it: it.found_share, ".2f"),
    ("recall@10", lambda it: it.recall, ".2f"),
)

# Only how many users there are differs along a line.
_MEMORIES_OF_A_USER = 100
_TITLE = f"One user of {_MEMORIES_OF_A_USER} memories among more and more"


def table(all_figures: Sequence[Figures]) -> str:
    """The figures as a Markdown table; a dash where there is nothing to measure."""
    head = ["users x memories", "store", *(name for name, _, _ in _COLUMNS)]
    lines = [_line(head), _line(["---"] * len(head))]
    lines.extend(_line(_cells(figures)) for figures in all_figures)
    return "\n".join(lines)


def ratios(all_figures: Sequence[Figures]) -> str:
    """What a search and a row take beside the first line of each size, which is the limit."""
    lines = []
    for size, own in groupby(all_figures, key=_size):
        limit, *others = own
        lines += [f"{size}: {store}" for store in map(partial(_ratio, limit), others) if store]
    return "\n".join(lines)


def save(all_figures: Sequence[Figures], path: Path) -> None:
    """Write the figures as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(figures) for figures in all_figures], indent=2) + "\n")


def plot(all_figures: Sequence[Figures], path: Path) -> None:
    """Draw the time of a hot search against all memories in the store, for each store."""
    import matplotlib.pyplot as plt

    points: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for figures in all_figures:
        if figures.hot_p50 is not None and figures.memories == _MEMORIES_OF_A_USER:
            points[figures.store].append((figures.users * figures.memories, figures.hot_p50))
    figure, axes = plt.subplots(figsize=(7, 4))
    for name, own in points.items():
        axes.plot(*zip(*sorted(own), strict=True), marker="o", label=name)
    axes.set(xscale="log", yscale="log", xlabel="memories of all users in the store")
    axes.set(ylabel="search for one user, median (ms)", title=_TITLE)
    axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1.0), frameon=False)
    axes.grid(visible=True, which="both", alpha=0.3)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=144, bbox_inches="tight")


def _size(figures: Figures) -> Size:
    return Size(figures.users, figures.memories, figures.dimensions)


def _ratio(limit: Figures, figures: Figures) -> str:
    """A store's hot search and its bulk rows beside the limit's; empty where there are none."""
    if not (limit.hot_p50 and figures.hot_p50 and limit.bulk_rows_a_second):
        return ""
    slower = figures.hot_p50 / limit.hot_p50
    rows = (figures.bulk_rows_a_second or 0.0) / limit.bulk_rows_a_second
    return f"{figures.store}: hot search {slower:,.1f}x the limit, bulk rows {rows:.3f}x"


def _cells(figures: Figures) -> list[str]:
    size = str(_size(figures))
    if figures.note:
        return [size, figures.store, figures.note, *[""] * (len(_COLUMNS) - 1)]
    shown = [_shown(value(figures), form) for _, value, form in _COLUMNS]
    return [size, figures.store, *shown]


def _shown(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
