"""Steps give the same outcome whether they are blocked on or awaited."""

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn, TypeVar

import pytest
from langgraph.store.base import GetOp, PutOp
from langgraph.store.memory import InMemoryStore

from langchain_usermem.steps import Effect, Steps, arun, awaiting, batch, blocking, run

T = TypeVar("T")
Runner = Callable[[Steps[Any]], Any]


def arun_to_end(steps: Steps[Any]) -> Any:
    """Carry out steps in an event loop of their own."""
    return asyncio.run(arun(steps))


both = pytest.mark.parametrize("carry_out", [run, arun_to_end], ids=["sync", "async"])


def gives(value: T) -> Effect[T]:
    """An effect with this outcome."""

    async def later() -> T:
        await asyncio.sleep(0)
        return value

    return Effect(call=lambda: value, acall=later)


def fails(error: BaseException) -> Effect[Any]:
    """An effect that raises this."""

    def now() -> NoReturn:
        raise error

    async def later() -> NoReturn:
        raise error

    return Effect(call=now, acall=later)


@both
def test_outcomes_come_back_in_order(carry_out: Runner) -> None:
    """Each effect's outcome is the value of its `yield from`."""

    def steps() -> Steps[list[object]]:
        return [(yield from gives(1)), (yield from gives("")), (yield from gives(3))]

    assert carry_out(steps()) == [1, "", 3]


@both
def test_steps_within_steps(carry_out: Runner) -> None:
    """Work in steps may be part of other work."""

    def inner(n: int) -> Steps[int]:
        return n + (yield from gives(n))

    def outer() -> Steps[int]:
        return (yield from inner(1)) * (yield from inner(2))

    assert carry_out(outer()) == 8


@both
def test_steps_without_effects(carry_out: Runner) -> None:
    """Nothing to wait for is no reason to fail."""

    def steps() -> Steps[str]:
        yield from ()
        return "done"

    assert carry_out(steps()) == "done"


@both
def test_failure_is_raised_in_the_step_that_asked(carry_out: Runner) -> None:
    """Steps can catch what their effect raised, and go on."""

    def steps() -> Steps[object]:
        try:
            yield from fails(ValueError("no"))
        except ValueError as error:
            return (yield from gives(f"caught {error}"))
        return None

    assert carry_out(steps()) == "caught no"


@both
def test_failure_that_nobody_catches_reaches_the_caller(carry_out: Runner) -> None:
    """The very exception comes out, and the steps have ended."""
    error, ended = LookupError("gone"), []

    def steps() -> Steps[None]:
        try:
            yield from fails(error)
        finally:
            ended.append(True)

    with pytest.raises(LookupError) as caught:
        carry_out(steps())
    assert caught.value is error
    assert ended == [True]


@both
def test_effect_that_raises_stop_iteration_does_not_end_the_steps(carry_out: Runner) -> None:
    """It is an error as in any generator, never taken for a result."""

    def steps() -> Steps[str]:
        yield from fails(StopIteration("not the result"))
        return "done"

    with pytest.raises(RuntimeError):
        carry_out(steps())


@both
@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_interrupt_closes_the_steps_before_it_goes_on(
    carry_out: Runner, interrupt: type[BaseException]
) -> None:
    """What steps hold open is let go at once, and they cannot swallow the interrupt."""
    log: list[str] = []

    def steps() -> Steps[None]:
        try:
            yield from fails(interrupt())
        except Exception:  # noqa: BLE001 - shows that an interrupt is none
            log.append("swallowed")
        finally:
            log.append("closed")

    with pytest.raises(interrupt) as caught:
        carry_out(steps())
    assert log == ["closed"]
    assert caught.value.__traceback__ is not None


async def test_cancelling_closes_the_steps() -> None:
    """A cancelled task has closed its steps when it ends."""
    begun, log = asyncio.Event(), []

    async def forever() -> None:
        begun.set()
        await asyncio.Event().wait()

    def steps() -> Steps[None]:
        try:
            yield from Effect(call=lambda: None, acall=forever)
        finally:
            log.append("closed")

    task = asyncio.create_task(arun(steps()))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert log == ["closed"]


async def test_awaited_steps_let_others_run() -> None:
    """Two tasks in steps take turns at each effect."""
    log: list[str] = []

    def steps(name: str) -> Steps[None]:
        for number in range(2):
            yield from gives(None)
            log.append(f"{name}{number}")

    await asyncio.gather(arun(steps("a")), arun(steps("b")))
    assert log == ["a0", "b0", "a1", "b1"]


class Doubler:
    """Has one operation, opened twice."""

    factor = 2

    def double_steps(self, number: int, *, more: int = 0) -> Steps[int]:
        """Twice a number."""
        return self.factor * (yield from gives(number)) + more

    double, adouble = blocking(double_steps), awaiting(double_steps)


async def test_doors_block_and_await() -> None:
    """Both doors take the arguments of the steps and give their result."""
    assert Doubler().double(3, more=1) == await Doubler().adouble(3, more=1) == 7


def test_doors_look_like_plain_methods() -> None:
    """Names, docstrings and signatures are those of the operation, with what it returns."""
    assert (Doubler.double.__name__, Doubler.adouble.__name__) == ("double", "adouble")
    assert Doubler.adouble.__qualname__ == "Doubler.adouble"
    assert Doubler.double.__doc__ == "Twice a number."
    assert str(inspect.signature(Doubler().double)) == "(number: int, *, more: int = 0) -> int"
    assert inspect.iscoroutinefunction(Doubler.adouble)
    assert not inspect.iscoroutinefunction(Doubler.double)


async def test_async_door_does_nothing_until_it_is_awaited() -> None:
    """A coroutine that is closed unawaited has run no effect."""
    coroutine: Coroutine[Any, Any, int] = Doubler().adouble(1)
    coroutine.close()


@both
def test_batch_gives_a_stores_results(carry_out: Runner) -> None:
    """Ops, also from a generator, are carried out in one batch and in order."""
    store = InMemoryStore()
    ops = (op for op in [PutOp(("n",), "a", {"x": 1}), PutOp(("n",), "b", {"x": 2})])

    def steps() -> Steps[list[Any]]:
        yield from batch(store, ops)
        found = yield from batch(store, [GetOp(("n",), "b"), GetOp(("n",), "c")])
        return [item and item.value for item in found]

    assert carry_out(steps()) == [{"x": 2}, None]


@both
def test_batch_of_nothing_touches_no_store(carry_out: Runner) -> None:
    """No ops have no results, even of a store that cannot be reached."""

    def steps() -> Steps[list[Any]]:
        return (yield from batch(None, []))  # type: ignore[arg-type] # no store is touched

    assert carry_out(steps()) == []
