"""What an agent has put out: messages of any of the wire's shapes, and what is in them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from zhipu_client._half_characters import whole_text
from zhipu_client._replies import rows, text_of

__all__ = ["AgentFile", "AgentStep", "Output", "Part", "is_text", "messages_in"]

#: One part of a message: ``{"type": "text", "text": …}``, a link, or a step of a tool.
Part = dict[str, Any]

#: The kinds of links, and what is behind each.
_LINKS: Mapping[str, str] = {
    "file_url": "file",
    "image_url": "image",
    "video_url": "video",
    "audio_url": "audio",
}
#: Phases whose text is not the answer.
_BESIDES = frozenset({"thinking", "tool"})


@dataclass(frozen=True, slots=True)
class AgentFile:
    """A file that an agent has made.

    Attributes:
        url: Where it is, for a while.
        kind: ``file``, ``image``, ``video`` or ``audio``.
        name: What the service calls it, or None.
    """

    url: str
    kind: str = "file"
    name: str | None = None


@dataclass(frozen=True, slots=True)
class AgentStep:
    """What an agent did with one of its own tools.

    Attributes:
        tool: ``search``, ``insert_page``, ``remove_slides``, …
        input: What the tool was given, or None.
        output: What came of it, such as the HTML of a slide, or None.
        position: The numbers of the slides that it is about, from 1.
        title: The title of a slide, or None.
    """

    tool: str
    input: str | None = None
    output: str | None = None
    position: tuple[int, ...] = ()
    title: str | None = None


class Output:
    """What can be read out of messages; a base class."""

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages: ``role``, ``phase`` (may be missing) and ``content``, a list of parts."""
        raise NotImplementedError

    @property
    def text(self) -> str:
        """The text of the answer, without what was thought on the way."""
        return _texts(part for phase, part in _parts(self.messages) if phase not in _BESIDES)

    @property
    def thinking(self) -> str:
        """The text of the phase ``thinking``."""
        return _texts(part for phase, part in _parts(self.messages) if phase == "thinking")

    @property
    def files(self) -> list[AgentFile]:
        """The files, images, videos and recordings that were made. Their links expire."""
        found = (_file(part) for _, part in _parts(self.messages))
        return [file for file in found if file is not None]

    @property
    def urls(self) -> list[str]:
        """The addresses of `files`."""
        return [file.url for file in self.files]

    @property
    def steps(self) -> list[AgentStep]:
        """What the agent did with its tools, in order."""
        found = (_step(part) for _, part in _parts(self.messages))
        return [step for step in found if step is not None]

    @property
    def pages(self) -> list[str]:
        """The HTML of the slides after all `steps`, in order."""
        pages: list[str] = []
        for step in self.steps:
            if step.tool.startswith(("remove", "delete")):
                gone = {number - 1 for number in step.position}
                pages = [page for place, page in enumerate(pages) if place not in gone]
            elif step.output is not None and step.position:
                place = step.position[0] - 1
                insert = step.tool.startswith("insert") or place >= len(pages)
                pages[place : place if insert else place + 1] = [step.output]
        return pages


def messages_in(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the messages of an answer or an event in one shape.

    The wire has ``messages`` (the schema), ``message`` (slides, translation) or ``delta`` (the
    official SDK), each an object or a list; the content is a text, a part or a list of parts.
    """
    return [_normal(message) for choice in rows(data.get("choices")) for message in _in(choice)]


def _in(choice: Mapping[str, Any]) -> list[dict[str, Any]]:
    for name in ("messages", "message", "delta"):
        found = choice.get(name)
        if found:
            return rows(found if isinstance(found, list) else [found])
    return []


def _normal(message: Mapping[str, Any]) -> dict[str, Any]:
    content = message.get("content")
    items = content if isinstance(content, list) else [content] if content else []
    made = {"role": message.get("role") or "assistant"}
    if message.get("phase"):
        made["phase"] = text_of(message["phase"])
    return {**made, "content": [_as_part(item) for item in items if item]}


def _as_part(item: Any) -> Part:
    if not isinstance(item, Mapping):
        return {"type": "text", "text": text_of(item)}
    if item.get("type", "text") == "text":
        return {**item, "type": "text", "text": text_of(item.get("text"))}
    return dict(item)


def is_text(part: Mapping[str, Any]) -> bool:
    """Return whether a part is text and nothing else: such parts are joined."""
    return part.get("type") == "text" and part.keys() <= {"type", "text"}


def _parts(messages: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Any, Part]]:
    for message in messages:
        for part in message["content"]:
            yield message.get("phase"), part


def _texts(parts: Iterable[Part]) -> str:
    return whole_text("".join(part["text"] for part in parts if part.get("type") == "text"))


def _file(part: Part) -> AgentFile | None:
    kind = str(part.get("type"))
    url = part.get(kind)
    if isinstance(url, Mapping):
        url = url.get("url")
    if kind not in _LINKS or not isinstance(url, str) or not url:
        return None
    names = (part.get(name) for name in ("tag_en", "tag_cn", "tag"))
    name = next((one for one in names if isinstance(one, str) and one), None)
    return AgentFile(url, _LINKS[kind], name)


def _step(part: Part) -> AgentStep | None:
    found = part.get("object")
    if part.get("type") != "object" or not isinstance(found, Mapping):
        return None
    given = found.get("position")
    numbers = given if isinstance(given, list) else [given]
    position = tuple(n for n in numbers if isinstance(n, int) and not isinstance(n, bool) and n > 0)
    texts = {
        name: None if found.get(name) is None else text_of(found[name])
        for name in ("input", "output", "title")
    }
    return AgentStep(text_of(found.get("tool_name")), position=position, **texts)
