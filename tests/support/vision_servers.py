"""Vision chat servers that serve GLM-OCR, in the shapes of vLLM, SGLang and Ollama.

They recognise a page by the height of its image (`document` makes such pages), so that a test sees
whether the right page was rendered and sent.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.reliability.scenarios import answer, chosen
from tests.reliability.server import FaultServer, Scenario

__all__ = ["KINDS", "Own", "cut", "document", "image_of", "own_server", "picture", "prompt_of"]

#: Points: the width of all pages, the height of page 0, and what each page has more.
WIDTH, HEIGHT, STEP = 300, 300, 20
DPI = 200

Answer = Callable[[dict[str, Any], int], Any]


def document(pages: int) -> bytes:
    """A PDF whose pages differ in height."""
    objects = ["<</Type/Catalog/Pages 2 0 R>>", ""]
    for number in range(1, pages + 1):
        content = f"0.{number % 10} g 50 50 200 100 re f"
        objects.append(f"<</Length {len(content)}>>stream\n{content}\nendstream")
        height = HEIGHT + STEP * number
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {WIDTH} {height}]"
            f"/Contents {len(objects)} 0 R>>"
        )
    kids = " ".join(f"{number} 0 R" for number in range(4, len(objects) + 1, 2))
    objects[1] = f"<</Type/Pages/Count {pages}/Kids[{kids}]>>"
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    head = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    tail = f"trailer<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{len(out)}\n%%EOF\n"
    return out + head.encode() + tail.encode()


def picture(width: int, height: int, form: str = "PNG", mode: str = "RGB", **more: Any) -> bytes:
    """An image of one colour."""
    from PIL import Image

    out = io.BytesIO()
    Image.new(mode, (width, height)).save(out, form, **more)
    return out.getvalue()


def image_of(body: Mapping[str, Any]) -> Any:
    """The image in a request."""
    from PIL import Image

    head, _, text = body["messages"][-1]["content"][0]["image_url"]["url"].partition(",")
    image = Image.open(io.BytesIO(base64.b64decode(text, validate=True)))
    assert head == f"data:image/{image.format.lower()};base64"
    image.load()
    return image


def prompt_of(body: Mapping[str, Any]) -> str:
    """The words in a request."""
    return str(body["messages"][-1]["content"][1]["text"])


def page_in(body: Mapping[str, Any]) -> int:
    """The number of the page that was sent."""
    return round((image_of(body).height * 72 / DPI - HEIGHT) / STEP)


def read(body: dict[str, Any], page: int) -> str:
    """What the model reads on a page."""
    return f"# Page {page}\n\nIt has a grey box."


def _vllm(model: str, text: str, reason: str | None) -> dict[str, Any]:
    message = {
        "role": "assistant", "content": text, "refusal": None, "annotations": None, "audio": None,
        "function_call": None, "tool_calls": [], "reasoning": None,
    }  # fmt: skip
    choice = {
        "index": 0, "message": message, "logprobs": None, "finish_reason": reason,
        "stop_reason": 59246 if reason == "stop" else None, "token_ids": None,
    }  # fmt: skip
    more = {"service_tier": None, "system_fingerprint": None, "prompt_logprobs": None}
    return {"id": "chatcmpl-9f0e", **_common(model, choice), **more, "kv_transfer_params": None}


def _sglang(model: str, text: str, reason: str | None) -> dict[str, Any]:
    message = {
        "role": "assistant", "content": text, "reasoning_content": None, "tool_calls": None,
    }  # fmt: skip
    choice = {
        "index": 0, "message": message, "logprobs": None, "finish_reason": reason,
        "matched_stop": 59246 if reason == "stop" else None,
    }  # fmt: skip
    more = {"metadata": {"weight_version": "default"}}
    return {"id": "4f1d0a", **_common(model, choice), **more}


def _ollama(model: str, text: str, reason: str | None) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": reason}
    more = {"system_fingerprint": "fp_ollama"}
    return {"id": "chatcmpl-123", **_common(model, choice), **more}


def _common(model: str, choice: dict[str, Any]) -> dict[str, Any]:
    usage = {"prompt_tokens": 900, "completion_tokens": 20, "total_tokens": 920}
    return {
        "object": "chat.completion", "created": 1767240000, "model": model, "choices": [choice],
        "usage": usage,
    }  # fmt: skip


#: Server -> the body of its answer, that of its errors, and the model's name there.
KINDS: Mapping[str, tuple[Callable[..., dict[str, Any]], Callable[[str, int], Any], str]] = {
    "vllm": (
        _vllm,
        lambda text, status: {
            "error": {"message": text, "type": "BadRequestError", "param": None, "code": status}
        },
        "zai-org/GLM-OCR",
    ),
    "sglang": (
        _sglang,
        lambda text, status: {
            "object": "error", "message": text, "type": "BadRequest", "param": None, "code": status
        },
        "zai-org/GLM-OCR",
    ),
    "ollama": (
        _ollama,
        lambda text, status: {
            "error": {"message": text, "type": "api_error", "param": None, "code": None}
        },
        "glm-ocr",
    ),
}  # fmt: skip


class Own:
    """A running server.

    Attributes:
        settings: What reaches it: for any adapter.
        server: What counts its requests.
    """

    def __init__(self, server: FaultServer, kind: str) -> None:
        self.server = server
        self.settings = {
            "base_url": f"{server.url}/v1", "api_key": "not-needed", "model": KINDS[kind][2],
            "max_retries": 0,
        }  # fmt: skip

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """The requests so far."""
        return [json.loads(request.body) for request in self.server.requests]

    @property
    def pages(self) -> list[int]:
        """Which pages were sent."""
        return sorted(page_in(body) for body in self.bodies)


def cut(text: str = "It is") -> tuple[str, str]:
    """An answer that ran into a limit of tokens."""
    return text, "length"


@contextmanager
def own_server(kind: str, made: Answer = read) -> Iterator[Own]:
    """A server of a kind.

    Args:
        kind: One of `KINDS`.
        made: What it says to a request about a page: a text, a text and a finish reason, a status
            and a text for an error, or a scenario.
    """
    body_of, error_of, _ = KINDS[kind]

    def serve(exchange: Any) -> Scenario:
        assert exchange.request.path == "/v1/chat/completions"
        body = exchange.request.json
        url = body["messages"][-1]["content"][0]["image_url"]["url"]
        said = made(body, page_in(body) if url.startswith("data:") else 1)
        if isinstance(said, str):
            said = said, "stop"
        if not isinstance(said, tuple):
            return said
        first, second = said
        if isinstance(first, int):
            return answer(error_of(second, first), first)
        return answer(body_of(body["model"], first, second))

    with FaultServer(chosen(serve)) as server:
        yield Own(server, kind)
