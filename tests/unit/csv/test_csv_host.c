/* SPDX-License-Identifier: Apache-2.0 */
/* The connector as a run uses it: library, options and inputs through the plugin layer. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "orch/arrow.h"
#include "orch/view.h"
#include "plugin/input_set.h"

#include <string.h>

struct seen {
    int64_t rejects;
    char rules[64];
};

static bool never_cancelled(void *ctx)
{
    (void)ctx;
    return false;
}

static void no_progress(void *ctx, int64_t rows, int64_t bytes, int64_t bytes_total)
{
    (void)ctx;
    (void)rows;
    (void)bytes;
    (void)bytes_total;
}

static orch_status note_reject(void *ctx, const orch_reject *r)
{
    struct seen *seen = ctx;

    seen->rejects++;
    strncat(seen->rules, r->rule, sizeof seen->rules - strlen(seen->rules) - 1);
    strncat(seen->rules, " ", sizeof seen->rules - strlen(seen->rules) - 1);
    return ORCH_OK;
}

static const struct orch_loaded *load(struct orch_arena *arena)
{
    struct orch_loaded *items = NULL;
    size_t n = 0;
    orch_error err = ORCH_ERROR_INIT;

    if (orch_loader_load(arena, TEST_PLUGIN, &items, &n, &err) != ORCH_OK)
        fail_msg("%s: %s", err.message, err.detail);
    assert_int_equal(n, 1);
    assert_string_equal(items[0].connector.name, "csv");
    return &items[0];
}

static void start(struct orch_instance *instance, const struct orch_loaded *csv,
                  const struct orch_setting *settings, size_t n, struct seen *seen)
{
    struct orch_hooks hooks = { seen, never_cancelled, no_progress, note_reject };
    struct orch_options *options = NULL;
    struct orch_inputs *inputs = NULL;
    orch_error err = ORCH_ERROR_INIT;

    if (orch_options_parse(csv, ORCH_ROLE_SOURCE, settings, n, &options, &err) != ORCH_OK)
        fail_msg("%s: %s", err.message, err.detail);
    if (orch_inputs_open(options, &inputs, &err) != ORCH_OK)
        fail_msg("%s: %s", err.message, err.detail);
    assert_int_equal(orch_instance_init(instance, csv, options, inputs, &hooks), ORCH_OK);
}

/* Reads all batches: the rows, and the text of row 0 in column `column` of the first. */
static int64_t read_all(struct orch_instance *instance, size_t column, char *text, size_t size)
{
    const orch_source_ops *ops = &instance->loaded->source;
    orch_read_request request = { .struct_size = sizeof request };
    struct ArrowSchema schema = { 0 };
    orch_source *source = NULL;
    orch_reader *reader = NULL;
    orch_error err = ORCH_ERROR_INIT;
    int64_t rows = 0;
    orch_status st = ops->open(&instance->host, &source, &err);

    if (st == ORCH_OK)
        st = ops->read(source, &request, &reader, &err);
    if (st != ORCH_OK)
        fail_msg("%s: %s", err.message, err.detail);
    assert_int_equal(ops->schema(reader, &schema, &err), ORCH_OK);
    for (;;) {
        struct ArrowArray batch = { 0 };
        orch_batch_info info = { .struct_size = sizeof info };
        orch_view view;
        size_t len = 0;
        st = ops->next(reader, &batch, &info, &err);
        if (st != ORCH_OK)
            break;
        assert_int_equal(orch_view_init(&view, &schema, &batch, &err), ORCH_OK);
        if (rows == 0) {
            const char *value = orch_view_text(&view, column, 0, &len);
            assert_true(len < size);
            memcpy(text, value, len);
            text[len] = '\0';
        }
        rows += batch.length;
        orch_view_release(&view);
        batch.release(&batch);
    }
    assert_int_equal(st, ORCH_END);
    ops->end(reader);
    ops->close(source);
    schema.release(&schema);
    return rows;
}

static void sample_is_read_with_the_defaults_of_the_option_table(void **state)
{
    const char *paths[] = { TEST_SOURCE_DIR "/tests/data/csv/15_unbalanced_quote.csv" };
    const struct orch_setting settings[] = { { "path", paths, 1, "x.lua:1" } };
    struct orch_arena arena = { 0 };
    struct orch_instance instance = { 0 };
    struct seen seen = { 0 };
    char text[64];
    (void)state;
    start(&instance, load(&arena), settings, 1, &seen);
    assert_int_equal(read_all(&instance, 1, text, sizeof text), 3);
    assert_string_equal(text, "Maçonnerie");
    assert_string_equal(seen.rules, "quote quote ");
    orch_instance_release(&instance);
    orch_arena_release(&arena);
}

static void windows_1252_is_decoded_before_it_is_read(void **state)
{
    const char *paths[] = { TEST_SOURCE_DIR "/tests/data/csv/09_windows_1252.csv" };
    const char *columns[] = { "id", "label", "amount" };
    const char *words[] = { "NC", "ND" };
    const char *most[] = { "2KiB" };
    const char *row[] = { "null" };
    const struct orch_setting settings[] = {
        { "path", paths, 1, "x.lua:1" },      { "columns", columns, 3, "x.lua:2" },
        { "null_words", words, 2, "x.lua:3" }, { "max_field", most, 1, "x.lua:4" },
        { "short_rows", row, 1, "x.lua:5" },
    };
    struct orch_arena arena = { 0 };
    struct orch_instance instance = { 0 };
    struct seen seen = { 0 };
    char text[64];
    (void)state;
    start(&instance, load(&arena), settings, 5, &seen);
    assert_int_equal(read_all(&instance, 1, text, sizeof text), 2);
    assert_string_equal(text, "l’école");
    assert_int_equal(seen.rejects, 0);
    orch_instance_release(&instance);
    orch_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sample_is_read_with_the_defaults_of_the_option_table),
        cmocka_unit_test(windows_1252_is_decoded_before_it_is_read),
    };
    return cmocka_run_group_tests_name("csv host", tests, NULL, NULL);
}
