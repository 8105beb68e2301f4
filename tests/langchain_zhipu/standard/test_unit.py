"""The standard unit suite of langchain-tests for each kind of model."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.load import dumpd, load
from langchain_tests.unit_tests import ChatModelUnitTests

from langchain_zhipu import ChatZhipuAI
from tests.langchain_zhipu.standard import kinds

WHERE = "https://open.bigmodel.cn/api/paas/v4"


class _Here:
    """Nothing is sent, so any address and key will do."""

    @property
    def chat_model_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().chat_model_params  # type: ignore[misc]
        return {"base_url": WHERE, "api_key": "test", **params}


class TestText(_Here, kinds.Text, ChatModelUnitTests):
    pass


class TestVision(_Here, kinds.Vision, ChatModelUnitTests):
    pass


class TestVoice(_Here, kinds.Voice, ChatModelUnitTests):
    pass


# LangChain says once a process that `load` is in beta.
@pytest.mark.filterwarnings("ignore::langchain_core._api.beta_decorator.LangChainBetaWarning")
def test_the_public_way_of_loading_works_too(monkeypatch: Any) -> None:
    monkeypatch.setenv("ZHIPUAI_API_KEY", "id.secret")
    model = ChatZhipuAI(model="glm-4.6", temperature=0.3, base_url=WHERE, thinking=False)
    again = load(
        dumpd(model),
        allowed_objects=[ChatZhipuAI],
        valid_namespaces=["langchain_zhipu"],
        secrets_from_env=True,
    )
    assert again.asdict() == model.asdict()
    assert again.api_key == model.api_key
