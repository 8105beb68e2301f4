"""What an answer of any endpoint has used: tokens, images, characters, pages. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from zhipu_client.models import Costs

__all__ = ["Rows", "Tally", "Used", "add_rows", "costs_of", "counts_of", "used_by"]

#: Path -> what is counted under which name. What is not here costs nothing.
_KINDS: Mapping[str, str] = {
    "/agents": "agents",
    "/audio/speech": "speech",
    "/audio/transcriptions": "transcriptions",
    "/chat/completions": "chat",
    "/embeddings": "embeddings",
    "/files/ocr": "handwriting",
    "/files/parser/create": "file_parser",
    "/files/parser/sync": "file_parser",
    "/images/generations": "images",
    "/layout_parsing": "ocr",
    "/moderations": "moderations",
    "/reader": "web_pages",
    "/rerank": "rerank",
    "/videos/generations": "videos",
    "/voice/clone": "voices",
    "/web_search": "web_search",
}
#: Where the result of a task is asked for: only then its tokens are known.
_TASKS = "/async-result/"
_BATCH_BASE = "/v4"
_HOST_BASES = ("/api/v1", "/v1", "/api")


class Used(NamedTuple):
    """What one row of a `zhipu_client.UsageCounter` is about.

    Attributes:
        kind: ``chat``, ``embeddings``, ``rerank``, ``ocr``, ``handwriting``, ``images``,
            ``videos``, ``speech``, ``transcriptions``, ``web_search``, ``web_pages``,
            ``moderations``, ``agents``, ``file_parser``, ``voices`` or ``realtime``.
        model: The code of the model, or of the search engine; may be empty.
        site: ``bigmodel``, ``zai``, one of the coding plans; empty for another server.
        batch: Whether it was asked in a batch, at half the price.
    """

    kind: str
    model: str = ""
    site: str = ""
    batch: bool = False


#: Counts by name, for each model.
Rows = dict[Used, dict[str, int]]


def used_by(
    request: Any, data: Any, site: str | None
) -> tuple[Used, dict[str, int], str | None] | None:
    """Return what an answer has used; None for one that costs nothing.

    Args:
        request: The request, streamed or not.
        data: The decoded answer; of a stream what it came to; None for sound.
        site: Where it was sent.

    Returns:
        What it is about, the counts, and, for an answer that may come several times, its name.
    """
    path = "/" + request.path.lstrip("/")
    body = request.json if isinstance(request.json, Mapping) else dict(request.form)
    if request.method == "GET":
        return _of_task(path, data, site)
    for base in _HOST_BASES:
        path = path.removeprefix(base) if path not in _KINDS else path
    kind = _KINDS.get(path)
    if kind is None or request.method != "POST":
        return None
    model = request.model or body.get("model") or body.get("search_engine") or ""
    return Used(kind, str(model), site or ""), _counts(kind, body, data), None


def _of_task(
    path: str, data: Any, site: str | None
) -> tuple[Used, dict[str, int], str | None] | None:
    task, usage = path.removeprefix(_TASKS), _field(data, "usage")
    # A video has been counted when it was begun.
    if task == path or not isinstance(usage, Mapping) or _field(data, "video_result"):
        return None
    model = str(_field(data, "model") or "").lower()  # as one asks for it
    return Used("chat", model, site or ""), _counts("chat", {}, data), task


def _counts(kind: str, body: Mapping[str, Any], data: Any) -> dict[str, int]:
    found = counts_of(_field(data, "usage"))
    unit = _UNITS.get(kind)
    if unit is not None:
        count = unit[1](body, data)
        if count:
            found[unit[0]] = count
    return found


def counts_of(usage: Any) -> dict[str, int]:
    """Return the counts of one answer by its ``usage``, those that are nested included."""
    found = {"answers": 1}
    for name, value in usage.items() if isinstance(usage, Mapping) else ():
        if _is_count(value):
            found[name] = value
        elif isinstance(value, Mapping):  # such as the cached ones among the tokens
            for inner, count in value.items():
                if _is_count(count):
                    found.setdefault(inner, count)
    return found


def _length(value: Any) -> int:
    return len(value) if isinstance(value, (list, str)) else 0


def _pages(data: Any) -> int:
    reported = _field(_field(data, "data_info"), "num_pages")
    return int(reported) if _is_count(reported) else _length(_field(data, "layout_details"))


#: Kind -> what else is counted: its name, and how many a request or its answer has.
_UNITS: Mapping[str, tuple[str, Callable[[Mapping[str, Any], Any], int]]] = {
    "embeddings": ("texts", lambda body, _: _length(body.get("input"))),
    "images": ("images", lambda _, data: _length(_field(data, "data"))),
    "ocr": ("pages", lambda _, data: _pages(data)),
    "rerank": ("documents", lambda body, _: _length(body.get("documents"))),
    "speech": ("characters", lambda body, _: _length(body.get("input"))),
}


def _field(data: Any, name: str) -> Any:
    return data.get(name) if isinstance(data, Mapping) else getattr(data, name, None)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def add_rows(total: Rows, rows: Mapping[Used, Mapping[str, int]]) -> None:
    """Add counts to others."""
    for used, counts in rows.items():
        row = total.setdefault(used, {})
        for name, count in counts.items():
            row[name] = row.get(name, 0) + count


class Tally:
    """The sums of the lines of a batch's results.

    Args:
        url: The endpoint of the lines, such as ``/v4/chat/completions``.
        site: Where the batch is.
    """

    def __init__(self, url: str, site: str | None) -> None:
        self._kind = _KINDS.get(url.removeprefix(_BATCH_BASE), "chat")
        self._site = site or ""
        self.rows: Rows = {}

    def take(self, row: Mapping[str, Any]) -> None:
        """Count a line with an answer in it, whether or not it can be read."""
        body = _field(_field(row, "response"), "body")
        if not isinstance(_field(body, "usage"), Mapping):
            return
        model = str(_field(body, "model") or "").lower()
        used = Used(self._kind, model, self._site, batch=True)
        add_rows(self.rows, {used: _counts("", {}, body)})


def costs_of(rows: Iterable[tuple[Used, Mapping[str, int]]], site: str | None) -> Costs:
    """Return what is known of the costs. ``site``: whose prices, where it is another server."""
    from zhipu_client.models import Costs  # the prices are read where somebody asks for costs

    found = Costs()
    for used, counts in rows:
        answers = counts.get("answers", 0)
        cost = _cost(used, counts, site or used.site)
        if cost is not None:
            found += Costs({str(cost["currency"]): cost["amount"]}, answers)
        else:
            found += Costs({}, answers, answers)
    return found


def _cost(used: Used, counts: Mapping[str, int], site: str) -> Mapping[str, Any] | None:
    from zhipu_client.models import cost_of, price_of

    price = price_of(used.model, site)
    if price is not None and price.call is not None:
        return {"amount": price.call * counts.get("answers", 0), "currency": price.currency}
    usage = {**counts, "prompt_tokens_details": {"cached_tokens": counts.get("cached_tokens", 0)}}
    return cost_of(used.model, site, usage, batch=used.batch)
