"""Presets and limits: where requests go, how long they may take, how large answers may be. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlsplit

from zhipu_client._lazy import pattern
from zhipu_client.errors import InvalidRequestError

__all__ = [
    "BASE_URL_VARIABLES",
    "KEY_VARIABLES",
    "MAX_EVENT_BYTES",
    "MAX_REPLY_BYTES",
    "NOT_OFFERED",
    "PRESETS",
    "Timeout",
    "header_fields",
    "merged_headers",
    "names_base_url",
    "not_a_base",
    "offered",
    "proxy_url",
    "resolve_base_url",
    "root_of",
    "site_of",
]

#: Name -> base URL. The coding presets serve the GLM Coding Plan, whose quota counts only there.
PRESETS: Mapping[str, str] = {
    "bigmodel": "https://open.bigmodel.cn/api/paas/v4",
    "zai": "https://api.z.ai/api/paas/v4",
    "bigmodel-coding": "https://open.bigmodel.cn/api/coding/paas/v4",
    "zai-coding": "https://api.z.ai/api/coding/paas/v4",
}

#: Environment variable of a key -> the preset that it belongs to. Searched in this order.
KEY_VARIABLES: Mapping[str, str] = {
    "ZHIPUAI_API_KEY": "bigmodel",
    "ZHIPU_API_KEY": "bigmodel",
    "ZAI_API_KEY": "zai",
    "Z_AI_API_KEY": "zai",  # of the coding tools, which say the site in a variable of its own
}
#: That variable, and its values.
_MODE = "Z_AI_MODE"
_KEY_OF_MODE = "Z_AI_API_KEY"
_MODES = {"ZHIPU": "bigmodel", "ZAI": "zai"}

#: Environment variables of the base URL, searched in this order. The last is the one of the
#: older LangChain integration, whose users put the whole chat URL into it.
BASE_URL_VARIABLES = ("ZHIPUAI_BASE_URL", "ZAI_BASE_URL", "ZHIPUAI_API_BASE")

#: The most bytes that one event of a stream may have. Generated audio and images fit in easily.
MAX_EVENT_BYTES = 32 * 1024 * 1024

#: The most bytes that an answer in one piece may have, decompressed.
MAX_REPLY_BYTES = 64 * 1024 * 1024

_ANY = "*"
_ONLY_CHINA = (
    (_ANY, "/async/chat/completions"),
    (_ANY, "/embeddings"),
    (_ANY, "/rerank"),
    (_ANY, "/audio/speech"),
    (_ANY, "/audio/customization"),
    (_ANY, "/voice"),
    (_ANY, "/files/ocr"),
    (_ANY, "/files/parser"),
    (_ANY, "/tools"),
    (_ANY, "/moderations"),
    (_ANY, "/batches"),
    (_ANY, "/realtime"),
    (_ANY, "//api/llm-application"),
    ("GET", "/files"),  # the international site takes uploads and nothing else
    ("DELETE", "/files"),
)
_NOT_IN_THE_PLAN = (
    *_ONLY_CHINA,
    (_ANY, "/async"),
    (_ANY, "/async-result"),
    (_ANY, "/tokenizer"),
    (_ANY, "/images"),
    (_ANY, "/videos"),
    (_ANY, "/audio"),
    (_ANY, "/layout_parsing"),
    (_ANY, "/reader"),
    (_ANY, "/files"),
    (_ANY, "/v1/agents"),
    (_ANY, "//api/v1/agents"),
)

#: Site -> what it does not have, as (method or "*", path below the base URL with all below it).
#: https://docs.z.ai/api-reference documents less than https://docs.bigmodel.cn/api-reference.
NOT_OFFERED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "bigmodel": (),
    "zai": _ONLY_CHINA,
    "bigmodel-coding": _NOT_IN_THE_PLAN,
    "zai-coding": _NOT_IN_THE_PLAN,
}

_SITES = {
    (url.hostname, url.path): name for name, url in ((n, urlsplit(u)) for n, u in PRESETS.items())
}
_PROXY_SCHEMES = frozenset({"http", "https", "socks5", "socks5h"})
_HEADER_NAME = pattern(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")
_HEADER_VALUE = pattern(r"(?:[!-~](?:[ \t!-~]*[!-~])?)?")
#: The paths of the four base URLs, the longer first.
_BASE_PATHS = ("/api/coding/paas/v4", "/api/paas/v4")
_CHAT_PATH = "/chat/completions"
_HOSTS = frozenset(host for host, _ in _SITES)
#: The sites' endpoint for programs that speak Anthropic's format, such as Claude Code.
_ANTHROPIC = "/api/anthropic"
_WRONG_FORMAT = (
    "speaks Anthropic's format, which is not spoken here: the same key works with "
    'base_url="bigmodel" or "zai", and that of a coding plan with "bigmodel-coding" or "zai-coding"'
)
# A longer word that is not a URL may be a key in the wrong place: it is not quoted.
_LONGEST_QUOTED = 40


#: A week, in seconds.
_LONGEST = 7 * 24 * 3600
_CONTENT, _TOTAL = 300.0, 900.0


@dataclass(frozen=True, slots=True)
class Timeout:
    """How long a call may take, in seconds; each from just above 0 to 604800 (a week).

    Attributes:
        connect: To reach the service, TLS included.
        read: From one byte to the next.
        content: From one content of a stream to the next. Keep-alive comments are bytes, but not
            contents: a stream that sends nothing else for so long has stalled.
        total: For an answer that is not streamed, retries and waits not counted.

    Raises:
        InvalidRequestError: A value is not a number in that range.

    Examples:
        >>> Timeout.of(30)
        Timeout(connect=30.0, read=30.0, content=30.0, total=30.0)
        >>> Timeout(connect=5).read
        600.0
    """

    connect: float = 10.0
    read: float = 600.0
    content: float = _CONTENT
    total: float = _TOTAL

    def __post_init__(self) -> None:
        for part in fields(self):
            object.__setattr__(self, part.name, _seconds(part.name, getattr(self, part.name)))

    @classmethod
    def of(cls, value: Any) -> Timeout:
        """Read what a caller gave.

        Args:
            value: A number of seconds for all four parts, None for the defaults, a `Timeout`, an
                ``httpx.Timeout``, or a tuple of ``(connect, read)`` as elsewhere. The last two say
                nothing of contents and of the whole: those keep their defaults, but are not
                shorter than ``read``.
        """
        if value is None:
            return cls()
        if isinstance(value, Timeout):
            return value
        parts = _parts_of(value)
        if parts is not None:
            connect, read = (_LONGEST if part is None else part for part in parts)
            read = _seconds("read", read)
            return cls(connect, read, max(_CONTENT, read), max(_TOTAL, read))
        return cls(connect=value, read=value, content=value, total=value)


def _parts_of(value: Any) -> tuple[Any, Any] | None:
    """Return ``connect`` and ``read`` of a timeout of httpx or a tuple; None for anything else."""
    if isinstance(value, tuple) and len(value) in (2, 4):
        return value[0], value[1]
    if all(hasattr(value, name) for name in ("connect", "read", "write", "pool")):
        return value.connect, value.read
    return None


def _seconds(name: str, value: object) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value <= _LONGEST:
        return float(value)  # compared first: a huge whole number cannot become one
    message = f"timeout ({name}) is {value!r}; it must be a number of seconds in (0, {_LONGEST}]"
    raise InvalidRequestError(message, field="timeout", value=value)


def resolve_base_url(
    base_url: str | None, key_source: str | None, environ: Mapping[str, str]
) -> str:
    """Return the base URL to use, without a trailing slash.

    Args:
        base_url: A preset's name, a URL, or None to look into the environment.
        key_source: The environment variable that the key came from, or None. Where nothing else
            names a base URL, it picks the preset: a key of one site is worth nothing on the other.
        environ: The environment.

    Raises:
        InvalidRequestError: Neither a preset nor an http(s) URL.

    Examples:
        >>> resolve_base_url(None, "ZAI_API_KEY", {})
        'https://api.z.ai/api/paas/v4'
        >>> resolve_base_url("http://127.0.0.1:8000/v1/", None, {})
        'http://127.0.0.1:8000/v1'
    """
    if base_url is not None:
        return _base_url(base_url, "base_url")
    for name in BASE_URL_VARIABLES:
        value = environ.get(name, "").strip()
        if value:
            return _base_url(value, name)
    preset = KEY_VARIABLES.get(key_source or "", "bigmodel")
    if key_source == _KEY_OF_MODE:
        preset = _MODES.get(environ.get(_MODE, "").strip().upper(), preset)
    return PRESETS[preset]


def names_base_url(environ: Mapping[str, str], key_source: str | None) -> bool:
    """Return whether the environment says where requests go.

    Args:
        environ: The environment.
        key_source: The variable that the key came from, or None: ``Z_AI_MODE`` is of one only.
    """
    if key_source == _KEY_OF_MODE and environ.get(_MODE, "").strip().upper() in _MODES:
        return True
    return any(environ.get(name, "").strip() for name in BASE_URL_VARIABLES)


def _base_url(value: object, field: str) -> str:
    if not isinstance(value, str):
        raise _refused(field, value, "is not text")
    text = value.strip()
    preset = PRESETS.get(text.lower())
    if preset is not None:
        return preset
    if any(ord(character) < 33 or ord(character) == 127 for character in text):
        raise _refused(field, value, "contains a space or a control character")
    try:
        parts = urlsplit(text)
        usable = parts.scheme.lower() in {"http", "https"} and bool(parts.hostname)
        _ = parts.port  # the getter checks the number
        host = (parts.hostname or "").encode("idna")  # as the name look-up will: no long labels
        host.decode("idna")  # and what is encoded already means something
        text.encode()  # no half of a character
    except ValueError:
        usable = False
    if not usable:
        raise _refused(field, value, "is neither a preset nor an http(s) URL")
    if "@" in parts.netloc:
        # Never quoted: it contains a password, and `repr` would show it for ever after.
        raise _refused(field, None, "contains a user name or a password")
    if f"{parts.path}/".startswith(f"{_ANTHROPIC}/") and parts.hostname in _HOSTS:
        raise _refused(field, value, _WRONG_FORMAT)
    if parts.query or parts.fragment:
        raise _refused(field, None, "contains a query or a fragment")
    return text.rstrip("/").removesuffix(_CHAT_PATH).rstrip("/")


def _refused(field: str, value: object, why: str) -> InvalidRequestError:
    quotable = not isinstance(value, str) or "://" in value or len(value) <= _LONGEST_QUOTED
    shown = f" {str(value)[:200]!r}" if quotable and value is not None else ""
    return InvalidRequestError(
        f"{field}{shown} {why}; presets are {', '.join(PRESETS)}",
        field=field,
        value=value if quotable else None,
    )


def proxy_url(proxy: object) -> str | None:
    """Return the setting ``proxy``: an http, https or SOCKS URL, or None; blanks are None.

    It is never quoted, as it may contain a password.

    Raises:
        InvalidRequestError: It is something else.
    """
    if proxy is None or (isinstance(proxy, str) and not proxy.strip()):
        return None
    try:
        parts = urlsplit(proxy) if isinstance(proxy, str) else None
        usable = parts is not None and parts.scheme in _PROXY_SCHEMES and bool(parts.hostname)
        _ = parts and parts.port  # the getter checks the number
    except ValueError:
        usable = False
    if not usable:
        listed = ", ".join(sorted(_PROXY_SCHEMES))
        message = f"proxy must be a URL (it is not shown here) that begins with one of {listed}"
        raise InvalidRequestError(message, field="proxy")
    return str(proxy)


def merged_headers(*headers: Mapping[str, str]) -> dict[str, str]:
    """Return all headers; the last of a name wins in any spelling, or httpx would send both."""
    found = {name.lower(): (name, value) for part in headers for name, value in part.items()}
    return dict(found.values())


def header_fields(given: object, field: str) -> dict[str, str]:
    """Return a caller's headers, checked. Values are never quoted: they may be secrets.

    Raises:
        InvalidRequestError: It is not a mapping, or something in it cannot be a header.
    """
    try:
        found: dict[str, str] = dict(given or {})  # type: ignore[call-overload]
    except (TypeError, ValueError):
        message = f"{field} must be a mapping of header names to values"
        raise InvalidRequestError(message, field=field) from None
    for name, value in found.items():
        if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
            raise InvalidRequestError(f"{field}: {name!r} is not a header name", field=field)
        if not isinstance(value, str) or not _HEADER_VALUE.fullmatch(value):
            why = "must be a string of visible ASCII characters with no space at either end"
            raise InvalidRequestError(f"{field}: the value of {name} {why}", field=field)
    return found


def site_of(base_url: str) -> str | None:
    """Return the preset that a resolved base URL belongs to; None for any other server.

    Examples:
        >>> site_of("https://api.z.ai/api/coding/paas/v4/")
        'zai-coding'
    """
    parts = urlsplit(base_url)
    return _SITES.get((parts.hostname, parts.path.rstrip("/")))


def not_a_base(base_url: str) -> str | None:
    """Return what to set instead where a URL is of a site, but none of its base URLs; else None.

    Examples:
        >>> not_a_base("https://api.z.ai/v1")[:44]
        'https://api.z.ai/v1 is not a base URL of the'
        >>> not_a_base("https://api.z.ai/api/paas/v4") is not_a_base("http://127.0.0.1:8000/v1")
        True
    """
    host = urlsplit(base_url).hostname
    if host not in _HOSTS or site_of(base_url) is not None:
        return None
    known = [f'"{name}" ({url})' for name, url in PRESETS.items() if urlsplit(url).hostname == host]
    return f"{base_url} is not a base URL of the service's: set base_url to {' or '.join(known)}"


def root_of(base_url: str) -> str:
    """Return what the paths from the root of the service are below: its host, or a relay's path.

    Examples:
        >>> root_of("https://open.bigmodel.cn/api/coding/paas/v4")
        'https://open.bigmodel.cn'
        >>> root_of("https://relay.example/bigmodel/api/paas/v4")
        'https://relay.example/bigmodel'
        >>> root_of("http://127.0.0.1:8000/v1")
        'http://127.0.0.1:8000'
    """
    for ending in _BASE_PATHS:
        if base_url.endswith(ending):
            return base_url.removesuffix(ending)
    scheme, _, rest = base_url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"


def offered(site: str | None, path: str, method: str = "POST") -> bool:
    """Return False when a site is known not to have an endpoint.

    Args:
        site: What `site_of` returned. Of unknown servers everything is believed.
        path: The path below the base URL, such as ``/embeddings``.
        method: The HTTP method, in capitals.

    Examples:
        >>> offered("zai", "/embeddings"), offered("bigmodel", "/embeddings")
        (False, True)
    """
    return not any(
        verb in {_ANY, method} and (path == prefix or path.startswith(prefix + "/"))
        for verb, prefix in NOT_OFFERED.get(site or "", ())
    )
