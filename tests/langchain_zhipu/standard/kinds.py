"""The models that the standard suites run with: what each can do, and nothing else."""

from __future__ import annotations

from typing import Any, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk

from langchain_zhipu import ChatZhipuAI

LONG = "The archive holds letters, maps and a list of every ship that ever came here. " * 60


class Kind:
    """What all kinds share."""

    model_name = ""
    settings: dict[str, Any] = {}
    #: Another model, for the tests that change it in a call.
    other_model = ""

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatZhipuAI

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": self.model_name, **self.settings}

    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        base = "https://open.example.test/api/paas/v4"
        return (
            {"ZHIPUAI_API_KEY": "id.secret", "ZHIPUAI_BASE_URL": base},
            {"model": self.model_name},
            {"api_key": "id.secret", "base_url": base},
        )

    @property
    def model_override_value(self) -> str | None:
        return self.other_model or None

    def ask(self, prompt: str, *, stream: bool, **settings: Any) -> AIMessage:
        model = self.chat_model_class(**{**self.chat_model_params, **settings})
        if not stream:
            return model.invoke(prompt)
        total: AIMessageChunk | None = None
        for chunk in model.stream(prompt):
            found = cast(AIMessageChunk, chunk)
            total = found if total is None else total + found
        assert total is not None
        return total


class Text(Kind):
    """A text model that thinks and calls tools."""

    model_name = "glm-4.7"
    other_model = "glm-4.6"

    @property
    def has_tool_calling(self) -> bool:
        return True

    @property
    def has_tool_choice(self) -> bool:
        return True

    @property
    def has_structured_output(self) -> bool:
        return True

    @property
    def supports_json_mode(self) -> bool:
        return True

    @property
    def supports_anthropic_inputs(self) -> bool:
        return True

    @property
    def returns_usage_metadata(self) -> bool:
        return True

    @property
    def supported_usage_metadata_details(self) -> dict[str, list[str]]:
        details = ["reasoning_output", "cache_read_input"]
        return {"invoke": details, "stream": details}

    def invoke_with_reasoning_output(self, *, stream: bool = False) -> AIMessage:
        return self.ask("What is 17 * 19? Think it over.", stream=stream)

    def invoke_with_cache_read_input(self, *, stream: bool = False) -> AIMessage:
        self.ask(LONG, stream=False)
        return self.ask(LONG, stream=stream)


class JsonSchema(Text):
    """The same with structured output by schema."""

    @property
    def structured_output_kwargs(self) -> dict[str, Any]:
        return {"method": "json_schema"}


class JsonMode(Text):
    """The same with structured output by JSON mode."""

    @property
    def structured_output_kwargs(self) -> dict[str, Any]:
        return {"method": "json_mode"}


class ThinkingOff(Text):
    """A text model whose thinking is switched off."""

    settings = {"thinking": False}

    @property
    def supported_usage_metadata_details(self) -> dict[str, list[str]]:
        return {"invoke": ["cache_read_input"], "stream": ["cache_read_input"]}


class Vision(Text):
    """A model that sees images, videos and files, also those of its tools."""

    model_name = "glm-5.3-flash"
    other_model = "glm-4.6v"

    @property
    def supports_image_inputs(self) -> bool:
        return True

    @property
    def supports_image_urls(self) -> bool:
        return True

    @property
    def supports_image_tool_message(self) -> bool:
        return True

    @property
    def supports_pdf_inputs(self) -> bool:
        return True

    @property
    def supports_pdf_tool_message(self) -> bool:
        return True

    @property
    def supports_video_inputs(self) -> bool:
        return True


class Voice(Kind):
    """A model that hears and speaks, and calls no tools."""

    model_name = "glm-4-voice"

    @property
    def has_tool_calling(self) -> bool:
        return False

    @property
    def has_tool_choice(self) -> bool:
        return False

    @property
    def has_structured_output(self) -> bool:
        return False

    @property
    def supports_audio_inputs(self) -> bool:
        return True

    @property
    def supports_model_override(self) -> bool:
        return False  # there is no second voice model
