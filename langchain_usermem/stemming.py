"""Stems of folded words, by Snowball."""

import threading
from functools import lru_cache

import Stemmer

# A Snowball stemmer is not safe to share between threads.
_local = threading.local()


@lru_cache(maxsize=65_536)
def stem_of(word: str) -> str:
    """The stem of a word, which is folded; that of any language by the rules for English."""
    if not hasattr(_local, "stemmer"):
        _local.stemmer = Stemmer.Stemmer("english")
    stem: str = _local.stemmer.stemWord(word)
    return stem
