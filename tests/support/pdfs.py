"""Small PDFs of many kinds, made here: forms, layers, odd names, hostile ones."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Mapping

__all__ = ["HOSTILE", "KINDS", "Objects", "encrypted", "plain"]

_HELVETICA = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"


class Objects:
    """The objects of a PDF; number 1 is the catalog, 2 the page tree, 3 a font."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = [b"", b"", _HELVETICA]
        self.kids: list[int] = []

    def add(self, body: bytes = b"") -> int:
        self.bodies.append(body)
        return len(self.bodies)

    def put(self, number: int, body: bytes) -> None:
        self.bodies[number - 1] = body

    def stream(self, data: bytes, head: bytes = b"") -> int:
        return self.add(b"<<%b/Length %d>>stream\n%b\nendstream" % (head, len(data), data))

    def page(self, content: bytes, resources: bytes = b"", more: bytes = b"") -> None:
        drawn = self.stream(content)
        self.kids.append(
            self.add(
                b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents %d 0 R"
                b"/Resources<</Font<</F1 3 0 R>>%b>>%b>>" % (drawn, resources, more)
            )
        )

    def file(self, catalog: bytes = b"", tree: bytes = b"") -> bytes:
        kids = b" ".join(b"%d 0 R" % kid for kid in self.kids)
        self.put(1, b"<</Type/Catalog/Pages 2 0 R%b>>" % catalog)
        self.put(2, b"<</Type/Pages/Count %d/Kids[%b]%b>>" % (len(self.kids), kids, tree))
        return written(self.bodies)


def written(bodies: list[bytes], trailer: bytes = b"") -> bytes:
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size %d/Root 1 0 R%b>>\n" % (len(places) + 1, trailer)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)


def line(text: str) -> bytes:
    return b"BT /F1 14 Tf 20 160 Td (%b) Tj ET\n" % text.encode()


def plain(pages: int, *, unused: int = 0) -> bytes:
    """Pages that say their number; ``unused`` bytes more that no page uses."""
    made = Objects()
    if unused:
        made.stream(b"x" * unused)
    for number in range(1, pages + 1):
        made.page(line(f"Text of page {number}"))
    return made.file()


def encrypted(content: bytes, password: str, strength: int = 6) -> bytes:
    """Encrypted with AES: 4 is 128 bits, 6 is 256; without a password it still opens."""
    import pikepdf

    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as pdf:
        how = pikepdf.Encryption(owner="of-the-owner", user=password, R=strength)  # type: ignore[arg-type]
        pdf.save(out, encryption=how)
    return out.getvalue()


def text_fields() -> bytes:
    """Values that only the parent fields have, drawn because the form says so."""
    made, fields = Objects(), []
    for number in (1, 2, 3):
        field, shown = made.add(), made.add()
        fields.append(b"%d 0 R" % field)
        made.put(
            field,
            b"<</FT/Tx/T(name%d)/V(Ann Example %d)/DA(/Helv 14 Tf 0 g)/Kids[%d 0 R]>>"
            % (number, number, shown),
        )
        made.put(
            shown,
            b"<</Type/Annot/Subtype/Widget/Rect[20 90 250 120]/F 4/Parent %d 0 R>>" % field,
        )
        made.page(line(f"Name {number}"), more=b"/Annots[%d 0 R]" % shown)
    return made.file(
        b"/AcroForm<</NeedAppearances true/Fields[%b]/DA(/Helv 12 Tf 0 g)"
        b"/DR<</Font<</Helv 3 0 R>>>>>>" % b" ".join(fields)
    )


def one_root_field() -> bytes:
    """All fields of all pages below one, as programs for forms write them."""
    made = Objects()
    root, shown = made.add(), []
    for number in (1, 2, 3):
        look = made.stream(
            b"BT /F1 12 Tf 4 8 Td (Value %d) Tj ET" % number,
            b"/Type/XObject/Subtype/Form/BBox[0 0 200 30]/Resources<</Font<</F1 3 0 R>>>>",
        )
        shown.append(
            made.add(
                b"<</Type/Annot/Subtype/Widget/FT/Tx/T(f%d)/V(Value %d)/Rect[20 60 220 90]/F 4"
                b"/Parent %d 0 R/AP<</N %d 0 R>>/MK<</BC[0]>>>>" % (number, number, root, look)
            )
        )
        made.page(line(f"Sheet {number}"), more=b"/Annots[%d 0 R]" % shown[-1])
    kids = b" ".join(b"%d 0 R" % number for number in shown)
    made.put(root, b"<</T(form1)/Kids[%b]>>" % kids)
    return made.file(b"/AcroForm<</Fields[%d 0 R]/DR<</Font<</Helv 3 0 R>>>>>>" % root)


def radio_buttons() -> bytes:
    made, fields = Objects(), []
    head = b"/Type/XObject/Subtype/Form/BBox[0 0 20 20]"
    on, off = made.stream(b"0 0 20 20 re f", head), made.stream(b"0 0 20 20 re s", head)
    for number in (1, 2):
        field, one, two = made.add(), made.add(), made.add()
        fields.append(b"%d 0 R" % field)
        made.put(
            field,
            b"<</FT/Btn/Ff 49152/T(r%d)/V/Two/Kids[%d 0 R %d 0 R]>>" % (number, one, two),
        )
        for button, left, name, state in ((one, 20, b"One", b"Off"), (two, 120, b"Two", b"Two")):
            made.put(
                button,
                b"<</Type/Annot/Subtype/Widget/Rect[%d 90 %d 110]/F 4/Parent %d 0 R/AS/%b"
                b"/AP<</N<</%b %d 0 R/Off %d 0 R>>>>>>"
                % (left, left + 20, field, state, name, on, off),
            )
        made.page(line("One      Two"), more=b"/Annots[%d 0 R %d 0 R]" % (one, two))
    return made.file(b"/AcroForm<</Fields[%b]>>" % b" ".join(fields))


def layers(configuration: bytes) -> bytes:
    """Two layers; ``%A`` and ``%B`` of the configuration become references to them."""
    made = Objects()
    shown, hidden = made.add(b"<</Type/OCG/Name(A)>>"), made.add(b"<</Type/OCG/Name(B)>>")
    for number in (1, 2):
        made.page(
            b"/OC /A BDC BT /F1 20 Tf 20 150 Td (Price %d) Tj ET EMC\n"
            b"/OC /B BDC 20 40 260 70 re f EMC\n" % number,
            b"/Properties<</A %d 0 R/B %d 0 R>>" % (shown, hidden),
        )
    for name, number in ((b"%A", shown), (b"%B", hidden)):
        configuration = configuration.replace(name, b"%d 0 R" % number)
    groups = b"[%d 0 R %d 0 R]" % (shown, hidden)
    return made.file(b"/OCProperties<</OCGs%b/D<<%b>>>>" % (groups, configuration))


def gbk_font() -> bytes:
    """A font that its writer named in GBK, and the text in its encoding."""
    made = Objects()
    name = "/" + "".join(f"#{byte:02X}" for byte in "宋体".encode("gbk"))
    about = made.add(
        f"<</Type/FontDescriptor/FontName{name}/Flags 4/FontBBox[0 -141 1000 859]/ItalicAngle 0"
        "/Ascent 859/Descent -141/CapHeight 683/StemV 95>>".encode()
    )
    widths = "500 " * 226
    font = made.add(
        f"<</Type/Font/Subtype/TrueType/BaseFont{name}/Encoding/WinAnsiEncoding/FirstChar 30"
        f"/LastChar 255/Widths[{widths}]/FontDescriptor {about} 0 R>>".encode()
    )
    for text in ("检验报告", "水泵价格"):
        shown = text.encode("gbk").replace(b"\\", b"\\\\")
        made.page(b"BT /F2 20 Tf 20 150 Td (%b) Tj ET" % shown)
        made.bodies[-1] = made.bodies[-1].replace(b"/F1 3 0 R", b"/F2 %d 0 R" % font)
    return made.file()


def latin1_picture() -> bytes:
    """A picture whose name in the page is not UTF-8."""
    made = Objects()
    head = b"/Type/XObject/Subtype/Image/Width 2/Height 2/BitsPerComponent 8/ColorSpace/DeviceGray"
    picture = made.stream(b"\x00\x80\x40\x20", head)
    for _ in (1, 2):
        made.page(b"q 200 0 0 100 50 50 cm /Bild#fc Do Q", b"/XObject<</Bild#fc %d 0 R>>" % picture)
    return made.file()


def drawn_font() -> bytes:
    """A font of shapes (Type 3) in a page tree of two levels, from which pages inherit."""
    made = Objects()
    shape = made.stream(b"600 0 0 0 500 700 d1 0 0 500 700 re f")
    font = made.add(
        b"<</Type/Font/Subtype/Type3/FontBBox[0 0 600 700]/FontMatrix[.001 0 0 .001 0 0]"
        b"/CharProcs<</box %d 0 R>>/Encoding<</Differences[65/box]>>/FirstChar 65/LastChar 65"
        b"/Widths[600]/Resources<<>>>>" % shape
    )
    inner = made.add()
    kids = []
    for number in (1, 2):
        text = made.stream(b"BT /T3 40 Tf 20 %d Td (AAA) Tj ET" % (50 * number))
        kids.append(made.add(b"<</Type/Page/Parent %d 0 R/Contents %d 0 R>>" % (inner, text)))
    made.put(
        inner,
        b"<</Type/Pages/Parent 2 0 R/Count 2/Kids[%d 0 R %d 0 R]/Rotate 90>>" % (*kids,),
    )
    inherited = b"/MediaBox[0 0 300 200]/Resources<</Font<</T3 %d 0 R>>>>" % font
    content = made.file(tree=inherited)
    wrong, right = b"/Count 0/Kids[]", b"/Count 2/Kids[%d 0 R]" % inner
    assert wrong in content
    made.bodies[1] = made.bodies[1].replace(wrong, right)
    return written(made.bodies)


def stamps() -> bytes:
    """Remarks that are drawn on the page, and a link to another page."""
    made = Objects()
    head = b"/Type/XObject/Subtype/Form/BBox[0 0 100 40]/Resources<</Font<</F1 3 0 R>>>>"
    look = made.stream(b"0 0 100 40 re s BT /F1 12 Tf 5 15 Td (PAID) Tj ET", head)
    for number in (1, 2):
        made.page(
            line(f"Invoice {number}"),
            more=b"/Annots[<</Type/Annot/Subtype/Stamp/Rect[150 50 250 90]/F 4/AP<</N %d 0 R>>>>"
            b"<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/Border[0 0 0]/Dest[%d 0 R/Fit]>>]"
            % (look, made.kids[0] if made.kids else 5),
        )
    return made.file()


def packed_objects() -> bytes:
    """Objects in packed streams, as newer programs write them."""
    import pikepdf

    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(text_fields())) as pdf:
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


#: What a part must look like in the whole.
KINDS: Mapping[str, Callable[[], bytes]] = {
    "plain": lambda: plain(3),
    "form, values above": text_fields,
    "form, one root": one_root_field,
    "form, buttons": radio_buttons,
    "form, packed": packed_objects,
    "layer hidden": lambda: layers(b"/Order[%A %B]/OFF[%B]"),
    "layer shown": lambda: layers(b"/BaseState/OFF/ON[%A]"),
    "font named in GBK": gbk_font,
    "picture named in Latin-1": latin1_picture,
    "font of shapes, inherited": drawn_font,
    "stamps and links": stamps,
    "AES-256, opens": lambda: encrypted(text_fields(), "", 6),
}

_PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"
_CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"


def cycle() -> bytes:
    tree = b"<</Type/Pages/Count 3/Kids[3 0 R 4 0 R]>>"
    inner = b"<</Type/Pages/Count 3/Kids[2 0 R]>>"
    return written([_CATALOG, tree, _PAGE, inner])


def shared_nodes() -> bytes:
    """A page tree of a few hundred bytes that unfolds to ten million pages."""
    bodies = [_CATALOG]
    for level in range(7):
        below = b"%d 0 R " % (level + 3)
        bodies.append(b"<</Type/Pages/Count %d/Kids[%b]>>" % (10 ** (7 - level), below * 10))
    return written([*bodies, _PAGE])


def a_million_pages() -> bytes:
    tree = b"<</Type/Pages/Count 1000000/Kids[%b]>>" % (b"3 0 R " * 1_000_000)
    return written([_CATALOG, tree, _PAGE])


def exploding_stream(mebibytes: int = 400) -> bytes:
    """The page tree is in a packed stream that is thousands of times as large unpacked."""
    tree = b"<</Type/Pages/Count 1/Kids[3 0 R]>>".ljust(60)
    packer = zlib.compressobj(9)
    packed = [packer.compress(b"2 0 3 60 ".ljust(16) + tree + _PAGE)]
    blank = b" " * 1024 * 1024
    packed += [packer.compress(blank) for _ in range(mebibytes)]
    data = b"".join([*packed, packer.flush()])
    out = bytearray(b"%PDF-1.7\n")
    places = [len(out)]
    out += b"1 0 obj\n%b\nendobj\n" % _CATALOG
    places.append(len(out))
    out += b"4 0 obj\n<</Type/ObjStm/N 2/First 16/Filter/FlateDecode/Length %d>>stream\n" % len(
        data
    )
    out += data + b"\nendstream\nendobj\n"
    places.append(len(out))
    kinds = [(0, 0), (1, places[0]), (2, 4), (2, 4), (1, places[1]), (1, places[2])]
    last = [255, 0, 0, 1, 0, 0]
    rows = b"".join(
        bytes([kind]) + at.to_bytes(4, "big") + bytes([end])
        for (kind, at), end in zip(kinds, last, strict=True)
    )
    out += b"5 0 obj\n<</Type/XRef/W[1 4 1]/Size 6/Root 1 0 R/Length %d>>stream\n" % len(rows)
    return bytes(out + rows + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % places[2])


#: A hostile PDF -> what the refusal says.
HOSTILE: Mapping[str, tuple[Callable[[], bytes], str]] = {
    "cycle": (cycle, "leads back to itself"),
    "shared nodes": (shared_nodes, "leads back to itself"),
    "a million pages": (a_million_pages, "100,000 pages"),
    "exploding stream": (exploding_stream, "MiB of memory"),
    "no pages": (lambda: Objects().file(), "has no pages"),
}
