"""The service's business codes: the error of each, whether a retry can help, and what it means.

Pure; data only. Both sites have the same codes. Their texts are Chinese at open.bigmodel.cn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from zhipu_client.errors import (
    APIError,
    AuthenticationError,
    BadRequestError,
    ContentFilterError,
    ContextOverflowError,
    InsufficientBalanceError,
    NotFoundError,
    PermissionDeniedError,
    QuotaExceededError,
    RateLimitError,
    ServerError,
)

__all__ = ["CODES", "Code", "Retry"]

Retry = Literal["yes", "no", "after_reset"]


@dataclass(frozen=True, slots=True)
class Code:
    """What one business code means: the error it raises, and whether a retry can help.

    Attributes:
        error: The class of the error.
        retry: Whether the same request may succeed later.
        meaning: The same in English, for a message that is not.
    """

    error: type[APIError]
    retry: Retry
    meaning: str


# Those of three digits are the knowledge bases' own, in answers with HTTP 200, or a status.
_ROWS: tuple[tuple[type[APIError], Retry, dict[str, str]], ...] = (
    (ServerError, "yes", {
        "500": "internal error of the service",
        "1200": "the call of the API failed",
        "1230": "the processing of the call failed",
        "1234": "a network error within the service",
    }),
    (AuthenticationError, "no", {
        "401": "the key has expired or is wrong",
        "1000": "authentication failed",
        "1001": "the request has no Authorization header",
        "1002": "the token is invalid",
        "1003": "the token has expired",
        "1004": "authentication with this token failed",
        "1005": "the account is protected by two factors and needs a second login",
    }),
    (ServerError, "no", {"1100": "the account could not be read or written"}),
    (PermissionDeniedError, "no", {
        "403": "not permitted",
        "1110": "the account is not active",
        "1111": "the account does not exist",
        "1112": "the account is locked",
        "1120": "the account cannot be accessed",
        "1121": "the account is flagged as irregular",
        "1220": "the account has no permission for this API",
        "1311": "the plan does not include this model",
        "1313": "the account is throttled under the fair-use policy, until that is lifted in the "
                "console",
        "1314": "the enterprise plan is not valid",
        "1315": "the key may be used for the enterprise coding endpoint only",
    }),
    (InsufficientBalanceError, "no", {
        "1113": "the balance is used up, or no resource package covers the call",
    }),
    (BadRequestError, "no", {
        "400": "the request is wrong",
        "1210": "a parameter of the call is wrong",
        "1212": "the model does not support this way of calling it",
        "1213": "a required parameter was not received",
        "1214": "a parameter is invalid",
        "1215": "two parameters exclude each other",
        "1231": "a request with this request_id exists already",
    }),
    (NotFoundError, "no", {
        "404": "not found",
        "1211": "the model, or the search engine, does not exist",
        "1221": "the API has been taken offline",
        "1222": "the API does not exist",
        "1233": "the task does not exist",
    }),
    (ContextOverflowError, "no", {"1261": "the prompt is too long"}),
    (ContentFilterError, "no", {
        "1300": "the call is blocked by a policy",
        "1301": "the input or the answer may be unsafe or sensitive",
    }),
    (RateLimitError, "yes", {
        "429": "too many requests",
        "1302": "the account's limit of requests is reached: too many at once",
        "1303": "the account calls this API too often",
        "1305": "the model is overloaded",
        "1312": "the model is busy",
        "1701": "too many web searches at once",
    }),
    (QuotaExceededError, "after_reset", {
        "1304": "the day's limit of calls is reached",
        "1308": "the plan's usage limit is reached, until the time in the text",
        "1310": "the plan's weekly or monthly limit is reached, until the time in the text",
        "1316": "the plan's limit of five hours is reached, and the main account has no balance "
                "for more",
        "1317": "the plan's limit of seven days is reached, and the main account has no balance "
                "for more",
        "1318": "the plan's limit of five hours is reached, and the sub-account's monthly spending "
                "limit too",
        "1319": "the plan's limit of seven days is reached, and the sub-account's monthly spending "
                "limit too",
        "1320": "the plan's limit of five hours is reached, and the enterprise's monthly spending "
                "limit too",
        "1321": "the plan's limit of seven days is reached, and the enterprise's monthly spending "
                "limit too",
    }),
    (QuotaExceededError, "no", {"1309": "the coding plan has expired"}),
    (ServerError, "no", {
        "1702": "no search engine is available",
        "1703": "the search engine returned nothing usable; another query may",
    }),
)  # fmt: skip

#: Business code -> what it is. The service's own table, with what was seen beside it.
CODES: Mapping[str, Code] = {
    code: Code(error, retry, meaning)
    for error, retry, meanings in _ROWS
    for code, meaning in meanings.items()
}
