"""What the stand-in for AutoGLM-Phone does next: it cannot see, and goes through the task's words.

"Open Notes and type "milk"" is Launch, Tap, Type and finish, one a request: how far it has come is
the number of its own answers.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from zhipu_emulator.chat.answer import Reply
from zhipu_emulator.chat.message_parts import plain

if TYPE_CHECKING:
    from zhipu_emulator.chat.checks import ChatRequest

_MODELS = ("autoglm-phone", "autoglm-phone-multilingual")
# In the order of the task: an app to open, a text to type, a key to press.
_STEP = re.compile(
    r"(?:\b(?:open|launch|start)|打开|启动)\s*(?:the\s+)?(?P<app>[A-Z\u4e00-\u9fff][\w]*?)"
    r"(?=\s|[,.，。]|并|和|然后|$)"
    r"|(?:\b(?:type|enter|write)|输入|写下)\s*[\"“「'](?P<text>[^\"”」']+)[\"”」']"
    r"|(?P<back>\bgo back\b|返回)|(?P<home>\bgo home\b|回到桌面)",
    re.IGNORECASE,
)


def phone_reply(asked: ChatRequest) -> Reply | None:
    """The next action on the phone; None without a screen, or for another model."""
    if asked.model not in _MODELS or asked.functions or not asked.attachments:
        return None
    task = next(plain(m.get("content")) for m in asked.messages if m["role"] == "user")
    steps = _steps(task)
    done = sum(message["role"] == "assistant" for message in asked.messages)
    thought, action = steps[min(done, len(steps) - 1)]
    return Reply(content=f"<think>{thought}</think><answer>{action}</answer>")


def _steps(task: str) -> list[tuple[str, str]]:
    steps = []
    for found in _STEP.finditer(task):
        if app := found["app"]:
            steps.append((f"{app} comes first.", f'do(action="Launch", app={_quoted(app)})'))
        elif text := found["text"]:
            steps.append(("The field must be active.", 'do(action="Tap", element=[500, 300])'))
            steps.append(("Now the text.", f'do(action="Type", text={_quoted(text)})'))
        else:
            name = "Back" if found["back"] else "Home"
            steps.append(("One key.", f'do(action="{name}")'))
    steps.append(("All is done.", 'finish(message="Done.")'))
    return steps


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
