"""A tool for agents: judging whether content is safe."""

from __future__ import annotations

from typing import Any

from zhipu_client import Request, moderations

from ._spec import ConnectedToolSpec

__all__ = ["ZhipuAIModerationToolSpec"]


class ZhipuAIModerationToolSpec(ConnectedToolSpec):
    """A tool that has a text judged by the service's content safety (open.bigmodel.cn only).

    Args:
        api_key: The key; None takes it from the environment.
        model: ``moderation``.
        **connection: ``base_url``, ``timeout`` and the other settings of all adapters.

    Raises:
        zhipu_client.InvalidRequestError: there is no key, or the text is empty or too long.

    Example:
        ```python
        from llama_index_zhipu import ZhipuAIModerationToolSpec

        print(ZhipuAIModerationToolSpec().check_content("Hello"))
        ```
    """

    spec_functions = [("check_content", "acheck_content")]  # noqa: RUF012

    def __init__(
        self, api_key: Any = None, *, model: str = "moderation", **connection: Any
    ) -> None:
        super().__init__(api_key=api_key, **connection)
        self.model = model

    def check_content(self, text: str) -> str:
        """Judge whether a text is safe to show: PASS, REVIEW or REJECT, with the reasons.

        Args:
            text (str): The text, up to 2,000 characters.
        """
        return _told(self._zhipu._client.send(self._request(text)))

    async def acheck_content(self, text: str) -> str:
        """Judge whether a text is safe to show: PASS, REVIEW or REJECT, with the reasons."""
        return _told(await self._zhipu._aclient.send(self._request(text)))

    def judge(self, content: Any) -> moderations.ModerationReply:
        """The whole judgement of a text, or of the parts that `zhipu_client.moderations` takes."""
        return self._zhipu._client.send(self._request(content))

    async def ajudge(self, content: Any) -> moderations.ModerationReply:
        """`judge`, asynchronously."""
        return await self._zhipu._aclient.send(self._request(content))

    def _request(self, content: Any) -> Request[moderations.ModerationReply]:
        return moderations.create(model=self.model, input=content)


def _told(reply: moderations.ModerationReply) -> str:
    reasons = dict.fromkeys(kind for row in reply.result_list for kind in row.risk_type or ())
    return f"{reply.risk_level}: {', '.join(reasons)}" if reasons else reply.risk_level
