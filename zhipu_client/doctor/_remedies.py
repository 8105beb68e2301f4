"""What to do about an error, in a sentence, and what the error is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from zhipu_client import errors
from zhipu_client.doctor._report import Finding

__all__ = ["failed"]

#: Error -> what it is about, and what to do. The first that fits.
_BY_CLASS: tuple[tuple[type[Exception], str, str], ...] = (
    (
        errors.AuthenticationError,
        "key",
        "make a new key, or use the site that the key belongs to",
    ),
    (
        errors.InsufficientBalanceError,
        "balance",
        "recharge; with a coding plan: use its base URL",
    ),
    (errors.QuotaExceededError, "plan", "wait until the window begins anew"),
    (
        errors.RateLimitError,
        "concurrency",
        "fewer calls at once: max_concurrency=, in several processes shared_limit=",
    ),
    (
        errors.NotFoundError,
        "",
        "name another model (--model), or correct the base URL (--base-url)",
    ),
    (errors.PermissionDeniedError, "account", "see in the console what the account may use"),
    (errors.APITimeoutError, "connection", "try again; behind a proxy: look at its settings"),
    (errors.APIConnectionError, "connection", "look at the network, the proxy and the base URL"),
    (
        errors.ServerError,
        "",
        "try again in a minute; then look at the base URL, or ask support with the request id",
    ),
)
#: Business code -> what to do, where the class says too little.
_BY_CODE: Mapping[str, str] = {
    "1309": "renew the coding plan",
    "1311": "use a model that the plan includes (--model)",
    "1313": "have the restriction lifted in the console",
}
_CERTIFICATES = (
    "the certificate was not accepted: name the authority that signed it in SSL_CERT_FILE (a "
    "company's proxy has its own), and look at this machine's clock"
)


def failed(name: str, error: errors.ZhipuError) -> Finding:
    """Say what failed, and what to do about it.

    Args:
        name: What was tried; errors that are about something else go by that.
        error: How it ended.
    """
    about, remedy = next(
        ((what, text) for kind, what, text in _BY_CLASS if isinstance(error, kind)), ("", "")
    )
    code = getattr(error, "code", None)
    remedy = _BY_CODE.get(str(code), remedy)
    # By name: what talks to the network is elsewhere.
    if any(kind.__name__ == "SSLError" for one in _causes(error) for kind in type(one).__mro__):
        about, remedy = "certificates", _CERTIFICATES
    facts = {
        "tried": name,
        "error": type(error).__name__,
        "status": getattr(error, "status", None),
        "code": code,
        "request_id": getattr(error, "request_id", None),
    }
    return Finding(about or name, "error", str(error), remedy, facts)


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        yield found
        found = found.__cause__ or found.__context__
