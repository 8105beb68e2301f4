"""Small files of several kinds, made on the spot."""

from __future__ import annotations

import base64
import io
import json
import wave
import zipfile

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def wav(seconds=4):
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(b"\1\0" * 16_000 * seconds)
    return out.getvalue()


def mp3(seconds=4):
    """Silence: frames of 417 bytes (128 kbit/s, 44.1 kHz), 38 a second."""
    return (b"\xff\xfb\x90\x00" + bytes(413)) * 38 * seconds


def pdf():
    """One empty page."""
    parts = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
    )
    out, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + (
        b"xref\n0 4\n0000000000 65535 f \n%btrailer\n<< /Size 4 /Root 1 0 R >>\n"
        b"startxref\n%d\n%%%%EOF\n" % (table, len(out))
    )


def xlsx():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("[Content_Types].xml", "<Types/>")
        file.writestr("xl/worksheets/sheet1.xml", "<worksheet><sheetData/></worksheet>")
    return out.getvalue()


def jsonl():
    body = {"model": "glm-4-flash", "messages": [{"role": "user", "content": "Hello?"}]}
    line = {"custom_id": "request-1", "method": "POST", "url": "/v4/chat/completions", "body": body}
    return json.dumps(line).encode()


SAMPLES = {
    ".wav": wav,
    ".mp3": mp3,
    ".png": lambda: PNG,
    ".jpg": lambda: PNG,
    ".jpeg": lambda: PNG,
    ".pdf": pdf,
    ".xlsx": xlsx,
    ".jsonl": jsonl,
}
