from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from langchain_core import exceptions as core

import zhipu_client as client
from langchain_zhipu import _errors
from langchain_zhipu._errors import model_error, raised_as_model_errors

CODES: list[tuple[str, int, type[Exception], bool]] = [
    ("1000", 401, core.ModelAuthenticationError, False),
    ("1220", 403, core.ModelPermissionDeniedError, False),
    ("1113", 429, core.ModelPermissionDeniedError, False),
    ("1211", 400, core.ModelNotFoundError, False),
    ("1214", 400, core.ModelInvalidRequestError, False),
    ("1261", 400, core.ContextOverflowError, False),
    ("1302", 429, core.ModelRateLimitError, True),
    ("1305", 429, core.ModelRateLimitError, True),
    ("1308", 429, core.ModelPermissionDeniedError, False),
    ("1309", 429, core.ModelPermissionDeniedError, False),
    ("1311", 429, core.ModelPermissionDeniedError, False),
    ("1230", 500, core.ModelAPIError, True),
    ("1301", 400, getattr(core, "ModelRefusalError", core.ModelInvalidRequestError), False),
]


def error(code: str, status: int | None) -> client.APIError:
    from zhipu_client.errors._failures import error_from

    body = {"error": {"code": code, "message": "reset at 2026-05-11 21:02:26"}, "request_id": "r1"}
    return error_from(status, {}, body)


@pytest.mark.parametrize(("code", "status", "kind", "retryable"), CODES)
def test_business_codes_are_typed_for_both_sides(
    code: str, status: int, kind: type[Exception], retryable: bool
) -> None:
    original = error(code, status)
    made: Any = model_error(original)
    assert isinstance(made, kind)
    assert isinstance(made, type(original))
    assert isinstance(made, core.ModelError)
    assert made.is_retryable is retryable
    assert (made.code, made.status, made.status_code) == (code, status, status)
    assert made.request_id == "r1"
    assert str(made) == str(original)
    assert made.response.json()["error"]["code"] == code
    assert made.response.status_code == status
    assert code in made.response.text


def test_quota_keeps_its_reset_time() -> None:
    made: Any = model_error(error("1308", 429))
    assert made.reset_at.isoformat() == "2026-05-11T21:02:26+08:00"


@pytest.mark.parametrize(
    ("original", "kind"),
    [
        (client.InvalidRequestError("x", field="f", value=1), core.ModelInvalidRequestError),
        (client.APIConnectionError("x"), core.ModelConnectionError),
        (client.APITimeoutError("x"), core.ModelTimeoutError),
        (client.StreamIncompleteError("x", partial={"a": 1}), core.ModelConnectionError),
        (client.ZhipuError("x"), core.ModelError),
    ],
)
def test_other_errors_are_typed_too(original: client.ZhipuError, kind: type[Exception]) -> None:
    made = model_error(original)
    assert isinstance(made, kind)
    assert isinstance(made, type(original))
    assert made.__dict__.items() >= original.__dict__.items()


def test_timeouts_are_timeouterrors_and_refusals_valueerrors() -> None:
    assert isinstance(model_error(client.APITimeoutError("x")), TimeoutError)
    assert isinstance(model_error(client.InvalidRequestError("x")), ValueError)


def test_an_unknown_subclass_becomes_its_nearest_kind() -> None:
    class Newer(client.RateLimitError):
        pass

    assert isinstance(model_error(Newer("x")), _errors.RateLimitError)


def test_errors_survive_pickle_and_copy() -> None:
    made: Any = model_error(error("1302", 429))
    for again in (pickle.loads(pickle.dumps(made)), copy.copy(made)):
        assert type(again) is type(made)
        assert (again.code, again.is_retryable, str(again)) == ("1302", True, str(made))


def test_the_block_converts_once_and_keeps_the_cause() -> None:
    original = error("1302", 429)
    with (
        pytest.raises(core.ModelRateLimitError) as caught,
        raised_as_model_errors(),
        raised_as_model_errors(),
    ):
        raise original
    assert caught.value.__cause__ is original
    with pytest.raises(KeyError), raised_as_model_errors():
        raise KeyError("untouched")
