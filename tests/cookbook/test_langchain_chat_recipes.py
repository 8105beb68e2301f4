"""The chat recipes of cookbook/langchain, each without a key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import zhipu_emulator
from cookbook.langchain import (
    self_hosted,
    streaming_and_thinking,
    structured_output,
    tools_and_agents,
    vision,
    web_search_citations,
)
from tests.langchain_zhipu.properties import dialects


def test_a_recipe_runs_as_a_program(run_recipe: Any) -> None:
    done = run_recipe("web_search_citations.py", "-W", "error::UserWarning")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("\n") == 1
    assert "the emulator on http://127.0.0.1:" in done.stderr
    assert "22 million" in done.stdout


def test_the_self_hosted_recipe_without_a_server(capsys: Any) -> None:
    assert self_hosted.main([]) == 0
    shown = capsys.readouterr()
    assert "stands in" in shown.err
    assert "answers: In Hangzhou it rains, 17 degrees." in shown.out


def test_reasoning_and_answer_are_told_apart(capsys: Any) -> None:
    assert streaming_and_thinking.main([]) == 0
    shown = capsys.readouterr().out
    assert shown.index("[reasoning]") < shown.index("[text]") < shown.index("399")
    assert shown.count("[reasoning]") == 2
    assert "133" in shown
    assert "of them reasoning" in shown
    assert "First with an answer: the model that was" in shown


def test_kept_reasoning_is_sent_back(monkeypatch: pytest.MonkeyPatch) -> None:
    with zhipu_emulator.serve() as service:
        monkeypatch.setenv("ZHIPUAI_API_KEY", service.api_key)
        monkeypatch.setenv("ZHIPUAI_BASE_URL", service.base_url)
        assert streaming_and_thinking.main([]) == 0
        second = service.requests[1]["json"]
    assert second["thinking"] == {"type": "enabled", "clear_thinking": False}
    assert second["messages"][1]["reasoning_content"]


def test_tools_by_hand_forced_and_by_an_agent(capsys: Any) -> None:
    assert tools_and_agents.main() == 0
    shown = capsys.readouterr().out
    assert "multiply({'a': 17, 'b': 19}) gives 323" in shown
    assert "forced: multiply({'a': 6, 'b': 7})" in shown
    assert "[tools] " in shown
    assert "646" in shown


def test_every_method_gives_the_same_object(capsys: Any) -> None:
    assert structured_output.main([]) == 0
    shown = capsys.readouterr().out
    assert shown.count("Person(name='Ann Lee', age=34, city='Paris')") == 5
    assert "a pensioner? the model was asked to give Pensioner" in shown


def test_pictures_documents_and_what_tools_return(capsys: Any, tmp_path: Path) -> None:
    file = tmp_path / "own.png"
    Image.new("RGB", (32, 32), (250, 20, 30)).save(file)
    assert vision.main([str(file)]) == 0
    assert capsys.readouterr().out.count("32 x 32 pixels") == 2
    assert vision.main([]) == 0
    shown = capsys.readouterr().out
    assert shown.count("96 x 64 pixels, mostly blue and yellow") == 2
    assert "14 May" in shown


def test_a_picture_that_is_not_there_is_one_sentence(capsys: Any) -> None:
    assert vision.main(["no such picture.png"]) == 1
    said = capsys.readouterr().err
    assert said == "That did not work: no such picture.png: No such file or directory\n"


def test_a_recipe_runs_with_a_proxy(run_recipe: Any) -> None:
    done = run_recipe("streaming_and_thinking.py", ALL_PROXY="socks5://127.0.0.1:9")
    assert done.returncode == 0, done.stderr
    assert "[reasoning]" in done.stdout


def test_an_answer_names_its_sources(capsys: Any) -> None:
    assert web_search_citations.main([]) == 0
    shown = capsys.readouterr().out
    assert "22 million" in shown
    assert "[1] Beijing" in shown
    assert "https://cities.example/beijing" in shown
    assert "characters of Markdown are at https://cities.example/beijing" in shown


def test_a_question_that_needs_no_page(capsys: Any) -> None:
    assert web_search_citations.main(["Hello!"]) == 0
    assert capsys.readouterr().out.startswith("> Hello!")


CALL = dialects.Answer(
    reasoning=("I must ", "look."),
    calls=(("get_weather", ('{"city": "Ha', 'ngzhou"}')),),
    finish="tool_calls",
    usage={"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14},
)
ANSWER = dialects.Answer(reasoning=("It ", "rains."), words=("Rain", " all day."))


@pytest.mark.parametrize("dialect", ["vllm", "vllm_new", "sglang"])
def test_a_server_of_ones_own_in_its_dialect(
    capsys: Any, monkeypatch: pytest.MonkeyPatch, dialect: str
) -> None:
    streamed = dialects.DIALECTS[dialect]
    with zhipu_emulator.serve() as service:
        monkeypatch.setenv("SELF_HOSTED_KEY", service.api_key)
        for answer in (CALL, ANSWER):
            service.script(zhipu_emulator.Answer(chunks=list(streamed(answer))))
        arguments = ["--base-url", service.base_url, "--model", "zai-org/GLM-4.7"]
        assert self_hosted.main(arguments) == 0
        first, second = (request["json"] for request in service.requests)
    shown = capsys.readouterr().out
    assert "thinks: I must look." in shown
    assert "calls get_weather({'city': 'Hangzhou'})" in shown
    assert "thinks: It rains." in shown
    assert "answers: Rain all day." in shown
    assert first["model"] == "zai-org/GLM-4.7"
    assert first["chat_template_kwargs"] == {"enable_thinking": True}
    assert second["messages"][1]["reasoning_content"] == "I must look."
    assert second["messages"][2]["content"] == "In Hangzhou it rains, 17 degrees."


@pytest.mark.parametrize(
    "main",
    [
        streaming_and_thinking.main,
        structured_output.main,
        vision.main,
        web_search_citations.main,
        lambda _: tools_and_agents.main(),
    ],
)
def test_a_wrong_key_is_one_sentence(
    main: Any, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zhipu_emulator.serve() as service:
        monkeypatch.setenv("ZHIPUAI_API_KEY", "wrong.secretsecret")
        monkeypatch.setenv("ZHIPUAI_BASE_URL", service.base_url)
        assert main([]) == 1
    said = capsys.readouterr().err
    assert said.startswith("That did not work: ")
    assert "secretsecret" not in said
