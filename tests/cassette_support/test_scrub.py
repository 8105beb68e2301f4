"""What a cassette keeps of an exchange. (That none holds a key: ``tests/reliability``, N05.)"""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.cassette_support.scrub import ORIGIN, scrubbed_request, scrubbed_response


def test_no_request_header_and_no_real_host_is_kept() -> None:
    request = SimpleNamespace(
        uri="http://127.0.0.1:4711/api/paas/v4/embeddings?a=1",
        headers={"Authorization": "Bearer x", "Cookie": "y"},
        body=b'{"request_id": "r", "input": "text"}',
        method="POST",
    )
    kept = scrubbed_request(request)
    assert kept.headers == {}
    assert kept.uri == f"{ORIGIN}/api/paas/v4/embeddings?a=1"
    assert kept.body == b'{"input": "text"}'
    assert request.headers  # what is sent is not touched


def test_made_up_ids_are_numbered() -> None:
    def body(identity: str) -> bytes:
        text = (
            '{"messages": [{"tool_calls": [{"id": "ID", "function": {"name": "f"}}]},'
            ' {"role": "tool", "tool_call_id": "ID"}]}'
        )
        request = SimpleNamespace(uri="http://h/p", headers={}, body=text.replace("ID", identity))
        made: bytes = scrubbed_request(request).body
        return made

    assert body("call_a") == body("call_b")
    assert b"call_0" in body("call_a")


def test_boundaries_of_forms_are_steady() -> None:
    def body(boundary: str) -> bytes:
        form = f"--{boundary}\r\nContent-Disposition: form-data\r\n\r\nx\r\n--{boundary}--\r\n"
        request = SimpleNamespace(uri="http://h/p", headers={}, body=form.encode())
        made: bytes = scrubbed_request(request).body
        return made

    assert body("0123456789abcdef") == body("fedcba9876543210")


def test_of_a_response_only_the_type_is_kept() -> None:
    headers = {"Content-Type": ["application/json"], "Set-Cookie": ["acw_tc=1"], "Date": ["now"]}
    assert scrubbed_response({"headers": headers})["headers"] == {
        "Content-Type": ["application/json"]
    }


def test_the_id_that_the_client_made_is_steady() -> None:
    answer = b'{"id": "20260101", "request_id": "%b"}'
    content = answer % b"0123456789abcdef0123456789abcdef"
    response = scrubbed_response({"headers": {}, "body": {"string": content}})
    assert response["body"]["string"] == answer % (b"0" * 32)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (
            b'{"data": [{"url": "http://127.0.0.1:4711/files/a.png?Expires=1"}]}',
            b'{"data": [{"url": "ORIGIN/files/a.png?Expires=1"}]}',
        ),
        (
            b'{"video_result":[{"cover_image_url":"https://cdn.example/c.png","url":"https://cdn.example/v.mp4"}]}',
            b'{"video_result":[{"cover_image_url":"ORIGIN/c.png","url":"ORIGIN/v.mp4"}]}',
        ),
        (b"![](http://127.0.0.1:4711/crop.jpg)", b"![](ORIGIN/crop.jpg)"),
        (b'{"reader_result": {"url": "https://a.example/"}}', None),
        (b"\x89PNG\r\n\x1a\n\x00\xff", None),
    ],
)
def test_media_are_on_the_host_of_the_api(given: bytes, kept: bytes | None) -> None:
    response = scrubbed_response({"headers": {}, "body": {"string": given}})
    expected = given if kept is None else kept.replace(b"ORIGIN", ORIGIN.encode())
    assert response["body"]["string"] == expected
