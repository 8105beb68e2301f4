"""Chat requests, checked: what is refused here, before anything is sent, and in answers. Pure.

Only what is certain to fail, or to be charged for nothing, is refused; and only for models that
the catalogue knows. Everything else is the service's to judge.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from zhipu_client import models
from zhipu_client._check import boolean
from zhipu_client._lazy import pattern
from zhipu_client._request import Reply, Request, StreamRequest, as_sent
from zhipu_client._sent_media import name_media, sent_media
from zhipu_client.chat._chunks import ChatChunk, ChatReader
from zhipu_client.dialects import DIALECTS, Dialect, DialectName
from zhipu_client.errors import InvalidRequestError, ServerError, ZhipuError

__all__ = ["answered", "body_of", "check_tool", "decoded", "streamed"]

R = TypeVar("R")

PATH = "/chat/completions"
MAX_TOOLS = 128
MAX_STOPS = 4
#: The catalogue's answer, asked for once a model.
_facts_of = lru_cache(maxsize=1024)(models.get)
_NAME = pattern(r"[a-zA-Z0-9_-]{1,64}")
#: Content part type -> what the model must be able to take in.
_NEEDS = {"image_url": "image", "video_url": "video", "file_url": "file", "file": "file"}


def decoded(
    model: str,
    messages: Sequence[Mapping[str, Any]],
    params: Mapping[str, Any],
    dialect: DialectName = "zhipu",
) -> Request[dict[str, Any]]:
    """Return the request of `create`, answered with the decoded JSON object as it came.

    Args:
        model: A model code.
        messages: The conversation.
        params: The parameters of `ChatParams`.
        dialect: Whose bounds are checked.

    Raises:
        InvalidRequestError: a parameter is outside of what the model takes.

    Examples:
        >>> from zhipu_client import chat
        >>> chat.decoded("glm-4.7", [{"role": "user", "content": "17 * 19?"}], {}).path
        '/chat/completions'
    """
    return answered(as_sent, model, messages, params, dialect)


def streamed(
    model: str,
    messages: Sequence[Mapping[str, Any]],
    params: Mapping[str, Any],
    dialect: DialectName = "zhipu",
) -> StreamRequest[ChatChunk]:
    """Return the request of `stream`. Arguments, and what is raised, as of `decoded`.

    Examples:
        >>> from zhipu_client import chat
        >>> chat.streamed("glm-4.7", [{"role": "user", "content": "17 * 19?"}], {}).json["stream"]
        True
    """
    body = body_of(model, messages, params, DIALECTS[dialect])
    body["stream"] = True
    return StreamRequest("POST", PATH, reader=ChatReader, json=body, model=model, explain=_explain)


def answered(
    parse: Callable[[Reply], R],
    model: str,
    messages: Sequence[Mapping[str, Any]],
    params: Mapping[str, Any],
    dialect: DialectName,
) -> Request[R]:
    """Return the request of `create`, whose answer ``parse`` reads."""
    return Request(
        "POST",
        PATH,
        parse=parse,
        json=body_of(model, messages, params, DIALECTS[dialect]),
        kind="generate",
        model=model,
        check=_check,
        explain=_explain,
    )


def body_of(
    model: str,
    messages: Sequence[Mapping[str, Any]],
    params: Mapping[str, Any],
    dialect: Dialect = DIALECTS["zhipu"],
) -> dict[str, Any]:
    """Return the JSON body of a chat request, checked by what the server is known to refuse."""
    if not isinstance(model, str) or not model.strip():
        raise InvalidRequestError(
            f"model must be a model code such as 'glm-4.7', not {model!r}",
            field="model",
            value=model,
        )
    info = _facts_of(model) if dialect.bounds else None
    messages = _listed("messages", messages, "a list of at least one message")
    values = {key: value for key, value in params.items() if value is not None}
    extra = values.pop("extra_body", None) or {}
    if not isinstance(extra, Mapping):
        raise _refused("extra_body", extra, "a mapping of field names to values")
    _check_messages(messages, info)
    _numbers(values, info)
    for name in ("do_sample", "tool_stream", "watermark_enabled"):
        boolean(name, values.get(name))
    _stops(values, MAX_STOPS if dialect.bounds else None)
    if "tools" in values:
        values["tools"] = _tools(values["tools"], dialect)
        if not values["tools"]:
            del values["tools"]
    for name, low, high in (("request_id", 6, 64), ("user_id", 6, 128)):
        if dialect.bounds and name in values and not low <= len(str(values[name])) <= high:
            raise _refused(name, values[name], f"{low} to {high} characters")
    left_out = {name for name, value in extra.items() if value is None}
    body = {"model": model, "messages": messages, **values, **extra}
    return {name: value for name, value in body.items() if name not in left_out}


def _listed(field: str, values: Any, what: str) -> list[Any]:
    """Return a list of any iterable, one that can be read only once included."""
    if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):
        raise _refused(field, values, what)
    return list(values)


def _refused(field: str, value: Any, limit: str, model: str | None = None) -> InvalidRequestError:
    shown = repr(value)
    if len(shown) > 80:
        shown = f"{shown[:77]}..."
    of_model = f" for {model}" if model else ""
    return InvalidRequestError(
        f"{field} is {shown}, but must be {limit}{of_model}", field=field, value=value
    )


def _numbers(values: dict[str, Any], info: models.ModelInfo | None) -> None:
    name = info.id if info else None
    high = 1.0 if info else math.inf
    temperature = _number(values, "temperature", 0.0, high, name)
    if temperature is not None and info is not None and info.legacy:
        # Models of 2024 take neither end of the range (1214); what is meant is clear.
        lowest, highest = info.temperature_min, info.temperature_max
        values["temperature"] = min(max(temperature, lowest), highest)
    _number(values, "top_p", 0.01 if info else 0.0, 1.0, name)
    if "max_tokens" in values:
        most = (info.max_tokens_allowed or info.max_output) if info else None
        tokens = values["max_tokens"]
        if isinstance(tokens, bool) or not isinstance(tokens, int) or tokens < 1:
            raise _refused("max_tokens", tokens, "a whole number of at least 1")
        if most is not None and tokens > most:
            raise _refused("max_tokens", tokens, f"1 to {most}", name)


def _number(
    values: Mapping[str, Any], field: str, low: float, high: float, model: str | None
) -> float | None:
    if field not in values:
        return None
    value = values[field]
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not low <= value <= high:
        limit = f"a number from {low:g} to {high:g}" if high < math.inf else f"at least {low:g}"
        raise _refused(field, value, limit, model)
    return float(value)


def _stops(values: dict[str, Any], most: int | None) -> None:
    if "stop" not in values:
        return
    stop = values["stop"]
    limit = f"up to {most} words that are not empty" if most else "words that are not empty"
    stops = [stop] if isinstance(stop, str) else _listed("stop", stop, limit)
    if (most and len(stops) > most) or not all(isinstance(word, str) and word for word in stops):
        raise _refused("stop", stop, limit)
    if stops:
        values["stop"] = stops
    else:
        del values["stop"]


def _tools(tools: Sequence[Mapping[str, Any]], dialect: Dialect) -> list[Mapping[str, Any]]:
    listed = _listed("tools", tools, f"a list of at most {MAX_TOOLS} tools")
    if dialect.bounds and len(listed) > MAX_TOOLS:
        raise _refused("tools", f"{len(listed)} tools", f"at most {MAX_TOOLS}")
    for position, tool in enumerate(listed):
        check_tool(tool, f"tools[{position}]", any_name=not dialect.plain_names)
    return listed


def check_tool(tool: Any, field: str, *, any_name: bool = False) -> None:
    """Refuse a tool that the service would refuse, naming what is wrong with it."""
    if not isinstance(tool, Mapping) or not isinstance(tool.get("type"), str):
        raise _refused(field, tool, 'an object with a "type"')
    if tool["type"] != "function":
        return
    function = tool.get("function")
    if not isinstance(function, Mapping):
        raise _refused(f"{field}.function", function, "an object")
    name = function.get("name")
    if not isinstance(name, str) or not (name if any_name else _NAME.fullmatch(name)):
        raise _refused(f"{field}.function.name", name, "1 to 64 of a-z A-Z 0-9 _ -")
    parameters = function.get("parameters")
    if parameters is None:
        return
    where = f"{field}.function.parameters"
    if not isinstance(parameters, Mapping):
        raise _refused(where, parameters, "a JSON Schema object")
    if parameters and parameters.get("type", "object") != "object":
        raise _refused(f"{where}.type", parameters.get("type"), '"object"')
    if not isinstance(parameters.get("properties", {}), Mapping):
        raise _refused(f"{where}.properties", parameters["properties"], "an object")


def _check_messages(messages: Sequence[Mapping[str, Any]], info: models.ModelInfo | None) -> None:
    if not messages:
        raise _refused("messages", messages, "a list of at least one message")
    images = 0
    for position, message in enumerate(messages):
        field = f"messages[{position}]"
        if not isinstance(message, Mapping) or not isinstance(message.get("role"), str):
            raise _refused(field, message, 'an object with a "role"')
        content = message.get("content")
        if info is None or not isinstance(content, list):
            continue
        for number, part in enumerate(content):
            kind = part.get("type") if isinstance(part, Mapping) else None
            _check_part(part, kind, f"{field}.content[{number}]", info)
            images += kind == "image_url"
    if info is not None and info.max_images and images > info.max_images:
        raise _refused("messages", f"{images} images", f"at most {info.max_images}", info.id)


def _check_part(part: Any, kind: Any, field: str, info: models.ModelInfo) -> None:
    needed = _NEEDS.get(kind) if isinstance(kind, str) else None
    if needed is None:
        return
    if needed not in info.inputs:
        raise _refused(f"{field}.type", kind, f"one of {', '.join(sorted(info.inputs))}", info.id)
    if kind != "image_url":
        return
    source = part.get("image_url")
    url = source.get("url") if isinstance(source, Mapping) else source
    if not isinstance(url, str) or url[:8].lower().startswith(("http://", "https://")):
        return
    if not info.base64_images:
        raise _refused(f"{field}.image_url", url, "an http(s) URL", info.id)
    size = len(url.partition(",")[2] or url) * 3 // 4
    if info.max_image_bytes and size > info.max_image_bytes:
        raise InvalidRequestError(
            f"{field}.image_url is an image of {size / 1e6:.1f} MB, but {info.id} takes at most "
            f"{info.max_image_bytes / 1e6:.1f} MB: make it smaller, or pass a URL",
            field=f"{field}.image_url",
            value=f"{size} bytes",
        )


def _explain(body: Mapping[str, Any], error: ZhipuError) -> None:
    """Name the media that were sent in a refusal that may be about them."""
    name_media(error, sent_media(body["messages"]), body)


def _check(reply: Reply) -> None:
    data = reply.data
    choices = data.get("choices") if isinstance(data, dict) else None
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise ServerError(
            "the answer has no choices: is base_url a chat endpoint?",
            status=reply.status,
            body=data,
            retryable=False,
        )
    if not isinstance(choices[0].get("message") or {}, (dict, str)):
        raise ServerError(
            "the answer's message cannot be read: it is neither an object nor text",
            status=reply.status,
            body=data,
        )
    if choices[0].get("finish_reason") == "network_error":
        error = ServerError(
            "the service interrupted the generation (finish_reason network_error)",
            status=reply.status,
            request_id=data.get("request_id"),
            retryable=True,
            body=data,
        )
        error.partial = data
        raise error
