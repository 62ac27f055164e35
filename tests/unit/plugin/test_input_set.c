/* SPDX-License-Identifier: Apache-2.0 */
#include "input_support.h"

#include <fcntl.h>

#define SHA256_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void patterns_are_expanded_sorted_and_each_file_once(void **state)
{
    (void)state;
    struct folder f = folder_new();
    struct orch_inputs *in = NULL;
    char other[200];

    folder_write(&f, "b.csv", "2", 1);
    folder_write(&f, "a.csv", "1", 1);
    folder_write(&f, "c.txt", "3", 1);
    assert_int_equal(mkdir(folder_path(&f, "d.csv"), 0700), 0);
    snprintf(other, sizeof other, "%s/./a.csv", f.path);
    const char *paths[] = { folder_path(&f, "*.csv"), folder_path(&f, "c.txt"), other };
    assert_int_equal(open_inputs(paths, 3, NULL, &in, NULL), ORCH_OK);
    assert_int_equal(orch_inputs_count(in), 3);
    assert_string_equal(orch_inputs_at(in, 0)->path, other);
    assert_string_equal(orch_inputs_at(in, 1)->path, folder_path(&f, "b.csv"));
    assert_string_equal(orch_inputs_at(in, 2)->path, folder_path(&f, "c.txt"));
    assert_int_equal(orch_inputs_at(in, 2)->size_bytes, 1);
    assert_true(orch_inputs_at(in, 2)->modified_us > 1500000000000000);
    assert_true(orch_inputs_at(in, 2)->inode != 0);
    assert_null(orch_inputs_at(in, 2)->encoding);
    assert_string_equal(orch_inputs_at(in, 2)->sha256, "");
    assert_null(orch_inputs_at(in, 3));
    orch_inputs_free(in);
    folder_remove(&f);
}

static void a_name_with_brackets_matches_itself(void **state)
{
    (void)state;
    struct folder f = folder_new();
    struct orch_inputs *in = open_one(folder_write(&f, "a[1].csv", "1", 1), NULL);

    assert_int_equal(orch_inputs_count(in), 1);
    orch_inputs_free(in);
    folder_remove(&f);
}

static void assert_no_match(const char *path, const char *message, const char *detail,
                            const char *hint)
{
    struct orch_inputs *in = NULL;
    orch_error err = ORCH_ERROR_INIT;

    assert_int_equal(open_inputs(&path, 1, NULL, &in, &err), ORCH_EIO);
    assert_error(&err, ORCH_EIO, message, detail, hint);
    assert_int_equal(open_inputs(&path, 1, NULL, &in, NULL), ORCH_EIO);
    assert_null(in);
}

static void no_match_names_the_pattern_and_what_is_near(void **state)
{
    (void)state;
    struct folder f = folder_new();
    char message[400], detail[400], hint[400];
    const char *path = folder_path(&f, "trafic_2026.csv");

    snprintf(message, sizeof message, "no file matches \"%s\"", path);
    snprintf(detail, sizeof detail, "the folder \"%s\" is empty", f.path);
    assert_no_match(path, message, detail, NULL);

    folder_write(&f, "traffic_2026.csv", "", 0);
    folder_write(&f, "parking.xml", "", 0);
    folder_write(&f, ".hidden", "", 0);
    snprintf(detail, sizeof detail, "the folder \"%s\" holds traffic_2026.csv, parking.xml",
             f.path);
    snprintf(hint, sizeof hint, "did you mean \"%s/traffic_2026.csv\"?", f.path);
    path = folder_path(&f, "trafic_2026.csv");
    assert_no_match(path, message, detail, hint);

    path = folder_path(&f, "*.json");
    snprintf(message, sizeof message, "no file matches \"%s\"", path);
    assert_no_match(path, message, NULL,
                    "correct the option path; * and ? stand for parts of one name");

    for (int i = 0; i < 6; i++) {
        char name[20];
        snprintf(name, sizeof name, "zz_%d", i);
        folder_write(&f, name, "", 0);
    }
    orch_error err = ORCH_ERROR_INIT;
    struct orch_inputs *in = NULL;
    path = folder_path(&f, "*.json");
    assert_int_equal(open_inputs(&path, 1, NULL, &in, &err), ORCH_EIO);
    assert_non_null(strstr(err.detail, " and 4 more"));
    folder_remove(&f);
}

static void folders_and_absent_folders_are_told(void **state)
{
    (void)state;
    struct folder f = folder_new();
    char message[400], detail[400], hint[400];

    snprintf(message, sizeof message, "\"%s\" is a folder, not a file", f.path);
    snprintf(hint, sizeof hint, "say which files: path = \"%s/*\"", f.path);
    assert_no_match(f.path, message, "", hint);

    const char *path = folder_path(&f, "no/x.csv");
    snprintf(message, sizeof message, "no file matches \"%s\"", path);
    snprintf(detail, sizeof detail,
             "the folder \"%s/no\" cannot be read: No such file or directory", f.path);
    assert_no_match(path, message, detail, NULL);

    path = folder_path(&f, "*/x.csv");
    snprintf(message, sizeof message, "no file matches \"%s\"", path);
    assert_no_match(path, message, "", NULL);

    path = folder_path(&f, "pipe");
    assert_int_equal(mkfifo(path, 0600), 0);
    snprintf(message, sizeof message, "\"%s\" is neither a file nor a folder", path);
    assert_no_match(path, message, "", "give a stream on standard input, with path = \"-\"");
    folder_remove(&f);
}

static void an_unknown_encoding_is_found_before_any_byte_is_read(void **state)
{
    (void)state;
    struct folder f = folder_new();
    const char *path = folder_write(&f, "a.csv", "1", 1);
    struct orch_inputs *in = NULL;
    orch_error err = ORCH_ERROR_INIT;

    assert_int_equal(open_inputs(&path, 1, "windws-1252", &in, &err), ORCH_ECONFIG);
    assert_error(&err, ORCH_ECONFIG, "unknown encoding \"windws-1252\"", NULL,
                 "did you mean \"windows-1252\"?");
    folder_remove(&f);
}

static bool never(void)
{
    return false;
}

static bool always(void)
{
    return true;
}

static void inputs_are_hashed_when_asked(void **state)
{
    (void)state;
    struct folder f = folder_new();
    struct orch_inputs *in = open_one(folder_write(&f, "a.csv", "abc", 3), NULL);
    orch_error err = ORCH_ERROR_INIT;

    assert_int_equal(orch_inputs_hash(in, 0, always, &err), ORCH_ECANCELLED);
    assert_string_equal(orch_inputs_at(in, 0)->sha256, "");
    assert_int_equal(orch_inputs_hash(in, 0, never, &err), ORCH_OK);
    assert_string_equal(orch_inputs_at(in, 0)->sha256, SHA256_ABC);
    assert_int_equal(orch_inputs_hash(in, 0, always, &err), ORCH_OK);
    assert_int_equal(orch_inputs_hash(in, 1, NULL, &err), ORCH_EINVAL);
    orch_inputs_free(in);
    folder_remove(&f);
}

static void a_change_while_the_run_goes_on_is_seen(void **state)
{
    (void)state;
    struct folder f = folder_new();
    struct orch_inputs *in = open_one(folder_write(&f, "a.csv", "abc", 3), NULL);
    orch_input_stream *s = NULL;
    orch_error err = ORCH_ERROR_INIT;
    char message[400];

    assert_int_equal(orch_inputs_unchanged(in, &err), ORCH_OK);
    snprintf(message, sizeof message, "\"%s\" was changed while the run read it",
             folder_write(&f, "a.csv", "abcd", 4));
    assert_int_equal(orch_inputs_unchanged(in, &err), ORCH_EIO);
    assert_error(&err, ORCH_EIO, message, "it had 3 bytes and now has 4", NULL);
    assert_true(err.flags & ORCH_ERROR_RETRYABLE);
    assert_int_equal(orch_stream_open(in, 0, ORCH_INPUT_TEXT, &s, &err), ORCH_EIO);
    assert_string_equal(err.message, message);
    assert_int_equal(unlink(folder_path(&f, "a.csv")), 0);
    assert_int_equal(orch_inputs_unchanged(in, &err), ORCH_EIO);
    orch_inputs_free(in);
    folder_remove(&f);
}

static void standard_input_is_spooled_and_can_be_read_twice(void **state)
{
    (void)state;
    struct orch_text text = { 0 };
    int ends[2];
    int kept = dup(STDIN_FILENO);

    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "abc", 3), 3);
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    struct orch_inputs *in = open_one("-", NULL);
    dup2(kept, STDIN_FILENO);
    close(kept);

    assert_string_equal(orch_inputs_at(in, 0)->path, "-");
    assert_int_equal(orch_inputs_at(in, 0)->size_bytes, 3);
    for (int i = 0; i < 2; i++) {
        orch_text_reset(&text);
        assert_int_equal(read_all(in, ORCH_INPUT_TEXT, 16, &text, NULL), ORCH_OK);
        assert_string_equal(text.ptr, "abc");
    }
    assert_string_equal(orch_inputs_at(in, 0)->sha256, SHA256_ABC);
    assert_int_equal(orch_inputs_unchanged(in, NULL), ORCH_OK);
    orch_text_release(&text);
    orch_inputs_free(in);
}

static void memory_that_ends_while_opening_is_an_error(void **state)
{
    (void)state;
    struct folder f = folder_new();
    folder_write(&f, "a.csv", "1", 1);
    folder_write(&f, "b.csv", "2", 1);
    const char *path = folder_path(&f, "*.csv");
    orch_status st = ORCH_ENOMEM;
    long at = 1;

    for (; st != ORCH_OK && at < 200; at++) {
        struct orch_options *o = options_for(&path, 1, NULL);
        struct orch_inputs *in = NULL;
        orch_alloc_fail_at(at);
        st = orch_inputs_open(o, &in, NULL);
        orch_alloc_fail_at(0);
        assert_true(st == ORCH_OK || st == ORCH_ENOMEM);
        orch_inputs_free(in);
        orch_options_free(o);
    }
    assert_int_equal(st, ORCH_OK);
    folder_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_are_expanded_sorted_and_each_file_once),
        cmocka_unit_test(a_name_with_brackets_matches_itself),
        cmocka_unit_test(no_match_names_the_pattern_and_what_is_near),
        cmocka_unit_test(folders_and_absent_folders_are_told),
        cmocka_unit_test(an_unknown_encoding_is_found_before_any_byte_is_read),
        cmocka_unit_test(inputs_are_hashed_when_asked),
        cmocka_unit_test(a_change_while_the_run_goes_on_is_seen),
        cmocka_unit_test(standard_input_is_spooled_and_can_be_read_twice),
        cmocka_unit_test(memory_that_ends_while_opening_is_an_error),
    };
    return cmocka_run_group_tests(tests, support_setup, support_teardown);
}
