"""The script that turns LoCoMo into transcripts, and its result as `usermem replay` reads it."""

import json
import os
from pathlib import Path
from runpy import run_path

import pytest

from langchain_usermem.cli.transcript import read_transcript

SCRIPT = run_path(str(Path(__file__).parents[2] / "locomo_to_jsonl.py"))


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("1:56 pm on 8 May, 2023", "2023-05-08T13:56:00+00:00"),
        ("12:48 am on 1 February, 2023", "2023-02-01T00:48:00+00:00"),
    ],
)
def test_session_dates_become_iso_times(text: str, time: str) -> None:
    """Noon and midnight are told apart."""
    assert SCRIPT["iso_time"](text) == time


@pytest.mark.parametrize(("swap", "roles"), [(False, "ua"), (True, "au")])
def test_sessions_come_by_number_and_speakers_as_asked(swap: bool, roles: str) -> None:
    """Session 10 follows session 2; a date without a session is passed over."""
    said = [{"speaker": "Ann", "text": "Hi"}, {"speaker": "Bo", "text": "Hello"}]
    date = "1:56 pm on 8 May, 2023"
    dates = {f"session_{n}_date_time": date for n in (2, 10, 11)}
    speakers = {"speaker_a": "Ann", "speaker_b": "Bo"}
    conversation = {**speakers, **dates, "session_10": said, "session_2": said}
    found = list(SCRIPT["messages_of"](conversation, swap=swap))
    sessions = ["session_2", "session_2", "session_10", "session_10"]
    assert [message["session"] for message in found] == sessions
    assert "".join(message["role"][0] for message in found) == roles * 2


def test_a_real_conversation_is_read_whole(tmp_path: Path) -> None:
    """LoCoMo's 26 gives 419 messages in 19 sessions."""
    if "USERMEM_DATA" not in os.environ:
        pytest.skip("USERMEM_DATA names no folder of public data")
    conversation = json.loads(Path(os.environ["USERMEM_DATA"], "locomo", "26.json").read_text())
    file = tmp_path / "26.jsonl"
    file.write_text("\n".join(map(json.dumps, SCRIPT["messages_of"](conversation))))
    sessions = read_transcript(file)
    assert (len(sessions), sum(len(session.messages) for session in sessions)) == (19, 419)
