"""One chat call as a value: what is sent, and what to do with the answer. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from llama_index.core.base.llms.types import ChatResponse, MessageRole, TextBlock

from zhipu_client import ContentFilterError, ZhipuError, chat

from ._json import object_in
from ._messages import from_wire
from ._stream import AnswerReader
from ._tools import (
    call_blocks,
    call_dicts,
    decode_names,
    encode_name,
    encode_tools,
    keep_first_call,
    name_of,
    read_choice,
    selections,
)

__all__ = ["Call", "ToolNotCalledError"]

#: What goes on the wire by these names; anything else that a caller passes is an extra field.
PARAMS = (
    "temperature",
    "top_p",
    "max_tokens",
    "stop",
    "response_format",
    "thinking",
    "reasoning_effort",
    "do_sample",
    "tool_stream",
    "request_id",
    "user_id",
    "sensitive_word_check",
    "watermark_enabled",
    "meta",
)
#: What other integrations' callers pass, which means nothing to the service.
_DROPPED = ("formatted", "verbose", "stream", "stream_options", "strict", "tool_required")
_MUST_CALL = "You must answer by calling {which}. Do not answer in words."
_REPAIR = "You did not call {which}, or its arguments were no valid JSON. Call it now."


class ToolNotCalledError(ZhipuError, ValueError):
    """A tool had to be called, and the model answered in words twice.

    Attributes:
        response: The last answer.
    """

    def __init__(self, message: str, response: ChatResponse) -> None:
        super().__init__(message)
        self.response = response


@dataclass(frozen=True, slots=True)
class Call:
    """A chat call, ready to be sent.

    Attributes:
        model: The model code.
        messages: The conversation on the wire.
        params: The parameters of `zhipu_client.chat.create`.
        names: Tool names on the wire -> the caller's.
        must_call: The tools of which one has to be called; empty when none has to.
        single_call: Keep only the first tool call.
        refuse_filtered: Raise when content safety cut the answer.
        options: What `Client.send` takes beside the request.
        spent: The usage of the try before this one.
    """

    model: str
    messages: list[dict[str, Any]]
    params: dict[str, Any]
    names: Mapping[str, str] = field(default_factory=dict)
    must_call: tuple[str, ...] = ()
    single_call: bool = False
    refuse_filtered: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    spent: Mapping[str, Any] | None = None

    def request(self) -> Any:
        """The request for an answer in one piece."""
        return chat.create(model=self.model, messages=self.messages, **self.params).as_dict()

    def stream_request(self) -> Any:
        """The request for an answer in chunks."""
        return chat.stream(model=self.model, messages=self.messages, **self.params)

    def reader(self) -> AnswerReader:
        """What reads the chunks of `stream_request`."""
        return AnswerReader(self.names, single_call=self.single_call)

    def read(self, body: Mapping[str, Any]) -> ChatResponse:
        """The response for the body that `request` was answered with."""
        response = from_wire(body, self.names)
        if self.single_call:
            keep_first_call(response.message)
        return response

    def settle(self, response: ChatResponse) -> tuple[ChatResponse | None, Call | None]:
        """Look at a whole answer: the response that replaces it, and the call to make next.

        Raises:
            ContentFilterError: content safety cut the answer, and the caller wants to know.
            ToolNotCalledError: a tool had to be called, and this was the second try.
        """
        if self.refuse_filtered and response.additional_kwargs.get("finish_reason") == "sensitive":
            raise ContentFilterError(
                "content safety cut the answer (finish_reason sensitive)", body=response.raw
            )
        again: Call | None = None
        replaced = False
        if self.must_call and not selections(response):
            replaced = self._rescue(response)
            if not replaced:
                again = self._repair(response)
        if self.spent and again is None:
            replaced = _add_usage(response, self.spent) or replaced
        return (response if replaced else None), again

    def _which(self) -> str:
        names = [encode_name(name) for name in self.must_call]
        if len(names) == 1:
            return f"the function {names[0]}"
        return f"one of the functions {', '.join(names)}"

    def _rescue(self, response: ChatResponse) -> bool:
        """Take the arguments from the text, where a model wrote them there."""
        if len(self.must_call) != 1:
            return False
        arguments = object_in(response.message.content or "")
        schema = next(
            (
                tool["function"].get("parameters") or {}
                for tool in self.params.get("tools") or ()
                if tool.get("type") == "function"
            ),
            {},
        )
        wanted = set(schema.get("required") or schema.get("properties") or ())
        if arguments is None or not wanted or not wanted <= set(arguments):
            return False
        written = json.dumps(arguments, ensure_ascii=False)
        call = {"function": {"name": self.must_call[0], "arguments": written}}
        blocks = call_blocks([call], {}, whole=True)
        message = response.message
        kept = [block for block in message.blocks if not isinstance(block, TextBlock)]
        message.blocks = [*kept, TextBlock(text=""), *blocks]
        message.additional_kwargs = {**message.additional_kwargs, "tool_calls": call_dicts(blocks)}
        return True

    def _repair(self, response: ChatResponse) -> Call:
        if self.spent is not None:
            raise ToolNotCalledError(
                f"the model was told twice to call {self._which()}, and answered in words: "
                f"{(response.message.content or '')[:200]!r}",
                response,
            )
        said = {"role": MessageRole.ASSISTANT.value, "content": response.message.content or "…"}
        order = {"role": "user", "content": _REPAIR.format(which=self._which())}
        usage = response.raw.get("usage") if isinstance(response.raw, dict) else None
        return replace(self, messages=[*self.messages, said, order], spent=usage or {})


def _add_usage(response: ChatResponse, spent: Mapping[str, Any]) -> bool:
    """Count the tokens of the try before, which were paid for."""
    raw: Any = response.raw
    usage = raw.get("usage") if isinstance(raw, dict) else None
    if not isinstance(usage, dict):
        return False
    total = dict(usage)
    for name in ("prompt_tokens", "completion_tokens", "total_tokens"):
        if isinstance(usage.get(name), int) and isinstance(spent.get(name), int):
            total[name] = usage[name] + spent[name]
            response.additional_kwargs[name] = total[name]
    response.raw = {**raw, "usage": total}
    return True


def build(
    *,
    model: str,
    messages: list[dict[str, Any]],
    values: Mapping[str, Any],
    native_choice: bool,
    refuse_filtered: bool,
) -> Call:
    """Sort a call's values into parameters, tools, options and extra fields.

    Args:
        model: The model code.
        messages: The conversation on the wire.
        values: Fields of the LLM, overridden by the arguments of the call.
        native_choice: Send ``tool_choice`` as it is, in place of making the model obey.
        refuse_filtered: See `Call`.
    """
    values = {key: value for key, value in values.items() if value is not None}
    for name in _DROPPED:
        values.pop(name, None)
    options = _options(values)
    tools = list(values.pop("tools", ()))
    server_tools = list(values.pop("server_tools", ()))
    choice = values.pop("tool_choice", None)
    parallel = values.pop("parallel_tool_calls", True)
    extra = dict(values.pop("extra_body", None) or {})
    params: dict[str, Any] = {name: values.pop(name) for name in PARAMS if name in values}
    extra = {**values, **extra}
    if extra:
        params["extra_body"] = extra
    messages = _with_schema(messages, params)
    call = Call(
        model=model,
        messages=messages,
        params=params,
        names=decode_names(tools),
        single_call=not parallel,
        refuse_filtered=refuse_filtered,
        options=options,
    )
    return _with_tools(call, tools, server_tools, choice, native_choice)


def _options(values: dict[str, Any]) -> dict[str, Any]:
    """Take out what is for the client alone."""
    found: dict[str, Any] = {
        name: values.pop(name) for name in ("timeout", "max_retries") if name in values
    }
    headers = [values.pop(name) for name in _HEADERS if name in values]
    if headers:
        found["headers"] = {name: text for given in headers for name, text in given.items()}
    return found


#: What a call's headers may be called; the last one wins.
_HEADERS = ("default_headers", "headers", "extra_headers")


def _with_tools(
    call: Call,
    tools: Sequence[Mapping[str, Any]],
    server_tools: Sequence[Mapping[str, Any]],
    choice: Any,
    native: bool,
) -> Call:
    read = read_choice(choice, tools) if tools else "auto"
    if read == "none":
        tools = []
    elif isinstance(read, tuple):
        tools = [tool for tool in tools if name_of(tool) == read[0]]
    sent = [*encode_tools(tools), *server_tools]
    params = dict(call.params)
    if sent:
        params["tools"] = sent
    if not tools or (isinstance(read, str) and read != "required"):
        return replace(call, params=params)
    names = tuple(name for tool in tools if (name := name_of(tool)) is not None)
    if native:
        wire_name = {"type": "function", "function": {"name": encode_name(names[0])}}
        params["tool_choice"] = "required" if read == "required" else wire_name
        return replace(call, params=params)
    forced = replace(call, params=params, must_call=names)
    order = _MUST_CALL.format(which=forced._which())
    return replace(forced, messages=with_order(call.messages, order))


def with_order(messages: Sequence[Mapping[str, Any]], order: str) -> list[dict[str, Any]]:
    """The messages with an order at the end of the system message, or in a new one."""
    copied = [dict(message) for message in messages]
    if copied and copied[0]["role"] == "system" and isinstance(copied[0]["content"], str):
        copied[0]["content"] = f"{copied[0]['content']}\n\n{order}"
        return copied
    return [{"role": "system", "content": order}, *copied]


def _with_schema(messages: list[dict[str, Any]], params: dict[str, Any]) -> list[dict[str, Any]]:
    """``json_schema``, which the service does not know, as JSON mode and a described schema."""
    wanted = params.get("response_format")
    if not isinstance(wanted, Mapping) or wanted.get("type") != "json_schema":
        return messages
    described: Mapping[str, Any] = wanted.get("json_schema") or {}
    params["response_format"] = {"type": "json_object"}
    return with_order(messages, schema_order(described.get("schema", described)))


def schema_order(schema: Mapping[str, Any]) -> str:
    """The sentence that asks for JSON of a schema."""
    written = json.dumps(schema, ensure_ascii=False)
    return (
        "Answer with one JSON object and nothing else. It must be an instance of this JSON "
        f"Schema (not the schema itself):\n{written}"
    )
