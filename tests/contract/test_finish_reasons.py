"""Why an answer ended: handed on as it came, or an error where the answer is none."""

from __future__ import annotations

from .rows import Row, check, has, table
from .server import Reply, calls, chunk, last, reply, said
from .subjects import Ask
from .tools import ADD


def ends(finish: str, **want: object) -> Row:
    return Row(finish, said("so far", finish=finish), {"text": "so far", "finish": finish, **want})


def _null() -> Reply:
    """An answer whose reason is null, in a stream that says properly that it ended."""
    body = reply("so far")
    body["choices"][0]["finish_reason"] = None
    return Reply(body, [chunk({"content": "so "}), chunk({"content": "far"}), last(None)])


ROWS = [
    ends("stop"),
    ends("length"),
    ends("sensitive"),
    ends("eos"),  # not in the documents; servers of one's own have others yet
    # No answer at all: the caller may try again.
    Row(
        "network_error",
        said("so far", finish="network_error"),
        {"error": "ServerError", "message": has("network_error"), "retryable": True, "tries": 1},
    ),
    Row("null", _null(), {"text": "so far", "finish": None}),
    Row(
        "tool_calls",
        calls(("add", '{"a": 1, "b": 2}')),
        {"calls": [("add", {"a": 1, "b": 2})], "finish": "tool_calls"},
        Ask(tools=[ADD]),
    ),
    # Some servers say so although they call.
    Row(
        "stop-with-calls",
        calls(("add", '{"a": 1, "b": 2}'), finish="stop"),
        {"calls": [("add", {"a": 1, "b": 2})], "finish": "stop"},
        Ask(tools=[ADD]),
    ),
]

# --- Where the adapters had drifted apart
OVERFLOW = "model_context_window_exceeded"
FROM_THE_CORE = [
    Row(
        "context-window",
        said("so far", finish=OVERFLOW),
        {"error": "ContextOverflowError", "message": has(OVERFLOW), "tries": 1},
    ),
    Row(
        "context-window-with-nothing-said",
        said("", finish=OVERFLOW),
        {"error": "ContextOverflowError", "message": has(OVERFLOW), "tries": 1},
    ),
    Row(
        "context-window-in-a-call",
        calls(("add", '{"a": 1'), finish=OVERFLOW),
        {"error": "ContextOverflowError", "message": has(OVERFLOW), "tries": 1},
        Ask(tools=[ADD]),
    ),
]


@table([*ROWS, *FROM_THE_CORE])
def test_finish_reasons(row, adapter, way):
    check(row, adapter, way)
