"""What is documented of the service's agents: one table of agents, one of languages. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

__all__ = ["AGENTS", "SOURCE_LANGUAGES", "STRATEGIES", "TARGET_LANGUAGES", "AgentInfo", "info_of"]


@dataclass(frozen=True, slots=True)
class AgentInfo:
    """What is documented of one agent.

    Attributes:
        id: What ``agent_id`` is.
        does: What it does, in a few words.
        streams: ``both``: whole or streamed; ``only``: streamed; ``never``: whole.
        asynchronous: It answers with a task, which is polled.
        billed: By ``tokens`` or by ``call``. By call means that no request is repeated that may
            have been accepted.
        sites: Where it is documented.
    """

    id: str
    does: str = ""
    streams: Literal["both", "only", "never"] = "never"
    asynchronous: bool = False
    billed: Literal["tokens", "call"] = "call"
    sites: tuple[str, ...] = ("bigmodel",)


_BOTH_SITES = ("bigmodel", "zai")

# docs.bigmodel.cn/cn/guide/agents and docs.z.ai/api-reference/agents, 2026-11.
_TABLE = (
    AgentInfo("general_translation", "translation", "both", False, "tokens", _BOTH_SITES),
    AgentInfo("slides_glm_agent", "slides and posters", "only", False, "tokens", _BOTH_SITES),
    AgentInfo("vidu_template_agent", "videos from a template", "never", True, "call", _BOTH_SITES),
    AgentInfo("ai_drawing_agent", "images from text"),
    AgentInfo("cartoon_generator_agent", "comics"),
    AgentInfo("receipt_recognition_agent", "fields of receipts", billed="tokens"),
    AgentInfo("clothes_recognition_agent", "attributes of clothes", billed="tokens"),
    AgentInfo("intelligent_education_solve_agent", "solving exercises", "only"),
    AgentInfo("intelligent_education_correction_agent", "correcting homework", "both"),
    AgentInfo("contract_parser_agent", "fields of contracts", "both"),
    AgentInfo("bidwin_parser_agent", "fields of tenders", "both", billed="tokens"),
    AgentInfo("service_check_agent", "quality of service talks", billed="tokens"),
    AgentInfo("job_matching_agent", "resumes and jobs", billed="tokens"),
    AgentInfo("social_translation_agent", "translation of posts", billed="tokens"),
    AgentInfo("social_literature_translation_agent", "literary translation", billed="tokens"),
    AgentInfo("subtitle_translation_agent", "translation of subtitles"),
)

#: The documented agents, by their id. Others can be called too.
AGENTS: Mapping[str, AgentInfo] = {info.id: info for info in _TABLE}

# fmt: off
_LANGUAGES = (
    "zh-CN", "zh-TW", "wyw", "yue", "en", "ja", "ko", "fr", "de", "es", "ru", "pt", "it", "ar",
    "hi", "bg", "cs", "da", "el", "et", "fi", "hu", "id", "lt", "lv", "nl", "no", "pl", "ro", "sk",
    "sl", "sv", "th", "tr", "uk", "vi", "my", "ms", "Pinyin", "IPA",
    "zh",  # of the guide and of the official SDK's example; the schema has zh-CN only
)
# fmt: on

#: The languages that `translate` takes a text from.
SOURCE_LANGUAGES: tuple[str, ...] = ("auto", *_LANGUAGES)

#: The languages that `translate` takes a text to.
TARGET_LANGUAGES: tuple[str, ...] = (*_LANGUAGES, "en-GB", "en-US")

#: How `translate` goes about it.
STRATEGIES: tuple[str, ...] = (
    "general", "paraphrase", "two_step", "three_step", "reflection", "cot",
)  # fmt: skip


def info_of(agent_id: str) -> AgentInfo:
    """Return what is documented of an agent; of others, what is safe to assume.

    Args:
        agent_id: The agent's id, such as ``slides_glm_agent``.

    Examples:
        >>> info_of("slides_glm_agent").streams, info_of("another").streams
        ('only', 'both')
    """
    return AGENTS.get(agent_id) or AgentInfo(agent_id, streams="both")
