"""Reading request parameters with the service's refusals."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from zhipu_emulator.http.errors import ServiceError
from zhipu_emulator.http.responses import dumps

_INTEGER = re.compile(r"-?\d{1,20}")

__all__ = ["Params", "id_text", "illegal", "missing", "out_of_range", "unknown_model"]


def missing(name: str) -> ServiceError:
    """1213: a required parameter did not come."""
    return ServiceError(
        "1213", f"未正常接收到{name}参数。", f"The {name} parameter was not received properly."
    )


def illegal(name: str, zh: str = "请检查文档。", en: str = "") -> ServiceError:
    """1214: a parameter has a value or a type that it cannot have."""
    return ServiceError(
        "1214",
        f"{name} 参数非法。{zh}",
        f"The {name} parameter is illegal. {en or 'Please check the documentation.'}",
    )


def out_of_range(name: str, low: float, high: float) -> ServiceError:
    """1210 in the gateway's form for numbers and lengths."""
    limits = f"[{low:g},{high:g}]" if high < 100_000 else f"[{int(low)},{int(high)}]"
    return ServiceError(
        "1210",
        f"{name}参数非法：限制数值范围{limits}",
        f"{name} is illegal: the allowed range is {limits}",
    )


def unknown_model() -> ServiceError:
    """1211."""
    return ServiceError("1211")


def id_text(value: Any) -> str | None:
    """An id of the caller's as text; None for what is neither text nor a number.

    The official SDK's own tests send the time as it is, and numbers are read as text.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else None


class Params:
    """The parameters of one request. A null counts as not sent: the official SDK sends nulls.

    Args:
        body: The decoded body, or the text fields of a form.
    """

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._body = {name: value for name, value in body.items() if value is not None}

    def get(self, name: str) -> Any:
        """The value as it came; None when it was not sent."""
        return self._body.get(name)

    def required(self, name: str) -> Any:
        """The value as it came, or 1213."""
        if name not in self._body:
            raise missing(name)
        return self._body[name]

    def model(self, known: Collection[str]) -> str:
        """The model code: 1213 when missing, 1211 when unknown."""
        value = self.required("model")
        if not isinstance(value, str):
            raise illegal("model")
        if value not in known:
            raise unknown_model()
        return value

    def text(
        self,
        name: str,
        default: str | None = None,
        *,
        choices: Collection[str] | None = None,
        max_length: int | None = None,
    ) -> str:
        """A string; required when ``default`` is None, and then not blank."""
        value = self._body.get(name, default)
        if value is None:
            raise missing(name)
        if not isinstance(value, str):
            raise illegal(name)
        if default is None and not value.strip():
            raise illegal(name, "输入不能为空", "The input must not be empty.")
        if max_length is not None and len(value) > max_length:
            raise out_of_range(f"{name}.length", 1, max_length)
        if choices is not None and value not in choices and value != default:
            raise _not_offered(name, choices)
        return value

    def integer(
        self,
        name: str,
        default: int | None = None,
        *,
        low: int = 1,
        high: int = 2**31,
        choices: Collection[int] | None = None,
    ) -> int | None:
        """An integer in ``low..high`` or among ``choices``; forms send it as text."""
        value = self._body.get(name, default)
        if value is None:
            return None
        if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise illegal(name)
        if choices is not None and value not in choices:
            raise _not_offered(name, choices)
        if not low <= value <= high:
            raise out_of_range(name, low, high)
        return value

    def number(self, name: str, default: float, *, low: float, high: float) -> float:
        """A number in ``low..high``."""
        value = self._body.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise illegal(name)
        if not low <= value <= high:
            raise out_of_range(name, low, high)
        return float(value)

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean; forms send it as text."""
        value = self._body.get(name, default)
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if not isinstance(value, bool):
            raise illegal(name)
        return value

    def caller_ids(self) -> str | None:
        """Check ``user_id`` and ``request_id``; return the latter."""
        for name, low, high in (("user_id", 6, 128), ("request_id", 6, 64)):
            value = self._body.get(name)
            if value in (None, ""):
                continue
            value = id_text(value)
            if value is None:
                raise illegal(name)
            if not low <= len(value) <= high:
                raise out_of_range(f"{name}.length", low, high)
        return id_text(self._body.get("request_id")) or None


def _not_offered(name: str, choices: Collection[Any]) -> ServiceError:
    shown = dumps(list(choices))
    return ServiceError(
        "1210",
        f"{name} 参数非法，取值范围 {shown}",
        f"{name} is invalid, allowed values: {shown}",
    )
