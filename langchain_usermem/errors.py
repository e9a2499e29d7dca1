"""All errors that this package raises.

Each also inherits the builtin that a caller who does not know us would catch.

    UserMemoryError
    ├── MissingUserError            (ValueError)    nobody said whose memory
    ├── InvalidUserError            (ValueError)    a user id that cannot be one
    ├── InvalidMemoryError          (ValueError)    a statement that cannot be stored
    │   ├── UnknownCategoryError
    │   └── DeniedCategoryError                     the policy stores none of this category
    ├── InvalidQueryError           (ValueError)    an empty query, a limit below one
    ├── MemoryNotFoundError         (LookupError)   no memory of this user has that id
    │   └── NotInReviewError                        it does not wait for approval
    ├── TurnNotFoundError           (LookupError)   no turn with that key waits
    ├── MissingExtraError           (ImportError)   an optional part is not installed
    ├── MissingStoreError           (RuntimeError)  neither memory nor store to work on
    ├── ReplayFormatError           (ValueError)    a line of a transcript is not a message
    ├── ImportFormatError           (ValueError)    what is to be taken in is no export
    ├── ModelError                  (RuntimeError)  a chat model gave nothing usable
    ├── EmbeddingError              (RuntimeError)  an embedder failed or answered nonsense
    └── StoreError
        ├── StorePathError          (OSError)       the file cannot be opened or written
        ├── StoreFormatError        (ValueError)    the file is not ours, or newer than we are
        ├── StoreClosedError        (RuntimeError)  used after `close()`
        ├── StoreFullError          (OSError)       no room left; nothing was written
        ├── StoreBusyError          (TimeoutError)  another process holds the file too long
        ├── CorruptRowError         (ValueError)    a row does not match its digest
        ├── EmbedderMismatchError   (ValueError)    made with another embedder
        ├── DimensionMismatchError  (ValueError)    a vector of the wrong width
        └── InvalidOperationError   (ValueError)    an op that breaks LangGraph's contract
            └── InvalidFilterError

Messages name the value, the rule and the way out. They never hold the text of a memory.
"""


class UserMemoryError(Exception):
    """Base of every error of this package."""


class MissingUserError(UserMemoryError, ValueError):
    """Nobody said whose memory to use; there is no default user."""


class InvalidUserError(UserMemoryError, ValueError):
    """A user id that is empty, too long, or not text."""


class InvalidMemoryError(UserMemoryError, ValueError):
    """A statement, or its metadata, that cannot be stored."""


class UnknownCategoryError(InvalidMemoryError):
    """A category that the settings do not list."""


class DeniedCategoryError(InvalidMemoryError):
    """A category of which the policy lets nothing be stored."""


class InvalidQueryError(UserMemoryError, ValueError):
    """A query, limit or floor that cannot be searched with."""


class MemoryNotFoundError(UserMemoryError, LookupError):
    """No memory of this user has that id."""


class NotInReviewError(MemoryNotFoundError):
    """A memory that does not wait for approval, so that there is nothing to decide on."""


class TurnNotFoundError(UserMemoryError, LookupError):
    """No turn with that key waits in the inbox."""


class MissingExtraError(UserMemoryError, ImportError):
    """An optional part of the package is not installed."""


class MissingStoreError(UserMemoryError, RuntimeError):
    """Neither a `UserMemory` nor a store to work on was given."""


class ReplayFormatError(UserMemoryError, ValueError):
    """A line of a JSON Lines transcript is not a message."""


class ImportFormatError(UserMemoryError, ValueError):
    """What is to be taken in is no export, or one of a newer version."""


class ModelError(UserMemoryError, RuntimeError):
    """A chat model failed, or its answer could not be used."""


class EmbeddingError(UserMemoryError, RuntimeError):
    """An embedder failed, or answered with something that is no list of vectors."""


class StoreError(UserMemoryError):
    """Base of the errors of `FaissStore`."""


class StorePathError(StoreError, OSError):
    """The file cannot be opened or written."""


class StoreFormatError(StoreError, ValueError):
    """The file is not a memory store, or was written by a newer version."""


class StoreClosedError(StoreError, RuntimeError):
    """The store was used after it had been closed."""


class StoreFullError(StoreError, OSError):
    """There was no room left for the write; nothing of it was stored."""


class StoreBusyError(StoreError, TimeoutError):
    """Another process held the file for longer than the time allowed."""


class CorruptRowError(StoreError, ValueError):
    """A stored row does not match the digest written beside it."""


class EmbedderMismatchError(StoreError, ValueError):
    """The store was made with another embedder than the one given."""


class DimensionMismatchError(StoreError, ValueError):
    """A vector does not have as many components as the store's vectors."""


class InvalidOperationError(StoreError, ValueError):
    """An operation that LangGraph's store contract does not allow."""


class InvalidFilterError(InvalidOperationError):
    """A filter with an unknown operator or a value that cannot be compared."""
