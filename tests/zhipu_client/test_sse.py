"""The event decoder: framing by the letter, however the bytes are cut."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhipu_client import StreamIncompleteError
from zhipu_client._sse import Event, SSEDecoder


def decode(*pieces: bytes, limit: int | None = None) -> tuple[list[bytes], bytes]:
    decoder = SSEDecoder(limit)
    events = [event.data for piece in pieces for event in decoder.feed(piece)]
    return events, decoder.close()


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: a\n\ndata: b\n\n", [b"a", b"b"]),
        (b"data:a\r\n\r\ndata: b\r\n\r\n", [b"a", b"b"]),
        (b"data: a\r\rdata: b\r\r", [b"a", b"b"]),
        (b"data: a\ndata: b\n\n", [b"a\nb"]),
        (b"\xef\xbb\xbfdata: a\n\n", [b"a"]),
        (b": comment\n\ndata: a\n\n", [b"a"]),
        (b"id: 7\n\n: ping\n\ndata: a\n\n", [b"a"]),
        (b"retry: 10\nunknown: x\ndata: a\n\n", [b"a"]),
        (b"data\n\ndata:\n\n", []),
        (b"data:  two spaces\n\n", [b" two spaces"]),
        ("data: a\u2028b\u0085c\n\n".encode(), ["a\u2028b\u0085c".encode()]),
        (b"data: \x1c\x0b\x0c\n\n", [b"\x1c\x0b\x0c"]),
    ],
)
def test_framing(stream: bytes, events: list[bytes]) -> None:
    assert decode(stream) == (events, b"")
    bytewise = [stream[at : at + 1] for at in range(len(stream))]
    assert decode(*bytewise) == (events, b"")


def test_the_event_name_belongs_to_its_event_only() -> None:
    decoder = SSEDecoder(None)
    assert decoder.feed(b"event: error\ndata: a\n\ndata: b\n\n") == [
        Event(b"a", "error"),
        Event(b"b", ""),
    ]


def test_what_has_no_blank_line_after_it_is_no_event_but_is_kept() -> None:
    assert decode(b"data: a\n\ndata: [DONE]") == ([b"a"], b"[DONE]")
    assert decode(b"data: a\n\ndata: b\n") == ([b"a"], b"b")


LINES = st.sampled_from(
    [b"data: x", b"data: \xe4\xbd\xa0", b": c", b"", b"event: e", b"id: 1", b"data:"]
)


@given(
    lines=st.lists(LINES, max_size=20),
    end=st.sampled_from([b"\n", b"\r\n", b"\r"]),
    cuts=st.lists(st.integers(0, 200), max_size=8),
)
def test_cuts_change_nothing(lines: list[bytes], end: bytes, cuts: list[int]) -> None:
    stream = b"".join(line + end for line in lines)
    places = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    pieces = [stream[a:b] for a, b in itertools.pairwise(places)]
    assert decode(*pieces) == decode(stream)
    if end != b"\n":
        assert decode(stream) == decode(b"".join(line + b"\n" for line in lines))


@pytest.mark.parametrize("piece", [b"x" * 1000, b"data: " + b"x" * 90 + b"\n"])
def test_an_event_over_the_limit_is_refused(piece: bytes) -> None:
    decoder = SSEDecoder(5000)
    with pytest.raises(StreamIncompleteError, match="5000 bytes"):
        for _ in range(100):
            decoder.feed(piece)


def test_a_long_event_in_small_pieces_costs_linear_time() -> None:
    def seconds(size: int) -> float:
        decoder, piece = SSEDecoder(None), b"x" * 1024
        start = time.process_time()
        decoder.feed(b"data: ")
        for _ in range(size):
            decoder.feed(piece)
        assert len(decoder.feed(b"\n\n")[0].data) == size * 1024
        return time.process_time() - start

    # Eight times the size: quadratic would be 64 times the time.
    small = max(seconds(2000) for _ in range(3))
    assert min(seconds(16000) for _ in range(3)) < 40 * small


def test_what_is_wrong_comes_after_the_events_before_it() -> None:
    """However the bytes are cut, the same events come first."""
    stream = b'data: a\n\ndata: b\n\ntail of a frame {"x": 1}\n\ndata: c\n\n'
    for size in range(1, len(stream) + 1):
        decoder, events = SSEDecoder(None), []
        with pytest.raises(StreamIncompleteError, match="belongs to no event"):
            for at in range(0, len(stream), size):
                events += decoder.feed(stream[at : at + size])
                events += decoder.feed(b"")
        assert [event.data for event in events] == [b"a", b"b"]


@pytest.mark.parametrize("line", [b"data:\n", b"data\n", b"data: \n"])
def test_empty_data_lines_count_too(line: bytes) -> None:
    decoder = SSEDecoder(5000)
    with pytest.raises(StreamIncompleteError, match="5000 bytes"):
        decoder.feed(line * 6000)
