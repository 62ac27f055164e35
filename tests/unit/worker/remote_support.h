/* SPDX-License-Identifier: Apache-2.0 */
/* A connector in a worker, as a run uses it. The worker is this test program itself: its main
 * ends with REMOTE_TEST_RUN. */
#ifndef TEST_REMOTE_SUPPORT_H
#define TEST_REMOTE_SUPPORT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "orch/builder.h"
#include "orch/error.h"
#include "worker/child.h"
#include "worker/remote.h"
#include "worker/worker.h"

#define SUPPORT __attribute__((unused)) static
#define MISBEHAVING TEST_BINARY_DIR "/hostile/misbehaving.so"

static int lines_logged;

SUPPORT void count_line(void)
{
    lines_logged++;
}

/* The last test of a program whose workers end by themselves: one that leaks or races ends with a
 * code of its sanitizer, which the proxy logs. */
SUPPORT void no_worker_ended_badly(void **state)
{
    (void)state;
    assert_int_equal(lines_logged, 0);
}

/* The end of a test's main. */
#define REMOTE_TEST_RUN(tests, argc, argv)                                                         \
    do {                                                                                           \
        if ((argc) > 1 && strcmp((argv)[1], ORCH_CHILD_ARGUMENT) == 0)                             \
            return orch_worker_main();                                                             \
        orch_log_setup(ORCH_LOG_TEXT, ORCH_LOG_WARN);                                              \
        orch_log_before_line(count_line);                                                          \
        return cmocka_run_group_tests(tests, NULL, NULL);                                          \
    } while (0)

struct given {
    const char *name, *value;
};

struct remote_job {
    struct orch_arena arena;
    const struct orch_loaded *original;
    const struct orch_loaded *loaded; /* the proxy */
    struct orch_remote *remote;
    struct orch_instance instance;
    orch_source *source;
    orch_destination *destination;
    bool cancelled;
    int64_t rejects, last_reject_record;
    int64_t most_rejects; /* 0: any number */
    char reject_text[64];
    orch_error err;
};

SUPPORT bool job_cancelled(void *ctx)
{
    return ((struct remote_job *)ctx)->cancelled;
}

SUPPORT void job_progress(void *ctx, int64_t rows, int64_t bytes, int64_t total)
{
    (void)ctx, (void)rows, (void)bytes, (void)total;
}

SUPPORT orch_status job_reject(void *ctx, const orch_reject *reject)
{
    struct remote_job *job = ctx;
    job->rejects++;
    job->last_reject_record = reject->record;
    snprintf(job->reject_text, sizeof job->reject_text, "%s/%s/%s/%zu", reject->field,
             reject->rule, reject->message, reject->raw_len);
    return job->most_rejects > 0 && job->rejects > job->most_rejects ? ORCH_ECANCELLED : ORCH_OK;
}

SUPPORT struct orch_options *job_options(struct remote_job *job, enum orch_role role,
                                         const struct given *given)
{
    struct orch_setting settings[16];
    struct orch_options *options = NULL;
    size_t n = 0;
    for (; given != NULL && given[n].name != NULL; n++)
        settings[n] = (struct orch_setting){ given[n].name, (const char **)&given[n].value, 1,
                                             "test" };
    if (orch_options_parse(job->original, role, settings, n, &options, &job->err) != ORCH_OK)
        fail_msg("%s", job->err.message);
    return options;
}

SUPPORT void job_load(struct remote_job *job, const char *library, const char *name)
{
    struct orch_loaded *items = NULL;
    size_t n = 0;
    job->err = (orch_error)ORCH_ERROR_INIT;
    if (orch_loader_load(&job->arena, library, &items, &n, &job->err) != ORCH_OK)
        fail_msg("%s: %s", job->err.message, job->err.detail);
    for (size_t i = 0; i < n; i++)
        if (strcmp(items[i].connector.name, name) == 0)
            job->original = &items[i];
    assert_non_null(job->original);
}

/* Opens; `setup` NULL: in the sandbox, unless a sanitizer's own threads forbid it. */
SUPPORT orch_status job_open(struct remote_job *job, enum orch_role role,
                             const struct given *given, struct orch_inputs *inputs,
                             const struct orch_remote_setup *setup)
{
    struct orch_remote_setup plain = { .unconfined = false };
    const struct orch_hooks hooks = { job, job_cancelled, job_progress, job_reject };
    struct orch_options *options = job_options(job, role, given);
    if (setup != NULL)
        plain = *setup;
#if defined(__SANITIZE_THREAD__)
    plain.unconfined = true;
#endif
    assert_int_equal(orch_remote_new(job->original, role, options, inputs, &plain, &job->remote,
                                     &job->err), ORCH_OK);
    job->loaded = orch_remote_loaded(job->remote);
    assert_int_equal(orch_instance_init(&job->instance, job->loaded, options, inputs, &hooks),
                     ORCH_OK);
    return role == ORCH_ROLE_SOURCE
               ? job->loaded->source.open(&job->instance.host, &job->source, &job->err)
               : job->loaded->destination.open(&job->instance.host, &job->destination, &job->err);
}

SUPPORT void job_close(struct remote_job *job)
{
    if (job->source != NULL)
        job->loaded->source.close(job->source);
    if (job->destination != NULL)
        job->loaded->destination.close(job->destination);
    orch_instance_release(&job->instance);
    orch_remote_free(job->remote);
    orch_arena_release(&job->arena);
}

/* A source of the misbehaving connector that is being read. */
SUPPORT orch_status job_read(struct remote_job *job, const struct given *given,
                             const struct orch_remote_setup *setup, orch_reader **reader)
{
    orch_read_request request = { .struct_size = sizeof request };
    job_load(job, MISBEHAVING, "misbehaving");
    orch_status st = job_open(job, ORCH_ROLE_SOURCE, given, NULL, setup);
    if (st == ORCH_OK)
        st = job->loaded->source.read(job->source, &request, reader, &job->err);
    return st;
}

/* All batches; gives how reading ended. */
SUPPORT orch_status job_drain(struct remote_job *job, orch_reader *reader, int64_t *rows)
{
    orch_status st = ORCH_OK;
    *rows = 0;
    while (st == ORCH_OK) {
        struct ArrowArray batch = { 0 };
        orch_batch_info info = { .struct_size = sizeof info };
        st = job->loaded->source.next(reader, &batch, &info, &job->err);
        if (st != ORCH_OK)
            break;
        assert_int_equal(info.first_record, *rows + 1);
        *rows += batch.length;
        batch.release(&batch);
    }
    return st;
}

/* The last error, for a test that did not expect it. */
SUPPORT void assert_status(const struct remote_job *job, orch_status got, orch_status due)
{
    if (got != due)
        fail_msg("%d where %d is due: %s; %s", got, due, job->err.message, job->err.detail);
}

SUPPORT void assert_starts(const char *text, const char *with)
{
    if (strncmp(text, with, strlen(with)) != 0)
        fail_msg("\"%s\" does not start with \"%s\"", text, with);
}

SUPPORT void assert_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("\"%s\" has no \"%s\"", text, part);
}

#endif
