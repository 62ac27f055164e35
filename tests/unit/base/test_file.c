/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/test_file.XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static void write_file(const char *path, const char *bytes, size_t len)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    fclose(file);
}

static void a_file_is_read_whole(void **state)
{
    (void)state;
    char path[128];
    struct orch_text text = { 0 };
    size_t len = 100000;
    char *bytes = malloc(len);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)(i * 7);
    snprintf(path, sizeof path, "%s/a", folder);
    write_file(path, bytes, len);
    assert_int_equal(orch_file_read(path, len, &text, NULL), ORCH_OK);
    assert_int_equal(text.len, len);
    assert_memory_equal(text.ptr, bytes, len);
    assert_int_equal(text.ptr[len], 0);
    orch_text_release(&text);
    write_file(path, "", 0);
    assert_int_equal(orch_file_read(path, 0, &text, NULL), ORCH_OK);
    assert_string_equal(text.ptr, "");
    orch_text_release(&text);
    assert_true(orch_file_exists(path));
    unlink(path);
    assert_false(orch_file_exists(path));
    free(bytes);
}

static void a_file_past_the_cap_is_refused(void **state)
{
    (void)state;
    char path[128], wanted[160];
    struct orch_text text = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    snprintf(path, sizeof path, "%s/a", folder);
    snprintf(wanted, sizeof wanted, "cannot read \"%s\"", path);
    write_file(path, "12345", 5);
    assert_int_equal(orch_file_read(path, 4, &text, &err), ORCH_EDATA);
    assert_string_equal(err.message, wanted);
    assert_string_equal(err.detail, "it is larger than 4 bytes, the most that is read here");
    assert_null(text.ptr);
    assert_int_equal(orch_file_read(path, 5, &text, &err), ORCH_OK);
    orch_text_release(&text);
    assert_int_equal(orch_file_read("/dev/zero", 40000, &text, &err), ORCH_EDATA);
    unlink(path);
}

static void errors_name_path_cause_and_remedy(void **state)
{
    (void)state;
    struct orch_text text = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    assert_int_equal(orch_file_read("/no/such.csv", 10, &text, &err), ORCH_EIO);
    assert_string_equal(err.message, "cannot read \"/no/such.csv\"");
    assert_string_equal(err.detail, "No such file or directory");
    assert_true(strlen(err.hint) > 0);
    assert_int_equal(err.vendor_code, ENOENT);
    assert_int_equal(orch_file_read("/tmp", 10, &text, &err), ORCH_EIO);
    assert_int_equal(err.vendor_code, EISDIR);
    assert_int_equal(orch_file_error(&err, "write", "x", EACCES), ORCH_EAUTH);
    assert_int_equal(err.flags, 0);
    assert_int_equal(orch_file_error(&err, "write", "x", ENOSPC), ORCH_EIO);
    assert_string_equal(err.message, "cannot write \"x\"");
    assert_int_equal(err.flags, 0);
    assert_int_equal(orch_file_error(&err, "read", "x", ESTALE), ORCH_EIO);
    assert_int_equal(err.flags, ORCH_ERROR_RETRYABLE);
    assert_int_equal(orch_file_error(NULL, "write", "x", EIO), ORCH_EIO);
}

static void folders_are_made_with_those_above(void **state)
{
    (void)state;
    char path[128], inner[160];
    struct stat about;
    orch_error err = ORCH_ERROR_INIT;
    snprintf(path, sizeof path, "%s/p", folder);
    snprintf(inner, sizeof inner, "%s//q/r/", path);
    assert_int_equal(orch_file_make_folder(inner, &err), ORCH_OK);
    assert_int_equal(orch_file_make_folder(inner, &err), ORCH_OK);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0700);
    assert_int_equal(rmdir(inner), 0);
    snprintf(inner, sizeof inner, "%s/q", path);
    rmdir(inner);
    write_file(inner, "x", 1);
    assert_int_equal(orch_file_make_folder(inner, &err), ORCH_EIO);
    assert_int_equal(err.vendor_code, EEXIST);
    assert_int_equal(orch_file_make_folder("", &err), ORCH_EIO);
    orch_alloc_fail_at(1);
    assert_int_equal(orch_file_make_folder("none/here", &err), ORCH_ENOMEM);
    orch_alloc_fail_at(0);
    unlink(inner);
    rmdir(path);
}

static void assert_folder(const char *path, const char *wanted)
{
    struct orch_str s = orch_path_folder(path);
    assert_int_equal(s.len, strlen(wanted));
    assert_memory_equal(s.ptr, wanted, s.len);
}

static void paths_come_apart(void **state)
{
    (void)state;
    assert_folder("a", ".");
    assert_folder("/a", "/");
    assert_folder("/a/b", "/a");
    assert_folder("a//b", "a");
    assert_folder("./x.lua", ".");
    assert_string_equal(orch_path_name("/a/b.csv"), "b.csv");
    assert_string_equal(orch_path_name("b.csv"), "b.csv");
}

static void reading_without_memory_is_an_error(void **state)
{
    (void)state;
    orch_status st = ORCH_ENOMEM;
    for (long n = 1; st == ORCH_ENOMEM; n++) {
        struct orch_text text = { 0 };
        orch_error err = ORCH_ERROR_INIT;
        orch_alloc_fail_at(n);
        st = orch_file_read("/proc/self/status", 1 << 20, &text, &err);
        orch_alloc_fail_at(0);
        assert_true(n < 20);
        orch_text_release(&text);
    }
    assert_int_equal(st, ORCH_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read_whole),
        cmocka_unit_test(a_file_past_the_cap_is_refused),
        cmocka_unit_test(errors_name_path_cause_and_remedy),
        cmocka_unit_test(folders_are_made_with_those_above),
        cmocka_unit_test(paths_come_apart),
        cmocka_unit_test(reading_without_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
