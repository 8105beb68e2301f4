"""Every recorded exchange of real Zhipu sites is read as a direct reading reads it.

The recordings are other people's and not a part of this project; without them these tests are
skipped, and ``test_dialects.py`` stands in for them.
"""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest

from tests.reliability import scenarios as say
from tests.reliability.drivers import Driver, Mode, Outcome
from tests.reliability.server import Exchange, FaultServer, Scenario
from tests.reliability.subjects import SUBJECTS
from tests.wire.reading import Answer, read
from tests.wire.serving import InProcess, cut
from zhipu_client import AuthenticationError, ServerError

CORPUS = Path(__file__).parents[3] / "shared" / "recordings" / "wire_corpus.jsonl.gz"
pytestmark = [
    pytest.mark.skipif(not CORPUS.is_file(), reason="the recordings are not here"),
    # What was recorded once is of models that are given up since.
    pytest.mark.filterwarnings("ignore::zhipu_client.ModelDeprecationWarning"),
]

#: The error that each failed exchange of the recordings stands for.
FAILURES = {401: (AuthenticationError, "1001"), 502: (ServerError, None)}


@pytest.fixture(scope="module")
def exchanges() -> list[dict[str, Any]]:
    with gzip.open(CORPUS, "rt", encoding="utf-8") as file:
        found = [json.loads(line) for line in file]
    assert len(found) > 300
    return found


def _tools(answer: Answer) -> list[dict[str, Any]]:
    """The tools that must have been offered."""
    names = sorted({name for name, _ in answer.calls})
    return [
        {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}
        for name in names
    ]


def _differs(outcome: Outcome, wanted: Answer) -> str | None:
    if outcome.error is not None:
        return repr(outcome.error)
    found = Answer(
        outcome.text, outcome.reasoning, outcome.calls, list(outcome.ids), outcome.finish, None
    )
    found.usage = outcome.usage
    return None if found == wanted else f"{found} instead of {wanted}"


def test_every_recorded_exchange(product: InProcess, exchanges: list[dict[str, Any]]) -> None:
    wrong: list[tuple[int, str]] = []
    for number, exchange in enumerate(exchanges):
        body, status = exchange["body"], exchange["status"]
        model = exchange["request"].get("model") or "glm-4.5-air"
        if status in FAILURES:
            kind, code = FAILURES[status]
            outcome = product.ask(body, status=status, model=model)
            outcome.failed(kind, status=status, code=code)
            continue
        wanted = read(body)
        outcome = product.ask(body, model=model, tools=_tools(wanted))
        if problem := _differs(outcome, wanted):
            wrong.append((number, problem))
    assert wrong == []


@pytest.mark.parametrize("mode", ["sync", "async"])
@pytest.mark.parametrize("name", SUBJECTS)
def test_a_sample_over_sockets(name: str, mode: Mode, exchanges: list[dict[str, Any]]) -> None:
    sample = [one for one in exchanges if one["status"] == 200][::12]
    rng = random.Random(21)

    def pick(exchange: Exchange) -> Scenario:
        body = sample[int(exchange.request.prompt)]["body"]
        if exchange.request.streamed:
            return say.stream(*cut(body.encode(), rng))
        return say.page(body.encode(), kind="application/json; charset=UTF-8")

    with FaultServer(say.chosen(pick)) as server:
        for number, exchange in enumerate(sample):
            wanted = read(exchange["body"])
            subject = SUBJECTS[name](server.base_url, max_retries=0, tools=_tools(wanted))
            driver = Driver(subject, mode)
            streamed = exchange["body"].lstrip().startswith("data:")
            ask = driver.stream if streamed else driver.complete
            assert _differs(ask(str(number)), wanted) is None, number
            driver.close()
