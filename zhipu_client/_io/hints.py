"""What to do about a failure that the answer itself does not explain: a wrong address, mostly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zhipu_client._defaults import not_a_base
from zhipu_client.errors._worded import says_no_path

if TYPE_CHECKING:
    from zhipu_client._io.client_base import Core

__all__ = ["hint_for"]


def hint_for(core: Core, path: str, status: int, said: str) -> str | None:
    """Return what to do about a failure, where the client knows more than the answer says.

    Args:
        core: Whose address and dialect the request had.
        path: The path that was asked for.
        status: The HTTP status, or the one that the answer means.
        said: The message of the answer.
    """
    if status == 404 and core.base_url.endswith("/anthropic"):
        return "base_url names an endpoint of Anthropic's format, which is not spoken here"
    if status == 404:
        remedy = not_a_base(core.base_url)
        if remedy is None and core.site is None and says_no_path(said):
            return (
                f"The server at {core.base_url} has no {path}: it may not "
                "offer this, or base_url lacks a part of its path (often /v1; of the "
                "emulator /api/paas/v4)"
            )
        return remedy
    if status == 401:
        where = f"The request went to {core.base_url}"
        if core.dialect.name != "zhipu":
            return where
        return (
            f"{where}. Keys of open.bigmodel.cn and of z.ai "
            'are separate: choose the site with base_url="bigmodel" or "zai", or with '
            "ZHIPUAI_BASE_URL"
        )
    if 300 <= status < 400:
        return "Redirects are not followed: they would carry the prompt to another server"
    return None
