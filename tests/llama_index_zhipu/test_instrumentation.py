"""Callbacks, events, token counts and rate limits: each once a call."""

from __future__ import annotations

import pytest
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.callbacks import CallbackManager, TokenCountingHandler
from llama_index.core.callbacks.base_handler import BaseCallbackHandler
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.instrumentation.span_handlers import SimpleSpanHandler

from tests.llama_index_zhipu.stub import chunks

ASK = [ChatMessage(role="user", content="?")]


class Counting(BaseCallbackHandler):
    def __init__(self):
        super().__init__([], [])
        self.starts, self.ends = [], []

    def on_event_start(self, event_type, payload=None, event_id="", parent_id="", **kwargs):
        self.starts.append((event_type.value, payload))
        return event_id

    def on_event_end(self, event_type, payload=None, event_id="", **kwargs):
        self.ends.append((event_type.value, payload))

    def start_trace(self, trace_id=None):
        pass

    def end_trace(self, trace_id=None, trace_map=None):
        pass


class Events(BaseEventHandler):
    seen: list = []

    def handle(self, event, **kwargs):
        self.seen.append(event)


@pytest.fixture
def events():
    root = get_dispatcher()
    handler, spans = Events(seen=[]), SimpleSpanHandler()
    handlers, span_handlers = list(root.event_handlers), list(root.span_handlers)
    root.add_event_handler(handler)
    root.add_span_handler(spans)
    yield handler.seen, spans
    root.event_handlers, root.span_handlers = handlers, span_handlers


async def run(llm, method):
    if method in ("chat", "complete"):
        getattr(llm, method)(ASK if method == "chat" else "?")
    elif method.startswith("stream"):
        list(getattr(llm, method)(ASK if method.endswith("chat") else "?"))
    elif method.startswith("astream"):
        async for _ in await getattr(llm, method)(ASK if method.endswith("chat") else "?"):
            pass
    else:
        await getattr(llm, method)(ASK if method == "achat" else "?")


METHODS = [
    "chat",
    "complete",
    "stream_chat",
    "stream_complete",
    "achat",
    "acomplete",
    "astream_chat",
    "astream_complete",
]


@pytest.mark.parametrize("method", METHODS)
async def test_tokens_are_counted_exactly_and_once(stub, make, method):
    tokens = TokenCountingHandler(tokenizer=lambda text: [0] * 1000)
    await run(make(callback_manager=CallbackManager([tokens])), method)
    assert (tokens.prompt_llm_token_count, tokens.completion_llm_token_count) == (11, 7)
    assert len(tokens.llm_token_counts) == 1


@pytest.mark.parametrize("method", METHODS)
async def test_callbacks_and_events_come_once(stub, make, events, method):
    seen, spans = events
    counting = Counting()
    stub.default = lambda request: chunks("a", "b") if request.get("stream") else None
    await run(make(callback_manager=CallbackManager([counting])), method)
    assert [kind for kind, _ in counting.starts] == ["llm"]
    assert [kind for kind, _ in counting.ends] == ["llm"]
    kind = "LLMChat" if method.endswith("chat") else "LLMCompletion"
    names = [event.class_name() for event in seen]
    assert names.count(f"{kind}StartEvent") == 1
    assert names.count(f"{kind}EndEvent") == 1
    assert names.count(f"{kind}InProgressEvent") == (3 if "stream" in method else 0)
    assert [span.id_.split("-")[0] for span in spans.completed_spans] == [f"ZhipuAI.{method}"]
    assert len({name for name in names if "LLM" in name}) == (3 if "stream" in method else 2)


async def test_events_show_no_key(stub, make, events):
    seen, _ = events
    await run(make(api_key="planted-id.planted-secret"), "chat")
    await run(make(api_key="planted-id.planted-secret"), "astream_chat")
    assert seen
    assert "planted" not in "".join(event.model_dump_json() for event in seen)
    payload = next(e for e in seen if e.class_name() == "LLMChatStartEvent").model_dict
    assert payload["model_name"] == "glm-4.7"


@pytest.mark.parametrize("method", METHODS)
async def test_one_slot_of_the_rate_limiter_a_call(stub, make, method):
    class Limiter:
        taken = 0

        def acquire(self):
            self.taken += 1

        async def async_acquire(self):
            self.taken += 1

    limiter = Limiter()
    await run(make(rate_limiter=limiter), method)
    assert limiter.taken == 1


async def test_errors_end_the_event_too(stub, make):
    counting = Counting()
    llm = make(callback_manager=CallbackManager([counting]), max_retries=0)
    stub.default = (400, {"error": {"code": "1210", "message": "m"}})
    for method in METHODS:
        with pytest.raises(Exception, match="1210"):
            await run(llm, method)
    starts = [kind for kind, _ in counting.starts if kind == "llm"]
    assert len(starts) == len(counting.ends) == len(METHODS)
    assert all("exception" in payload for _, payload in counting.ends)


async def test_a_stream_left_early_ends_its_event(stub, make):
    counting = Counting()
    llm = make(callback_manager=CallbackManager([counting]))
    stub.put(chunks("a", "b"), chunks("a", "b"))
    stream = llm.stream_chat(ASK)
    next(stream)
    stream.close()
    astream = await llm.astream_chat(ASK)
    await anext(astream)
    await astream.aclose()
    assert len(counting.ends) == 2
