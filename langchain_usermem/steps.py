"""Work that waits for a store or a model, written once for sync and async callers.

A function of this package that needs the outside world is a generator of effects. It says
what it waits for (`found = yield from effect`), and `run` or `arun` carries that out. So all
deciding stands in one place, and the two ways of waiting in another.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from functools import wraps
from inspect import signature
from typing import Any, Generic, ParamSpec, TypeVar, get_args

from langgraph.store.base import BaseStore, Op

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Effect(Generic[T]):
    """One thing to wait for, by a blocking call or by awaiting."""

    call: Callable[[], T]
    acall: Callable[[], Awaitable[T]]

    def __iter__(self) -> Generator["Effect[Any]", Any, T]:
        """The outcome, waited for by whoever carries the steps out."""
        outcome: T = yield self
        return outcome


Steps = Generator[Effect[Any], Any, T]
"""Work in steps that ends with a value of type T."""


def run(steps: Steps[T]) -> T:
    """Carry out steps with blocking calls; what fails is raised inside the step that asked."""
    # An interrupt is not handed on: it closes the steps, and with them what they hold open.
    with closing(steps):
        progress = _Progress(steps)
        while (effect := progress.next_effect()) is not None:
            try:
                progress.outcome = effect.call()
            except Exception as error:  # noqa: BLE001 - handed on to the step that asked
                progress.error = error
        return progress.result


async def arun(steps: Steps[T]) -> T:
    """Carry out steps by awaiting; what fails is raised inside the step that asked.

    Being cancelled closes the steps, and with them what they hold open.
    """
    with closing(steps):
        progress = _Progress(steps)
        while (effect := progress.next_effect()) is not None:
            try:
                progress.outcome = await effect.acall()
            except Exception as error:  # noqa: BLE001 - handed on to the step that asked
                progress.error = error
        return progress.result


class _Progress(Generic[T]):
    """How far steps have come: what the last effect gave, and in the end their result."""

    result: T

    def __init__(self, steps: Steps[T]) -> None:
        self._steps = steps
        self.outcome: object = None
        self.error: Exception | None = None

    def next_effect(self) -> Effect[Any] | None:
        """The next thing to wait for, or None once the result is there."""
        error, self.error = self.error, None
        try:
            return self._steps.send(self.outcome) if error is None else self._steps.throw(error)
        except StopIteration as end:
            self.result = end.value
            return None


def blocking(steps: Callable[P, Steps[T]]) -> Callable[P, T]:
    """A function of steps as one that blocks until they are done."""

    @wraps(steps)
    def door(*args: P.args, **kwargs: P.kwargs) -> T:
        return run(steps(*args, **kwargs))

    return _public(door, steps, prefix="")


def awaiting(steps: Callable[P, Steps[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """A function of steps as a coroutine function, named with an `a` before it."""

    @wraps(steps)
    async def door(*args: P.args, **kwargs: P.kwargs) -> T:
        return await arun(steps(*args, **kwargs))

    return _public(door, steps, prefix="a")


def batch(store: BaseStore, ops: Iterable[Op]) -> Effect[list[Any]]:
    """The results of a store's ops, in order. No ops touch no store."""
    listed = list(ops)
    if not listed:
        return Effect(call=list, acall=_nothing)
    return Effect(call=lambda: store.batch(listed), acall=lambda: store.abatch(listed))


def pause(seconds: float) -> Effect[None]:
    """Wait for some time."""
    return Effect(call=lambda: time.sleep(seconds), acall=lambda: asyncio.sleep(seconds))


def _public(door: Callable[P, T], steps: Callable[P, Any], *, prefix: str) -> Callable[P, T]:
    """A door under its public name, with the type that it returns in its signature."""
    door.__name__ = prefix + steps.__name__.removesuffix("_steps")
    door.__qualname__ = steps.__qualname__.replace(steps.__name__, door.__name__)
    declared = signature(steps)
    *_, returned = get_args(declared.return_annotation) or (Any,)
    door.__signature__ = declared.replace(return_annotation=returned)  # type: ignore[attr-defined]
    return door


async def _nothing() -> list[Any]:
    return []
