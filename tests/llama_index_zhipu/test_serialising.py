"""Copies, pickles, dicts: the key stays, and is never shown."""

from __future__ import annotations

import copy
import json
import multiprocessing
import pickle
import subprocess
import sys
import threading

import pytest
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.llms.loading import load_llm

from llama_index_zhipu import ZhipuAI
from zhipu_client import InvalidRequestError, Timeout

SECRET = "planted-id.planted-secret"


def own_key() -> str:
    return SECRET


@pytest.fixture
def used(stub):
    llm = ZhipuAI(
        api_key=SECRET,
        base_url=stub.base_url,
        temperature=0.3,
        timeout=Timeout(connect=2.0),
        default_headers={"x-gateway": "gateway-token"},
    )
    llm.complete("?")
    stub.clear()
    return llm


@pytest.mark.parametrize(
    "copied",
    [
        copy.copy,
        copy.deepcopy,
        lambda llm: llm.model_copy(),
        lambda llm: llm.model_copy(deep=True),
        lambda llm: llm.model_copy(update={"temperature": 0.9}),
    ],
)
def test_copies_keep_the_key_and_no_live_client(stub, used, copied):
    made = copied(used)
    assert made._client is not used._client
    made.complete("?")
    assert stub.headers[0]["authorization"] == f"Bearer {SECRET}"


def test_a_changed_copy_does_not_change_the_first(stub, used):
    other = used.model_copy(update={"api_key": "other.key"})
    other.complete("?")
    used.complete("?")
    sent = [headers["authorization"] for headers in stub.headers]
    assert sent == ["Bearer other.key", f"Bearer {SECRET}"]


def test_deepcopy_shares_what_is_alive(used):
    class Alive:
        def __init__(self):
            self.lock = threading.Lock()

    used.http_client, used.rate_limiter = Alive(), Alive()
    made = copy.deepcopy(used)
    assert made.http_client is used.http_client
    assert made.rate_limiter is used.rate_limiter


def test_the_key_is_shown_nowhere(used):
    shown = [
        repr(used),
        str(used),
        used.to_json(),
        json.dumps(used.to_payload()),
        str(used.model_dump()),
        str(used.metadata),
        str(used.model_json_schema()),
        repr(used._client),
    ]
    assert not [text for text in shown if "planted" in text or "gateway-token" in text]
    assert b"planted" not in pickle.dumps(used)


def test_credentials_of_mcp_servers_are_not_shown(make):
    mcp = {"server_label": "docs", "headers": {"Authorization": "Bearer planted"}}
    llm = make(server_tools=[{"type": "mcp", "mcp": mcp}, {"type": "web_search"}])
    shown = llm.to_payload()["server_tools"]
    assert shown[0]["mcp"]["server_label"] == "docs"
    assert shown[1] == {"type": "web_search"}
    assert "planted" not in repr(shown) + repr(llm) + str(llm)
    assert llm.server_tools[0]["mcp"] is not None
    again = ZhipuAI.from_dict({**llm.to_dict(), "api_key": "k"})
    assert again.server_tools == shown


def test_importing_registers_nothing_and_register_does():
    program = (
        "import sys\n"
        "before = list(sys.meta_path)\n"
        "import llama_index_zhipu\n"
        "assert sys.meta_path == before\n"
        "assert 'llama_index_zhipu.llms' not in sys.modules\n"
        "from llama_index.core.embeddings.loading import load_embed_model\n"
        "from llama_index.core.llms.loading import RECOGNIZED_LLMS, load_llm\n"
        "assert 'ZhipuAI' not in RECOGNIZED_LLMS\n"
        "llama_index_zhipu.register()\n"
        "llama_index_zhipu.register()\n"
        "print(load_llm({'class_name': 'ZhipuAI', 'api_key': 'a.b'}).model)\n"
        "row = {'class_name': 'ZhipuAIEmbedding', 'api_key': 'a.b'}\n"
        "print(load_embed_model(row).model_name)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert run.stdout == "glm-4.7\nembedding-3\n", run.stderr


def test_dicts_and_back(monkeypatch, stub, used):
    data = json.loads(used.to_json())
    assert data["class_name"] == "ZhipuAI"
    monkeypatch.setenv("ZHIPUAI_API_KEY", SECRET)
    for made in (ZhipuAI.from_dict(data), load_llm(data), ZhipuAI.from_json(used.to_json())):
        assert isinstance(made, ZhipuAI)
        assert (made.temperature, made.base_url) == (0.3, stub.base_url)
        assert made.timeout == Timeout(connect=2.0)
        assert made.to_dict() == used.to_dict()
        assert made.complete("?").text == "ok"


def test_a_pickle_takes_the_key_from_the_environment(monkeypatch, stub, used):
    pickled = pickle.dumps(used)
    made = pickle.loads(pickled)
    with pytest.raises(InvalidRequestError, match=r"ZHIPUAI_API_KEY.*function"):
        made.complete("?")
    monkeypatch.setenv("ZHIPUAI_API_KEY", "of.environment")
    assert made.complete("?").text == "ok"
    assert stub.headers[0]["authorization"] == "Bearer of.environment"
    assert made.temperature == 0.3


def test_a_pickle_keeps_a_function_that_can_be_imported(stub):
    llm = ZhipuAI(api_key=own_key, base_url=stub.base_url)
    pickle.loads(pickle.dumps(llm)).complete("?")
    assert stub.headers[0]["authorization"] == f"Bearer {SECRET}"


def test_pickling_leaves_the_object_as_it_was(used):
    used.http_client = object()
    used.messages_to_prompt = lambda messages: "x"
    before = dict(used.__dict__)
    pickle.dumps(used)
    assert used.__dict__ == before


def _in_another_process(llm, answers):
    answers.put(llm.chat([ChatMessage(role="user", content="?")]).message.content)


@pytest.mark.parametrize("method", ["spawn"])
def test_another_process(monkeypatch, stub, used, method):
    monkeypatch.setenv("ZHIPUAI_API_KEY", SECRET)
    context = multiprocessing.get_context(method)
    answers = context.Queue()
    process = context.Process(target=_in_another_process, args=(used, answers))
    process.start()
    try:
        assert answers.get(timeout=60) == "ok"
    finally:
        process.join(10)
