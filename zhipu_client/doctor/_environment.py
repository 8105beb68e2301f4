"""What can be seen without a call: versions, old distributions, variables. Pure."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata

from zhipu_client._defaults import BASE_URL_VARIABLES, KEY_VARIABLES
from zhipu_client._extras import install
from zhipu_client.doctor._report import Finding

__all__ = ["of_distributions", "of_key", "of_variables"]

_OURS = "zhipu-integrations"
_SHOWN = ("httpx", "pydantic", "langchain-core", "langgraph", "llama-index-core")
#: Distribution -> what is wrong with having it beside this one.
_CONFLICTS: Mapping[str, str] = {
    "langchain-zhipu": "it installs a folder of the same name, langchain_zhipu, over ours",
}
#: Distribution -> what takes its place here.
_REPLACED: Mapping[str, str] = {
    "langchain-zhipuai": "langchain_zhipu",
    "llama-index-llms-zhipuai": "llama_index_zhipu",
    "llama-index-embeddings-zhipuai": "llama_index_zhipu",
    "zhipuai": "zhipu_client",
}
#: Two distributions, each with the beginning of its version -> what they do to each other, and
#: what to do. pip does not say so: whoever installs another package later may get them.
_TOGETHER: Mapping[tuple[tuple[str, str], tuple[str, str]], tuple[str, str]] = {
    (("pydantic", "2.14."), ("llama-index-core", "0.14.")): (
        "agents of LlamaIndex lose their memory",
        'pip install "pydantic<2.14"',
    ),
}
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


def of_distributions(version: Callable[[str], str | None] | None = None) -> Iterator[Finding]:
    """Find versions, and distributions that are in the way.

    Args:
        version: Returns the version of an installed distribution, or None.
    """
    find = version or _version
    found = {name: number for name in _SHOWN if (number := find(name)) is not None}
    found = {_OURS: find(_OURS) or "not installed", "Python": platform.python_version(), **found}
    listed = ", ".join(f"{name} {number}" for name, number in found.items())
    yield Finding("versions", "ok", listed, facts=found)
    for name, why in _CONFLICTS.items():
        if find(name) is not None:
            yield Finding(
                "packages",
                "error",
                f"{name} {find(name)} is installed: {why}",
                f"pip uninstall {name}, then install zhipu-integrations again",
            )
    for both, (what, remedy) in _TOGETHER.items():
        if all((find(name) or "").startswith(number) for name, number in both):
            text = " and ".join(f"{name} {find(name)}" for name, _ in both)
            yield Finding("packages", "error", f"{text} are installed: {what}", remedy)
    for name, here in _REPLACED.items():
        if find(name) is not None:
            text = f"{name} {find(name)} is installed; {here} takes its place"
            yield Finding("packages", "note", text)


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def of_key(environ: Mapping[str, str]) -> Finding:
    """Find the key of the environment. It is described, never shown."""
    named = [name for name in KEY_VARIABLES if environ.get(name, "").strip()]
    if not named:
        return Finding(
            "key",
            "error",
            f"no API key is set ({', '.join(KEY_VARIABLES)})",
            "make one at https://open.bigmodel.cn or https://z.ai and set the variable; "
            f"without one: zhipu-doctor --emulator ({install('emulator')})",
        )
    key = environ[named[0]].strip()
    shape = "id.secret" if key.count(".") == 1 and all(key.split(".")) else "one word"
    text = f"{named[0]} is set: {len(key)} characters, of the form {shape}"
    facts = {"variable": named[0], "length": len(key), "form": shape}
    if key != environ[named[0]]:
        text += "; blanks around it are taken off"
    if len(named) > 1:
        return Finding(
            "key",
            "warning",
            f"{text}; {', '.join(named[1:])} set too, and not used",
            "unset those that are not meant",
            facts,
        )
    return Finding("key", "ok", text, facts=facts)


def of_variables(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Find what else the environment decides: base URL, proxies, certificates."""
    for name in BASE_URL_VARIABLES:
        if environ.get(name, "").strip():
            yield Finding("environment", "note", f"{name} sets the base URL")
            break
    proxies = [name for name in _PROXIES if environ.get(name) or environ.get(name.upper())]
    if proxies:
        text = f"{', '.join(proxies)} set: requests may go through a proxy"
        yield Finding("environment", "note", text, facts={"proxies": proxies})
    for name in _CERTIFICATES:
        if environ.get(name):
            yield Finding("environment", "note", f"{name} sets which certificates are trusted")
