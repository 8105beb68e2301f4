"""Speech is paid for when it can be saved, and is not lost when it is not."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from llama_index_zhipu import ZhipuAISpeechToolSpec
from tests.reliability import scenarios as say
from tests.reliability.server import FaultServer
from zhipu_client import InvalidRequestError, ZhipuError

SOUND = b"RIFF\0\0\0\0WAVE"


def _speak(spec: Any, mode: str) -> Any:
    if mode == "sync":
        return spec.text_to_speech("hello")
    return asyncio.run(spec.atext_to_speech("hello"))


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_speech_is_not_paid_for_when_its_folder_cannot_be(tmp_path: Path, mode: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    with FaultServer(say.page(SOUND, kind="audio/wav")) as server:
        made = {"api_key": "a.b", "base_url": server.base_url}
        spec = ZhipuAISpeechToolSpec(save_to=tmp_path / "file" / "inner", **made)
        with pytest.raises(InvalidRequestError, match="save_to"):
            _speak(spec, mode)
        assert server.requests == []


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_speech_that_cannot_be_saved_is_on_the_error(tmp_path: Path, mode: str) -> None:
    with FaultServer(say.page(SOUND, kind="audio/wav")) as server:
        spec = ZhipuAISpeechToolSpec(api_key="a.b", base_url=server.base_url, save_to=tmp_path)
        full = OSError(errno.ENOSPC, "No space left on device")
        with (
            mock.patch.object(Path, "replace", side_effect=full),
            pytest.raises(ZhipuError, match="No space") as caught,
        ):
            _speak(spec, mode)
    assert getattr(caught.value, "partial", None) == SOUND
    assert list(tmp_path.iterdir()) == []


def test_the_former_name_of_its_folder_warns_and_is_not_beside_the_new_one(tmp_path: Path) -> None:
    with pytest.warns(DeprecationWarning, match="save_to"):
        assert ZhipuAISpeechToolSpec(api_key="a.b", folder=tmp_path).save_to == tmp_path
    both: dict[str, Any] = {"folder": str(tmp_path), "save_to": tmp_path}
    with pytest.warns(DeprecationWarning, match="save_to"):
        assert ZhipuAISpeechToolSpec(api_key="a.b", **both).save_to == tmp_path
    with pytest.raises(InvalidRequestError, match="folder"):
        ZhipuAISpeechToolSpec(api_key="a.b", folder=tmp_path / "other", save_to=tmp_path)


@pytest.mark.parametrize(("save_to", "folder"), [(5, "a"), ("a", 5)])
def test_a_wrong_folder_beside_a_right_one_is_refused(save_to, folder):
    with pytest.raises(InvalidRequestError, match=r"(save_to|folder) must be a path, got 5"):
        ZhipuAISpeechToolSpec(api_key="id.secret", save_to=save_to, folder=folder)
