"""The actions of AutoGLM-Phone: both adapters read the same, and nothing that is cut is one."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessage

import langchain_zhipu
import llama_index_zhipu
import zhipu_emulator
from cookbook.langchain import phone_agent
from zhipu_client.phone_actions import ACTIONS, PhoneActionError, read_action

PARSERS = [langchain_zhipu.ZhipuAIPhoneActionParser(), llama_index_zhipu.ZhipuAIPhoneActionParser()]
READ = [
    ('do(action="Tap", element=[500, 120])', "Tap", {"element": (500, 120)}, ""),
    ('<think>a</think><answer>do(action="Back")</answer>', "Back", {}, "a"),
    ('<think>a</think>\n<answer>\ndo(action="Home")\n', "Home", {}, "a"),
    ('A button.\ndo(action="Double_Tap", element=(1, 2.5))', "Double Tap",
     {"element": (1, 2.5)}, "A button."),
    ('<answer>```\ndo(action="Launch", app="微信")\n```</answer>', "Launch", {"app": "微信"}, ""),
    ('do(action="Swipe", start=[0, 999], end=[0, 1000])', "Swipe",
     {"start": (0, 999), "end": (0, 1000)}, ""),
    ('do(action="Type", text="say "hi" to \\ them")', "Type", {"text": 'say "hi" to \\ them'}, ""),
    ('do(action="Type", text="two\nlines")', "Type", {"text": "two\nlines"}, ""),
    ('do(action="Type", text="do(action=\\"Back\\")")', "Type", {"text": 'do(action="Back")'}, ""),
    ('do(action="Wait", duration="2.5 seconds")', "Wait", {"duration": "2.5 seconds"}, ""),
    ('finish(message="He said "done".")', "Finish", {"message": 'He said "done".'}, ""),
    ("finish()", "Finish", {}, ""),
    ('A box (do it). do(action="Back")', "Back", {}, "A box (do it)."),
    ('It opens nothing.</think>\ndo(action="Back")', "Back", {}, "It opens nothing."),
    ("<think>\ndo(action='Home')?\n</think>\ndo(action='Back')", "Back", {}, "do(action='Home')?"),
    ('<answer>do(action="Type", text="</think>")', "Type", {"text": "</think>"}, ""),
    (r'do(action="Type", text="C:\dir \"a\") b")', "Type", {"text": 'C:\\dir "a") b'}, ""),
    (r'do(action="Type", text="\u4e2d\ud83d\ude42\ud83d")', "Type", {"text": "中🙂\ufffd"}, ""),
]  # fmt: skip
REFUSED = [
    "", "I am not sure.", "<answer></answer>", 'do(action="Tap", element=[500, 1', 'do(action="Ta',
    'do(action="Type", text="half of', 'finish(message="half', 'do(action="Tap")',
    'do(action="Fly")', 'do(action="Finish")', 'do(action="Tap", element=[500])',
    'do(action="Tap", element=[500, 1200])',
    'do(action="Tap", element=[-1, 0])', 'do(action="Tap", element=[True, 0])',
    'do(action="Tap", element=[1e999, 0])', 'do(action="Tap", element="500,1")',
    'do(action="Launch", app=3)', 'do("Tap", element=[1, 2])', "do(**{'action': 'Back'})",
    'do(action=__import__("os").system("true"))', 'exec(action="Back")', "do(action='Back').x()",
    'do(action="Back")\ndo(action="Home")',
    'do(action="Type", text="a")\ndo(action="Type", text="b")',
    'do(action="Back"); do(action="Home")',
    'do(action="Type", text="a"); do(action="Type", text="b")',
    'do(action="Type", text="a", text="b")', 'do(action="Type", text="a" + "b" + str(1))',
    'finish(message="a") and finish(message="b")',
    'do(action="Tap", element=[1, 2], element=[3, 4])',
    '<think>\nMaybe\ndo(action="Back")', 'do(action="Type", text="a \\"b\\")',
    'do(action="Type", text="a ("b")', 'do(action="Back")\nThen I wait.',
    '<answer>do(action="Back")</answer>\n<answer>\ndo(action="Home")</answer>',
    'do(action="Type", text=f"{x}")', 'do(action="Tap", element=[f(), 2])', "do(" * 5000,
    f"do(action={'[' * 500}{']' * 500})",
    f"do(action={'-' * 15000}1)", f'do(action="Type", text="{"x" * 30000}")',
    "<think>" * 20_000,  # read in one pass
]  # fmt: skip


@pytest.mark.parametrize(("text", "name", "arguments", "thought"), READ)
def test_both_read_the_same(text, name, arguments, thought):
    for parser in PARSERS:
        action = parser.parse(text)
        assert (action.name, dict(action.arguments), action.thought) == (name, arguments, thought)
        assert pickle.loads(pickle.dumps(action)) == action


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:40] or "nothing")
def test_what_is_cut_or_strange_is_no_action(text):
    with pytest.raises(OutputParserException) as caught:
        PARSERS[0].parse(text)
    assert caught.value.send_to_llm
    with pytest.raises(PhoneActionError) as refused:
        PARSERS[1].parse(text)
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize("text", [row[0] for row in READ if "finish()" not in row[0]])
def test_no_beginning_of_an_action_is_another_one(text):
    whole = read_action(text)
    for end in range(len(text)):
        try:
            found = read_action(text[:end])
        except PhoneActionError:
            continue
        assert (found.name, found.arguments) == (whole.name, whole.arguments)


def test_places_waits_and_messages():
    tap = read_action('do(action="Tap", element=[1000, 250], message="Pay 5 euros?")')
    assert tap.pixels("element", 1080, 2400) == (1079, 600)
    assert (tap.message, tap.finished) == ("Pay 5 euros?", False)
    waits = ['"3 seconds"', "2", '"soon"', '"1e9999"', f'"{"9" * 400}"']
    seconds = [read_action(f'do(action="Wait", duration={value})').seconds for value in waits]
    assert seconds == [3.0, 2.0, 1.0, 1.0, 3600.0]
    assert set(ACTIONS) >= {"Tap", "Type", "Swipe", "Finish"}


def test_reasoning_that_came_apart_is_the_thought():
    kept = {"reasoning_content": "A list.\n"}
    message: Any = AIMessage('<answer>do(action="Back")</answer>', additional_kwargs=kept)
    assert langchain_zhipu.ZhipuAIPhoneActionParser().invoke(message).thought == "A list."


def test_a_phone_is_driven(capsys):
    assert phone_agent.main([]) == 0
    shown = capsys.readouterr().out
    assert "The phone: Notes, {'Notes': 'milk and bread'}" in shown
    assert [line.split()[0] for line in shown.splitlines() if line.startswith("  ")] == [
        "Launch", "Tap", "Type", "Finish",
    ]  # fmt: skip
    assert phone_agent.main(["打开备忘录并输入“你好”，然后返回"]) == 0
    assert "The phone: Home, {'备忘录': '你好'}" in capsys.readouterr().out


def test_a_cut_action_is_not_done_and_the_model_is_told():
    with zhipu_emulator.serve() as service:
        cut, done = 'do(action="Launch", app="No', 'finish(message="Sorry.")'
        service.script(*(zhipu_emulator.Answer(message={"content": text}) for text in (cut, done)))
        model = langchain_zhipu.ChatZhipuAI(
            model="autoglm-phone", api_key=service.api_key, base_url=service.base_url
        )
        phone: Any = phone_agent.Phone()
        start = {"messages": [phone_agent.screen(phone, "Open Notes.")], "steps": 0, "result": ""}
        assert phone_agent.phone_agent(phone, model).invoke(start)["result"] == "Sorry."
        told = service.requests[1]["json"]["messages"][-1]
    assert phone.app == "Home"
    assert "Nothing was done: the answer is cut" in str(told)
