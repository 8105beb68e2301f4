"""What editors complete in the constructors written by hand is what the settings have."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_type_hints

import pytest
from pydantic import TypeAdapter

import langchain_zhipu
import zhipu_emulator
from langchain_zhipu import _options as options
from langchain_zhipu._handwriting import HandwritingSettings
from langchain_zhipu._ocr.reading import OCRSettings
from langchain_zhipu._parsing import ParserSettings
from langchain_zhipu._transcribing import TranscriptionSettings
from langchain_zhipu._web_pages import WebPageSettings
from zhipu_client import InvalidRequestError, adapting
from zhipu_client.dialects import STANDARD

PAIRS = [
    (adapting.ConnectionSettings, adapting.KeyedOptions),
    (adapting.KeepsAnswers, adapting.KeepsAnswersOptions),
    (adapting.SeveralRequests, adapting.SeveralRequestsOptions),
    (OCRSettings, options.OCROptions),
    (HandwritingSettings, options.HandwritingOptions),
    (TranscriptionSettings, options.TranscriptionOptions),
    (ParserSettings, options.ParserOptions),
    (WebPageSettings, options.WebPageOptions),
]
LOADERS = [
    langchain_zhipu.ZhipuAIOCRLoader,
    langchain_zhipu.ZhipuAIHandwritingLoader,
    langchain_zhipu.ZhipuAITranscriptionLoader,
    langchain_zhipu.ZhipuAIFileParserLoader,
    langchain_zhipu.ZhipuAIWebReaderLoader,
]


@pytest.mark.parametrize(("settings", "named"), PAIRS)
def test_the_names_are_the_fields_and_take_their_defaults(settings: Any, named: Any) -> None:
    hints = get_type_hints(named)
    assert hints.keys() == settings.model_fields.keys()
    for name, field in settings.model_fields.items():
        TypeAdapter(hints[name], config={"arbitrary_types_allowed": True}).validate_python(
            field.get_default()
        )


def test_the_chat_model_has_other_names_too() -> None:
    chat = langchain_zhipu.ChatZhipuAI
    hints = get_type_hints(options.ChatOptions)
    assert hints.keys() == {*chat.model_fields, *chat._aliases, *STANDARD}


def test_the_key_may_be_an_argument_by_itself() -> None:
    rest = get_type_hints(adapting.KeyedOptions).keys() - {"api_key"}
    assert get_type_hints(adapting.ConnectionOptions).keys() == rest


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(("wrong", "right"), [("on_eror", "on_error"), ("base_ulr", "base_url")])
def test_a_typo_is_refused_at_run_time_too(loader: Any, wrong: str, right: str) -> None:
    said = f"there is no argument {wrong!r}: did you mean {right!r}?"
    with pytest.raises(InvalidRequestError) as caught:
        loader("https://example.com", api_key="id.planted", **{wrong: "planted"})
    assert str(caught.value) == said
    assert caught.value.field == wrong


def test_a_folder_may_be_set_later_as_a_string(tmp_path: Path) -> None:
    with zhipu_emulator.serve() as service:
        access = {"base_url": service.base_url, "api_key": service.api_key}
        tool = langchain_zhipu.ZhipuAITextToSpeechTool(**access)
        tool.save_to = str(tmp_path / "spoken")
        tool.invoke("Buy milk.")
        generator = langchain_zhipu.ZhipuAIImageGenerator(**access, allow_loopback=True)
        generator.save_to = str(tmp_path / "drawn")
        assert generator.generate("a kite").path in (tmp_path / "drawn").iterdir()
    assert [path.suffix for path in (tmp_path / "spoken").iterdir()] == [".wav"]


def test_nothing_is_guessed_where_no_name_is_near() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        langchain_zhipu.ZhipuAIRerank(api_key="id.planted", quux=1)
    assert str(caught.value) == "there is no argument 'quux'"
