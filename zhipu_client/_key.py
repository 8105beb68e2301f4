"""The API key: where it comes from, what it may look like, how it becomes a header. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

from zhipu_client._defaults import KEY_VARIABLES
from zhipu_client._extras import install
from zhipu_client.errors import InvalidRequestError

__all__ = ["ApiKey", "Auth", "KeySource", "authorization", "clean", "find"]

#: How long a minted JWT is good for, and how early a new one is made, in seconds.
TOKEN_LIFE = 210.0

Auth = Literal["bearer", "jwt"]


class _Secret(Protocol):
    def get_secret_value(self) -> str: ...


#: What ``api_key=`` accepts.
ApiKey: TypeAlias = str | _Secret | Callable[[], str] | Callable[[], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class KeySource:
    """A key, or the function that gives one; and the environment variable it came from."""

    value: Any = field(repr=False)
    variable: str | None = None
    #: Whether the key must be asked for at each request (rotation).
    is_callable: bool = False


def find(api_key: ApiKey | None, environ: Mapping[str, str]) -> KeySource:
    """Return the key: the argument, else the environment's.

    Raises:
        InvalidRequestError: It is missing, or contains characters that no header may have.
    """
    if api_key is not None:
        if callable(api_key) and not hasattr(api_key, "get_secret_value"):
            return KeySource(api_key, is_callable=True)
        return KeySource(clean(api_key))
    for variable in KEY_VARIABLES:
        value = environ.get(variable)
        if value and value.strip():
            return KeySource(clean(value), variable)
    raise InvalidRequestError(
        f"no API key: pass api_key=, or set {' or '.join(KEY_VARIABLES)}. Keys are made at "
        "https://open.bigmodel.cn (or https://z.ai); without one, `python -m zhipu_emulator` "
        f"({install('emulator')}) gives a local stand-in",
        field="api_key",
    )


def clean(api_key: Any) -> str:
    """Strip a key and refuse what cannot be a header value. The key is never quoted."""
    value = api_key.get_secret_value() if hasattr(api_key, "get_secret_value") else api_key
    if not isinstance(value, str):
        raise InvalidRequestError(
            f"api_key must be a string, a secret or a callable, not {type(value).__name__}",
            field="api_key",
        )
    value = value.strip(" \t")
    for position, char in enumerate(value):
        if not "\x21" <= char <= "\x7e":
            name = f"U+{ord(char):04X}"
            what = "a line break" if char in "\r\n" else f"the character {name}"
            raise InvalidRequestError(
                f"api_key contains {what} at position {position} of {len(value)}; "
                "remove it (the key itself is not shown here)",
                field="api_key",
            )
    if not value:
        raise InvalidRequestError("api_key is empty", field="api_key")
    return value


def authorization(key: str, auth: Auth, now: float) -> str:
    """Return the value of the ``Authorization`` header.

    ``"jwt"`` signs a token with the secret half of an ``id.secret`` key, so that the secret itself
    is not sent; milliseconds, as the service wants them.
    """
    if auth == "bearer":
        return f"Bearer {key}"
    identity, dot, secret = key.partition(".")
    if not dot or not secret:
        raise InvalidRequestError(
            'auth="jwt" needs a key of the form id.secret; use auth="bearer" for this one',
            field="api_key",
        )
    # Rounded down to half of a token's life: requests in between share one token.
    start = now - now % (TOKEN_LIFE / 2)
    header = _part({"alg": "HS256", "sign_type": "SIGN"})
    payload = _part(
        {
            "api_key": identity,
            "exp": round((start + TOKEN_LIFE) * 1000),
            "timestamp": round(start * 1000),
        }
    )
    signed = header + b"." + payload
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return "Bearer " + (signed + b"." + _base64(digest)).decode("ascii")


def _part(claims: Mapping[str, Any]) -> bytes:
    return _base64(json.dumps(claims, separators=(",", ":")).encode())


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
