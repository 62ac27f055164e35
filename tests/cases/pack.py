#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes packed files for the cases: the same bytes wherever it runs, unless they are compressed.

    pack.py zip OUT [NAME=]FILE...     stored, so that sizes are the same with every zlib
    pack.py tar OUT [NAME=]FILE...     NAME=>TARGET is a symbolic link
    pack.py nest OUT DEPTH FILE        zip files in one another
    pack.py repeat OUT LINES FILE      xz of the first line and the second so many times
    pack.py dictionary OUT FILE        an xz that asks for a dictionary of 4 GiB
    pack.py overlap OUT COUNT FILE     a zip whose COUNT members are all the same bytes of it
"""
import io
import lzma
import struct
import sys
import tarfile
import zipfile
import zlib

LONG_AGO = (2025, 1, 1, 0, 0, 0)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def members(words):
    for word in words:
        name, _, path = word.rpartition("=")
        yield (name or path), path


def zip_of(pairs):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as z:
        for name, content in pairs:
            z.writestr(zipfile.ZipInfo(name, LONG_AGO), content)
    return out.getvalue()


def tar_of(words):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as t:
        for name, path in members(words):
            info = tarfile.TarInfo(name)
            if path.startswith(">"):
                info.type, info.linkname = tarfile.SYMTYPE, path[1:]
                t.addfile(info)
                continue
            content = read(path)
            info.size = len(content)
            t.addfile(info, io.BytesIO(content))
    return out.getvalue()


def nest(depth, path):
    content, name = read(path), path
    for level in range(depth, 0, -1):
        content, name = zip_of([(name, content)]), f"{level}.zip"
    return content


def repeat(times, path):
    first, second = read(path).splitlines(keepends=True)[:2]
    return lzma.compress(first + second * times, preset=0)


def dictionary(path):
    """The size stands in the block's head, behind the filter LZMA2, which has one byte of it."""
    packed = lzma.compress(read(path), check=lzma.CHECK_CRC32)
    end = 12 + (packed[12] + 1) * 4
    head = packed[12:end - 4].replace(b"\x21\x01" + packed[16:17], b"\x21\x01\x28", 1)
    return packed[:12] + head + struct.pack("<I", zlib.crc32(head)) + packed[end:]


def overlap(count, path):
    data = read(path)
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = deflate.compress(data) + deflate.flush()
    sizes = (zlib.crc32(data), len(packed), len(data))
    body = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 8, 0, 0, *sizes, 5, 0) + b"a.csv" + packed
    listed = b""
    for i in range(count):
        name = b"%05d.csv" % i
        listed += struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 8, 0, 0, *sizes,
                              len(name), 0, 0, 0, 0, 0, 0) + name
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, len(listed), len(body), 0)
    return body + listed + end


def main():
    what, out, words = sys.argv[1], sys.argv[2], sys.argv[3:]
    content = {
        "zip": lambda: zip_of([(n, read(p)) for n, p in members(words)]),
        "tar": lambda: tar_of(words),
        "nest": lambda: nest(int(words[0]), words[1]),
        "repeat": lambda: repeat(int(words[0]), words[1]),
        "dictionary": lambda: dictionary(words[0]),
        "overlap": lambda: overlap(int(words[0]), words[1]),
    }[what]()
    with open(out, "wb") as f:
        f.write(content)


if __name__ == "__main__":
    main()
