"""What the model refuses before it sends, and the errors of what comes back."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core import exceptions as core
from langchain_core.messages import HumanMessage

from langchain_zhipu import ChatZhipuAI
from tests.langchain_zhipu.chat.making import Make, Sent
from tests.langchain_zhipu.chat.wire import USAGE, body, delta
from zhipu_client import InvalidRequestError
from zhipu_emulator import Answer

# --- bad input: refused before anything is sent


@pytest.mark.parametrize(
    ("settings", "kwargs", "field"),
    [
        ({"temperature": 1.5}, {}, "temperature"),
        ({}, {"temperature": -0.1}, "temperature"),
        ({}, {"max_tokens": 10**7}, "max_tokens"),
        ({}, {"max_tokens": 0}, "max_tokens"),
        ({}, {"thinking": "very"}, "thinking"),
        ({}, {"response_format": {"type": "xml"}}, "response_format"),
        ({}, {"n": 0}, "n"),
        ({}, {"stop": ["a", "b", "c", "d", "e"]}, "stop"),
        ({"user_id": "abc"}, {}, "user_id"),
    ],
)
def test_bad_values_are_refused_by_name(
    make: Make, server: Any, settings: Any, kwargs: Any, field: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        make(**settings).invoke("hi", **kwargs)
    assert isinstance(caught.value, core.ModelInvalidRequestError)
    assert caught.value.field == field
    assert server.requests == []


def test_an_empty_prompt_is_refused(model: ChatZhipuAI, server: Any) -> None:
    with pytest.raises(InvalidRequestError, match="messages"):
        model.invoke("")
    assert server.requests == []


def test_bad_blocks_tools_and_files_are_refused(
    model: ChatZhipuAI, make: Make, server: Any, tmp_path: Any
) -> None:
    vision = make(model="glm-4.6v")
    image = {"type": "image", "url": "https://x/y.png"}
    with pytest.raises(InvalidRequestError, match=r"content\[0\] is an image, but glm-4\.7"):
        model.invoke([HumanMessage([image])])
    with pytest.raises(InvalidRequestError, match="hologram"):
        model.invoke([HumanMessage([{"type": "hologram"}])])
    with pytest.raises(InvalidRequestError, match="No such file"):
        vision.invoke([HumanMessage([{"type": "image", "path": tmp_path / "gone.png"}])])
    with pytest.raises(InvalidRequestError, match="at most"):
        vision.invoke(
            [
                HumanMessage(
                    [{"type": "image", "mime_type": "image/png", "base64": "A" * 68 * 2**20}]
                )
            ]
        )
    with pytest.raises(InvalidRequestError, match="name"):
        model.bind_tools([{"type": "function", "function": {"name": ""}}])
    assert server.requests == []


async def test_async_reads_files_and_refuses_the_same(
    make: Make, tmp_path: Any, sent: Sent
) -> None:
    vision = make(model="glm-4.6v")
    file = tmp_path / "a.png"
    with pytest.raises(InvalidRequestError, match="No such file"):
        await vision.ainvoke([HumanMessage([{"type": "image", "path": file}])])
    assert sent() == []


def test_no_key_bad_key_bad_preset_at_construction(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidRequestError, match="no API key") as caught:
        ChatZhipuAI()
    assert caught.value.field == "api_key"
    with pytest.raises(InvalidRequestError, match="line break") as caught:
        ChatZhipuAI(api_key="top\nsecret")
    assert "secret" not in str(caught.value)
    with pytest.raises(InvalidRequestError, match="presets are"):
        ChatZhipuAI(api_key="k.s", base_url="bigmodle")
    with pytest.raises(InvalidRequestError, match="timeout"):
        ChatZhipuAI(api_key="k.s", timeout=-1)


# --- errors of the service


def failing(code: str, status: int) -> Answer:
    return Answer(json={"error": {"code": code, "message": "m"}}, status=status)


def test_errors_are_typed_and_not_retried_in_vain(make: Make, server: Any) -> None:
    server.script(failing("1113", 429))
    with pytest.raises(core.ModelPermissionDeniedError) as caught:
        make().invoke("hi")
    assert (caught.value.code, caught.value.is_retryable) == ("1113", False)  # type: ignore[attr-defined]
    assert len(server.requests) == 1


def test_context_overflow_by_code_and_by_finish_reason(model: ChatZhipuAI, server: Any) -> None:
    server.script(failing("1261", 400))
    with pytest.raises(core.ContextOverflowError):
        model.invoke("hi")
    server.script(Answer(json=body("model_context_window_exceeded", USAGE, content="ha")))
    with pytest.raises(core.ContextOverflowError) as caught:
        model.invoke("hi")
    assert caught.value.partial["choices"][0]["message"]["content"] == "ha"  # type: ignore[attr-defined]
    end = delta("model_context_window_exceeded", USAGE)
    server.script(Answer(chunks=[delta(content="ha"), end]))
    with pytest.raises(core.ContextOverflowError):
        list(model.stream("hi"))


def test_an_error_frame_inside_a_stream_is_typed(make: Make, server: Any) -> None:
    frame = {"error": {"code": "1302", "message": "slow down"}}
    server.script(Answer(chunks=[delta(content="ha"), frame]))
    seen: list[str] = []
    with pytest.raises(core.ModelRateLimitError) as caught:
        seen.extend(chunk.text for chunk in make().stream("hi"))
    assert "ha" in seen
    assert caught.value.partial["choices"][0]["message"]["content"] == "ha"  # type: ignore[attr-defined]


def test_a_cut_stream_is_an_error_with_the_partial_answer(make: Make, server: Any) -> None:
    server.script(Answer(chunks=[delta(content="ha")], done=False))
    with pytest.raises(core.ModelConnectionError) as caught:
        list(make().stream("hi"))
    assert "ha" in str(caught.value.partial)  # type: ignore[attr-defined]
