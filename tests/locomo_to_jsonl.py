"""Print a LoCoMo conversation as the JSON Lines that `usermem replay` reads.

python tests/locomo_to_jsonl.py "$USERMEM_DATA/locomo/26.json" > 26.jsonl
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def messages_of(conversation: Mapping[str, Any], *, swap: bool = False) -> Iterator[dict[str, str]]:
    """The messages of all sessions by their numbers; `speaker_a` is the user, or with `swap` b."""
    user = conversation["speaker_b" if swap else "speaker_a"]
    for number in _session_numbers(conversation):
        session = f"session_{number}"
        timestamp = iso_time(conversation[f"{session}_date_time"])
        for said in conversation[session]:
            role = "user" if said["speaker"] == user else "assistant"
            fields = {"role": role, "content": said["text"]}
            yield {**fields, "timestamp": timestamp, "session": session}


def iso_time(text: str) -> str:
    """A time such as "1:56 pm on 8 May, 2023" in ISO 8601; LoCoMo names no zone, so in UTC."""
    return datetime.strptime(text, "%I:%M %p on %d %B, %Y").replace(tzinfo=UTC).isoformat()


def _session_numbers(conversation: Mapping[str, Any]) -> list[int]:
    """The numbers of the sessions that hold messages; some dates stand there without any."""
    names = (re.fullmatch(r"session_(\d+)", key) for key in conversation)
    return sorted(int(name[1]) for name in names if name)


def main() -> None:
    """Print the conversation in the file that is named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--swap", action="store_true", help="speaker_b is the user")
    chosen = parser.parse_args()
    conversation = json.loads(chosen.file.read_text(encoding="utf-8"))
    for message in messages_of(conversation, swap=chosen.swap):
        sys.stdout.write(json.dumps(message) + "\n")


if __name__ == "__main__":
    main()
