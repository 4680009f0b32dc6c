"""Label files one can print or scan: PNG, PDF and ZPL with a Code 128 of the tracking code."""

from __future__ import annotations

import struct
import zlib

WIDTHS = [
    "212222",
    "222122",
    "222221",
    "121223",
    "121322",
    "131222",
    "122213",
    "122312",
    "132212",
    "221213",
    "221312",
    "231212",
    "112232",
    "122132",
    "122231",
    "113222",
    "123122",
    "123221",
    "223211",
    "221132",
    "221231",
    "213212",
    "223112",
    "312131",
    "311222",
    "321122",
    "321221",
    "312212",
    "322112",
    "322211",
    "212123",
    "212321",
    "232121",
    "111323",
    "131123",
    "131321",
    "112313",
    "132113",
    "132311",
    "211313",
    "231113",
    "231311",
    "112133",
    "112331",
    "132131",
    "113123",
    "113321",
    "133121",
    "313121",
    "211331",
    "231131",
    "213113",
    "213311",
    "213131",
    "311123",
    "311321",
    "331121",
    "312113",
    "312311",
    "332111",
    "314111",
    "221411",
    "431111",
    "111224",
    "111422",
    "121124",
    "121421",
    "141122",
    "141221",
    "112214",
    "112412",
    "122114",
    "122411",
    "142112",
    "142211",
    "241211",
    "221114",
    "413111",
    "241112",
    "134111",
    "111242",
    "121142",
    "121241",
    "114212",
    "124112",
    "124211",
    "411212",
    "421112",
    "421211",
    "212141",
    "214121",
    "412121",
    "111143",
    "111341",
    "131141",
    "114113",
    "114311",
    "411113",
    "411311",
    "113141",
    "114131",
    "311141",
    "411131",
    "211412",
    "211214",
    "211232",
]
START_B, STOP = 104, "2331112"
WIDTH, HEIGHT = 812, 1218  # 4 x 6 inches at 203 dpi


def bars(text: str) -> list[int]:
    """Widths of bars and gaps in turn, beginning with a bar (ISO/IEC 15417, code set B)."""
    values = [ord(letter) - 32 for letter in text]
    check = (START_B + sum(place * value for place, value in enumerate(values, 1))) % 103
    pattern = "".join(WIDTHS[value] for value in (START_B, *values, check)) + STOP
    return [int(width) for width in pattern]


def _stripes(text: str) -> list[tuple[int, int]]:
    """Left edge and width of each bar in dots, centered on the label."""
    widths = bars(text)
    dot = max(1, min(3, (WIDTH - 120) // sum(widths)))
    left, found = (WIDTH - dot * sum(widths)) // 2, []
    for number, width in enumerate(widths):
        if number % 2 == 0:
            found.append((left, width * dot))
        left += width * dot
    return found


def png(code: str) -> bytes:
    """A black and white picture: a frame and the barcode."""
    blank, frame = bytearray(b"\xff" * WIDTH), bytearray(b"\xff" * WIDTH)
    frame[20 : WIDTH - 20] = b"\x00" * (WIDTH - 40)
    coded = bytearray(blank)
    for left, width in _stripes(code):
        coded[left : left + width] = b"\x00" * width
    rows = []
    for y in range(HEIGHT):
        in_frame = y in {20, 21, 22, 700, 701, 1195, 1196, 1197}
        rows.append(b"\x00" + bytes(frame if in_frame else coded if 780 <= y < 1080 else blank))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"".join(rows))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def _escaped(text: str) -> bytes:
    return (
        text.encode("latin-1", "replace").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
    )


def pdf(title: str, lines: list[str], code: str) -> bytes:
    """One page of 4 x 6 inches (288 x 432 points)."""
    scale = 288 / WIDTH
    drawn = [b"BT /F1 18 Tf 18 396 Td (%s) Tj ET" % _escaped(title)]
    drawn += [
        b"BT /F1 11 Tf 18 %d Td (%s) Tj ET" % (366 - 15 * n, _escaped(line)) for n, line in enumerate(lines)
    ]
    drawn += [b"%.2f 70 %.2f 100 re f" % (left * scale, width * scale) for left, width in _stripes(code)]
    drawn.append(b"BT /F1 10 Tf 18 50 Td (%s) Tj ET" % _escaped(code))
    content = b"\n".join(drawn)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 288 432] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count = len(objects) + 1
    tail = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % count + table + tail


def zpl(title: str, lines: list[str], code: str) -> bytes:
    """The same label for a thermal printer."""

    def clean(text: str) -> str:
        return text.replace("^", " ").replace("~", " ")

    rows = [f"^FO50,{180 + 45 * n}^A0N,32,32^FD{clean(line)}^FS" for n, line in enumerate(lines)]
    head = f"^XA^CI28^PW{WIDTH}^LL{HEIGHT}^FO50,60^A0N,60,60^FD{clean(title)}^FS"
    code_field = f"^FO60,780^BY2^BCN,300,Y,N,N^FD{clean(code)}^FS"
    return "\n".join([head, *rows, code_field, "^XZ", ""]).encode()
