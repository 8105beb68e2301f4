"""What the service refuses, the emulator refuses: status, code, words."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import time
from typing import Any

import pytest
from PIL import Image

USER = {"role": "user", "content": "Hello"}
CALL = {
    "role": "assistant",
    "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
}
RESULT = {"role": "tool", "tool_call_id": "1", "content": "3"}


def document(name: str, content: bytes) -> dict[str, Any]:
    data = f"data:application/pdf;base64,{base64.b64encode(content).decode()}"
    return {"type": "file", "file": {"file_data": data, "filename": name}}


def image(form: str = "PNG", size: tuple[int, int] = (8, 8)) -> dict[str, Any]:
    buffer = io.BytesIO()
    Image.new("RGB", size, "red").save(buffer, form)
    data = base64.b64encode(buffer.getvalue()).decode()
    return {"type": "image_url", "image_url": {"url": data}}


def function(name: Any = "f", **rest: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "description": "d", **rest}}


def parts(*content: Any) -> list[dict[str, Any]]:
    return [{"role": "user", "content": list(content)}]


REFUSED = [
    ({"model": None}, "1213", "未正常接收到model参数"),
    ({"model": "gpt-4"}, "1211", "模型不存在，请检查模型代码。"),
    ({"model": 3}, "1211", "模型不存在"),
    ({"messages": None}, "1214", "messages 参数非法"),
    ({"messages": []}, "1214", "messages 参数非法"),
    ({"messages": [{"role": "system", "content": "x"}]}, "1214", "messages 参数非法"),
    ({"messages": [{"role": "assistant", "content": "x"}, USER]}, "1214", "messages 参数非法"),
    ({"messages": [CALL, RESULT]}, "1214", "messages 参数非法"),
    ({"messages": [USER, RESULT]}, "1214", "messages 参数非法"),
    ({"messages": [USER, CALL]}, "1214", "messages 参数非法"),
    ({"messages": [{"role": "model", "content": "x"}]}, "1214", "角色信息不正确"),
    ({"messages": [{"role": "user", "content": ""}]}, "1214", "输入不能为空"),
    ({"messages": [{"role": "user"}]}, "1214", "输入不能为空"),
    ({"messages": [{"role": "user", "content": 3}]}, "1214", "messages[0].content type error"),
    ({"messages": parts({"type": 3})}, "1214", "messages[0].content[0].type type error"),
    ({"messages": parts({"type": "text", "text": 3})}, "1214", "messages[0].content[0].text"),
    ({"messages": parts(image())}, "1210", "取值范围 ['text']"),
    ({"messages": parts({"type": "input_audio", "input_audio": {}})}, "1210", "取值范围"),
    ({"messages": parts(*[image()] * 51), "model": "glm-4.6v"}, "1210", "输入图片数量超过限制"),
    ({"messages": parts(image(), image()), "model": "glm-4v-flash"}, "1210", "图片数量超过限制"),
    ({"messages": parts(image()), "model": "glm-4v-flash"}, "1210", "图片输入格式/解析错误"),
    ({"messages": parts(image("GIF")), "model": "glm-4.6v"}, "1210", "图片输入格式/解析错误"),
    ({"messages": parts(image(size=(6001, 2))), "model": "glm-4.6v"}, "1210", "图片输入格式"),
    ({"messages": parts({"type": "image_url", "image_url": {"url": "no base64!"}}),
      "model": "glm-4.6v"}, "1210", "图片输入格式/解析错误"),
    ({"messages": parts({"type": "file", "file": {"file_id": "nope"}}),
      "model": "glm-5.3-flash"}, "1210", "文件解析失败"),
    ({"messages": parts({"type": "file", "file": {"file_id": "nope"}}),
      "model": "glm-4.6v"}, "1210", "文件解析失败"),
    *(
        ({"messages": parts(document(*given)), "model": "glm-5v-turbo"}, "1210", "文件解析失败")
        for given in [("a.pdf", b"a"), ("a.pdf", b"%PDF-1.7 cut"), ("", b"a"), ("a.DOCX", b"a")]
    ),
    ({"messages": parts(image(), {"type": "file_url", "file_url": {"url": "https://x.y/a.pdf"}}),
      "model": "glm-4.6v"}, "1210", "参数有误"),
    ({"temperature": 1.01}, "1210", "temperature参数非法：限制数值范围[0,1]"),
    ({"temperature": -0.1}, "1210", "temperature参数非法"),
    ({"temperature": "hot"}, "1210", "参数有误"),
    ({"top_p": 0}, "1210", "top_p参数非法：限制数值范围[0.01,1]"),
    ({"max_tokens": 0}, "1210", "max_tokens参数非法：限制数值范围[1,131072]"),
    ({"max_tokens": 98305, "model": "glm-4.5-air"}, "1210", "限制数值范围[1,98304]"),
    ({"max_tokens": 16385, "model": "glm-4-flash-250414"}, "1210", "限制数值范围[1,16384]"),
    ({"max_tokens": 4096, "model": "glm-4v"}, "1210", "限制数值范围[1,4095]"),
    ({"max_tokens": 1.5}, "1210", "参数有误"),
    ({"stream": "yes"}, "1210", "参数有误"),
    ({"stop": "END"}, "1210", "参数有误"),
    ({"stop": ["a", "b", "c", "d", "e"]}, "1210", "参数有误"),
    ({"thinking": {"type": "maybe"}}, "1210", "参数有误"),
    ({"thinking": {"type": "disabled"}, "model": "glm-5.3"}, "1210", "该模型始终思考"),
    ({"reasoning_effort": "medium", "model": "glm-5.3-flash"}, "1210", "请使用 low、high 或 max"),
    ({"reasoning_effort": "huge", "model": "glm-5.2"}, "1210", "参数有误"),
    ({"response_format": {"type": "xml"}}, "1210", "参数有误"),
    ({"tools": {}}, "1210", "参数有误"),
    ({"tools": [{"type": "code_interpreter"}]}, "1210", "参数有误"),
    ({"tools": [function("bad name")]}, "1210", "参数有误"),
    ({"tools": [function("n" * 65)]}, "1210", "参数有误"),
    ({"tools": [function(parameters={"type": "string"})]}, "1210", "参数有误"),
    ({"tools": [function(parameters={"properties": []})]}, "1210", "参数有误"),
    ({"tools": [function(f"f{i}") for i in range(129)]}, "1210", "参数有误"),
    ({"tool_choice": "sometimes"}, "1210", "参数有误"),
    ({"messages": [{"role": "user", "content": "emulator-sensitive-input"}]}, "1301", "敏感"),
    ({"messages": [{"role": "user", "content": "a " * 9000}], "model": "emohaa"}, "1261", "长"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "code", "words"), REFUSED)
def test_refused(ask, satisfies, change: dict[str, Any], code: str, words: str) -> None:
    answer = ask.post({"model": "glm-4.6", "messages": [USER], **change})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/json; charset=UTF-8"
    error = satisfies(answer.json(), "error")["error"]
    assert error["code"] == code
    assert words in error["message"]


def test_a_body_that_is_no_json(ask) -> None:
    answer = ask.http.post(f"{ask.server.base_url}/chat/completions", content=b"{oops")
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "1210"


def test_who_is_to_blame_for_sensitive_input(ask) -> None:
    bad = {"role": "user", "content": "模拟敏感输入"}
    now = ask.post({"model": "glm-4.6", "messages": [bad]}).json()
    before = ask.post(
        {"model": "glm-4.6", "messages": [bad, {"role": "assistant", "content": "ok"}, USER]}
    ).json()
    assert now["contentFilter"] == [{"level": 1, "role": "user"}]
    assert before["contentFilter"] == [{"level": 1, "role": "history"}]


@pytest.mark.parametrize(
    "change",
    [
        {"temperature": 0}, {"temperature": 1.0}, {"top_p": 0.01}, {"stop": ["a", "b"]},
        {"response_format": None, "thinking": None, "tools": None, "stop": None, "stream": None},
        {"store": True, "logit_bias": {}, "n": 3, "parallel_tool_calls": False, "seed": 1},
        {"response_format": {"type": "json_schema", "json_schema": {}}},
        {"stream_options": {"include_usage": True}},
        {"messages": parts({"type": "text", "text": "Hello"})},
        {"messages": [{"role": "system", "content": "a"}, {"role": "system", "content": "b"},
                      USER, USER, {"role": "assistant", "content": "x"},
                      {"role": "assistant", "content": "y"}, USER]},
        {"messages": [USER, {**CALL, "content": None, "reasoning_content": "r"}, RESULT]},
        {"messages": [USER, CALL, {"role": "tool", "content": "3"}]},
        {"model": "glm-4.6v", "messages": parts(image(), image("JPEG"))},
        {"model": "glm-4.6v", "messages": parts(
            {"type": "image_url", "image_url": {"url": "https://x.y/a.png"}})},
        {"tools": [function(f"f{i}") for i in range(128)]},
        {"tools": [function(parameters={"type": "object", "additionalProperties": False,
                                        "properties": {"a": {"anyOf": [{"type": "null"}]}}})]},
        {"tools": [{"type": "retrieval", "retrieval": {"knowledge_id": "nope"}}]},
        {"tools": [{"type": "mcp", "mcp": {"server_label": "x"}}]},
        {"sensitive_word_check": {"type": "ALL", "status": "DISABLE"}, "meta": {"a": 1}},
    ],
)  # fmt: skip
def test_accepted(ask, change: dict[str, Any]) -> None:
    answer = ask.post({"model": "glm-4.6", "messages": [USER], **change})
    assert answer.status_code == 200, answer.text


def test_coding_base_maps_what_the_general_one_refuses(ask) -> None:
    body = {"model": "glm-5.3", "messages": [USER], "thinking": {"type": "disabled"}}
    answer = ask.post(body, base=ask.server.coding_base_url)
    assert answer.status_code == 200
    assert answer.json()["choices"][0]["message"]["reasoning_content"]


@pytest.mark.parametrize(
    ("path", "status"), [("/v1/chat/completions", 404), ("/nothing", 404), ("/models", 405)]
)
def test_unknown_paths_below_the_base(ask, path: str, status: int) -> None:
    answer = ask.http.post(f"{ask.server.base_url}{path}", json={})
    assert answer.status_code == status
    body = answer.json()
    assert list(body) == ["timestamp", "status", "error", "path"]
    assert body["path"] == f"/v4{path}"


def test_unknown_paths_elsewhere_answer_200(ask) -> None:
    answer = ask.http.get(f"{ask.server.url}/v1/models")
    assert answer.status_code == 200
    assert answer.json() == {"code": 500, "msg": "404 NOT_FOUND", "success": False}


def test_embeddings_are_not_on_the_coding_base(ask) -> None:
    assert ask.http.post(f"{ask.server.coding_base_url}/embeddings", json={}).status_code == 404


def test_english(ask) -> None:
    body = {"model": "nope", "messages": [USER]}
    assert "模型" in ask.post(body).json()["error"]["message"]
    english = ask.post(body, Accept_Language="en-US,en").json()["error"]
    assert english == {"code": "1211", "message": "Unknown Model, please check the model code."}
    ask.server.configure(site="zai")
    assert ask.post(body).json()["error"] == english


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "f"}}])
def test_tool_choice_may_be_refused(ask, choice: Any) -> None:
    body = {"model": "glm-4.6", "messages": [USER], "tools": [function()], "tool_choice": choice}
    assert "tool_calls" in ask.post(body).json()["choices"][0]["message"]
    ask.server.configure(tool_choice="ignore")
    assert "tool_calls" not in ask.post(body).json()["choices"][0]["message"]
    ask.server.configure(tool_choice="reject")
    refused = ask.post(body)
    assert refused.status_code == 400
    assert refused.json()["error"] == {"code": "1210", "message": "Tool choice must be auto"}


def token(key: str, *, expires: float, algorithm: str = "HS256", secret: str | None = None) -> str:
    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    name, _, own = key.partition(".")
    text = part({"alg": algorithm, "sign_type": "SIGN"}) + "."
    text += part({"api_key": name, "exp": expires, "timestamp": time.time() * 1000})
    made = hmac.new((secret or own).encode(), text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(made).decode().rstrip('=')}"


def _forms(key: str) -> list[tuple[str | None, str]]:
    """Authorization headers with the code that they are refused with; "" for good ones."""
    later = time.time() + 100
    return [
        (f"Bearer {key}", ""),
        (f"bearer {key}", ""),
        (key, ""),
        (f"Bearer {token(key, expires=later * 1000)}", ""),
        (token(key, expires=later * 1000), ""),
        (f"Bearer {token(key, expires=later)}", ""),
        (None, "1001"),
        ("", "1001"),
        ("Bearer", "1001"),
        ("Bearer aaaa.bbbb", "1000"),
        (f"Bearer {key}x", "1000"),
        ("Bearer nonsense", "401"),
        ("Bearer a.b.c", "401"),
        (f"Bearer {token(key, expires=(time.time() - 9) * 1000)}", "1003"),
        (f"Bearer {token(key, expires=later * 1000, secret='wrong')}", "1000"),
        (f"Bearer {token('other.key', expires=later * 1000)}", "1000"),
        (f"Bearer {token(key, expires=later * 1000, algorithm='none')}", "1000"),
    ]


@pytest.mark.parametrize("index", range(17))
def test_keys(ask, index: int) -> None:
    header, code = _forms(ask.server.api_key)[index]
    ask.http.headers.pop("authorization")
    given = {} if header is None else {"Authorization": header}
    answer = ask.post({"model": "glm-4.6", "messages": [USER]}, **given)
    if not code:
        assert answer.status_code == 200, answer.text
        return
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == code


def test_streams_are_refused_with_a_json_body_too(ask) -> None:
    ask.http.headers.pop("authorization")
    answer = ask.post({"model": "glm-4.6", "messages": [USER], "stream": True})
    assert answer.status_code == 401
    assert answer.headers["content-type"].startswith("application/json")


def test_console_routes_answer_200_to_a_bad_key(ask) -> None:
    answer = ask.http.get(
        f"{ask.server.url}/api/v1/agents", headers={"Authorization": "Bearer x.y"}
    )
    assert answer.status_code == 200
    assert answer.json()["code"] == 1000
    assert answer.json()["success"] is False
