/* SPDX-License-Identifier: Apache-2.0 */
/* Inputs of a test: options of the file source, opened as a run opens them. */
#ifndef TEST_INPUT_SUPPORT_H
#define TEST_INPUT_SUPPORT_H

#include "plugin_support.h"

#include "plugin/input_item.h"

/* Every input test loads the one source of files once. */
static struct orch_arena support_arena;
static const struct orch_loaded *support_files;

SUPPORT int support_setup(void **state)
{
    (void)state;
    setenv("ORCHESTRA_MODULES", TEST_BINARY_DIR "/lib/orchestra", 1);
    support_files = load_plain(&support_arena, "plain");
    return 0;
}

SUPPORT int support_teardown(void **state)
{
    (void)state;
    orch_arena_release(&support_arena);
    return 0;
}

SUPPORT struct orch_options *options_for(const char **paths, size_t n, const char *encoding)
{
    const char *one[] = { encoding };
    const struct orch_setting settings[] = {
        { "path", paths, n, "x.lua:3" },
        { "encoding", one, 1, "x.lua:4" },
    };
    struct orch_options *o = NULL;
    orch_error err = ORCH_ERROR_INIT;

    if (orch_options_parse(support_files, ORCH_ROLE_SOURCE, settings, encoding ? 2 : 1, &o,
                           &err) != ORCH_OK)
        fail_msg("%s", err.message);
    return o;
}

SUPPORT orch_status open_inputs(const char **paths, size_t n, const char *encoding,
                                struct orch_inputs **out, orch_error *err)
{
    struct orch_options *o = options_for(paths, n, encoding);
    orch_status st = orch_inputs_open(o, out, err);
    orch_options_free(o);
    return st;
}

SUPPORT struct orch_inputs *open_one(const char *path, const char *encoding)
{
    struct orch_inputs *in = NULL;
    orch_error err = ORCH_ERROR_INIT;

    if (open_inputs(&path, 1, encoding, &in, &err) != ORCH_OK)
        fail_msg("%s: %s", err.message, err.detail);
    return in;
}

/* Reads input 0 to its end, `capacity` bytes a call, into `out` (NUL-terminated). */
SUPPORT orch_status read_all(struct orch_inputs *in, uint32_t mode, size_t capacity,
                             struct orch_text *out, orch_error *err)
{
    orch_input_stream *s = NULL;
    orch_status st = orch_stream_open(in, 0, mode, &s, err);
    char *buffer = malloc(capacity);
    size_t n = 1;

    assert_non_null(buffer);
    while (st == ORCH_OK && n > 0) {
        st = orch_stream_read(s, buffer, capacity, &n, err);
        if (st == ORCH_OK) {
            assert_true(mode == ORCH_INPUT_RAW || orch_utf8_valid(buffer, n) == n);
            assert_true(orch_text_add(out, buffer, n));
        }
    }
    orch_stream_close(s);
    free(buffer);
    return st;
}

#endif
