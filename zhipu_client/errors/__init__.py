"""The errors. Pure; a failed answer becomes one of them in ``_failures.py``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from zhipu_client.errors._root import InvalidRequestError, ZhipuError, shorten

__all__ = [
    "APIConnectionError",
    "APIError",
    "APITimeoutError",
    "AuthenticationError",
    "BadRequestError",
    "ContentFilterError",
    "ContextOverflowError",
    "GoneError",
    "InsufficientBalanceError",
    "InvalidRequestError",
    "NotFoundError",
    "PermissionDeniedError",
    "QuotaExceededError",
    "RateLimitError",
    "ServerError",
    "StreamIncompleteError",
    "TaskFailedError",
    "TaskTimeoutError",
    "ZhipuError",
]

#: The first and the last of the characters of a message that not everybody reads.
_CHINESE = (("\u3400", "\u9fff"), ("\uf900", "\ufaff"))


class APIError(ZhipuError):
    """The service answered, and the answer is a failure.

    Attributes:
        message: The service's own words, shortened.
        status: The HTTP status, or None for an error inside a stream.
        code: Zhipu's business code as a string (``"1302"``), or None.
        request_id: What to quote to support; the caller's own id where one was sent.
        retryable: True when the same request may succeed later without being changed.
        retry_after: Seconds the service asked to wait, or None.
        reset_at: When a used-up plan becomes usable again, or None.
        body: The decoded body (a dict where it was JSON, else shortened text).
        meaning: What the business code means, in English: for one of the service's that is unknown,
            that it is. None without such a code. The text has it where the service's own words are
            Chinese.
        partial: What a stream had delivered before the error, or None.

    Example:
        ```python
        try:
            reply = client.send(request)
        except APIError as error:
            print(error.status, error.code, error.message, error.meaning, error.request_id)
        ```
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        retryable: bool = False,
        retry_after: float | None = None,
        reset_at: datetime | None = None,
        body: Any = None,
        hint: str | None = None,
        meaning: str | None = None,
    ) -> None:
        self.message = shorten(message)
        self.status = status
        self.code = code
        self.request_id = request_id
        self.retryable = retryable
        self.retry_after = retry_after
        self.reset_at = reset_at
        self.body = body
        self.hint = hint
        self.meaning = meaning
        self.partial: Any = None
        super().__init__(self._text())

    @property
    def status_code(self) -> int | None:
        """The HTTP status under the name that LangChain's tracing looks for."""
        return self.status

    def explain(self, hint: str) -> None:
        """Add to the text what the caller can do, or has to know."""
        self.hint = f"{self.hint}. {hint}" if self.hint else hint
        self.args = (self._text(), *self.args[1:])

    def _text(self) -> str:
        facts = [
            f"{name} {value}"
            for name, value in (
                ("HTTP", self.status),
                ("code", self.code),
                ("request_id", self.request_id),
            )
            if value is not None
        ]
        text = self.message
        if self.meaning and _is_chinese(text):
            text = f"{text} [{self.meaning}]"
        text = f"{text} ({', '.join(facts)})" if facts else text
        return f"{text}. {self.hint}" if self.hint else text


class BadRequestError(APIError):
    """The request is wrong: a bad or missing parameter, or messages the service refuses.

    Example:
        ```python
        try:
            client.send(chat.create(model="glm-4.7", messages=messages, extra_body={"top_p": 9}))
        except BadRequestError as error:
            print(error.message, error.request_id)  # sent again as it is, it would be refused again
        ```
    """


class AuthenticationError(APIError):
    """The key is missing, wrong, expired or for the other site.

    Example:
        ```python
        try:
            Client(api_key="id.of-nobody", base_url=client.base_url).send(request)
        except AuthenticationError as error:
            print("Is it a key of this site?", client.base_url, error.code)
        ```
    """


class PermissionDeniedError(APIError):
    """The account may not use this endpoint or model, or is locked.

    Example:
        ```python
        try:
            reply = client.send(request)
        except PermissionDeniedError as error:
            print("Ask for access, quoting", error.request_id, error.code)
        ```
    """


class NotFoundError(APIError):
    """The model, task, file or path does not exist (on this site).

    Example:
        ```python
        try:
            client.send(chat.create(model="glm-0", messages=messages))
        except NotFoundError as error:
            print(error.hint)  # the nearest model of the catalogue, and the sites that have it
        ```
    """


class GoneError(NotFoundError):
    """A file or a batch is not there: it has expired, was deleted, or is of another account.

    Attributes:
        file_id: The file, or None.
        batch_id: The batch, or the one that the file belongs to, or None.

    Example:
        ```python
        try:
            client.send(files.content(file_id="file-1"))
        except GoneError as error:
            print("to be uploaded again:", error.file_id)
        ```
    """

    file_id: str | None = None
    batch_id: str | None = None


class RateLimitError(APIError):
    """Too many requests in flight, or the model is overloaded. Worth trying again.

    Example:
        ```python
        try:
            reply = client.send(request)  # tried again as often as max_retries says
        except RateLimitError as error:
            time.sleep(error.retry_after or 60)
        ```
    """


class QuotaExceededError(APIError):
    """A plan or day quota is used up: trying again helps only after ``reset_at``.

    Example:
        ```python
        try:
            reply = client.send(request)
        except QuotaExceededError as error:
            print("usable again:", error.reset_at)
        ```
    """


class InsufficientBalanceError(QuotaExceededError):
    """The account has no money or no resource package left (1113). Never retried.

    Example:
        ```python
        try:
            reply = client.send(request)
        except InsufficientBalanceError as error:
            raise SystemExit("The account is empty: top it up in the console") from error
        ```
    """


class ContextOverflowError(BadRequestError):
    """Prompt and answer do not fit the model's context window (1261).

    Example:
        ```python
        try:
            reply = client.send(request)
        except ContextOverflowError as error:
            messages = messages[-6:]
        ```
    """


class ContentFilterError(APIError):
    """The content safety system refused the prompt or the answer (1301).

    Attributes:
        content_filter: The service's list of ``{"role", "level"}``; level 0 is the most severe.

    Example:
        ```python
        try:
            reply = client.send(request)
        except ContentFilterError as error:
            print([(found["role"], found["level"]) for found in error.content_filter])
        ```
    """

    content_filter: list[dict[str, Any]]

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message, **facts)
        body = self.body if isinstance(self.body, dict) else {}
        found = body.get("contentFilter") or body.get("content_filter") or []
        self.content_filter = found if isinstance(found, list) else []


class ServerError(APIError):
    """The service failed, or answered with something that is not an answer.

    Example:
        ```python
        try:
            reply = client.send(request)  # tried again as often as max_retries says
        except ServerError as error:
            print("worth another try" if error.retryable else error.body)
        ```
    """


class APIConnectionError(ZhipuError):
    """No answer came: refused, reset, TLS, DNS or proxy trouble.

    Attributes:
        retryable: True; the same request may succeed later.
        sent: False when it is certain that the service got nothing.
        request_id: The id the request carried.
        partial: What a stream had delivered before the connection broke, or None.

    Example:
        ```python
        try:
            reply = client.send(request)
        except APIConnectionError as error:
            print("may have been paid for" if error.sent else "nothing was sent")
        ```
    """

    retryable = True
    status: int | None = None
    code: str | None = None

    def __init__(self, message: str, *, sent: bool = True, request_id: str | None = None) -> None:
        super().__init__(shorten(message))
        self.message = shorten(message)
        self.sent = sent
        self.request_id = request_id
        self.partial: Any = None


class APITimeoutError(APIConnectionError, TimeoutError):
    """A limit of time passed: to connect, between bytes, between contents, or for the whole.

    Example:
        ```python
        try:
            reply = client.send(request, timeout=Timeout(total=30, connect=5))
        except APITimeoutError as error:
            print(error, "The service may be at work on it." if error.sent else "Nothing was sent.")
        ```
    """


class StreamIncompleteError(ZhipuError):
    """A stream ended, broke or turned to nonsense before the answer was whole.

    Attributes:
        partial: The answer up to there, in the shape of a whole one without ``finish_reason``
            (None when nothing had come). Its tool calls must not be run.
        retryable: True; but nothing is replayed by itself once a part was delivered.

    Example:
        ```python
        try:
            chunks = list(client.stream(chat.stream(model="glm-4.7", messages=messages)))
        except StreamIncompleteError as error:
            print(error.partial)
        ```
    """

    retryable = True
    status: int | None = None
    code: str | None = None

    def __init__(self, message: str, *, partial: Any = None, request_id: str | None = None) -> None:
        super().__init__(shorten(message))
        self.message = shorten(message)
        self.partial = partial
        self.request_id = request_id


class TaskFailedError(ServerError):
    """The service accepted a task and then failed at it.

    Attributes:
        task_id: The task.

    Example:
        ```python
        try:
            result = wait_result(client, task)
        except TaskFailedError as error:
            print(error.task_id, error.code, error.message)
        ```
    """

    task_id: str | None = None


class TaskTimeoutError(APITimeoutError):
    """A task was still running when the time to wait for it was over.

    It goes on running, and is paid for: wait again with its ``task_id``.

    Example:
        ```python
        try:
            result = wait_result(client, task, timeout=60)
        except TaskTimeoutError as error:
            result = wait_result(client, error.task_id)
        ```
    """

    task_id: str | None = None


def _is_chinese(text: str) -> bool:
    return any(first <= character <= last for character in text for first, last in _CHINESE)


def error_in(data: Any) -> bool:
    """Return True when a decoded body or frame with a success status reports a failure.

    Three shapes do: an ``error`` member, the console's ``{"code", "msg", "success": false}``, and
    the flat ``{"object": "error"}`` of older vLLM and SGLang.
    """
    if not isinstance(data, dict):
        return False
    if data.get("error") and not data.get("choices"):
        return True
    return data.get("success") is False or data.get("object") == "error"
