"""`python -m tests.benchmarks`: fill each store at each size, measure, and print one table.

Sizes are in the environment: `SIZES="10x1000 100x100"`, `DIMENSIONS=256`; `FULL=1` takes all
of them, up to a million memories. Each store runs in a process of its own, so that memory is
its own and a cold search is cold.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from tests.benchmarks.contestants import CONTESTANTS, Contestant
from tests.benchmarks.limits import limits
from tests.benchmarks.measures import Figures, measured
from tests.benchmarks.table import plot, save, table
from tests.benchmarks.workload import Size

_SIZES = "10x1000 100x100 1000x100"
_FULL_SIZES = f"{_SIZES} 10000x100 1x100000 1x1000000"
_MOST_WIDE_ROWS = 100_000
_LIMITS = "limits"


def main() -> None:
    """Measure everything, or one store where the command line names one."""
    options = _options()
    if options.one:
        _say(json.dumps(asdict(_one(options.one, Size.of(options.size, options.dimensions)))))
        return
    found = []
    for figures in _all():
        found.append(figures)
        _say(f"{figures.users} x {figures.memories}: {figures.store} {figures.note}")
    _say(f"\n{table(found)}")
    if options.json:
        save(found, options.json)
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


def _all() -> Iterator[Figures]:
    for size in _sizes():
        yield _apart(_LIMITS, size)
        for contestant in CONTESTANTS:
            note = _why_not(contestant, size)
            yield _blank(contestant.name, size, note) if note else _apart(contestant.name, size)


def _why_not(contestant: Contestant, size: Size) -> str | None:
    """Why a store takes no part at a size; None if it does."""
    if contestant.missing:
        return f"skipped: {contestant.missing}"
    return "skipped: too many rows" if size.total > contestant.most_rows else None


def _apart(name: str, size: Size) -> Figures:
    """The figures of a store, measured in a process of its own."""
    asked = [name, "--size", f"{size.users}x{size.memories}", "--dimensions", str(size.dimensions)]
    command = [sys.executable, "-m", "tests.benchmarks", "--one", *asked]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - ourselves
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
        return _blank(name, size, f"failed: {reason[:80]}")
    return Figures(**json.loads(done.stdout))


def _one(name: str, size: Size) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        if name == _LIMITS:
            return limits(size, Path(folder))
        (contestant,) = (one for one in CONTESTANTS if one.name == name)
        return measured(contestant, size, Path(folder))


def _blank(name: str, size: Size, note: str) -> Figures:
    return Figures(name, size.users, size.memories, size.dimensions, note=note)


if __name__ == "__main__":
    main()
