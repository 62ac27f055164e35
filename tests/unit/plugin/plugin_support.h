/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the plugin layer share: the test plugins, folders that go away, errors. */
#ifndef TEST_PLUGIN_SUPPORT_H
#define TEST_PLUGIN_SUPPORT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "orch/error.h"
#include "plugin/options.h"
#include "plugin/registry.h"

#define SUPPORT __attribute__((unused)) static

#define HOSTILE(name) TEST_BINARY_DIR "/hostile/" name ".so"

SUPPORT void assert_error(const orch_error *err, orch_status code, const char *message,
                          const char *detail, const char *hint)
{
    assert_int_equal(err->code, code);
    assert_string_equal(err->message, message);
    if (detail)
        assert_string_equal(err->detail, detail);
    if (hint)
        assert_string_equal(err->hint, hint);
}

/* A connector of the plugin that keeps the contract. */
SUPPORT const struct orch_loaded *load_plain(struct orch_arena *a, const char *name)
{
    struct orch_loaded *items = NULL;
    orch_error err = ORCH_ERROR_INIT;
    size_t n = 0;

    if (orch_loader_load(a, HOSTILE("plain"), &items, &n, &err) != ORCH_OK)
        fail_msg("%s: %s", err.message, err.detail);
    for (size_t i = 0; i < n; i++)
        if (strcmp(items[i].connector.name, name) == 0)
            return &items[i];
    fail_msg("no connector %s", name);
    return NULL;
}

/* ---- folders ---------------------------------------------------------------------------- */

struct folder {
    char path[64];
};

SUPPORT struct folder folder_new(void)
{
    struct folder f = { "/tmp/orch-test-XXXXXX" };
    assert_non_null(mkdtemp(f.path));
    return f;
}

SUPPORT int remove_one(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info;
    (void)type;
    (void)where;
    return remove(path);
}

SUPPORT void folder_remove(struct folder *f)
{
    nftw(f->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The path lasts for three more calls. */
SUPPORT const char *folder_path(const struct folder *f, const char *name)
{
    static char path[4][512];
    static unsigned next;
    char *out = path[next++ % 4];

    snprintf(out, sizeof path[0], "%s/%s", f->path, name);
    return out;
}

SUPPORT const char *folder_write(const struct folder *f, const char *name, const void *bytes,
                                 size_t len)
{
    const char *path = folder_path(f, name);
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    return path;
}

#endif
