"""Which proxy a request goes through: the argument's, the environment's, or none."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from zhipu_client._defaults import proxy_url
from zhipu_client.errors import InvalidRequestError

__all__ = ["PoolKey", "pool_key"]


@dataclass(frozen=True, slots=True)
class PoolKey:
    """What decides which pool serves a request. Equal values share one.

    Attributes:
        proxy: The URL of the proxy, or None.
        source: What the proxy was set by.
        plain: True where nothing but http:// goes: no certificates need to be read.
    """

    proxy: str | None = field(default=None, repr=False)
    source: str = field(default="the argument proxy", compare=False)
    plain: bool = False

    @property
    def direct(self) -> bool:
        """True when no proxy applies, so that our own pools may be used."""
        return self.proxy is None

    @property
    def described(self) -> str:
        """Return the proxy in words, without the user name and password that its URL may have."""
        parts = urlsplit(self.proxy or "")
        place = parts.netloc.rpartition("@")[2]
        return f"the proxy {parts.scheme}://{place} (set by {self.source})"


def pool_key(base_url: str, proxy: str | None) -> PoolKey:
    """Return which pool serves a request: by the argument, the environment and its NO_PROXY.

    Raises:
        InvalidRequestError: The environment names a proxy that cannot be used.
    """
    if proxy is not None:
        return PoolKey(proxy)
    parts = urlsplit(base_url)
    proxies = {kind: value.strip() for kind, value in getproxies().items()}
    kind = parts.scheme if proxies.get(parts.scheme) else "all"
    found = proxies.get(kind)
    if not found or _bypassed(parts.hostname or "", parts.port, proxies):
        return PoolKey(plain=parts.scheme.lower() == "http")
    source = _variable(kind)
    if "://" not in found:
        found = f"http://{found}"
    try:
        return PoolKey(proxy_url(found), source)
    except InvalidRequestError as error:
        message = str(error).replace("proxy must be", f"{source} must be", 1)
        raise InvalidRequestError(message, field=source) from None


def _variable(kind: str) -> str:
    """Return the name of the environment's variable, as it is spelt there."""
    names = (f"{kind}_proxy", f"{kind}_PROXY".upper())
    return next(
        (name for name in names if os.environ.get(name, "").strip()), "the system's settings"
    )


def _bypassed(host: str, port: int | None, proxies: Mapping[str, str]) -> bool:
    plain = ":" not in host  # else it is an IPv6 address, whose colons begin no port
    if proxy_bypass(host) or (plain and port and proxy_bypass(f"{host}:{port}")):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    entries = (entry.strip().strip("[]") for entry in proxies.get("no", "").split(","))
    return any(_contains(entry, address) for entry in entries)


def _contains(entry: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Return whether an entry of NO_PROXY is a network that has the address (``10.0.0.0/8``)."""
    try:
        return address in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False
