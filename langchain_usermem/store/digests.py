"""Checksums of rows: SQLite's own check passes seven of ten flipped bits."""

from hashlib import blake2b

# Copied for each digest, which takes half as long as making one.
_EMPTY = blake2b(digest_size=16)
_BLOB = (bytes, type(None))


def row_digest(
    path: str, key: str, *, value: str, paths: str | None, marks: tuple[object, ...]
) -> bytes:
    """16 bytes that change with any part of a row, or with whose it is; `marks` are its numbers.

    `path` is the namespace's, not its number: a bit of the path itself may flip, and the row
    would be another user's.

    The end of its life is left out: reading a row moves it, without reading the rest.
    """
    # In ASCII: what `repr` escapes depends on the version of Python.
    content = f"{path}\0{marks}{key!a}\0{paths}\0{value}"
    digest = _EMPTY.copy()
    digest.update(content.encode())
    return digest.digest()


def text_digest(path: str, key: str, *, item_id: int, terms: bytes, vector: bytes | None) -> bytes:
    """16 bytes that change with the terms or the vector of a text, or with whose it is.

    None at all where a bit of the file made a part something else than bytes.
    """
    if type(terms) is not bytes or type(vector) not in _BLOB:
        return b""
    begin = f"{path}\0{item_id} {len(terms)} {key!a}\0".encode()
    digest = _EMPTY.copy()
    digest.update(begin)
    digest.update(terms)
    digest.update(vector or b"")
    return digest.digest()
