"""The command `chat`."""

import re
import sys
from collections.abc import Iterator
from io import TextIOWrapper
from typing import Any
from uuid import uuid4

import typer

from langchain_usermem.cli.choices import User, choices_of
from langchain_usermem.cli.consoles import console, plain, print_error
from langchain_usermem.cli.wording import lines_of
from langchain_usermem.errors import UserMemoryError
from langchain_usermem.memory import Failure
from langchain_usermem.report import AddReport

ASSISTANT = "usermem> "
NOTE = "  ~ "
"""Begins the lines that tell what became of memory in a turn."""
QUIT = ("/quit", "/exit")
HELP = "/quit or Ctrl-D ends, /help shows this, all else is said to the model."
_COMMAND = re.compile(r"/[a-z]+")
_WAY_OUT = "Check its name, its key and the network, or take '--model offline'."


def chat(context: typer.Context, *, user: User) -> None:
    """Talk to a model that remembers you; /help lists what else can be typed."""
    choices = choices_of(context)
    model = choices.open_model()
    if sys.stdin.isatty():
        console().print(_greeting(offline=model is None), style="dim")
    with choices.open_or_make_memory(model) as memory:
        conversation = Conversation(_graph(model, memory), user)
        answered = [conversation.say(line) for line in _lines(f"{user}> ")]
    if not all(answered):
        raise typer.Exit(1)


class Conversation:
    """One thread of a memory graph, shown on the console as it goes."""

    def __init__(self, graph: Any, user_id: str) -> None:
        self._graph = graph
        self._user_id = user_id
        self._config = {"configurable": {"thread_id": uuid4().hex}}

    def say(self, text: str) -> bool:
        """Show the reply and what was remembered; returns whether there was a reply."""
        try:
            self._print_reply(text)
        except UserMemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - a provider may raise anything; talk goes on
            # Its own text may quote the conversation.
            print_error(f"no reply: the model failed ({type(error).__name__}). {_WAY_OUT}")
            return False
        self._print_notes()
        return True

    def _print_reply(self, text: str) -> None:
        shown = console()
        shown.print(ASSISTANT, end="", style="bold")
        try:
            for token in self._tokens(text):
                shown.print(plain(token), end="", soft_wrap=True)
        finally:
            shown.print()

    def _tokens(self, text: str) -> Iterator[str]:
        said = {"messages": [("user", text)]}
        whose = {"user_id": self._user_id}
        stream = self._graph.stream(said, self._config, context=whose, stream_mode="messages")
        for chunk, metadata in stream:
            if metadata["langgraph_node"] == "respond":
                yield str(chunk.text)

    def _print_notes(self) -> None:
        state = self._graph.get_state(self._config).values
        report = AddReport.from_value(state["memory_report"])
        # The state lists what failed at any stage, the report a part of it.
        failed = tuple(Failure.from_value(error) for error in state["memory_errors"])
        for line in lines_of(report.model_copy(update={"failed": failed})):
            console().print(plain(NOTE + line, "dim"), soft_wrap=True)


def _greeting(*, offline: bool) -> str:
    known = "No model is chosen: replies come from memory alone. " if offline else ""
    return f"{known}{HELP}"


def _graph(model: Any, memory: Any) -> Any:
    from langgraph.checkpoint.memory import InMemorySaver  # noqa: PLC0415 - slow to import

    from langchain_usermem.graph import create_memory_graph  # noqa: PLC0415 - slow to import

    return create_memory_graph(model, memory=memory).compile(checkpointer=InMemorySaver())


def _lines(prompt: str) -> Iterator[str]:
    """What the user says, until `/quit` or the end of the input.

    Blank lines are passed over; a word behind a slash is meant for us, not for the model.
    """
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")  # what is not UTF-8 ends no conversation
    while (line := _next_line(prompt)) is not None and line not in QUIT:
        if _COMMAND.fullmatch(line):
            console().print(HELP, style="dim")
        elif line:
            yield line


def _next_line(prompt: str) -> str | None:
    """The next line, or None at the end of the input."""
    if not sys.stdin.isatty():
        return _piped_line(prompt)
    try:
        return input(prompt).strip()
    except EOFError:
        console().print()
        return None


def _piped_line(prompt: str) -> str | None:
    """The next line of a pipe, shown as if it had been typed."""
    line = sys.stdin.readline()
    if not line:
        return None
    if said := line.strip():
        console().print(plain(prompt + said), soft_wrap=True)
    return said
