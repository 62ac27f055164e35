/* SPDX-License-Identifier: Apache-2.0 */
/* A worker that goes on writing to the shared memory: before, while and after the host takes a
 * batch. What the host holds is its own, and has been checked as it is. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "data/batch_check.h"
#include "orch/builder.h"
#include "orch/error.h"
#include "worker/parcel.h"
#include "worker/remote_part.h"

enum { ROWS = 500, COLUMNS = 3, BATCHES = 4000 };

/* ---- a host whose worker is this test ------------------------------------------------------ */

struct table {
    struct orch_loaded loaded;
    struct orch_remote *remote;
    int socket;            /* the worker's end */
    struct orch_ring kept; /* a second mapping of the same memory */
    struct ArrowSchema schema;
    struct ArrowArray batch; /* the honest one */
    struct orch_parcel parcel;
    struct orch_text told;   /* its description */
};

static void table_open(struct table *t)
{
    int fds[2];
    orch_builder *b = NULL;
    *t = (struct table){ .loaded.connector.name = "hostile", .kept.fd = -1 };
    assert_int_equal(orch_remote_new(&t->loaded, ORCH_ROLE_SOURCE, NULL, NULL, NULL, &t->remote,
                                     NULL), ORCH_OK);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    orch_link_init(&t->remote->link, fds[0]);
    t->socket = fds[1];
    t->remote->state = ORCH_REMOTE_RUNS;
    t->remote->child.process = t->remote->child.socket = t->remote->child.output = -1;
    assert_int_equal(orch_ring_map(&t->kept, dup(t->remote->ring.fd), NULL), ORCH_OK);
    assert_int_equal(orch_schema_init(&t->schema), ORCH_OK);
    assert_int_equal(orch_schema_add(&t->schema, "n", ORCH_FORMAT_INT64), ORCH_OK);
    assert_int_equal(orch_schema_add(&t->schema, "t", ORCH_FORMAT_UTF8), ORCH_OK);
    assert_int_equal(orch_schema_add(&t->schema, "z", ORCH_FORMAT_BINARY), ORCH_OK);
    assert_int_equal(orch_builder_new(&t->schema, &b), ORCH_OK);
    for (int i = 0; i < ROWS; i++) {
        if (i % 5 != 0)
            assert_int_equal(orch_builder_int(b, 0, i), ORCH_OK);
        assert_int_equal(orch_builder_text(b, 1, "\xC3\xA9t\xC3\xA9", 5), ORCH_OK);
        assert_int_equal(orch_builder_binary(b, 2, "\1\2\3", (size_t)(i % 4)), ORCH_OK);
        assert_int_equal(orch_builder_row(b), ORCH_OK);
    }
    assert_int_equal(orch_builder_take(b, &t->batch), ORCH_OK);
    orch_builder_free(b);
    assert_int_equal(orch_parcel_measure(&t->parcel, &t->schema, &t->batch), ORCH_OK);
    orch_parcel_put(&t->parcel, &t->told);
    assert_int_equal(orch_schema_copy(&t->schema, &t->remote->schema), ORCH_OK);
}

static void table_close(struct table *t)
{
    orch_parcel_release(&t->parcel);
    orch_text_release(&t->told);
    t->batch.release(&t->batch);
    t->schema.release(&t->schema);
    orch_ring_release(&t->kept);
    close(t->socket);
    orch_remote_free(t->remote);
}

/* What the worker says of slot 0, and what the host takes then. */
static orch_status take(struct table *t, struct ArrowArray *out, orch_error *err)
{
    char heard[4096];
    struct orch_remote_batch batch = { .slot = 0 };
    assert_true(orch_text_add(&batch.parcel, t->told.ptr, t->told.len));
    (void)orch_ring_claim(&t->remote->ring, 0);
    *out = (struct ArrowArray){ 0 };
    orch_status st = orch_remote_take_next(t->remote, &batch, out, err);
    orch_remote_batch_release(&batch);
    while (recv(t->socket, heard, sizeof heard, MSG_DONTWAIT) > 0)
        continue;
    return st;
}

/* ---- after --------------------------------------------------------------------------------- */

static void assert_is_the_honest_one(const struct table *t, const struct ArrowArray *got)
{
    size_t text = (size_t)((const int32_t *)t->batch.children[1]->buffers[1])[ROWS];
    size_t bytes = (size_t)((const int32_t *)t->batch.children[2]->buffers[1])[ROWS];
    const size_t sizes[COLUMNS][3] = {
        { (ROWS + 7) / 8, ROWS * sizeof(int64_t), 0 },
        { 0, (ROWS + 1) * sizeof(int32_t), text },
        { 0, (ROWS + 1) * sizeof(int32_t), bytes },
    };
    assert_int_equal(got->length, ROWS);
    for (size_t i = 0; i < COLUMNS; i++)
        for (size_t k = 0; k < 3; k++)
            if (sizes[i][k] > 0)
                assert_memory_equal(got->children[i]->buffers[k], t->batch.children[i]->buffers[k],
                                    sizes[i][k]);
}

static void a_batch_changed_after_it_was_taken_gains_nothing(void **state)
{
    static const int fills[] = { 0x00, 0xFF, 0x80, 0x7F };
    struct table t;
    orch_error err = ORCH_ERROR_INIT;
    (void)state;
    table_open(&t);
    for (size_t i = 0; i < sizeof fills / sizeof fills[0]; i++) {
        struct ArrowArray got;
        orch_parcel_pack(&t.parcel, orch_ring_slot(&t.kept, 0));
        assert_int_equal(take(&t, &got, &err), ORCH_OK);
        memset(t.kept.base, fills[i], t.kept.bytes); /* values, offsets, validity, all */
        assert_is_the_honest_one(&t, &got);
        assert_int_equal(orch_batch_check(&t.schema, &got, &err), ORCH_OK);
        got.release(&got);
    }
    table_close(&t);
}

/* ---- while --------------------------------------------------------------------------------- */

struct scribbler {
    struct table *table;
    _Atomic bool stop;
};

/* Now honest, now not, so that both kinds of batches come through. */
static void *scribble(void *ctx)
{
    struct scribbler *s = ctx;
    char *slot = orch_ring_slot(&s->table->kept, 0);
    size_t bytes = s->table->parcel.bytes;
    uint32_t seed = 1;
    while (!atomic_load(&s->stop)) {
        orch_parcel_pack(&s->table->parcel, slot);
        for (int i = 0; i < 200 && !atomic_load(&s->stop); i++) {
            seed = seed * 1664525u + 1013904223u;
            ((volatile char *)slot)[(seed >> 8) % bytes] = (char)(seed >> 3);
        }
        if (seed % 3 == 0)
            memset(slot, (int)(seed & 0xFF), bytes);
    }
    return NULL;
}

static uint64_t read_all(const struct ArrowArray *batch)
{
    uint64_t sum = 0;
    for (size_t i = 1; i < COLUMNS; i++) {
        const int32_t *offsets = batch->children[i]->buffers[1];
        const unsigned char *bytes = batch->children[i]->buffers[2];
        assert_true(offsets[0] >= 0);
        for (int row = 0; row < ROWS; row++) {
            assert_true(offsets[row] <= offsets[row + 1]);
            for (int32_t k = offsets[row]; k < offsets[row + 1]; k++)
                sum += bytes[k];
        }
    }
    return sum;
}

static void a_batch_changed_while_it_is_taken_is_sound_or_refused(void **state)
{
    struct table t;
    struct scribbler s = { .table = &t };
    pthread_t thread;
    volatile uint64_t sum = 0;
    int taken = 0, refused = 0;
    (void)state;
    table_open(&t);
    orch_parcel_pack(&t.parcel, orch_ring_slot(&t.kept, 0));
    assert_int_equal(pthread_create(&thread, NULL, scribble, &s), 0);
    for (int i = 0; i < BATCHES || ((taken == 0 || refused == 0) && i < 100 * BATCHES); i++) {
        struct ArrowArray got;
        orch_error err = ORCH_ERROR_INIT;
        orch_status st = take(&t, &got, &err);
        if (st == ORCH_OK) {
            assert_int_equal(orch_batch_check(&t.schema, &got, &err), ORCH_OK);
            sum = sum + read_all(&got);
            got.release(&got);
            taken++;
            continue;
        }
        /* The worker would be ended here; the next one is as bad. */
        assert_int_equal(st, ORCH_EINTERNAL);
        assert_true(err.message[0] != '\0');
        assert_null(got.release);
        t.remote->state = ORCH_REMOTE_RUNS;
        t.remote->child.output = -1;
        (void)orch_ring_give(&t.remote->ring, 0);
        refused++;
    }
    atomic_store(&s.stop, true);
    pthread_join(thread, NULL);
    assert_true(taken > 0 && refused > 0);
    table_close(&t);
}

/* ---- its size ------------------------------------------------------------------------------ */

/* A file that shrinks would kill whoever reads the mapping (SIGBUS). */
static void nobody_shrinks_the_memory(void **state)
{
    struct table t;
    (void)state;
    table_open(&t);
    int fd = t.remote->ring.fd;
    int due = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    assert_int_equal(fcntl(fd, F_GET_SEALS) & due, due);
    assert_int_equal(ftruncate(fd, 0), -1);
    assert_int_equal(ftruncate(fd, (off_t)t.kept.bytes - 1), -1);
    assert_int_equal(ftruncate(fd, (off_t)t.kept.bytes + 1), -1);
    assert_int_equal(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 0, 4096), -1);
    /* A hole reads as zeros: no more than another way to scribble. */
    orch_parcel_pack(&t.parcel, orch_ring_slot(&t.kept, 0));
    (void)fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t)t.kept.bytes);
    struct ArrowArray got;
    orch_error err = ORCH_ERROR_INIT;
    orch_status st = take(&t, &got, &err);
    assert_true(st == ORCH_OK || st == ORCH_EINTERNAL);
    if (st == ORCH_OK)
        got.release(&got);
    table_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_changed_after_it_was_taken_gains_nothing),
        cmocka_unit_test(a_batch_changed_while_it_is_taken_is_sound_or_refused),
        cmocka_unit_test(nobody_shrinks_the_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
