"""Content safety: a tool that judges texts, and a postprocessor that filters nodes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal, Unpack

import llama_index.core  # noqa: F401 - before any part of it, see `__getattr__` of the package
from llama_index.core.bridge.pydantic import Field
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import MetadataMode, NodeWithScore, QueryBundle

from zhipu_client import Request, ZhipuError, arun, moderations, run
from zhipu_client.adapting import ConnectionOptions

from ._keeping import SeveralRequests
from ._tool_spec import ConnectedToolSpec

__all__ = ["ZhipuAIModerationPostprocessor", "ZhipuAIModerationToolSpec"]


class ZhipuAIModerationToolSpec(ConnectedToolSpec):
    """A tool that judges a text by the service's content safety (open.bigmodel.cn only).

    Args:
        api_key: The key; None takes it from the environment.
        model: ``moderation``.
        **connection: ``base_url``, ``timeout`` and the other settings of all adapters, see
            `ZhipuSettings`.

    Raises:
        zhipu_client.InvalidRequestError: No key was found, or the text is empty.

    Example:
        ```python
        from llama_index_zhipu import ZhipuAIModerationToolSpec

        print(ZhipuAIModerationToolSpec().check_content("Hello"))
        ```
    """

    spec_functions = [("check_content", "acheck_content")]  # noqa: RUF012

    def __init__(
        self,
        api_key: Any = None,
        *,
        model: str = "moderation",
        **connection: Unpack[ConnectionOptions],
    ) -> None:
        super().__init__(api_key=api_key, **connection)
        self.model = model

    def check_content(self, text: str) -> str:
        """Judge whether a text is safe to show: PASS, REVIEW or REJECT, with the reasons.

        Args:
            text (str): The text.
        """
        return _summary(self._zhipu._client.send(self._request(text)))

    async def acheck_content(self, text: str) -> str:
        """Judge whether a text is safe to show: PASS, REVIEW or REJECT, with the reasons."""
        return _summary(await self._zhipu._aclient.send(self._request(text)))

    def judge(self, content: Any) -> moderations.ModerationReply:
        """Return the judgement of a text, or of content that `zhipu_client.moderations` takes."""
        return self._zhipu._client.send(self._request(content))

    async def ajudge(self, content: Any) -> moderations.ModerationReply:
        """Return the judgement of a text, asynchronously; see `judge`."""
        return await self._zhipu._aclient.send(self._request(content))

    def _request(self, content: Any) -> Request[moderations.ModerationReply]:
        if isinstance(content, str):
            return moderations.of_text(content, model=self.model)
        return moderations.create(model=self.model, input=content)


def _summary(reply: moderations.ModerationReply) -> str:
    return moderations.Verdict((reply,)).summary


class ZhipuAIModerationPostprocessor(SeveralRequests, BaseNodePostprocessor, defer_build=False):
    """A filter of nodes that content safety objects to (open.bigmodel.cn only).

    Each node is judged as a model would see it, its metadata included; nodes without text pass. A
    text above 2,000 characters is judged in parts. Billed by node.

    Attributes:
        model: ``moderation``.
        flag_from: The lowest level that is flagged: ``REVIEW`` (doubtful and unsafe nodes) or
            ``REJECT`` (unsafe nodes only).
        on_flagged: ``"drop"`` leaves flagged nodes out, ``"raise"`` raises an error for the first.
        max_in_flight: Requests at once, 1 to 64.

    Raises:
        zhipu_client.InvalidRequestError: No key was found.
        zhipu_client.ContentFilterError: With ``on_flagged="raise"``, a node was flagged; the
            error's ``body`` is the judgement.
        zhipu_client.ZhipuError: A call failed; the subclasses say how.

    Example:
        ```python
        from llama_index.core.schema import NodeWithScore, TextNode

        from llama_index_zhipu import ZhipuAIModerationPostprocessor

        nodes = [NodeWithScore(node=TextNode(text=text)) for text in ("A cat.", "A red kite.")]
        print(len(ZhipuAIModerationPostprocessor().postprocess_nodes(nodes)))
        ```
    """

    model: str = Field(default="moderation", description="The model code.")
    flag_from: moderations.FlagFrom = Field(default="REVIEW")
    on_flagged: Literal["drop", "raise"] = Field(default="drop")

    @classmethod
    def class_name(cls) -> str:
        """Return the name of this class in dicts."""
        return "ZhipuAIModerationPostprocessor"

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        with _naming(nodes):
            judged = run(self._client, self._job(nodes), on_result=self.on_result)
        return self._kept(nodes, judged)

    async def _apostprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        with _naming(nodes):
            judged = await arun(self._aclient, self._job(nodes), on_result=self.on_result)
        return self._kept(nodes, judged)

    def _job(self, nodes: Sequence[NodeWithScore]) -> Any:
        texts = _texts(nodes)
        return moderations.bulk(
            list(texts.values()),
            model=self.model,
            in_flight=self.max_in_flight,
            places=list(texts),
        )

    def _kept(
        self,
        nodes: list[NodeWithScore],
        judged: Sequence[tuple[int, moderations.ModerationReply | None]],
    ) -> list[NodeWithScore]:
        flagged = set()
        for place, reply in judged:
            if reply is None:
                continue
            verdict = moderations.Verdict((reply,), self.flag_from)
            if verdict.flagged and self.on_flagged == "raise":
                raise verdict.error(f"node {nodes[place].node.node_id}")
            if verdict.flagged:
                flagged.add(place)
        return [node for place, node in enumerate(nodes) if place not in flagged]


@contextmanager
def _naming(nodes: Sequence[NodeWithScore]) -> Iterator[None]:
    """Name the node that an error is about."""
    try:
        yield
    except ZhipuError as error:
        place = getattr(error, "source", None)
        if isinstance(place, int):
            error.explain(f"It was about nodes[{place}], {nodes[place].node.node_id}")
        raise


def _texts(nodes: Sequence[NodeWithScore]) -> dict[int, str]:
    """Return the texts to judge, by the node's position."""
    seen = {
        place: item.node.get_content(metadata_mode=MetadataMode.LLM)
        for place, item in enumerate(nodes)
    }
    return {place: text for place, text in seen.items() if text.strip()}
