"""`python -m tests.benchmarks`: fill each store at each size, measure, and print one table.

Sizes are in the environment: `SIZES="10x1000 100x100"`, `DIMENSIONS=256`; `FULL=1` takes all
of them, up to a million memories. `ONLY="FaissStore limits"` leaves the others out. Each store
runs in a process of its own and is opened again in another, so that memory is its own and a cold
search is cold. No process reaches the network.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.benchmarks.contestants import CONTESTANTS, Contestant
from tests.benchmarks.limits import NAME as LIMITS
from tests.benchmarks.limits import limits
from tests.benchmarks.measures import Figures, measured, measured_again
from tests.benchmarks.network import reached, refuse_network
from tests.benchmarks.table import plot, ratios, save, table
from tests.benchmarks.workload import Size

_SIZES = "10x1000 100x100 1000x100"
_FULL_SIZES = "10x1000 10x100 100x100 200x100 1000x100 10000x100 1x100000 1x1000000"
_MOST_WIDE_ROWS = 100_000
_LONGEST_SECONDS = 3_600
# Single queries are no faster with more, and wait for the slowest where others work as well.
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def main() -> None:
    """Measure everything, or one store where the command line names one."""
    options = _options()
    if options.one:
        _say(json.dumps(_one(options)))
        return
    found = []
    for figures in _all():
        found.append(figures)
        _say(f"{figures.users} x {figures.memories}: {figures.store} {figures.note}")
        if options.json:  # at once, since a long run may be cut short
            save(found, options.json)
    _say(f"\n{table(found)}\n\n{ratios(found)}\n")
    for contestant in _contestants():
        if contestant.remark:
            _say(f"{contestant.name}: {contestant.remark}.")
    if options.plot:
        plot(found, options.plot)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("--json", type=Path, help="where to write the figures as JSON")
    parser.add_argument("--plot", type=Path, help="where to draw search time against memories")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--size", help=argparse.SUPPRESS)
    parser.add_argument("--dimensions", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--again", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _sizes() -> Iterator[Size]:
    full = bool(os.environ.get("FULL"))
    names = os.environ.get("SIZES") or (_FULL_SIZES if full else _SIZES)
    widths = os.environ.get("DIMENSIONS") or ("256 1536" if full else "256")
    for width in map(int, widths.split()):
        for name in names.split():
            size = Size.of(name, width)
            if width <= 256 or size.total <= _MOST_WIDE_ROWS:
                yield size


def _contestants() -> list[Contestant]:
    """Those who take part, all unless `ONLY` names some."""
    only = os.environ.get("ONLY", "")
    return [one for one in CONTESTANTS if not only or one.name.split()[0] in only.split()]


def _all() -> Iterator[Figures]:
    for size in _sizes():
        yield _limits(size)
        for contestant in _contestants():
            note = _why_not(contestant, size)
            blank = _blank(contestant.name, size)
            yield replace(blank, note=note) if note else _figures(contestant, blank, size)


def _why_not(contestant: Contestant, size: Size) -> str | None:
    """Why a store takes no part at a size; None if it does."""
    if contestant.missing:
        return f"skipped: {contestant.missing}"
    return "skipped: too many rows" if size.total > contestant.most_rows else None


def _limits(size: Size) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        return _with(_blank(LIMITS, size), _apart(LIMITS, size, folder))


def _figures(contestant: Contestant, blank: Figures, size: Size) -> Figures:
    """The figures of a store at a size, filled in one process and opened again in the next."""
    with tempfile.TemporaryDirectory() as folder:
        filled = _with(blank, _apart(contestant.name, size, folder))
        if filled.note or not contestant.durable:
            return filled
        return _with(filled, _apart(contestant.name, size, folder, "--again"))


def _apart(name: str, size: Size, folder: str, *more: str) -> dict[str, float | None] | str:
    """What a process of its own measured, or why it did not."""
    asked = [name, "--size", f"{size.users}x{size.memories}", "--dimensions", str(size.dimensions)]
    command = [sys.executable, "-m", "tests.benchmarks", "--one", *asked, "--folder", folder, *more]
    try:
        done = subprocess.run(  # noqa: S603 - ourselves
            command,
            check=False,
            capture_output=True,
            text=True,
            timeout=_LONGEST_SECONDS,
            env=os.environ | _ONE_THREAD,
        )
    except subprocess.TimeoutExpired:
        return "failed: took more than an hour"
    if done.returncode:
        return f"failed: {_reason(done.stderr)[:100]}"
    found: dict[str, float | None] = json.loads(done.stdout.splitlines()[-1])
    return found


def _reason(traceback: str) -> str:
    """The line of a traceback that names the error; some errors say more below it."""
    lines = traceback.strip().splitlines() or ["no message"]
    return next((line for line in reversed(lines) if re.match(r"[\w.]+Error\b", line)), lines[-1])


def _with(figures: Figures, found: dict[str, float | None] | str) -> Figures:
    """Figures with others added, or with a note of why there are none."""
    return replace(figures, note=found) if isinstance(found, str) else replace(figures, **found)  # type: ignore[arg-type] # its keys are those of numbers


def _one(options: argparse.Namespace) -> dict[str, float | None]:
    """What one process measures of one store."""
    refuse_network()
    size = Size.of(options.size, options.dimensions)
    if options.one == LIMITS:
        return limits(size, options.folder)
    (contestant,) = (one for one in CONTESTANTS if one.name == options.one)
    found = (measured_again if options.again else measured)(contestant, size, options.folder)
    if reached:
        sys.exit(f"it wanted to reach {sorted(set(reached))}")
    return found


def _blank(name: str, size: Size) -> Figures:
    return Figures(name, size.users, size.memories, size.dimensions)


if __name__ == "__main__":
    main()
