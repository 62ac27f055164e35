/* SPDX-License-Identifier: Apache-2.0 */
/* What a process for a connector costs: starting and ending two, and passing batches both ways.
 *
 *     ninja -C build/release bench_isolation && build/release/bin/bench_isolation
 *
 * The connector is the misbehaving one of tests/hostile, asked for nothing: a source whose rows
 * cost next to nothing, and a destination that counts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "orch/builder.h"
#include "orch/error.h"
#include "worker/child.h"
#include "worker/remote.h"
#include "worker/worker.h"

enum { STARTS = 50, BATCHES = 2000, ROWS = 8192 };

struct end {
    const struct orch_loaded *original, *loaded;
    struct orch_options *options;
    struct orch_remote *remote; /* NULL: in this process */
    struct orch_instance instance;
};

static void check(orch_status st, const orch_error *err)
{
    if (st == ORCH_OK)
        return;
    fprintf(stderr, "%s: %s\n", err->message, err->detail);
    exit(1);
}

static struct end *end_new(const struct orch_loaded *original, enum orch_role role,
                           bool in_process)
{
    const char *values[] = { "16384000", "8192", "128" };
    const struct orch_setting settings[] = { { "total", &values[0], 1, "bench" },
                                             { "rows", &values[1], 1, "bench" },
                                             { "width", &values[2], 1, "bench" } };
    orch_error err = ORCH_ERROR_INIT;
    struct end *e = calloc(1, sizeof *e);
    if (e == NULL)
        exit(1);
    e->original = e->loaded = original;
    check(orch_options_parse(original, role, settings, 3, &e->options, &err), &err);
    if (!in_process) {
        check(orch_remote_new(original, role, e->options, NULL, NULL, &e->remote, &err), &err);
        e->loaded = orch_remote_loaded(e->remote);
    }
    check(orch_instance_init(&e->instance, e->loaded, e->options, NULL, NULL), &err);
    return e;
}

static void end_free(struct end *e)
{
    orch_instance_release(&e->instance);
    orch_remote_free(e->remote);
    free(e);
}

static double ms_since(int64_t began_us)
{
    return (double)(orch_clock_monotonic_us() - began_us) / 1000;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* ---- starting ------------------------------------------------------------------------------ */

static double start_two(const struct orch_loaded *connector, unsigned warm, int warm_us)
{
    orch_error err = ORCH_ERROR_INIT;
    orch_source *source = NULL;
    orch_destination *destination = NULL;
    orch_child_warm(warm);
    if (warm > 0)
        nanosleep(&(struct timespec){ .tv_nsec = warm_us * 1000L }, NULL);
    int64_t began = orch_clock_monotonic_us();
    struct end *d = end_new(connector, ORCH_ROLE_DESTINATION, false);
    check(d->loaded->destination.open(&d->instance.host, &destination, &err), &err);
    struct end *s = end_new(connector, ORCH_ROLE_SOURCE, false);
    check(s->loaded->source.open(&s->instance.host, &source, &err), &err);
    s->loaded->source.close(source);
    d->loaded->destination.close(destination);
    end_free(s);
    end_free(d);
    return ms_since(began);
}

static void bench_start(const struct orch_loaded *connector, unsigned warm, const char *what)
{
    double times[STARTS];
    for (int i = 0; i < STARTS; i++)
        times[i] = start_two(connector, warm, 5000);
    qsort(times, STARTS, sizeof times[0], by_value);
    printf("%-44s %8.2f ms\n", what, times[STARTS / 2]);
}

/* ---- batches ------------------------------------------------------------------------------- */

static int64_t bytes_of(const struct ArrowArray *batch)
{
    const int32_t *offsets = batch->children[1]->buffers[1];
    return batch->length * 12 + offsets[batch->length];
}

static void bench_source(const struct orch_loaded *connector, bool in_process)
{
    orch_error err = ORCH_ERROR_INIT;
    orch_source *source = NULL;
    orch_reader *reader = NULL;
    orch_read_request request = { .struct_size = sizeof request };
    struct end *e = end_new(connector, ORCH_ROLE_SOURCE, in_process);
    int64_t bytes = 0;
    orch_status st;
    check(e->loaded->source.open(&e->instance.host, &source, &err), &err);
    check(e->loaded->source.read(source, &request, &reader, &err), &err);
    int64_t began = orch_clock_monotonic_us();
    for (;;) {
        struct ArrowArray batch = { 0 };
        orch_batch_info info = { .struct_size = sizeof info };
        st = e->loaded->source.next(reader, &batch, &info, &err);
        if (st != ORCH_OK)
            break;
        bytes += bytes_of(&batch);
        batch.release(&batch);
    }
    double ms = ms_since(began);
    check(st == ORCH_END ? ORCH_OK : st, &err);
    printf("%-44s %8.2f GB/s %6.0f us a batch\n",
           in_process ? "batches made, in one process" : "batches made and passed to the host",
           (double)bytes / ms / 1e6, ms * 1000 / BATCHES);
    e->loaded->source.end(reader);
    e->loaded->source.close(source);
    end_free(e);
}

static struct ArrowArray batch_new(const struct ArrowSchema *schema)
{
    static const char text[128] = { 'x' };
    orch_builder *b = NULL;
    struct ArrowArray batch = { 0 };
    orch_status st = orch_builder_new(schema, &b);
    for (int64_t i = 0; i < ROWS && st == ORCH_OK; i++) {
        st = orch_builder_int(b, 0, i);
        if (st == ORCH_OK)
            st = orch_builder_text(b, 1, text, sizeof text);
        if (st == ORCH_OK)
            st = orch_builder_row(b);
    }
    if (st == ORCH_OK)
        st = orch_builder_take(b, &batch);
    orch_builder_free(b);
    if (st != ORCH_OK)
        exit(1);
    return batch;
}

/* The same batch again and again: its release is not its own. */
static void kept(struct ArrowArray *batch)
{
    batch->release = NULL;
}

static void bench_destination(const struct orch_loaded *connector, bool in_process)
{
    orch_error err = ORCH_ERROR_INIT;
    orch_destination *destination = NULL;
    orch_writer *writer = NULL;
    orch_write_request request = { .struct_size = sizeof request, .mode = ORCH_WRITE_APPEND };
    orch_write_counts counts = { .struct_size = sizeof counts };
    struct ArrowSchema schema;
    struct end *e = end_new(connector, ORCH_ROLE_DESTINATION, in_process);
    const struct orch_destination_ops *ops = &e->loaded->destination;
    check(orch_schema_init(&schema), &err);
    check(orch_schema_add(&schema, "n", ORCH_FORMAT_INT64), &err);
    check(orch_schema_add(&schema, "t", ORCH_FORMAT_UTF8), &err);
    struct ArrowArray batch = batch_new(&schema);
    int64_t *numbers = (int64_t *)(uintptr_t)batch.children[0]->buffers[1];
    check(ops->open(&e->instance.host, &destination, &err), &err);
    check(ops->begin(destination, &request, &schema, &writer, &err), &err);
    int64_t began = orch_clock_monotonic_us();
    for (int64_t n = 0; n < BATCHES; n++) {
        struct ArrowArray again = batch;
        for (int64_t i = 0; i < ROWS; i++)
            numbers[i] = n * ROWS + i;
        again.release = kept;
        check(ops->write(writer, &again, &err), &err);
    }
    check(ops->finish(writer, &counts, &err), &err);
    double ms = ms_since(began);
    printf("%-44s %8.2f GB/s %6.0f us a batch\n",
           in_process ? "batches counted, in one process"
                      : "batches passed to a worker and counted",
           (double)bytes_of(&batch) * BATCHES / ms / 1e6, ms * 1000 / BATCHES);
    ops->end(writer);
    ops->close(destination);
    end_free(e);
    batch.release(&batch);
    schema.release(&schema);
}

int main(int argc, char **argv)
{
    struct orch_arena arena = { 0 };
    struct orch_loaded *items = NULL;
    orch_error err = ORCH_ERROR_INIT;
    size_t n = 0;
    orch_alloc_tune();
    if (argc > 1 && strcmp(argv[1], ORCH_CHILD_ARGUMENT) == 0)
        return orch_worker_main();
    check(orch_loader_load(&arena, BENCH_CONNECTOR, &items, &n, &err), &err);
    bench_start(items, 0, "two workers: started, opened, closed");
    bench_start(items, 2, "the same, started in advance");
    for (int in_process = 1; in_process >= 0; in_process--) {
        bench_source(items, in_process != 0);
        bench_destination(items, in_process != 0);
    }
    orch_child_cool();
    orch_arena_release(&arena);
    return 0;
}
