"""Pictures, videos, and the links to them."""

from __future__ import annotations

import base64
import io
import struct

import httpx
import pytest
from PIL import Image

FOX = {"model": "glm-image", "prompt": "A red fox under an oak, 秋天"}


def fetch(url: str) -> httpx.Response:
    return httpx.get(url, trust_env=False)


def first_url(client: httpx.Client, **change: object) -> str:
    answer = client.post("images/generations", json={**FOX, **change})
    assert answer.status_code == 200, answer.text
    url: str = answer.json()["data"][0]["url"]
    return url


class TestImages:
    def test_the_answer_links_to_a_picture_of_the_size_asked(self, client, satisfies) -> None:
        answer = client.post("images/generations", json={**FOX, "size": "1024x1088"}).json()
        assert list(satisfies(answer, "images")) == ["created", "data"]
        got = fetch(answer["data"][0]["url"])
        assert got.headers["content-type"] == "image/png"
        picture = Image.open(io.BytesIO(got.content))
        assert picture.size == (1024, 1088)
        assert picture.text["Description"] == FOX["prompt"]

    def test_the_same_prompt_gives_the_same_picture_and_another_one_another(self, client) -> None:
        one, same = (fetch(first_url(client)).content for _ in range(2))
        other = fetch(first_url(client, prompt="A blue whale")).content
        assert one == same != other

    def test_links_expire_and_cannot_be_changed(self, options) -> None:
        now = [1_790_000_000.0]
        client = options(clock=lambda: now[0])
        url = first_url(client)
        assert fetch(url).status_code == 200
        assert fetch(url + "0").status_code == 403
        assert fetch(url.replace("/files/", "/files/x")).status_code == 404
        now[0] += 24 * 3600 + 1
        late = fetch(url)
        assert late.status_code == 403
        assert b"expired" in late.content

    def test_links_can_be_made_to_point_elsewhere(self, options) -> None:
        client = options(media_base="http://127.0.0.1:9/inside")
        assert first_url(client).startswith("http://127.0.0.1:9/inside/files/")

    def test_without_a_watermark_the_name_says_so(self, client) -> None:
        assert "_watermark.png" in first_url(client)
        assert "_watermark" not in first_url(client, watermark_enabled=False)

    @pytest.mark.parametrize(
        "change",
        [
            {},
            {"size": "1728x960"},
            {"size": "2048×1024"},
            {"model": "cogview-4", "size": "512x2048"},
            {"model": "cogview-3-flash", "quality": "hd", "prompt": "p" * 1500},
            {"n": 4, "response_format": "b64_json", "user_id": "user-1"},
            {"size": None, "quality": None, "request_id": None},
        ],
    )
    def test_accepted(self, client, change) -> None:
        assert len(client.post("images/generations", json={**FOX, **change}).json()["data"]) == 1

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"model": "dall-e-3"}, "1211"),
            ({"model": None}, "1213"),
            ({"prompt": ""}, "1214"),
            ({"prompt": None}, "1213"),
            ({"prompt": "p" * 1001}, "1261"),
            ({"quality": "standard"}, "1210"),
            ({"size": "1000x1000"}, "1214"),
            ({"size": "480x1024"}, "1214"),
            ({"size": "2080x1024"}, "1214"),
            ({"size": "large"}, "1214"),
            ({"model": "cogview-4", "size": "2048x2048"}, "1214"),
            ({"model": "cogview-4", "size": "520x512"}, "1214"),
            ({"user_id": "short"}, "1210"),
            ({"watermark_enabled": "perhaps"}, "1214"),
        ],
    )
    def test_refused(self, client, refused, change, code) -> None:
        refused(client.post("images/generations", json={**FOX, **change}), code)

    def test_what_is_unsafe_names_the_role(self, client, refused) -> None:
        answer = client.post("images/generations", json={**FOX, "prompt": "how to build a bomb"})
        refused(answer, "1301")
        assert answer.json()["contentFilter"] == [{"level": 1, "role": "user"}]


class TestAsynchronous:
    def test_it_is_processing_and_then_a_picture(self, options, satisfies) -> None:
        client = options(polls=2)
        task = satisfies(client.post("async/images/generations", json=FOX).json(), "task")
        assert task["task_status"] == "PROCESSING"
        states = []
        for _ in range(3):
            found = satisfies(client.get(f"async-result/{task['id']}").json(), "async_result")
            states.append(found["task_status"])
        assert states == ["PROCESSING", "PROCESSING", "SUCCESS"]
        assert found["model"] == "glm-image"
        assert fetch(found["image_result"][0]["url"]).content[:4] == b"\x89PNG"

    def test_it_may_fail_or_never_end(self, options, satisfies) -> None:
        client = options(polls=0, task_status="FAIL")
        task = client.post("async/images/generations", json=FOX).json()
        found = satisfies(client.get(f"async-result/{task['id']}").json(), "async_result")
        assert found["task_status"] == "FAIL"
        client = options(polls=-1)
        task = client.post("async/images/generations", json=FOX).json()
        for _ in range(20):
            assert client.get(f"async-result/{task['id']}").json()["task_status"] == "PROCESSING"

    def test_other_models_and_other_tasks(self, client, refused) -> None:
        body = {"model": "cogview-4", "prompt": "x"}
        refused(client.post("async/images/generations", json=body), "1212")
        refused(client.post("async/images/generations", json={**FOX, "prompt": ""}), "1214")
        error = refused(client.get("async-result/-77"), "1233")
        assert "-77" in error["message"]

    def test_tasks_belong_to_a_key(self, options, refused) -> None:
        client = options(api_keys=("one.key1", "two.key2"))
        task = client.post("async/images/generations", json=FOX).json()
        other = {"Authorization": "Bearer two.key2"}
        refused(client.get(f"async-result/{task['id']}", headers=other), "1233")


class TestVideos:
    def test_it_becomes_a_film_with_a_cover(self, client, satisfies) -> None:
        body = {"model": "cogvideox-3", "prompt": "Waves at dawn", "duration": 5, "fps": None}
        task = satisfies(client.post("videos/generations", json=body).json(), "task")
        url = f"async-result/{task['id']}"
        satisfies(client.get(url).json(), "async_result")
        found = satisfies(client.get(url).json(), "async_result")
        assert "id" not in found
        film = fetch(found["video_result"][0]["url"])
        assert film.headers["content-type"] == "video/mp4"
        kinds = [kind for kind, _ in boxes(film.content)]
        assert kinds == [b"ftyp", b"mdat", b"moov"]
        frame = next(content for kind, content in boxes(film.content) if kind == b"mdat")
        assert Image.open(io.BytesIO(frame)).format == "JPEG"
        assert fetch(found["video_result"][0]["cover_image_url"]).content[:4] == b"\x89PNG"

    @pytest.mark.parametrize(
        "body",
        [
            {"model": "cogvideox-3", "image_url": ["https://a.example/1", "https://a.example/2"]},
            {"model": "cogvideox-flash", "prompt": "x", "size": "720x480", "quality": "quality"},
            {"model": "viduq1-text", "prompt": "x", "style": "anime", "aspect_ratio": "1:1"},
            {"model": "vidu2-reference", "prompt": "x", "image_url": ["https://a.example/1"] * 3},
            {"model": "cogvideox-3", "image_url": base64.b64encode(b"\x89PNG").decode()},
        ],
    )
    def test_accepted(self, client, satisfies, body) -> None:
        satisfies(client.post("videos/generations", json=body).json(), "task")

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({"model": "sora"}, "1211"),
            ({"model": "cogvideox-3"}, "1213"),
            ({"model": "cogvideox-3", "prompt": "p" * 513}, "1261"),
            ({"model": "cogvideox-3", "prompt": "x", "size": "640x480"}, "1210"),
            ({"model": "cogvideox-3", "prompt": "x", "duration": 7}, "1210"),
            ({"model": "cogvideox-3", "prompt": "x", "fps": 25}, "1214"),
            ({"model": "cogvideox-3", "prompt": "x", "quality": "best"}, "1214"),
            ({"model": "cogvideox-3", "image_url": ["https://a.example/1"] * 3}, "1214"),
            ({"model": "cogvideox-3", "image_url": "not base64!"}, "1210"),
            ({"model": "cogvideox-3", "image_url": base64.b64encode(b"text").decode()}, "1210"),
            ({"model": "viduq1-image", "prompt": "x"}, "1214"),
            ({"model": "viduq1-start-end", "image_url": "https://a.example/1"}, "1214"),
            ({"model": "vidu2-reference", "image_url": ["https://a.example/1"]}, "1213"),
            ({"model": "cogvideox-3", "prompt": "贩卖毒品"}, "1301"),
        ],
    )
    def test_refused(self, client, refused, body, code) -> None:
        refused(client.post("videos/generations", json=body), code)


def boxes(content: bytes) -> list[tuple[bytes, bytes]]:
    """The boxes of an MP4 file at its top level."""
    found, place = [], 0
    while place < len(content):
        size, kind = struct.unpack_from(">I4s", content, place)
        found.append((kind, content[place + 8 : place + size]))
        place += size
    return found
