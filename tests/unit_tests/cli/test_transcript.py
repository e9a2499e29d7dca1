"""Reading transcripts, and refusing what is none with the number of the line."""

import json
from pathlib import Path

import pytest

from langchain_usermem.cli.transcript import Message, Session, read_transcript
from langchain_usermem.errors import ReplayFormatError

HI = '{"role": "user", "content": "Hi"}'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file to write a transcript into."""
    return tmp_path / "talk.jsonl"


def test_sessions_come_in_the_order_in_which_they_begin(file: Path) -> None:
    """Lines of one session are kept together and in order, wherever they stand."""
    lines = [("a", "1"), (7, "2"), ("a", "3"), (None, "4"), (7, "5")]
    said = [{"role": "user", "content": text, "session": name} for name, text in lines]
    file.write_text("\n".join(map(json.dumps, said)))
    found = {s.id: [message["content"] for message in s.messages] for s in read_transcript(file)}
    assert list(found.items()) == [("a", ["1", "3"]), ("7", ["2", "5"]), (None, ["4"])]


def test_times_are_read_as_utc_and_other_keys_are_passed_over(file: Path) -> None:
    """An offset is taken into account, and a key that nobody knows does no harm."""
    line = {"role": "assistant", "content": "Hi", "timestamp": "2026-05-01T09:30+02:00", "mood": 1}
    file.write_text(json.dumps(line))
    at = "2026-05-01T07:30:00+00:00"
    message: Message = {"role": "assistant", "content": "Hi", "timestamp": at}
    assert read_transcript(file) == [Session(None, (message,))]


def test_blank_lines_marks_and_separators_within_text_do_no_harm(file: Path) -> None:
    """A byte-order mark, Windows line ends, blank lines and U+2028 in a text are read."""
    text = '{"role": "user", "content": "one\u2028line"}'
    file.write_bytes(f"\ufeff{HI}\r\n\r\n{text}\r\n".encode())
    (session,) = read_transcript(file)
    assert [message["content"] for message in session.messages] == ["Hi", "one\u2028line"]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (
            "{",
            "line 3 of talk.jsonl is no JSON (Expecting property name enclosed in double quotes)",
        ),
        ("[1]", "line 3 of talk.jsonl is no JSON object but a list"),
        ("3", "line 3 of talk.jsonl is no JSON object but a number"),
        ("null", "line 3 of talk.jsonl is no JSON object but nothing"),
        ("[" * 100_000, "line 3 of talk.jsonl is no JSON (RecursionError)"),
        ('{"content": "x"}', "line 3 of talk.jsonl has the role None; a role is one of user,"),
        ('{"role": "robot", "content": "x"}', "line 3 of talk.jsonl has the role 'robot'; a role"),
        ('{"role": ["user"], "content": "x"}', "line 3 of talk.jsonl has the role ['user']; a"),
        ('{"role": "user"}', "line 3 of talk.jsonl has nothing as its content; content is text."),
        ('{"role": "user", "content": ["x"]}', "line 3 of talk.jsonl has a list as its content;"),
        (
            '{"role": "user", "content": "x", "timestamp": "1:56 pm"}',
            "line 3 of talk.jsonl has the timestamp '1:56 pm'; a timestamp is ISO 8601, such as",
        ),
        (
            '{"role": "user", "content": "x", "timestamp": 1700000000}',
            "line 3 of talk.jsonl has the timestamp 1700000000; a timestamp is ISO 8601,",
        ),
        (
            '{"role": "user", "content": "x", "timestamp": "0001-01-01T00:00:00+10:00"}',
            "line 3 of talk.jsonl has the timestamp '0001-01-01T00:00:00+10:00'; a timestamp",
        ),
        (
            '{"role": "user", "content": "x", "session": true}',
            "line 3 of talk.jsonl has a truth value as its session; a session is text or a whole",
        ),
    ],
)
def test_a_line_that_is_no_message_is_named_by_its_number(
    file: Path, line: str, fault: str
) -> None:
    """The third line is refused as such, blank lines counted, with what is wrong about it."""
    file.write_text(f"{HI}\n\n{line}\n{HI}\n")
    with pytest.raises(ReplayFormatError) as raised:
        read_transcript(file)
    assert str(raised.value).startswith(fault)


def test_a_line_in_another_encoding_is_refused(file: Path) -> None:
    """Latin-1 is not guessed at."""
    file.write_bytes(HI.encode() + b"\n" + '{"role": "user", "content": "é"}'.encode("latin-1"))
    with pytest.raises(ReplayFormatError, match=r"line 2 of talk\.jsonl is not UTF-8"):
        read_transcript(file)


def test_errors_never_repeat_what_was_said(file: Path) -> None:
    """A damaged line is named, not quoted."""
    file.write_text('{"role": "user", "content": "my secret is 42"')
    with pytest.raises(ReplayFormatError) as raised:
        read_transcript(file)
    assert "secret" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_an_empty_file_is_refused(file: Path) -> None:
    """A file of blank lines holds no messages."""
    file.write_text("\n\n")
    with pytest.raises(ReplayFormatError, match=r"talk\.jsonl holds no messages"):
        read_transcript(file)
