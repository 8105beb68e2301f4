"""What an answer took: counted as the service counts it, over all tries, thoughts of all kept."""

from __future__ import annotations

from typing import Any

from .rows import Row, check, table
from .server import TWICE, USAGE, calls, said
from .subjects import Ask
from .tools import ADD

ONE = (11, 7, 18, 4, 3)
CALL = ("add", '{"a": 1, "b": 2}')
FORCED = Ask(tools=[ADD], tool_choice="add")


def counts(title: str, usage: Any, wanted: Any) -> Row:
    return Row(title, said(usage=usage), {"usage": wanted, "tries": 1})


def _plain(prompt: int, answer: int, total: int, **more: Any) -> dict[str, Any]:
    counted = {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": total}
    return {**counted, **more}


ROWS = [
    counts("all", USAGE, ONE),
    counts("no-details", _plain(9, 3, 12), (9, 3, 12, None, None)),
    counts("nothing-cached", _plain(9, 3, 12, prompt_tokens_details={"cached_tokens": 0}),
           (9, 3, 12, 0, None)),
    counts("details-that-are-null", _plain(9, 3, 12, prompt_tokens_details=None),
           (9, 3, 12, None, None)),
    counts("none-sent", None, None),
    Row("of-a-call", calls(CALL), {"usage": ONE, "calls": [("add", {"a": 1, "b": 2})]},
        Ask(tools=[ADD])),
    Row("of-a-cut-answer", said("so", finish="length"), {"usage": ONE, "finish": "length"}),
    Row("thoughts", said("42", reasoning="I think"), {"reasoning": "I think", "usage": ONE}),
    Row("two-tries-the-first-uncounted", [said("It is 3.", usage=None), calls(CALL)],
        {"usage": ONE, "tries": 2}, FORCED),
]  # fmt: skip

# --- Where the adapters had drifted apart
FROM_THE_CORE = [
    Row("two-tries", [said("It is 3."), calls(CALL)], {"usage": TWICE, "tries": 2}, FORCED),
    Row("two-tries-the-second-uncounted", [said("It is 3."), calls(CALL, usage=None)],
        {"usage": ONE, "tries": 2}, FORCED),
    Row("two-tries-that-think",
        [said("It is 3.", reasoning="First. "), calls(CALL, reasoning="Second.")],
        {"reasoning": "First. Second.", "text": "", "usage": TWICE}, FORCED),
    Row("two-tries-the-first-thinks",
        [said("It is 3.", reasoning="First."), calls(CALL)],
        {"reasoning": "First.", "text": ""}, FORCED),
]  # fmt: skip


@table([*ROWS, *FROM_THE_CORE])
def test_usage(row, adapter, way):
    check(row, adapter, way)
