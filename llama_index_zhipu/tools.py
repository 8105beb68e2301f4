"""Tools for agents: draw images, search the web, read web pages."""

from __future__ import annotations

import os
from typing import Any, Literal, Unpack

import llama_index.core  # noqa: F401 - before any part of it, see `__getattr__` of the package
from llama_index.core.base.llms.types import ImageBlock, TextBlock
from llama_index.core.schema import Document

from zhipu_client import (
    APIError,
    Request,
    adownload,
    download,
    images,
    reader,
)
from zhipu_client import web_search as searching
from zhipu_client.adapting import (
    ConnectionOptions,
    booleans,
    choice,
    first_url,
    keeping,
    limit,
    refuse,
    text_of,
)

from . import _web_search
from ._keeping import KeepsAnswers
from ._tool_spec import ConnectedToolSpec

__all__ = [
    "ZhipuAIImageGeneratorToolSpec",
    "ZhipuAIWebReaderToolSpec",
    "ZhipuAIWebSearchToolSpec",
]


class ZhipuAIImageGeneratorToolSpec(ConnectedToolSpec):
    """A tool that draws an image (CogView, GLM-Image).

    Args:
        api_key: The key; None takes it from the environment.
        model: ``glm-image`` (default), ``cogview-4``, ``cogview-4-250304`` or ``cogview-3-flash``.
        size: Width and height in pixels, ``"1280x1280"``; None for the model's own default.
        quality: ``"hd"`` or ``"standard"``; None for the model's own default.
        watermark_enabled: False leaves the watermark out, where the account may.
        output: What the tool returns: ``"url"``, the image's URL, which expires; or ``"image"``,
            the image itself, for vision models.
        max_bytes: The most bytes of a fetched image.
        allow_loopback: Fetch from this machine too, for your own servers.
        checkpoint: A file that keeps what was drawn: a program that was killed goes on where it
            was. The same prompt with the same settings is the same image then.
        **connection: ``base_url``, ``timeout`` and the other settings of all adapters, see
            `ZhipuSettings`.

    Raises:
        zhipu_client.InvalidRequestError: No key was found, or a value is out of its range.
        zhipu_client.DownloadError: While drawing with ``output="image"``: it was drawn, and paid
            for, but not fetched; ``partial`` has its address.

    Example:
        ```python
        from llama_index.core.agent.workflow import FunctionAgent

        from llama_index_zhipu import ZhipuAI, ZhipuAIImageGeneratorToolSpec

        tools = ZhipuAIImageGeneratorToolSpec(size="1280x1280").to_tool_list()
        agent = FunctionAgent(tools=tools, llm=ZhipuAI())
        print(tools[0].call(prompt="a red kite").content)
        ```
    """

    _settings = KeepsAnswers
    spec_functions = [("generate_image", "agenerate_image")]  # noqa: RUF012

    def __init__(
        self,
        api_key: Any = None,
        *,
        model: str = "glm-image",
        size: str | None = None,
        quality: Literal["hd", "standard"] | None = None,
        watermark_enabled: bool | None = None,
        output: Literal["url", "image"] = "url",
        max_bytes: int = 32 * 1024 * 1024,
        allow_loopback: bool = False,
        checkpoint: str | os.PathLike[str] | None = None,
        **connection: Unpack[ConnectionOptions],
    ) -> None:
        booleans(watermark_enabled=watermark_enabled, allow_loopback=allow_loopback)
        super().__init__(api_key=api_key, checkpoint=checkpoint, **connection)
        choice("output", output, ("url", "image"))
        self.model = model
        self.size = size
        self.quality = quality
        self.watermark_enabled = watermark_enabled
        self.output = output
        self._fetch: dict[str, Any] = {
            "kind": "image/",
            "max_bytes": max_bytes,
            "allow_loopback": allow_loopback,
        }
        self._request("checked here", None)

    def generate_image(self, prompt: str, size: str | None = None) -> Any:
        """Draw an image from a description and return it.

        Args:
            prompt (str): What to draw, in detail.
            size (Optional[str]): Width and height in pixels, for example "1024x1024".
        """
        client = self._zhipu._client
        url = first_url(client.send(self._request(prompt, size)), "image")
        if self.output == "url":
            return url
        with keeping(partial=url):
            return _image(url, download(client, url, **self._fetch))

    async def agenerate_image(self, prompt: str, size: str | None = None) -> Any:
        """Draw an image from a description and return it."""
        client = self._zhipu._aclient
        url = first_url(await client.send(self._request(prompt, size)), "image")
        if self.output == "url":
            return url
        with keeping(partial=url):
            return _image(url, await adownload(client, url, **self._fetch))

    def _request(self, prompt: str, size: str | None) -> Request[images.ImageReply]:
        return images.create(
            model=self.model,
            prompt=prompt,
            size=size or self.size,
            quality=self.quality,
            watermark_enabled=self.watermark_enabled,
        )


def _image(url: str, file: Any) -> list[TextBlock | ImageBlock]:
    return [
        TextBlock(text=f"The image is at {url}"),
        ImageBlock(image=file.content, image_mimetype=file.mime_type),
    ]


class ZhipuAIWebSearchToolSpec(ConnectedToolSpec):
    """A tool that searches the web.

    Args:
        api_key: The key; None takes it from the environment.
        search_engine: ``search_std``, ``search_pro``, ``search_pro_sogou`` or
            ``search_pro_quark``; ``search-prime`` on api.z.ai. None picks by the site.
        count: How many results, 1 to 50.
        search_domain_filter: Only results of this domain.
        search_recency_filter: ``oneDay``, ``oneWeek``, ``oneMonth``, ``oneYear``, ``noLimit``.
        content_size: Length of an extract: ``medium`` or ``high``.
        search_intent: Let the service decide whether a query needs a search at all.
        max_query_length: A longer query is cut at a word's end: the service takes 70 characters.
            None sends it whole.
        **connection: ``base_url``, ``timeout`` and the other settings of all adapters, see
            `ZhipuSettings`.

    Raises:
        zhipu_client.InvalidRequestError: No key was found, or a value is out of its range.

    Example:
        ```python
        from llama_index_zhipu import ZhipuAIWebSearchToolSpec

        spec = ZhipuAIWebSearchToolSpec(count=5)
        for page in spec.search("GLM-4.7"):
            print(page.metadata["title"], page.metadata["url"])
        ```
    """

    spec_functions = [("web_search", "aweb_search")]  # noqa: RUF012

    def __init__(
        self,
        api_key: Any = None,
        *,
        search_engine: str | None = None,
        count: int | None = None,
        search_domain_filter: str | None = None,
        search_recency_filter: str | None = None,
        content_size: Literal["medium", "high"] | None = None,
        search_intent: bool = False,
        max_query_length: int | None = searching.MAX_QUERY,
        **connection: Unpack[ConnectionOptions],
    ) -> None:
        booleans(search_intent=search_intent)
        super().__init__(api_key=api_key, **connection)
        self.search_engine = search_engine
        self.count = count
        self.search_domain_filter = search_domain_filter
        self.search_recency_filter = search_recency_filter
        self.content_size = content_size
        self.search_intent = search_intent
        self.max_query_length = max_query_length
        self._request("checked here")

    def web_search(self, query: str) -> str:
        """Search the web and return extracts of the pages found, each with its address.

        Args:
            query (str): What to search for, up to 70 characters.
        """
        return _listed(self.search(query))

    async def aweb_search(self, query: str) -> str:
        """Search the web and return extracts of the pages found, each with its address."""
        return _listed(await self.asearch(query))

    def search(self, query: str) -> list[Document]:
        """Return the pages found, as documents with ``url``, ``title`` and ``publish_date``."""
        try:
            return _documents(self._zhipu._client.send(self._request(query)))[: self.count]
        except APIError as error:
            if searching.found_nothing(error):
                return []
            raise

    async def asearch(self, query: str) -> list[Document]:
        """Return the pages found, asynchronously; see `search`."""
        try:
            found = _documents(await self._zhipu._aclient.send(self._request(query)))
            return found[: self.count]
        except APIError as error:
            if searching.found_nothing(error):
                return []
            raise

    def _request(self, query: str) -> Request[searching.WebSearchReply]:
        count = self.count
        return _web_search.request(
            self._zhipu._client.site,
            searching.shorten(query, limit("max_query_length", self.max_query_length)),
            search_engine=self.search_engine,
            count=None if count is None else searching.count_for(count, self.search_engine),
            search_intent=self.search_intent,
            search_domain_filter=self.search_domain_filter,
            search_recency_filter=self.search_recency_filter,
            content_size=self.content_size,
        )


def _documents(reply: searching.WebSearchReply) -> list[Document]:
    return [
        Document(text=text_of(row.content), metadata=_web_search.metadata_of(row))
        for row in reply.search_result
    ]


def _listed(documents: list[Document]) -> str:
    if not documents:
        return "Nothing was found."
    return "\n\n".join(
        f"[{item.metadata.get('title', 'untitled')}]({item.metadata.get('url', '')})"
        f"{' ' + item.metadata['publish_date'] if 'publish_date' in item.metadata else ''}\n"
        f"{item.text}"
        for item in documents
    )


class ZhipuAIWebReaderToolSpec(ConnectedToolSpec):
    """A tool that reads a web page; the service fetches it, this process does not.

    Args:
        api_key: The key; None takes it from the environment.
        return_format: ``"markdown"`` or ``"text"``.
        max_characters: Longer pages are cut to this length, to fit the model's context; from 1.
        retain_images: Keep the images.
        **connection: ``base_url``, ``timeout`` and the other settings of all adapters, see
            `ZhipuSettings`.

    Raises:
        zhipu_client.InvalidRequestError: No key was found, or an address is not http(s).

    Example:
        ```python
        from llama_index_zhipu import ZhipuAIWebReaderToolSpec

        (tool,) = ZhipuAIWebReaderToolSpec().to_tool_list()
        print(tool.call(url="https://example.com/").content)
        ```
    """

    spec_functions = [("read_web_page", "aread_web_page")]  # noqa: RUF012

    def __init__(
        self,
        api_key: Any = None,
        *,
        return_format: Literal["markdown", "text"] = "markdown",
        max_characters: int = 20_000,
        retain_images: bool | None = None,
        **connection: Unpack[ConnectionOptions],
    ) -> None:
        booleans(retain_images=retain_images)
        super().__init__(api_key=api_key, **connection)
        if isinstance(max_characters, bool) or not isinstance(max_characters, int):
            raise refuse("max_characters", max_characters, "must be a whole number")
        if max_characters < 1:
            raise refuse("max_characters", max_characters, "must be at least 1")
        self.return_format = return_format
        self.max_characters = max_characters
        self.retain_images = retain_images
        self._request("https://example.com/")  # checked here

    def read_web_page(self, url: str) -> str:
        """Read a web page and return its title and text.

        Args:
            url (str): The address of the page.
        """
        return self._text(self._zhipu._client.send(self._request(url)))

    async def aread_web_page(self, url: str) -> str:
        """Read a web page and return its title and text."""
        return self._text(await self._zhipu._aclient.send(self._request(url)))

    def _request(self, url: str) -> Request[reader.ReaderReply]:
        return reader.create(
            url=url, return_format=self.return_format, retain_images=self.retain_images
        )

    def _text(self, reply: reader.ReaderReply) -> str:
        text, title = reply.text, text_of(reply.page.title)
        if not text:
            return "The page is empty."
        text = f"# {title}\n\n{text}" if title else text
        if len(text) <= self.max_characters:
            return text
        return f"{text[: self.max_characters]}\n\n[The page goes on; it was cut here.]"
