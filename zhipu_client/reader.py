"""Reading a web page as text: ``POST /reader``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from zhipu_client import _check
from zhipu_client._replies import ReplyModel, read, text_of
from zhipu_client._request import Reply, Request
from zhipu_client.errors import ServerError

__all__ = ["PageContent", "ReaderReply", "create", "page_in"]


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

    @property
    def text(self) -> str:
        """The text of the page, whatever the service sent in its place."""
        return text_of(self.page.content)


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

    Examples:
        >>> from zhipu_client import reader
        >>> reader.create(url="https://example.com").json
        {'url': 'https://example.com'}
    """
    switches = {
        "no_cache": no_cache,
        "retain_images": retain_images,
        "no_gfm": no_gfm,
        "keep_img_data_url": keep_img_data_url,
        "with_images_summary": with_images_summary,
        "with_links_summary": with_links_summary,
    }
    _check.booleans(**switches)
    _check.text("url", url)
    if not url.lower().startswith(("http://", "https://")):
        raise _check.refuse("url", url, "must start with http:// or https://")
    _check.within("timeout", timeout, 1, 600, "seconds", whole=True)
    _check.choice("return_format", return_format, ("markdown", "text"))
    _check.ids(request_id, user_id)
    return Request(
        method="POST",
        path="/reader",
        parse=_parse,
        check=_has_page,
        json=_check.body(
            extra_body,
            url=url,
            timeout=timeout,
            return_format=return_format,
            **switches,
            request_id=request_id,
            user_id=user_id,
        ),
        kind="generate",
        keep=lambda data: bool(page_in(data)),
    )


def page_in(answer: Any) -> dict[str, Any] | None:
    """Return the page in the decoded body of an answer, as it came; None where it has no page.

    Args:
        answer: The decoded body, whatever the server sent.

    Examples:
        >>> from zhipu_client import reader
        >>> reader.page_in({"reader_result": {"title": "Whales", "content": "They sing."}})
        {'title': 'Whales', 'content': 'They sing.'}
    """
    found = answer.get("reader_result") if isinstance(answer, Mapping) else None
    if isinstance(found, list):
        found = next((one for one in found if isinstance(one, Mapping)), None)
    if isinstance(found, str) and found:
        return {"content": found}
    return dict(found) if isinstance(found, Mapping) else None


def _parse(reply: Reply) -> ReaderReply:
    # The page by itself: one odd field of it would leave all of it as it came.
    page = read(PageContent, page_in(reply.data) or {})
    found: ReaderReply = read(ReaderReply, {**reply.data, "reader_result": page})
    return found


def _has_page(reply: Reply) -> None:
    """Refuse an answer without a page: it would be taken for a blank one, which is null."""
    found = reply.data.get("reader_result", False) if isinstance(reply.data, Mapping) else False
    if found is not None and page_in(reply.data) is None:
        raise ServerError("the service's answer has no page", status=reply.status, body=reply.data)
