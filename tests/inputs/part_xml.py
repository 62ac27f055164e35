# SPDX-License-Identifier: Apache-2.0
"""XML that means harm: entities, depth, and parts of any size."""
import http.server
import os
import threading

from run import MIB, Wrong

SOURCE = 'o.source.xml { path = "x.xml", record = "r", fields = { a = "a", k = "@k" } }'


def load(t, *pieces, **bounds):
    t.write("x.xml", *pieces)
    return t.load(SOURCE, "", **bounds)


def test_billion_laughs_are_refused(t):
    bomb = '<!DOCTYPE d [<!ENTITY a0 "ha">' + "".join(
        f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 30)) + "]>"
    load(t, bomb + "<d><r><a>&a29;</a></r></d>").ended(4, "it declares entities")


def test_quadratic_blow_up_is_refused(t):
    load(t, '<!DOCTYPE d [<!ENTITY a "', (b"x", 1 * MIB), '">]><d><r><a>', (b"&a;", 100000),
         "</a></r></d>").ended(4, "it declares entities")


def test_an_entity_that_holds_itself_is_refused(t):
    load(t, '<!DOCTYPE d [<!ENTITY a "&b;"><!ENTITY b "&a;">]><d><r><a>&a;</a></r></d>'
         ).ended(4, "it declares entities")


def test_nothing_outside_is_opened(t):
    """The file is a FIFO, which would hold whoever opens it; the port notes whoever connects."""
    asked = []

    class Noter(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Noter)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.mkfifo(t.path("watched"))
    watched = os.open(t.path("watched"), os.O_RDONLY | os.O_NONBLOCK)
    http_place = f"http://127.0.0.1:{server.server_port}/x"
    file_place = "file://" + t.path("watched")
    body = "<d><r><a>1</a></r></d>"
    try:
        for place in (http_place, file_place, t.path("watched"), "ftp" + http_place[4:]):
            for declared in (f'<!DOCTYPE d [<!ENTITY a SYSTEM "{place}">]>',
                             f'<!DOCTYPE d [<!ENTITY a PUBLIC "-//X//" "{place}">]>',
                             f'<!DOCTYPE d [<!ENTITY % p SYSTEM "{place}"> %p;]>'):
                load(t, declared + body.replace("1", "&a;" if "% p" not in declared else "1"),
                     seconds=5).ended(4, "it declares entities")
            # A DTD, a schema, a style sheet or an inclusion is named, and left alone.
            for document in (f'<!DOCTYPE d SYSTEM "{place}">' + body,
                             f'<!DOCTYPE d PUBLIC "-//X//" "{place}">' + body,
                             f'<?xml-stylesheet href="{place}"?>' + body,
                             f'<?xml-model href="{place}"?>' + body,
                             '<d xmlns:xi="http://www.w3.org/2001/XInclude"><r><a>1</a>'
                             f'<xi:include href="{place}"/></r></d>',
                             '<d xmlns:s="http://www.w3.org/2001/XMLSchema-instance" '
                             f's:schemaLocation="urn:x {place}"><r><a>1</a></r></d>'):
                os.path.exists(t.path("out.gpkg")) and os.remove(t.path("out.gpkg"))
                load(t, document, seconds=5).ended(0, "loaded               1")
        if asked:
            raise Wrong(f"it asked the network for {asked}")
        if os.read(watched, 1) != b"":
            raise Wrong("somebody wrote")
    finally:
        os.close(watched)
        server.shutdown()
        server.server_close()


def test_depth_is_refused(t):
    load(t, (b"<r>", 10000), (b"</r>", 10000)).ended(4, "it nests too deep")
    load(t, (b"<r>", t.huge // 3)).ended(4, "it nests too deep")


def test_a_text_without_end_rejects_its_record(t):
    load(t, "<d><r><a>", (b"x", t.huge), "</a></r><r><a>2</a></r></d>", seconds=60, peak=64 * MIB
         ).ended(5, "1 of 2 records rejected", "longer than 1048576 bytes (max_text)")


def test_blanks_without_end_are_passed_over(t):
    load(t, "<d>", (b" \n", t.huge // 2), "<r><a>1</a></r></d>", seconds=60, peak=64 * MIB
         ).ended(0, "loaded               1")


def test_an_attribute_without_end_is_refused(t):
    load(t, '<d><r k="', (b"x", t.huge), '"/></d>', seconds=60, peak=128 * MIB).ended(4)


def test_a_million_attributes_are_refused(t):
    def attributes(n):
        return (f' a{i}="1"' for i in range(n))

    load(t, "<d><r", attributes(1000000), "/></d>", peak=128 * MIB).ended(4, "cannot read")
    load(t, "<d><r", attributes(257), "/></d>").ended(4, "more than 256 attributes")
    load(t, "<d><r", attributes(256), "/></d>").ended(0)


def test_a_million_siblings_are_read(t):
    load(t, "<d>", (b"<x/>", 1000000), (b"<r/>", 1), (b"<r><a>1</a></r>", 50000), "</d>",
         peak=96 * MIB).ended(0, "50\u202f001 inserted")
    load(t, "<d><r>", (b"<x>1</x>", 1000000), "<a>1</a></r></d>", "", peak=96 * MIB).ended(0)


def test_names_without_end_are_refused(t):
    for document in (("<d><", (b"n", MIB), "/></d>"), ("<d><r ", (b"n", MIB), '="1"/></d>'),
                     ("<", (b"p", MIB), ":d/>"), ("<?", (b"p", MIB), " x?><d/>"),
                     ("<d>&", (b"e", MIB), ";</d>"), ("<!DOCTYPE ", (b"d", MIB), "><d/>")):
        load(t, *document, peak=64 * MIB).ended(4, "cannot read")


def test_namespaces_without_number_are_refused(t):
    spaces = (f' xmlns:n{i}="urn:{i}"' for i in range(50000))
    load(t, "<d", spaces, "><r><a>1</a></r></d>", peak=128 * MIB).ended(0)


def test_comments_instructions_and_sections_without_end_take_no_memory(t):
    for begin, end in (("<!--", "-->"), ("<?p ", "?>")):
        load(t, "<d>" + begin, (b"x", t.huge), end + "<r><a>1</a></r></d>", seconds=60,
             peak=128 * MIB)
    load(t, "<d><r><a><![CDATA[", (b"x", t.huge), "]]></a></r><r><a>2</a></r></d>", seconds=60,
         peak=128 * MIB)
    load(t, "<d>", (b"<!--x-->", t.huge // 16), "<r><a>1</a></r></d>", seconds=60, peak=64 * MIB
         ).ended(0)


def test_characters_by_number_are_checked(t):
    for reference in ("&#0;", "&#xD800;", "&#x110000;", "&#99999999999999999999;", "&#x;"):
        load(t, f"<d><r><a>{reference}</a></r></d>").ended(4, "not well-formed")


def test_bytes_that_are_no_xml_are_refused(t):
    for document in (b"\0" * 1000, b"<", b"<d>\0</d>", b"\xff\xfe<\0d", b"<d><r></d></r>",
                     b"<d>]]></d>", b"<d a=1/>", b"<d a='1' a='2'/>", b"<d/><d/>", b"%PDF-1.7"):
        load(t, document).ended(4, "cannot read")
