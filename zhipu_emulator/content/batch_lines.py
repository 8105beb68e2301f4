"""The lines of batch files: what is refused at upload."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from zhipu_emulator.http.errors import ServiceError

__all__ = ["MODELS", "check_lines", "read_lines"]

MAX_LINES = 50_000
MAX_EMBEDDING_LINES = 10_000
_CUSTOM_ID = 6  # characters at least

# In the order in which the gateway lists them when it refuses another one.
MODELS = (
    "glm-5.1",
    "glm-5-turbo",
    "glm-4",
    "glm-4-0520",
    "glm-4-plus",
    "glm-4-long",
    "glm-4-plus-0111",
    "glm-4-air",
    "glm-4-air-0111",
    "glm-4-air-250414",
    "glm-4-flash",
    "glm-4-flashx-250414",
    "glm-3-turbo",
    "glm-4v",
    "glm-4v-plus",
    "glm-5v-turbo",
    "glm-4v-plus-0111",
    "cogview-3",
    "cogview-3-plus",
    "cogview-4-250304",
    "embedding-2",
    "embedding-3",
    "cogvideox",
    "cogvideox-2",
)
URLS = (
    "/v4/chat/completions",
    "/v4/embeddings",
    "/v4/images/generations",
    "/v4/videos/generations",
)


def read_lines(content: bytes) -> list[dict[str, Any]]:
    """The objects of a JSON Lines file; blank lines are skipped.

    Raises:
        ServiceError: 1210, naming the line.
    """
    lines = []
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise _wrong(f"第{number}行不是合法的JSON", f"line {number} is not valid JSON")
        lines.append(value)
    return lines


def check_lines(content: bytes) -> None:
    """Check a batch file as the upload does.

    Raises:
        ServiceError: 1210.
    """
    lines = read_lines(content)
    models, seen = set(), set()
    for number, line in enumerate(lines, 1):
        model = _check_line(line, number)
        models.add(model)
        if line["custom_id"] in seen:
            raise _wrong(f"第{number}行custom_id重复", f"custom_id of line {number} is repeated")
        seen.add(line["custom_id"])
    if not lines:
        raise _wrong("文件内容不能为空", "the file is empty")
    if len(models) > 1:
        raise _wrong("每个文件只能包含一个模型", "a file must use one model only")
    limit = MAX_EMBEDDING_LINES if models & {"embedding-2", "embedding-3"} else MAX_LINES
    if len(lines) > limit:
        raise _wrong(f"请求数超过限制{limit}", f"more than {limit} requests")


def _check_line(line: Mapping[str, Any], number: int) -> str:
    custom_id, body = line.get("custom_id"), line.get("body")
    if not isinstance(custom_id, str) or len(custom_id) < _CUSTOM_ID:
        raise _wrong(
            f"第{number}行custom_id长度不能小于{_CUSTOM_ID}",
            f"custom_id of line {number} must have at least {_CUSTOM_ID} characters",
        )
    if line.get("method") != "POST" or line.get("url") not in URLS:
        raise _wrong(f"第{number}行method或url错误", f"method or url of line {number} is wrong")
    if not isinstance(body, Mapping):
        raise _wrong(f"第{number}行body错误", f"body of line {number} is wrong")
    model = str(body.get("model"))
    if model not in MODELS:
        raise _wrong(
            f"模型名称错误: {model}, 目前支持的模型: {', '.join(MODELS)}",
            f"wrong model: {model}, supported models: {', '.join(MODELS)}",
        )
    return model


def _wrong(zh: str, en: str) -> ServiceError:
    return ServiceError("1210", zh, en)
