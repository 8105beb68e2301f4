"""Misspelt arguments: a warning that says what was meant, in constructors and calls."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from langchain_zhipu import ChatZhipuAI
from llama_index_zhipu import ZhipuAI

from .rows import Row, check, in_turn, table
from .server import said
from .subjects import KEY, Ask

MISSPELT = {
    "temprature": "temperature", "max_token": "max_tokens", "thinkng": "thinking",
    "tool_choise": "tool_choice", "userid": "user_id",
}  # fmt: skip


@pytest.mark.parametrize("kind", [ChatZhipuAI, ZhipuAI])
@pytest.mark.parametrize(("wrong", "right"), list(MISSPELT.items())[:3])
def test_a_constructor_says_what_was_meant(kind: Any, wrong: str, right: str) -> None:
    with pytest.warns(UserWarning, match=f"{kind.__name__} has no argument '{wrong}'") as caught:
        kind(api_key=KEY, **{wrong: 1})
    assert [f"did you mean '{right}'?" in str(w.message) for w in caught] == [True]


@pytest.mark.parametrize("kind", [ChatZhipuAI, ZhipuAI])
def test_a_constructor_does_not_guess_at_what_is_far_from_all(kind: Any) -> None:
    with pytest.warns(UserWarning, match="quux") as caught:
        kind(api_key=KEY, quux=1)
    assert "did you mean" not in str(caught[0].message)


def test_what_was_misspelt_is_a_further_parameter_in_langchain() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = ChatZhipuAI(api_key=KEY, temprature=0.5, model_kwargs={"seed": 1})
    assert model.model_kwargs == {"seed": 1, "temprature": 0.5}


class _Says(str):
    """A list of one warning with this in it."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, list) and len(other) == 1 and str(self) in other[0]

    __hash__ = None  # type: ignore[assignment]


CALLS = [
    Row(
        wrong,
        said(),
        {"warned": _Says(f"'{wrong}' (did you mean '{right}'?)"), "sent": {wrong: "x"}},
        Ask(more={wrong: "x"}),
    )
    for wrong, right in MISSPELT.items()
]
OTHERS = [
    Row(name, said(), {"warned": [], "sent": {name: 1}}, Ask(more={name: 1}), {"dialect": "openai"})
    for name in (
        "top_k", "seed", "logprobs", "top_logprobs", "min_p", "repetition_penalty",
        "presence_penalty", "frequency_penalty", "logit_bias", "guided_json", "priority",
        "chat_template_kwargs", "stop_token_ids", "best_of", "ignore_eos", "min_tokens",
    )
]  # fmt: skip


@table(in_turn([*CALLS, *OTHERS]))
def test_a_call_says_what_was_meant(row, adapter, way):
    check(row, adapter, way)
