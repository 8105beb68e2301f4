"""The base class of all tool specs."""

from __future__ import annotations

from typing import Any

from llama_index.core.tools.tool_spec.base import BaseToolSpec

from zhipu_client.adapting import KeepsNoArguments

from ._connection import ZhipuSettings

__all__ = ["ConnectedToolSpec"]


class ConnectedToolSpec(KeepsNoArguments, BaseToolSpec):
    """A tool spec with the connection settings of all Zhipu AI adapters, see `ZhipuSettings`."""

    #: What has the settings.
    _settings: type[ZhipuSettings] = ZhipuSettings

    def __init__(self, **connection: Any) -> None:
        self._zhipu = self._settings(**connection)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._zhipu.base_url!r})"
