"""Chat completions: ``POST /chat/completions``.

Examples:
    >>> from zhipu_client import Client, chat
    >>> client = Client()  # doctest: +SKIP
    >>> messages = [{"role": "user", "content": "17 * 19?"}]
    >>> reply = client.send(chat.create(model="glm-4.7", messages=messages))  # doctest: +SKIP
    >>> reply.text  # doctest: +SKIP
    '323'
    >>> with client.stream(chat.stream(model="glm-4.7", messages=messages)) as chunks:
    ...     for chunk in chunks:
    ...         print(chunk["choices"][0]["delta"])  # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from zhipu_client._lazy import hint, loader
from zhipu_client._replies import parse_as
from zhipu_client._request import Request, StreamRequest
from zhipu_client.chat._chunks import (
    REASONING_KEYS,
    SERVER_CALLS,
    Accumulator,
    ChatChunk,
    Fragment,
    ToolCallMerger,
    calls_of,
    is_served,
    message_of,
    reasoning_of,
    text_of,
    unique_ids,
)
from zhipu_client.chat._requests import answered, decoded, streamed
from zhipu_client.dialects import DialectName

if TYPE_CHECKING:
    from zhipu_client._task import Task
    from zhipu_client.chat._replies import ChatCompletion, Choice, Message, Usage
else:
    Task = hint("zhipu_client._task", "Task")
    __getattr__ = loader(
        __name__, {"zhipu_client.chat._replies": "ChatCompletion Choice Message Usage"}
    )

__all__ = [
    "REASONING_KEYS",
    "SERVER_CALLS",
    "Accumulator",
    "ChatChunk",
    "ChatCompletion",
    "ChatParams",
    "Choice",
    "Fragment",
    "Message",
    "ToolCallMerger",
    "Usage",
    "calls_of",
    "create",
    "decoded",
    "is_served",
    "message_of",
    "reasoning_of",
    "stream",
    "streamed",
    "submission",
    "submit",
    "text_of",
    "unique_ids",
]

TASKS_PATH = "/async/chat/completions"


class ChatParams(TypedDict, total=False):
    """The optional parameters of a chat request; those that are None are not sent.

    Attributes:
        temperature: 0.0 to 1.0.
        top_p: 0.01 to 1.0.
        max_tokens: 1 up to the model's own cap; the reasoning counts.
        stop: Up to 4 stop words.
        tools: Up to 128 function tools, or ``web_search`` / ``retrieval`` / ``mcp`` ones.
        tool_choice: The service documents ``"auto"`` only.
        response_format: ``{"type": "text"}`` or ``{"type": "json_object"}``.
        thinking: ``{"type": "enabled" | "disabled", "clear_thinking": bool}``.
        reasoning_effort: ``max``, ``xhigh``, ``high``, ``medium``, ``low``, ``minimal``, ``none``
            (GLM-5.2 and later).
        do_sample: False makes the service ignore ``temperature`` and ``top_p``.
        tool_stream: Stream the arguments of tool calls in pieces (GLM-4.6 and later).
        stream_options: ``{"include_usage": True}`` asks your own server for the tokens of a
            stream; the service sends them always.
        request_id: 6 to 64 characters, unique; made by the client when left out.
        user_id: 6 to 128 characters.
        sensitive_word_check: Needs an entitlement.
        watermark_enabled: For audio answers.
        meta: For character models.
        extra: For CodeGeeX-4: ``{"target": {"path", "language", "code_prefix", "code_suffix"},
            "contexts": [{"path", "code"}]}``.
        extra_body: Further fields, merged last and not looked at; None leaves a field out.
    """

    temperature: float | None
    top_p: float | None
    max_tokens: int | None
    stop: str | Sequence[str] | None
    tools: Sequence[Mapping[str, Any]] | None
    tool_choice: str | Mapping[str, Any] | None
    response_format: Mapping[str, Any] | None
    thinking: Mapping[str, Any] | None
    reasoning_effort: str | None
    do_sample: bool | None
    tool_stream: bool | None
    stream_options: Mapping[str, Any] | None
    request_id: str | None
    user_id: str | None
    sensitive_word_check: Mapping[str, Any] | None
    watermark_enabled: bool | None
    meta: Mapping[str, Any] | None
    extra: Mapping[str, Any] | None
    extra_body: Mapping[str, Any] | None


def create(
    *,
    model: str,
    messages: Sequence[Mapping[str, Any]],
    dialect: DialectName = "zhipu",
    **params: Unpack[ChatParams],
) -> Request[ChatCompletion]:
    """Ask for an answer in one piece.

    Args:
        model: A model code, for example ``"glm-4.7"``.
        messages: The conversation on the wire's own shape, at least one.
        dialect: Whose bounds are checked: the service's, or none with ``"openai"``, for your
            own servers.
        **params: See `ChatParams`.

    Raises:
        InvalidRequestError: a parameter is outside of what the model takes.

    Example:
        ```python
        from zhipu_client import Client, chat

        messages = [{"role": "user", "content": "What is 17 * 19?"}]
        reply = Client().send(chat.create(model="glm-4.7", messages=messages, max_tokens=1000))
        print(reply.reasoning, reply.text, reply.usage.total_tokens)
        ```
    """
    from zhipu_client.chat._replies import ChatCompletion

    return answered(parse_as(ChatCompletion), model, messages, params, dialect)


def submit(
    *, model: str, messages: Sequence[Mapping[str, Any]], **params: Unpack[ChatParams]
) -> Request[Task]:
    """Have an answer made later: ``POST /async/chat/completions`` (open.bigmodel.cn only).

    The answer is a task at first; `zhipu_client.wait_result` waits for the chat's answer, whose
    ``choices`` and ``usage`` are those of `create`. Results do not expire.

    Args:
        model: A model code, for example ``"glm-4.7"``.
        messages: The conversation on the wire's own shape, at least one.
        **params: See `ChatParams`.

    Raises:
        InvalidRequestError: a parameter is outside of what the model takes.

    Examples:
        >>> from zhipu_client import chat
        >>> chat.submit(model="glm-4.7", messages=[{"role": "user", "content": "17 * 19?"}]).path
        '/async/chat/completions'
    """
    return submission(decoded(model, messages, params))


def submission(request: Request[Any]) -> Request[Task]:
    """Return the request that has the answer of another one made later.

    Args:
        request: A request for a chat's answer in one piece, as of `create`.

    Examples:
        >>> from zhipu_client import chat
        >>> question = [{"role": "user", "content": "17 * 19?"}]
        >>> chat.submission(chat.create(model="glm-4.7", messages=question)).kind
        'paid'
    """
    from zhipu_client._task import Task  # with all that tasks and long work have

    return replace(request, path=TASKS_PATH, parse=parse_as(Task), kind="paid", check=None)


def stream(
    *,
    model: str,
    messages: Sequence[Mapping[str, Any]],
    dialect: DialectName = "zhipu",
    **params: Unpack[ChatParams],
) -> StreamRequest[ChatChunk]:
    """Ask for an answer in chunks, plain dicts as the wire has them. Parameters as in `create`.

    Raises:
        InvalidRequestError: a parameter is outside of what the model takes.
        StreamIncompleteError: while iterating, when the answer is cut.

    Example:
        ```python
        from zhipu_client import Client, chat

        messages = [{"role": "user", "content": "What is 17 * 19?"}]
        whole = chat.Accumulator()
        with Client().stream(chat.stream(model="glm-4.7", messages=messages)) as chunks:
            for chunk in chunks:
                whole.add(chunk)
                for choice in chunk.get("choices", ()):
                    print(choice["delta"].get("content") or "", end="")
        print(whole.message()["usage"])
        ```
    """
    return streamed(model, messages, params, dialect)
