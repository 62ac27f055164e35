/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin_support.h"

#include "plugin/detect.h"

static struct orch_detected detected(const char *bytes, size_t n, bool whole)
{
    struct orch_detected d = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    uint8_t *copy = malloc(n + 1);

    assert_non_null(copy);
    memcpy(copy, bytes, n);
    if (orch_detect("x.csv", NULL, copy, n, whole, &d, &err) != ORCH_OK)
        fail_msg("%s: %s", err.message, err.detail);
    free(copy);
    return d;
}

static void assert_detected(const char *bytes, size_t n, const char *name, size_t mark,
                            bool content)
{
    struct orch_detected d = detected(bytes, n, true);

    assert_string_equal(d.encoding.name, name);
    assert_int_equal(d.mark_bytes, mark);
    assert_int_equal(d.by_content, content);
}

#define ASSERT_DETECTED(bytes, ...) assert_detected(bytes, sizeof(bytes) - 1, __VA_ARGS__)

static void a_byte_order_mark_decides(void **state)
{
    (void)state;
    ASSERT_DETECTED("\xEF\xBB\xBFname", "UTF-8", 3, false);
    ASSERT_DETECTED("\xFF\xFEn\0", "UTF-16LE", 2, false);
    ASSERT_DETECTED("\xFE\xFF\0n", "UTF-16BE", 2, false);
    /* A mark does not vouch for the bytes behind it: the decoder will. */
    ASSERT_DETECTED("\xEF\xBB\xBF\xE9", "UTF-8", 3, false);
}

static void without_a_mark_the_content_decides(void **state)
{
    (void)state;
    ASSERT_DETECTED("", "UTF-8", 0, true);
    ASSERT_DETECTED("plain", "UTF-8", 0, true);
    ASSERT_DETECTED("caf\xC3\xA9", "UTF-8", 0, true);
    ASSERT_DETECTED("caf\xE9", "windows-1252", 0, true);
    ASSERT_DETECTED("caf\xE9 noir", "windows-1252", 0, true);
    ASSERT_DETECTED("caf\xC3", "windows-1252", 0, true);
    ASSERT_DETECTED("\xEF\xBB", "windows-1252", 0, true);
    ASSERT_DETECTED("one \0 zero byte among many others", "UTF-8", 0, true);
}

static void a_code_point_cut_by_the_window_is_still_utf8(void **state)
{
    (void)state;
    const size_t n = ORCH_DETECT_WINDOW;
    char *text = malloc(n + 8);

    assert_non_null(text);
    for (size_t cut = 1; cut <= 3; cut++) {
        memset(text, 'a', n + 8);
        memcpy(text + n - cut, "\xF0\x9F\x98\x80", 4);
        /* Nothing but the window was read, more follows. */
        assert_string_equal(detected(text, n, false).encoding.name, "UTF-8");
        assert_string_equal(detected(text, n + 8, false).encoding.name, "UTF-8");
        /* The input ends there. */
        assert_string_equal(detected(text, n, true).encoding.name, "windows-1252");
        /* What follows shows that it is no code point. */
        text[n - cut + 1] = 'z';
        assert_string_equal(detected(text, n + 8, false).encoding.name, "windows-1252");
    }
    /* Bytes behind the window do not count. */
    memset(text, 'a', n);
    memset(text + n, 0xE9, 8);
    assert_string_equal(detected(text, n + 8, true).encoding.name, "UTF-8");
    free(text);
}

static void assert_refused(const char *wanted, const char *bytes, size_t n, const char *message,
                           const char *detail, const char *hint)
{
    struct orch_encoding encoding;
    struct orch_detected d;
    orch_error err = ORCH_ERROR_INIT;

    if (wanted)
        assert_int_equal(orch_encoding_find(wanted, &encoding, NULL), ORCH_OK);
    assert_int_equal(orch_detect("x.csv", wanted ? &encoding : NULL, (const uint8_t *)bytes, n,
                                 true, &d, &err), ORCH_EDATA);
    assert_error(&err, ORCH_EDATA, message, detail, hint);
}

static void utf16_without_its_mark_is_not_guessed(void **state)
{
    (void)state;
    assert_refused(NULL, "n\0a\0m\0e\0", 8, "cannot tell the encoding of \"x.csv\"",
                   "4 of its first 8 bytes are zero", "set encoding = \"UTF-16LE\" if it is text");
    assert_refused(NULL, "\0n\0a\0m\0e", 8, "cannot tell the encoding of \"x.csv\"",
                   "4 of its first 8 bytes are zero", "set encoding = \"UTF-16BE\" if it is text");
    assert_refused(NULL, "\0\0\0\0", 4, "cannot tell the encoding of \"x.csv\"",
                   "4 of its first 4 bytes are zero", "set encoding if it is text");
    assert_refused("UTF-16", "n\0a\0", 4, "\"x.csv\" has no byte order mark of UTF-16", "",
                   "set encoding = \"UTF-16LE\" (usual on Windows) or \"UTF-16BE\"");
}

static void compressed_files_are_told_as_such(void **state)
{
    (void)state;
    assert_refused(NULL, "\x1F\x8B\x08\0", 4, "\"x.csv\" is no text",
                   "its first bytes are those of a compressed file: gzip",
                   "leave out unpack = \"no\", or unpack it first");
    assert_refused(NULL, "PK\x03\x04rest", 8, "\"x.csv\" is no text",
                   "its first bytes are those of a compressed file: zip (an .xlsx or .ods file is "
                   "one too)", NULL);
    assert_refused("windows-1252", "PK\x03\x04rest", 8, "\"x.csv\" is no text", NULL, NULL);
    ASSERT_DETECTED("PK;name", "UTF-8", 0, true);
}

static void documents_are_told_as_such(void **state)
{
    (void)state;
    assert_refused(NULL, "%PDF-1.7\n", 9, "\"x.csv\" is no text",
                   "its first bytes are those of a PDF document", "export it as text");
    assert_refused("windows-1252", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8,
                   "\"x.csv\" is no text",
                   "its first bytes are those of an old office document (.xls, .doc)",
                   "save it as CSV");
    ASSERT_DETECTED("%PDF;name", "UTF-8", 0, true);
}

static void the_encoding_of_the_script_is_taken(void **state)
{
    (void)state;
    static const struct {
        const char *wanted, *bytes;
        size_t n;
        const char *name;
        size_t mark;
    } cases[] = {
        { "UTF-8", "\xEF\xBB\xBFx", 4, "UTF-8", 3 },
        { "UTF-8", "x", 1, "UTF-8", 0 },
        { "UTF-16", "\xFF\xFEx\0", 4, "UTF-16LE", 2 },
        { "UTF-16", "\xFE\xFF\0x", 4, "UTF-16BE", 2 },
        { "UTF-16", "", 0, "UTF-16LE", 0 },
        { "UTF-16LE", "\xFF\xFEx\0", 4, "UTF-16LE", 2 },
        { "UTF-16BE", "\0x", 2, "UTF-16BE", 0 },
        { "latin1", "\xEF\xBB\xBFx", 4, "ISO-8859-1", 0 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct orch_encoding encoding;
        struct orch_detected d = { 0 };
        assert_int_equal(orch_encoding_find(cases[i].wanted, &encoding, NULL), ORCH_OK);
        assert_int_equal(orch_detect("x", &encoding, (const uint8_t *)cases[i].bytes, cases[i].n,
                                     true, &d, NULL), ORCH_OK);
        assert_string_equal(d.encoding.name, cases[i].name);
        assert_int_equal(d.mark_bytes, cases[i].mark);
        assert_false(d.by_content);
    }
}

int main(void)
{
    setenv("ORCHESTRA_MODULES", TEST_BINARY_DIR "/lib/orchestra", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_byte_order_mark_decides),
        cmocka_unit_test(without_a_mark_the_content_decides),
        cmocka_unit_test(a_code_point_cut_by_the_window_is_still_utf8),
        cmocka_unit_test(utf16_without_its_mark_is_not_guessed),
        cmocka_unit_test(compressed_files_are_told_as_such),
        cmocka_unit_test(documents_are_told_as_such),
        cmocka_unit_test(the_encoding_of_the_script_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
