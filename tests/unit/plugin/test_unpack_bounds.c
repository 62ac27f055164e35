/* SPDX-License-Identifier: Apache-2.0 */
/* Packed inputs that are damaged, cut off, or made to do harm. */
#include "unpack_support.h"

#define COUNT(list) (sizeof list / sizeof *list)
#define ROOM (1u << 20)

static const struct packing zip = { "zip", "none" }, tar = { "ustar", "none" };

static const char *write_bytes(const struct folder *f, struct bytes packed)
{
    return folder_write(f, "x", packed.ptr, packed.len);
}

/* Opens and reads all; *whole tells whether it came to the same bytes as were packed. */
static orch_status read_whole(struct folder *f, struct bytes packed, const char *text, bool *whole,
                              orch_error *err)
{
    struct reading r;
    orch_status st = reading_open(&r, write_bytes(f, packed), NULL, 0);

    *whole = true;
    for (size_t i = 0; st == ORCH_OK && i < parts_of(&r); i++) {
        st = read_part(&r, i, ORCH_INPUT_RAW);
        *whole = *whole && st == ORCH_OK && strcmp(orch_text_z(&r.text), text) == 0;
    }
    if (st == ORCH_OK && parts_of(&r) == 0)
        *whole = false;
    *err = r.err;
    reading_close(&r);
    return st;
}

/* ---- damage ---------------------------------------------------------------------------------- */

static const struct packing every[] = {
    { "zip", "none" },  { "ustar", "none" }, { "7zip", "none" }, { "ustar", "gzip" },
    { "raw", "gzip" },  { "raw", "bzip2" },  { "raw", "xz" },    { "raw", "zstd" },
};

static const char sample[] =
    "meter;day;kwh\nA1;2025-10-01;12.5\nA2;2025-10-02;7\nA3;2025-10-03;0\n";

static void what_is_cut_off_is_never_taken_for_whole(void **state)
{
    (void)state;
    struct folder f = folder_new();
    const struct member member = text_member("a.csv", sample);

    for (size_t i = 0; i < COUNT(every); i++) {
        struct bytes packed = pack(every[i], &member, 1, ROOM);
        size_t step = packed.len > 400 ? 61 : 1;
        for (size_t len = 20; len < packed.len; len += step) {
            bool whole, mark = strcmp(every[i].format, "ustar") == 0 &&
                               strcmp(every[i].filter, "none") == 0 && len >= 1024 + 512;
            orch_error err;
            struct bytes cut = { packed.ptr, len };
            orch_status st = read_whole(&f, cut, sample, &whole, &err);
            /* A tar is whole with the first of the zero blocks at its end, and less than a head of
             * one is no tar. */
            if (!mark && st == ORCH_OK && whole)
                fail_msg("%s %s of %zu bytes is taken for whole with %zu", every[i].format,
                         every[i].filter, packed.len, len);
            if (st != ORCH_OK)
                assert_true(err.message[0] != '\0' && err.detail[0] != '\0');
        }
        free(packed.ptr);
    }
    folder_remove(&f);
}

static void a_bit_that_is_wrong_is_an_error_or_no_matter(void **state)
{
    (void)state;
    struct folder f = folder_new();
    const struct member member = text_member("a.csv", sample);

    for (size_t i = 0; i < COUNT(every); i++) {
        if ((strcmp(every[i].format, "ustar") == 0 && strcmp(every[i].filter, "none") == 0) ||
            strcmp(every[i].filter, "zstd") == 0)
            continue; /* they have no sums over their data, zstd only when it was asked for them */
        struct bytes packed = pack(every[i], &member, 1, ROOM);
        size_t step = packed.len > 400 ? 7 : 1;
        for (size_t at = 10; at < packed.len; at += step) {
            bool whole;
            orch_error err;
            packed.ptr[at] ^= 0x10;
            orch_status st = read_whole(&f, packed, sample, &whole, &err);
            packed.ptr[at] ^= 0x10;
            if (st == ORCH_OK && !whole)
                fail_msg("%s %s with byte %zu wrong reads as something else", every[i].format,
                         every[i].filter, at);
        }
        free(packed.ptr);
    }
    folder_remove(&f);
}

static void something_behind_a_gzip_file_is_an_error(void **state)
{
    (void)state;
    struct folder f = folder_new();
    const struct member member = text_member("x", sample);
    const struct packing gzip = { "raw", "gzip" };
    struct bytes packed = pack(gzip, &member, 1, ROOM);
    orch_error err;
    bool whole;

    memcpy(packed.ptr + packed.len, "junk", 4);
    packed.len += 4;
    assert_int_equal(read_whole(&f, packed, sample, &whole, &err), ORCH_EDATA);
    assert_non_null(strstr(err.detail, "something follows the end of the compressed data"));
    free(packed.ptr);
    folder_remove(&f);
}

/* ---- harm ------------------------------------------------------------------------------------ */

static void assert_refused(const char *path, orch_status code, const char *part)
{
    struct reading r;
    orch_status st = reading_open(&r, path, NULL, 0);

    if (st == ORCH_OK)
        st = read_part(&r, 0, ORCH_INPUT_RAW);
    assert_int_equal(st, code);
    if (!strstr(r.err.message, part))
        fail_msg("%s", r.err.message);
    assert_true(r.err.detail[0] != '\0' && r.err.hint[0] != '\0');
    reading_close(&r);
}

/* One file packed so many times in a zip of its own. */
static struct bytes nest(int times)
{
    struct bytes packed = { NULL, 0 };

    for (int i = 0; i < times; i++) {
        struct member member = text_member("a.csv", sample);
        char name[24];
        snprintf(name, sizeof name, "%d.zip", i);
        if (packed.ptr)
            member = (struct member){ name, packed.ptr, packed.len, NULL };
        struct bytes outer = pack(zip, &member, 1, ROOM);
        free(packed.ptr);
        packed = outer;
    }
    return packed;
}

static void archives_are_entered_to_a_depth(void **state)
{
    (void)state;
    struct folder f = folder_new();
    struct bytes fits = nest(ORCH_UNPACK_DEPTH), deep = nest(ORCH_UNPACK_DEPTH + 1);
    bool whole;
    orch_error err;

    assert_int_equal(read_whole(&f, fits, sample, &whole, &err), ORCH_OK);
    assert_true(whole);
    assert_refused(write_bytes(&f, deep), ORCH_EDATA,
                   "x: 3.zip: 2.zip: 1.zip\" is one archive within another too many");
    free(fits.ptr);
    free(deep.ptr);
    folder_remove(&f);
}

static void what_unpacks_to_a_thousand_times_its_size_is_refused(void **state)
{
    (void)state;
    struct folder f = folder_new();
    size_t len = (size_t)80 << 20;
    char *lines = malloc(len);
    const struct packing ways[] = { { "raw", "zstd" }, { "ustar", "zstd" } };

    assert_non_null(lines);
    memset(lines, ';', len);
    const struct member member = { "x", lines, len, NULL };
    for (size_t i = 0; i < COUNT(ways); i++) {
        struct bytes packed = pack(ways[i], &member, 1, ROOM);
        assert_refused(write_bytes(&f, packed), ORCH_EDATA, "unpacks to far more than its size");
        free(packed.ptr);
    }
    free(lines);
    folder_remove(&f);
}

static void an_archive_has_so_many_members_and_no_more(void **state)
{
    (void)state;
    struct folder f = folder_new();
    struct member *members = calloc(ORCH_UNPACK_ENTRIES + 1, sizeof *members);

    assert_non_null(members);
    for (size_t i = 0; i <= ORCH_UNPACK_ENTRIES; i++)
        members[i] = text_member("same", "1");
    struct bytes packed = pack(tar, members, ORCH_UNPACK_ENTRIES + 1, 16u << 20);
    assert_refused(write_bytes(&f, packed), ORCH_EDATA, "holds more than is read of one archive");
    free(packed.ptr);
    free(members);
    folder_remove(&f);
}

static void the_system_is_not_reached_by_a_name(void **state)
{
    (void)state;
    struct folder f = folder_new();
    const char *target = folder_path(&f, "reached");
    const struct member members[] = { text_member("../../../../../../tmp/reached", sample),
                                      text_member(target, sample) };
    struct bytes packed = pack(tar, members, 2, ROOM);
    orch_error err;
    bool whole;

    assert_int_equal(read_whole(&f, packed, sample, &whole, &err), ORCH_OK);
    assert_true(whole);
    assert_int_not_equal(access(target, F_OK), 0);
    free(packed.ptr);
    folder_remove(&f);
}

static bool always(void *ctx)
{
    (void)ctx;
    return true;
}

static void unpacking_stops_when_the_run_is_cancelled(void **state)
{
    (void)state;
    struct folder f = folder_new();
    const struct member member = text_member("a", "1");
    struct bytes packed = pack(zip, &member, 1, ROOM);
    struct orch_inputs *in = open_one(write_bytes(&f, packed), NULL);
    const struct orch_hooks hooks = { .cancelled = always };
    struct orch_instance i;
    orch_error err = ORCH_ERROR_INIT;

    orch_instance_init(&i, support_files, NULL, in, &hooks);
    assert_int_equal(orch_instance_unpack(&i, &err), ORCH_ECANCELLED);
    orch_instance_release(&i);
    free(packed.ptr);
    folder_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_cut_off_is_never_taken_for_whole),
        cmocka_unit_test(a_bit_that_is_wrong_is_an_error_or_no_matter),
        cmocka_unit_test(something_behind_a_gzip_file_is_an_error),
        cmocka_unit_test(archives_are_entered_to_a_depth),
        cmocka_unit_test(what_unpacks_to_a_thousand_times_its_size_is_refused),
        cmocka_unit_test(an_archive_has_so_many_members_and_no_more),
        cmocka_unit_test(the_system_is_not_reached_by_a_name),
        cmocka_unit_test(unpacking_stops_when_the_run_is_cancelled),
    };
    return cmocka_run_group_tests(tests, support_setup, support_teardown);
}
