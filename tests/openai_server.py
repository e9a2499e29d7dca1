"""A server on this machine that speaks OpenAI's chat completions, and fails as told to.

with OpenAIServer([says("Hello."), fails(429)]) as server:
    model = ChatOpenAI(model="scripted", base_url=server.url, api_key="none", max_retries=0)

Who asks for a stream gets the same completion word by word.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from typing import Any, Self

from tests.openai_stream import events_of

Body = dict[str, Any]
OK = HTTPStatus.OK
FIRST_EVENTS = 3
"""How much of a stream that breaks off is sent: the role and two words."""


@dataclass(frozen=True)
class Reply:
    """What one request is answered with; `None` as status closes the connection instead."""

    status: int | None = 200
    body: Mapping[str, Any] | bytes = b""
    hangs: bool = False
    breaks_off: bool = False
    """Whether a stream ends after its first words, without a word of farewell."""


Script = Sequence[Reply] | Callable[[Body], Reply]


class OpenAIServer:
    """Answers requests in order, the last reply again and again; or as a function of the request.

    `requests` holds the JSON of each. A reply that hangs is sent when the server closes.
    """

    def __init__(self, script: Script) -> None:
        self._script = script
        self.requests: list[Body] = []
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        """The base URL for a client."""
        return f"http://127.0.0.1:{self._http.server_port}/v1"

    def __enter__(self) -> Self:
        """The server, which answers from now on."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of whoever still waits, and stop."""
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def reply_to(self, request: Body) -> Reply:
        """The next reply, once the request is noted."""
        with self._lock:
            place = len(self.requests)
            self.requests.append(request)
        if callable(self._script):
            return self._script(request)
        return self._script[min(place, len(self._script) - 1)]


def says(text: str | None, *, finish_reason: str = "stop", **message: Any) -> Reply:
    """A completion with this text."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text, **message},
        "finish_reason": finish_reason,
    }
    return completes([choice])


def lists(*items: Mapping[str, Any], name: str = "memories") -> Reply:
    """A completion that lists items as structured output does."""
    return says(json.dumps({name: items}))


def calls(*arguments: str, name: str = "memories") -> Reply:
    """A completion that calls a tool once with each of these arguments, which may be no JSON."""
    tool_calls = [
        {"id": f"call-{n}", "type": "function", "function": {"name": name, "arguments": given}}
        for n, given in enumerate(arguments)
    ]
    return says(None, finish_reason="tool_calls", tool_calls=tool_calls)


def refuses() -> Reply:
    """A completion that holds a refusal in its own field."""
    return says(None, refusal="I cannot help with that.")


def fails(status: int, message: str = "it failed") -> Reply:
    """An error of the provider's."""
    return Reply(status, {"error": {"message": message, "type": "error", "code": None}})


def hangs() -> Reply:
    """An answer that does not come before the server closes."""
    return Reply(hangs=True)


def resets() -> Reply:
    """A connection that is closed without an answer."""
    return Reply(status=None)


def breaks_off(text: str) -> Reply:
    """A completion of which a stream gives the first words only."""
    return replace(says(text), breaks_off=True)


def completes(choices: Any) -> Reply:
    """A completion with any choices, such as null."""
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    body = {"id": "c", "object": "chat.completion", "created": 0, "model": "scripted"}
    return Reply(200, {**body, "choices": choices, "usage": usage})


def _handler(server: OpenAIServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            reply = server.reply_to(request)
            if reply.hangs:
                server.closing.wait()
            if reply.hangs or reply.status is None:
                self.close_connection = True
            elif request.get("stream") and isinstance(reply.body, Mapping) and reply.status == OK:
                options = request.get("stream_options") or {}
                events = events_of(reply.body, with_usage=bool(options.get("include_usage")))
                self._stream(events, breaks_off=reply.breaks_off)
            else:
                self._send(reply.status, reply.body)

        def _stream(self, events: Iterator[bytes], *, breaks_off: bool) -> None:
            self.send_response(OK)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for event in islice(events, FIRST_EVENTS if breaks_off else None):
                self.wfile.write(b"%x\r\n%b\r\n" % (len(event), event))
            if breaks_off:
                self.close_connection = True
            else:
                self.wfile.write(b"0\r\n\r\n")

        def _send(self, status: int, body: Mapping[str, Any] | bytes) -> None:
            sent = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: object) -> None:
            """Nothing: what is asked is in `requests`."""

    return Handler
