/* SPDX-License-Identifier: Apache-2.0 */
#include "input_support.h"

#include "base/hash.h"

static void assert_reads(const char *encoding, const void *bytes, size_t n, const char *text,
                         size_t len, const char *detected)
{
    const size_t capacities[] = { 16, 17, 100, 65536 };
    struct folder f = folder_new();
    const char *path = folder_write(&f, "a.csv", bytes, n);
    char hash[65];

    assert_int_equal(orch_sha256_text((struct orch_str){ bytes, n }, hash, NULL), ORCH_OK);
    for (size_t i = 0; i < sizeof capacities / sizeof *capacities; i++) {
        struct orch_inputs *in = open_one(path, encoding);
        struct orch_text out = { 0 };
        orch_error err = ORCH_ERROR_INIT;
        if (read_all(in, ORCH_INPUT_TEXT, capacities[i], &out, &err) != ORCH_OK)
            fail_msg("%s: %s", err.message, err.detail);
        assert_int_equal(out.len, len);
        assert_memory_equal(orch_text_z(&out), text, len);
        assert_string_equal(orch_inputs_at(in, 0)->encoding, detected);
        assert_string_equal(orch_inputs_at(in, 0)->sha256, hash);
        orch_text_release(&out);
        orch_inputs_free(in);
    }
    folder_remove(&f);
}

#define ASSERT_READS(encoding, bytes, text, detected)                                              \
    assert_reads(encoding, bytes, sizeof(bytes) - 1, text, sizeof(text) - 1, detected)

static void small_inputs_are_decoded_whatever_the_capacity(void **state)
{
    (void)state;
    ASSERT_READS(NULL, "", "", "UTF-8");
    ASSERT_READS(NULL, "nom;ville\né;€\n", "nom;ville\né;€\n", "UTF-8");
    ASSERT_READS(NULL, "\xEF\xBB\xBFnom", "nom", "UTF-8");
    ASSERT_READS("auto", "pr\xE9nom;prix\nZo\xE9;12 \x80\n", "prénom;prix\nZoé;12 €\n",
                 "windows-1252");
    ASSERT_READS("utf-8", "\xEF\xBB\xBFnom", "nom", "UTF-8");
    ASSERT_READS("latin9", "12 \xA4", "12 €", "ISO-8859-15");
    ASSERT_READS(NULL, "\xFF\xFEn\0\xE9\0\x3D\xD8\x00\xDE", "né\U0001F600", "UTF-16LE");
    ASSERT_READS("UTF-16", "\xFE\xFF\0n\0\xE9", "né", "UTF-16BE");
    ASSERT_READS("UTF-16LE", "n\0\xE9\0", "né", "UTF-16LE");
}

static void the_module_decodes_files_too(void **state)
{
    (void)state;
    if (!orch_decode_module_open()) {
        print_message("the module orchestra-icu.so is not built: skipped\n");
        skip();
    }
    ASSERT_READS("cp850", "caf\x82", "café", "IBM850");
    ASSERT_READS(NULL, "\xFF\xFE\0\0n\0\0\0\xE9\0\0\0", "né", "UTF-32");
    ASSERT_READS("ISO-2022-JP", "a\x1B$B\x46\x7C\x1B(B!", "a日!", "ISO-2022-JP");
}

/* Larger than the raw buffer, with code points on both sides of its edge at every offset. */
static void code_points_cut_by_the_raw_buffer_are_whole(void **state)
{
    (void)state;
    const size_t n = ORCH_INPUT_BUFFER_BYTES + 64;
    char *text = malloc(n + 4);

    assert_non_null(text);
    for (size_t shift = 0; shift < 4; shift++) {
        memset(text, 'a', shift);
        for (size_t i = shift; i < n; i += 4)
            memcpy(text + i, "\xF0\x9F\x98\x80", 4);
        assert_reads(NULL, text, shift + (n - shift) / 4 * 4, text, shift + (n - shift) / 4 * 4,
                     "UTF-8");
    }
    free(text);
}

static void large_single_byte_inputs_are_decoded(void **state)
{
    (void)state;
    const size_t n = 3 * ORCH_INPUT_BUFFER_BYTES + 5;
    char *bytes = malloc(n), *text = malloc(2 * n);
    size_t len = 0;

    assert_true(bytes && text);
    for (size_t i = 0; i < n; i++) {
        bool accent = i % 7 == 3 || i % 11 == 0;
        bytes[i] = (char)(accent ? 0xE9 : 'a' + i % 26);
        memcpy(text + len, accent ? "\xC3\xA9" : &bytes[i], accent ? 2 : 1);
        len += accent ? 2 : 1;
    }
    assert_reads(NULL, bytes, n, text, len, "windows-1252");
    free(bytes);
    free(text);
}

static void raw_inputs_are_as_they_are(void **state)
{
    (void)state;
    const char bytes[] = "\xEF\xBB\xBF<a>\xE9\0\x81</a>";
    struct folder f = folder_new();
    struct orch_inputs *in = open_one(folder_write(&f, "a.xml", bytes, sizeof bytes - 1), NULL);
    struct orch_text out = { 0 };

    assert_int_equal(read_all(in, ORCH_INPUT_RAW, 16, &out, NULL), ORCH_OK);
    assert_int_equal(out.len, sizeof bytes - 1);
    assert_memory_equal(out.ptr, bytes, out.len);
    assert_null(orch_inputs_at(in, 0)->encoding);
    assert_int_equal(strlen(orch_inputs_at(in, 0)->sha256), 64);
    orch_text_release(&out);
    orch_inputs_free(in);
    folder_remove(&f);
}

static void assert_fails(const char *encoding, const void *bytes, size_t n, const char *as,
                         const char *detail, const char *hint)
{
    struct folder f = folder_new();
    const char *path = folder_write(&f, "a.csv", bytes, n);
    struct orch_inputs *in = open_one(path, encoding);
    struct orch_text out = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    char message[400];

    snprintf(message, sizeof message, "cannot decode \"%s\" as %s", path, as);
    assert_int_equal(read_all(in, ORCH_INPUT_TEXT, 16, &out, &err), ORCH_EDATA);
    assert_error(&err, ORCH_EDATA, message, detail, hint);
    assert_int_equal(read_all(in, ORCH_INPUT_TEXT, 65536, &out, NULL), ORCH_EDATA);
    assert_string_equal(orch_inputs_at(in, 0)->sha256, "");
    orch_text_release(&out);
    orch_inputs_free(in);
    folder_remove(&f);
}

static void undecodable_bytes_are_named_with_offset_and_line(void **state)
{
    (void)state;
    assert_fails("UTF-8", "a\nb\ncaf\xE9\n", 9, "UTF-8", "byte 0xE9 at offset 7, line 3",
                 "set encoding to what the file is written in: often \"windows-1252\"");
    assert_fails("UTF-8", "abc\xC3", 4, "UTF-8", "byte 0xC3 at offset 3, line 1", NULL);
    assert_fails(NULL, "caf\xE9\n\x81", 6, "windows-1252", "byte 0x81 at offset 5, line 2",
                 "it is neither UTF-8 nor windows-1252: set encoding to what it is written in, "
                 "such as \"ISO-8859-15\"");
    assert_fails("cp1252", "caf\x9D", 4, "windows-1252", "byte 0x9D at offset 3, line 1",
                 "set encoding to what the file is written in, or \"auto\"");
    assert_fails("UTF-16LE", "a\0\x00\xDE", 4, "UTF-16LE", "bytes 0x00 0xDE at offset 2", NULL);

    const size_t n = ORCH_INPUT_BUFFER_BYTES + 100;
    char *bytes = malloc(n), detail[100];
    assert_non_null(bytes);
    memset(bytes, 'a', n);
    bytes[10] = bytes[n - 60] = '\n';
    bytes[n - 50] = (char)0xE9;
    snprintf(detail, sizeof detail, "byte 0xE9 at offset %zu, line 3", n - 50);
    assert_fails(NULL, bytes, n, "UTF-8", detail,
                 "its first 64 KiB are UTF-8, this is not: set encoding = \"windows-1252\" if the "
                 "export is written so");
    free(bytes);
}

static void an_input_opened_for_its_header_is_not_hashed(void **state)
{
    (void)state;
    struct folder f = folder_new();
    struct orch_inputs *in = open_one(folder_write(&f, "a.csv", "name\n1\n", 7), NULL);
    orch_input_stream *s = NULL;
    char buffer[16];
    size_t n = 0;

    assert_int_equal(orch_stream_open(in, 0, ORCH_INPUT_TEXT, &s, NULL), ORCH_OK);
    assert_int_equal(orch_stream_consumed(s), 0);
    assert_int_equal(orch_stream_read(s, buffer, sizeof buffer, &n, NULL), ORCH_OK);
    assert_int_equal(n, 7);
    assert_int_equal(orch_stream_consumed(s), 7);
    orch_stream_close(s);
    assert_string_equal(orch_inputs_at(in, 0)->sha256, "");
    assert_string_equal(orch_inputs_at(in, 0)->encoding, "UTF-8");
    assert_true(orch_inputs_at(in, 0)->detected);
    orch_inputs_free(in);
    folder_remove(&f);
}

static void misuse_is_refused(void **state)
{
    (void)state;
    struct folder f = folder_new();
    struct orch_inputs *in = open_one(folder_write(&f, "a.csv", "x", 1), NULL);
    orch_input_stream *s = NULL;
    char buffer[16];
    size_t n = 77;

    assert_int_equal(orch_stream_open(in, 1, ORCH_INPUT_TEXT, &s, NULL), ORCH_EINVAL);
    assert_int_equal(orch_stream_open(in, 0, 7, &s, NULL), ORCH_EINVAL);
    assert_null(s);
    assert_int_equal(orch_stream_open(in, 0, ORCH_INPUT_TEXT, &s, NULL), ORCH_OK);
    assert_int_equal(orch_stream_read(s, buffer, 15, &n, NULL), ORCH_EINVAL);
    assert_int_equal(n, 77);
    for (int i = 0; i < 3; i++)
        assert_int_equal(orch_stream_read(s, buffer, 16, &n, NULL), ORCH_OK);
    assert_int_equal(n, 0);
    orch_stream_close(s);
    orch_stream_close(NULL);
    orch_inputs_free(in);
    orch_inputs_free(NULL);
    folder_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_inputs_are_decoded_whatever_the_capacity),
        cmocka_unit_test(the_module_decodes_files_too),
        cmocka_unit_test(code_points_cut_by_the_raw_buffer_are_whole),
        cmocka_unit_test(large_single_byte_inputs_are_decoded),
        cmocka_unit_test(raw_inputs_are_as_they_are),
        cmocka_unit_test(undecodable_bytes_are_named_with_offset_and_line),
        cmocka_unit_test(an_input_opened_for_its_header_is_not_hashed),
        cmocka_unit_test(misuse_is_refused),
    };
    return cmocka_run_group_tests(tests, support_setup, support_teardown);
}
