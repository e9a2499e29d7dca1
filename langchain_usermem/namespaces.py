"""User ids as namespace labels, and where each kind of record lies.

Layout below `(root, user)`: `memories/shared` and `memories/agent/<id>` hold what is active,
`review` what waits for approval, `past` what is superseded, forgotten or expired, `changes` the
history, `audit` the tombstones, `inbox` the turns that wait to be extracted, `turns` the keys of
those that were, `revision` a count of the writes.
"""

import re

from langchain_usermem.errors import InvalidUserError

Namespace = tuple[str, ...]

MAX_ID_BYTES = 512
"""Longest user or agent id, in bytes of UTF-8."""

# LangGraph refuses `.` and NUL in a label and reads `*` as a wildcard when it lists namespaces;
# `%` marks our own escapes.
_RESERVED = re.compile(r"[.%*\x00-\x1f\x7f]")
_ESCAPED = re.compile(r"%([0-9A-F]{2})")

_WAYS_OUT = {
    "user_id": "Pass a non-empty id of the user, never a default.",
    "agent_id": "Pass a non-empty id of the agent, or None for what all agents share.",
}


def encode_label(identifier: str, *, kind: str = "user_id") -> str:
    """An id as a namespace label, reversibly; equal only for equal ids.

    Raises:
        InvalidUserError: the id is not text, is empty or blank, is longer than 512 bytes, or
            is not valid Unicode.
    """
    _check_id(identifier, kind)
    return _RESERVED.sub(lambda match: f"%{ord(match[0]):02X}", identifier)


def decode_label(label: str) -> str:
    """The id that `encode_label` made into this label."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), label)


def user_namespace(user_id: str, *, root: str = "usermem") -> Namespace:
    """The namespace below which everything about one user lies.

    >>> user_namespace("ada@example.com")
    ('usermem', 'ada@example%2Ecom')
    """
    return (encode_label(root, kind="root"), encode_label(user_id))


def shared_namespace(user: Namespace) -> Namespace:
    """Where the memories lie that all of a user's agents share."""
    return (*user, "memories", "shared")


def agent_namespace(user: Namespace, agent_id: str) -> Namespace:
    """Where the memories lie that are private to one of the user's agents."""
    return (*user, "memories", "agent", encode_label(agent_id, kind="agent_id"))


def memory_namespace(user: Namespace, agent_id: str | None) -> Namespace:
    """Where a memory of this owner lies while it is active."""
    return shared_namespace(user) if agent_id is None else agent_namespace(user, agent_id)


def visible_namespaces(user: Namespace, agent_id: str | None) -> list[Namespace]:
    """Where an agent looks: what is shared, and what is its own."""
    own = [] if agent_id is None else [agent_namespace(user, agent_id)]
    return [shared_namespace(user), *own]


def review_namespace(user: Namespace) -> Namespace:
    """Where memories wait for approval, apart from those that can be recalled."""
    return (*user, "review")


def past_namespace(user: Namespace) -> Namespace:
    """Where superseded, forgotten and expired memories lie."""
    return (*user, "past")


def changes_namespace(user: Namespace) -> Namespace:
    """Where the history of changes lies."""
    return (*user, "changes")


def audit_namespace(user: Namespace) -> Namespace:
    """Where tombstones lie: what was deleted and when, without its text."""
    return (*user, "audit")


def inbox_namespace(user: Namespace) -> Namespace:
    """Where turns wait to be extracted."""
    return (*user, "inbox")


def turns_namespace(user: Namespace) -> Namespace:
    """Where the keys of turns lie that were extracted, without their text."""
    return (*user, "turns")


def reflection_namespace(user: Namespace) -> Namespace:
    """Where it is kept which memories were compared, and what is proposed for them."""
    return (*user, "reflection")


def revision_namespace(user: Namespace) -> Namespace:
    """Where it is counted how often the user's memories were written."""
    return (*user, "revision")


def _check_id(identifier: object, kind: str) -> None:
    if not isinstance(identifier, str):
        got = type(identifier).__name__
        raise InvalidUserError(f"{kind} must be a string, got {got}. Pass str(...) of your id.")
    if not identifier.strip():
        raise InvalidUserError(f"{kind} is empty. {_WAYS_OUT.get(kind, 'Give it a name.')}")
    size = _utf8_size(identifier, kind)
    if size > MAX_ID_BYTES:
        raise InvalidUserError(
            f"{kind} has {size} bytes of UTF-8, at most {MAX_ID_BYTES} are allowed. "
            "Pass a shorter id, such as a hash of it."
        )


def _utf8_size(identifier: str, kind: str) -> int:
    try:
        return len(identifier.encode())
    except UnicodeEncodeError as error:
        raise InvalidUserError(
            f"{kind} is not valid Unicode at character {error.start}. "
            "Decode it from bytes with the right encoding first."
        ) from error
