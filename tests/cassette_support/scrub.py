"""What a cassette keeps of an exchange: no header that may be a secret, nothing that varies."""

from __future__ import annotations

import copy
import hashlib
import inspect
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

__all__ = ["BASE_URL", "KEY", "keys_in", "scrubbed_request", "scrubbed_response"]

#: Where a replayed test believes the service to be. Nobody can resolve it (RFC 2606).
ORIGIN = "https://zhipu.invalid"
BASE_URL = f"{ORIGIN}/api/paas/v4"
#: The key that replayed tests use.
KEY = "cassette.key"

#: The emulator in an answer: pictures, crops. Its port is another one each time.
_LOOPBACK = re.compile(rb"https?://(?:127\.0\.0\.1|localhost):\d+")
#: The id that the client makes for each call, repeated in the answer.
_CLIENT_ID = re.compile(rb'("request_id"\s*:\s*")[0-9a-f]{32}"')
#: Answers about what was drawn or filmed, and where in them it can be fetched.
_MEDIA = re.compile(rb'"(?:image|video)_result"\s*:|"data"\s*:\s*\[\s*\{\s*"url"\s*:')
_MEDIA_ORIGIN = re.compile(rb'("(?:url|cover_image_url)"\s*:\s*")https?://[^/"]+')
_LONG_BASE64 = re.compile(r"[A-Za-z0-9+/=]{2000,}")
_BOUNDARY = re.compile(rb"^--([0-9a-f]{16,})\r\n")
#: An ``id.secret`` key, a bearer token, a JWT.
_KEYS = re.compile(
    r"\b[0-9a-f]{32}\.[A-Za-z0-9]{16}\b"
    r"|[Bb]earer\s+[A-Za-z0-9._~+/-]{8,}"
    r"|\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"
)


def keys_in(path: Path) -> list[str]:
    """What looks like a key or an authorization in a cassette."""
    text = path.read_text(encoding="utf-8")
    found = _KEYS.findall(text)
    if re.search(r"authorization", text, re.IGNORECASE):
        found.append("an authorization header")
    return found


def scrubbed_request(request: Any) -> Any:
    """For recording and for matching alike: a fixed host, no headers, a body that never varies."""
    made = copy.copy(request)
    parts = urlsplit(made.uri)
    query = f"?{parts.query}" if parts.query else ""
    made.uri = f"{ORIGIN}{parts.path}{query}"
    made.headers = {}
    made.body = _body(made.body)
    return made


def scrubbed_response(response: dict[str, Any]) -> dict[str, Any]:
    """Only the type of the content is kept of the headers; media are on the host of the API.

    That host is what the downloader trusts, so a replayed download passes its checks as they are.
    """
    kept = {"content-type", "retry-after"}
    headers = response.get("headers", {})
    response["headers"] = {k: v for k, v in headers.items() if k.lower() in kept}
    content = response.get("body", {}).get("string")
    if isinstance(content, bytes):
        steady = _CLIENT_ID.sub(rb'\g<1>%b"' % (b"0" * 32), content)
        response["body"]["string"] = _steady_addresses(steady)
    return response


def _steady_addresses(content: bytes) -> bytes:
    origin = ORIGIN.encode()
    if _MEDIA.search(content):
        content = _MEDIA_ORIGIN.sub(rb"\1" + origin, content)
    return _LOOPBACK.sub(origin, content)


def _body(body: Any) -> Any:
    if body is None:
        return None
    raw = body if isinstance(body, bytes) else str(body).encode()
    boundary = _BOUNDARY.match(raw)
    if boundary:
        return raw.replace(boundary.group(1), b"boundary")
    try:
        data = json.loads(raw)
    except ValueError:
        return raw
    text = json.dumps(_steady(data, {}), ensure_ascii=False, sort_keys=True)
    return _LONG_BASE64.sub(_digest, text).encode()


def _digest(found: re.Match[str]) -> str:
    return f"sha256:{hashlib.sha256(found.group().encode()).hexdigest()}"


def _steady(value: Any, ids: dict[str, str]) -> Any:
    """The same value with ids that are made anew each time numbered in order of appearance."""
    if isinstance(value, list):
        return [_steady(item, ids) for item in value]
    if not isinstance(value, dict):
        return value
    is_call = "function" in value and "id" in value
    made = {}
    for key, item in value.items():
        if key == "request_id":
            continue
        if key == "tool_call_id" or (key == "id" and is_call):
            made[key] = ids.setdefault(str(item), f"call_{len(ids)}")
        elif key == "description" and isinstance(item, str):
            # From 3.13 on Python itself takes the indentation out of docstrings.
            made[key] = inspect.cleandoc(item)
        else:
            made[key] = _steady(item, ids)
    return made
