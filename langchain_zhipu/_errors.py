"""The client's errors as LangChain's own: each is both, so either ``except`` catches it.

LangChain's middleware, fallbacks and retries look at ``Model*Error`` and ``is_retryable``; users
of the client look at ``code``, ``request_id`` and ``reset_at``. The classes here have both.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

from langchain_core import exceptions as core

import zhipu_client as client
from zhipu_client.conversation import RequirementError

__all__ = [
    "APIConnectionError", "model_error", "raise_as_model_error", "raised_as_model_errors",
    "raised_but_downloads",
]  # fmt: skip

#: The class for a refusal by the content filter in this version of langchain-core.
_Refusal: type[core.ModelError] = getattr(core, "ModelRefusalError", core.ModelInvalidRequestError)


class _Answer:
    """The failed response, in the shape that LangChain's tracer reads from an error."""

    def __init__(self, status: int | None, body: Any) -> None:
        self.status_code = status
        self.headers: Mapping[str, str] = {}
        self._body = body

    @property
    def text(self) -> str:
        """Return the body as text."""
        body = self._body
        return body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)

    def json(self) -> Any:
        """Return the body as the service sent it."""
        return self._body


class _Model(core.ModelError):
    """The base of all classes below."""

    @property
    def response(self) -> _Answer:
        """Return the failed response, in the shape that LangChain's tracing looks for."""
        return _Answer(getattr(self, "status", None), getattr(self, "body", None))


class InvalidRequestError(_Model, client.InvalidRequestError, core.ModelInvalidRequestError):
    """A value was refused before anything was sent."""


class APIError(_Model, client.APIError, core.ModelAPIError):
    """The service answered with an unknown kind of failure."""


class BadRequestError(_Model, client.BadRequestError, core.ModelInvalidRequestError):
    """The request is wrong."""


class AuthenticationError(_Model, client.AuthenticationError, core.ModelAuthenticationError):
    """The key is missing, wrong, expired or for the other site."""


class PermissionDeniedError(_Model, client.PermissionDeniedError, core.ModelPermissionDeniedError):
    """The account may not use this endpoint or model."""


class NotFoundError(_Model, client.NotFoundError, core.ModelNotFoundError):
    """The model does not exist on this site."""


class GoneError(_Model, client.GoneError, core.ModelNotFoundError):
    """A file or a batch is not there any more."""


class RateLimitError(_Model, client.RateLimitError, core.ModelRateLimitError):
    """Too many requests, or the model is overloaded."""


class QuotaExceededError(_Model, client.QuotaExceededError, core.ModelPermissionDeniedError):
    """A plan's quota is used up. (Not a rate limit to LangChain: those are retried.)"""


class InsufficientBalanceError(
    _Model, client.InsufficientBalanceError, core.ModelPermissionDeniedError
):
    """The account has no money left."""


class ContextOverflowError(
    _Model,
    client.ContextOverflowError,
    core.ContextOverflowError,
    core.ModelInvalidRequestError,
):
    """Prompt and answer do not fit the context window."""


# mypy takes no variable for a base, and which class it is depends on the installed version.
class ContentFilterError(_Model, client.ContentFilterError, _Refusal):  # type: ignore[misc, valid-type]
    """The content safety system refused the prompt or the answer."""


class ServerError(_Model, client.ServerError, core.ModelAPIError):
    """The service failed."""


class APIConnectionError(_Model, client.APIConnectionError, core.ModelConnectionError):
    """The connection failed before an answer came."""


class APITimeoutError(_Model, client.APITimeoutError, core.ModelTimeoutError):
    """A time limit passed."""


class StreamIncompleteError(_Model, client.StreamIncompleteError, core.ModelConnectionError):
    """A stream broke off before the answer was complete."""


class TaskFailedError(_Model, client.TaskFailedError, core.ModelAPIError):
    """The service accepted a task and then failed at it."""


class TaskTimeoutError(_Model, client.TaskTimeoutError, core.ModelTimeoutError):
    """A task was still running when the time to wait for it was over."""


class ZhipuError(_Model, client.ZhipuError):
    """Any other error of the client."""


_EDGES: Mapping[type[Exception], type[Exception]] = {
    edge.__bases__[1]: edge
    for edge in (
        InvalidRequestError,
        APIError,
        BadRequestError,
        AuthenticationError,
        PermissionDeniedError,
        NotFoundError,
        GoneError,
        RateLimitError,
        QuotaExceededError,
        InsufficientBalanceError,
        ContextOverflowError,
        ContentFilterError,
        ServerError,
        APIConnectionError,
        APITimeoutError,
        StreamIncompleteError,
        TaskFailedError,
        TaskTimeoutError,
        ZhipuError,
    )
}


def model_error(error: client.ZhipuError) -> Exception:
    """Return the same error, with all its attributes, as one that LangChain knows too."""
    if isinstance(error, core.ModelError):
        return error
    kind = next(_EDGES[base] for base in type(error).__mro__ if base in _EDGES)
    made = kind.__new__(kind)
    made.args = error.args
    # LangChain's retries read the last of these.
    made.__dict__.update(error.__dict__, is_retryable=bool(getattr(error, "retryable", False)))
    return made


class StructuredOutputError(client.ZhipuError, core.OutputParserException):
    """The model's answer did not meet the requirement, not even in the second attempt.

    Attributes:
        llm_output: The text of the last answer.
        usage: The tokens of both attempts, by the wire's names; None if the server sent no counts.
    """

    def __init__(self, message: str, error: RequirementError) -> None:
        super().__init__(message, llm_output=error.answer.text)
        self.usage = error.usage


@contextmanager
def raised_but_downloads() -> Iterator[None]:
    """Do as `raised_as_model_errors`, but let a `DownloadError` be: LangChain has no such class."""
    try:
        yield
    except client.DownloadError:
        raise
    except client.ZhipuError as error:
        raise model_error(error) from error


@contextmanager
def raised_as_model_errors() -> Iterator[None]:
    """Turn every error of the client that leaves the block into one of the above."""
    try:
        yield
    except client.ZhipuError as error:
        raise_as_model_error(error)


def raise_as_model_error(error: client.ZhipuError) -> NoReturn:
    """Raise an error of the client as one of the above."""
    if isinstance(error, RequirementError):
        raise StructuredOutputError(str(error), error) from error
    if isinstance(error, (core.ModelError, StructuredOutputError)):
        raise error
    raise model_error(error) from error
