"""The check-up: what the environment says, and what the service answers."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from zhipu_client import chat, errors, quota, served_models
from zhipu_client._defaults import PRESETS, site_of
from zhipu_client._lazy import hint
from zhipu_client.doctor._environment import of_distributions, of_key, of_variables
from zhipu_client.doctor._remedies import failed
from zhipu_client.doctor._report import Finding, Report

if TYPE_CHECKING:
    from zhipu_client._io.sync import Client
    from zhipu_client._request import Reply
else:
    Client = hint("zhipu_client._io.sync", "Client")

__all__ = ["diagnose"]

#: Free on both sites; asked for one token.
CHEAP_MODEL = "glm-4.7-flash"
#: Seconds by which a clock may be wrong: a token of ``auth="jwt"`` is good for 210.
_WRONG_BY = 60.0
_CONCURRENCY = (
    "the account's limit differs by model, and no answer says it; above it comes 1302, which is "
    "waited for. max_concurrency= limits a process, shared_limit= several"
)
#: A site -> the one that a refused key may belong to.
_OTHER: Mapping[str, str] = {
    "bigmodel": "zai",
    "zai": "bigmodel",
    "bigmodel-coding": "zai-coding",
    "zai-coding": "bigmodel-coding",
}


def diagnose(
    *,
    api_key: str | None = None,
    base_url: str | None = None,
    model: str | None = None,
    environ: Mapping[str, str] | None = None,
    client: Callable[..., Client] | None = None,
    now: Callable[[], float] = time.time,
) -> Report:
    """Look at key, site, network, clock, balance, plan and versions.

    Args:
        api_key: The key; None takes the environment's.
        base_url: A preset or URL; None decides as every class does.
        model: The model of the one cheap call; None for ``glm-4.7-flash``, which is free.
        environ: The environment; None for the process's own.
        client: Makes a client of ``api_key=``, ``base_url=``, ``max_retries=``.
        now: The clock, in seconds since 1970.

    Returns:
        The findings. Failures of calls are findings, not exceptions.

    Raises:
        ZhipuError: Never, of the calls that it makes.

    Example:
        ```python
        from zhipu_client import doctor

        report = doctor.diagnose()
        print(report.text())
        print(report.healthy)
        ```
    """
    found = os.environ if environ is None else environ
    findings = list(of_distributions())
    findings += of_variables(found)
    if api_key is None:
        findings.append(of_key(found))
        if findings[-1].level == "error":
            return Report(tuple(findings))
    make = client or _client
    findings += _of_service(make, {"api_key": api_key, "base_url": base_url}, model, now)
    return Report(tuple(findings))


def _client(**settings: Any) -> Client:
    from zhipu_client._io.sync import Client

    return Client(**settings)


def _of_service(
    make: Callable[..., Client],
    where: Mapping[str, Any],
    model: str | None,
    now: Callable[[], float],
) -> Iterator[Finding]:
    try:
        client = make(**where, max_retries=0)
    except errors.ZhipuError as error:
        yield Finding("settings", "error", str(error), "correct the setting that it names")
        return
    # By its address: a site that was not named would be changed for the other in silence.
    where = {**where, "base_url": client.base_url}
    client = make(**where, max_retries=0)
    site = site_of(client.base_url)
    yield Finding(
        "site",
        "ok",
        f"{client.base_url} ({site or 'a server of your own'})",
        facts={"base_url": client.base_url, "site": site, "dialect": client.dialect.name},
    )
    started = now()
    listed, reached = _listed(client, started)
    yield from reached
    if reached[-1].level == "error":
        if isinstance(listed, errors.AuthenticationError):
            yield from _of_other_site(make, where, site, model)
        return
    yield from _of_account(client, listed, model)


def _of_account(client: Client, listed: Any, model: str | None) -> Iterator[Finding]:
    """Make the one call, and look at concurrency and plan."""
    served = [entry.id for entry in listed if entry.id] if isinstance(listed, list) else []
    called = _call(client, model or _cheapest(client, served))
    yield called
    if client.dialect.name == "zhipu":
        if called.name != "concurrency":
            yield Finding("concurrency", "note", _CONCURRENCY)
        yield from _of_plan(client)


def _listed(client: Client, started: float) -> tuple[Any, list[Finding]]:
    """Return what the server lists, or the error; and what was seen on the way."""
    dates: list[str] = []
    request = served_models.list()

    def parse(reply: Reply) -> Any:
        dates.extend(value for name, value in reply.headers.items() if name.lower() == "date")
        return request.parse(reply)

    try:
        found = client.send(replace(request, parse=parse))
    except errors.NotFoundError as error:  # a server that lists no models answers all the same
        return error, [Finding("models", "note", "the server does not list its models")]
    except errors.ZhipuError as error:
        return error, [failed("connection", error)]
    text = f"the server answers, and lists {len(found)} models"
    return found, [Finding("connection", "ok", text), *_of_clock(dates, started)]


def _of_clock(dates: list[str], started: float) -> Iterator[Finding]:
    try:
        wrong = started - parsedate_to_datetime(dates[0]).timestamp()
    except (IndexError, TypeError, ValueError):
        return
    if abs(wrong) > _WRONG_BY:
        direction = "ahead" if wrong > 0 else "behind"
        yield Finding(
            "clock",
            "warning",
            f"this machine's clock is {_length(abs(wrong))} {direction} of the server's",
            'set the clock: keys of auth="jwt" and certificates depend on it',
            {"seconds": round(wrong)},
        )


def _cheapest(client: Client, served: list[str]) -> str:
    """Return a model to call: the free one of the service, the first that another server lists."""
    ours = client.dialect.name == "zhipu"  # which does not list its free models
    return CHEAP_MODEL if ours or not served else served[0]


def _call(client: Client, model: str) -> Finding:
    messages = [{"role": "user", "content": "Hi"}]
    request = chat.create(model=model, messages=messages, max_tokens=1)
    try:
        reply = client.send(request)
    except errors.ZhipuError as error:
        return failed("call", error)
    usage = reply.usage
    spent = "" if usage is None else f", {usage.total_tokens} tokens"
    return Finding("call", "ok", f"{model} answers{spent}", facts={"model": model})


def _of_plan(client: Client) -> Iterator[Finding]:
    try:
        limits = client.send(quota.retrieve()).limits
    except errors.ZhipuError:
        yield Finding("plan", "note", "the account has no coding plan that could be asked about")
        return
    for limit in limits:
        window = f" in {_length(limit.window.total_seconds())}" if limit.window else ""
        reset = f", anew at {limit.reset_at:%Y-%m-%d %H:%M} UTC" if limit.reset_at else ""
        used = limit.percentage
        if isinstance(used, int | float):
            text = f"{limit.type or 'a limit'}: {used:g} % used{window}{reset}"
            yield Finding("plan", "error" if used >= 100 else "ok", text)


def _length(seconds: float) -> str:
    for name, unit in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= unit:
            return f"{round(seconds / unit, 1):g} {name}"
    return f"{seconds:.0f} seconds"


def _of_other_site(
    make: Callable[..., Client], where: Mapping[str, Any], site: str | None, model: str | None
) -> Iterator[Finding]:
    """Try a refused key on the other site; where it is taken, look at the account there."""
    other = _OTHER.get(site or "")
    if other is None:
        return
    client = make(**{**where, "base_url": other}, max_retries=0)
    try:
        listed = client.send(served_models.list())
    except errors.AuthenticationError:
        text = f"{PRESETS[other]} refuses the key too"
        yield Finding("other site", "note", text, "make a new key")
    except errors.ZhipuError as error:
        yield Finding("other site", "note", f"{PRESETS[other]} could not be asked: {error}")
    else:
        text = f"the key belongs to {PRESETS[other]}"
        yield Finding("other site", "warning", text, f'set base_url="{other}"', {"site": other})
        yield from _of_account(client, listed, model)
