"""Layout parsing, handwriting, the file parser."""

from __future__ import annotations

import base64
import io
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from PIL import Image

from tests.zhipu_emulator.endpoints.documents import pdf
from zhipu_emulator.content.drawing import png
from zhipu_emulator.endpoints import layout_parsing

LONG = "Rivers carry sand and mud to the sea, where they settle and build flat land year by year"
PAGE = [
    (72, 780, 24, "The Growth of Deltas"),
    (72, 740, 16, "1. Sediment"),
    (72, 715, 11, LONG),
    (72, 701, 11, "until a delta appears."),
    (72, 660, 11, "River"),
    (250, 660, 11, "Length"),
    (400, 660, 11, "Country"),
    (72, 644, 11, "Nile"),
    (250, 644, 11, "6650"),
    (400, 644, 11, "Egypt"),
    (72, 628, 11, "Elbe & Saale"),
    (250, 628, 11, "1094"),
    (400, 628, 11, "Germany"),
    (72, 590, 12, "A = b h / 2"),
    (72, 560, 11, "三角洲是河流入海处的平原。"),
    (290, 30, 10, "- 1 -"),
]


_WHOLE = pdf([PAGE, PAGE])
#: A page tree with a page that is a font, and one with a page that is missing.
UNREADABLE = [
    _WHOLE.replace(b"/Kids[6 0 R 8 0 R]", b"/Kids[6 0 R 3 0 R]"),
    _WHOLE.replace(b"/Kids[6 0 R 8 0 R]", b"/Kids[6 0 R 9 0 R]"),
]


def uri(content: bytes, kind: str = "application/pdf") -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def parse(client: httpx.Client, file: str, **more: object) -> httpx.Response:
    return client.post("layout_parsing", json={"model": "glm-ocr", "file": file, **more})


@pytest.fixture(scope="module")
def document() -> bytes:
    return pdf([PAGE])


class TestLayout:
    def test_regions_have_labels_and_true_boxes(self, client, satisfies, document) -> None:
        found = satisfies(parse(client, uri(document)).json(), "layout_parsing")
        assert list(found) == sorted(found)
        (page,) = found["layout_details"]
        labels = [(region["label"], region["native_label"]) for region in page]
        assert labels == [
            ("text", "doc_title"),
            ("text", "paragraph_title"),
            ("text", "text"),
            ("table", "table"),
            ("formula", "display_formula"),
            ("text", "text"),
            ("text", "number"),
        ]
        assert [region["index"] for region in page] == list(range(7))
        # 72 points from the left and 780 from the bottom of 842, at 200 dots an inch.
        left, top, _, bottom = page[0]["bbox_2d"]
        assert left == pytest.approx(200, abs=6)
        assert top < (842 - 780) * 200 / 72 < bottom
        (size,) = found["data_info"]["pages"]
        assert size["width"] == pytest.approx(595 * 200 / 72, abs=1)
        for region in page:
            x1, y1, x2, y2 = region["bbox_2d"]
            assert 0 <= x1 < x2 <= size["width"] == region["width"]
            assert 0 <= y1 < y2 <= size["height"] == region["height"]

    def test_the_markdown_says_the_same(self, client, document) -> None:
        text = parse(client, uri(document)).json()["md_results"]
        assert text.startswith("# The Growth of Deltas\n\n## 1. Sediment\n\n")
        assert f"{LONG} until a delta appears." in text
        assert "<tr><td>Elbe &amp; Saale</td><td>1094</td><td>Germany</td></tr>" in text
        assert "$$ A = b h / 2 $$" in text
        assert text.endswith("三角洲是河流入海处的平原。")

    def test_two_columns_are_read_one_after_the_other(self, client) -> None:
        left = [f"Left column line {i} of the running text here" for i in range(12)]
        right = [f"Right column line {i} goes on with the story" for i in range(12)]
        lines = [(60, 700 - 14 * i, 11, text) for i, text in enumerate(left)]
        lines += [(320, 700 - 14 * i, 11, text) for i, text in enumerate(right)]
        text = parse(client, uri(pdf([lines]))).json()["md_results"]
        assert text.index("Left column line 11") < text.index("Right column line 0")

    def test_page_ranges(self, client) -> None:
        content = pdf([[(72, 700, 12, f"This is page {n}")] for n in range(1, 8)])
        found = parse(client, uri(content), start_page_id=3, end_page_id=5).json()
        assert found["md_results"].split("\n\n") == [f"This is page {n}" for n in (3, 4, 5)]
        assert found["data_info"]["num_pages"] == len(found["data_info"]["pages"]) == 3
        beyond = parse(client, uri(content), start_page_id=6, end_page_id=99).json()
        assert len(beyond["layout_details"]) == 2

    def test_crops_and_drawings_on_request(self, client, satisfies) -> None:
        content = _with_picture()
        plain = parse(client, uri(content)).json()
        image = next(r for r in plain["layout_details"][0] if r["label"] == "image")
        assert f"![](page=0,bbox={image['bbox_2d']})" in plain["md_results"]
        assert "layout_visualization" not in plain
        found = parse(client, uri(content), return_crop_images=True, need_layout_visualization=True)
        body = satisfies(found.json(), "layout_parsing")
        image = next(r for r in body["layout_details"][0] if r["label"] == "image")
        assert f"<img src='{image['content']}' alt='OCR图片'/>" in body["md_results"]
        crop = Image.open(io.BytesIO(httpx.get(image["content"], trust_env=False).content))
        x1, y1, x2, y2 = image["bbox_2d"]
        assert crop.size == (x2 - x1, y2 - y1)
        (drawn,) = body["layout_visualization"]
        size = body["data_info"]["pages"][0]
        seen = Image.open(io.BytesIO(httpx.get(drawn, trust_env=False).content))
        assert abs(seen.width - size["width"]) <= 1

    def test_a_picture_of_ours_carries_its_text(self, client, satisfies) -> None:
        picture = png("Invoice 4711\n合计 12.00", 900, 600)
        body = satisfies(parse(client, uri(picture, "image/png")).json(), "layout_parsing")
        assert body["md_results"] == "Invoice 4711\n\n合计 12.00"
        assert body["data_info"]["pages"] == [{"height": 600, "width": 900}]

    def test_another_picture_has_no_text(self, client, satisfies) -> None:
        out = io.BytesIO()
        Image.new("RGB", (40, 30)).save(out, "JPEG")
        body = satisfies(parse(client, uri(out.getvalue(), "image/jpeg")).json(), "layout_parsing")
        assert body["md_results"] == ""
        assert body["layout_details"] == [[]]

    def test_the_content_decides_and_not_the_name(self, client) -> None:
        picture = png("A sign", 300, 200)
        assert parse(client, uri(picture, "application/pdf")).json()["md_results"] == "A sign"

    def test_addresses_known_to_the_emulator(self, options, refused, document) -> None:
        client = options(web={"https://files.example/delta.pdf": document})
        found = parse(client, "https://files.example/delta.pdf").json()
        assert "Growth of Deltas" in found["md_results"]
        url = client.post(
            "images/generations", json={"model": "glm-image", "prompt": "Stop sign"}
        ).json()["data"][0]["url"]
        assert parse(client, url).json()["md_results"] == "Stop sign"
        for elsewhere in ("https://files.example/other.pdf", "https://example.com/", url + "0"):
            refused(parse(client, elsewhere), "1210")

    def test_addresses_of_this_machine_only_when_allowed(self, options, refused, document) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(document)

            def log_message(self, *_: object) -> None:
                pass

        asked: list[str] = []
        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as inner:
            thread = threading.Thread(target=inner.serve_forever)
            thread.start()
            url = f"http://127.0.0.1:{inner.server_address[1]}/secret.pdf"
            refused(parse(options(), url), "1210")
            refused(parse(options(fetch_loopback=True), "http://169.254.169.254/latest"), "1210")
            assert asked == []
            found = parse(options(fetch_loopback=True), url).json()
            inner.shutdown()
            thread.join()
        assert "Growth of Deltas" in found["md_results"]
        assert asked == ["/secret.pdf"]

    def test_many_pages(self, client) -> None:
        content = pdf([PAGE] * 100)
        assert len(parse(client, uri(content)).json()["layout_details"]) == 100

    @pytest.mark.parametrize(
        ("file", "code"),
        [
            ("", "1214"),
            (base64.b64encode(b"%PDF-1.4").decode(), "1214"),
            ("/tmp/report.pdf", "1214"),
            ("data:application/pdf;base64,", "1210"),
            ("data:application/pdf;base64,***", "1214"),
            (uri(b"%PDF-1.4 and nothing else"), "1210"),
            (uri(b"\x89PNG\r\n\x1a\n and nothing else", "image/png"), "1210"),
            (uri(b"RIFF0000WEBP", "image/webp"), "1214"),
            (uri(b"plain text", "text/plain"), "1214"),
        ],
        ids=range(9),
    )
    def test_refused_files(self, client, refused, file, code) -> None:
        refused(parse(client, file), code)

    @pytest.mark.parametrize("crops", [False, True])
    @pytest.mark.parametrize("content", UNREADABLE)
    def test_pages_that_cannot_be_read(self, client, refused, content, crops) -> None:
        refused(parse(client, uri(content), return_crop_images=crops), "1210")
        refused(
            client.post(
                "files/parser/sync",
                files={"file": ("a.pdf", content)},
                data={"tool_type": "prime-sync"},
            ),
            "1210",
        )

    def test_a_page_too_large_to_draw(self, client, refused) -> None:
        vast = uri(pdf([PAGE], width=200_000, height=200_000))
        assert parse(client, vast).status_code == 200
        refused(parse(client, vast, return_crop_images=True), "1210")

    def test_large_files(self, client, refused, monkeypatch, document) -> None:
        mib = 2**20
        assert {"pdf": 50 * mib, "png": 10 * mib, "jpeg": 10 * mib} == layout_parsing.BYTES
        monkeypatch.setattr(layout_parsing, "BYTES", {"pdf": mib, "png": 1000, "jpeg": mib})
        assert parse(client, uri(document)).status_code == 200
        assert "1MB" in refused(parse(client, uri(document + bytes(mib))), "1210")["message"]
        refused(parse(client, uri(png("A large sign", 300, 300), "image/png")), "1210")

    @pytest.mark.parametrize(
        ("more", "code"),
        [
            ({"start_page_id": 0}, "1210"),
            ({"start_page_id": 2}, "1210"),
            ({"start_page_id": 1, "end_page_id": 0}, "1210"),
            ({"end_page_id": "last"}, "1214"),
            ({"model": "glm-ocr-2"}, "1211"),
            ({"file": None}, "1213"),
            ({"return_crop_images": "yes"}, "1214"),
        ],
    )
    def test_refused_parameters(self, client, refused, document, more, code) -> None:
        refused(parse(client, **{"file": uri(document), **more}), code)

    @pytest.mark.parametrize(
        ("options_", "limit"), [({}, 100), ({"site": "zai"}, 30), ({"ocr_pages": 3}, 3)]
    )
    def test_the_page_limit_is_the_sites(self, options, refused, options_, limit) -> None:
        client = options(**options_)
        content = pdf([[(72, 700, 12, f"Page {n}")] for n in range(limit + 1)])
        error = refused(parse(client, uri(content)), "1210")
        assert str(limit) in error["message"]
        assert parse(client, uri(content), end_page_id=limit).status_code == 200


def _with_picture() -> bytes:
    """A PDF page with text and a picture, made by the PDF library that the emulator uses."""
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf([[(72, 780, 12, "A figure follows.")]]))
    page = document[0]
    item = pypdfium2.PdfImage.new(document)
    bitmap = pypdfium2.PdfBitmap.from_pil(Image.new("RGB", (60, 40), "teal"))
    item.set_bitmap(bitmap)
    item.set_matrix(pypdfium2.PdfMatrix().scale(300, 200).translate(100, 400))
    page.insert_obj(item)
    page.gen_content()
    out = io.BytesIO()
    document.save(out)
    bitmap.close()
    page.close()
    document.close()
    return out.getvalue()


class TestHandwriting:
    def test_words_and_places(self, client, satisfies) -> None:
        picture = png("Dear Ada\nsee you on Monday", 800, 600)
        answer = client.post(
            "files/ocr",
            files={"file": ("note.png", picture)},
            data={"tool_type": "hand_write", "language_type": "ENG", "probability": "true"},
        )
        found = satisfies(answer.json(), "handwriting")
        assert [word["words"] for word in found["words_result"]] == [
            "Dear Ada",
            "see you on Monday",
        ]
        assert found["words_result_num"] == 2
        assert "probability" in found["words_result"][0]

    @pytest.mark.parametrize(
        ("fields", "content", "code"),
        [
            ({}, b"\x89PNG\r\n\x1a\n", "1213"),
            ({"tool_type": "print"}, b"\x89PNG\r\n\x1a\n", "1210"),
            ({"tool_type": "hand_write", "language_type": "XXX"}, b"x", "1210"),
            ({"tool_type": "hand_write"}, b"%PDF-1.4", "1214"),
            ({"tool_type": "hand_write"}, b"\x89PNG\r\n\x1a\n broken", "1210"),
        ],
    )
    def test_refused(self, client, refused, fields, content, code) -> None:
        refused(client.post("files/ocr", files={"file": ("a.png", content)}, data=fields), code)

    def test_it_must_be_a_form(self, client, refused) -> None:
        refused(client.post("files/ocr", json={"tool_type": "hand_write"}), "1210")


class TestParser:
    def test_create_and_poll(self, client, satisfies, document) -> None:
        form = {"tool_type": "lite", "file_type": "PDF"}
        files = {"file": ("delta.pdf", document)}
        task = satisfies(
            client.post("files/parser/create", files=files, data=form).json(), "parser_task"
        )
        url = f"files/parser/result/{task['task_id']}"
        running = satisfies(client.get(f"{url}/text").json(), "parser_result")
        assert running["status"] == "processing"
        done = satisfies(client.get(f"{url}/text").json(), "parser_result")
        assert done["content"].startswith("# The Growth of Deltas")
        link = satisfies(client.get(f"{url}/download_link").json(), "parser_result")
        archive = httpx.get(link["parsing_result_url"], trust_env=False).content
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            assert opened.read("full.md").decode() == done["content"]

    @pytest.mark.parametrize(
        ("name", "content", "wanted"),
        [
            ("a.md", "# 标题\n正文".encode(), "# 标题\n正文"),
            ("a.html", b"<h1>Head</h1><p>Body</p><script>x()</script>", "# Head\n\nBody"),
            ("a.csv", b"a,b\n1,2\n", "a,b\n1,2\n"),
        ],
    )
    def test_sync(self, client, satisfies, name, content, wanted) -> None:
        answer = client.post(
            "files/parser/sync", files={"file": (name, content)}, data={"tool_type": "prime-sync"}
        )
        assert satisfies(answer.json(), "parser_result")["content"] == wanted

    def test_office_files_give_their_words(self, client) -> None:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("word/document.xml", "<w:p><w:t>Dear all,</w:t></w:p><w:p>Hi</w:p>")
        answer = client.post(
            "files/parser/sync",
            files={"file": ("a.docx", out.getvalue())},
            data={"tool_type": "prime-sync"},
        )
        assert answer.json()["content"] == "Dear all,\n\nHi"

    @pytest.mark.parametrize(
        ("form", "content", "code"),
        [
            ({"tool_type": "expert", "file_type": "DOCX"}, b"x", "1214"),
            ({"tool_type": "magic"}, b"x", "1210"),
            ({}, b"x", "1213"),
            ({"tool_type": "lite", "file_type": "TXT"}, b"", "1210"),
            ({"tool_type": "lite", "file_type": "TXT"}, b"\xff\xfe\xff", "1210"),
            ({"tool_type": "lite", "file_type": "DOCX"}, b"no archive", "1210"),
        ],
    )
    def test_refused(self, client, refused, form, content, code) -> None:
        files = {"file": ("a." + form.get("file_type", "txt").lower(), content)}
        refused(client.post("files/parser/create", files=files, data=form), code)

    def test_unknown_tasks(self, client, refused) -> None:
        refused(client.get("files/parser/result/none/text"), "1233")
