/* SPDX-License-Identifier: Apache-2.0 */
/* Packed inputs: what is read of them, and in which order and way. */
#include "unpack_support.h"

static const struct packing archives[] = {
    { "zip", "none" },   { "ustar", "none" }, { "7zip", "none" },  { "ustar", "gzip" },
    { "ustar", "bzip2" }, { "ustar", "xz" },   { "ustar", "zstd" },
};

static const struct packing singles[] = {
    { "raw", "gzip" }, { "raw", "bzip2" }, { "raw", "xz" }, { "raw", "zstd" },
};

#define COUNT(list) (sizeof list / sizeof *list)
#define ROOM (1u << 20)

static const char *write_packed(const struct folder *f, const char *name, struct packing how,
                                const struct member *members, size_t n)
{
    struct bytes packed = pack(how, members, n, ROOM);
    const char *path = folder_write(f, name, packed.ptr, packed.len);

    free(packed.ptr);
    return path;
}

/* ---- what is packed -------------------------------------------------------------------------- */

static void members_are_inputs_in_the_order_of_the_archive(void **state)
{
    (void)state;
    struct folder f = folder_new();
    const struct member members[] = { text_member("z/first.csv", "one"), text_member("a.csv", ""),
                                      text_member("a/b.csv", "three") };

    for (size_t i = 0; i < COUNT(archives); i++) {
        /* A 7z keeps empty files apart, at its end. */
        bool apart = strcmp(archives[i].format, "7zip") == 0;
        struct reading r;
        reading_of(&r, write_packed(&f, "x", archives[i], members, 3));
        assert_int_equal(parts_of(&r), 3);
        assert_part(&r, 0, "z/first.csv", "one");
        assert_part(&r, apart ? 2 : 1, "a.csv", "");
        assert_part(&r, apart ? 1 : 2, "a/b.csv", "three");
        reading_close(&r);
    }
    folder_remove(&f);
}

static void a_compressed_file_is_an_input_of_its_own_name(void **state)
{
    (void)state;
    struct folder f = folder_new();
    const struct member member = text_member("x", "meter;kwh\n");
    struct orch_part_told told;

    for (size_t i = 0; i < COUNT(singles); i++) {
        const char *path = write_packed(&f, "plain.csv", singles[i], &member, 1);
        struct reading r;
        reading_of(&r, path);
        assert_int_equal(parts_of(&r), 1);
        assert_part(&r, 0, "", "meter;kwh\n");
        assert_true(orch_inputs_part(r.instance.inputs, 0, &told));
        assert_string_equal(told.name, path);
        reading_close(&r);
    }
    folder_remove(&f);
}

static void gzip_files_one_behind_the_other_are_one(void **state)
{
    (void)state;
    struct folder f = folder_new();
    const struct member a = text_member("x", "one "), b = text_member("x", "two");
    struct bytes first = pack(singles[0], &a, 1, 1000), second = pack(singles[0], &b, 1, 1000);
    char both[2000];

    memcpy(both, first.ptr, first.len);
    memcpy(both + first.len, second.ptr, second.len);
    memset(both + first.len + second.len, 0, 100); /* as a tape fills its blocks */
    struct reading r;
    reading_of(&r, folder_write(&f, "x.gz", both, first.len + second.len + 100));
    assert_part(&r, 0, "", "one two");
    reading_close(&r);
    free(first.ptr);
    free(second.ptr);
    folder_remove(&f);
}

static void archives_within_an_archive_are_entered(void **state)
{
    (void)state;
    struct folder f = folder_new();
    const struct member leaf[] = { text_member("a.xml", "<a/>"), text_member("b.xml", "<b/>") };
    const struct packing within[] = { archives[0], archives[2], archives[3], singles[0] };
    const char *labels[] = { "in.zip: a.xml", "in.zip: a.xml", "in.zip: a.xml", "in.zip" };

    for (size_t i = 0; i < COUNT(archives); i++) {
        for (size_t k = 0; k < COUNT(within); k++) {
            bool single = k == 3;
            struct bytes inner = pack(within[k], leaf, single ? 1 : 2, ROOM);
            const struct member outer[] = { text_member("first", "1"),
                                            { "in.zip", inner.ptr, inner.len, NULL },
                                            text_member("last", "3") };
            struct reading r;
            reading_of(&r, write_packed(&f, "x", archives[i], outer, 3));
            assert_int_equal(parts_of(&r), single ? 3 : 4);
            assert_part(&r, 0, "first", "1");
            assert_part(&r, 1, labels[k], "<a/>");
            assert_part(&r, 1, labels[k], "<a/>");
            assert_part(&r, parts_of(&r) - 1, "last", "3");
            assert_part(&r, 1, labels[k], "<a/>");
            reading_close(&r);
            free(inner.ptr);
        }
    }
    folder_remove(&f);
}

static void documents_that_are_zip_files_inside_stay_what_they_are(void **state)
{
    (void)state;
    static const char *const first[] = { "[Content_Types].xml", "xl/workbook.xml", "mimetype",
                                         "docProps/app.xml" };
    uint8_t head[ORCH_PACKED_HEAD];

    for (size_t i = 0; i < COUNT(first); i++) {
        const struct member member = text_member(first[i], "<x/>");
        struct bytes zip = pack(archives[0], &member, 1, ROOM);
        memcpy(head, zip.ptr, zip.len < sizeof head ? zip.len : sizeof head);
        assert_int_equal(orch_packed_find(head, zip.len), ORCH_PACKED_NONE);
        free(zip.ptr);
    }
    const struct member other = text_member("mimetypes.csv", "a;b");
    struct bytes zip = pack(archives[0], &other, 1, ROOM);
    assert_int_equal(orch_packed_find((const uint8_t *)zip.ptr, zip.len), ORCH_PACKED_ZIP);
    free(zip.ptr);
}

static void a_text_is_never_taken_for_an_archive(void **state)
{
    (void)state;
    static const char *const texts[] = { "", "P", "PK", "PK;kwh\n", "BZh9;column\n", "7z;a\n",
                                         "ustar;b\n" };
    char page[ORCH_PACKED_HEAD];

    for (size_t i = 0; i < COUNT(texts); i++)
        assert_int_equal(orch_packed_find((const uint8_t *)texts[i], strlen(texts[i])),
                         ORCH_PACKED_NONE);
    memset(page, '0', sizeof page);
    memcpy(page + 257, "ustar", 5);
    assert_int_equal(orch_packed_find((const uint8_t *)page, sizeof page), ORCH_PACKED_NONE);
}

/* ---- ways through ---------------------------------------------------------------------------- */

static void members_may_be_read_in_any_order_and_again(void **state)
{
    (void)state;
    struct folder f = folder_new();
    static const size_t order[] = { 3, 0, 0, 2, 1, 3, 3, 1, 2, 0 };
    static const char *const names[] = { "a", "b", "c", "d" };
    char texts[4][5000];
    struct member members[4];

    for (size_t i = 0; i < 4; i++) {
        memset(texts[i], 'a' + (int)i, sizeof texts[i]);
        texts[i][sizeof texts[i] - 1] = '\0';
        members[i] = text_member(names[i], texts[i]);
    }
    for (size_t i = 0; i < COUNT(archives); i++) {
        struct reading r;
        reading_of(&r, write_packed(&f, "x", archives[i], members, 4));
        for (size_t k = 0; k < COUNT(order); k++)
            assert_part(&r, order[k], names[order[k]], texts[order[k]]);
        reading_close(&r);
    }
    folder_remove(&f);
}

static void two_members_may_be_open_at_once(void **state)
{
    (void)state;
    struct folder f = folder_new();
    const struct member members[] = { text_member("a", "first"), text_member("b", "second") };
    struct reading r;
    reading_of(&r, write_packed(&f, "x", archives[3], members, 2));
    orch_input_stream *s[2] = { NULL, NULL };
    char text[2][16] = { "", "" };
    size_t n = 0;

    for (size_t i = 0; i < 2; i++)
        assert_int_equal(orch_stream_open(r.instance.inputs, i, ORCH_INPUT_RAW, &s[i], NULL),
                         ORCH_OK);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(orch_stream_read(s[i], text[i], 16, &n, NULL), ORCH_OK);
    assert_memory_equal(text[0], "first", 5);
    assert_memory_equal(text[1], "second", 6);
    orch_stream_close(s[0]);
    orch_stream_close(s[1]);
    reading_close(&r);
    folder_remove(&f);
}

static int lent;

static orch_status lend(void *ctx, size_t index, int *fd, orch_error *err)
{
    lent++;
    return orch_inputs_lend(ctx, index, fd, err);
}

static void decided(void *ctx, size_t index, const char *encoding, bool detected)
{
    assert_true(orch_inputs_decided(ctx, index, encoding, detected));
}

static void the_next_member_is_reached_without_beginning_anew(void **state)
{
    (void)state;
    struct folder f = folder_new();
    const struct member members[] = { text_member("a", "1"), text_member("b", "2"),
                                      text_member("c", "3") };
    struct reading owner;
    reading_of(&owner, write_packed(&f, "x", archives[3], members, 3));
    const struct orch_input_lender lender = { owner.instance.inputs, lend, decided };
    struct reading r = { .err = ORCH_ERROR_INIT };
    struct orch_inputs *in = NULL;
    struct orch_input_told told;

    assert_true(orch_inputs_tell(owner.instance.inputs, 0, &told));
    assert_int_equal(orch_inputs_adopt(&told, 1, "auto", &lender, &in, NULL), ORCH_OK);
    assert_int_equal(orch_instance_init(&r.instance, support_files, NULL, in, NULL), ORCH_OK);
    lent = 0;
    assert_int_equal(orch_instance_unpack(&r.instance, &r.err), ORCH_OK);
    assert_int_equal(lent, 1);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(read_part(&r, i, ORCH_INPUT_TEXT), ORCH_OK);
    assert_int_equal(lent, 2); /* the file again, once */
    assert_string_equal(orch_inputs_at(owner.instance.inputs, 0)->encoding, "UTF-8");
    reading_close(&r);
    reading_close(&owner);
    folder_remove(&f);
}

static void the_encoding_is_that_of_each_member(void **state)
{
    (void)state;
    struct folder f = folder_new();
    const struct member members[] = { text_member("a", "\xc3\xa9t\xc3\xa9"),
                                      text_member("b", "\xe9t\xe9"),
                                      text_member("c", "ok\nno\x81\n") };
    struct reading r;
    reading_of(&r, write_packed(&f, "x.tgz", archives[3], members, 3));

    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(read_part(&r, i, ORCH_INPUT_TEXT), ORCH_OK);
        assert_string_equal(orch_text_z(&r.text), "\xc3\xa9t\xc3\xa9");
    }
    /* The file's is that of its first member, and a hash is of the file. */
    assert_string_equal(orch_inputs_at(r.instance.inputs, 0)->encoding, "UTF-8");
    assert_string_equal(orch_inputs_at(r.instance.inputs, 0)->sha256, "");
    reading_close(&r);
    folder_remove(&f);
}

static void a_byte_that_does_not_decode_is_told_with_member_and_line(void **state)
{
    (void)state;
    struct folder f = folder_new();
    const struct member members[] = { text_member("a", "x"),
                                      text_member("c.csv", "ok\nno\x81\n") };
    const char *path = write_packed(&f, "x.tgz", archives[3], members, 2);
    struct reading r;
    reading_of(&r, path);
    char message[200];

    assert_int_equal(read_part(&r, 1, ORCH_INPUT_TEXT), ORCH_EDATA);
    snprintf(message, sizeof message, "cannot decode \"%s: c.csv\" as windows-1252", path);
    assert_error(&r.err, ORCH_EDATA, message, "byte 0x81 at offset 5, line 2", NULL);
    reading_close(&r);
    folder_remove(&f);
}

static void a_packed_input_has_no_descriptor_and_no_size(void **state)
{
    (void)state;
    struct folder f = folder_new();
    const struct member member = text_member("a", "1");
    struct reading r;
    reading_of(&r, write_packed(&f, "x.zip", archives[0], &member, 1));
    const orch_host *host = &r.instance.host;
    const orch_input *input = host->extension(host, ORCH_INPUT_EXTENSION);
    orch_input_info info = { .struct_size = sizeof info };
    int fd = -1;

    assert_int_equal(input->count(host), 1);
    assert_int_equal(input->info(host, 0, &info), ORCH_OK);
    assert_int_equal(info.size_bytes, -1);
    assert_int_equal(input->descriptor(host, 0, &fd, &r.err), ORCH_ENOTSUP);
    assert_non_null(strstr(r.err.message, "is packed"));
    reading_close(&r);
    folder_remove(&f);
}

static void exports_of_the_land_registry_are_listed(void **state)
{
    (void)state;
    const char *path = TEST_SOURCE_DIR "/../shared/exports/edigeo/edigeo-25354000AB01.tar.bz2";
    size_t bytes = 0;

    if (access(path, R_OK) != 0) {
        print_message("%s is not here\n", path);
        skip();
    }
    struct reading r;
    reading_of(&r, path);
    assert_true(parts_of(&r) > 5);
    for (size_t i = 0; i < parts_of(&r); i++) {
        assert_int_equal(read_part(&r, i, ORCH_INPUT_RAW), ORCH_OK);
        bytes += r.text.len;
        assert_non_null(strchr(label_of(&r, i), '.'));
    }
    assert_true(bytes > 100000);
    reading_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_inputs_in_the_order_of_the_archive),
        cmocka_unit_test(a_compressed_file_is_an_input_of_its_own_name),
        cmocka_unit_test(gzip_files_one_behind_the_other_are_one),
        cmocka_unit_test(archives_within_an_archive_are_entered),
        cmocka_unit_test(documents_that_are_zip_files_inside_stay_what_they_are),
        cmocka_unit_test(a_text_is_never_taken_for_an_archive),
        cmocka_unit_test(members_may_be_read_in_any_order_and_again),
        cmocka_unit_test(two_members_may_be_open_at_once),
        cmocka_unit_test(the_next_member_is_reached_without_beginning_anew),
        cmocka_unit_test(the_encoding_is_that_of_each_member),
        cmocka_unit_test(a_byte_that_does_not_decode_is_told_with_member_and_line),
        cmocka_unit_test(a_packed_input_has_no_descriptor_and_no_size),
        cmocka_unit_test(exports_of_the_land_registry_are_listed),
    };
    return cmocka_run_group_tests(tests, support_setup, support_teardown);
}
