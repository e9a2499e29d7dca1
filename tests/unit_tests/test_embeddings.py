"""Local vectors, the checks on foreign ones, and what tells embedders apart."""

import math
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from langchain_core.embeddings import Embeddings
from langchain_core.embeddings.fake import DeterministicFakeEmbedding
from langchain_openai import OpenAIEmbeddings

from langchain_usermem import embeddings
from langchain_usermem.embeddings import (
    LocalEmbeddings,
    fingerprint_of,
    local_embeddings_available,
    resolve_embeddings,
    unit_rows,
    vectors_of,
)
from langchain_usermem.errors import DimensionMismatchError, EmbeddingError, MissingExtraError

rows = arrays(
    np.float32,
    st.tuples(st.integers(0, 4), st.integers(1, 5)),
    elements=st.floats(width=32, allow_nan=False, allow_infinity=False),
)


@pytest.fixture(scope="module")
def local() -> LocalEmbeddings:
    """The embedder of the extra `local`."""
    return LocalEmbeddings()


def test_local_vectors_have_unit_length(local: LocalEmbeddings) -> None:
    """One row of 256 float32 components a text, in order."""
    vectors = local.embed_array(["I have a dog", "東京に住む", "👍"])
    assert vectors.shape == (3, 256)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-6)


@pytest.mark.parametrize("copies", [1, 400])
def test_local_vector_is_the_mean_of_its_tokens(local: LocalEmbeddings, copies: int) -> None:
    """The vector of a short or a long text is that of the tokens' mean, taken in float64."""
    text = "golden retriever and a cat " * copies
    ids = local._tokenizer.encode(text, add_special_tokens=False).ids
    mean = local._table[ids].mean(axis=0, dtype=np.float64)
    assert (len(ids) > 1_000) == (copies == 400)
    np.testing.assert_allclose(local.embed_query(text), mean / np.linalg.norm(mean), atol=1e-6)


def test_local_vectors_know_what_is_alike(local: LocalEmbeddings) -> None:
    """A golden retriever is nearer to a dog than to a mortgage."""
    dog, retriever, mortgage = local.embed_array(["a dog", "a golden retriever", "a mortgage"])
    assert dog @ retriever > 0.3 > dog @ mortgage


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_text_without_words_may_have_no_direction(local: LocalEmbeddings, text: str) -> None:
    """A vector is of unit length or zero, never NaN; that of the empty text is zero."""
    length = np.linalg.norm(local.embed_query(text))
    assert math.isclose(length, 1.0, abs_tol=1e-6) or length == 0.0
    assert not np.any(local.embed_query(""))


def test_lone_surrogate_is_embedded_as_a_question_mark(local: LocalEmbeddings) -> None:
    """What the tokenizer cannot take does not fail the batch."""
    assert local.embed_documents(["a\ud800", "a?"])[0] == local.embed_query("a?")


def test_no_texts_have_no_vectors(local: LocalEmbeddings) -> None:
    """An empty list gives an empty list."""
    assert local.embed_documents([]) == []
    assert local.embed_array([]).shape == (0, 256)


async def test_async_local_vectors_are_the_same(local: LocalEmbeddings) -> None:
    """Awaited vectors equal those of the blocking calls."""
    assert await local.aembed_query("a dog") == local.embed_query("a dog")
    assert await local.aembed_documents(["a", "b"]) == local.embed_documents(["a", "b"])


def test_local_embeddings_without_their_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the command that installs them."""
    monkeypatch.setattr(embeddings, "_LOCAL_PACKAGES", ("wordllama", "not_installed_at_all"))
    embeddings._local_model.cache_clear()
    assert not local_embeddings_available()
    with pytest.raises(MissingExtraError, match=r"pip install 'langchain-usermem\[local\]'"):
        LocalEmbeddings()


def test_wordllama_is_not_imported(local: LocalEmbeddings) -> None:
    """Its data files are read without running it, which would configure logging."""
    assert local.embed_query("a")
    assert "wordllama" not in sys.modules


@given(rows)
def test_unit_rows_agree_with_float64(vectors: Any) -> None:
    """Rows of any magnitude are scaled to length one; zero rows stay; the input is untouched."""
    before = vectors.copy()
    unit = unit_rows(vectors)
    wide = vectors.astype(np.float64)
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    expected = np.divide(wide, lengths, out=np.zeros_like(wide), where=lengths > 0)
    assert unit.shape == vectors.shape
    assert unit.dtype == np.float32
    np.testing.assert_allclose(unit, expected, atol=1e-6)
    np.testing.assert_array_equal(vectors, before)


@pytest.mark.parametrize(
    "answer", [[[3.0, 4.0]], ((3, 4),), np.array([[3.0, 4.0]]), [np.array([3e30, 4e30])]]
)
def test_any_rows_of_numbers_are_vectors(answer: object) -> None:
    """Lists, tuples and arrays are taken, and scaled to unit length."""
    vectors = vectors_of(answer, count=1, dimensions=2)
    np.testing.assert_allclose(vectors, [[0.6, 0.8]], rtol=1e-6)
    assert vectors.dtype == np.float32


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "text",
        5,
        [],
        [[1.0, 2.0]],
        [1.0, 2.0],
        [[1.0], [1.0, 2.0]],
        [[1.0, "x"], [1.0, 2.0]],
        [[1.0, None], [1.0, 2.0]],
        [[1.0, math.nan], [1.0, 2.0]],
        [[1.0, math.inf], [1.0, 2.0]],
        [[1.0, 1e39], [1.0, 2.0]],
        [[[1.0, 2.0]], [[1.0, 2.0]]],
    ],
)
def test_answer_that_is_no_two_vectors_is_refused(answer: object) -> None:
    """Another count, ragged rows, text and what is not finite never reach the index."""
    with pytest.raises(EmbeddingError):
        vectors_of(answer, count=2, dimensions=2)


def test_no_texts_need_no_vectors() -> None:
    """The empty answer to no texts has the shape of no rows."""
    assert vectors_of([], count=0, dimensions=4).shape == (0, 4)
    assert vectors_of([], count=0, dimensions=None).shape == (0, 0)


def test_other_width_names_both() -> None:
    """The error says what the store holds and what came."""
    with pytest.raises(DimensionMismatchError, match=r"3-component vectors.* returned 2\."):
        vectors_of([[1.0, 2.0]], count=1, dimensions=3)
    assert vectors_of([[1.0, 2.0]], count=1, dimensions=None).shape == (1, 2)


def letters(texts: Sequence[str]) -> list[list[float]]:
    """One vector a text: its length, and 1."""
    return [[float(len(text)), 1.0] for text in texts]


async def aletters(texts: Sequence[str]) -> list[list[float]]:
    """The same, awaited."""
    return letters(texts)


async def test_functions_are_embedders() -> None:
    """A function of texts is taken, blocking or awaited."""
    assert resolve_embeddings(letters).embed_query("abc") == [3.0, 1.0]
    assert await resolve_embeddings(aletters).aembed_query("abc") == [3.0, 1.0]


def test_embedder_is_taken_as_it_is() -> None:
    """A LangChain `Embeddings` is not wrapped."""
    own = DeterministicFakeEmbedding(size=4)
    assert resolve_embeddings(own) is own


def test_strings_name_embedders(monkeypatch: pytest.MonkeyPatch) -> None:
    """`local` and `openai:` need nothing but this package."""
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    assert isinstance(resolve_embeddings("local"), LocalEmbeddings)
    found = resolve_embeddings("openai:text-embedding-3-small")
    assert isinstance(found, OpenAIEmbeddings)
    assert (found.model, found.check_embedding_ctx_length) == ("text-embedding-3-small", False)


@pytest.mark.parametrize("spec", ["", "gpt", "openai:", ":model", ":"])
def test_string_without_provider_is_refused(spec: str) -> None:
    """The error shows how to write one."""
    with pytest.raises(ValueError, match=r"names no provider\. Write 'local' or 'provider:model'"):
        resolve_embeddings(spec)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (LocalEmbeddings, r"is the class LocalEmbeddings\. Pass an object of it"),
        (None, r"of type NoneType\. Pass a LangChain `Embeddings`, a function"),
        (5, r"of type int\. Pass a LangChain"),
    ],
    ids=repr,
)
def test_what_cannot_embed_is_refused(spec: Any, message: str) -> None:
    """A class or a number would fail at each text, long after it was given."""
    with pytest.raises(TypeError, match=message):
        resolve_embeddings(spec)


def test_other_providers_need_langchain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package `langchain` the error names the extra."""
    monkeypatch.setitem(sys.modules, "langchain.embeddings", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'langchain-usermem\[agents\]'"):
        resolve_embeddings("cohere:embed-v4")


class Named(DeterministicFakeEmbedding):
    """An embedder with a model."""

    model: str = "m1"


class Stated(Named):
    """An embedder that states its own fingerprint."""

    fingerprint: str = "mine"


@pytest.mark.parametrize(
    ("embedder", "fingerprint"),
    [
        (DeterministicFakeEmbedding(size=4), "DeterministicFakeEmbedding/4"),
        (Named(size=4), "Named:m1/4"),
        (Named(size=4, model="m2"), "Named:m2/4"),
        (Stated(size=4), "mine/4"),
        (resolve_embeddings(letters), "letters/4"),
        (resolve_embeddings(aletters), "aletters/4"),
        (resolve_embeddings(partial(letters)), "partial/4"),
    ],
)
def test_fingerprint(embedder: Embeddings, fingerprint: str) -> None:
    """Class or function, model and width tell embedders apart, unless one states its own."""
    assert fingerprint_of(embedder, 4) == fingerprint


def test_fingerprint_holds_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same model reached with another key has the same fingerprint."""
    found = set()
    for key in ("secret-1", "secret-2"):
        monkeypatch.setenv("OPENAI_API_KEY", key)
        found.add(fingerprint_of(OpenAIEmbeddings(model="m"), 8))
    assert found == {"OpenAIEmbeddings:m/8"}
