"""A text as the file indexes it."""

from typing import NamedTuple

from langchain_usermem.embeddings import FloatArray
from langchain_usermem.store.keyword_index import terms_to_bytes
from langchain_usermem.text import indexed_ids


class Text(NamedTuple):
    """The hashed stems of a text, and its float32 vector once there is one."""

    terms: bytes
    vector: bytes | None


def text_of(text: str, vector: FloatArray | None) -> Text:
    """A text with its vector, ready to be written."""
    stored = None if vector is None else vector.astype("<f4", copy=False).tobytes()
    return Text(terms_to_bytes(indexed_ids(text)), stored)
