"""`ZhipuAIImageGenerator`: as a tool, as a Runnable, on its own; rules, fetching, failures."""

from __future__ import annotations

import asyncio
import base64
import copy
import pickle
from pathlib import Path
from typing import Any

import pytest
from langchain_core import exceptions as core
from langchain_core.messages import ToolMessage
from langchain_tests.integration_tests import ToolsIntegrationTests
from langchain_tests.unit_tests import ToolsUnitTests

from langchain_zhipu import ChatZhipuAI, ZhipuAIImageGenerator
from zhipu_client import DownloadError, InvalidRequestError, TaskTimeoutError

KEY = "0123456789abcdef.imagetests"
PNG = b"\x89PNG\r\n\x1a\n"


class TestToolUnit(ToolsUnitTests):
    @property
    def tool_constructor(self) -> type[ZhipuAIImageGenerator]:
        return ZhipuAIImageGenerator

    @property
    def tool_constructor_params(self) -> dict[str, Any]:
        return {"api_key": KEY, "base_url": "bigmodel"}

    @property
    def tool_invoke_params_example(self) -> dict[str, Any]:
        return {"prompt": "a red kite", "size": "1280x1280"}

    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        variables = {"ZHIPUAI_API_KEY": KEY, "ZHIPUAI_BASE_URL": "https://glm.example/v4"}
        return variables, {}, {"api_key": KEY, "base_url": "https://glm.example/v4"}


class TestTool(ToolsIntegrationTests):
    @pytest.fixture(autouse=True)
    def _serve(self, server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ZHIPUAI_API_KEY", server.api_key)
        monkeypatch.setenv("ZHIPUAI_BASE_URL", server.base_url)

    @property
    def tool_constructor(self) -> type[ZhipuAIImageGenerator]:
        return ZhipuAIImageGenerator

    @property
    def tool_constructor_params(self) -> dict[str, Any]:
        return {"model": "cogview-4"}

    @property
    def tool_invoke_params_example(self) -> dict[str, Any]:
        return {"prompt": "a red kite"}


@pytest.fixture(params=["sync", "async"])
def call(request: pytest.FixtureRequest) -> Any:
    def run(draw: ZhipuAIImageGenerator, name: str, *args: Any, **given: Any) -> Any:
        if request.param == "sync":
            return getattr(draw, name)(*args, **given)
        return asyncio.run(getattr(draw, f"a{name}")(*args, **given))

    return run


def tool_call(**arguments: Any) -> dict[str, Any]:
    return {"type": "tool_call", "name": "generate_image", "id": "call-1", "args": arguments}


def sent(server: Any, path: str = "/images/generations") -> list[dict[str, Any]]:
    return [one["json"] for one in server.requests if one["path"].endswith(path)]


@pytest.mark.parametrize("model", ["glm-image", "cogview-4", "cogview-3-flash"])
def test_an_image_is_drawn_and_fetched(access: Any, call: Any, model: str, tmp_path: Path) -> None:
    image = call(ZhipuAIImageGenerator(model=model, **access), "generate", "a red kite")
    assert image.content.startswith(PNG)
    assert (image.mime_type, image.prompt, image.model) == ("image/png", "a red kite", model)
    assert image.save(tmp_path / "a.png").read_bytes() == image.content
    assert image._repr_png_() == image.content
    assert image._repr_jpeg_() is None
    assert len(repr(image)) < 400


@pytest.mark.parametrize("endpoint", ["sync", "async"])
def test_an_agent_gets_a_sentence_and_an_image_block(
    server: Any, access: Any, call: Any, endpoint: Any
) -> None:
    draw = ZhipuAIImageGenerator(endpoint=endpoint, poll_interval=0.01, **access)
    message = call(draw, "invoke", tool_call(prompt="a red kite", size="1568x1056"))
    assert isinstance(message, ToolMessage)
    assert message.status == "success"
    assert message.content.startswith("The image of 1568x1056 pixels was drawn")
    block = message.artifact
    assert (block["type"], block["mime_type"]) == ("image", "image/png")
    assert base64.b64decode(block["base64"]).startswith(PNG)
    assert block["extras"]["prompt"] == "a red kite"
    path = "/images/generations" if endpoint == "sync" else "/async/images/generations"
    assert sent(server, path)[0]["size"] == "1568x1056"


def test_it_is_a_runnable(access: Any, call: Any) -> None:
    draw = ZhipuAIImageGenerator(model="cogview-4", **access)
    assert "was drawn" in call(draw, "invoke", "a red kite")
    both = draw.batch(["a red kite", {"prompt": "a blue kite"}])
    assert len(both) == 2


def test_images_can_be_saved(access: Any, call: Any, tmp_path: Path) -> None:
    draw = ZhipuAIImageGenerator(save_to=tmp_path / "images", **access)
    message = call(draw, "invoke", tool_call(prompt="a red kite"))
    (path,) = (tmp_path / "images").iterdir()
    assert path.read_bytes().startswith(PNG)
    assert message.artifact["url"] == path.as_uri()
    assert "base64" not in message.artifact
    assert str(path) in message.content


def test_images_can_be_left_where_they_are(server: Any, access: Any, call: Any) -> None:
    draw = ZhipuAIImageGenerator(fetch=False, **access)
    message = call(draw, "invoke", tool_call(prompt="a red kite"))
    assert message.artifact["url"] in message.content
    assert len(server.requests) == 1


def test_what_the_constructor_fixes_is_not_the_agent_s(access: Any) -> None:
    assert set(ZhipuAIImageGenerator(**access).args) == {"prompt", "size"}
    assert "1568x1056" in ZhipuAIImageGenerator(**access).description
    fixed = ZhipuAIImageGenerator(size="1280x1280", **access)
    assert set(fixed.args) == {"prompt"}
    assert "1568x1056" not in fixed.description


def test_rules_are_checked_before_anything_is_sent(server: Any, access: Any, call: Any) -> None:
    draw = ZhipuAIImageGenerator(**access)
    with pytest.raises(InvalidRequestError, match="steps of 32") as caught:
        call(draw, "generate", "a kite", size="1030x1030")
    assert isinstance(caught.value, core.ModelInvalidRequestError)
    with pytest.raises(InvalidRequestError, match="at most 1,000 characters"):
        call(draw, "generate", "p" * 1001)
    message = call(draw, "invoke", tool_call(prompt="a kite", size="9x9"))
    assert message.status == "error"
    assert "1568x1056" in message.content, "the model is told what it may choose"
    with pytest.raises(InvalidRequestError):
        ZhipuAIImageGenerator(handle_tool_error=False, **access).invoke(
            tool_call(prompt="a kite", size="9x9")
        )
    for given, words in (
        ({"size": "9x9"}, "512 to 2048"),
        ({"quality": "standard"}, "one of hd"),
        ({"model": "cogview-4", "endpoint": "async"}, "glm-image"),
    ):
        with pytest.raises(InvalidRequestError, match=words):
            ZhipuAIImageGenerator(**given, **access)
    assert server.requests == []


def answer(url: str) -> dict[str, Any]:
    return {"created": 1, "data": [{"url": url}]}


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/a.png",
        "https://127.0.0.1:9/a.png",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/a.png",
    ],
)
def test_an_answer_that_points_inside_is_not_followed(
    server: Any, access: Any, call: Any, url: str
) -> None:
    draw = ZhipuAIImageGenerator(**access)
    server.script(answer(url))
    with pytest.raises(DownloadError, match="refused") as caught:
        call(draw, "generate", "a kite")
    assert caught.value.partial.url == url, "what is paid for is not lost"
    server.script(answer(url))
    message = call(draw, "invoke", tool_call(prompt="a kite"))
    assert message.status == "error"
    assert "was drawn, but not fetched (refused" in message.content
    assert url in message.content, "an agent need not have it drawn again"
    raising = ZhipuAIImageGenerator(handle_tool_error=False, **access)
    server.script(answer(url))
    with pytest.raises(DownloadError):
        call(raising, "invoke", tool_call(prompt="a kite"))


def test_an_answer_without_an_image(server: Any, access: Any, call: Any) -> None:
    server.script({"created": 1, "data": []})
    with pytest.raises(core.ModelAPIError, match="contains no image"):
        call(ZhipuAIImageGenerator(**access), "generate", "a kite")


def test_a_poll_that_never_ends(server: Any, access: Any, call: Any) -> None:
    draw = ZhipuAIImageGenerator(endpoint="async", poll_interval=0.01, wait_timeout=0.1, **access)
    polls = server.state.options.polls
    server.configure(polls=10_000)
    try:
        with pytest.raises(core.ModelTimeoutError, match="still running after") as caught:
            call(draw, "generate", "a kite")
    finally:
        server.configure(polls=polls)
    assert isinstance(caught.value.__cause__, TaskTimeoutError)
    assert caught.value.task_id


def test_a_task_that_fails(server: Any, access: Any, call: Any) -> None:
    draw = ZhipuAIImageGenerator(endpoint="async", poll_interval=0.01, **access)
    server.configure(task_status="FAIL")
    try:
        message = call(draw, "invoke", tool_call(prompt="a kite"))
    finally:
        server.configure(task_status="SUCCESS")
    assert message.status == "error"
    assert "failed (FAIL)" in message.content


def test_a_paid_creation_is_not_sent_twice(server: Any, access: Any, call: Any) -> None:
    draw = ZhipuAIImageGenerator(**{**access, "max_retries": 2})
    server.script("cut=0")
    with pytest.raises(core.ModelConnectionError):
        call(draw, "generate", "a kite")
    assert len(sent(server)) == 1


def test_the_content_filter_is_told(server: Any, access: Any, call: Any) -> None:
    server.script("error=1301")
    message = call(ZhipuAIImageGenerator(**access), "invoke", tool_call(prompt="a kite"))
    assert message.status == "error"
    assert "1301" in message.content


def test_copies_and_pickles(access: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = ZhipuAIImageGenerator(model="cogview-4", **access)
    assert access["api_key"] not in repr(draw)
    assert copy.deepcopy(draw).generate("a kite").content
    dumped = pickle.dumps(draw)
    assert access["api_key"].encode() not in dumped
    monkeypatch.setenv("ZHIPUAI_API_KEY", access["api_key"])
    assert pickle.loads(dumped).generate("a kite").content


def test_in_an_agent(access: Any) -> None:
    agents = pytest.importorskip("langchain.agents")
    agent = agents.create_agent(
        ChatZhipuAI(model="glm-4.7", **access),
        tools=[ZhipuAIImageGenerator(model="cogview-4", **access)],
    )
    found = agent.invoke({"messages": [("user", "Generate an image of a red kite.")]})["messages"]
    drawn = [message for message in found if isinstance(message, ToolMessage)]
    assert drawn
    assert drawn[0].artifact["type"] == "image"
    assert found[-1].text


def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_paid(
    access: Any, server: Any, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")
    generator = ZhipuAIImageGenerator(save_to=tmp_path / "file", **access)
    before = len(server.requests)
    with pytest.raises(InvalidRequestError, match=r"save_to.*cannot be made"):
        generator.generate("a lighthouse")
    assert len(server.requests) == before


def test_an_image_that_cannot_be_saved_is_on_the_error(
    access: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    generator = ZhipuAIImageGenerator(save_to=tmp_path, **access)
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(DownloadError, match="No space left") as caught:
        generator.generate("a lighthouse")
    assert caught.value.partial.content.startswith(b"\x89PNG")
