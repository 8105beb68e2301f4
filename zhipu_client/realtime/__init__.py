"""Talk with GLM-Realtime by voice, text and video: the websocket ``/realtime``.

This package is pure: what a session is set to, the events both ways, the limits. The connection is
`zhipu_client.connect_realtime` (extra ``realtime``, open.bigmodel.cn only).

Example:
    ```python
    import asyncio

    from zhipu_client import AsyncClient, connect_realtime
    from zhipu_client.realtime import Session


    async def main() -> None:
        async with connect_realtime(AsyncClient(), Session()) as talk:
            await talk.say("What is 17 * 19?")
            answer = await talk.answer()
            print(answer.text, len(answer.audio))


    asyncio.run(main())
    ```
"""

from __future__ import annotations

from zhipu_client.realtime._client_events import (
    MAX_APPENDS_PER_SECOND,
    MAX_AUDIO_SECONDS,
    append_audio,
    append_video_frame,
    cancel,
    clear,
    commit,
    delete_item,
    function_output,
    message,
    respond,
    retrieve_item,
    truncate_item,
)
from zhipu_client.realtime._events import (
    AudioDelta,
    Event,
    Failure,
    FunctionCall,
    Heartbeat,
    ResponseDone,
    ResponseStarted,
    SessionReady,
    SpeechStarted,
    SpeechStopped,
    TextDelta,
    TranscriptDelta,
    UserTranscript,
    read_event,
)
from zhipu_client.realtime._session import Session, session_update
from zhipu_client.realtime._session_state import Answer, SessionState

__all__ = [
    "MAX_APPENDS_PER_SECOND",
    "MAX_AUDIO_SECONDS",
    "Answer",
    "AudioDelta",
    "Event",
    "Failure",
    "FunctionCall",
    "Heartbeat",
    "ResponseDone",
    "ResponseStarted",
    "Session",
    "SessionReady",
    "SessionState",
    "SpeechStarted",
    "SpeechStopped",
    "TextDelta",
    "TranscriptDelta",
    "UserTranscript",
    "append_audio",
    "append_video_frame",
    "cancel",
    "clear",
    "commit",
    "delete_item",
    "function_output",
    "message",
    "read_event",
    "respond",
    "retrieve_item",
    "session_update",
    "truncate_item",
]
