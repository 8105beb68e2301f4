"""A site that was only inferred: a key that it refuses is tried at the other one.

The two sites have separate accounts, and keys do not show to which they belong. The official
packages read ``ZAI_API_KEY`` for both.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from zhipu_client._defaults import PRESETS, offered, site_of
from zhipu_client._learned import forget_site, remember_site, remembered_site
from zhipu_client._user_warnings import warn_user
from zhipu_client.dialects import dialect_of
from zhipu_client.errors import AuthenticationError, ZhipuError

__all__ = [
    "goes_to_other_site",
    "goes_where_offered",
    "infer",
    "refuses_the_key",
    "where_offered",
]

_OTHER = {
    PRESETS["bigmodel"]: PRESETS["zai"],
    PRESETS["zai"]: PRESETS["bigmodel"],
}
#: No Authorization header, and a second login: these are not of a key for the other site.
_NOT_OF_THE_SITE = frozenset({"1001", "1005"})


def refuses_the_key(error: ZhipuError) -> bool:
    """Return whether a key was refused that may be one for the other site.

    Args:
        error: What a call failed with.
    """
    return (
        isinstance(error, AuthenticationError)
        and error.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.OK}  # OK: with a code inside
        and error.code not in _NOT_OF_THE_SITE
    )


def infer(core: Any) -> None:
    """Note that nobody named the site, and go to the one where this account's key was let in."""
    if core.base_url not in _OTHER:
        return
    core.inferred = True
    if core.identified and (known := remembered_site(str(core.account))) is not None:
        _move(core, known)


def goes_where_offered(core: Any, path: str, method: str) -> bool:
    """Return whether calls go to the other site from now on, since the inferred one lacks them.

    Args:
        core: The client's `Core`, which imports this module; its place is changed for all calls.
        path: The path of what the site does not offer.
        method: Its HTTP method.
    """
    here, other = core.base_url, _OTHER.get(core.base_url)
    if not core.inferred or other is None or not offered(site_of(other), path, method):
        return False
    if core.identified and remembered_site(str(core.account)) == here:  # the key belongs here
        return False
    _move(core, other)
    warn_user(
        f"{_name(here)} does not offer {method} {path}, so it is sent to {_name(other)}: "
        f"base_url={site_of(other)!r} goes there at once",
    )
    return True


def where_offered(site: str | None, path: str, method: str) -> str:
    """Return what to do about a path that a site lacks, for the end of a refusal.

    Args:
        site: The site that lacks it. A coding plan's key is one of its host's account too.
        path: The path of what it does not offer.
        method: Its HTTP method.

    Examples:
        >>> where_offered("zai", "/embeddings", "POST")
        ': give base_url="bigmodel" and a key of that site, which does offer it'
        >>> where_offered("zai-coding", "/images/generations", "POST")
        ': give base_url="zai", which does offer it and takes the same key'
    """
    own = (site or "").removesuffix("-coding")
    names = [name for url in _OTHER if (name := site_of(url)) and offered(name, path, method)]
    if not names:
        return ""
    if own in names:
        return f': give base_url="{own}", which does offer it and takes the same key'
    return f': give base_url="{names[0]}" and a key of that site, which does offer it'


def goes_to_other_site(
    core: Any, error: ZhipuError, refused_at: Sequence[str], path: str, method: str
) -> bool:
    """Return whether a call is sent once more, to the other site.

    Args:
        core: The client's `Core`, which imports this module; its place is changed for all calls.
        error: What the call failed with.
        refused_at: The base URLs at which it has failed so, the last one now.
        path: The request's path.
        method: Its HTTP method.
    """
    other = _OTHER.get(refused_at[-1])
    if other is None:
        return False
    if not offered(site_of(other), path, method):
        error.explain(f"{_name(other)} does not offer {method} {path}")
        return False
    if other in refused_at:
        core.inferred = False
        _move(core, refused_at[0])
        forget_site(str(core.account))
        if isinstance(error, AuthenticationError):
            error.explain(f"{_name(other)} refuses this key too")
        return False
    if core.base_url == refused_at[-1]:  # else another call has moved already
        _move(core, other)
        remember_site(str(core.account), other)
        warn_user(
            f"{_name(refused_at[-1])} refuses this key, so it is tried at {_name(other)}: "
            f"base_url={site_of(other)!r} goes there at once",
        )
    return True


def _move(core: Any, base_url: str) -> None:
    core.site, core.dialect = site_of(base_url), dialect_of(base_url, core.dialect.name)
    core.base_url = base_url
    core.moved()


def _name(base_url: str) -> str:
    return str(urlsplit(base_url).hostname)
