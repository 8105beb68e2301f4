"""Requests to agents, read and checked; which agents there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from zhipu_emulator.chat.tokens import count_text
from zhipu_emulator.content import sensitive
from zhipu_emulator.content.stored_files import stored_file
from zhipu_emulator.http.errors import ServiceError, content_filter
from zhipu_emulator.http.params import Params, illegal, missing

if TYPE_CHECKING:
    from zhipu_emulator.http.state import State

__all__ = ["AGENTS", "Agent", "Asked", "agent_of", "read_request", "usage_of"]

_PARTS = ("text", "file_id", "file_url", "image_url")
_ROLES = ("user", "assistant", "system")


@dataclass(frozen=True)
class Agent:
    """One agent.

    Attributes:
        does: The kind of its work: the name of a function in ``working``, ``slides`` or a task.
        streams: Whether it answers whole, streamed, or either way.
        needs: The parts that its messages must have.
        on_zai: Whether api.z.ai has it.
    """

    does: Literal["translate", "slides", "video", "draw", "extract", "describe", "solve", "correct"]
    streams: Literal["both", "only", "never"] = "never"
    needs: tuple[str, ...] = ("text",)
    on_zai: bool = False


AGENTS: Mapping[str, Agent] = {
    "general_translation": Agent("translate", "both", on_zai=True),
    "slides_glm_agent": Agent("slides", "only", on_zai=True),
    "vidu_template_agent": Agent("video", needs=("text", "image_url"), on_zai=True),
    "ai_drawing_agent": Agent("draw"),
    "cartoon_generator_agent": Agent("draw"),
    "receipt_recognition_agent": Agent("extract", needs=("file_id",)),
    "contract_parser_agent": Agent("extract", "both", needs=("file_id",)),
    "job_matching_agent": Agent("extract", needs=("file_id",)),
    "bidwin_parser_agent": Agent("extract", "both"),
    "service_check_agent": Agent("extract"),
    "clothes_recognition_agent": Agent("describe", needs=("file_id",)),
    "intelligent_education_solve_agent": Agent("solve", "only"),
    "intelligent_education_correction_agent": Agent("correct", "both", needs=()),
    "social_translation_agent": Agent("translate"),
    "social_literature_translation_agent": Agent("translate"),
    "subtitle_translation_agent": Agent("translate"),
}


@dataclass(frozen=True)
class Asked:
    """A checked request.

    Attributes:
        agent_id: The agent.
        agent: What it is.
        text: The text of the last message of the user.
        files: The uploaded files that its messages name.
        images: The addresses of images.
        variables: ``custom_variables``.
        stream: Whether a stream is wanted.
        conversation_id: The conversation that goes on, or None.
        request_id: The caller's id, or None.
    """

    agent_id: str
    agent: Agent
    text: str
    files: tuple[dict[str, Any], ...]
    images: tuple[str, ...]
    variables: Mapping[str, Any]
    stream: bool
    conversation_id: str | None
    request_id: str | None


def agent_of(params: Params, site: str) -> tuple[str, Agent]:
    """The agent that a request names: 1213 without one, 1222 for one that the site lacks."""
    agent_id = params.text("agent_id")
    agent = AGENTS.get(agent_id)
    if agent is None or (site == "zai" and not agent.on_zai):
        raise ServiceError("1222", "智能体不存在。", "The agent does not exist")
    return agent_id, agent


def read_request(body: Mapping[str, Any], state: State, owner: str) -> Asked:
    """Check a request.

    Raises:
        ServiceError: Everything that the endpoint refuses.
    """
    params = Params(body)
    agent_id, agent = agent_of(params, state.options.site)
    stream = params.flag("stream")
    if agent.streams == "only" and not stream:
        raise ServiceError("1212")
    parts = _parts(params.required("messages"))
    for kind in agent.needs:
        if not any(part["type"] == kind for part in parts):
            raise missing(f"messages.content.{kind}")
    text = "\n".join(part["text"] for part in parts if part["type"] == "text")
    if sensitive.risks(text):
        raise content_filter("user")
    conversation = params.text("conversation_id", "") or None
    request_id = params.caller_ids()
    return Asked(
        agent_id,
        agent,
        text,
        tuple(_owned(state, part["file_id"], owner) for part in parts if part["type"] == "file_id"),
        tuple(part["image_url"] for part in parts if part["type"] == "image_url"),
        variables_of(params),
        stream and agent.streams != "never",
        conversation,
        request_id,
    )


def variables_of(params: Params) -> Mapping[str, Any]:
    """The ``custom_variables``: an object, or nothing."""
    value = params.get("custom_variables")
    if value is not None and not isinstance(value, dict):
        raise illegal("custom_variables")
    return value or {}


def _owned(state: State, file_id: str, owner: str) -> dict[str, Any]:
    file = stored_file(state, file_id)
    if file is None or file["owner"] != owner:
        raise ServiceError("1214", "文件不存在", "The file does not exist")
    return file


def owned_content(state: State, file_id: Any, owner: str) -> bytes:
    """The bytes of an uploaded file of the caller's own."""
    if not isinstance(file_id, str):
        raise illegal("file_id")
    content: bytes = _owned(state, file_id, owner)["content"]
    return content


def _parts(messages: Any) -> list[dict[str, Any]]:
    """The parts of the last message of the user; all are checked."""
    if not isinstance(messages, list) or not messages:
        raise illegal("messages")
    last: list[dict[str, Any]] = []
    for message in messages:
        if not isinstance(message, dict) or message.get("role") not in _ROLES:
            raise illegal("messages")
        content = message.get("content")
        items = content if isinstance(content, list) else [content]
        parts = [_part(item) for item in items]
        if not parts:
            raise illegal("messages")
        if message["role"] == "user":
            last = parts
    if not last:
        raise illegal("messages")
    return last


def _part(item: Any) -> dict[str, Any]:
    if isinstance(item, str):
        item = {"type": "text", "text": item}
    kind = item.get("type") if isinstance(item, dict) else None
    value = item.get(kind) if isinstance(kind, str) and kind in _PARTS else None
    if not isinstance(kind, str) or not isinstance(value, str) or not value.strip():
        raise illegal("messages", "输入不能为空", "The input must not be empty.")
    return {"type": kind, kind: value}


def usage_of(asked: str, answered: str) -> dict[str, int]:
    """Tokens and calls."""
    prompt, completion = count_text(asked), count_text(answered)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "total_calls": 1,
    }
