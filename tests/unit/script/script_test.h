/* SPDX-License-Identifier: Apache-2.0 */
/* Helpers of the script tests: scripts written to a folder of their own, loaded, and compared. */
#ifndef ORCH_SCRIPT_TEST_H
#define ORCH_SCRIPT_TEST_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "orch/error.h"
#include "script/script.h"

#define HEAD "local o = require 'orchestra'\nlocal col = o.column\n"
#define ENDS                                                                                      \
    " source = o.source.csv { path = 'x' }, destination = o.destination.files { path = 'y' } "
#define PIPE(steps) HEAD "return o.pipeline { name = 'p', " ENDS ", steps = {\n" steps "\n} }\n"

static char test_folder[256];

static inline int test_folder_make(void **state)
{
    (void)state;
    snprintf(test_folder, sizeof test_folder, "/tmp/orch-script-XXXXXX");
    return mkdtemp(test_folder) == NULL;
}

static inline int test_folder_remove(void **state)
{
    char command[300];

    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", test_folder);
    return system(command);
}

static inline const char *test_path(const char *name)
{
    static char path[512];

    snprintf(path, sizeof path, "%s/%s", test_folder, name);
    return path;
}

static inline void test_write_bytes(const char *name, const char *bytes, size_t len)
{
    FILE *f = fopen(test_path(name), "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

static inline void test_write(const char *name, const char *text)
{
    test_write_bytes(name, text, strlen(text));
}

static inline orch_status test_load_request(const char *text, struct orch_script_request request,
                                            struct orch_script **out, orch_error *err)
{
    char path[512];

    test_write("x.lua", text);
    snprintf(path, sizeof path, "%s", test_path("x.lua"));
    request.path = path;
    *out = NULL;
    *err = (orch_error)ORCH_ERROR_INIT;
    return orch_script_load(&request, out, err);
}

/* Loads a script that must load. */
static inline struct orch_script *test_load(const char *text)
{
    struct orch_script *s;
    orch_error err;

    if (test_load_request(text, (struct orch_script_request){ 0 }, &s, &err) != ORCH_OK)
        fail_msg("%s | %s | %s", err.message, err.detail, err.hint);
    return s;
}

static inline void test_expect(const orch_error *err, const char *detail, const char *hint)
{
    assert_string_equal(err->detail, detail);
    assert_string_equal(err->hint, hint);
}

/* Loads a script that must fail with this detail and hint. */
static inline void test_refused(const char *text, const char *detail, const char *hint)
{
    struct orch_script *s;
    orch_error err;
    orch_status st = test_load_request(text, (struct orch_script_request){ 0 }, &s, &err);

    assert_null(s);
    assert_int_equal(st, ORCH_ECONFIG);
    assert_string_equal(err.message, "cannot run \"x.lua\"");
    test_expect(&err, detail, hint);
}

#endif
