"""The pictures of the README and of `docs/MEASURED.md`."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, OURS, OTHERS = "#24292f", "#0969da", "#b4bcc6"
SIZE = (8.0, 3.8)
DOTS_PER_INCH = 150


def ablation_chart(recall: Mapping[str, float], file: Path, *, ours: str) -> None:
    """Write a bar for the recall@10 of each ranking, the highest on top, ours in colour."""
    rows = sorted(recall.items(), key=lambda row: row[1])
    figure, axes = _empty("Evidence recall@10 on LoCoMo, signal by signal")
    colours = [OURS if name == ours else OTHERS for name, _ in rows]
    bars = axes.barh([name for name, _ in rows], [value for _, value in rows], color=colours)
    axes.bar_label(bars, fmt="%.3f", padding=4, color=INK)
    axes.set_xlim(0, 1)
    axes.tick_params(left=False, bottom=False, labelbottom=False)
    axes.spines["bottom"].set_visible(False)
    _write(figure, file)


def recall_chart(curves: Mapping[str, Sequence[float]], file: Path, *, ours: str) -> None:
    """Write recall@k against k, a labelled line for each ranking, ours in colour."""
    figure, axes = _empty("Evidence recall on LoCoMo by the number of memories recalled")
    for name, curve in curves.items():
        colour, width = (OURS, 2.6) if name == ours else ("#8c959f", 1.6)
        places = range(1, len(curve) + 1)
        axes.plot(places, curve, color=colour, linewidth=width)
        axes.annotate(
            name, (len(curve), curve[-1]), (6, 0), textcoords="offset points", va="center"
        )
    axes.set(xlabel="memories recalled (k)", xticks=[1, 5, 10, 15, 20], xlim=(1, 20), ylim=(0, 1))
    axes.grid(axis="y", color="#eaeef2")
    _write(figure, file)


def _empty(title: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=SIZE, layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title, loc="left", color=INK, fontsize=12)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(colors=INK)
    return figure, axes


def _write(figure: Figure, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=DOTS_PER_INCH, metadata={"Software": None})
