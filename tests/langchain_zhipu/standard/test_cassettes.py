"""The standard integration suite of langchain-tests, whole, from cassettes with sockets blocked."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_tests.integration_tests import ChatModelIntegrationTests

from tests.cassette_support.plugin import Service
from tests.langchain_zhipu.standard import kinds

pytestmark = [
    pytest.mark.vcr,
    # While recording, the suite's one benchmark only makes its cassette.
    pytest.mark.filterwarnings("ignore:Benchmark fixture was not used"),
]


@pytest.fixture(autouse=True)
def _from_cassettes(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIPUAI_BASE_URL", service.base_url)
    monkeypatch.setenv("ZHIPUAI_API_KEY", service.api_key)


class _Recorded:
    """The one test of the suite that has its own mark for cassettes runs as well."""

    @property
    def enable_vcr_tests(self) -> bool:
        return True

    @property
    def chat_model_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().chat_model_params  # type: ignore[misc]
        return {**params, "max_retries": 0}


class TestText(_Recorded, kinds.Text, ChatModelIntegrationTests):
    pass


class TestJsonSchema(_Recorded, kinds.JsonSchema, ChatModelIntegrationTests):
    pass


class TestJsonMode(_Recorded, kinds.JsonMode, ChatModelIntegrationTests):
    pass


class TestVision(_Recorded, kinds.Vision, ChatModelIntegrationTests):
    pass


class TestVoice(_Recorded, kinds.Voice, ChatModelIntegrationTests):
    pass
