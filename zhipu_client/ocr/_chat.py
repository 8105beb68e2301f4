"""Reading a page with a vision chat server: the request, and what its answer means. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from zhipu_client import _check
from zhipu_client._request import Reply, Request
from zhipu_client.errors import ContentFilterError, ServerError
from zhipu_client.ocr._pages import OCRPage
from zhipu_client.work._job import attach
from zhipu_client.work._pictures import Picture

__all__ = ["TASKS", "Task", "page_of", "page_request"]

Task = Literal["text", "table", "formula", "figure"]

#: What a page is read for -> the prompt that GLM-OCR was trained with. Text, table and formula are
#: in the configuration of the model's own SDK, figure is on its page at Ollama.
TASKS: Mapping[Task, str] = {
    "text": "Text Recognition:",
    "table": "Table Recognition:",
    "formula": "Formula Recognition:",
    "figure": "Figure Recognition:",
}

#: Why an answer ended that is not whole: a limit of tokens, a server that was stopped. An answer
#: without a reason is not known to be whole. Reasons that are unknown here are not a failure.
_CUT = frozenset({"length", "max_tokens", "model_context_window_exceeded", "abort", "error"})
_REFUSED = frozenset({"content_filter", "sensitive"})
#: Reasoning and marks that a vision model may have around its answer.
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_MARKS = re.compile(r"<\|(?:begin|end)_of_box\|>")
#: A fence around the whole answer, which some servers' versions of the model add.
_FENCE = re.compile(r"```(?:markdown|md|html|latex|text)?[ \t]*\n(.*?)\n?```", re.DOTALL)
_FORMULA_MARKS = (("$$", "$$"), (r"\[", r"\]"), (r"\(", r"\)"))


def page_request(
    picture: Picture,
    *,
    model: str,
    prompt: str,
    max_tokens: int | None = None,
    extra_body: Mapping[str, Any] | None = None,
) -> Request[dict[str, Any]]:
    """Return the request that reads one page. Nothing is sent that the caller did not ask for."""
    content = [
        {"type": "image_url", "image_url": {"url": picture.url}},
        {"type": "text", "text": prompt},
    ]
    return Request(
        method="POST",
        path="/chat/completions",
        parse=_body,
        json=_check.body(
            extra_body,
            model=model,
            messages=[{"role": "user", "content": content}],
            max_tokens=max_tokens,
        ),
        kind="generate",
        model=model,
        check=_check_reply,
        keep=_is_whole,
    )


def _body(reply: Reply) -> dict[str, Any]:
    return dict(reply.data)


def _check_reply(reply: Reply) -> None:
    """Raise unless the reply is an answer; where the generation broke off, it is tried again."""
    choice = _choice(reply.data)
    if choice is None:
        raise ServerError(
            "the answer has no choices: is base_url a chat server?",
            status=reply.status,
            body=reply.data,
        )
    if choice.get("finish_reason") == "network_error":
        raise ServerError(
            "the service interrupted the generation (finish_reason network_error)",
            status=reply.status,
            retryable=True,
            body=reply.data,
        )


def _is_whole(data: Any) -> bool:
    """Return False for an answer that a checkpoint must not keep: it is asked for again."""
    reason = (_choice(data) or {}).get("finish_reason")
    return bool(reason) and reason not in _CUT and reason not in _REFUSED


def _choice(data: Any) -> Mapping[str, Any] | None:
    choices = data.get("choices") if isinstance(data, dict) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) and isinstance(first.get("message"), dict) else None


def page_of(
    data: Mapping[str, Any], number: int, total: int, picture: Picture, task: Task | None
) -> OCRPage:
    """Return the page that an answer is about.

    Args:
        data: The decoded body.
        number: The page's number, from 1.
        total: The number of pages of the document.
        picture: What was sent; without its address, if that was long.
        task: What the page was read for; None for a prompt of the caller's own.

    Raises:
        ServerError: The answer is not whole; ``cut_page`` is what came of it.
        ContentFilterError: The server refused to answer.
    """
    choice = _choice(data) or {}
    text = _clean(_text(choice.get("message") or {}))
    model, request_id, usage = data.get("model"), data.get("request_id"), data.get("usage")
    page = OCRPage(
        number=number,
        text=_as_formula(text) if task == "formula" else text,
        width=picture.width,
        height=picture.height,
        total_pages=total,
        model=model if isinstance(model, str) else None,
        request_id=str(request_id or data.get("id") or "") or None,
        usage=usage if isinstance(usage, dict) else None,
        has_layout=False,
    )
    reason = choice.get("finish_reason")
    if reason in _REFUSED:
        raise ContentFilterError(f"the server refused to read the page (finish_reason {reason})")
    if not reason or reason in _CUT:
        raise attach(_cut(reason, page), cut_page=page)
    return page


def _cut(reason: Any, page: OCRPage) -> ServerError:
    tokens = (page.usage or {}).get("completion_tokens")
    after = f" after {tokens} tokens" if isinstance(tokens, int) else ""
    why = f"finish_reason {reason}" if reason else "it has no finish_reason"
    return ServerError(
        f"the answer was cut{after} ({why})",
        request_id=page.request_id,
        hint=(
            "What came of it is the error's cut_page. Raise max_tokens or the length that the "
            "server was started with, or lower max_pixels; a text that repeats itself is a loop "
            "of the model, which another dpi or temperature may avoid"
        ),
    )


def _text(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        return "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""


def _clean(text: str) -> str:
    """Return the text of the page, without what stands around it."""
    text = _MARKS.sub("", _THOUGHT.sub("", text)).strip()
    fenced = _FENCE.fullmatch(text)
    inside = fenced[1] if fenced else text
    # Two fenced blocks, one at each end, do not enclose it all.
    return text if "```" in inside else inside.strip()


def _as_formula(text: str) -> str:
    """Return LaTeX as a formula of Markdown, as the layout service writes it."""
    for start, end in _FORMULA_MARKS:
        if text.startswith(start) and text.endswith(end) and len(text) >= len(start + end):
            text = text[len(start) : -len(end)]
            break
    return f"$$\n{text.strip()}\n$$" if text.strip() else ""
