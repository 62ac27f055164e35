/* SPDX-License-Identifier: Apache-2.0 */
/* Which members of packed inputs are read, and what is told of them to another process. */
#include "unpack_support.h"

#define COUNT(list) (sizeof list / sizeof *list)
#define ROOM (1u << 20)

static const struct packing zip = { "zip", "none" }, tar = { "ustar", "none" };

static const char *write_packed(const struct folder *f, struct packing how,
                                const struct member *members, size_t n)
{
    struct bytes packed = pack(how, members, n, ROOM);
    const char *path = folder_write(f, "x", packed.ptr, packed.len);

    free(packed.ptr);
    return path;
}

/* The labels that the patterns choose, with blanks between them. */
static void assert_chosen(const char *path, const char **patterns, size_t n, const char *labels)
{
    struct orch_text text = { 0 };
    struct reading r;

    if (reading_open(&r, path, patterns, n) != ORCH_OK)
        fail_msg("%s: %s", r.err.message, r.err.detail);
    for (size_t i = 0; i < parts_of(&r); i++)
        orch_text_printf(&text, "%s%s", i > 0 ? " " : "", label_of(&r, i));
    assert_string_equal(orch_text_z(&text), labels);
    orch_text_release(&text);
    reading_close(&r);
}

static void assert_refused(const char *path, const char **patterns, size_t n, orch_status code,
                           const char *message, const char *detail)
{
    struct reading r;

    assert_int_equal(reading_open(&r, path, patterns, n), code);
    if (!strstr(r.err.message, message))
        fail_msg("%s", r.err.message);
    if (detail)
        assert_string_equal(r.err.detail, detail);
    assert_true(r.err.hint[0] != '\0');
    reading_close(&r);
}

/* ---- patterns -------------------------------------------------------------------------------- */

static void patterns_choose_by_name_and_by_path(void **state)
{
    (void)state;
    struct folder f = folder_new();
    const struct member members[] = { text_member("a.csv", "1"), text_member("2024/b.csv", "2"),
                                      text_member("2024/01/c.csv", "3"),
                                      text_member("read.txt", "4"), text_member("b1.xml", "5") };
    const char *path = write_packed(&f, zip, members, COUNT(members));
    const char *one[] = { "*.csv" }, *below[] = { "2024/*.csv" }, *deep[] = { "*/*/c.csv" };
    const char *two[] = { "*.txt", "b[0-9].xml" }, *exact[] = { "2024/01/c.csv" };

    assert_chosen(path, NULL, 0, "a.csv 2024/b.csv 2024/01/c.csv read.txt b1.xml");
    assert_chosen(path, one, 1, "a.csv 2024/b.csv 2024/01/c.csv");
    assert_chosen(path, below, 1, "2024/b.csv");
    assert_chosen(path, deep, 1, "2024/01/c.csv");
    assert_chosen(path, two, 2, "read.txt b1.xml");
    assert_chosen(path, exact, 1, "2024/01/c.csv");
    folder_remove(&f);
}

static void a_pattern_that_matches_an_archive_chooses_all_that_is_in_it(void **state)
{
    (void)state;
    struct folder f = folder_new();
    const struct member leaf[] = { text_member("a.xml", "1"), text_member("b.txt", "2") };
    struct bytes inner = pack(zip, leaf, 2, ROOM);
    const struct member outer[] = { { "one.zip", inner.ptr, inner.len, NULL },
                                    { "two.zip", inner.ptr, inner.len, NULL } };
    const char *path = write_packed(&f, zip, outer, 2);
    const char *archive[] = { "two.zip" }, *member[] = { "*.xml" };

    assert_chosen(path, archive, 1, "two.zip: a.xml two.zip: b.txt");
    assert_chosen(path, member, 1, "one.zip: a.xml two.zip: a.xml");
    free(inner.ptr);
    folder_remove(&f);
}

static void hidden_files_and_links_are_passed_over(void **state)
{
    (void)state;
    struct folder f = folder_new();
    const struct member members[] = { text_member(".DS_Store", "1"),
                                      text_member("__MACOSX/._a.csv", "2"),
                                      text_member(".git/config", "3"), text_member("./a.csv", "4"),
                                      text_member("../b.csv", "5"),
                                      { .name = "link", .link = "/etc/passwd" } };
    const char *path = write_packed(&f, tar, members, COUNT(members));
    const char *hidden[] = { ".DS*" }, *linked[] = { "li*" };

    assert_chosen(path, NULL, 0, "./a.csv ../b.csv");
    assert_chosen(path, hidden, 1, ".DS_Store");
    assert_refused(path, linked, 1, ORCH_EDATA, "x: link\" is no file",
                   "the archive has a symbolic link of that name, which is never followed");
    folder_remove(&f);
}

static void a_pattern_without_a_match_is_an_error(void **state)
{
    (void)state;
    struct folder f = folder_new();
    const struct member members[] = { text_member("a", "1"), text_member("b", "2"),
                                      text_member("c", "3"), text_member("d", "4"),
                                      text_member("e", "5") };
    const char *path = write_packed(&f, zip, members, COUNT(members));
    const char *none[] = { "*.xml" }, *half[] = { "a", "*.xml" };

    assert_refused(path, none, 1, ORCH_EIO, "x\" matches \"*.xml\"",
                   "it has \"a\", \"b\", \"c\", \"d\" and 1 more");
    assert_refused(path, half, 2, ORCH_EIO, "no member of any archive matches \"*.xml\"", NULL);
    folder_remove(&f);
}

static void a_pattern_needs_an_archive(void **state)
{
    (void)state;
    struct folder f = folder_new();
    const struct member member = text_member("a", "1");
    const struct packing gzip = { "raw", "gzip" };
    const char *pattern[] = { "*.xml" };

    assert_refused(write_packed(&f, gzip, &member, 1), pattern, 1, ORCH_EIO, "x\" is no archive",
                   "the option member chooses files of an archive, and "
                   "there is only one file in it");
    assert_refused(folder_write(&f, "y", "a;b\n", 4), pattern, 1, ORCH_EIO, "y\" is no archive",
                   "the option member chooses files of an archive, and there is none");
    folder_remove(&f);
}

static void an_archive_without_a_file_to_read_is_an_error(void **state)
{
    (void)state;
    struct folder f = folder_new();
    const struct member member = text_member(".a", "1");

    assert_refused(write_packed(&f, tar, &member, 1), NULL, 0, ORCH_EIO, "holds no file to read",
                   "it has hidden \".a\"");
    folder_remove(&f);
}

static void names_are_shown_as_one_line_of_text(void **state)
{
    (void)state;
    struct folder f = folder_new();
    char large[400] = "";
    struct orch_part_told told;

    memset(large, 'n', sizeof large - 1);
    memcpy(large + 90, "/", 1);
    memcpy(large + 190, "/", 1);
    memcpy(large + 290, "/", 1);
    const struct member members[] = { text_member("a\x1b[2J\nb", "1"), text_member("\xff.csv", "2"),
                                      text_member(large, "3") };
    const struct packing pax = { "pax", "none" };
    struct reading r;
    reading_of(&r, write_packed(&f, pax, members, COUNT(members)));

    assert_string_equal(label_of(&r, 0), "a\\x1B[2J\\nb");
    assert_string_equal(label_of(&r, 1), "\\xFF.csv");
    assert_true(strlen(label_of(&r, 2)) < ORCH_UNPACK_NAME_SHOWN + 8);
    assert_true(orch_inputs_part(r.instance.inputs, 0, &told));
    assert_non_null(strstr(told.name, "x: a\\x1B[2J\\nb"));
    reading_close(&r);
    folder_remove(&f);
}

static void unpack_no_leaves_files_as_they_are(void **state)
{
    (void)state;
    struct folder f = folder_new();
    const struct member member = text_member("a", "1");
    const char *path = write_packed(&f, zip, &member, 1), *no[] = { "no" };
    const struct orch_setting settings[] = { { "path", &path, 1, "x" }, { "unpack", no, 1, "x" },
                                             { "member", no, 1, "x" } };

    for (size_t n = 2; n <= 3; n++) {
        struct orch_options *o = NULL;
        struct orch_instance i;
        struct orch_inputs *in = NULL;
        orch_error err = ORCH_ERROR_INIT;
        assert_int_equal(orch_options_parse(support_files, ORCH_ROLE_SOURCE, settings, n, &o, &err),
                         ORCH_OK);
        assert_int_equal(orch_inputs_open(o, &in, &err), ORCH_OK);
        assert_false(orch_inputs_at(in, 0)->packed);
        orch_instance_init(&i, support_files, o, in, NULL);
        assert_int_equal(orch_instance_unpack(&i, &err), n == 2 ? ORCH_OK : ORCH_ECONFIG);
        orch_instance_release(&i);
    }
    folder_remove(&f);
}

/* ---- another process ------------------------------------------------------------------------ */

static void what_a_worker_says_of_members_is_checked(void **state)
{
    (void)state;
    struct folder f = folder_new();
    const struct member member = text_member("a", "1");
    const char *packed = write_packed(&f, zip, &member, 1);
    const char *paths[] = { packed, folder_write(&f, "y", "plain", 5),
                            folder_write(&f, "z", "\x1F\x8B\x08", 3) };
    struct orch_inputs *in = NULL;
    char large[ORCH_INPUT_LABEL_MOST + 2] = "";
    struct orch_part_told told;
    orch_status st;

    memset(large, 'n', sizeof large - 1);
    assert_int_equal(open_inputs(paths, 3, NULL, &in, NULL), ORCH_OK);
    assert_false(orch_inputs_member(in, 3, "a", &st));
    assert_false(orch_inputs_member(in, 1, "a", &st)); /* is not packed */
    assert_false(orch_inputs_member(in, 0, "a\nb", &st));
    assert_false(orch_inputs_member(in, 0, "\xff", &st));
    assert_false(orch_inputs_member(in, 0, large, &st));
    assert_true(orch_inputs_member(in, 0, "a", &st));
    assert_true(orch_inputs_member(in, 0, "b", &st));
    assert_true(orch_inputs_member(in, 2, "", &st));
    assert_false(orch_inputs_member(in, 0, "c", &st)); /* comes too late */
    assert_int_equal(orch_inputs_members_end(in, NULL), ORCH_OK);
    assert_int_equal(orch_inputs_parts(in), 4);
    assert_int_equal(orch_inputs_first_part(in, 1), 2);
    assert_int_equal(orch_inputs_first_part(in, 2), 3);
    assert_true(orch_inputs_part(in, 1, &told));
    assert_int_equal(told.file, 0);
    assert_string_equal(told.label, "b");
    assert_true(orch_inputs_part(in, 2, &told));
    assert_int_equal(told.file, 1);
    assert_null(told.label);
    assert_false(orch_inputs_part(in, 4, &told));
    orch_inputs_free(in);
    assert_int_equal(open_inputs(paths, 3, NULL, &in, NULL), ORCH_OK);
    assert_int_equal(orch_inputs_members_end(in, NULL), ORCH_EINVAL); /* none was told */
    orch_inputs_free(in);
    folder_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_choose_by_name_and_by_path),
        cmocka_unit_test(a_pattern_that_matches_an_archive_chooses_all_that_is_in_it),
        cmocka_unit_test(hidden_files_and_links_are_passed_over),
        cmocka_unit_test(a_pattern_without_a_match_is_an_error),
        cmocka_unit_test(a_pattern_needs_an_archive),
        cmocka_unit_test(an_archive_without_a_file_to_read_is_an_error),
        cmocka_unit_test(names_are_shown_as_one_line_of_text),
        cmocka_unit_test(unpack_no_leaves_files_as_they_are),
        cmocka_unit_test(what_a_worker_says_of_members_is_checked),
    };
    return cmocka_run_group_tests(tests, support_setup, support_teardown);
}
