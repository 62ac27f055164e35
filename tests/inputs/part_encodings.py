# SPDX-License-Identifier: Apache-2.0
"""Bytes that are none of their encoding: an error with the place, never another character."""
import sqlite3

from run import MIB, Wrong, lua

BUFFER = 512 * 1024  # of the host's reading
OVERLONG = [b"\xc0\xaf", b"\xc1\xbf", b"\xe0\x80\xaf", b"\xe0\x9f\xbf", b"\xf0\x80\x80\xaf",
            b"\xf0\x8f\xbf\xbf"]
SURROGATES = [b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xed\xa0\x80\xed\xb0\x80"]
BEYOND = [b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xff", b"\xfe"]
CUT = [b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"\xe2", b"\xf0", b"\xf0\x9f"]
ALONE = [b"\x80", b"\xbf", b"\xc3\x41", b"\xe2\x82\x41", b"\xf0\x9f\x98\x41"]


def refused(t, encoding, data, offset, byte):
    t.write("x.csv", data)
    for connector in ("csv",):
        done = t.load(f'o.source.{connector} {{ path = "x.csv", delimiter = ";", '
                      f'encoding = {lua(encoding)} }}')
        place = f"at byte {offset}" if offset is not None else ""
        what = f"0x{byte:02X}" if byte is not None else ""
        done.ended(4, "cannot decode \"x.csv\"", what)
        if place and str(offset) not in done.err:
            raise Wrong(f"no offset {offset} in {done.err!r} for {data[-20:]!r} as {encoding}")


def rows(t, encoding, data):
    t.write("x.csv", data)
    t.load(f'o.source.csv {{ path = "x.csv", delimiter = ";", encoding = {lua(encoding)} }}'
           ).ended(0)
    with sqlite3.connect(t.path("out.gpkg")) as db:
        got = db.execute("select b from t order by fid").fetchall()
    t.run("rejects", "out.gpkg")
    import os
    os.remove(t.path("out.gpkg"))
    return [g[0] for g in got]


def test_utf8_that_is_none_is_refused_with_its_place(t):
    head = b"a;b\n1;"
    for bad in OVERLONG + SURROGATES + BEYOND + ALONE:
        refused(t, "UTF-8", head + bad + b"x\n", len(head), None)
    for bad in CUT:
        refused(t, "UTF-8", head + bad, None, None)


def test_bad_bytes_are_found_at_the_border_of_a_buffer(t):
    line = b"1;" + b"x" * 61 + b"\n"
    for at in (BUFFER - 3, BUFFER - 2, BUFFER - 1, BUFFER, BUFFER + 1):
        start = b"a;b\n" + b"1;" + b"y" * (at - 4 - 2)
        for bad in (b"\xf0\x80\x80\xaf", b"\xed\xa0\x80", b"\xf0\x9f\x98\x41"):
            refused(t, "UTF-8", start + bad + b"\n" + line * 100, at, None)
        good = "é😀€".encode()
        got = rows(t, "UTF-8", start + good + b"\n" + line)
        if not got[0].endswith("yé😀€"):
            raise Wrong(f"at {at}: {got[0][-8:]!r}")
    for bad in CUT:
        refused(t, "UTF-8", b"a;b\n1;" + b"y" * (BUFFER - 6 - len(bad)) + bad, None, None)


def test_utf16_that_is_none_is_refused(t):
    for name, code in (("UTF-16LE", "utf-16-le"), ("UTF-16BE", "utf-16-be")):
        head = "a;b\n1;".encode(code)
        high, low = "\ud83d".encode(code, "surrogatepass"), "\ude00".encode(code, "surrogatepass")
        x = "x\n".encode(code)
        for bad in (high + x, low + x, high + high + low + x, low + high + x):
            refused(t, name, head + bad, len(head), None)
        for bad in (high, x[:1], "x".encode(code) + x[:1], high + low[:1]):
            refused(t, name, head + bad, None, None)
        if rows(t, name, head + high + low + x) != ["😀x"]:
            raise Wrong("a pair of surrogates is one character")
        long = "a;b\n".encode(code) + ("1;" + "y" * 1000 + "\n").encode(code) * 300
        pad = BUFFER - len(long) % BUFFER
        for shift in (0, 1, 2):
            filled = long + ("1;" + "z" * (pad // 2 - 2 - shift)).encode(code)
            refused(t, name, filled + high + x, len(filled), None)
            if not rows(t, name, filled + high + low + x)[-1].endswith("z😀x"):
                raise Wrong("a pair over a border")


def test_a_byte_order_mark_decides(t):
    for code, mark in (("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff"),
                       ("utf-8", b"\xef\xbb\xbf")):
        if rows(t, "auto", mark + "a;b\n1;é😀\n".encode(code)) != ["é😀"]:
            raise Wrong(code)


def test_windows_1252_has_five_bytes_that_mean_nothing(t):
    for byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D):
        refused(t, "windows-1252", b"a;b\n1;x" + bytes([byte]) + b"\n", 7, byte)
    every = bytes(b for b in range(0x80, 0x100) if b not in (0x81, 0x8D, 0x8F, 0x90, 0x9D))
    if rows(t, "windows-1252", b"a;b\n1;" + every + b"\n") != [every.decode("cp1252")]:
        raise Wrong("windows-1252")


def test_every_byte_of_the_latin_alphabets_is_itself(t):
    every = bytes(b for b in range(0xA0, 0x100))
    for name in ("ISO-8859-1", "ISO-8859-15"):
        if rows(t, name, b"a;b\n1;" + every + b"\n") != [every.decode(name)]:
            raise Wrong(name)


ICU = [
    ("GB18030", "gb18030", "中文é😀", [b"\x81\x30", b"\x81\x30\x81\x20", b"\xff\x41"]),
    ("Shift_JIS", "shift_jis", "日本ｱ", [b"\x81\x20", b"\xa0", b"\xfd", b"\x85\x40"]),
    ("EUC-JP", "euc_jp", "日本", [b"\x8f\xa1", b"\xff\xa1", b"\xa1\x20"]),
    ("Big5", "big5", "中文", [b"\x81\x20"]),
    ("UTF-32LE", "utf-32-le", "é😀", []),
    ("UTF-32BE", "utf-32-be", "é😀", []),
    ("ISO-2022-JP", "iso2022_jp", "日本", [b"\x1b$B\x80\x80", b"\x1b$z", b"\x80"]),
    ("KOI8-R", "koi8_r", "мир", []),
]


def test_encodings_of_the_module_are_as_strict(t):
    for name, code, text, bad in ICU:
        head = "a;b\n1;".encode(code)
        if rows(t, name, head + (text + "\n").encode(code)) != [text]:
            raise Wrong(name)
        for bytes_ in bad:
            refused(t, name, head + bytes_ + "x\n".encode(code), None, None)


def test_utf32_beyond_unicode_is_refused(t):
    for name, order in (("UTF-32LE", "little"), ("UTF-32BE", "big")):
        head = "a;b\n1;".encode("utf-32-le" if order == "little" else "utf-32-be")
        for point in (0xD800, 0x110000, 0xFFFFFFFF):
            refused(t, name, head + point.to_bytes(4, order) + head, None, None)
        refused(t, name, head + b"x\0", None, None)


def test_encodings_that_hide_text_are_refused(t):
    """UTF-7 and its kin write ; and quotes in other bytes."""
    for name in ("UTF-7", "utf7", "IMAP-mailbox-name", "SCSU", "BOCU-1", "HZ", "LMBCS-1", "../../etc/passwd", "", "UTF-8,escape", "x" * 5000, "\n", "\x1b[31m"):
        t.write("x.csv", "a;b\n1;2\n")
        done = t.load(f'o.source.csv {{ path = "x.csv", delimiter = ";", encoding = {lua(name)} }}')
        if done.code not in (3, 4) or "\x1b" in done.err:
            raise Wrong(f"{name!r} is taken, exit {done.code}: {done.err!r}")


def test_xml_is_held_to_the_encoding_it_declares(t):
    source = 'o.source.xml { path = "x.xml", record = "r", fields = { a = "a" } }'
    for bad in OVERLONG + SURROGATES + BEYOND[:1] + ALONE:
        t.write("x.xml", b'<?xml version="1.0" encoding="UTF-8"?><d><r><a>', bad, b"</a></r></d>")
        t.load(source).ended(4, "x.xml")
    for name in ("UTF-7", "IMAP-mailbox-name", "nonsense", "UTF-16"):
        t.write("x.xml", f'<?xml version="1.0" encoding="{name}"?><d><r><a>+ADw-</a></r></d>')
        t.load(source).ended(4, "cannot read")


def test_xml_that_is_refused_is_read_no_further(t):
    """The library told of an element after the one that ended it: names on the way were missing."""
    t.write("x.xml", b'<?xml version="1.0" encoding="UTF-7"?><d><R>\x07')
    t.load('o.source.xml { path = "x.xml", record = "/d/R" }').ended(4, "cannot read")
