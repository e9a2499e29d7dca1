"""Local embedding for callers in one turn of an event loop."""

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest

from langchain_usermem.embeddings import FloatArray, LocalEmbeddings
from langchain_usermem.store.gathering import GatheredEmbedding


@pytest.fixture
def gathered() -> GatheredEmbedding:
    """The local embedder for many callers."""
    return GatheredEmbedding(LocalEmbeddings())


async def test_each_caller_gets_its_own_vectors(gathered: GatheredEmbedding) -> None:
    """Twenty callers with none to three texts get what they would have got alone."""
    asked = [[f"text {n} of caller {n}-{m}" for m in range(n % 4)] for n in range(20)]
    answers = await asyncio.gather(*map(gathered.embed, asked))
    for texts, answer in zip(asked, answers, strict=True):
        np.testing.assert_array_equal(answer, LocalEmbeddings().embed_array(texts))


async def test_a_caller_that_gave_up_stops_no_other(gathered: GatheredEmbedding) -> None:
    """Cancelling one of two callers before the answer leaves the other its vectors."""
    quitter = asyncio.ensure_future(gathered.embed(["tea"]))
    other = asyncio.ensure_future(gathered.embed(["coffee"]))
    await asyncio.sleep(0)
    quitter.cancel()
    assert (await other).shape == (1, 256)
    assert quitter.cancelled()


async def test_an_embedder_that_fails_keeps_nobody_waiting() -> None:
    """Every caller of the turn gets the error; the next turn begins anew."""

    class Failing(LocalEmbeddings):
        def embed_array(self, texts: Sequence[str]) -> FloatArray:
            if "bad" in texts:
                raise MemoryError
            return super().embed_array(texts)

    gathered = GatheredEmbedding(Failing())
    calls = [gathered.embed([text]) for text in ("good", "bad")]
    answers = await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), timeout=5)
    assert [type(answer) for answer in answers] == [MemoryError, MemoryError]
    assert (await gathered.embed(["good"])).shape == (1, 256)


async def test_long_texts_do_not_hold_up_the_loop(gathered: GatheredEmbedding) -> None:
    """A text of 20,000 characters is embedded in a thread, while the loop turns."""
    turns = 0
    task = asyncio.ensure_future(gathered.embed(["word " * 4_000]))
    while not task.done():
        await asyncio.sleep(0)
        turns += 1
    assert (await task).shape == (1, 256)
    assert turns > 2


def test_one_embedder_serves_many_loops(gathered: GatheredEmbedding) -> None:
    """Nothing is left of a loop that is closed."""
    for _ in range(3):
        assert asyncio.run(gathered.embed(["tea"])).shape == (1, 256)
    assert gathered._waiting == {}
