"""The command `worker`."""

import math
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from langchain_usermem.cli.choices import choices_of
from langchain_usermem.cli.consoles import console, plain, print_error
from langchain_usermem.cli.wording import counts_of
from langchain_usermem.errors import StoreError
from langchain_usermem.report import AddReport
from langchain_usermem.times import utc_now

if TYPE_CHECKING:
    from langchain_usermem.user_memory import UserMemory

_NAP_SECONDS = 0.2
"""How long an idle worker takes to notice that it is to end."""


def worker(
    context: typer.Context,
    *,
    once: Annotated[
        bool, typer.Option("--once", help="Try all that waits once, and end: 1 if some is left.")
    ] = False,
) -> None:
    """Extract turns that wait in the inbox, until interrupted; the run in hand is finished."""
    choices = choices_of(context)
    with choices.open_or_make_memory(choices.open_model(), worker=False) as memory:
        if once:
            _flush(memory)
        else:
            with ending() as end:
                _work(memory, end)


class End:
    """Whether a signal has asked this process to end."""

    # A flag: an Event's lock may be held by the very code that a signal interrupts.
    asked = False

    def is_asked(self) -> bool:
        """Whether it has."""
        return self.asked


@contextmanager
def ending() -> Iterator[End]:
    """Turns the first SIGINT or SIGTERM into a wish to end; a second one ends at once."""
    end = End()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def ask(*_: object) -> None:
        end.asked = True
        restore()

    for number in before:
        signal.signal(number, ask)
    try:
        yield end
    finally:
        restore()


def _flush(memory: "UserMemory") -> None:
    waiting = _keys(memory)
    report = memory.flush(timeout=math.inf)
    _tell(report, done=len(waiting.difference(report.waiting)))
    if report.waiting:
        raise typer.Exit(1)


def _work(memory: "UserMemory", end: End) -> None:
    """Work off the inbox again and again, until the end is asked for."""
    from langchain_usermem.worker import poll_seconds  # noqa: PLC0415 - slow to import

    pause = poll_seconds(memory.settings.quiet_seconds)
    console().print("working; Ctrl-C ends")
    while not end.asked:
        try:
            _work_off(memory, end)
        except StoreError as error:  # such as a full disk: what waits is safe, and may go on later
            print_error(str(error))
        _rest(pause, end)


def _work_off(memory: "UserMemory", end: End) -> None:
    if waiting := _keys(memory):
        report = memory.work_off(until=end.is_asked)
        _tell(report, done=len(waiting - _keys(memory)))


def _keys(memory: "UserMemory") -> set[str]:
    return {turn.key for turn in memory.inbox()}


def _rest(seconds: float, end: End) -> None:
    """Sleep, but not past the end."""
    until = time.monotonic() + seconds
    while not end.asked and (left := until - time.monotonic()) > 0:
        time.sleep(min(left, _NAP_SECONDS))


def _tell(report: AddReport, *, done: int) -> None:
    """One line: how many turns left the inbox and what was made of them; none where none did.

    A turn that came while others were worked off, and went with them, is not counted.
    """
    counts = ", ".join(counts_of(report))
    if done or counts:
        turns = {0: "", 1: "1 turn: "}.get(done, f"{done} turns: ")
        line = f"{utc_now():%Y-%m-%d %H:%M:%S} {turns}{counts or 'nothing to remember'}"
        console().print(plain(line), soft_wrap=True)
