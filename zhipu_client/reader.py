"""Reading a web page as text: ``POST /reader``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from zhipu_client import _check
from zhipu_client._replies import ReplyModel, parse_as
from zhipu_client._request import Request

__all__ = ["PageContent", "ReaderReply", "create"]


class PageContent(ReplyModel):
    """A page that was read.

    Attributes:
        title: Its title.
        description: Its own description.
        url: Its address.
        content: Its text, as Markdown or plain.
        external: What it loads, such as style sheets.
        metadata: Its meta tags.
    """

    title: str | None = None
    description: str | None = None
    url: str | None = None
    content: str | None = None
    external: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None


class ReaderReply(ReplyModel):
    """The answer of ``/reader``."""

    id: str | None = None
    created: int | None = None
    request_id: str | None = None
    model: str | None = None
    reader_result: PageContent | None = None

    @property
    def page(self) -> PageContent:
        """The page; one without content where the service sent something else."""
        found: Any = self.reader_result
        return found if isinstance(found, PageContent) else PageContent()


def create(
    *,
    url: str,
    timeout: int | None = None,
    no_cache: bool | None = None,
    return_format: Literal["markdown", "text"] | None = None,
    retain_images: bool | None = None,
    no_gfm: bool | None = None,
    keep_img_data_url: bool | None = None,
    with_images_summary: bool | None = None,
    with_links_summary: bool | None = None,
    request_id: str | None = None,
    user_id: str | None = None,
    extra_body: Mapping[str, Any] | None = None,
) -> Request[ReaderReply]:
    """Have the service fetch a web page and answer with its text. We never fetch it ourselves.

    Args:
        url: The page, http or https.
        timeout: How long the service may take to fetch it, in seconds (20 where none is given).
        no_cache: Fetch it anew.
        return_format: ``markdown`` (default) or ``text``.
        retain_images: Keep the images (default).
        no_gfm: Leave GitHub's additions to Markdown out.
        keep_img_data_url: Keep images that are data URLs.
        with_images_summary: Append a list of the images.
        with_links_summary: Append a list of the links.
        request_id: Your own id of the call, 6 to 64 characters.
        user_id: Your own id of the end user, 6 to 128 characters.
        extra_body: Further fields of the body, sent unchecked.

    Raises:
        InvalidRequestError: A value is outside of its limits; ``field`` names it.

    Example:
        >>> from zhipu_client import reader
        >>> reader.create(url="https://example.com").json
        {'url': 'https://example.com'}
    """
    _check.text("url", url)
    if not url.lower().startswith(("http://", "https://")):
        raise _check.refuse("url", url, "must start with http:// or https://")
    _check.within("timeout", timeout, 1, 600, "seconds", whole=True)
    _check.choice("return_format", return_format, ("markdown", "text"))
    _check.ids(request_id, user_id)
    return Request(
        method="POST",
        path="/reader",
        parse=parse_as(ReaderReply),
        json=_check.body(
            extra_body,
            url=url,
            timeout=timeout,
            no_cache=no_cache,
            return_format=return_format,
            retain_images=retain_images,
            no_gfm=no_gfm,
            keep_img_data_url=keep_img_data_url,
            with_images_summary=with_images_summary,
            with_links_summary=with_links_summary,
            request_id=request_id,
            user_id=user_id,
        ),
        kind="generate",
        keep=lambda data: bool(data.get("reader_result")),
    )
