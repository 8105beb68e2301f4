"""Translations: both adapters return whole ones, or an error."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from langchain_core.output_parsers import StrOutputParser

from langchain_zhipu import ZhipuAIAgent, ZhipuAITranslation
from llama_index_zhipu import ZhipuAIAgentToolSpec
from tests.contract.agents.calls import adapters, called, streamed, ways
from zhipu_client import ContentFilterError, InvalidRequestError, ServerError
from zhipu_emulator.scripting import Answer

# --- Translation


def translated(adapter: str, way: str, reach: dict[str, Any], text: str, **given: Any) -> str:
    reach = {name: value for name, value in reach.items() if name != "interval"}
    if adapter == "langchain":
        found: str = called(ZhipuAITranslation(**given, **reach), way, "invoke", text)
        return found
    return str(called(ZhipuAIAgentToolSpec(**reach), way, "translate", text, **given))


@adapters
@ways
def test_translations(adapter, way, reach):
    assert translated(adapter, way, reach, "Good morning, world!") == "早上好，世界！"
    assert translated(adapter, way, reach, "我爱你", target_lang="en") == "I love you"


@adapters
@ways
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"finish_reason": "sensitive"}, ContentFilterError),
        ({"finish_reason": "length"}, ServerError),
        ({"messages": []}, ServerError),
    ],
)
def test_half_a_translation_is_never_one(adapter, way, body, kind, reach, service):
    message = {"role": "assistant", "content": "half"}
    service.script(Answer(json={"choices": [{"messages": [message], **body}]}))
    with pytest.raises(kind) as caught:
        translated(adapter, way, reach, "tea")
    assert caught.value.partial.text == ("" if "messages" in body else "half")


@adapters
def test_wrong_languages_are_refused(adapter, reach, service):
    with pytest.raises(InvalidRequestError, match="target_lang"):
        translated(adapter, "sync", reach, "tea", target_lang="klingon")
    with pytest.raises(InvalidRequestError):
        translated(adapter, "sync", reach, " ")
    assert service.requests == []


@ways
def test_a_translation_streams_in_a_chain(way, reach, service):
    reach.pop("interval")
    german = ZhipuAITranslation(target_lang="de", **reach)
    pieces = streamed(german, way, HumanMessage("Good morning, world!"))
    assert len(pieces) > 1
    assert "".join(pieces) == "Guten Morgen, Welt!"
    chain = ZhipuAIAgent(**reach) | StrOutputParser() | german
    assert "".join(streamed(chain, way, "Good morning")) == "Guten Morgen"
    assert german.batch(["tea", "book"]) == ["Tee", "Buch"]
    service.script("finish=length")
    with pytest.raises(ServerError, match="not whole"):
        streamed(german, way, "tea")
