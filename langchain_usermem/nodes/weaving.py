"""Memories woven into the messages of somebody else's node, and taken out of its update again."""

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from langchain_core.messages import (
    BaseMessage,
    RemoveMessage,
    SystemMessage,
    convert_to_messages,
)
from langgraph.types import Command, Overwrite, Send

from langchain_usermem.nodes.fields import field_of, has_field, with_field
from langchain_usermem.nodes.prompting import with_memories
from langchain_usermem.nodes.retrieve import Retrieved
from langchain_usermem.prompts import render_profile, render_recalled
from langchain_usermem.turns import text_of

_SYSTEM_ID = "usermem-profile"


@dataclass(frozen=True)
class Woven:
    """Messages as a node is given them, and what leads back to those of the state.

    `sent` begins with the one system message, which stands for `leading`. Each of the others
    has an id, by which `places` holds it beside what is in the state in its place. `blocks`
    are the texts that were woven in.
    """

    sent: list[BaseMessage]
    leading: list[Any]
    places: dict[str | None, tuple[BaseMessage, Any]]
    blocks: tuple[str, ...]

    def undone(self, value: Any) -> Any:
        """What a node wrote under the key of the messages, without anything woven."""
        if isinstance(value, Overwrite):
            return replace(value, value=self.undone(value.value))
        if isinstance(value, list):
            return [plain for message in value for plain in self._plain(message)]
        restored = self._plain(value)
        return restored[0] if len(restored) == 1 else restored

    def _plain(self, message: Any) -> list[Any]:
        """What stands in the state for one message of an update."""
        if not isinstance(message, BaseMessage):
            return [message]
        if message.id == _SYSTEM_ID:
            return [] if isinstance(message, RemoveMessage) else self.leading
        sent, original = self.places.get(message.id, (None, message))
        return [original] if message == sent else self._edited(message, original)

    def _edited(self, message: BaseMessage, original: Any) -> list[BaseMessage]:
        """A message that the node made or changed, without the blocks it may have copied."""
        content = _without(message.content, self.blocks)
        if content == message.content and message.id == getattr(original, "id", None):
            return [message]
        same = {"content": content, "id": getattr(original, "id", None)}
        plain = message.model_copy(update=same)
        return [plain] if text_of(plain) or not isinstance(plain, SystemMessage) else []


def weave(given: Sequence[Any], found: Retrieved, fence: str) -> Woven:
    """The messages of a state with what was found for them, all of them with an id."""
    recalled = [recalled.memory for recalled in found.recalled]
    messages = convert_to_messages(given)
    system, *rest = with_memories(messages, profile=found.profile, recalled=recalled, fence=fence)
    start = len(messages) - len(rest)
    named = list(_with_ids(rest))
    return Woven(
        sent=[SystemMessage(system.content, id=_SYSTEM_ID), *named],
        leading=list(given[:start]),
        places={m.id: (m, was) for m, was in zip(named, given[start:], strict=True)},
        blocks=(render_profile(found.profile, fence), render_recalled(recalled, fence)),
    )


def unwoven(update: Any, key: str, woven: Woven) -> Any:
    """A node's update in which the messages are those of the state again."""
    match update:
        case Command():
            inner, onward = unwoven(update.update, key, woven), _onward(update.goto, key, woven)
            return replace(update, update=inner, goto=onward)
        case tuple((str(name), value)):
            return (name, woven.undone(value) if name == key else value)
        case list() | tuple():
            return [unwoven(part, key, woven) for part in update]
    if not has_field(update, key):
        return update
    return with_field(update, key, woven.undone(field_of(update, key)))


def written(update: Any, key: str) -> list[Any]:
    """The messages in a node's update, in order, whatever form it has."""
    match update:
        case Command():
            return written(update.update, key)
        case tuple((str(name), value)):
            return _listed(value) if name == key else []
        case list() | tuple():
            return [message for part in update for message in written(part, key)]
    return _listed(field_of(update, key))


def _onward(goto: Any, key: str, woven: Woven) -> Any:
    """Where a command leads; a state that it sends along is unwoven too."""
    if isinstance(goto, list | tuple):
        return [_onward(one, key, woven) for one in goto]
    if not isinstance(goto, Send):
        return goto
    sent = copy(goto)
    sent.arg = unwoven(goto.arg, key, woven)
    return sent


def _listed(value: Any) -> list[Any]:
    if isinstance(value, Overwrite):
        return _listed(value.value)
    return value if isinstance(value, list) else [] if value is None else [value]


def _with_ids(messages: Sequence[BaseMessage]) -> Iterator[BaseMessage]:
    """Messages by which nobody is mistaken for another: those without an id get one."""
    taken: set[str | None] = {None}
    for message in messages:
        fresh = message.id in taken
        named = message.model_copy(update={"id": f"usermem-{uuid4().hex}"}) if fresh else message
        taken.add(named.id)
        yield named


def _without(content: Any, blocks: Sequence[str]) -> Any:
    """Content without blocks of text, and without the parts that were nothing else."""
    if isinstance(content, str):
        return _text_without(content, blocks)
    parts = [_part_without(part, blocks) for part in content]
    return [part for part, was in zip(parts, content, strict=True) if part == was or part]


def _part_without(part: Any, blocks: Sequence[str]) -> Any:
    """A part of content without blocks; empty where it held nothing else."""
    if isinstance(part, str):
        return _text_without(part, blocks)
    if not isinstance(part.get("text"), str):
        return part
    text = _text_without(part["text"], blocks)
    return {**part, "text": text} if text else {}


def _text_without(text: str, blocks: Sequence[str]) -> str:
    for block in filter(None, blocks):
        for framed in (f"{block}\n\n", f"\n\n{block}", block):
            text = text.replace(framed, "")
    return text
