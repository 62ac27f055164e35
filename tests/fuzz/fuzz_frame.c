/* SPDX-License-Identifier: Apache-2.0 */
/* The host's side of the worker protocol, as a run uses it, against a worker that says what the
 * input says and leaves what the input leaves in the shared memory.
 *
 * First byte: 1 a destination, else a source; 2 frames are raw bytes; 4, 8, 16 more calls. Then a
 * byte with the number of bytes of shared memory (times 4), those bytes, and the frames: kind, id,
 * two bytes of length, body. Replies are due with the ids 1, 2, 3 and so on.
 *
 * Checked: the host gets what can be read, or an error that says what the worker did. */
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bytes.h"
#include "data/batch_check.h"
#include "memory_source.h"
#include "orch/builder.h"
#include "orch/error.h"
#include "whole_batch.h"
#include "worker/remote_part.h"

enum { DESTINATION = 1, RAW = 2, MORE = 4, DESCRIBE = 8, RECOVER = 16, BATCHES = 8 };

struct job {
    uint8_t how;
    const struct orch_loaded *loaded; /* the proxy */
    orch_error err;
    int64_t rejects;
    volatile size_t sum;
};

/* ---- the host's table ---------------------------------------------------------------------- */

static struct job *job;

static bool never(void *ctx)
{
    (void)ctx;
    return false;
}

static void take_progress(void *ctx, int64_t rows, int64_t bytes, int64_t total)
{
    (void)ctx;
    if (rows < 0 || bytes < 0 || total < -1)
        fuzz_broken("progress of %lld rows", (long long)rows);
}

static orch_status take_reject(void *ctx, const orch_reject *reject)
{
    (void)ctx;
    if (reject->record < 0 || reject->line < 0 || reject->offset < -1 || reject->input > 0)
        fuzz_broken("a reject of record %lld", (long long)reject->record);
    for (size_t i = 0; i < reject->raw_len; i++)
        job->sum += (unsigned char)reject->raw[i];
    job->sum += reject->field != NULL ? strlen(reject->field) : 0;
    job->sum += reject->rule != NULL ? strlen(reject->rule) : 0;
    job->sum += reject->message != NULL ? strlen(reject->message) : 0;
    return ++job->rejects > 10 ? ORCH_ECANCELLED : ORCH_OK;
}

/* One instance for all inputs, with a file to lend. */
static struct orch_instance *instance(void)
{
    static struct orch_instance made;
    static char path[] = "/tmp/orchestra-fuzz-XXXXXX";
    const char *value = path;
    const struct orch_setting setting = { "path", &value, 1, "fuzz" };
    const struct orch_hooks hooks = { NULL, never, take_progress, take_reject };
    struct orch_options *options = NULL;
    struct orch_inputs *inputs = NULL;
    orch_error err = ORCH_ERROR_INIT;
    if (made.loaded != NULL)
        return &made;
    const struct orch_loaded *csv = fuzz_connector("csv");
    int fd = mkstemp(path);
    if (fd < 0 || write(fd, "a;b\n1;2\n", 8) != 8 ||
        orch_options_parse(csv, ORCH_ROLE_SOURCE, &setting, 1, &options, &err) != ORCH_OK ||
        orch_inputs_open(options, &inputs, &err) != ORCH_OK ||
        orch_instance_init(&made, csv, options, inputs, &hooks) != ORCH_OK)
        fuzz_broken("%s: %s", err.message, err.detail);
    close(fd);
    unlink(path);
    return &made;
}

/* ---- the worker ---------------------------------------------------------------------------- */

static void put_frames(struct fuzz_bytes *b, struct orch_text *out)
{
    while (b->left > 0) {
        struct orch_frame_head head = { .magic = ORCH_FRAME_MAGIC, .version = ORCH_FRAME_VERSION };
        head.kind = fuzz_byte(b);
        head.id = fuzz_byte(b);
        size_t due = (size_t)(uint16_t)fuzz_int16(b);
        head.length = (uint32_t)(due < b->left ? due : b->left);
        (void)orch_text_add(out, (const char *)&head, sizeof head);
        (void)orch_text_add(out, (const char *)b->at, head.length);
        b->at += head.length;
        b->left -= head.length;
    }
}

/* Says all at once and hangs up; what the host sends is never read. */
static int speak(struct fuzz_bytes *b, bool raw, int fd)
{
    struct orch_text frames = { 0 };
    struct orch_str all = { 0 };
    if (raw)
        all = fuzz_rest(b);
    else
        put_frames(b, &frames);
    if (!raw)
        all = (struct orch_str){ frames.ptr, frames.len };
    for (size_t at = 0; at < all.len;) {
        ssize_t n = send(fd, all.ptr + at, all.len - at, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n <= 0)
            break;
        at += (size_t)n;
    }
    orch_text_release(&frames);
    return shutdown(fd, SHUT_WR);
}

static void fill_slots(struct fuzz_bytes *b, const struct orch_ring *ring)
{
    size_t n = (size_t)fuzz_byte(b) * 4;
    n = n < b->left ? n : b->left;
    for (uint32_t slot = 0; n > 0 && slot < ring->n_slots; slot++)
        memcpy(orch_ring_slot(ring, slot), b->at, n);
    b->at += n;
    b->left -= n;
}

/* ---- the host ------------------------------------------------------------------------------ */

static bool good(orch_status st)
{
    if (st < ORCH_OK && (job->err.code != st || job->err.message[0] == '\0'))
        fuzz_broken("a call fails with %d, the error says %d \"%s\"", st, job->err.code,
                    job->err.message);
    return st == ORCH_OK;
}

static void take_table(struct ArrowSchema *schema, struct ArrowArray *batch)
{
    fuzz_batch_whole(schema, batch);
    batch->release(batch);
    schema->release(schema);
}

static void read_batches(orch_reader *reader)
{
    struct ArrowSchema schema = { 0 };
    if (!good(job->loaded->source.schema(reader, &schema, &job->err)))
        return;
    for (int i = 0; i < BATCHES; i++) {
        struct ArrowArray batch = { 0 };
        orch_batch_info info = { .struct_size = sizeof info };
        if (!good(job->loaded->source.next(reader, &batch, &info, &job->err)))
            break;
        if (info.state != NULL && orch_utf8_valid(info.state, info.state_len) != info.state_len)
            fuzz_broken("a position that is not UTF-8");
        fuzz_batch_whole(&schema, &batch);
        batch.release(&batch);
    }
    schema.release(&schema);
}

static void use_source(orch_source *source)
{
    struct ArrowSchema schema = { 0 };
    struct ArrowArray batch = { 0 };
    orch_reader *reader = NULL;
    orch_read_request request = { .struct_size = sizeof request };
    const orch_source_ops *ops = &job->loaded->source;
    if ((job->how & MORE) != 0 && good(ops->streams(source, &schema, &batch, &job->err)))
        take_table(&schema, &batch);
    schema = (struct ArrowSchema){ 0 };
    if ((job->how & DESCRIBE) != 0 && good(ops->describe(source, NULL, &schema, &job->err)))
        schema.release(&schema);
    if (!good(ops->read(source, &request, &reader, &job->err)))
        return;
    read_batches(reader);
    ops->end(reader);
}

static void write_batches(orch_writer *writer, const struct ArrowSchema *schema)
{
    orch_write_counts counts = { .struct_size = sizeof counts };
    orch_commit commit = { .struct_size = sizeof commit };
    const orch_destination_ops *ops = &job->loaded->destination;
    bool going = true;
    for (int i = 0; i < BATCHES && going; i++) {
        struct ArrowArray batch = { 0 };
        orch_builder *b = NULL;
        if (orch_builder_new(schema, &b) != ORCH_OK || orch_builder_int(b, 0, i) != ORCH_OK ||
            orch_builder_row(b) != ORCH_OK || orch_builder_take(b, &batch) != ORCH_OK)
            abort();
        orch_builder_free(b);
        going = good(i % 4 != 3 ? ops->write(writer, &batch, &job->err)
                                : ops->ledger(writer, "run", schema, &batch, &job->err));
        if (batch.release != NULL)
            batch.release(&batch);
    }
    if (going && good(ops->finish(writer, &counts, &job->err)) &&
        (counts.inserted < 0 || counts.updated < 0 || counts.unchanged < 0 || counts.merged < 0))
        fuzz_broken("counts that cannot be are believed");
    if (going)
        (void)good(ops->commit(writer, &commit, &job->err));
}

static void use_destination(orch_destination *destination)
{
    struct ArrowSchema schema = { 0 }, own;
    struct ArrowArray batch = { 0 };
    orch_writer *writer = NULL;
    const orch_ledger_query query = { .struct_size = sizeof query, .table = "run" };
    const orch_write_request request = { .struct_size = sizeof request };
    const orch_destination_ops *ops = &job->loaded->destination;
    if ((job->how & MORE) != 0)
        (void)good(ops->check(destination, &job->err));
    if ((job->how & RECOVER) != 0 &&
        good(ops->recover(destination, &query, &schema, &batch, &job->err)))
        take_table(&schema, &batch);
    if (orch_schema_init(&own) != ORCH_OK || orch_schema_add(&own, "n", "l") != ORCH_OK)
        abort();
    if (good(ops->begin(destination, &request, &own, &writer, &job->err))) {
        write_batches(writer, &own);
        ops->end(writer);
    }
    own.release(&own);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_bytes b = { data, size };
    struct orch_instance *host = instance();
    struct job now = { .how = fuzz_byte(&b), .err = ORCH_ERROR_INIT };
    struct orch_remote *r = NULL;
    int fds[2];
    enum orch_role role = (now.how & DESTINATION) != 0 ? ORCH_ROLE_DESTINATION : ORCH_ROLE_SOURCE;

    job = &now;
    if (orch_remote_new(host->loaded, role, host->options,
                        role == ORCH_ROLE_SOURCE ? host->inputs : NULL, NULL, &r, NULL) !=
            ORCH_OK ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
        abort();
    r->host = &host->host;
    r->child.process = r->child.socket = r->child.output = -1;
    r->state = ORCH_REMOTE_RUNS;
    orch_link_init(&r->link, fds[0]);
    fill_slots(&b, &r->ring);
    (void)speak(&b, (now.how & RAW) != 0, fds[1]);
    now.loaded = orch_remote_loaded(r);
    if (role == ORCH_ROLE_SOURCE)
        use_source((orch_source *)r);
    else
        use_destination((orch_destination *)r);
    orch_remote_close(r);
    orch_remote_free(r);
    close(fds[1]);
    return 0;
}
