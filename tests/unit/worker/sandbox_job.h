/* SPDX-License-Identifier: Apache-2.0 */
/* A small real job of a connector that is loaded after the sandbox has closed: what a worker does.
 * Every function here runs in the child; it says what failed and returns non-zero. */
#ifndef TEST_SANDBOX_JOB_H
#define TEST_SANDBOX_JOB_H

#include "sandbox_support.h"

#include "orch/builder.h"
#include "orch/view.h"
#include "plugin/input_set.h"

#define CONNECTORS     TEST_BINARY_DIR "/connectors"
#define MODULES        TEST_BINARY_DIR "/lib/orchestra"
#define CONNECTOR(name) CONNECTORS "/" name ".so"

struct job {
    const char *library;
    enum orch_role role;
    uint32_t mode;
    const char *encoding;         /* of the input; NULL: found out */
    const char *settings[8][2];   /* name and value */
    int input;                    /* descriptor, opened before entering; -1: none */
    int64_t rows;                 /* how many must be read, or are written */
};

static const char *const job_libraries[] = { CONNECTORS, MODULES };

/* What every worker asks for. */
SUPPORT struct orch_sandbox_request job_request(const int *keep, size_t n_keep)
{
    return (struct orch_sandbox_request){
        .libraries = job_libraries, .n_libraries = 2, .keep = keep, .n_keep = n_keep,
        .address_space_bytes = 2048 * MIB, .file_size_bytes = 64 * MIB, .cpu_seconds = 60,
        .open_files = 64, .flags = kernel().landlock_abi > 0 && kernel().seccomp
                                       ? ORCH_SANDBOX_REQUIRE : 0,
    };
}

struct job_state {
    struct orch_arena arena;
    struct orch_loaded *loaded;
    struct orch_options *options;
    struct orch_inputs *inputs;
    struct orch_instance instance;
    int rejects;
    orch_error err;
};

SUPPORT int job_fail(const struct job_state *s, const char *what)
{
    dprintf(2, "%s: %s / %s\n", what, s->err.message, s->err.detail);
    return 1;
}

SUPPORT orch_status job_reject(void *ctx, const orch_reject *reject)
{
    struct job_state *s = ctx;
    (void)reject;
    s->rejects++;
    return ORCH_OK;
}

/* The worker's inputs are descriptors, whoever opened them. */
SUPPORT orch_status job_lend(void *ctx, size_t index, int *fd, orch_error *err)
{
    const struct job *job = ctx;
    (void)index, (void)err;
    *fd = dup(job->input);
    return *fd >= 0 ? ORCH_OK : ORCH_EIO;
}

SUPPORT void job_decided(void *ctx, size_t index, const char *encoding, bool detected)
{
    (void)ctx, (void)index, (void)encoding, (void)detected;
}

SUPPORT int job_inputs(struct job_state *s, const struct job *job)
{
    struct stat info;
    struct orch_input_lender lender = { (void *)job, job_lend, job_decided };

    if (fstat(job->input, &info) != 0)
        return job_fail(s, "input");
    struct orch_input_told told = { .path = "given", .name = "given", .size_bytes = info.st_size };
    return orch_inputs_adopt(&told, 1, job->encoding, &lender, &s->inputs, &s->err) == ORCH_OK
               ? 0 : job_fail(s, "inputs");
}

SUPPORT int job_load(struct job_state *s, const struct job *job)
{
    struct orch_hooks hooks = { .ctx = s, .reject = job_reject };
    struct orch_setting settings[8];
    size_t n, count = 0;

    if (orch_loader_load(&s->arena, job->library, &s->loaded, &n, &s->err) != ORCH_OK)
        return job_fail(s, "load");
    for (; count < 8 && job->settings[count][0]; count++) {
        const char **value = (const char **)&job->settings[count][1];
        settings[count] = (struct orch_setting){ job->settings[count][0], value, 1, "test" };
    }
    if (orch_options_parse(s->loaded, job->role, settings, count, &s->options, &s->err) != ORCH_OK)
        return job_fail(s, "options");
    if (job->input >= 0 && job_inputs(s, job) != 0)
        return 1;
    if (orch_instance_init(&s->instance, s->loaded, s->options, s->inputs, &hooks) != ORCH_OK)
        return job_fail(s, "instance");
    return 0;
}

/* ---- reading ------------------------------------------------------------------------------- */

SUPPORT int job_read(struct job_state *s, orch_source *source, int64_t *rows)
{
    const orch_source_ops *ops = &s->loaded->source;
    orch_read_request request = { .struct_size = sizeof request, .target_rows = 100 };
    orch_batch_info info = { .struct_size = sizeof info };
    struct ArrowSchema schema = { 0 };
    struct ArrowArray batch;
    orch_reader *reader;
    orch_status st;

    if (ops->describe(source, NULL, &schema, &s->err) != ORCH_OK)
        return job_fail(s, "describe");
    schema.release(&schema);
    if (ops->read(source, &request, &reader, &s->err) != ORCH_OK)
        return job_fail(s, "read");
    while ((st = ops->next(reader, &batch, &info, &s->err)) == ORCH_OK) {
        *rows += batch.length;
        batch.release(&batch);
    }
    ops->end(reader);
    return st == ORCH_END ? 0 : job_fail(s, "next");
}

SUPPORT int job_source(struct job_state *s, const struct job *job)
{
    orch_source *source;
    int64_t rows = 0;

    if (s->loaded->source.open(&s->instance.host, &source, &s->err) != ORCH_OK)
        return job_fail(s, "open");
    int result = job_read(s, source, &rows);
    s->loaded->source.close(source);
    if (result == 0 && (rows != job->rows || s->rejects != 0)) {
        dprintf(2, "%lld rows and %d rejects\n", (long long)rows, s->rejects);
        return 1;
    }
    return result;
}

/* ---- writing ------------------------------------------------------------------------------- */

static const char job_text[] = "a text of some length, so that the rows of a job fill pages";

SUPPORT int job_batch(struct job_state *s, const struct ArrowSchema *schema, int64_t rows,
                      struct ArrowArray *batch)
{
    orch_builder *b = NULL;
    orch_status st = orch_builder_new(schema, &b);

    for (int64_t i = 0; i < rows && st == ORCH_OK; i++) {
        orch_builder_int(b, 0, i);
        orch_builder_text(b, 1, job_text, sizeof job_text - 1);
        st = orch_builder_row(b);
    }
    if (st == ORCH_OK)
        st = orch_builder_take(b, batch);
    orch_builder_free(b);
    return st == ORCH_OK ? 0 : job_fail(s, "build");
}

SUPPORT int job_write(struct job_state *s, const struct job *job, orch_writer *writer,
                      const struct ArrowSchema *schema)
{
    const orch_destination_ops *ops = &s->loaded->destination;
    orch_write_counts counts = { .struct_size = sizeof counts };
    orch_commit commit = { .struct_size = sizeof commit, .sequence = 1 };
    struct ArrowArray batch = { 0 };

    if (job_batch(s, schema, job->rows, &batch) != 0)
        return 1;
    if (ops->write(writer, &batch, &s->err) != ORCH_OK)
        return job_fail(s, "write");
    if (ops->finish(writer, &counts, &s->err) != ORCH_OK)
        return job_fail(s, "finish");
    if (job_batch(s, schema, 1, &batch) != 0)
        return 1;
    if (ops->ledger(writer, "orchestra_run", schema, &batch, &s->err) != ORCH_OK)
        return job_fail(s, "ledger");
    if (ops->commit(writer, &commit, &s->err) != ORCH_OK)
        return job_fail(s, "commit");
    return counts.inserted == job->rows ? 0 : job_fail(s, "counts");
}

SUPPORT int job_destination(struct job_state *s, const struct job *job)
{
    const orch_destination_ops *ops = &s->loaded->destination;
    const char *key = "id";
    orch_write_request request = { .struct_size = sizeof request, .mode = job->mode,
                                   .keys = &key, .n_keys = job->mode == ORCH_WRITE_UPSERT,
                                   .pipeline = "test", .run = "run-1" };
    struct ArrowSchema schema;
    orch_destination *destination;
    orch_writer *writer;

    orch_schema_init(&schema);
    orch_schema_add(&schema, "id", "l");
    orch_schema_add(&schema, "pipeline", "u");
    if (ops->open(&s->instance.host, &destination, &s->err) != ORCH_OK)
        return job_fail(s, "open");
    if (ops->begin(destination, &request, &schema, &writer, &s->err) != ORCH_OK)
        return job_fail(s, "begin");
    int result = job_write(s, job, writer, &schema);
    ops->end(writer);
    ops->close(destination);
    return result;
}

/* ---- the whole ----------------------------------------------------------------------------- */

SUPPORT int job_run(void *arg)
{
    const struct job *job = arg;
    struct job_state s = { .err = ORCH_ERROR_INIT };

    if (job_load(&s, job) != 0)
        return 1;
    return job->role == ORCH_ROLE_SOURCE ? job_source(&s, job) : job_destination(&s, job);
}

#endif
