"""The file of a shared limit: what is in it, where it is, and what breaks nothing."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.zhipu_client.shared_limit.processes import Clock, Process, limit_to, vars_of
from zhipu_client import Client, InvalidRequestError, chat
from zhipu_client._adaptive_limit import AdaptiveLimit
from zhipu_client._io import limit_files
from zhipu_client._io.limit_files import LimitFile, limit_path
from zhipu_client._io.shared_gates import SharedGate
from zhipu_client._shared_limit import Member, SharedLimit


@pytest.mark.parametrize(
    "found",
    [
        None, "", [], {}, 7, {"limit": {"what": 1}},
        {"limit": {"limit": "4"}, "members": {}, "passed_at": 1},
        {"limit": {}, "members": {"a": {"taken": 1}}, "passed_at": 1},
        {"limit": {}, "members": {"a": 1}, "passed_at": 1},
        {"limit": {}, "members": {}, "passed_at": "soon"},
    ],
)  # fmt: skip
def test_what_cannot_be_read_counts_as_nothing(found: Any) -> None:
    assert SharedLimit.read(found) == SharedLimit()


def test_what_is_written_is_read(path: Path) -> None:
    shared = SharedLimit(AdaptiveLimit(limit=3), {"me": Member("here", 1, "2", taken=1)}, 5.0)
    file = LimitFile(path)
    limit_to(path, 2, SharedGate("another", Clock(), print))  # type: ignore[arg-type]
    file.change("one", lambda found: vars_of(found, shared))
    assert file.look("one") == shared
    file.change("one", lambda found: vars_of(found, SharedLimit()))
    assert file.keys() == ["another"]  # what nobody knows anything about is not kept


def test_a_line_that_a_kill_cut_off_counts_as_empty(path: Path) -> None:
    file = LimitFile(path)
    file.change("one", lambda found: found.members.update({"me": Member("here", 1, "2")}))
    whole = path.read_bytes()
    for end in range(40, len(whole) - 2, 7):
        path.write_bytes(whole[:end])
        assert file.look("one") == SharedLimit()
        file.change("one", lambda found: found.members.update({"me": Member("here", 1, "2")}))
        assert path.read_bytes() == whole
    path.write_bytes(whole + b"what was longer before")
    assert file.look("one").members


def test_a_file_that_stays_locked_is_an_error_in_time(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limit_files, "_locked", lambda file: False)
    monkeypatch.setattr(limit_files.time, "monotonic", iter(range(0, 999, 3)).__next__)
    monkeypatch.setattr(limit_files.time, "sleep", lambda seconds: None)
    with pytest.raises(InvalidRequestError, match="locked for 15 s"):
        LimitFile(path).prepare()


def test_a_file_that_is_lost_ends_nothing(
    pair: tuple[Process, Process], path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """A full disk, a folder that is gone: warned of once; what is known goes on to hold."""
    one = pair[0]
    limit_to(path, 2, one.gate)
    for process in pair:
        process.call()
        process.work()
    one.work()
    path.rename(path.with_suffix(".away"))
    path.mkdir()
    one.call()
    for _ in range(3):
        one.work()
        clock.now += 6
    assert len(one.slots) == 1  # the other is still known to have the second place
    one.end()
    one.work()
    assert len(one.slots) == 1
    (warning,) = caplog.records
    assert warning.name == "zhipu_client"
    assert "cannot be used now" in warning.message
    assert str(path) in warning.message
    path.rmdir()
    clock.now += 6
    for process in pair:
        process.work()
    assert LimitFile(path).look(one.gate.name).limit.in_flight == 2


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "must be a name"),
        ("  ", "must be a name"),
        ("a\0b", "must be a name"),
        (7, "must be a name"),
        (b"limit", "must be a name"),
        ("team/prod", "there is no folder"),
        ("/nowhere/limit.json", "there is no folder"),
    ],
)
def test_what_is_neither_a_name_nor_a_path_is_refused(value: Any, words: str) -> None:
    with pytest.raises(InvalidRequestError, match=words) as caught:
        Client(api_key="a.b", shared_limit=value)
    assert caught.value.field == "shared_limit"


def test_a_name_is_a_file_of_this_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limit_files.tempfile, "gettempdir", lambda: str(tmp_path))
    found = limit_path("账号 1")
    assert found is not None
    assert found.parent.parent == tmp_path
    LimitFile(found).prepare()
    assert found.parent.stat().st_mode & 0o777 == 0o700
    monkeypatch.chdir(tmp_path)
    assert limit_path(Path("limit")) == tmp_path / "limit"
    assert limit_path("./limit") == tmp_path / "limit"


def test_a_folder_that_another_made_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limit_files.tempfile, "gettempdir", lambda: str(tmp_path))
    found = limit_path("name")
    assert found is not None
    found.parent.symlink_to(tmp_path)
    with pytest.raises(InvalidRequestError, match="belongs to another user"):
        LimitFile(found).prepare()


@pytest.mark.parametrize("what", ["text", "a database", "a folder", "a pipe"])
def test_a_file_that_is_something_else_is_left_alone(what: str, tmp_path: Path) -> None:
    path = tmp_path / "notes"
    if what == "text":
        path.write_text("What I must not forget. " * 99)
    elif what == "a database":
        database = sqlite3.connect(path)
        database.execute("CREATE TABLE notes (text)")
        database.close()
    else:
        path.mkdir() if what == "a folder" else os.mkfifo(path)
    before = path.read_bytes() if path.is_file() else None
    client = Client(api_key="a.b", base_url="http://127.0.0.1:9", shared_limit=path)
    with pytest.raises(InvalidRequestError, match="cannot be used") as caught:
        client.send(chat.create(model="glm-4.7", messages=[{"role": "user", "content": "?"}]))
    assert caught.value.field == "shared_limit"
    assert (path.read_bytes() if path.is_file() else None) == before
