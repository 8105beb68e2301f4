"""A request as the stand-in reads it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from zhipu_emulator.brain import context, results
from zhipu_emulator.brain.tools import Planner
from zhipu_emulator.brain.words import compiled, is_chinese
from zhipu_emulator.chat.message_parts import attachments, plain
from zhipu_emulator.content import attached_media
from zhipu_emulator.forms.choices import choice_facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zhipu_emulator.chat.checks import ChatRequest
    from zhipu_emulator.chat.message_parts import Attachment

_ONCE_MORE = compiled("once more")


@dataclass(frozen=True)
class Conversation:
    """The messages of a request: the question, what it is about, and what tools answered."""

    asked: ChatRequest
    today: dt.date
    files: Mapping[str, Any]

    @cached_property
    def messages(self) -> list[Mapping[str, Any]]:
        """All messages; media that a tool returned are not the user's."""
        return results.with_media_of_tools(self.asked.messages)

    @cached_property
    def last(self) -> int:
        """The place of the user's last question; a complaint about its answer asks it once more."""
        asking = [i for i, message in enumerate(self.messages) if message["role"] == "user"]
        newest = plain(self.messages[asking[-1]].get("content"))
        return asking[-2 if _ONCE_MORE.search(newest) and len(asking) > 1 else -1]

    @cached_property
    def prompt(self) -> context.Prompt:
        """The last message, question and documents apart."""
        return context.take_apart(plain(self.messages[self.last].get("content")))

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
        found.extend(result.text for result in results.in_order(self.messages[: self.last]))
        return found

    @cached_property
    def results(self) -> list[results.Result]:
        """What tools answered since the question."""
        return list(results.in_order(self.messages[self.last + 1 :]))

    @cached_property
    def facts(self) -> Mapping[str, Any]:
        """Values known by name: from results, and the choice where the text has choices."""
        return {**choice_facts(self.texts("user")), **results.facts(self.results)}

    @property
    def media(self) -> list[Attachment]:
        """What to speak of: what the tools returned, else the user's pictures and sounds."""
        behind = [m for m in self.messages[self.last + 1 :] if m["role"] == results.MEDIA]
        carrying = behind if self.results else [self.messages[self.last]]
        found = (a for message in carrying for a in attachments(message, self.files))
        return [a for a in found if a.kind != "file" or a.data is None or behind]

    @cached_property
    def planner(self) -> Planner:
        """Over the functions offered."""
        return Planner(self.asked.functions, self.today)

    @property
    def answer_before(self) -> str:
        """The last thing the assistant said."""
        return next((text for text in reversed(self.texts("assistant")) if text), "")
