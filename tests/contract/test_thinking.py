"""Whether a model thinks, what is sent back of its thoughts, and thoughts in the text.

By site, by model, by setting: `SENT` says what goes out. An own server is one that is none of the
four presets.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from .rows import ABSENT, Row, check, has, in_turn, table
from .server import said
from .subjects import Ask

GENERAL = ("bigmodel", "zai")
CODING = ("bigmodel-coding", "zai-coding")
SITES: tuple[str | None, ...] = (*GENERAL, *CODING, None)
ON, OFF = {"type": "enabled"}, {"type": "disabled"}
#: Not known to any catalogue.
OWN = "my-own-model"
FP8 = "zai-org/GLM-4.6V-FP8"
MODELS = ("glm-4.7", "glm-5.3", "glm-4.1v-thinking-flash", "glm-4-flash", FP8, OWN)

#: One of each kind that keeps its thoughts apart.
PLAIN = ("glm-4.7", "glm-5.3", OWN)


def sends(title: str, model: str, site: str | None, settings: dict[str, Any], **want: Any) -> Row:
    fields = ("thinking", "reasoning_effort")
    sent = {name: want.pop(name, ABSENT) for name in fields}
    given = {"model": model, "site": site, **settings}
    name = f"{title}-{model.rpartition('/')[2]}-{site or 'own'}"
    return Row(name, want={"sent": sent, "warned": [], **want}, settings=given)


def everywhere(
    title: str, models: tuple[str, ...], settings: dict[str, Any], **want: Any
) -> list[Row]:
    return [sends(title, model, site, settings, **want) for model in models for site in SITES]


#: Those that can be switched: the model that always thinks has rules of its own.
SWITCHED = tuple(model for model in MODELS if model != "glm-5.3")
SENT = [
    *everywhere("unset", MODELS, {}),
    *everywhere("true", MODELS, {"thinking": True}, thinking=ON),
    *everywhere("enabled", ("glm-4.7",), {"thinking": "enabled"}, thinking=ON),
    *everywhere("wire", ("glm-4.7", "glm-5.3"), {"thinking": dict(ON)}, thinking=ON),
    *everywhere("false", SWITCHED, {"thinking": False}, thinking=OFF),
    *everywhere("disabled", ("glm-4.7", OWN), {"thinking": "disabled"}, thinking=OFF),
    *everywhere("clear", PLAIN, {"clear_thinking": False}, thinking={"clear_thinking": False}),
    *everywhere(
        "true-and-clear",
        PLAIN,
        {"thinking": True, "clear_thinking": True},
        thinking={**ON, "clear_thinking": True},
    ),
    *everywhere("effort", PLAIN, {"reasoning_effort": "high"}, reasoning_effort="high"),
    # The coding sites map it by themselves.
    *(sends("false", "glm-5.3", site, {"thinking": False}, thinking=OFF) for site in CODING),
    *(
        sends(
            "minimal", "glm-5.3", site, {"reasoning_effort": "minimal"}, reasoning_effort="minimal"
        )
        for site in CODING
    ),
]

#: Two turns; the second is in the middle of its tool loop.
TALK = [
    ("user", "1 and 2?"),
    ("assistant", "3", {"reasoning": "one and two"}),
    ("user", "3 and 4?"),
    ("assistant", "", {"reasoning": "I add", "calls": [("c1", "add", {"a": 3, "b": 4})]}),
    ("tool", "c1", "7"),
]
NOTHING: Mapping[str, Any] = MappingProxyType({})
BOTH, LOOP, NONE = ["one and two", "I add"], [None, "I add"], [None, None]


def keeps(
    title: str, thoughts: list[str | None], settings: Mapping[str, Any] = NOTHING, *,
    sites: tuple[str | None, ...] = SITES, models: tuple[str, ...] = PLAIN,
) -> list[Row]:  # fmt: skip
    return [
        Row(
            f"history-{title}-{model.rpartition('/')[2]}-{site or 'own'}",
            want={"reasoning_sent": thoughts, "tries": 1},
            ask=Ask(TALK),
            settings={"model": model, "site": site, **settings},
        )
        for model in models
        for site in sites
    ]


HISTORY = [
    *keeps("unset", LOOP, sites=(*GENERAL, None)),
    *keeps("loop", LOOP, {"reasoning_history": "tool_loop"}),
    *keeps("all", BOTH, {"reasoning_history": "all"}),
    *keeps("none", NONE, {"reasoning_history": "none"}),
    *keeps("cleared", LOOP, {"clear_thinking": True}, sites=(*GENERAL, None)),
    *keeps("kept", BOTH, {"clear_thinking": False}),
    *keeps("kept-on-the-wire", BOTH, {"thinking": {**ON, "clear_thinking": False}}),
    *keeps("said-twice", LOOP, {"clear_thinking": False, "reasoning_history": "tool_loop"}),
    *keeps("cleared", LOOP, {"clear_thinking": True}, sites=CODING),
]

THOUGHT = "<think>\nhm, 42\n</think>\n\n42"


def splits(title: str, written: str, reasoning: str, text: str, **settings: Any) -> Row:
    return Row(title, said(written), {"reasoning": reasoning, "text": text}, settings=settings)


INLINE = "glm-4.1v-thinking-flash"
TAGS = [
    splits("tags-inline", THOUGHT, "\nhm, 42\n", "42", model=INLINE),
    splits("tags-inline-on-the-site", THOUGHT, "\nhm, 42\n", "42", model=INLINE, site="bigmodel"),
    splits("tags-inline-never-closed", "<think>hm", "hm", "", model=INLINE),
    splits("tags-inline-empty", "<think></think>42", "", "42", model=INLINE),
    splits("tags-later-in-the-text", "Write <think> so.", "", "Write <think> so.", model=INLINE),
    splits("tags-later-of-a-hybrid", "Write <think> so.", "", "Write <think> so."),
    splits("tags-later-of-an-own-model", "A <think> so.", "", "A <think> so.", model=OWN),
    Row(
        "reasoning-apart",
        said("42", reasoning="hm"),
        {"reasoning": "hm", "text": "42"},
    ),
]

# --- Where the adapters had drifted apart
LOW = has("glm-5.3", "always thinks", "low")
GENERAL_OR_OWN = (*GENERAL, None)
#: Both would be refused by the service (1210).
NOT_OFF = [
    sends(title, "glm-5.3", site, {"thinking": value}, reasoning_effort="low", warned=[LOW])
    for title, value in (("false", False), ("disabled", "disabled"), ("wire-off", dict(OFF)))
    for site in GENERAL_OR_OWN
]
NEAREST = [
    sends(
        f"effort-{given}",
        "glm-5.3",
        site,
        {"reasoning_effort": given},
        reasoning_effort=sent,
        warned=[has("glm-5.3", given, sent)],
    )
    for given, sent in (("none", "low"), ("medium", "high"), ("xhigh", "max"))
    for site in GENERAL_OR_OWN
]
FROM_THE_CORE = [
    *in_turn([*NOT_OFF, *NEAREST]),
    # The service decides: nothing is said.
    *in_turn(everywhere("auto", ("glm-4.7", OWN), {"thinking": "auto"})),
    # The coding sites keep all reasoning unless they are told otherwise.
    *keeps("unset", BOTH, sites=CODING),
    # What does not think is not sent thoughts.
    *in_turn(keeps("all", NONE, {"reasoning_history": "all"}, models=("glm-4-flash",))),
    *in_turn(keeps("unset", NONE, models=("glm-4-flash",))),
    # A server without a parser for them leaves the thoughts in the text, whatever its model.
    # The chat template has opened the reasoning: its end is all that shows it.
    splits("tags-only-the-end", "hm</think>\n42", "hm", "42"),
    splits("tags-hybrid", THOUGHT, "\nhm, 42\n", "42"),
    splits("tags-always", THOUGHT, "\nhm, 42\n", "42", model="glm-5.3"),
    splits("tags-hybrid-by-its-own-name", THOUGHT, "\nhm, 42\n", "42", model=FP8),
    splits("tags-own-model", THOUGHT, "\nhm, 42\n", "42", model=OWN),
    splits("tags-own-model-never-closed", "<think>hm", "hm", "", model=OWN),
    # The two sites have one: there a tag is what the answer says.
    splits("tags-hybrid-on-the-site", THOUGHT, "", THOUGHT, site="bigmodel"),
    splits("tags-always-on-the-site", THOUGHT, "", THOUGHT, model="glm-5.3", site="zai-coding"),
]


def spoken(title: str, written: str, **settings: Any) -> Row:
    """An answer that speaks about tags, as it must come out."""
    return splits(f"spoken-{title}", written, "", written, **settings)


#: The default model is a hybrid one, on a server of one's own.
SPOKEN = [
    spoken("code-span", "End it with `</think>`, then answer."),
    spoken("backtick-fence", "So:\n```xml\n<think>\nhm\n</think>\nyes\n```\nDone."),
    spoken("tilde-fence", "So:\n~~~\nhm</think>yes\n~~~\nDone."),
    spoken("other-element", "It is <a></think></a> there."),
    spoken("closed-element", "It is <a>x</think></a> there."),
    spoken("quotation", 'It wrote "hm</think>yes" there.'),
    spoken("sentence", "Then </think> ends it."),
    spoken("block-quote", "> hm</think>yes\n\nThat is it."),
    spoken("partner", "Like <think>this</think>, say."),
    *(
        spoken(f"thinking-off-{number}", "hm</think>yes", **settings)
        for number, settings in enumerate(
            (
                {"thinking": False},
                {"thinking": "disabled"},
                {"thinking": dict(OFF)},
                {"extra_body": {"chat_template_kwargs": {"enable_thinking": False}}},
                {"thinking": False, "think_tags": True},
            )
        )
    ),
    spoken("thinking-off-opened", "<think> opens it, </think> ends it.", thinking=False),
    spoken("not-a-thinking-model", "<think>hm</think>yes", model="glm-4-flash"),
    spoken("not-a-thinking-model-end", "hm</think>yes", model="glm-4-flash"),
    spoken("unknown-model", "hm</think>yes", model=OWN),
    spoken("switched-off", "<think>hm</think>yes", think_tags=False),
    *(
        Row(
            f"spoken-reasoning-apart-{number}",
            said(written, reasoning="hm"),
            {"reasoning": "hm", "text": written},
        )
        for number, written in enumerate(
            ("a</think>b", "<think>a</think>b", "<think> opens it.", "</think> ends it.")
        )
    ),
    # What is left over even there is taken off.
    splits("off-empty", "<think></think>\n42", "", "42", thinking=False),
    splits("off-end", "</think>\n\n42", "", "42", thinking=False),
    splits("off-and-thought", "<think>hm.\n</think>\n42", "hm.\n", "42", thinking=False),
    splits("off-always", "hm</think>\n42", "hm", "42", model="glm-5.3", thinking="disabled"),
    # Reasoning that speaks about its tags.
    splits("quoted-in-thought", "Of `</think>`.</think>\nIt ends.", "Of `</think>`.", "It ends."),
    splits("quoted-inside", '<think>Of "</think>".</think>So.', 'Of "</think>".', "So."),
    # The caller's word.
    splits("own-end", "hm</think>\n42", "hm", "42", model=OWN, think_tags=True),
    splits("opened", "hm</think>\n42", "hm", "42", think_tags="opened"),
    splits("opened-on-the-site", "hm</think>42", "hm", "42", think_tags="opened", site="zai"),
    splits("inline-end", "hm</think>\n42", "hm", "42", model=INLINE),
]
QUOTED_BOX = "Between `<|begin_of_box|>` and “<|end_of_box|>” there is"
BOXES = [
    splits("box", "It is <|begin_of_box|>42<|end_of_box|>.", "", "It is 42."),
    splits("box-in-quotes", 'A "<|begin_of_box|>42<|end_of_box|>".', "", 'A "42".'),
    splits(
        "box-spoken-about",
        f"{QUOTED_BOX} <|begin_of_box|>42<|end_of_box|>",
        "",
        f"{QUOTED_BOX} 42",
    ),
    spoken("box-in-a-fence", "```\n<|begin_of_box|>42<|end_of_box|>\n```"),
    spoken("box-in-a-tilde-fence", "~~~\n<|begin_of_box|>42<|end_of_box|>\n~~~", model=INLINE),
    spoken("box-in-quotation-marks", 'The mark "<|begin_of_box|>" opens it.', site="zai"),
    spoken("box-kept", "<|begin_of_box|>42<|end_of_box|>", keep_box_marks=True),
]


@table([*in_turn([*SENT, *HISTORY]), *TAGS, *FROM_THE_CORE, *SPOKEN, *BOXES])
def test_thinking(row, adapter, way):
    check(row, adapter, way)
