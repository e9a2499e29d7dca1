"""Reading conversations from JSON Lines: one object of `role` and `content` a line."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from langchain_usermem.errors import ReplayFormatError
from langchain_usermem.times import parse_time

ROLES = ("user", "assistant", "system")
_SHOWN_CHARS = 40

Message = dict[str, object]


@dataclass(frozen=True)
class Session:
    """The messages of one conversation, in order; `id` is None where the lines name none."""

    id: str | None
    messages: tuple[Message, ...]


def read_transcript(path: Path) -> list[Session]:
    """The sessions of a transcript, in the order in which they begin.

    Each line is an object of `role` (user, assistant or system) and `content`, with
    optional `timestamp` (ISO 8601) and `session` (text or a whole number). Blank lines and other
    keys are passed over. All lines are read before anything is returned.

    Raises:
        ReplayFormatError: a line is no message, or there is none; the line number is named.
    """
    sessions: dict[str | None, list[Message]] = {}
    for place, line in _numbered_lines(path):
        fields = _object(line, place)
        session = _session(fields.get("session"), place)
        sessions.setdefault(session, []).append(_message(fields, place))
    if not sessions:
        raise ReplayFormatError(
            f"{path.name} holds no messages. Each line is one JSON object with role and content."
        )
    return [Session(name, tuple(messages)) for name, messages in sessions.items()]


def _numbered_lines(path: Path) -> Iterator[tuple[str, str]]:
    """The lines that are not blank, each with the place to name in an error."""
    # By line feeds alone: splitlines() would also cut at U+2028 within a JSON string.
    for number, line in enumerate(path.read_bytes().split(b"\n"), start=1):
        place = f"line {number} of {path.name}"
        if line.strip():
            yield place, _decoded(line, place)


def _decoded(line: bytes, place: str) -> str:
    try:
        return line.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ReplayFormatError(f"{place} is not UTF-8. Save the file in that encoding.") from error


def _object(line: str, place: str) -> Mapping[str, object]:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        # The cause is dropped: it holds the line.
        reason = getattr(error, "msg", type(error).__name__)
        raise ReplayFormatError(f"{place} is no JSON ({reason}). {_RULE}") from None
    if not isinstance(fields, dict):
        raise ReplayFormatError(f"{place} is no JSON object but {_kind(fields)}. {_RULE}")
    return fields


def _message(fields: Mapping[str, object], place: str) -> Message:
    role, content = fields.get("role"), fields.get("content")
    if role not in ROLES:
        raise ReplayFormatError(
            f"{place} has the role {_shown(role)}; a role is one of {', '.join(ROLES)}."
        )
    if not isinstance(content, str):
        raise ReplayFormatError(f"{place} has {_kind(content)} as its content; content is text.")
    timestamp = _timestamp(fields.get("timestamp"), place)
    message: Message = {"role": role, "content": content}
    return message if timestamp is None else {**message, "timestamp": timestamp}


def _timestamp(value: object, place: str) -> str | None:
    if value is None:
        return None
    try:
        return parse_time(value).isoformat()  # type: ignore[arg-type] # other types raise, too
    except (TypeError, ValueError, AttributeError, OverflowError):
        raise ReplayFormatError(
            f"{place} has the timestamp {_shown(value)}; a timestamp is ISO 8601, such as "
            "2026-05-01T09:30:00+00:00."
        ) from None


def _session(value: object, place: str) -> str | None:
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise ReplayFormatError(
        f"{place} has {_kind(value)} as its session; a session is text or a whole number."
    )


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "a truth value"}
    names |= {int: "a number", float: "a number", type(None): "nothing"}
    return names[type(value)]


def _shown(value: object) -> str:
    return repr(value)[:_SHOWN_CHARS]


_RULE = "Each line is one JSON object with role and content."
