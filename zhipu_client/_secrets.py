"""What keeps keys and passwords out of sight: as values, and in pickles. Pure."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from typing import Any, Self

from pydantic import SecretStr

from zhipu_client._lazy import pattern
from zhipu_client.errors import InvalidRequestError

__all__ = [
    "HiddenHeaders",
    "HiddenPassword",
    "HiddenUrl",
    "hidden",
    "hidden_password",
    "is_importable",
    "is_secret_header",
    "without_sent_secrets",
]

#: A word in a header's name that announces a secret.
_SECRET_NAME = pattern(
    r"((^|[-_.])(auth|jwt|key|sid|sign)|(access|api|oauth|secret)key|authorization|cookie"
    r"|credentials?|passw(or)?d|secret|session|signature|token)(?=$|[-_.])",
    re.IGNORECASE,
)
_STARS = "**********"
#: What is shorter may be a part of any word.
_SECRET_LENGTH = 8
_SECRET_VALUE = pattern(r"(basic|bearer|digest|token)\s", re.IGNORECASE)


def hidden(key: Any) -> Any:
    """Return a key as the secret that no text shows; a function (or None) as it is."""
    if isinstance(key, str):
        return SecretStr(key)
    if hasattr(key, "get_secret_value") and not isinstance(key, SecretStr):
        return SecretStr(key.get_secret_value())
    return key


class HiddenPassword:
    """A password that no text shows and that no pickle contains.

    Attributes:
        lost: Whether it was pickled, and is to be given again.
    """

    __slots__ = ("_value", "lost")

    def __init__(self, value: str | None = None) -> None:
        self._value = value
        self.lost = value is None

    def get_secret_value(self) -> str:
        """Return the password itself."""
        return self._value or ""

    def __repr__(self) -> str:
        return "HiddenPassword('**********')"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: Any) -> Self:
        return self

    def __reduce__(self) -> tuple[type, tuple[()]]:
        return type(self), ()


def hidden_password(given: Any) -> Any:
    """Return a password as one that is not shown; None for none, a function as it is.

    Args:
        given: A text, a pydantic ``SecretStr``, a function of the file that returns one, or None.

    Raises:
        InvalidRequestError: It is something else than a text or a function.

    Examples:
        >>> hidden_password("made-up")
        HiddenPassword('**********')
    """
    if isinstance(given, HiddenPassword):
        return given
    if hasattr(given, "get_secret_value"):
        given = given.get_secret_value()
    if given is None or given == "":
        return None
    if isinstance(given, str):
        return HiddenPassword(given)
    if callable(given):
        return given
    raise InvalidRequestError(
        f"password must be a string or a function of the file, got {type(given).__name__}",
        field="password",
    )


class HiddenHeaders(dict[str, str]):
    """Headers whose values are not shown where they are secrets."""

    def __repr__(self) -> str:
        return repr(
            {
                name: _STARS if is_secret_header(name, value) else value
                for name, value in self.items()
            }
        )


class HiddenUrl(str):
    """A URL whose user name and password are not shown."""

    __slots__ = ()

    def __repr__(self) -> str:
        scheme, _, rest = self.partition("://")
        return repr(f"{scheme}://{_STARS}@{rest.rpartition('@')[2]}" if "@" in rest else str(self))


def is_importable(key: Any) -> bool:
    """Return True for a function that pickle stores by name, without what it returns."""
    if not callable(key) or hasattr(key, "get_secret_value"):
        return False
    name = getattr(key, "__qualname__", "<none>")
    found: Any = sys.modules.get(getattr(key, "__module__", None) or "")
    for part in name.split("."):
        found = getattr(found, part, None)
    return found is key


def is_secret_header(name: str, value: str, key: Any = None) -> bool:
    """Return True for a header that is a secret by its name or value, or contains the key.

    Examples:
        >>> is_secret_header("X-Api-Key", "1"), is_secret_header("X-Tenant", "acme")
        (True, False)
    """
    plain = key.get_secret_value() if hasattr(key, "get_secret_value") else key
    return bool(
        _SECRET_NAME.search(name)
        or _SECRET_VALUE.match(value)
        or (isinstance(plain, str) and plain and plain in value)
    )


def without_sent_secrets(body: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return the body of a refusal without the secrets of its request: some peers repeat it.

    Args:
        body: What came.
        headers: Names and values of what was sent.

    Examples:
        >>> without_sent_secrets(b"odd: Bearer id0.secret", [(b"Authorization", b"Bearer id0.secret")])
        b'odd: **********'
    """  # noqa: E501
    for name, value in headers:
        if is_secret_header(name.decode("latin-1"), value.decode("latin-1")):
            for secret in (value, value.partition(b" ")[2]):  # with and without "Bearer"
                if len(secret) >= _SECRET_LENGTH:
                    body = body.replace(secret, _STARS.encode())
    return body
