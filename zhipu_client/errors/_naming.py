"""Name in an error what the caller gave: a file, an address. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from zhipu_client._lazy import pattern
from zhipu_client.errors import ZhipuError

__all__ = ["name_source", "naming", "shown_name"]

#: Of a longer name errors have the beginning and the end, which has the file's own name whole: no
#: system takes more than 255 characters of it.
_MOST, _BEGIN, _END = 400, 100, 255
#: What a name may have that moves the cursor, colours or turns round a line of a log.
_UNSEEN = pattern(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
#: How an address begins; as a path it has one slash. One letter is a drive.
_ADDRESS = pattern(r"[a-zA-Z][a-zA-Z0-9+.-]+:/{1,2}")


def name_source(error: BaseException, source: Any) -> None:
    """Add the name of a source to the text of an error, unless it is in there already.

    Args:
        error: Errors of other kinds are left alone.
        source: A name, a path or an address, which is shortened to the part before its query (a
            signed address has its secret there); None, bytes and data URLs have no name.

    Examples:
        >>> from zhipu_client import ZhipuError
        >>> from zhipu_client.adapting import name_source
        >>> error = ZhipuError("too large")
        >>> name_source(error, "scan.png")
        >>> print(error)
        too large. It was about scan.png
    """
    if source is None or isinstance(source, (bytes, bytearray, memoryview)):
        return
    name = str(source)
    if not name or name.startswith("data:") or not isinstance(error, ZhipuError):
        return
    name = shown_name(name)
    if name and name not in str(error):
        error.explain(f"It was about {name}")


def shown_name(source: Any) -> str:
    """Return a name, a path or an address as errors quote it.

    An address, of any scheme, is shortened to the part before its query and has no user and no
    password; a data URL is shortened to its type, and what is very long in the middle. Line ends
    and other characters that are not seen are escaped.

    Args:
        source: A name, a path, a web address or a data URL.

    Examples:
        >>> from zhipu_client.adapting import shown_name
        >>> shown_name("https://a.example/scan.pdf?signature=secret")
        'https://a.example/scan.pdf'
        >>> len(shown_name("folder/" * 500 + "scan.pdf"))
        356
    """
    name = str(source)
    if name[:5].lower() == "data:":
        return name[: max(0, name.find(",", 0, _BEGIN))] or "data URL"
    address = _ADDRESS.match(name)
    if address is not None:
        name = _without_secrets(address.group(), name[address.end() :])
    name = name if len(name) <= _MOST else f"{name[:_BEGIN]}…{name[-_END:]}"
    return _UNSEEN.sub(lambda found: ascii(found[0])[1:-1], name)


def _without_secrets(scheme: str, rest: str) -> str:
    try:
        urlsplit(f"{scheme}{rest}")
    except ValueError:  # brackets that do not match
        return ""
    ends = r"[?#]" if scheme.lower().startswith("http") else r"\?"
    host, slash, path = re.split(ends, rest, maxsplit=1)[0].partition("/")
    return f"{scheme}{host.rpartition('@')[2]}{slash}{path}"


@contextmanager
def naming(source: Any) -> Iterator[None]:
    """Name a source in the errors that leave the block; see `name_source`.

    Args:
        source: A path, an address, or the name of what was read.

    Raises:
        ZhipuError: That of the block, with the name in its text.

    Examples:
        >>> from zhipu_client import InvalidRequestError
        >>> from zhipu_client.adapting import naming
        >>> with naming("scan.pdf"):
        ...     raise InvalidRequestError("the file is empty (0 bytes)")
        Traceback (most recent call last):
        ...
        zhipu_client.errors.InvalidRequestError: the file is empty (0 bytes). It was about scan.pdf
    """
    try:
        yield
    except ZhipuError as error:
        name_source(error, source)
        raise
