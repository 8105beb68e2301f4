"""The service's ready-made agents: ``POST /v1/agents`` and the routes below it.

Translation, slides, images, receipts, videos from a template and others: each has an ``agent_id``
and variables of its own. Files go up by ``files.create(purpose="agent")``; their ids are parts of
messages, or a glossary.
"""

from __future__ import annotations

from zhipu_client.agents._call import AgentCall
from zhipu_client.agents._known import (
    AGENTS,
    SOURCE_LANGUAGES,
    STRATEGIES,
    TARGET_LANGUAGES,
    AgentInfo,
    info_of,
)
from zhipu_client.agents._output import AgentFile, AgentStep
from zhipu_client.agents._replies import AgentEvent, AgentReply, Collected
from zhipu_client.agents._requests import Messages, conversation, create, stream
from zhipu_client.agents._translation import (
    translate,
    translate_stream,
    translated,
    translation,
)
from zhipu_client.agents._waiting import Waiting, retrieve, waiting

__all__ = [
    "AGENTS",
    "SOURCE_LANGUAGES",
    "STRATEGIES",
    "TARGET_LANGUAGES",
    "AgentCall",
    "AgentEvent",
    "AgentFile",
    "AgentInfo",
    "AgentReply",
    "AgentStep",
    "Collected",
    "Messages",
    "Waiting",
    "conversation",
    "create",
    "info_of",
    "retrieve",
    "stream",
    "translate",
    "translate_stream",
    "translated",
    "translation",
    "waiting",
]
