"""Every failure of the service by its class, through both adapters."""

from __future__ import annotations

from typing import Any

from .rows import Row, check, has, table
from .server import Reply, broken, call, chunk, failure, last, reply, said
from .subjects import Ask
from .tools import ADD

#: Status, business code -> the class.
BY_CODE: dict[tuple[int, str | None], str] = {
    (401, "1000"): "AuthenticationError",
    (401, None): "AuthenticationError",
    (403, "1220"): "PermissionDeniedError",
    (403, None): "PermissionDeniedError",
    (400, "1211"): "NotFoundError",
    (404, None): "NotFoundError",
    (400, "1210"): "BadRequestError",
    (400, "1214"): "BadRequestError",
    (400, None): "BadRequestError",
    (422, None): "BadRequestError",
    (400, "1261"): "ContextOverflowError",
    (400, "1301"): "ContentFilterError",
    (429, "1302"): "RateLimitError",
    (429, "1305"): "RateLimitError",
    (429, None): "RateLimitError",
    (429, "1308"): "QuotaExceededError",
    (429, "1113"): "InsufficientBalanceError",
    (500, "1234"): "ServerError",
    (503, None): "ServerError",
}
PASSING = {"RateLimitError", "ServerError"}


def refused(status: int, code: str | None, kind: str) -> Row:
    want = {
        "error": kind,
        "status": status,
        "code": code,
        "message": has("refused"),
        "retryable": kind in PASSING,
        "tries": 1,
    }
    return Row(f"{status}-{code}", failure(status, code), want)


def in_a_stream(*events: Any) -> Reply:
    """A stream that a frame with an error ends."""
    error = {"error": {"code": "1302", "message": "refused"}}
    return Reply(reply("ok"), [*events, error], done=False)


def streamed(title: str, script: Reply, ask: Ask = Ask(), **want: Any) -> Row:  # noqa: B008 - frozen
    return Row(title, script, {"tries": 1, **want}, ask, ways=("stream", "astream"))


HALF_CALL = [chunk({"content": "so"}), chunk({"tool_calls": [call("add", '{"a": 1')]})]
ROWS = [
    *(refused(status, code, kind) for (status, code), kind in BY_CODE.items()),
    Row(
        "error-with-status-200",
        Reply({"error": {"code": "1302", "message": "refused"}}),
        {"error": "RateLimitError", "code": "1302", "message": has("refused"), "tries": 1},
    ),
    Row("in-chinese", failure(429, "1113", "余额不足或无可用资源包,请充值。"),
        {"error": "InsufficientBalanceError", "tries": 1,
         "message": has("余额不足", "the balance is used up")}),
    Row("in-chinese-of-an-unknown-code", failure(400, "9999", "新的错误"),
        {"error": "BadRequestError", "tries": 1,
         "message": has("新的错误", "not documented", "(HTTP 400")}),
    streamed("in-chinese-in-a-stream", Reply(reply("ok"), [{"error": {"code": "1302",
             "message": "您的账户已达到速率限制"}}], done=False), error="RateLimitError",
             message=has("您的账户已达到速率限制", "too many at once")),
    streamed("broken-off", broken("so far"), error="StreamIncompleteError", partial="so far",
             text="so far"),
    streamed("broken-off-in-a-call", Reply(reply("so"), HALF_CALL, done=False), Ask(tools=[ADD]),
             error="StreamIncompleteError", partial="so"),
    streamed("error-after-a-word", in_a_stream(chunk({"content": "so far"})),
             error="RateLimitError", code="1302", partial="so far", text="so far"),
    streamed("error-first", in_a_stream(), error="RateLimitError", code="1302", text=""),
    streamed("a-frame-of-nonsense", Reply(reply("ok"), [chunk({"content": "so"}), "{nonsense"]),
             error="StreamIncompleteError", partial="so"),
    streamed("an-end-without-a-mark", Reply(reply("ok"), [chunk({"content": "so"}), last("stop")],
             done=False), text="so", finish="stop"),
    Row("refused-here", said(), {"error": "InvalidRequestError", "message": has("temperature"),
        "tries": 0}, Ask(more={"temperature": 7.0})),
    Row("a-setting-of-the-model-in-a-call", said(), {"error": "InvalidRequestError",
        "message": has("api_key"), "tries": 0}, Ask(more={"api_key": "another.key"})),
]  # fmt: skip


@table(ROWS)
def test_errors(row, adapter, way):
    check(row, adapter, way)
