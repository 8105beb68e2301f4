"""The actions of AutoGLM-Phone: one line of its answer, read and checked. Pure.

The model looks at the picture of a screen and answers with a thought and one action, such as
``do(action="Tap", element=[500, 120])`` or ``finish(message="Done.")``. The form is that of the
vendor's own agent (Open-AutoGLM). It looks like Python, and is never run: texts, numbers and places
are read, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from zhipu_client._check import show
from zhipu_client._half_characters import whole_characters
from zhipu_client.errors import ZhipuError

__all__ = ["ACTIONS", "PhoneAction", "PhoneActionError", "read_action"]

#: The actions by name, with what each must have. ``Tap`` may have a ``message``: ask the user
#: before such a tap, as it pays for something or cannot be undone.
ACTIONS: Mapping[str, tuple[str, ...]] = {
    "Launch": ("app",),
    "Tap": ("element",),
    "Double Tap": ("element",),
    "Long Press": ("element",),
    "Swipe": ("start", "end"),
    "Type": ("text",),
    "Type_Name": ("text",),
    "Back": (),
    "Home": (),
    "Wait": (),
    "Take_over": (),
    "Interact": (),
    "Note": (),
    "Call_API": (),
    "Finish": (),
}
#: What names a place: two numbers from 0 to 1,000, of the width and of the height.
_PLACES = ("element", "start", "end")
_SCALE = 1000
#: No action is longer.
_LONGEST = 20_000
_LONGEST_WAIT = 3600.0
_ANSWER = re.compile(r"<answer>(.*?)(?:</answer>|\Z)", re.DOTALL)
_CALL = re.compile(r"^[ \t]*(?=(?:do|finish)\()", re.MULTILINE)
#: An action behind a thought, on the same line.
_CALL_BEHIND = re.compile(r"(?<![\w.])(?=(?:do|finish)\(\s*\w+\s*=)")
_CALLED = re.compile(r"(do|finish)\(\s*")
_NAME = re.compile(r"([A-Za-z_]\w*)\s*=\s*")
_TEXT = re.compile(r"\"([^\"\\]*(?:\\.[^\"\\]*)*)\"|'([^'\\]*(?:\\.[^'\\]*)*)'", re.DOTALL)
_DIGITS = r"-?\d{1,9}(?:\.\d{1,9})?"
_LIST = re.compile(rf"[\[(]\s*((?:{_DIGITS}\s*,\s*)*{_DIGITS})\s*[\])]")
_PLAIN = re.compile(rf"(?:{_DIGITS}|True|False|None)(?=\s*[,)])")
_CONSTANTS: Mapping[str, Any] = {"True": True, "False": False, "None": None}
_NEXT = re.compile(r"\s*(,|\)\Z)\s*")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\n": ""}
#: A text whose own quotation marks the model did not escape: all up to the last mark.
_TYPED = re.compile(r"do\(action=\"(Type|Type_Name)\", text=\"(.*)\"\)", re.DOTALL)
_FINISHED = re.compile(r"finish\(message=\"(.*)\"\)", re.DOTALL)
#: The text ends within such a text, or something follows it: an end, one more argument.
_ENDS_WITHIN = re.compile(r"\"\s*\)|\"\s*,\s*\w+\s*=|\\\Z")
_FENCE = re.compile(r"\A```\w*\n(.*?)\n?```\Z", re.DOTALL)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


class PhoneActionError(ZhipuError, ValueError):
    """The answer has no action that could be carried out: it is cut, unknown, or not one alone.

    Examples:
        >>> from zhipu_client.phone_actions import PhoneActionError, read_action
        >>> try:
        ...     read_action("Nothing to do here.")
        ... except PhoneActionError as error:
        ...     print(type(error).__name__)
        PhoneActionError
    """


@dataclass(frozen=True, slots=True)
class PhoneAction:
    """One action on the phone.

    Attributes:
        name: One of `ACTIONS`.
        arguments: What it has, by name; places are two numbers from 0 to 1,000.
        thought: What the model thought before it; empty where it says nothing.

    Examples:
        >>> from zhipu_client.phone_actions import PhoneAction
        >>> action = PhoneAction("Tap", {"element": [500, 120]})
        >>> action.name, action.finished
        ('Tap', False)
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    thought: str = ""

    @property
    def finished(self) -> bool:
        """Whether the task is over; `message` is what the model says about it."""
        return self.name == "Finish"

    @property
    def message(self) -> str:
        """What the user should read, or be asked before a tap; empty for most actions."""
        return str(self.arguments.get("message") or "")

    @property
    def seconds(self) -> float:
        """How long ``Wait`` waits: 1 where the model gives no number, 3,600 at the most."""
        found = _NUMBER.search(str(self.arguments.get("duration", "1")))
        return min(float(found.group()), _LONGEST_WAIT) if found else 1.0

    def pixels(self, place: str, width: int, height: int) -> tuple[int, int]:
        """Return a place in pixels, counted from the upper left corner.

        Args:
            place: ``element``, ``start`` or ``end``.
            width: The screen's width in pixels.
            height: Its height.

        Raises:
            KeyError: The action has no such place.

        Examples:
            >>> read_action('do(action="Tap", element=[500, 250])').pixels("element", 1080, 2400)
            (540, 600)
        """
        x, y = self.arguments[place]
        return min(int(x / _SCALE * width), width - 1), min(int(y / _SCALE * height), height - 1)


def read_action(text: str) -> PhoneAction:
    """Return the action of an answer of AutoGLM-Phone.

    Args:
        text: The answer: ``<think>…</think><answer>…</answer>``, or a thought and then the action
            on a line of its own.

    Raises:
        PhoneActionError: There is no action, more than one, or one that is cut, unknown, or without
            what it needs. Nothing of it should be carried out; ask the model again.

    Examples:
        >>> action = read_action('<think>A search box.</think><answer>do(action="Back")</answer>')
        >>> action.name, action.thought
        ('Back', 'A search box.')
    """
    thought, line = _apart(text)
    begins = _CALL.search(line) or _CALL_BEHIND.search(line)
    if not begins:
        raise _refused("has no action: do(...) or finish(...)", text)
    # Without tags the thought comes first, and what is typed may look like an action.
    thought = thought or line[: begins.end()].strip()
    name, arguments = _call(line[begins.end() :], text)
    return PhoneAction(name, _checked(name, arguments, text), thought)


def _apart(text: str) -> tuple[str, str]:
    """The thought between tags, and what contains the action."""
    # What is typed may contain a tag: thoughts are before the answer.
    head, tag, tail = text.partition("<answer>")
    if "</think>" in head and "<think>" not in head:
        head = f"<think>{head}"
    thoughts, rest = _thoughts(head)
    thought = " ".join(found.strip() for found in thoughts)
    if "<think>" in rest and not tag:
        raise _refused("is cut within its thought", text)
    if tag and _CALL.search(_ANSWER.sub("", f"{tag}{tail}", count=1)):
        raise _refused("has more than one action", text)
    in_tags = _ANSWER.search(f"{tag}{tail}")
    line = (in_tags.group(1) if in_tags else rest).strip()
    fenced = _FENCE.match(line)
    return thought or (rest.strip() if tag else ""), fenced.group(1).strip() if fenced else line


def _thoughts(head: str) -> tuple[list[str], str]:
    """What is between tags, and all else, in one pass however many tags are never closed."""
    found: list[str] = []
    rest: list[str] = []
    place = 0
    while True:
        begin = head.find("<think>", place)
        end = -1 if begin < 0 else head.find("</think>", begin)
        if end < 0:
            return found, "".join([*rest, head[place:]])
        rest.append(head[place:begin])
        found.append(head[begin + len("<think>") : end])
        place = end + len("</think>")


def _call(line: str, text: str) -> tuple[str, dict[str, Any]]:
    if len(line) > _LONGEST:
        raise _refused(f"is longer than {_LONGEST:,} characters", text)
    called = _CALLED.match(line)
    found = _arguments(line, called.end(), text) if called else None
    if called is None or found is None:
        return _unescaped(line, text)
    if called.group(1) == "finish":
        return "Finish", found
    return _known(found.pop("action", None), text), found


def _arguments(line: str, place: int, text: str) -> dict[str, Any] | None:
    """The arguments from behind the bracket to the end; None where it is not a call alone."""
    found: dict[str, Any] = {}
    if line[place:] == ")":
        return found
    while True:
        name = _NAME.match(line, place)
        if name is None:
            return None
        if name.group(1) in found:
            raise _refused(f"has {name.group(1)} twice", text)
        if whole := _TEXT.match(line, name.end()):
            value: Any = _read_text(
                whole.group(1) if whole.group(1) is not None else whole.group(2)
            )
        elif whole := _LIST.match(line, name.end()):
            value = [_number(number) for number in whole.group(1).split(",")]
        elif whole := _PLAIN.match(line, name.end()):
            value = _CONSTANTS.get(whole.group(), whole.group())
            value = _number(value) if isinstance(value, str) else value
        else:
            return None
        found[name.group(1)] = value
        after = _NEXT.match(line, whole.end())
        if after is None:
            return None
        if after.group(1) == ")":
            return found
        place = after.end()


def _number(digits: str) -> float:
    return float(digits) if "." in digits else int(digits)


def _read_text(raw: str) -> str:
    def one(match: re.Match[str]) -> str:
        code = match.group(1)
        if len(code) > 1:
            return chr(int(code[1:], 16))
        return code if code in "\"'\\" else _ESCAPES.get(code, str(match.group()))

    return str(whole_characters(_ESCAPE.sub(one, raw)))


def _unescaped(line: str, text: str) -> tuple[str, dict[str, Any]]:
    """An action whose one text has quotation marks of its own, which come in pairs."""
    typed, finished = _TYPED.fullmatch(line), _FINISHED.fullmatch(line)
    said = typed.group(2) if typed else finished.group(1) if finished else '"'
    if said.count('"') % 2 or _ENDS_WITHIN.search(said) or _CALL.search(said):
        raise _refused("is cut, is not one action alone, or cannot be read", text)
    return (typed.group(1), {"text": said}) if typed else ("Finish", {"message": said})


def _known(name: Any, text: str) -> str:
    wanted = str(name).replace("_", " ").casefold()
    for known in ACTIONS:
        if known.replace("_", " ").casefold() == wanted and known != "Finish":
            return known
    raise _refused(f"has the action {show(name)}; known are {', '.join(ACTIONS)}", text)


def _checked(name: str, arguments: dict[str, Any], text: str) -> dict[str, Any]:
    for needed in ACTIONS[name]:
        if needed not in arguments:
            raise _refused(f"has {name} without {needed}", text)
    for place in _PLACES:
        if place in arguments:
            arguments[place] = _place(place, arguments[place], text)
    for words in ("app", "text"):
        if words in ACTIONS[name] and not isinstance(arguments[words], str):
            raise _refused(f"has {words}={show(arguments[words])}, which is not text", text)
    return arguments


def _place(name: str, value: Any, text: str) -> tuple[float, float]:
    if (
        not isinstance(value, list)
        or len(value) != 2
        or not all(0 <= number <= _SCALE for number in value)
    ):
        raise _refused(f"has {name}={show(value)}, not two numbers from 0 to {_SCALE:,}", text)
    return value[0], value[1]


def _refused(why: str, text: str) -> PhoneActionError:
    return PhoneActionError(f"the answer {why}: {show(text.strip())}")
