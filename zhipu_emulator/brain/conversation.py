"""A request as the stand-in reads it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from zhipu_emulator.brain.tools import Planner
from zhipu_emulator.brain.words import compiled, is_chinese, sentences
from zhipu_emulator.chat.message_parts import attachments, plain
from zhipu_emulator.chat.tool_names import spoken_name
from zhipu_emulator.chat.tool_results import MEDIA, results, with_media_of_tools
from zhipu_emulator.content import attached_media
from zhipu_emulator.forms.choices import choice_facts
from zhipu_emulator.forms.json_answers import without_instructions

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping

    from zhipu_emulator.chat.checks import ChatRequest

_ASKS = r"(?:user |original )?(?:question|query|问题|提问|用户问题|查询)"
_QUESTION = re.compile(rf"^[ \t]*{_ASKS}[ \t]*[:：][ \t]*(\S.*)$", re.IGNORECASE | re.MULTILINE)
_BLOCKS = (
    re.compile(
        r"(?:^-{4,}[ \t]*\n|(?:```|\"\"\")(?!json)\w*\n?)(.*?)(?:\n-{4,}|```|\"\"\")",
        re.MULTILINE | re.DOTALL,
    ),
    re.compile(r"^_{8,}[ \t]*\n(.*)\Z", re.MULTILINE | re.DOTALL),
    re.compile(
        r"<(context|documents?|docs?|sources?|passages?|article|text)\b[^<>]*>"
        r"((?:[^<]++|<(?!/?\1\b))*+)</\1>",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:^[ \t]*|(?<=[.!?。！？])[ \t]*)(?:#+ *)?(?:\w+ )?(?:context|documents?|sources?"
        r"|passages?|background|articles?|text|excerpts?|上下文|资料|参考资料|已知信息|文档|文章)"
        r"(?: \d+)?[ \t]*[:：][ \t]*\n?(.*?)"
        rf"(?=^[ \t]*(?:#+ *)?(?:{_ASKS}|answer|回答|答案)[ \t]*[:：]|\Z)",
        re.IGNORECASE | re.MULTILINE | re.DOTALL,
    ),
)


def take_apart(text: str) -> tuple[str, list[str], str]:
    """Question and documents of a prompt such as retrieval chains write, and it without them."""
    documents: list[str] = []
    rest = text
    for pattern in _BLOCKS:
        bodies = (match.group(match.lastindex or 1) for match in pattern.finditer(rest))
        documents += [body.strip() for body in bodies if body and body.strip()]
        rest = pattern.sub("\n", rest)
    question = text
    if labelled := _QUESTION.findall(rest):
        question = labelled[-1]
    elif documents:
        parts = sentences(rest)
        asking = [part for part in parts if part.endswith(("?", "？"))]
        question = asking[-1] if asking else " ".join(parts) or rest
    return question.strip(), documents, rest


class Conversation:
    """The messages of a request: the question, what it is about, and what tools answered.

    Attributes:
        asked: The request.
        today: The day of the request.
        question: What is asked.
        rest: The message that asks it, without the ``given`` documents.
        chinese: Whether to answer in Chinese.
        results: What tools answered since the question.
        documents: Documents in prompts, files and earlier results of tools.
        said_before: What the user said in earlier messages.
        answer_before: The last thing the assistant said.
        facts: Values known by name: from results, and the choice where the text has choices.
        media: What to speak of: what the tools returned, else the user's pictures and sounds.
        spoken: The names of the functions offered -> those that their authors wrote.
        planner: Chooses among the functions offered.
    """

    def __init__(self, asked: ChatRequest, today: dt.date, files: Mapping[str, Any]) -> None:
        self.asked, self.today = asked, today
        self.messages = list(with_media_of_tools(asked.messages))
        asking = [i for i, message in enumerate(self.messages) if message["role"] == "user"]
        newest = plain(self.messages[asking[-1]].get("content"))
        # A complaint about the answer to a question asks it once more.
        again = len(asking) > 1 and compiled("once more").search(newest)
        last = asking[-2 if again else -1]
        behind = [m for m in self.messages[last + 1 :] if m["role"] == MEDIA]
        message = without_instructions(plain(self.messages[last].get("content")))
        self.question, self.given, self.rest = take_apart(message)
        self.chinese = is_chinese(self.question)
        self.results = list(results(self.messages[last + 1 :]))
        self.documents = [*self.given, *asked.documents]
        for text in self.texts("system"):
            self.documents += take_apart(text)[1]
        self.documents += attached_media.texts(asked.attachments)
        self.documents += [result.text for result in results(self.messages[:last])]
        self.said_before = self.texts("user")[:-1]
        self.answer_before = next(filter(None, self.texts("assistant")[::-1]), "")
        named = [
            pair for one in self.results for pair in (*_named(one.data), *one.arguments.items())
        ]
        # Of what came back and what was asked for, the first of a name counts.
        self.facts = {**choice_facts(self.texts("system", "user")), **dict(named[::-1])}
        carrying = behind if self.results else [self.messages[last]]
        media = [a for message in carrying for a in attachments(message, files)]
        self.media = [a for a in media if a.kind != "file" or a.data is None or behind]
        self.spoken = {
            str(one["name"]): spoken_name(str(one["name"]), str(one.get("description") or ""))
            for one in asked.functions
        }
        self.planner = Planner(asked.functions, today)

    def texts(self, *roles: str) -> list[str]:
        """The texts of all messages in ``roles``, oldest first."""
        return [plain(m.get("content")) for m in self.messages if m["role"] in roles]


def _named(value: Any) -> Iterator[tuple[str, Any]]:
    """What the objects of a value have by name; of a list only its first."""
    value = value[0] if isinstance(value, list) and value else value
    if isinstance(value, dict):
        yield from value.items()
        for inner in value.values():
            yield from _named(inner)
