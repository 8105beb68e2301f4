"""Failures in the words of other servers, through both adapters, whole and inside a stream."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.support.answers import reply
from tests.support.overflows import OVERFLOW

from .rows import Row, check, in_turn, table
from .server import Reply, said, scripted
from .subjects import KEY


def nested(message: str, **facts: Any) -> dict[str, Any]:
    return {"error": {"message": message, "type": "BadRequestError", "param": None, **facts}}


def flat(message: str) -> dict[str, Any]:
    return {"object": "error", "message": message, "type": "BadRequestError", "code": 400}


def failing(title: str, body: dict[str, Any], kind: str, status: int = 400, **want: Any) -> Row:
    given = {"dialect": "openai", "model": "zai-org/GLM-4.6"}
    return Row(title, Reply(body, status=status), {"error": kind, "tries": 1, **want},
               settings=given)  # fmt: skip


SHAPES = {"number": lambda m: nested(m, code=400), "text": lambda m: nested(m, code="400"),
          "flat": flat, "string": lambda m: {"error": m}}  # fmt: skip
#: Each in one shape, the next in the next; `tests/zhipu_client/test_worded.py` has all of them.
OVERFLOWS = [
    failing(f"{server}-{shape}", SHAPES[shape](message), "ContextOverflowError")
    for (server, message), shape in zip(OVERFLOW.items(), itertools.cycle(SHAPES), strict=False)
]
BY_WORD = [
    failing("openai-overflow", nested("too long", code="context_length_exceeded"),
            "ContextOverflowError"),
    failing("llama-server-overflow", nested("too many", type="exceed_context_size_error"),
            "ContextOverflowError"),
    failing("overflow-as-500", nested(OVERFLOW["llama-server"], code=500), "ContextOverflowError",
            500),
]  # fmt: skip
OTHERS = [
    failing("openai-model", nested("The model `x` does not exist or you do not have access to it.",
                                   code="model_not_found"), "NotFoundError", 404),
    failing("litellm-model", nested("/chat/completions: Invalid model name passed in model=x. "
                                    "Call `/v1/models`", code="400"), "NotFoundError"),
    failing("ollama-model", {"error": 'model "x" not found, try pulling it first'},
            "NotFoundError", 404),
    failing("one-api-model", nested("当前分组 default 下对于模型 x 无可用渠道", code="503"),
            "NotFoundError", 503, retryable=False),
    failing("openai-key", nested("Incorrect API key provided: sk-…", code="invalid_api_key"),
            "AuthenticationError", 401),
    failing("llama-server-key", nested("Invalid API Key", type="authentication_error", code=401),
            "AuthenticationError", 401),
    failing("gateway-key-as-400", nested("Incorrect API key provided", code="400"),
            "AuthenticationError"),
    failing("litellm-rate", nested("litellm.RateLimitError: ZaiException - 429", code="429"),
            "RateLimitError", 429, retryable=True),
    failing("openai-rate", nested("Rate limit reached for requests, tokens per minute; please "
                                  "reduce the length of the messages", code="rate_limit_exceeded"),
            "RateLimitError", 429, retryable=True),
    failing("openai-money", nested("You exceeded your current quota", code="insufficient_quota"),
            "InsufficientBalanceError", 429, retryable=False),
    failing("openrouter-money", nested("Insufficient credits", code=402),
            "InsufficientBalanceError", 402, retryable=False),
    failing("azure-filter", nested("The response was filtered", code="content_filter"),
            "ContentFilterError"),
    failing("litellm-filter", nested("litellm.ContentPolicyViolationError: refused", code="400"),
            "ContentFilterError"),
    failing("dashscope-filter", nested("may contain inappropriate content",
                                       code="data_inspection_failed"), "ContentFilterError"),
    failing("anything-else", nested("temperature must be non-negative", code=400),
            "BadRequestError", retryable=False),
    failing("a-crash", nested("EngineCore encountered an issue", type="InternalServerError",
                              code=500), "ServerError", 500, retryable=True),
]  # fmt: skip


@table([*in_turn([*OVERFLOWS, *BY_WORD]), *OTHERS])
def test_words_of_other_servers(row, adapter, way):
    check(row, adapter, way)


def in_a_stream(title: str, frame: dict[str, Any], kind: str) -> Row:
    script = Reply(reply("ok"), [frame], done=False)
    given = {"dialect": "openai", "model": "zai-org/GLM-4.6"}
    return Row(title, script, {"error": kind, "tries": 1}, settings=given,
               ways=("stream", "astream"))  # fmt: skip


STREAMED = [
    *(in_a_stream(f"overflow-{shape}", make(OVERFLOW["vllm"]), "ContextOverflowError")
      for shape, make in SHAPES.items()),
    in_a_stream("rate", nested("litellm.RateLimitError: no", code="429"), "RateLimitError"),
    in_a_stream("model", nested("The model `x` does not exist.", code=404), "NotFoundError"),
    in_a_stream("bad", nested("no", code=422), "BadRequestError"),
    in_a_stream("crash", nested("no", code=503), "ServerError"),
]  # fmt: skip


@table(STREAMED)
def test_words_of_other_servers_inside_a_stream(row, adapter, way):
    check(row, adapter, way)


@pytest.mark.parametrize("server", OVERFLOW)
def test_a_summary_that_does_not_fit_is_tried_again(server):
    """LangChain's middleware cuts the text and asks once more, where it knows the error."""
    from langchain.agents import create_agent
    from langchain.agents.middleware import SummarizationMiddleware
    from langchain_core.messages import AIMessage, HumanMessage

    from langchain_zhipu import ChatZhipuAI

    def answer(request: Any) -> Any:
        return said("Short.").body

    refused = Reply(nested(OVERFLOW[server], code=400), status=400)
    with scripted(refused, Reply(answer)) as http:
        model = ChatZhipuAI(model="zai-org/GLM-4.6", base_url=http.base_url, api_key=KEY,
                            dialect="openai", token_counting="estimate", max_retries=0)  # fmt: skip
        tidy = SummarizationMiddleware(model=model, trigger=("messages", 6), keep=("messages", 2),
                                       trim_tokens_to_summarize=None)  # fmt: skip
        agent: Any = create_agent(model, [], middleware=[tidy])
        history = [kind("word " * 50) for _ in range(3) for kind in (HumanMessage, AIMessage)]
        out = agent.invoke({"messages": [*history, HumanMessage("Now?")]})
    assert out["messages"][-1].text == "Short."
