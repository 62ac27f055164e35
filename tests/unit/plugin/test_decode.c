/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin_support.h"

#include "plugin/decode.h"

struct decoded {
    char text[4096];
    size_t len;
    bool ok;
    size_t bad_at; /* where the bytes begin that do not decode */
    uint8_t bad[8];
    size_t n_bad;
};

/* Decodes with `piece` bytes of input and `room` bytes of output a step, as a stream would. */
static struct decoded decode(const struct orch_encoding *encoding, const char *bytes, size_t n,
                             size_t piece, size_t room)
{
    struct orch_decoder d;
    struct decoded r = { .ok = true };
    size_t pos = 0, shown = 0;

    assert_int_equal(orch_decoder_init(&d, encoding, NULL), ORCH_OK);
    /* An exact copy on the heap, so that a sanitizer sees a read past it. */
    uint8_t *in = malloc(n + 1), *out = malloc(room);
    assert_true(in && out);
    memcpy(in, bytes, n);
    while (r.ok) {
        struct orch_decode_step s = {
            .in = in + pos, .in_end = in + shown, .out = out, .out_end = out + room,
            .last = shown == n,
        };
        r.ok = orch_decoder_step(&d, &s);
        size_t made = (size_t)(s.out - out);
        assert_true(r.len + made <= sizeof r.text);
        memcpy(r.text + r.len, out, made);
        r.len += made;
        pos = (size_t)(s.in - in);
        r.bad_at = pos - s.n_bad;
        r.n_bad = s.n_bad;
        memcpy(r.bad, s.bad, s.n_bad);
        if (made == 0 && shown == n)
            break;
        if (made == 0)
            shown = shown + piece < n ? shown + piece : n;
    }
    free(in);
    free(out);
    orch_decoder_release(&d);
    return r;
}

static struct orch_encoding encoding_of(const char *name)
{
    struct orch_encoding e = { 0 };
    orch_error err = ORCH_ERROR_INIT;

    if (orch_encoding_find(name, &e, &err) != ORCH_OK)
        fail_msg("%s: %s", err.message, err.hint);
    return e;
}

/* Whatever the pieces, the text is the same. */
static void assert_decodes(const char *name, const char *bytes, size_t n, const char *text,
                           size_t len)
{
    const struct orch_encoding e = encoding_of(name);
    const size_t pieces[] = { 1, 2, 3, 5, 7, 8, 13, 4096 }, rooms[] = { 16, 17, 19, 64, 4096 };

    for (size_t p = 0; p < sizeof pieces / sizeof *pieces; p++) {
        for (size_t r = 0; r < sizeof rooms / sizeof *rooms; r++) {
            struct decoded d = decode(&e, bytes, n, pieces[p], rooms[r]);
            if (!d.ok || d.len != len || memcmp(d.text, text, len) != 0)
                fail_msg("%s, piece %zu, room %zu: ok %d, %zu bytes instead of %zu", name,
                         pieces[p], rooms[r], d.ok, d.len, len);
        }
    }
}

#define ASSERT_DECODES(name, bytes, text)                                                          \
    assert_decodes(name, bytes, sizeof(bytes) - 1, text, sizeof(text) - 1)

static void assert_bad(const char *name, const char *bytes, size_t n, size_t at, size_t n_bad)
{
    const struct orch_encoding e = encoding_of(name);
    const size_t pieces[] = { 1, 2, 3, 8, 4096 };

    for (size_t p = 0; p < sizeof pieces / sizeof *pieces; p++) {
        struct decoded d = decode(&e, bytes, n, pieces[p], 16);
        if (d.ok || d.bad_at != at || d.n_bad != n_bad)
            fail_msg("%s, piece %zu: ok %d, %zu bad bytes at %zu instead of %zu at %zu", name,
                     pieces[p], d.ok, d.n_bad, d.bad_at, n_bad, at);
        assert_memory_equal(d.bad, bytes + at, n_bad);
    }
}

#define ASSERT_BAD(name, bytes, at, n_bad) assert_bad(name, bytes, sizeof(bytes) - 1, at, n_bad)

#define LONG "Rue de la Paix; 35000; Rennes; 1234567890; 0987654321 abcdefghijkl"

static void utf8_is_copied(void **state)
{
    (void)state;
    ASSERT_DECODES("UTF-8", "", "");
    ASSERT_DECODES("UTF-8", LONG LONG, LONG LONG);
    ASSERT_DECODES("UTF-8", LONG "é€\U0001F600é" LONG "é", LONG "é€\U0001F600é" LONG "é");
    ASSERT_DECODES("utf8", "éééééééééééééééééé", "éééééééééééééééééé");
    ASSERT_DECODES("UTF_8", "\0\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80",
                   "\0\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80");
    ASSERT_DECODES("UTF-8", "\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF",
                   "\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF");
}

static void what_is_no_utf8_is_found_at_its_byte(void **state)
{
    (void)state;
    ASSERT_BAD("UTF-8", "\x80", 0, 1);
    ASSERT_BAD("UTF-8", "abc\xE9t\xE9 et la suite", 3, 1);
    ASSERT_BAD("UTF-8", LONG "\xC0\x80", sizeof LONG - 1, 1);
    ASSERT_BAD("UTF-8", "\xC1\xBF", 0, 1);
    ASSERT_BAD("UTF-8", "\xE0\x9F\xBF", 0, 1);
    ASSERT_BAD("UTF-8", "\xED\xA0\x80", 0, 1);
    ASSERT_BAD("UTF-8", "\xF0\x8F\xBF\xBF", 0, 1);
    ASSERT_BAD("UTF-8", "\xF4\x90\x80\x80", 0, 1);
    ASSERT_BAD("UTF-8", "\xF5\x80\x80\x80", 0, 1);
    ASSERT_BAD("UTF-8", "ab\xE2\x82", 2, 1);
    ASSERT_BAD("UTF-8", "ab\xE2\x28\xA1", 2, 1);
    ASSERT_BAD("UTF-8", "ab\xC3", 2, 1);
    ASSERT_BAD("UTF-8", "ab\xF0\x9F\x98", 2, 1);
}

static void windows_1252_is_decoded_by_its_table(void **state)
{
    (void)state;
    ASSERT_DECODES("windows-1252", LONG LONG, LONG LONG);
    ASSERT_DECODES("cp1252", "caf\xE9 \x80 12,50 l\x92\xE9t\xE9 \x9C\xFF", "café € 12,50 l’été œÿ");
    ASSERT_DECODES("CP-1252", "\x82\x83\x84\x85\x86\x87\x88\x89\x8A\x8B\x8C\x8E",
                   "‚ƒ„…†‡ˆ‰Š‹ŒŽ");
    ASSERT_DECODES("Windows_1252", "\x91\x92\x93\x94\x95\x96\x97\x98\x99\x9A\x9B\x9C\x9E\x9F",
                   "‘’“”•–—˜™š›œžŸ");
    ASSERT_DECODES("windows-1252", "\xA0\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9",
                   "\xC2\xA0" "éééééééééééééé");
    ASSERT_DECODES("windows-1252", "\0a\0", "\0a\0");
    const char *undefined = "\x81\x8D\x8F\x90\x9D";
    for (size_t i = 0; i < 5; i++) {
        char text[] = "Rue du Moulin ?, Rennes";
        text[14] = undefined[i];
        assert_bad("windows-1252", text, sizeof text - 1, 14, 1);
        assert_bad("windows-1252", text + 14, 1, 0, 1);
    }
}

static void the_latin_alphabets_differ_in_eight_places(void **state)
{
    (void)state;
    ASSERT_DECODES("ISO-8859-1", "\xA4\xA6\xA8\xB4\xB8\xBC\xBD\xBE\xE9\xFF\x80\x9D",
                   "¤¦¨´¸¼½¾éÿ\xC2\x80\xC2\x9D");
    ASSERT_DECODES("latin1", "caf\xE9", "café");
    ASSERT_DECODES("ISO-8859-15", "\xA4\xA6\xA8\xB4\xB8\xBC\xBD\xBE\xE9\xFF", "€ŠšŽžŒœŸéÿ");
    ASSERT_DECODES("Latin-9", "12 \xA4", "12 €");
}

static void utf16_is_decoded_in_both_orders(void **state)
{
    (void)state;
    ASSERT_DECODES("UTF-16LE", "a\0\xE9\0\xAC\x20\x3D\xD8\x00\xDE" "b\0", "aé€\U0001F600b");
    ASSERT_DECODES("utf16be", "\0a\0\xE9\x20\xAC\xD8\x3D\xDE\x00\0b", "aé€\U0001F600b");
    ASSERT_BAD("UTF-16LE", "a\0\x3D\xD8z\0", 2, 2);
    ASSERT_BAD("UTF-16LE", "a\0\x00\xDEz\0", 2, 2);
    ASSERT_BAD("UTF-16BE", "\0a\0", 2, 1);
    ASSERT_BAD("UTF-16BE", "\0a\xD8\x3D", 2, 2);
}

static bool has_module(void)
{
    if (orch_decode_module_open())
        return true;
    print_message("the module orchestra-icu.so is not built: skipped\n");
    return false;
}

static void other_encodings_come_from_the_module(void **state)
{
    (void)state;
    if (!has_module())
        skip();
    ASSERT_DECODES("IBM850", "caf\x82 \x9C", "café £");
    ASSERT_DECODES("macintosh", "caf\x8E", "café");
    ASSERT_DECODES("KOI8-R", "\xCD\xC9\xD2", "мир");
    ASSERT_DECODES("Shift_JIS", "\x93\xFA\x96\x7B" LONG "\x93\xFA", "日本" LONG "日");
    ASSERT_DECODES("GB18030", "\x94\x39\xFC\x36" LONG "\x94\x39\xFC\x36",
                   "\U0001F600" LONG "\U0001F600");
    ASSERT_DECODES("ISO-2022-JP", "a\x1B$B\x46\x7C\x1B(B!", "a日!");
    ASSERT_DECODES("UTF-32", "\xFF\xFE\0\0" "a\0\0\0\x00\xF6\x01\0", "a\U0001F600");
    struct orch_encoding e = encoding_of("cp850");
    assert_string_equal(e.name, "IBM850");
}

static void the_module_finds_the_bad_byte(void **state)
{
    (void)state;
    if (!has_module())
        skip();
    ASSERT_BAD("Shift_JIS", "abcd\x80\xFF", 4, 1);
    ASSERT_BAD("Shift_JIS", "abcdefgh\x93", 8, 1);
    ASSERT_BAD("GB18030", LONG "\xFF", sizeof LONG - 1, 1);
}

static void unknown_names_are_proposed_their_nearest(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "windows-1225", "windows-1252" },
        { "ISO-8895-15", "ISO-8859-15" },
        { "utf-9", "UTF-8" },
        { "atuo", "auto" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct orch_encoding e;
        orch_error err = ORCH_ERROR_INIT;
        char message[100], hint[100];
        assert_int_equal(orch_encoding_find(cases[i][0], &e, &err), ORCH_ECONFIG);
        snprintf(message, sizeof message, "unknown encoding \"%s\"", cases[i][0]);
        assert_string_equal(err.message, message);
        snprintf(hint, sizeof hint, "did you mean \"%s\"?", cases[i][1]);
        assert_string_equal(err.hint, hint);
    }
}

static void names_that_are_none_never_reach_the_module(void **state)
{
    (void)state;
    const char *const names[] = { "", "-", "../../etc/passwd", "ibm-37,swaplfnl", "utf\n8",
        "a-very-long-name-that-no-encoding-has-and-that-would-not-fit-into-its-place-anywhere" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct orch_encoding e;
        assert_int_equal(orch_encoding_find(names[i], &e, NULL), ORCH_ECONFIG);
    }
}

int main(void)
{
    setenv("ORCHESTRA_MODULES", TEST_BINARY_DIR "/lib/orchestra", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_is_copied),
        cmocka_unit_test(what_is_no_utf8_is_found_at_its_byte),
        cmocka_unit_test(windows_1252_is_decoded_by_its_table),
        cmocka_unit_test(the_latin_alphabets_differ_in_eight_places),
        cmocka_unit_test(utf16_is_decoded_in_both_orders),
        cmocka_unit_test(other_encodings_come_from_the_module),
        cmocka_unit_test(the_module_finds_the_bad_byte),
        cmocka_unit_test(unknown_names_are_proposed_their_nearest),
        cmocka_unit_test(names_that_are_none_never_reach_the_module),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
