"""Which failures mean that what was asked for is not there any more. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

from zhipu_client.errors import APIError, BadRequestError, GoneError, NotFoundError

__all__ = ["gone"]

#: How the service, whose code for it is that of any wrong parameter (1214), says so.
_WORDS = re.compile(
    r"不存在|找不到|未找到|过期|已失效|已(?:被)?删除"
    r"|not (?:exist|found)|no such|expired|deleted|no longer",
    re.IGNORECASE,
)

#: What is not there is the model, or the endpoint itself.
_ENDPOINTS = frozenset({"1211", "1221", "1222"})


def gone(
    what: str,
    remedy: str,
    *,
    file_id: str | None = None,
    batch_id: str | None = None,
    alone: bool = False,
) -> Callable[[APIError], APIError]:
    """Return what makes a `GoneError` of a failure that means so, for ``Request.failed``.

    Args:
        what: What was asked for, with its id.
        remedy: What the caller can do.
        file_id: The file that is not there.
        batch_id: The batch that is not there.
        alone: Whether the request has nothing but that id, so that nothing else can be wrong.

    Examples:
        >>> from zhipu_client.errors import BadRequestError
        >>> failed = gone("file file-1", "upload it again", file_id="file-1")
        >>> print(failed(BadRequestError("文件不存在", status=400, code="1214")))
        file file-1 is not there, or not any more: 文件不存在 (HTTP 400, code 1214). upload it again
        >>> print(failed(BadRequestError("参数有误", status=400, code="1210")))
        参数有误 (HTTP 400, code 1210)
    """

    def failed(error: APIError) -> APIError:
        if type(error) not in {BadRequestError, NotFoundError} or error.hint is not None:
            return error  # another failure, or one that is explained: a wrong address
        if error.code in _ENDPOINTS:
            return error
        # A refusal without a code is a proxy's, about something else: a header, say.
        sure = isinstance(error, NotFoundError) or (alone and error.code is not None)
        if not sure and not _WORDS.search(error.message):
            return error
        found = GoneError(
            f"{what} is not there, or not any more: {error.message}",
            status=error.status,
            code=error.code,
            request_id=error.request_id,
            body=error.body,
            hint=remedy,
            meaning=error.meaning,
        )
        found.file_id, found.batch_id = file_id, batch_id
        return found

    return failed
