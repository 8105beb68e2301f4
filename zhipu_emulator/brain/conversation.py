"""A request as the stand-in reads it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from zhipu_emulator.brain import attached_media, context, results
from zhipu_emulator.brain.plan import Planner, Tool
from zhipu_emulator.brain.words import is_chinese
from zhipu_emulator.chat.message_parts import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zhipu_emulator.chat.checks import ChatRequest


@dataclass(frozen=True)
class Conversation:
    """A request as the stand-in reads it."""

    asked: ChatRequest
    today: dt.date
    files: Mapping[str, Any]

    @cached_property
    def messages(self) -> list[Mapping[str, Any]]:
        """All messages; media that a tool returned are not the user's."""
        return results.with_media_of_tools(self.asked.messages)

    @cached_property
    def last(self) -> Mapping[str, Any]:
        """The last message of the user."""
        return [m for m in self.messages if m["role"] == "user"][-1]

    @cached_property
    def prompt(self) -> context.Prompt:
        """The last message, question and documents apart."""
        return context.take_apart(plain(self.last.get("content")))

    @property
    def question(self) -> str:
        """What is asked."""
        return self.prompt.question

    @cached_property
    def chinese(self) -> bool:
        """Whether to answer in Chinese."""
        return is_chinese(self.question)

    def texts(self, *roles: str) -> list[str]:
        """The texts of all messages in ``roles``, oldest first."""
        return [plain(m.get("content")) for m in self.messages if m["role"] in roles]

    @cached_property
    def said_before(self) -> list[str]:
        """What the user said in earlier messages, and before the question in this one."""
        return [*self.texts("user")[:-1], self.prompt.rest]

    @cached_property
    def documents(self) -> list[str]:
        """Documents in prompts, files and earlier results of tools."""
        found = [*self.prompt.documents, *self.asked.documents]
        for text in self.texts("system"):
            found.extend(context.take_apart(text).documents)
        found.extend(attached_media.texts(self.asked.attachments))
        found.extend(r.text for r in results.earlier(self.messages))
        return found

    @cached_property
    def results(self) -> list[results.Result]:
        """What tools answered since the question."""
        return results.of_turn(self.messages)

    @property
    def media(self) -> list[Mapping[str, Any]]:
        """The messages whose pictures and sounds are asked about: the tools', else the user's."""
        if not self.results:
            return [self.last]
        behind = self.messages[results.question_at(self.messages) + 1 :]
        return [message for message in behind if message["role"] == results.MEDIA]

    @cached_property
    def planner(self) -> Planner:
        """Over the functions offered."""
        return Planner([Tool.offered(f) for f in self.asked.functions], self.today)

    @property
    def answer_before(self) -> str:
        """The last thing the assistant said."""
        return next((text for text in reversed(self.texts("assistant")) if text), "")
