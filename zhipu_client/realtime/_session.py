"""What a session is set to: `Session`, checked when it is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from zhipu_client import _check
from zhipu_client._given import mapping

__all__ = ["InputAudio", "Session", "TurnDetection", "session_update"]

InputAudio = Literal["wav", "pcm", "pcm16", "pcm24"]
TurnDetection = Literal["client_vad", "server_vad"]
NoiseReduction = Literal["near_field", "far_field"]
ChatMode = Literal["audio", "video_passive"]

_MOST_TOKENS = 1024


@dataclass(frozen=True, slots=True)
class Session:
    """What one conversation by ``/realtime`` is set to.

    Args:
        model: ``glm-realtime-flash`` or ``glm-realtime-air``.
        instructions: What the model is to do, and how.
        modalities: What it answers with: ``text``, ``audio`` or both.
        voice: ``tongtong``, ``female-tianmei``, ``male-qn-daxuesheng``, ``male-qn-jingying``,
            ``lovely_girl``, ``female-shaonv``; None for the service's own.
        input_audio_format: What `append_audio` is given: whole WAV files (``wav``), or samples of
            16 bits, one channel, 16,000 a second (``pcm``, ``pcm16``) or 24,000 (``pcm24``).
        turn_detection: ``client_vad``: you say when a turn is over, by `commit` and `respond`.
            ``server_vad``: the service listens for that.
        noise_reduction: ``near_field``, ``far_field`` or None.
        temperature: 0.0 to 1.0; None for the service's own.
        max_tokens: Of an answer, 1 to 1,024; None for the service's own.
        tools: Functions, ``{"type": "function", "name", "description", "parameters"}``; in the
            form of the chat (with ``function``) they are taken too. With ``chat_mode="audio"``.
        chat_mode: ``audio``, or ``video_passive`` for conversations about video frames.
        auto_search: Whether the service searches the web by itself; None for its default.
        greeting: What the model says first; None for nothing.
        extra: Further fields of the session, sent unchecked.

    Raises:
        InvalidRequestError: A value is outside of its limits.

    Examples:
        >>> from zhipu_client.realtime import Session
        >>> Session(turn_detection="server_vad").body()["turn_detection"]
        {'type': 'server_vad'}
    """

    model: str = "glm-realtime-flash"
    instructions: str | None = None
    modalities: Sequence[str] = ("text", "audio")
    voice: str | None = None
    input_audio_format: InputAudio = "wav"
    turn_detection: TurnDetection = "client_vad"
    noise_reduction: NoiseReduction | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    tools: Sequence[Mapping[str, Any]] = ()
    chat_mode: ChatMode = "audio"
    auto_search: bool | None = None
    greeting: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check.text("model", self.model)
        kinds = {
            "input_audio_format": InputAudio,
            "turn_detection": TurnDetection,
            "noise_reduction": NoiseReduction,
            "chat_mode": ChatMode,
        }
        for name, kind in kinds.items():
            _check.choice(name, getattr(self, name), get_args(kind))
        _check.boolean("auto_search", self.auto_search)
        wanted = _check.strings("modalities", self.modalities)
        if not wanted or set(wanted) - {"text", "audio"}:
            raise _check.refuse("modalities", wanted, "must be text, audio or both")
        _check.within("temperature", self.temperature, 0, 1)
        _check.within("max_tokens", self.max_tokens, 1, _MOST_TOKENS, "tokens")
        if self.tools and self.chat_mode != "audio":
            raise _check.refuse("tools", len(self.tools), 'are taken with chat_mode="audio" only')
        if not isinstance(self.tools, (list, tuple)):
            raise _check.refuse("tools", self.tools, "must be a list of functions")
        mapping("extra", self.extra)
        for place, tool in enumerate(self.tools):
            if not isinstance(_flat(tool).get("name"), str):
                raise _check.refuse(f"tools[{place}]", tool, "must be a function with a name")

    def body(self) -> dict[str, Any]:
        """Return the ``session`` of the event ``session.update``."""
        mode: dict[str, Any] = {"chat_mode": self.chat_mode, "tts_source": "e2e"}
        if self.auto_search is not None:
            mode["auto_search"] = self.auto_search
        made: dict[str, Any] = {
            "model": self.model,
            "modalities": list(self.modalities),
            "input_audio_format": self.input_audio_format,
            "output_audio_format": "pcm",
            "turn_detection": {"type": self.turn_detection},
            "beta_fields": mode,
        }
        optional: dict[str, Any] = {
            "instructions": self.instructions,
            "voice": self.voice,
            "temperature": self.temperature,
            # A string on the wire.
            "max_response_output_tokens": self.max_tokens and str(self.max_tokens),
            "tools": [_flat(tool) for tool in self.tools] or None,
        }
        made |= {name: value for name, value in optional.items() if value is not None}
        if self.noise_reduction is not None:
            made["input_audio_noise_reduction"] = {"type": self.noise_reduction}
        if self.greeting is not None:
            made["greeting_config"] = {"enable": True, "content": self.greeting}
        return {**made, **(self.extra or {})}


def _flat(tool: Any) -> dict[str, Any]:
    """Return a function in this endpoint's form, in which the chat's ``function`` is unpacked."""
    given = dict(tool) if isinstance(tool, Mapping) else {}
    inner = given.get("function")
    return {"type": "function", **(inner if isinstance(inner, Mapping) else given)}


def session_update(session: Session) -> dict[str, Any]:
    """Return the client's event that sets a session.

    Args:
        session: What the session is to be set to.

    Examples:
        >>> from zhipu_client.realtime import Session, session_update
        >>> session_update(Session())["type"]
        'session.update'
    """
    return {"type": "session.update", "session": session.body()}
