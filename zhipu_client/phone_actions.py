"""The actions of AutoGLM-Phone: one line of its answer, read and checked. Pure.

The model looks at the picture of a screen and answers with a thought and one action, such as
``do(action="Tap", element=[500, 120])`` or ``finish(message="Done.")``. The form is that of the
vendor's own agent (Open-AutoGLM). It looks like Python, and is never run: only literals are read.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from zhipu_client._check import show
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
#: No action is longer; a longer text would make Python's parser work for nothing.
_LONGEST = 20_000
_LONGEST_WAIT = 3600.0
_ANSWER = re.compile(r"<answer>(.*?)(?:</answer>|\Z)", re.DOTALL)
_THOUGHT = re.compile(r"<think>(.*?)</think>", re.DOTALL)
_CALL = re.compile(r"^[ \t]*(?=(?:do|finish)\()", re.MULTILINE)
#: The text to type, which the model does not escape: all up to the last quotation mark.
_TYPED = re.compile(r"do\(action=\"(Type|Type_Name)\", text=\"(.*)\"\)", re.DOTALL)
_FINISHED = re.compile(r"finish\(message=\"(.*)\"\)", re.DOTALL)
_FENCE = re.compile(r"\A```\w*\n(.*?)\n?```\Z", re.DOTALL)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


class PhoneActionError(ZhipuError, ValueError):
    """The answer has no action that could be carried out: it is cut, unknown, or not one alone."""


@dataclass(frozen=True, slots=True)
class PhoneAction:
    """One action on the phone.

    Attributes:
        name: One of `ACTIONS`.
        arguments: What it has, by name; places are two numbers from 0 to 1,000.
        thought: What the model thought before it; empty where it says nothing.
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

        Example:
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

    Example:
        >>> action = read_action('<think>A search box.</think><answer>do(action="Back")</answer>')
        >>> action.name, action.thought
        ('Back', 'A search box.')
    """
    thought = " ".join(found.strip() for found in _THOUGHT.findall(text))
    rest = _THOUGHT.sub("", text)
    in_tags = _ANSWER.search(rest)
    line = (in_tags.group(1) if in_tags else rest).strip()
    if fenced := _FENCE.match(line):
        line = fenced.group(1).strip()
    begins = [found.end() for found in _CALL.finditer(line)]
    if not begins:
        raise _refused("has no action: do(...) or finish(...)", text)
    # Without tags the thought comes first, and what is typed may look like an action.
    thought = thought or line[: begins[0]].strip()
    name, arguments = _call(line[begins[0] :], text)
    return PhoneAction(name, _checked(name, arguments, text), thought)


def _call(line: str, text: str) -> tuple[str, dict[str, Any]]:
    if len(line) > _LONGEST:
        raise _refused(f"is longer than {_LONGEST:,} characters", text)
    tree = _parsed(line)
    if tree is None:
        typed, finished = _TYPED.fullmatch(line), _FINISHED.fullmatch(line)
        if typed and not _CALL.search(typed.group(2)):  # else it is two actions
            return typed.group(1), {"text": typed.group(2)}
        if finished and not _CALL.search(finished.group(1)):
            return "Finish", {"message": finished.group(1)}
        raise _refused("is cut, is not one action alone, or cannot be read", text)
    try:
        found = {str(word.arg): ast.literal_eval(word.value) for word in tree.keywords}
    except (ValueError, TypeError, RecursionError, MemoryError):
        raise _refused("has arguments that are not plain values", text) from None
    if tree.args or None in {word.arg for word in tree.keywords}:
        raise _refused("has arguments without a name", text)
    if isinstance(tree.func, ast.Name) and tree.func.id == "finish":
        return "Finish", found
    return _known(found.pop("action", None), text), found


def _parsed(line: str) -> ast.Call | None:
    escaped = line.replace("\r", r"\r").replace("\n", r"\n").replace("\t", r"\t")
    try:
        tree = ast.parse(escaped, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return tree if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) else None


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
    numbers = list(value) if isinstance(value, (list, tuple)) else []
    fine = [
        isinstance(number, (int, float))
        and not isinstance(number, bool)
        and math.isfinite(number)
        and 0 <= number <= _SCALE
        for number in numbers
    ]
    if len(numbers) != 2 or not all(fine):
        raise _refused(f"has {name}={show(value)}, not two numbers from 0 to {_SCALE:,}", text)
    return numbers[0], numbers[1]


def _refused(why: str, text: str) -> PhoneActionError:
    return PhoneActionError(f"the answer {why}: {show(text.strip())}")
