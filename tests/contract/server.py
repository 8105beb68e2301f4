"""A scripted chat server: each reply is served whole or as events, as the request asks.

The first request gets the first reply, the second the second, and the last one repeats.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.reliability.frames import DONE, frame
from tests.reliability.scenarios import answer, by_mode, chosen, stream
from tests.reliability.server import FaultServer, Scenario
from tests.support.answers import USAGE, call, chunk, last, reply

__all__ = [
    "TWICE",
    "USAGE",
    "Reply",
    "broken",
    "call",
    "calls",
    "chunk",
    "failure",
    "last",
    "reply",
    "said",
    "scripted",
]

#: The usage of two tries that each took `USAGE`: input, output, total, cached, reasoning.
TWICE = (22, 14, 36, 8, 6)
#: Characters of each piece of a streamed text: marks and tags are split over pieces.
_PIECE = 5
#: What a body has beside its choices, and what of it the last chunk repeats.
_OWN = frozenset({"id", "request_id", "created", "model", "choices", "usage"})


@dataclass(frozen=True)
class Reply:
    """One answer of the server.

    Attributes:
        body: The JSON of the whole answer, or what makes it of the decoded request.
        chunks: What is streamed in its place; None to cut the body into pieces.
        status: The HTTP status; other than 200 the body is served to streams too.
        done: False leaves the end of the stream out.
    """

    body: Any
    chunks: Sequence[Any] | None = None
    status: int = 200
    done: bool = True

    def scenario(self) -> Scenario:
        """What serves this reply."""
        if callable(self.body):
            make: Callable[[Any], Any] = self.body
            return chosen(lambda exchange: _served(self, make(exchange.request.json)))
        return _served(self, self.body)


def _served(made: Reply, body: Any) -> Scenario:
    whole = answer(body, made.status)
    if made.status != 200 or "choices" not in body:
        return whole
    events = made.chunks if made.chunks is not None else chunks_of(body)
    frames = [frame(event) for event in events]
    return by_mode(whole, stream(*frames, *([DONE] if made.done else [])))


def scripted(*replies: Reply) -> FaultServer:
    """A server with these replies in its script; use it in a ``with`` block."""
    return FaultServer(*(made.scenario() for made in replies))


def said(content: Any = "ok", **facts: Any) -> Reply:
    """An answer in words; ``facts`` are those of `tests.support.answers.reply`."""
    return Reply(reply(content, **facts))


def calls(*made: tuple[str, Any], content: str = "", **facts: Any) -> Reply:
    """An answer that calls tools: name and arguments as they are on the wire."""
    wire = [call(name, args, f"call_{n}", n) for n, (name, args) in enumerate(made)]
    return Reply(reply(content, tool_calls=wire, **facts))


def failure(status: int, code: str | None = None, message: str = "refused") -> Reply:
    """An error in the service's shape."""
    inner = {"message": message} if code is None else {"code": code, "message": message}
    return Reply({"error": inner}, status=status)


def broken(text: str, **facts: Any) -> Reply:
    """An answer whose stream ends in the middle: neither a finish reason nor a mark of the end."""
    body = reply(text, **facts)
    return Reply(body, chunks_of(body)[:-1], done=False)


def chunks_of(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The same answer in chunks: texts in short pieces, arguments in two, the rest at the end."""
    choice = body["choices"][0]
    message = choice["message"]
    deltas: list[dict[str, Any]] = []
    for field in ("reasoning_content", "content"):
        deltas += [{"role": "assistant", field: piece} for piece in _pieces(message.get(field))]
    deltas += [{"audio": message["audio"]}] if message.get("audio") else []
    for made in message.get("tool_calls") or ():
        deltas += [{"tool_calls": [piece]} for piece in _call_pieces(made)]
    top = {name: value for name, value in body.items() if name not in _OWN}
    end = last(choice["finish_reason"], body.get("usage"), **top)
    made_of = [*(chunk(delta) for delta in deltas), end]
    return [{**event, "id": body["id"], "model": body["model"]} for event in made_of]


def _pieces(text: Any) -> Iterator[str]:
    for start in range(0, len(text or ""), _PIECE):
        yield text[start : start + _PIECE]


def _call_pieces(made: Mapping[str, Any]) -> list[dict[str, Any]]:
    arguments = (made["function"] or {}).get("arguments")
    if not isinstance(arguments, str) or len(arguments) < 2:
        return [dict(made)]
    half = len(arguments) // 2
    first = {**made, "function": {**made["function"], "arguments": arguments[:half]}}
    rest = {"index": made.get("index"), "function": {"arguments": arguments[half:]}}
    return [first, rest]
