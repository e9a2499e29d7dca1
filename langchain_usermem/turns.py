"""Conversations as plain values: utterances, and turns made of them.

A turn is a human message and what follows it until the next. Its key is the same whenever the
same turn comes again, so that work done twice on it can be recognised.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any, Literal

from langchain_core.messages import (
    AIMessage,
    AnyMessage,
    BaseMessage,
    ChatMessage,
    HumanMessage,
    MessageLikeRepresentation,
    SystemMessage,
    ToolMessage,
    convert_to_messages,
)

from langchain_usermem.errors import InvalidMemoryError
from langchain_usermem.memory import Value, new_id
from langchain_usermem.times import UtcTime, parse_time

Role = Literal["user", "assistant", "tool", "system"]
Messages = str | BaseMessage | Mapping[str, Any] | Sequence[MessageLikeRepresentation]
"""What `add` takes: a text, one message, or a list of LangChain messages or role/content dicts."""

# By class, not by `type`: that of a streamed chunk is another one.
_ROLES: dict[type[BaseMessage], Role] = {
    HumanMessage: "user",
    AIMessage: "assistant",
    ToolMessage: "tool",
    SystemMessage: "system",
}
_NAMED_ROLES: dict[str, Role] = {
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "tool": "tool",
    "system": "system",
}

SHORT_ANSWER_CHARS = 40
"""Characters up to which an answer may mean nothing without what it answers."""


class Utterance(Value):
    """The text of one message: who said it, when, and under which id."""

    role: Role
    text: str
    id: str | None = None
    at: UtcTime | None = None
    name: str | None = None


class Turn(Value):
    """A human message and what follows it until the next, in order."""

    utterances: tuple[Utterance, ...]
    thread_id: str | None = None
    agent_id: str | None = None

    @property
    def user_text(self) -> str:
        """What the user said in this turn, one message a line."""
        return "\n".join(u.text for u in self.utterances if u.role == "user")

    @property
    def is_identified(self) -> bool:
        """Whether it can be told from another that says the same: by thread, ids or times."""
        own = (u.id is not None or u.at is not None for u in self.utterances if u.role == "user")
        return self.thread_id is not None or any(own)

    def _answered(self) -> list[str]:
        """What the assistant said before a short answer without an id: "Yes" to something else."""
        first = next((n for n, u in enumerate(self.utterances) if u.role == "user"), 0)
        is_plain = all(u.id is None for u in self.utterances if u.role == "user")
        if not is_plain or len(self.user_text) > SHORT_ANSWER_CHARS:
            return []
        return [u.text for u in self.utterances[:first] if u.role == "assistant"]

    def said_by(self, moment: datetime) -> "Turn":
        """This turn with `moment` as the time of what has none of its own."""
        timed = (u.model_copy(update={"at": u.at or moment}) for u in self.utterances)
        return self.model_copy(update={"utterances": tuple(timed)})

    def key(self, user_id: str, *, occurrence: int = 0) -> str:
        """32 hexadecimal digits, equal for the same turn of the same user and thread.

        What the user said decides; a reply that was made anew makes no other turn. A short
        answer without an id is told from another by what it answers. `occurrence` counts those
        of one conversation that nothing else tells apart.
        """
        parts = [user_id, self.thread_id or "", self.agent_id or "", str(occurrence)]
        said = (utterance for utterance in self.utterances if utterance.role == "user")
        parts += [part for utterance in said for part in _identity(utterance)]
        parts += self._answered()
        digest = blake2b(digest_size=16)
        for part in parts:
            digest.update(f"{len(part)}:{part}".encode(errors="surrogatepass"))
        return digest.hexdigest()


def utterances_of(
    messages: Messages, *, observed_at: datetime | str | None = None
) -> list[Utterance]:
    """The utterances that hold text, in order; images and empty messages are passed over.

    A message's own `timestamp`, as a key of the dict or in `additional_kwargs`, wins over
    `observed_at`. Plain text is taken as said by the user.

    Raises:
        InvalidMemoryError: something is not a message, or a time is not ISO 8601.
    """
    default = None if observed_at is None else _time(observed_at)
    utterances = (_utterance(message, default) for message in _as_messages(messages))
    return [utterance for utterance in utterances if utterance and utterance.text]


def turns_of(
    utterances: Iterable[Utterance],
    *,
    thread_id: str | None = None,
    agent_id: str | None = None,
) -> list[Turn]:
    """Utterances cut into turns; what comes before the first human message joins its turn."""
    groups: list[list[Utterance]] = []
    for utterance in utterances:
        begins = utterance.role == "user" and bool(groups) and _has_user(groups[-1])
        if begins or not groups:
            groups.append([])
        groups[-1].append(utterance)
    return [Turn(utterances=tuple(g), thread_id=thread_id, agent_id=agent_id) for g in groups]


def keys_of(turns: Iterable[Turn], user_id: str) -> list[str]:
    """The key of each turn of one conversation; those that say the same are counted.

    A turn that nothing identifies has a random key: said again, it is another turn.
    """
    said: Counter[str] = Counter()
    keys = []
    for turn in turns:
        key = turn.key(user_id)
        occurrence = said[key]
        said[key] += 1
        own = turn.key(user_id, occurrence=occurrence)
        keys.append(own if turn.is_identified else new_id())
    return keys


def context_of(
    earlier: Sequence[Utterance], limit: int, count_tokens: Callable[[str], int]
) -> list[Utterance]:
    """The last of what user and assistant said, in order, as far as `limit` tokens hold it.

    The newest is cut at its beginning where it alone takes more: what it asks stands at its end.
    """
    kept: list[Utterance] = []
    left = limit
    for utterance in reversed([u for u in earlier if u.role in ("user", "assistant")]):
        size = count_tokens(utterance.text)
        if size > left:
            if not kept and limit:
                kept.append(_ending(utterance, limit / size))
            break
        kept.append(utterance)
        left -= size
    return kept[::-1]


def _ending(utterance: Utterance, share: float) -> Utterance:
    """The last part of an utterance, as a share of its length."""
    length = int(len(utterance.text) * share)
    return utterance.model_copy(update={"text": "\u2026" + utterance.text[-length or None :]})


def text_of(message: BaseMessage) -> str:
    """The text parts of a message as one string of valid Unicode, without surrounding space."""
    # Halves of one character are joined; those that stand alone could be neither stored nor sent.
    return _joined(message).encode("utf-16", "surrogatepass").decode("utf-16", "replace").strip()


def _joined(message: BaseMessage) -> str:
    """The text parts of a message; those that a user typed are texts of their own, a line each."""
    if not isinstance(message, HumanMessage) or isinstance(message.content, str):
        return message.text
    texts = (part if isinstance(part, str) else _part_text(part) for part in message.content)
    return "\n".join(text for text in texts if text)


def _part_text(part: Mapping[str, object]) -> str:
    return str(part.get("text") or "") if part.get("type") == "text" else ""


def _has_user(utterances: list[Utterance]) -> bool:
    return any(utterance.role == "user" for utterance in utterances)


def _identity(utterance: Utterance) -> tuple[str, str]:
    """What tells an utterance from others beside its words: its id, or its time without one.

    The words count with an id too: a message that was edited says something new.
    """
    time = utterance.at.isoformat() if utterance.at else ""
    return (utterance.text, f"at {time}" if utterance.id is None else f"id {utterance.id}")


def _as_messages(messages: Messages) -> list[tuple[BaseMessage, object]]:
    """LangChain messages, each with the timestamp that its dict carried."""
    if isinstance(messages, str):
        return [(message, None) for message in convert_to_messages([("user", messages)])]
    if isinstance(messages, BaseMessage | Mapping):
        return [_as_message(0, messages)]
    if not isinstance(messages, Iterable):
        raise InvalidMemoryError(
            f"{type(messages).__name__} is neither a text nor messages. "
            "Pass a string, a LangChain message, or a list of messages."
        )
    return [_as_message(position, message) for position, message in enumerate(messages)]


def _as_message(position: int, message: object) -> tuple[AnyMessage, object]:
    timestamp = message.get("timestamp") if isinstance(message, Mapping) else None
    try:
        return _converted(message), timestamp
    except (ValueError, KeyError, TypeError, NotImplementedError) as error:
        # The cause is dropped: its text quotes the message.
        raise InvalidMemoryError(
            f"message {position} is no message ({type(error).__name__}). "
            "Pass LangChain messages or dicts with 'role' and 'content'."
        ) from None


def _converted(message: object) -> AnyMessage:
    if isinstance(message, Mapping):
        message = {key: value for key, value in message.items() if key != "timestamp"}
    return convert_to_messages([message])[0]  # type: ignore[list-item,return-value]


def _utterance(
    message_and_timestamp: tuple[BaseMessage, object], default: datetime | None
) -> Utterance | None:
    message, timestamp = message_and_timestamp
    role = _role_of(message)
    if role is None:
        return None
    own = timestamp or message.additional_kwargs.get("timestamp")
    return Utterance(
        role=role,
        text=text_of(message),
        id=message.id,
        at=_time(own) if own else default,
        name=message.name,
    )


def _role_of(message: BaseMessage) -> Role | None:
    """Who speaks in a message; None for kinds that nobody says, such as removals."""
    if isinstance(message, ChatMessage):
        return _NAMED_ROLES.get(message.role)
    return next((role for kind, role in _ROLES.items() if isinstance(message, kind)), None)


def _time(moment: object) -> datetime:
    try:
        return parse_time(moment)  # type: ignore[arg-type] # what is no time is refused below
    except (TypeError, ValueError):
        raise InvalidMemoryError(
            f"{moment!r} is no time. Pass a datetime or an ISO 8601 string such as "
            "'2026-05-01T09:30:00+00:00'."
        ) from None
