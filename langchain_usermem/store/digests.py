"""Checksums of rows: SQLite's own check passes seven of ten flipped bits."""

from hashlib import blake2b

_SIZE = 16


def row_digest(
    path: str, key: str, *, value: str, paths: str | None, marks: tuple[object, ...]
) -> bytes:
    """16 bytes that change with any part of a row, or with whose it is; `marks` are its numbers.

    `path` is the namespace's, not its number: a bit of the path itself may flip, and the row
    would be another user's.

    The end of its life is left out: reading a row moves it, without reading the rest.
    """
    content = f"{path}\0{marks}{len(key)}\0{key}\0{paths}\0{value}"
    return blake2b(content.encode(), digest_size=_SIZE).digest()


def text_digest(path: str, key: str, *, item_id: int, terms: bytes, vector: bytes | None) -> bytes:
    """16 bytes that change with the terms or the vector of a text, or with whose it is."""
    begin = f"{path}\0{item_id} {len(terms)} {len(key)}\0{key}".encode()
    return blake2b(b"".join((begin, terms, vector or b"")), digest_size=_SIZE).digest()
