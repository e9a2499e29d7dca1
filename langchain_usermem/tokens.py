"""Counting tokens without ever reaching for the network.

tiktoken downloads a vocabulary at its first use, with no time-out. So it is asked only when
the vocabulary lies in its cache already; else one token is taken to be four bytes of UTF-8,
which is within 15 % for English, and 7 % for Chinese and Japanese.
"""

import os
import tempfile
from collections.abc import Callable
from functools import cache
from hashlib import sha1, sha256
from math import ceil
from pathlib import Path

import tiktoken

TokenCounter = Callable[[str], int]

_DEFAULT_ENCODING = "o200k_base"
_ADDRESS = "https://openaipublic.blob.core.windows.net/encodings/{}.tiktoken"
_SHA256 = {
    "cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    "o200k_base": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
}
_BYTES_PER_TOKEN = 4


def estimate_tokens(text: str) -> int:
    """A token for every four bytes of UTF-8, rounded up."""
    return ceil(len(text.encode(errors="replace")) / _BYTES_PER_TOKEN)


def token_counter(model: str | None = None) -> TokenCounter:
    """A function that counts a text's tokens as `model` would; an estimate when offline."""
    encoding = _encoding_name(model)
    return _exact_counter(encoding) if _is_cached(encoding) else estimate_tokens


def _encoding_name(model: str | None) -> str:
    try:
        return tiktoken.encoding_name_for_model(model) if model else _DEFAULT_ENCODING
    except KeyError:
        return _DEFAULT_ENCODING


@cache
def _exact_counter(encoding_name: str) -> TokenCounter:
    encoding = tiktoken.get_encoding(encoding_name)
    return lambda text: len(encoding.encode_ordinary(text))


@cache
def _is_cached(encoding_name: str) -> bool:
    """Whether tiktoken would find this vocabulary, whole, where it looks for it on disk."""
    folder = _cache_folder()
    if folder is None or encoding_name not in _SHA256:
        return False
    address = _ADDRESS.format(encoding_name).encode()
    file = folder / sha1(address, usedforsecurity=False).hexdigest()
    # tiktoken would replace a damaged file by downloading it.
    return file.is_file() and sha256(file.read_bytes()).hexdigest() == _SHA256[encoding_name]


def _cache_folder() -> Path | None:
    """Where tiktoken keeps vocabularies; None where the variable is set to nothing."""
    for variable in ("TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR"):
        if variable in os.environ:
            return Path(os.environ[variable]) if os.environ[variable] else None
    return Path(tempfile.gettempdir()) / "data-gym-cache"
