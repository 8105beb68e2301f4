"""Makes the Chinese sample: ``python tests/support/chinese_report.py NotoSansCJK-Regular.ttc``.

The letters that it needs of a font are put into the file, so that it looks the same everywhere.
"""

from __future__ import annotations

import io
import sys
import zlib
from pathlib import Path

from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont, newTable

TITLE, USUAL = 22, 12
COLUMNS = (60, 218, 376)
PAGES = [
    [
        (TITLE, ["洞庭湖江豚考察报告"]),
        (USUAL, ["考察于2026年5月进行，历时三周，共发现江豚46头。"]),
        (USUAL, ["两台水听器共花费32800元，是最大的一笔支出。"]),
    ],
    [
        (TITLE, ["考察队"]),
        (USUAL, ["船上共有五人：一名船长、两名潜水员和两名生物学家。"]),
        (USUAL, ["队长是来自武汉的周敏。"]),
    ],
    [
        (TITLE, ["观测记录"]),
        (USUAL, ["日期", "地点", "江豚数量"]),
        (USUAL, ["5月3日", "君山", "12"]),
        (USUAL, ["5月9日", "鹿角", "27"]),
        (USUAL, ["5月17日", "扁山", "7"]),
        (USUAL, ["江豚在鹿角出现得最多。"]),
    ],
]


def made(font_file: Path) -> bytes:
    """The file, with letters of this font (of a collection the one for simplified Chinese)."""
    letters = sorted({letter for page in PAGES for _, cells in page for letter in "".join(cells)})
    font = _of_letters(font_file, letters)
    glyphs = {letter: font.getGlyphID(font.getBestCmap()[ord(letter)]) for letter in letters}
    data = io.BytesIO()
    font.save(data)
    widths = " ".join(
        f"{glyphs[letter]}[{_thousandths(font, font['hmtx'][font.getBestCmap()[ord(letter)]][0])}]"
        for letter in letters
    )
    head, hhea = font["head"], font["hhea"]
    box = " ".join(str(_thousandths(font, value)) for value in
                   (head.xMin, head.yMin, head.xMax, head.yMax))  # fmt: skip
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/Lang(zh-CN)>>",
        b"",
        b"<</Type/Font/Subtype/Type0/BaseFont/AAAAAA+Sample/Encoding/Identity-H/ToUnicode 7 0 R%b"
        % b"/DescendantFonts[4 0 R]>>",
        f"<</Type/Font/Subtype/CIDFontType2/BaseFont/AAAAAA+Sample/CIDToGIDMap/Identity/DW 1000"
        f"/W[{widths}]/FontDescriptor 5 0 R"
        "/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>>>".encode(),
        f"<</Type/FontDescriptor/FontName/AAAAAA+Sample/Flags 4/FontBBox[{box}]/ItalicAngle 0"
        f"/Ascent {_thousandths(font, hhea.ascent)}"
        f"/Descent {_thousandths(font, hhea.descent)}/CapHeight 733/StemV 80"
        "/FontFile2 6 0 R>>".encode(),
        _stream(data.getvalue()),
        _stream(_to_unicode(glyphs)),
        b"<</Title<FEFF" + "洞庭湖江豚考察报告".encode("utf-16-be").hex().encode() + b">>>",
    ]
    kids = []
    for page in PAGES:
        objects.append(_stream("\n".join(_drawn(page, glyphs)).encode()))
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {len(objects)} 0 R"
            "/Resources<</Font<</F1 3 0 R>>>>>>".encode()
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<</Type/Pages/Count {len(kids)}/Kids[{' '.join(kids)}]>>".encode()
    return _file(objects)


def _of_letters(file: Path, letters: list[str]) -> TTFont:
    """A font with these letters only, their outlines as TrueType has them."""
    number = 2 if file.suffix == ".ttc" else -1  # of Noto's collections: simplified Chinese
    font = TTFont(file, fontNumber=number, recalcTimestamp=False)
    options = Options(layout_features=[], name_IDs=[], hinting=False, notdef_outline=True)
    subset = Subsetter(options)
    subset.populate(unicodes=[ord(letter) for letter in letters])
    subset.subset(font)
    drawn, outlines = font.getGlyphSet(), {}
    for name in font.getGlyphOrder():
        pen = TTGlyphPen(drawn)
        drawn[name].draw(Cu2QuPen(pen, max_err=1.0, reverse_direction=True))
        outlines[name] = pen.glyph()
    font["loca"], font["glyf"] = newTable("loca"), newTable("glyf")
    font["glyf"].glyphs = outlines
    font["glyf"].glyphOrder = font.getGlyphOrder()
    font["maxp"].tableVersion = 0x00010000
    font["maxp"].maxZones = 1
    for field in (
        "maxTwilightPoints maxStorage maxFunctionDefs maxInstructionDefs maxStackElements "
        "maxSizeOfInstructions maxComponentElements maxPoints maxContours maxCompositePoints "
        "maxCompositeContours maxComponentDepth"
    ).split():
        setattr(font["maxp"], field, 0)
    for table in {*font.keys()} - {"GlyphOrder", *"head hhea hmtx maxp loca glyf cmap".split()}:
        del font[table]
    font.sfntVersion = "\x00\x01\x00\x00"
    return font


def _thousandths(font: TTFont, value: int) -> int:
    return round(value * 1000 / font["head"].unitsPerEm)


def _drawn(page: list[tuple[int, list[str]]], glyphs: dict[str, int]) -> list[str]:
    lines, y = [], 770
    for number, (size, cells) in enumerate(page):
        for x, cell in zip(COLUMNS, cells, strict=False):
            codes = "".join(f"{glyphs[letter]:04X}" for letter in cell)
            lines.append(f"BT /F1 {size} Tf {x} {y} Td <{codes}> Tj ET")
        following = page[number + 1][1] if number + 1 < len(page) else []
        y -= 44 if size == TITLE else 20 if len(cells) == len(following) == 3 else 34
    return lines


def _to_unicode(glyphs: dict[str, int]) -> bytes:
    pairs = [f"<{glyph:04X}> <{ord(letter):04X}>" for letter, glyph in glyphs.items()]
    blocks = [pairs[at : at + 100] for at in range(0, len(pairs), 100)]
    said = "\n".join(
        f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks
    )
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Sample def "
        "/CMapType 2 def 1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
        f"{said}\nendcmap CMapName currentdict /CMap defineresource pop end end"
    ).encode()


def _stream(data: bytes) -> bytes:
    packed = zlib.compress(data, 9)
    return (
        f"<</Length {len(packed)}/Length1 {len(data)}/Filter/FlateDecode>>stream\n".encode()
        + packed
        + b"\nendstream"
    )


def _file(objects: list[bytes]) -> bytes:
    out, places = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    count = len(objects) + 1
    return (
        out
        + (
            f"xref\n0 {count}\n0000000000 65535 f \n{table}"
            f"trailer<</Size {count}/Root 1 0 R/Info 8 0 R>>\nstartxref\n{len(out)}\n%%EOF\n"
        ).encode()
    )


if __name__ == "__main__":
    target = Path(__file__).parents[2] / "zhipu_emulator" / "samples" / "report_zh.pdf"
    target.write_bytes(made(Path(sys.argv[1])))
