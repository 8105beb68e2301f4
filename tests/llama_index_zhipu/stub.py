"""A loopback server that answers with what a test put in line, and keeps what it was asked."""

from __future__ import annotations

import copy
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["Stub", "call", "chunk", "chunks", "last", "reply"]

USAGE = {
    "prompt_tokens": 11,
    "completion_tokens": 7,
    "total_tokens": 18,
    "prompt_tokens_details": {"cached_tokens": 4},
    "completion_tokens_details": {"reasoning_tokens": 3},
}


def call(
    name: str, arguments: Any = "{}", identity: str | None = "call_1", index: int | None = 0
) -> Any:
    """A tool call on the wire."""
    made: dict[str, Any] = {"type": "function", "function": {"name": name, "arguments": arguments}}
    if identity is not None:
        made["id"] = identity
    if index is not None:
        made["index"] = index
    return made


def reply(
    content: Any = "ok",
    *,
    reasoning: str | None = None,
    tool_calls: Sequence[Any] | None = None,
    finish: str | None = None,
    usage: Any = USAGE,
    **top: Any,
) -> dict[str, Any]:
    """A whole answer."""
    message: dict[str, Any] = {"role": "assistant", "content": content}
    if reasoning is not None:
        message["reasoning_content"] = reasoning
    if tool_calls:
        message["tool_calls"] = list(tool_calls)
    finish = finish or ("tool_calls" if tool_calls else "stop")
    body = {
        "id": "20260101x",
        "request_id": "20260101x",
        "created": 1,
        "model": "glm-4.7",
        "choices": [{"index": 0, "finish_reason": finish, "message": message}],
        **top,
    }
    if usage is not None:
        body["usage"] = copy.deepcopy(usage)
    return body


def chunk(delta: dict[str, Any], **choice: Any) -> dict[str, Any]:
    return {
        "id": "20260101x",
        "created": 1,
        "object": "chat.completion.chunk",
        "model": "glm-4.7",
        "choices": [{"index": 0, "delta": delta, **choice}],
    }


def last(finish: str = "stop", usage: Any = USAGE, **top: Any) -> dict[str, Any]:
    """The chunk that ends a stream."""
    made = chunk({"role": "assistant", "content": ""}, finish_reason=finish)
    if usage is not None:
        made["usage"] = copy.deepcopy(usage)
    return {**made, **top}


def chunks(
    *texts: str,
    reasoning: Sequence[str] = (),
    tool_calls: Sequence[Any] = (),
    finish: str | None = None,
    **top: Any,
) -> list[dict[str, Any]]:
    """A streamed answer; each tool call in a delta of its own."""
    made = [chunk({"role": "assistant", "reasoning_content": piece}) for piece in reasoning]
    made += [chunk({"role": "assistant", "content": piece}) for piece in texts]
    made += [chunk({"tool_calls": [item]}) for item in tool_calls]
    return [*made, last(finish or ("tool_calls" if tool_calls else "stop"), **top)]


class Stub:
    """Answers in line, by ``put``; a dict is a body, a list a stream, a pair a failure."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        #: Set when a stream's reader went away before its end.
        self.left = threading.Event()
        self.written = 0
        self.pause = 0.0
        self._line: deque[Any] = deque()
        self.default: Any = None
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                stub._answer(self)

            do_GET = do_POST

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/api/paas/v4"

    def put(self, *answers: dict[str, Any] | list[Any] | tuple[int, Any] | Callable[..., Any]):
        self._line.extend(answers)
        return self

    def clear(self) -> None:
        self.requests.clear()
        self.headers.clear()
        self.paths.clear()
        self._line.clear()
        self.left.clear()
        self.default, self.pause, self.written = None, 0.0, 0

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        size = int(handler.headers.get("content-length") or 0)
        content = handler.rfile.read(size) or b"{}"
        # What comes with a file is no JSON.
        request = json.loads(content) if content.startswith(b"{") else {}
        self.requests.append(request)
        self.headers.append({k.lower(): v for k, v in handler.headers.items()})
        self.paths.append(handler.path)
        answer = self._line.popleft() if self._line else self.default
        if callable(answer):
            answer = answer(request)
        if answer is None:
            answer = chunks("ok") if request.get("stream") else reply("ok")
        if isinstance(answer, list):
            self._stream(handler, answer)
            return
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        data = json.dumps(body).encode()
        handler.send_response(status)
        handler.send_header("content-type", "application/json")
        handler.send_header("content-length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def _stream(self, handler: BaseHTTPRequestHandler, events: list[Any]) -> None:
        handler.send_response(200)
        handler.send_header("content-type", "text/event-stream;charset=UTF-8")
        handler.send_header("connection", "close")
        handler.end_headers()
        handler.close_connection = True
        try:
            for event in [*events, "[DONE]"]:
                text = event if isinstance(event, str) else json.dumps(event, ensure_ascii=False)
                handler.wfile.write(f"data: {text}\n\n".encode())
                handler.wfile.flush()
                self.written += 1
                if self.pause:
                    time.sleep(self.pause)
        except OSError:
            self.left.set()
