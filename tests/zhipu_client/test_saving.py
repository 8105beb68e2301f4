"""Files are whole or not there; folders are looked at before something is paid for."""

from __future__ import annotations

import errno
from pathlib import Path
from unittest import mock

import pytest

from zhipu_client import InvalidRequestError
from zhipu_client.adapting import check_folder, write_whole


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    write_whole(path, b"whole")
    full = OSError(errno.ENOSPC, "No space left on device")
    with (
        mock.patch.object(Path, "replace", side_effect=full),
        pytest.raises(OSError, match="space"),
    ):
        write_whole(path, b"half")
    assert path.read_bytes() == b"whole"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_at_the_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    path = tmp_path / "a.png"
    path.symlink_to(victim)
    write_whole(path, b"picture")
    assert victim.read_bytes() == b"precious"
    assert (path.is_symlink(), path.read_bytes()) == (False, b"picture")


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InvalidRequestError, match=r"folder is .*cannot be made"):
        check_folder("folder", tmp_path / "file" / "inner")
    check_folder("folder", None)
