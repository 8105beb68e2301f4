"""The fields that all adapters share, with LangChain's errors."""

from __future__ import annotations

from langchain_zhipu._errors import model_error
from zhipu_client import InvalidRequestError
from zhipu_client.adapting import ConnectionSettings

__all__ = ["ZhipuSettings"]


class ZhipuSettings(ConnectionSettings):
    """See `ConnectionSettings`: what an adapter refuses is an error that LangChain knows, too."""

    @classmethod
    def _refused(cls, error: InvalidRequestError) -> Exception:
        return model_error(error)
