"""Text to vectors: static local embeddings, and finding the embedder a string names.

Vectors that come from outside are checked here once, by `vectors_of`, so that everything
behind it can rely on their shape.
"""

import asyncio
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from langchain_core.embeddings import Embeddings
from langgraph.store.base.embed import AEmbeddingsFunc, EmbeddingsFunc, ensure_embeddings
from numpy.typing import NDArray

from langchain_usermem.errors import DimensionMismatchError, EmbeddingError, MissingExtraError

FloatArray = NDArray[np.float32]
EmbedSpec = Embeddings | EmbeddingsFunc | AEmbeddingsFunc | str

LOCAL_DIMENSIONS = 256
_LOCAL_PACKAGES = ("wordllama", "safetensors", "tokenizers")
_WEIGHTS = "weights/l2_supercat_256.safetensors"
_TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"
_LONG = 1_000
_AT_ONCE = 64
# Up to so many characters, embedding takes less time than handing it to a thread.
_FEW_CHARACTERS = 4_000
# Squares of components of such vectors neither overflow float32 nor vanish in it.
_SAFE_LENGTHS = 1e-12, 1e12


@runtime_checkable
class WordEmbedder(Protocol):
    """An embedder whose vector of a text is a sum over its words.

    A query's words can then be weighted by their rarity among one user's own texts. What is
    stored stays as it is.
    """

    rarity_power: float
    """By which a word's rarity is raised to give its weight."""

    def word_vectors(self, text: str) -> tuple[list[str], FloatArray]:
        """The words of a text, and each one's vector: float32, shape (words, width)."""
        ...


class LocalEmbeddings(Embeddings):
    """Static word vectors, averaged over a text: 256 unit-length components, no network.

    They find texts that speak of the same things ("dog" and "golden retriever"), at some 50
    microseconds a text, and know nothing of word order. The vectors are those that the
    `wordllama` wheel carries; a text without any token, such as the empty one, is the zero
    vector. Safe to share between threads.

    Raises:
        MissingExtraError: the extra `local` is not installed.
    """

    fingerprint = "local:wordllama-l2-supercat-256"
    rarity_power = 0.75

    def __init__(self) -> None:
        self._table, self._tokenizer = _local_model()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a text, in order."""
        vectors: list[list[float]] = self.embed_array(texts).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """The vector of one text."""
        return self.embed_documents([text])[0]

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a text, in order; many are computed in a worker thread."""
        if sum(map(len, texts)) <= _FEW_CHARACTERS:
            return self.embed_documents(texts)
        return await asyncio.to_thread(self.embed_documents, texts)

    async def aembed_query(self, text: str) -> list[float]:
        """The vector of one text, computed at once: it takes less time than a thread."""
        return self.embed_query(text)

    def embed_array(self, texts: Sequence[str]) -> FloatArray:
        """One row a text: float32, shape (len(texts), 256), unit length or zero."""
        vectors = np.zeros((len(texts), LOCAL_DIMENSIONS), dtype=np.float32)
        encodings = self._tokenizer.encode_batch_fast(
            [_encodable(text) for text in texts], add_special_tokens=False
        )
        ids = [encoding.ids for encoding in encodings]
        short = [row for row, own in enumerate(ids) if 0 < len(own) < _LONG]
        for start in range(0, len(short), _AT_ONCE):
            rows = short[start : start + _AT_ONCE]
            vectors[rows] = _means(self._table, [ids[row] for row in rows])
        for row in (row for row, own in enumerate(ids) if len(own) >= _LONG):
            vectors[row] = _mean_of_many(self._table, ids[row])
        return unit_rows(vectors)

    def word_vectors(self, text: str) -> tuple[list[str], FloatArray]:
        """The words of a text, and the sum of each one's tokens; float32, shape (words, 256)."""
        found = _encodable(text).split()
        sums = [_word_vector(word) for word in found]
        return found, np.array(sums, dtype=np.float32).reshape(len(found), LOCAL_DIMENSIONS)


def local_embeddings_available() -> bool:
    """Whether the extra `local` is installed."""
    return all(find_spec(package) is not None for package in _LOCAL_PACKAGES)


def resolve_embeddings(spec: EmbedSpec) -> Embeddings:
    """The embedder that a spec means.

    Args:
        spec: a LangChain `Embeddings`, a function from texts to vectors (sync or async),
            `"local"`, or `"provider:model"`. `openai:` needs nothing but this package; other
            providers go through LangChain's `init_embeddings`.

    Raises:
        MissingExtraError: a package that the spec needs is not installed.
        ValueError: a string without a provider.
        TypeError: anything else, such as a class in place of an object.
    """
    if not isinstance(spec, str):
        _check_embedder(spec)
        return ensure_embeddings(spec)
    if spec == "local":
        return LocalEmbeddings()
    provider, separator, model = spec.partition(":")
    if not (provider and separator and model):
        raise ValueError(
            f"embedder {spec!r} names no provider. Write 'local' or 'provider:model', "
            "such as 'openai:text-embedding-3-small'."
        )
    return _openai_embeddings(model) if provider == "openai" else _provider_embeddings(spec)


def _check_embedder(spec: object) -> None:
    # A class can be called, but it would fail at each text, as would an object that has an
    # embedder's methods without being one.
    if isinstance(spec, type):
        raise TypeError(f"the embedder is the class {spec.__name__}. Pass an object of it.")
    if not isinstance(spec, Embeddings) and not callable(spec):
        raise TypeError(
            f"the embedder is of type {type(spec).__name__}. Pass a LangChain `Embeddings`, a "
            "function from texts to vectors, or a name such as 'openai:text-embedding-3-small'."
        )


def fingerprint_of(embeddings: Embeddings, dimensions: int) -> str:
    """What tells one embedder from another: class or function, model, and width.

    An embedder may state its own as `fingerprint`. Keys and addresses play no part, so that
    the same model reached in another way has the same fingerprint.
    """
    own = getattr(embeddings, "fingerprint", None)
    if isinstance(own, str):
        return f"{own}/{dimensions}"
    function = getattr(embeddings, "func", None) or getattr(embeddings, "afunc", None)
    kind = function if callable(function) else type(embeddings)
    name = getattr(kind, "__qualname__", type(kind).__qualname__)
    model = getattr(embeddings, "model", None) or getattr(embeddings, "model_name", None)
    return ":".join([name, *([str(model)] if model else [])]) + f"/{dimensions}"


def vectors_of(answer: object, *, count: int, dimensions: int | None) -> FloatArray:
    """What an embedder answered, checked and scaled to unit length.

    Args:
        answer: what `embed_documents` returned.
        count: how many texts it was given.
        dimensions: width every vector must have; None takes any, if all have the same.

    Returns:
        float32, shape (count, width). Zero vectors stay zero.

    Raises:
        EmbeddingError: another number of vectors, ragged ones, or a value that is no finite
            number.
        DimensionMismatchError: vectors of another width than `dimensions`.
    """
    array = _as_array(answer)
    if count == 0 and array.size == 0:
        return np.zeros((0, dimensions or 0), dtype=np.float32)
    if array.ndim != 2 or len(array) != count:  # noqa: PLR2004 - rows and columns
        raise EmbeddingError(
            f"the embedder answered {count} texts with an array of shape {array.shape}; "
            f"expected ({count}, {dimensions or 'width'})."
        )
    if dimensions is not None and array.shape[1] != dimensions:
        raise DimensionMismatchError(
            f"the store holds {dimensions}-component vectors, the embedder returned "
            f"{array.shape[1]}. Open it with the embedder it was made with, or set "
            "index['dims'] to what the embedder returns and use a new file."
        )
    if not np.isfinite(array).all():
        raise EmbeddingError("the embedder returned a vector that is not finite (NaN or infinite).")
    return unit_rows(array)


def unit_rows(vectors: FloatArray) -> FloatArray:
    """Rows scaled to length one; zero rows stay zero. Shape and dtype are kept."""
    # Unlike the other sums of squares, this one lets an overflow pass without a warning.
    lengths: FloatArray = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, np.newaxis]
    shortest, longest = _SAFE_LENGTHS
    safe = (lengths > shortest) & (lengths < longest)
    if safe.all():
        return np.divide(vectors, lengths, dtype=vectors.dtype)
    unsafe = ~safe[:, 0]
    lengths[unsafe] = 1
    unit = np.divide(vectors, lengths, dtype=vectors.dtype)
    unit[unsafe] = _rescaled(vectors[unsafe])
    return unit


def _rescaled(vectors: FloatArray) -> FloatArray:
    """Rows scaled to length one, however short or long they are; zero rows stay zero."""
    # The longest component first: squaring it could overflow.
    peaks = np.abs(vectors).max(axis=1, keepdims=True, initial=0.0)
    scaled = np.divide(vectors, peaks, out=np.zeros_like(vectors), where=peaks > 0)
    lengths = np.linalg.norm(scaled, axis=1, keepdims=True)
    unit: FloatArray = np.divide(scaled, lengths, out=scaled, where=lengths > 0)
    return unit


def _as_array(answer: object) -> FloatArray:
    try:
        # A float64 beyond float32 becomes infinite here, and is refused as such.
        with np.errstate(over="ignore"):
            return np.asarray(answer, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise EmbeddingError(
            f"the embedder did not return a list of equally long vectors ({type(error).__name__})."
        ) from error


def _means(table: FloatArray, ids: Sequence[Sequence[int]]) -> FloatArray:
    """The mean of a table's rows for each list of them, none of which is empty."""
    lengths = np.array([len(own) for own in ids])
    starts = np.cumsum(lengths) - lengths
    sums = np.add.reduceat(table[list(chain.from_iterable(ids))], starts, axis=0)
    means: FloatArray = np.divide(sums, lengths[:, np.newaxis], dtype=np.float32)
    return means


def _mean_of_many(table: FloatArray, ids: Sequence[int]) -> FloatArray:
    """The mean of a table's rows; a long text takes no more memory than the table does."""
    found, counts = np.unique(ids, return_counts=True)
    shares = (counts / len(ids)).astype(np.float32)
    return shares @ table[found]


@lru_cache(maxsize=4_096)  # queries differ, but share most of their words
def _word_vector(word: str) -> FloatArray:
    """The sum of the table's rows for the tokens of a word, shape (256,); not to be changed."""
    table, tokenizer = _local_model()
    total: FloatArray = table[tokenizer.encode(word, add_special_tokens=False).ids].sum(axis=0)
    return total


def _encodable(text: str) -> str:
    """Text without lone surrogates, which the tokenizer refuses."""
    return text.encode(errors="replace").decode()


def _openai_embeddings(model: str) -> Embeddings:
    from langchain_openai import OpenAIEmbeddings  # noqa: PLC0415 - slow to import

    # Checking the length would make tiktoken download its vocabulary.
    return OpenAIEmbeddings(model=model, check_embedding_ctx_length=False)


def _provider_embeddings(spec: str) -> Embeddings:
    try:
        from langchain.embeddings import init_embeddings  # noqa: PLC0415 - optional
    except ImportError as error:
        raise MissingExtraError(
            f"embedder {spec!r} needs LangChain. Run: pip install 'langchain-usermem[agents]'"
        ) from error
    return init_embeddings(spec)


@cache
def _local_model() -> tuple[FloatArray, Any]:
    """The table of word vectors, float32, shape (32000, 256), and its tokenizer."""
    root = _wordllama_folder()
    from safetensors.numpy import load_file  # noqa: PLC0415 - optional
    from tokenizers import Tokenizer  # noqa: PLC0415 - optional

    (table,) = load_file(root / _WEIGHTS).values()
    tokenizer = Tokenizer.from_file(str(root / _TOKENIZER))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return table.astype(np.float32), tokenizer


def _wordllama_folder() -> Path:
    """Where the wheel put its files. It is not imported: that would configure logging."""
    spec = find_spec("wordllama") if local_embeddings_available() else None
    locations = spec.submodule_search_locations if spec else None
    if not locations:
        raise MissingExtraError(
            "local embeddings are not installed. Run: pip install 'langchain-usermem[local]'"
        )
    return Path(locations[0])
