"""Any user id is one namespace label, and no two are the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langgraph.store.base import PutOp
from langgraph.store.memory import InMemoryStore

from langchain_usermem import namespaces
from langchain_usermem.errors import InvalidUserError
from langchain_usermem.namespaces import (
    agent_namespace,
    decode_label,
    encode_label,
    memory_namespace,
    user_namespace,
    visible_namespaces,
)

ADA = ("usermem", "ada")
# Whatever UTF-8 can say, with what is escaped in plenty.
characters = st.characters(exclude_categories=["Cs"]) | st.sampled_from(".%*\0/2E\x7f")
ids = st.text(characters, min_size=1, max_size=40).filter(str.strip)


@given(ids)
def test_label_gives_the_id_back(user_id: str) -> None:
    """Decoding undoes encoding."""
    assert decode_label(encode_label(user_id)) == user_id


@given(ids, ids)
def test_labels_are_equal_only_for_equal_ids(one: str, other: str) -> None:
    """Two users never share a namespace."""
    assert (encode_label(one) == encode_label(other)) == (one == other)


@given(ids)
def test_langgraph_takes_every_label(user_id: str) -> None:
    """A store that checks labels as LangGraph does stores under any user's namespace."""
    store = InMemoryStore()
    namespace = agent_namespace(user_namespace(user_id), user_id)
    store.put(namespace, "key", {"a": 1})
    store.batch([PutOp(namespace, "other", {"a": 2})])
    assert [item.key for item in store.search(namespace)] == ["key", "other"]


@pytest.mark.parametrize(
    ("user_id", "label"),
    [
        ("ada@example.com", "ada@example%2Ecom"),
        ("a/b c", "a/b c"),
        ("100%", "100%25"),
        ("%2E", "%252E"),
        ("*", "%2A"),
        ("a\0\n\x7fb", "a%00%0A%7Fb"),
        ("東京", "東京"),
        ("e\u0301", "e\u0301"),
    ],
)
def test_label_of(user_id: str, label: str) -> None:
    """Only what LangGraph reserves, the escape itself and control characters are escaped."""
    assert encode_label(user_id) == label


def test_composed_and_decomposed_ids_are_two_users() -> None:
    """Ids are compared as they are: nobody's e-mail address is normalised."""
    assert encode_label("é") != encode_label("e\u0301")


@pytest.mark.parametrize(
    ("user_id", "said"),
    [
        ("", "user_id is empty"),
        (" \t\u3000", "user_id is empty"),
        (None, "got NoneType"),
        (7, "got int"),
        (True, "got bool"),
        (b"ada", "got bytes"),
        ("x" * 513, "has 513 bytes"),
        ("é" * 257, "has 514 bytes"),
        ("ada\ud800", "not valid Unicode at character 3"),
    ],
)
def test_what_is_no_id_is_refused(user_id: object, said: str) -> None:
    """The error says what is wrong, and never falls back on a default user."""
    with pytest.raises(InvalidUserError, match=said):
        encode_label(user_id)  # type: ignore[arg-type] # what is tested


def test_longest_id_has_512_bytes() -> None:
    """The bound is on bytes of UTF-8, before escaping."""
    assert len(encode_label("." * 512)) == 3 * 512
    assert encode_label("é" * 256) == "é" * 256


def test_error_names_the_kind_of_id() -> None:
    """An agent's wrong id is not called a user's."""
    with pytest.raises(InvalidUserError, match="agent_id must be a string, got int"):
        agent_namespace(ADA, 3)  # type: ignore[arg-type] # what is tested


def test_layout() -> None:
    """Each kind of record has its place, and an agent's own is apart from what is shared."""
    assert user_namespace("ada.l", root="app.one") == ("app%2Eone", "ada%2El")
    assert memory_namespace(ADA, None) == (*ADA, "memories", "shared")
    assert memory_namespace(ADA, "a.b") == (*ADA, "memories", "agent", "a%2Eb")
    assert namespaces.past_namespace(ADA) == (*ADA, "past")
    assert namespaces.changes_namespace(ADA) == (*ADA, "changes")
    assert namespaces.audit_namespace(ADA) == (*ADA, "audit")


def test_agent_sees_the_shared_and_its_own() -> None:
    """An agent called `shared` is no way into another one's memories."""
    shared, own = (*ADA, "memories", "shared"), (*ADA, "memories", "agent", "shared")
    assert visible_namespaces(ADA, None) == [shared]
    assert visible_namespaces(ADA, "shared") == [shared, own]
