"""`usermem chat`, with lines piped into it."""

import pytest

from langchain_usermem import UserMemory
from langchain_usermem.cli import chat
from langchain_usermem.cli.chat import Conversation, _graph
from langchain_usermem.testing import ScriptedChatModel

from .conftest import Run


def test_a_conversation_shows_replies_and_what_was_remembered(usermem: Run) -> None:
    """Blank lines are passed over, and `/quit` ends it before the last line."""
    said = "I live in Leeds.\n\nWhere do I live?\n/quit\nWho am I?\n"
    ran = usermem("chat", "--user", "ada", stdin=said)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        "ada> I live in Leeds.\n"
        "usermem> [offline model] Understood.\n"
        "  ~ remembered: Lives in Leeds\n"
        "ada> Where do I live?\n"
        "usermem> [offline model] This is what I remember: Lives in Leeds.\n"
        "ada> /quit\n"
    )


@pytest.mark.parametrize("command", ["/help", "/hlep"])
def test_a_word_behind_a_slash_is_no_message(usermem: Run, command: str) -> None:
    """It lists what can be typed, and no model sees it."""
    ran = usermem("chat", "--user", "ada", stdin=f"{command}\n/exit\nHi")
    assert ran.out == (
        f"ada> {command}\n/quit or Ctrl-D ends, /help shows this, all else is said to the model.\n"
        "ada> /exit\n"
    )


def test_a_path_at_the_beginning_is_a_message(usermem: Run) -> None:
    """Only a word alone is taken for a command."""
    ran = usermem("chat", "--user", "ada", stdin="/home/ada is my folder.\n")
    assert "usermem> [offline model]" in ran.out


def test_a_later_conversation_knows_what_an_earlier_one_held(usermem: Run) -> None:
    """A correction in a second conversation is shown beside what it replaces."""
    usermem("chat", "--user", "ada", stdin="I live in Leeds.")
    ran = usermem("chat", "--user", "ada", stdin="Actually, I moved to York.")
    assert ran.out.endswith("  ~ remembered: Lives in York (in place of: Lives in Leeds)\n")


def test_what_is_not_utf_8_is_replaced(usermem: Run) -> None:
    """A Latin-1 letter in a pipe is neither a traceback nor the end."""
    ran = usermem("chat", "--user", "ada", stdin="I live in K\xf6ln.\n".encode("latin-1"))
    assert ran.code == 0
    assert "  ~ remembered: Lives in K\N{REPLACEMENT CHARACTER}ln\n" in ran.out


def test_a_user_id_that_is_empty_is_refused_before_any_reply(usermem: Run) -> None:
    """The error is one line on stderr with exit code 1."""
    ran = usermem("chat", "--user", "", stdin="Hi\n")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "user_id is empty" in ran.err


def test_a_model_that_fails_ends_the_turn_and_not_the_conversation(
    memory: UserMemory, capsys: pytest.CaptureFixture[str]
) -> None:
    """The failure is named by its kind, its text is not shown, and the next turn is answered."""
    model = ScriptedChatModel(replies=[ConnectionError("while sending: I live in Leeds"), "Hello."])
    conversation = Conversation(_graph(model, memory), "ada")
    assert not conversation.say("Hi")
    assert conversation.say("Hi")
    shown = capsys.readouterr()
    assert shown.err == (
        "no reply: the model failed (ConnectionError). "
        "Check its name, its key and the network, or take '--model offline'.\n"
    )
    assert [line.strip() for line in shown.out.splitlines()] == ["usermem>", "usermem> Hello."]


def test_a_model_that_cannot_be_made_is_an_error_with_a_way_out(usermem: Run) -> None:
    """OpenAI without a key is told in one line, before anything is read."""
    ran = usermem("--model", "openai:gpt-4o-mini", "chat", "--user", "ada", stdin="Hi\n")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        "model 'openai:gpt-4o-mini' cannot be used (OpenAIError). Check its name, its key and its "
        "provider's package, or take '--model offline'.\n"
    )


def test_a_model_without_a_provider_is_refused(usermem: Run) -> None:
    """A bare name is told how to be written."""
    ran = usermem("--model", "gpt-4o-mini", "chat", "--user", "ada")
    assert ran.code == 1
    assert ran.err == (
        "model 'gpt-4o-mini' names no provider. Name it as 'provider:model', such as "
        "'openai:gpt-4o-mini', or take '--model offline'.\n"
    )


def test_the_marks_of_a_conversation_are_told_apart() -> None:
    """The demo tells notes from replies by their beginnings."""
    assert not chat.NOTE.startswith(chat.ASSISTANT)
