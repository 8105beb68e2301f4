"""AutoGLM-Phone drives a phone: a LangGraph loop of screen, action and result.

    pip install langgraph
    python cookbook/langchain/phone_agent.py 'Open Notes and type "milk and bread".'

The phone here is simulated and its screens are pictures made by this program. For a real one, put
your own `Phone` in its place (adb: `screencap`, `input tap`). Without ZHIPUAI_API_KEY the emulator
of this project answers; it cannot see, and goes through the words of the task.
"""

from __future__ import annotations

import base64
import io
import sys
from typing import Annotated, Any, TypedDict

from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AnyMessage, HumanMessage, SystemMessage
from PIL import Image, ImageDraw

from langchain_zhipu import ChatZhipuAI, ZhipuAIPhoneActionParser
from zhipu_client import ZhipuError
from zhipu_client.phone_actions import PhoneAction
from zhipu_emulator import stand_in

try:
    from langgraph.graph import END, START, StateGraph
    from langgraph.graph.message import add_messages
except ImportError as error:
    raise SystemExit(f"{error}. This recipe needs: pip install langgraph") from None

TASK = 'Open Notes and type "milk and bread".'
MAX_STEPS = 12
PROMPT = (
    "You operate a phone for its user. You are shown the screen, and answer with "
    "<think>what you see and plan</think><answer>ONE action</answer>. Actions: "
    'do(action="Launch", app="Notes"), do(action="Tap", element=[x, y]), x and y from 0 to 999, '
    'do(action="Type", text="..."), do(action="Swipe", start=[x, y], end=[x, y]), '
    'do(action="Back"), do(action="Home"), finish(message="..."). Before anything that pays or '
    'cannot be undone, add message="what is about to happen" to the tap.'
)


class Phone:
    """A phone that has one text field in each app, and keeps what is typed into it."""

    width, height = 540, 1200

    def __init__(self) -> None:
        self.app = "Home"
        self.active = False
        self.typed: dict[str, str] = {}

    def screen(self) -> bytes:
        """The screen as a PNG."""
        picture = Image.new("RGB", (self.width, self.height), "white")
        drawing = ImageDraw.Draw(picture)
        drawing.text((20, 20), self.app, fill="black")
        drawing.rectangle((20, 300, 520, 420), outline="blue" if self.active else "gray")
        drawing.text((30, 310), self.typed.get(self.app, ""), fill="black")
        file = io.BytesIO()
        picture.save(file, "PNG")
        return file.getvalue()

    def carry_out(self, action: PhoneAction) -> str:
        """Do one action, and say what happened."""
        if action.name == "Launch":
            self.app, self.active = action.arguments["app"], False
        elif action.name == "Tap":
            x, y = action.pixels("element", self.width, self.height)
            self.active = 20 <= x <= 520 and 300 <= y <= 420
        elif action.name == "Type" and self.active:
            self.typed[self.app] = action.arguments["text"]
        elif action.name in ("Back", "Home"):
            self.app, self.active = "Home", False
        else:
            return f"{action.name} did nothing."
        return f"{action.name}: done. The app is {self.app}."


class State(TypedDict):
    """What a run knows: the conversation, and how many actions there were."""

    messages: Annotated[list[AnyMessage], add_messages]
    steps: int
    result: str


def screen(phone: Phone, text: str) -> HumanMessage:
    """A message with the screen as it is now."""
    picture = {
        "type": "image",
        "base64": base64.b64encode(phone.screen()).decode(),
        "mime_type": "image/png",
    }
    return HumanMessage([{"type": "text", "text": text}, picture])


def phone_agent(phone: Phone, model: ChatZhipuAI) -> Any:
    """A graph that looks, acts and looks again, until the model says that it has finished."""
    parser = ZhipuAIPhoneActionParser()

    def look(state: State) -> dict[str, Any]:
        *earlier, now = state["messages"]
        # Only the newest screen is sent: pictures are most of the tokens.
        words = [HumanMessage(m.text) if m.type == "human" else m for m in earlier]
        return {"messages": [model.invoke([SystemMessage(PROMPT), *words, now])]}

    def act(state: State) -> dict[str, Any]:
        try:
            action = parser.invoke(state["messages"][-1])
        except OutputParserException as error:  # cut or malformed: never done, but said
            told = f"Nothing was done: {error.observation}"
            return {"messages": [screen(phone, told)], "steps": state["steps"] + 1}
        print(f"  {action.name} {dict(action.arguments)}  ({action.thought})")
        if action.finished:
            return {"result": action.message}
        if action.message and input(f"{action.message} Go on? (y/n) ") != "y":
            return {"result": "stopped by the user"}
        told = phone.carry_out(action)
        return {"messages": [screen(phone, told)], "steps": state["steps"] + 1}

    def goes_on(state: State) -> str:
        return END if state["result"] or state["steps"] >= MAX_STEPS else "look"

    graph = StateGraph(State)
    graph.add_node("look", look)
    graph.add_node("act", act)
    graph.add_edge(START, "look")
    graph.add_edge("look", "act")
    graph.add_conditional_edges("act", goes_on, ["look", END])
    return graph.compile()


def main(arguments: list[str]) -> int:
    """Run one task on the simulated phone."""
    phone, task = Phone(), " ".join(arguments) or TASK
    try:
        with stand_in():
            print(f"> {task}")
            agent = phone_agent(phone, ChatZhipuAI(model="autoglm-phone"))
            start: Any = {"messages": [screen(phone, task)], "steps": 0, "result": ""}
            print(agent.invoke(start)["result"])
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    print(f"The phone: {phone.app}, {phone.typed}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
