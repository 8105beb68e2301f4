"""Opens recordings: WAV by itself, all else through the library of the extra ``audio``."""

from __future__ import annotations

import logging
import struct
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

from zhipu_client._extras import install
from zhipu_client._sound_types import HEAD, SoundType, sound_type
from zhipu_client._wav import DECODED, WavFormat, read_header
from zhipu_client.errors import InvalidRequestError
from zhipu_client.errors._naming import shown_name
from zhipu_client.work._recordings import Recording, Samples

from .documents import open_content

__all__ = ["open_recording"]

#: A recording may last so long once it is decoded: a small file may contain years of silence.
MOST_HOURS = 12
#: So many bytes of decoded samples stay in memory, longer ones are in a temporary file.
_IN_MEMORY = 32 * 1024 * 1024
#: Samples a second, 8,000 to 192,000 in practice; what is far from that is a damaged header.
_LEAST_RATE, _MOST_RATE = 1_000, 1_000_000
_ADDRESSES = ("http://", "https://")
#: From here on a size is what programs write before they know it.
_PLACEHOLDER = 0x7FFF0000

_log = logging.getLogger("zhipu_client")


def open_recording(source: str | Path | bytes, root: Path | None, max_bytes: int) -> Recording:
    """Open what a caller gave as a recording.

    Args:
        source: A path, a data URL or bytes.
        root: The folder that a path must lie in, links followed; None for no such bound.
        max_bytes: The most bytes of a file. Checked before it is read.

    Raises:
        InvalidRequestError: It is an address, empty, too large, not a regular file, outside of
            ``root``, or not a file with sound by its content.
    """
    if isinstance(source, str) and source.lower().startswith(_ADDRESSES):
        raise InvalidRequestError(
            "recordings are sent as files, and the service fetches no addresses: download it "
            "first, or give its bytes",
            field="source",
            value=source,
        )
    if isinstance(source, bytes) and not source:
        raise InvalidRequestError("the recording is empty (0 bytes)", field="source", value=b"")
    file, name = open_content(source, root, max_bytes)
    try:
        return _Recording(file, "the recording" if name == "bytes" else shown_name(name))
    except BaseException:
        file.close()
        raise


class _Recording:
    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._decoded: BinaryIO | None = None
        self._looked_at = False
        self.name = name
        head = file.read(HEAD)
        self.size = file.seek(0, 2)
        found = sound_type(head)
        if found is None:
            raise InvalidRequestError(
                f"{name} is not a file with sound that is known here (it starts with "
                f"{head[:8]!r}): WAV, MP3, M4A, AAC, FLAC, OGG, WebM, AIFF, AMR or WMA",
                field="source",
                value=head[:8],
            )
        self.type: SoundType = found

    def whole(self) -> bytes:
        return _read(self._file, 0, self.size, self.name)

    def wav_seconds(self) -> float | None:
        form, _, length = self._header()
        return length / form.frame_bytes / form.rate if form.can_be_cut else None

    def _header(self) -> tuple[WavFormat, int, int]:
        found = read_header(
            lambda place, count: _read(self._file, place, count, self.name), self.size
        )
        if not self._looked_at and found[0].can_be_cut:
            self._looked_at = True
            self._report_missing(*found)
        return found

    def samples(self) -> Samples:
        if self.type.decoder == "wav":
            form, start, length = self._header()
            if form.can_be_cut:
                if length / form.frame_bytes > MOST_HOURS * 3600 * form.rate:
                    raise _too_long(self.name)
                return _Samples(self._file, form, start, length // form.frame_bytes, self.name)
        file = self._decoded = decoded(self._file, self.type, self.name)
        frames = file.seek(0, 2) // DECODED.frame_bytes
        if not frames:
            raise InvalidRequestError(f"{self.name} has no samples", field="source")
        return _Samples(file, DECODED, 0, frames, self.name)

    def _report_missing(self, form: WavFormat, start: int, length: int) -> None:
        """Log that a WAV ends before its header says so, as after a broken download."""
        (promised,) = struct.unpack("<I", _read(self._file, start - 4, 4, self.name))
        if length + form.frame_bytes <= promised < _PLACEHOLDER:
            second = form.frame_bytes * form.rate
            why = "%s ends early: %.1f of %.1f s are there"
            _log.warning(why, self.name, length / second, promised / second)

    def close(self) -> None:
        self._file.close()
        if self._decoded is not None:
            self._decoded.close()


class _Samples:
    def __init__(self, file: BinaryIO, form: WavFormat, start: int, frames: int, name: str) -> None:
        self._file = file
        self._start = start
        self._name = name
        self.form = form
        self.frames = frames

    def read(self, first: int, count: int) -> bytes:
        size = self.form.frame_bytes
        return _read(self._file, self._start + first * size, count * size, self._name)


def _read(file: BinaryIO, place: int, count: int, name: str) -> bytes:
    try:
        file.seek(place)
        found = file.read(count)
    except OSError as error:
        why = getattr(error, "strerror", None) or error
        raise InvalidRequestError(f"{name} cannot be read ({why})", field="source") from error
    if len(found) != count:
        raise InvalidRequestError(f"{name} was changed while it was read", field="source")
    return found


def decoded(file: BinaryIO, kind: SoundType, name: str) -> BinaryIO:
    """Return the sound of a file as bare samples of `DECODED`, all channels as one.

    All of it is decoded before anything is sent, so that a damaged file costs nothing.

    Raises:
        InvalidRequestError: It is damaged, has no sound, lasts too long, or the extra is missing.
    """
    try:
        import av
    except ImportError as error:
        raise InvalidRequestError(
            f"{name} lasts longer than one request may, or is neither WAV nor MP3: to decode and "
            f"cut it, install PyAV: {install('audio')}",
            field="source",
        ) from error
    out: Any = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed with the recording
    try:
        file.seek(0)
        _decode(av, file, kind, out)
    except InvalidRequestError as error:
        out.close()
        error.explain(f"It was about {name}")
        raise
    except Exception as error:
        # The library has errors of its own kind for each of the many things that may be wrong.
        out.close()
        message = f"{name} is damaged, or is not what it begins as ({kind.mime}): {error}"
        raise InvalidRequestError(message[:400], field="source") from error
    except BaseException:
        out.close()
        raise
    return out  # type: ignore[no-any-return]


def _decode(av: Any, file: BinaryIO, kind: SoundType, out: Any) -> None:
    most = MOST_HOURS * 3600 * DECODED.rate
    # Nothing but this file may be opened, whatever it says.
    with av.open(file, format=kind.decoder, options={"protocol_whitelist": ""}) as container:
        if not container.streams.audio:
            raise InvalidRequestError("the file has no sound in it", field="source")
        resampler = av.AudioResampler(format="s16", layout="mono", rate=DECODED.rate)
        done = 0
        for frame in _frames(container):
            if frame is not None and not _LEAST_RATE <= frame.sample_rate <= _MOST_RATE:
                # To convert it would take as much memory as the header claims.
                message = f"the recording has {frame.sample_rate} samples a second"
                raise InvalidRequestError(message, field="source")
            for made in resampler.resample(frame):
                out.write(bytes(made.planes[0])[: made.samples * DECODED.frame_bytes])
                done += made.samples
            if done > most:
                raise _too_long("the recording")


def _frames(container: Any) -> Any:
    yield from container.decode(audio=0)
    yield None  # has the resampler hand over what it kept back


def _too_long(name: str) -> InvalidRequestError:
    return InvalidRequestError(f"{name} lasts more than {MOST_HOURS} hours", field="source")
