"""Memories go into messages and come out again, whatever a node makes of them."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, RemoveMessage, SystemMessage
from langgraph.types import Command, Overwrite, Send

from langchain_usermem.memory import Memory, Recalled
from langchain_usermem.nodes.retrieve import Retrieved
from langchain_usermem.nodes.weaving import Woven, unwoven, weave, written

FENCE = "memory-0123456789ab"
FOUND = Retrieved(
    profile=(Memory(content="Answer in Spanish", standing=True),),
    recalled=(Recalled(memory=Memory(content="Has a dog called Rex"), score=1.0),),
)
REPLY = AIMessage("Rex.")


def conversation(*, ids: bool) -> list[Any]:
    """A system message, an earlier turn and a question."""
    messages = [SystemMessage("Be kind."), HumanMessage("Hi"), AIMessage("Hello")]
    messages.append(HumanMessage("What is my dog called?"))
    for place, message in enumerate(messages):
        message.id = f"m{place}" if ids else None
    return list(messages)


def woven_of(given: list[Any]) -> Woven:
    """These messages with what was found."""
    return weave(given, FOUND, FENCE)


@pytest.mark.parametrize("ids", [True, False])
def test_all_that_is_handed_back_is_what_was_given(ids: bool) -> None:
    """The very objects come back, with ids or without, the system messages among them."""
    given = conversation(ids=ids)
    woven = woven_of(given)
    assert "Answer in Spanish" in woven.sent[0].text
    assert "Rex" in woven.sent[-1].text
    undone = woven.undone([*woven.sent, REPLY])
    assert [id(message) for message in undone] == [id(message) for message in [*given, REPLY]]


def test_every_message_is_sent_under_an_id_of_its_own() -> None:
    """Messages without ids, and two of the same id, are told apart."""
    given = [
        HumanMessage("a"),
        HumanMessage("a"),
        HumanMessage("b", id="x"),
        AIMessage("c", id="x"),
    ]
    woven = woven_of(given)
    assert len({message.id for message in woven.sent}) == 5
    assert woven.undone(woven.sent) == given
    assert [message.id for message in given] == [None, None, "x", "x"]


def test_raw_messages_come_back_raw() -> None:
    """Tuples and dicts of a state without a reducer are restored as they were."""
    given: list[Any] = [("system", "Be kind."), ("user", "Hi"), {"role": "ai", "content": "Hello"}]
    woven = woven_of(given)
    assert woven.undone(woven.sent) == given


def test_a_conversation_without_system_messages_gets_none() -> None:
    """Ours stands for nothing there, and goes."""
    woven = woven_of([HumanMessage("Hi")])
    assert [m.type for m in woven.undone(woven.sent)] == ["human"]


def test_removals_pass() -> None:
    """A message that the node removes is removed, not put back; ours there is none to remove."""
    given = conversation(ids=True)
    woven = woven_of(given)
    removals = [RemoveMessage(id=str(message.id)) for message in woven.sent]
    assert woven.undone(removals) == removals[1:]


@pytest.mark.parametrize("ids", [True, False])
def test_an_edit_is_kept_without_what_was_woven_in(ids: bool) -> None:
    """A node may rewrite a message; only our blocks are cut out of it, and our ids."""
    given = conversation(ids=ids)
    woven = woven_of(given)
    question = woven.sent[-1]
    shouted = question.model_copy(update={"content": f"{question.text} NOW"})
    (undone,) = woven.undone([shouted])
    assert (undone.text, undone.id) == ("What is my dog called? NOW", given[-1].id)


def test_copies_under_other_ids_lose_what_was_woven_in() -> None:
    """A system or human message made anew from ours holds no memories."""
    woven = woven_of(conversation(ids=True))
    system, *_, question = woven.sent
    copies = [SystemMessage(f"{system.text} Go."), HumanMessage([question.text, {"type": "x"}])]
    kept_system, kept_human = woven.undone(copies)
    assert kept_system.text == "Be kind. Go."
    assert kept_human.content == ["What is my dog called?", {"type": "x"}]


def test_a_copy_of_nothing_but_the_profile_is_dropped() -> None:
    """No empty system message is left in its place."""
    woven = woven_of([HumanMessage("Hi")])
    assert woven.undone([SystemMessage(woven.sent[0].text), REPLY]) == [REPLY]


def test_parts_are_woven_into_and_restored() -> None:
    """A block that is a part of its own goes as a whole; other parts stay."""
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    given = [HumanMessage([{"type": "text", "text": "Is this Rex?"}, image])]
    woven = woven_of(given)
    (undone,) = woven.undone([HumanMessage(woven.sent[1].content)])
    assert undone.content == given[0].content


@pytest.mark.parametrize("form", ["mapping", "command", "pairs", "list", "overwrite", "send"])
def test_every_form_of_update_is_undone(form: str) -> None:
    """Mappings, commands, lists of them, and states that are sent onward."""
    given = conversation(ids=False)
    woven = woven_of(given)
    messages = [*woven.sent, REPLY]
    made: dict[str, Any] = {
        "mapping": {"messages": messages, "mood": "calm"},
        "command": Command(update={"messages": messages}, goto="next"),
        "pairs": Command(update=[("mood", "calm"), ("messages", messages)]),
        "list": [Command(goto="next"), {"messages": messages}],
        "overwrite": {"messages": Overwrite(messages)},
        "send": {"messages": messages},
    }
    update = made[form]
    if form == "send":
        (onward,) = unwoven(Command(goto=[Send("next", update)]), "messages", woven).goto
        assert onward.node == "next"
        undone = onward.arg
    else:
        undone = unwoven(update, "messages", woven)
    assert written(undone, "messages") == [*given, REPLY]
    assert written(update, "messages") == messages


@pytest.mark.parametrize("update", [None, {"mood": "calm"}, Command(goto="next"), "text"])
def test_an_update_without_messages_passes(update: Any) -> None:
    """It is handed on as it is, and adds no message."""
    assert unwoven(update, "messages", woven_of([HumanMessage("Hi")])) == update
    assert written(update, "messages") == []


@pytest.mark.parametrize("value", [REPLY, ("ai", "Rex."), "Rex.", {"role": "ai", "content": "x"}])
def test_a_message_alone_stays_alone(value: Any) -> None:
    """What LangGraph takes in the place of a list is not made one."""
    assert woven_of([HumanMessage("Hi")]).undone(value) == value
