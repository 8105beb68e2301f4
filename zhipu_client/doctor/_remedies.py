"""What to do about an error, in a sentence, and what the error is about."""

from __future__ import annotations

from collections.abc import Mapping

from zhipu_client import errors
from zhipu_client.doctor._report import Finding
from zhipu_client.errors._kinds import comes_from

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
#: Business code -> what it is about and what to do, where the class says too little.
_BY_CODE: Mapping[str, tuple[str, str]] = {
    "1005": ("key", "log in to the console once more: the account wants a second login"),
    "1305": ("", "try again in a minute, or use another model (--model): it is overloaded"),
    "1309": ("plan", "renew the coding plan"),
    "1311": ("account", "use a model that the plan includes (--model)"),
    "1312": ("", "try again in a minute, or use another model (--model): it is busy"),
    "1313": ("account", "have the restriction lifted in the console"),
}
_CERTIFICATE = (
    "the certificate was not accepted: name the authority that signed it in SSL_CERT_FILE (a "
    "company's proxy has its own), and look at this machine's clock"
)
_TLS = (
    "the server does not speak TLS, or not this machine's: look at the base URL (https or http), "
    "and at proxies in between"
)
#: What raised it -> what it is about and what to do. The first that fits.
_BY_CAUSE: Mapping[str, tuple[str, str]] = {
    "SSLCertVerificationError": ("certificates", _CERTIFICATE),
    "SSLError": ("connection", _TLS),
}


def failed(name: str, error: errors.ZhipuError) -> Finding:
    """Say what failed, and what to do about it.

    Args:
        name: What was tried; errors that are about something else go by that.
        error: How it ended.
    """
    code = getattr(error, "code", None)
    by_class = (said for kind, *said in _BY_CLASS if isinstance(error, kind))
    by_cause = (said for kind, said in _BY_CAUSE.items() if comes_from(error, kind))
    about, remedy = next(by_cause, None) or _BY_CODE.get(str(code)) or next(by_class, ("", ""))
    facts = {
        "tried": name,
        "error": type(error).__name__,
        "status": getattr(error, "status", None),
        "code": code,
        "request_id": getattr(error, "request_id", None),
    }
    return Finding(about or name, "error", str(error), remedy, facts)
