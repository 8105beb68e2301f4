"""A loopback server that answers with what a test put in line, and keeps what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.answers import USAGE, call, chunk, chunks, last, reply

__all__ = ["USAGE", "Stub", "call", "chunk", "chunks", "last", "reply"]


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
