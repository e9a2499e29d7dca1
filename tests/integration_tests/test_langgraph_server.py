"""`langgraph dev` with the deployment files, as a process of its own on the loopback interface."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest

PROJECT = Path(__file__).parents[2]
PATIENCE_SECONDS = 90
ADA = {"user_id": "ada@example.com"}

pytestmark = pytest.mark.server


@dataclass(frozen=True)
class Server:
    """A running server, and the file that it logs to."""

    client: httpx.Client
    log: Path

    def thread(self) -> str:
        """The id of a new thread."""
        answer = self.client.post("/threads", json={}).raise_for_status()
        return str(answer.json()["thread_id"])

    def run(self, text: str, *, thread: str, context: dict[str, str]) -> Any:
        """The state of a thread after a run, or its error."""
        said = {"messages": [{"role": "user", "content": text}]}
        body = {"assistant_id": "memory_chat", "input": said, "context": context}
        return self.client.post(f"/threads/{thread}/runs/wait", json=body).json()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on copies of the deployment files, so that its own files stay out of the project."""
    folder = tmp_path_factory.mktemp("server")
    shutil.copytree(PROJECT / "graphs", folder / "graphs")
    shutil.copy(PROJECT / "langgraph.json", folder)
    port, log = _free_port(), folder / "log"
    with log.open("w") as lines:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter, module and words
            [sys.executable, "-m", "langgraph_cli", "dev", *_options(port)],
            cwd=folder,
            env=_environment(folder),
            stdout=lines,
            stderr=subprocess.STDOUT,
        )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as http:
            _wait_until_ready(http, process, log)
            yield Server(http, log)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _options(port: int) -> list[str]:
    return ["--no-browser", "--no-reload", "--host", "127.0.0.1", "--port", str(port)]


def _environment(folder: Path) -> dict[str, str]:
    """The environment without keys, and without what would have the server call home."""
    ours = ("OPENAI_", "USERMEM_", "LANGSMITH_", "LANGCHAIN_", "LANGGRAPH_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    quiet = {"LANGGRAPH_CLI_NO_ANALYTICS": "1", "LANGGRAPH_NO_VERSION_CHECK": "true"}
    tracing = {"LANGSMITH_TRACING": "false"}
    return {**kept, **quiet, **tracing, "USERMEM_PATH": str(folder / "memories.db")}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(client: httpx.Client, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Ask until the server says that it is well, for as long as its process lives."""
    deadline = monotonic() + PATIENCE_SECONDS
    while not _is_ready(client):
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.2)
        if process.returncode is not None or monotonic() > deadline:
            pytest.fail(f"the server did not start:\n{log.read_text()[-3000:]}")


def _is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/ok", timeout=1).is_success
    except httpx.TransportError:
        return False


def test_a_second_thread_knows_what_was_said_in_the_first(server: Server) -> None:
    """A home told in one thread is known in another, and every stage of memory worked."""
    first = server.run("I live in Leeds.", thread=server.thread(), context=ADA)
    assert [change["action"] for change in first["memory_report"]["changes"]] == ["add"]
    second = server.run("Where do I live?", thread=server.thread(), context=ADA)
    reply = "[offline model] This is what I remember: Lives in Leeds."
    assert [message["content"] for message in second["messages"]] == ["Where do I live?", reply]
    assert (first["memory_errors"], second["memory_errors"]) == ([], [])


def test_another_user_of_the_same_server_is_told_nothing(server: Server) -> None:
    """The same question of somebody else finds no memory."""
    ben = {"user_id": "ben@example.com"}
    state = server.run("Where do I live?", thread=server.thread(), context=ben)
    assert state["messages"][-1]["content"] == "[offline model] I remember nothing about that."


def test_a_run_without_a_user_is_refused(server: Server) -> None:
    """There is no default user on a server without auth, and the error says what is missing."""
    state = server.run("Where do I live?", thread=server.thread(), context={})
    assert state["__error__"]["error"] == "MissingUserError"


def test_nothing_blocks_the_event_loop(server: Server) -> None:
    """After runs of several users, the server has caught no blocking call."""
    for user in ("eve", "fay"):
        server.run("I live in York.", thread=server.thread(), context={"user_id": user})
    assert "BlockingError" not in server.log.read_text()
