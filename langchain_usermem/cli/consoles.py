"""Writing to the terminal: what memories say is shown as text, never obeyed."""

import os
import re

from rich.console import Console
from rich.text import Text

_PIPED_WIDTH = 160
# All control characters but tab and line feed: a stored text must not steer the terminal.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def console(*, stderr: bool = False) -> Console:
    """A console on the present output stream; wide where nobody looks at it."""
    made = Console(stderr=stderr, highlight=False)
    if made.is_terminal or "COLUMNS" in os.environ:
        return made
    return Console(stderr=stderr, highlight=False, width=_PIPED_WIDTH)


def plain(text: str, style: str = "") -> Text:
    """A text as it stands, without markup, emoji codes or control characters."""
    return Text(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", text), style=style)


def print_error(message: str) -> None:
    """Print a message as one red line on the error stream."""
    line = plain(" ".join(message.split()), "red")
    console(stderr=True).print(line, soft_wrap=True)
