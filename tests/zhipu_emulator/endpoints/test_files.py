"""Files and batches."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from zhipu_emulator.content.batch_lines import MODELS


def line(number: int = 1, **change: Any) -> dict[str, Any]:
    return {
        "custom_id": f"line-{number:03}",
        "method": "POST",
        "url": "/v4/chat/completions",
        "body": {"model": "glm-4-air", "messages": [{"role": "user", "content": f"Hi {number}"}]},
        **change,
    }


def upload(client: httpx.Client, content: Any, purpose: str = "batch", name: str = "in.jsonl"):
    if isinstance(content, list):
        content = "\n".join(json.dumps(each) for each in content).encode()
    return client.post("files", files={"file": (name, content)}, data={"purpose": purpose})


class TestFiles:
    def test_upload_list_delete(self, options, satisfies, refused) -> None:
        client = options()
        made = [
            satisfies(upload(client, b"text %d" % i, "user_data", f"{i}.txt").json(), "file")
            for i in range(3)
        ]
        assert list(made[0]) == ["id", "object", "bytes", "filename", "purpose", "created_at"]
        assert made[0]["bytes"] == 6
        query = {"purpose": "user_data", "limit": 2}
        first = satisfies(client.get("files", params=query).json(), "file_list")
        assert [file["id"] for file in first["data"]] == [made[2]["id"], made[1]["id"]]
        assert first["has_more"]
        rest = client.get("files", params={**query, "after": made[1]["id"]}).json()
        assert [file["id"] for file in rest["data"]] == [made[0]["id"]]
        assert not rest["has_more"]
        assert client.get(f"files/{made[0]['id']}/content").content == b"text 0"
        satisfies(client.delete(f"files/{made[0]['id']}").json(), "file_deleted")
        refused(client.delete(f"files/{made[0]['id']}"), "1214")
        refused(client.get(f"files/{made[0]['id']}/content"), "1214")

    def test_files_belong_to_a_key(self, options, refused) -> None:
        client = options(api_keys=("one.key1", "two.key2"))
        made = upload(client, b"x", "agent").json()
        other = {"Authorization": "Bearer two.key2"}
        refused(client.delete(f"files/{made['id']}", headers=other), "1214")
        assert client.get("files", params={"purpose": "agent"}, headers=other).json()["data"] == []

    def test_a_file_serves_a_chat(self, client) -> None:
        made = upload(client, b"The key is under the mat.", "user_data", "note.txt").json()
        parts = [
            {"type": "file", "file": {"file_id": made["id"]}},
            {"type": "text", "text": "Where is the key?"},
        ]
        body = {"model": "glm-5.3-flash", "messages": [{"role": "user", "content": parts}]}
        assert client.post("chat/completions", json=body).status_code == 200

    @pytest.mark.parametrize(
        ("content", "purpose", "name", "code"),
        [
            (b"", "user_data", "a.txt", "1214"),
            (b"x", "world-domination", "a.txt", "1210"),
            (b"x", "batch", "a.txt", "1214"),
            (b"x", "voice-clone-input", "a.ogg", "1214"),
            (bytes(10 * 2**20 + 1), "voice-clone-input", "a.wav", "1210"),
            (b"no json", "batch", "a.jsonl", "1210"),
            (b"[1]", "batch", "a.jsonl", "1210"),
            (b"\n\n", "batch", "a.jsonl", "1210"),
            ([line(custom_id="short")], "batch", "a.jsonl", "1210"),
            ([line(), line()], "batch", "a.jsonl", "1210"),
            ([line(method="GET")], "batch", "a.jsonl", "1210"),
            ([line(url="/v4/rerank")], "batch", "a.jsonl", "1210"),
            ([line(body=None)], "batch", "a.jsonl", "1210"),
            ([line(), line(2, body={"model": "glm-4-plus"})], "batch", "a.jsonl", "1210"),
        ],
        ids=range(14),
    )
    def test_refused(self, client, refused, content, purpose, name, code) -> None:
        refused(upload(client, content, purpose, name), code)

    def test_the_models_for_batches_are_named(self, client, refused) -> None:
        answer = upload(client, [line(body={"model": "glm-4.7"})])
        message = refused(answer, "1210")["message"]
        assert message.startswith("模型名称错误: glm-4.7, 目前支持的模型: ")
        assert message.endswith(", ".join(MODELS))

    def test_something_must_be_uploaded(self, client, refused) -> None:
        refused(client.post("files", files={"purpose": (None, "agent")}), "1213")
        refused(client.post("files", json={"purpose": "agent"}), "1210")
        refused(client.get("files"), "1213")
        refused(client.get("files", params={"purpose": "agent", "limit": "101"}), "1210")


class TestBatches:
    def start(self, client: httpx.Client, lines: list[Any], **more: Any) -> dict[str, Any]:
        body = {
            "input_file_id": upload(client, lines).json()["id"],
            "endpoint": lines[0]["url"],
            "completion_window": None,
            **more,
        }
        answer = client.post("batches", json=body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def test_from_validating_to_completed(self, client, satisfies) -> None:
        lines = [line(1), line(2), line(3)]
        batch = satisfies(self.start(client, lines, metadata={"run": "7"}), "batch")
        assert batch["status"] == "validating"
        assert batch["output_file_id"] is None
        assert batch["request_counts"] == {"total": 3, "completed": None, "failed": None}
        running = satisfies(client.get(f"batches/{batch['id']}").json(), "batch")
        assert (running["status"], running["output_file_id"]) == ("in_progress", "")
        assert running["request_counts"] == {"total": 3, "completed": 0, "failed": 0}
        done = satisfies(client.get(f"batches/{batch['id']}").json(), "batch")
        assert done["status"] == "completed"
        assert done["request_counts"] == {"total": 3, "completed": 3, "failed": 0}
        assert done["metadata"] == {"run": "7"}
        assert done["error_file_id"] == ""
        rows = self.rows(client, done["output_file_id"])
        for row in rows:
            satisfies(row, "batch_output_line")
            assert row["response"]["body"]["request_id"] == row["custom_id"]
            assert row["response"]["body"]["choices"][0]["message"]["content"]
        assert {row["custom_id"] for row in rows} == {each["custom_id"] for each in lines}

    def rows(self, client: httpx.Client, file_id: str) -> list[Any]:
        content = client.get(f"files/{file_id}/content").text
        return [json.loads(row) for row in content.splitlines() if row]

    def test_a_line_that_fails_goes_to_the_other_file(self, options) -> None:
        client = options(polls=0)
        bad = line(2, body={"model": "glm-4-air", "messages": []})
        batch = self.start(client, [line(1), bad])
        done = client.get(f"batches/{batch['id']}").json()
        assert done["request_counts"] == {"total": 2, "completed": 1, "failed": 1}
        (row,) = self.rows(client, done["error_file_id"])
        assert row["custom_id"] == "line-002"
        assert row["response"]["status_code"] == 400
        assert row["response"]["body"]["error"]["code"] == "1214"

    def test_embeddings_too(self, options) -> None:
        client = options(polls=0)
        body = {"model": "embedding-3", "input": "hello", "dimensions": 256}
        batch = self.start(client, [line(1, url="/v4/embeddings", body=body)])
        done = client.get(f"batches/{batch['id']}").json()
        (row,) = self.rows(client, done["output_file_id"])
        assert len(row["response"]["body"]["data"][0]["embedding"]) == 256

    def test_cancelled(self, options, satisfies) -> None:
        client = options(polls=-1)
        batch = self.start(client, [line()])
        url = f"batches/{batch['id']}"
        assert client.get(url).json()["status"] == "in_progress"
        stopping = satisfies(client.post(f"{url}/cancel").json(), "batch")
        assert stopping["status"] == "cancelling"
        stopped = satisfies(client.get(url).json(), "batch")
        assert stopped["status"] == "cancelled"
        assert stopped["cancelled_at"] >= stopped["cancelling_at"]

    def test_listed(self, options, satisfies) -> None:
        client = options()
        made = [self.start(client, [line()])["id"] for _ in range(3)]
        found = satisfies(client.get("batches", params={"limit": 2}).json(), "batch_list")
        assert [batch["id"] for batch in found["data"]] == [made[2], made[1]]
        assert (found["first_id"], found["last_id"]) == (made[2], made[1])
        assert found["has_more"]

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"input_file_id": "none"}, "1214"),
            ({"input_file_id": None}, "1213"),
            ({"endpoint": "/v4/rerank"}, "1210"),
            ({"metadata": {str(i): "x" for i in range(17)}}, "1214"),
            ({"metadata": {"k": "v" * 513}}, "1214"),
            ({"metadata": {"k" * 65: "v"}}, "1214"),
        ],
    )
    def test_refused(self, client, refused, change, code) -> None:
        body = {
            "input_file_id": upload(client, [line()]).json()["id"],
            "endpoint": "/v4/chat/completions",
            **change,
        }
        refused(client.post("batches", json=body), code)
        refused(client.get("batches/batch_0"), "1214")
