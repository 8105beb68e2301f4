"""Small PDFs for the tests, written by hand."""

from __future__ import annotations

from collections.abc import Sequence

Line = tuple[float, float, float, str]  # x, y from the bottom (points), size, text

_CHINESE_FONT = (
    b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H"
    b"/DescendantFonts[<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light"
    b"/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>/DW 1000>>]>>"
)


def pdf(pages: Sequence[Sequence[Line]], width: int = 595, height: int = 842) -> bytes:
    """A PDF with one list of lines a page; Latin text in Helvetica, Chinese in a CID font."""
    objects: list[bytes] = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        _CHINESE_FONT,
    ]
    kids = []
    for lines in pages:
        content = b"\n".join(_show(line) for line in lines)
        objects.append(b"<</Length %d>>stream\n%b\nendstream" % (len(content), content))
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Contents %d 0 R"
            b"/Resources<</Font<</F1 3 0 R/F2 4 0 R>>>>>>" % (width, height, len(objects))
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<</Type/Pages/Count %d/Kids[%b]>>" % (len(kids), b" ".join(kids))
    return _file(objects)


def _show(line: Line) -> bytes:
    x, y, size, text = line
    if text.isascii():
        shown = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)").encode()
        return b"BT /F1 %g Tf %g %g Td (%b) Tj ET" % (size, x, y, shown)
    return b"BT /F2 %g Tf %g %g Td <%b> Tj ET" % (
        size,
        x,
        y,
        text.encode("utf-16-be").hex().encode(),
    )


def _file(objects: Sequence[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)
