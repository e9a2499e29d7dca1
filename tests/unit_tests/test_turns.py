"""Messages of every LangChain shape as utterances, and utterances as turns."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    HumanMessage,
    HumanMessageChunk,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
)

from langchain_usermem.errors import InvalidMemoryError
from langchain_usermem.turns import (
    Role,
    Turn,
    Utterance,
    context_of,
    keys_of,
    text_of,
    turns_of,
    utterances_of,
)

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
LATER = datetime(2026, 5, 2, tzinfo=UTC)


def said(messages: Any) -> list[tuple[str, str]]:
    """Role and text of each utterance of a conversation."""
    return [(utterance.role, utterance.text) for utterance in utterances_of(messages)]


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ("hello", [("user", "hello")]),
        (HumanMessage("hello"), [("user", "hello")]),
        ({"role": "user", "content": "hello"}, [("user", "hello")]),
        (
            [("user", "a"), ("ai", "b"), ("system", "c")],
            [("user", "a"), ("assistant", "b"), ("system", "c")],
        ),
        ([["human", "a"]], [("user", "a")]),
        (["a", "b"], [("user", "a"), ("user", "b")]),
        ([{"role": "developer", "content": "a"}], [("system", "a")]),
        ([{"type": "human", "content": "a"}], [("user", "a")]),
        ([{"role": "tool", "content": "a", "tool_call_id": "1"}], [("tool", "a")]),
        (
            [ToolMessage("a", tool_call_id="1"), SystemMessage("b")],
            [("tool", "a"), ("system", "b")],
        ),
        (
            [HumanMessageChunk(content="a"), AIMessageChunk(content="b")],
            [("user", "a"), ("assistant", "b")],
        ),
        ((m for m in [HumanMessage("a")]), [("user", "a")]),
        ([], []),
        ("", []),
        (" \n", []),
        ([AIMessage("", tool_calls=[{"name": "f", "args": {}, "id": "1"}])], []),
        ([{"role": "assistant", "content": None, "tool_calls": []}], []),
        ([RemoveMessage(id="1")], []),
    ],
)
def test_shapes_of_messages(messages: Any, expected: list[tuple[str, str]]) -> None:
    """Texts, messages, dicts, pairs and streamed chunks are read alike; empty ones are left out."""
    assert said(messages) == expected


def test_text_of_multimodal_content() -> None:
    """A user's parts are a line each, a model's are one text; images and audio are passed over."""
    content: list[str | dict[Any, Any]] = [
        {"type": "text", "text": "I live in Hull."},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
        "I like tea.",
        {"type": "text", "text": None},
    ]
    assert said([HumanMessage(content)]) == [("user", "I live in Hull.\nI like tea.")]
    assert said([AIMessage(["Tea it ", {"type": "text", "text": "is."}])]) == [
        ("assistant", "Tea it is.")
    ]
    assert said([{"role": "user", "content": content[1:2]}]) == []


@pytest.mark.parametrize(
    ("text", "clean"),
    [("a\ud800b", "a\ufffdb"), ("\ud83d\ude00", "😀"), ("\ufeffa", "\ufeffa"), (" a\n", "a")],
)
def test_text_is_valid_unicode(text: str, clean: str) -> None:
    """Halves of one character are joined, a half that stands alone is marked, space is cut."""
    assert text_of(HumanMessage(text)) == clean


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=50))
def test_valid_text_is_left_as_it_is(text: str) -> None:
    """Only surrounding space is taken away."""
    assert text_of(HumanMessage(text)) == text.strip()


def test_utterance_keeps_id_name_and_time() -> None:
    """What a message carries beside its text is kept."""
    message = HumanMessage("a", id="m1", name="Ada", additional_kwargs={"timestamp": NOON})
    (utterance,) = utterances_of([message])
    assert utterance == Utterance(role="user", text="a", id="m1", name="Ada", at=NOON)


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": "a", "timestamp": "2026-05-01T14:00:00+02:00"},
        {"role": "user", "content": "a", "timestamp": NOON.replace(tzinfo=None)},
        {"role": "user", "content": "a", "additional_kwargs": {"timestamp": NOON.isoformat()}},
        HumanMessage("a", additional_kwargs={"timestamp": "2026-05-01T12:00"}),
    ],
)
def test_own_time_wins(message: Any) -> None:
    """A message's own timestamp is used in place of `observed_at`."""
    (utterance,) = utterances_of([message], observed_at=LATER)
    assert utterance.at == NOON


def test_observed_at_is_the_time_of_the_others() -> None:
    """Messages without a time of their own take `observed_at`, or none."""
    assert utterances_of("a", observed_at="2026-05-02")[0].at == LATER
    assert utterances_of("a")[0].at is None


@pytest.mark.parametrize(
    "when", ["noon", date(2026, 5, 1), 1_777_636_800, True, "9999-12-31T23:00-05:00"]
)
def test_time_that_is_none_is_refused(when: object) -> None:
    """A timestamp that cannot be read is an error, not the present."""
    with pytest.raises(InvalidMemoryError, match=r"is no time\. Pass a datetime or an ISO 8601"):
        utterances_of([{"role": "user", "content": "a", "timestamp": when}])
    with pytest.raises(InvalidMemoryError, match="is no time"):
        utterances_of("a", observed_at=when)  # type: ignore[arg-type] # what is tested


@pytest.mark.parametrize(
    "message",
    [
        None,
        5,
        {},
        {"content": "secret"},
        {"role": "user"},
        {"role": "wizard", "content": "secret"},
        {"role": "tool", "content": "secret"},
        {"role": "user", "content": 5},
        ("user", "secret", "more"),
        [],
    ],
)
def test_what_is_no_message_is_refused_by_its_place(message: object) -> None:
    """The error names the position, and repeats nothing of what was said."""
    with pytest.raises(InvalidMemoryError, match="message 1 is no message") as caught:
        utterances_of([HumanMessage("a"), message])  # type: ignore[list-item] # what is tested
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("messages", [None, 5, 0.5])
def test_what_is_no_conversation_is_refused(messages: object) -> None:
    """What cannot be gone through is named by its type."""
    with pytest.raises(InvalidMemoryError, match=f"{type(messages).__name__} is neither"):
        utterances_of(messages)  # type: ignore[arg-type] # what is tested


def utterance(role: Role, text: str = "a", **fields: Any) -> Utterance:
    """One utterance of few words."""
    return Utterance(role=role, text=text, **fields)


roles = st.sampled_from(["user", "assistant", "tool", "system"])
conversations = st.lists(st.builds(Utterance, role=roles, text=st.text(max_size=5)), max_size=12)


@given(conversations)
def test_turns_hold_every_utterance_once(conversation: list[Utterance]) -> None:
    """Turns lose nothing, keep the order, and each but an only one has one user message."""
    turns = turns_of(conversation)
    assert [u for turn in turns for u in turn.utterances] == conversation
    users = [sum(u.role == "user" for u in turn.utterances) for turn in turns]
    assert users == [1] * len(turns) or (len(turns) == 1 and users == [0])


def test_turn_begins_with_the_user() -> None:
    """What comes before the first human message joins its turn; a turn ends at the next one."""
    conversation = [
        utterance("system"),
        utterance("user", "one"),
        utterance("assistant"),
        utterance("tool"),
        utterance("user", "two"),
    ]
    turns = turns_of(conversation, thread_id="t", agent_id="g")
    assert [len(turn.utterances) for turn in turns] == [4, 1]
    assert [turn.user_text for turn in turns] == ["one", "two"]
    assert {(turn.thread_id, turn.agent_id) for turn in turns} == {("t", "g")}


def test_key_is_the_same_for_the_same_turn() -> None:
    """Where messages have ids, neither time nor the reply to them changes the key."""
    turn = Turn(utterances=(utterance("user", "a", id="1"),))
    again = Turn(utterances=(utterance("user", "a", id="1", at=NOON), utterance("assistant", "b")))
    assert turn.key("ada") == again.key("ada")
    assert len(turn.key("ada")) == 32


def test_a_message_that_was_edited_has_another_key() -> None:
    """Its words count beside its id."""
    turn = Turn(utterances=(utterance("user", "a", id="1"),))
    edited = Turn(utterances=(utterance("user", "b", id="1"),))
    assert turn.key("ada") != edited.key("ada")


def test_turns_that_say_the_same_are_counted() -> None:
    """The second "yes" of a conversation is another turn, and the same one when sent again."""
    yes = Turn(utterances=(utterance("user", "yes"),), thread_id="t")
    tea = Turn(utterances=(utterance("user", "tea"),), thread_id="t")
    first, _, second = keys_of([yes, tea, yes], "ada")
    assert first != second
    assert keys_of([yes, tea, yes], "ada")[::2] == [first, second]
    assert keys_of([yes], "ada") == [first]


def test_what_nothing_identifies_has_a_key_of_its_own() -> None:
    """The same words without thread, id and time may be said again and mean it."""
    bare = Turn(utterances=(utterance("user", "yes"),))
    assert not bare.is_identified
    assert keys_of([bare], "ada") != keys_of([bare], "ada")
    assert bare.said_by(NOON).is_identified
    assert bare.said_by(NOON).utterances[0].at == NOON


@pytest.mark.parametrize(
    "other",
    [
        Turn(utterances=(utterance("user", "b"),)),
        Turn(utterances=(utterance("assistant", "a"),)),
        Turn(utterances=(utterance("user", "a", at=NOON),)),
        Turn(utterances=(utterance("user", "a", id="a"),)),
        Turn(utterances=(utterance("user", "a"), utterance("user", ""))),
        Turn(utterances=(utterance("user", "a"),), thread_id="t"),
        Turn(utterances=(utterance("user", "a"),), agent_id="t"),
    ],
)
def test_key_differs_for_another_turn(other: Turn) -> None:
    """Role, text, time, id, thread and agent all tell turns apart."""
    assert Turn(utterances=(utterance("user", "a"),)).key("ada") != other.key("ada")


def test_key_differs_between_users() -> None:
    """Nor does moving a letter from the user id into the thread id give the same key."""
    turn = Turn(utterances=(utterance("user"),), thread_id="b")
    assert turn.key("a") != Turn(utterances=turn.utterances).key("ab")


@given(st.lists(st.integers(1, 9), max_size=6), st.integers(0, 20))
def test_context_is_the_longest_end_that_fits(sizes: list[int], limit: int) -> None:
    """Whole utterances from the end; the newest alone is cut at its beginning."""
    said = [Utterance(role="user", text=str(n) * size) for n, size in enumerate(sizes)]
    ends = [said[place:] for place in range(len(said) + 1)]
    whole = next(end for end in ends if sum(len(u.text) for u in end) <= limit)
    found = context_of(said, limit, len)
    if whole or not said or not limit:
        assert found == whole
    else:
        assert [u.text for u in found] == ["\u2026" + said[-1].text[-limit:]]


def test_context_is_what_user_and_assistant_said() -> None:
    """Results of tools and a system's words are no context."""
    roles: list[Role] = ["system", "user", "tool", "assistant"]
    said = [Utterance(role=role, text="x") for role in roles]
    assert [u.role for u in context_of(said, 9, len)] == ["user", "assistant"]
