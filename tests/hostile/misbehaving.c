/* SPDX-License-Identifier: Apache-2.0 */
/* A connector that misbehaves on demand. The option `how` says in what way, `where` in which call;
 * as a source it gives batches of two columns, `n` numbers and `t` texts, as a destination it
 * counts. Asked for nothing it keeps the contract. */
#include "nothing.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "orch/builder.h"
#include "orch/error.h"

struct state {
    const orch_host *host;
    struct ArrowSchema schema;
    int64_t made, written;
    atomic_bool interrupted;
    struct ArrowArray kept; /* a batch of the host's that was not given back in time */
};

static const char *text_of(const struct state *s, const char *name)
{
    const char *value = s->host->option(s->host, name, 0, NULL);
    return value != NULL ? value : "";
}

static int64_t number_of(const struct state *s, const char *name)
{
    return strtoll(text_of(s, name), NULL, 10);
}

static bool does(const struct state *s, const char *how)
{
    return strcmp(text_of(s, "how"), how) == 0;
}

/* ---- misbehaving --------------------------------------------------------------------------- */

static void nap(long ms)
{
    nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L }, NULL);
}

/* By mmap: a sanitizer's malloc does not return when there is no more. */
static void eat(void)
{
    for (size_t n = 0;; n++) {
        char *piece = mmap(NULL, 16 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                           0);
        if (piece == MAP_FAILED) {
            fprintf(stderr, "ate %zu MiB\n", n * 16);
            abort();
        }
        memset(piece, (int)n + 1, 16 << 20);
    }
}

static void spin(void)
{
    volatile uint64_t turns = 0;
    while (turns < UINT64_MAX)
        turns = turns + 1;
}

/* A frame to the host, past the worker's own code. */
static void send_raw(uint16_t kind, uint32_t id, uint32_t length, const void *body, size_t size)
{
    struct {
        uint32_t magic;
        uint16_t version, kind;
        uint32_t id, length;
    } head = { 0x48435243u, 1, kind, id, length };
    if (write(3, &head, sizeof head) < 0 || (size > 0 && write(3, body, size) < 0))
        _exit(9);
}

static void send_descriptor(void)
{
    char room[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 0;
    struct iovec part = { &byte, 1 };
    struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = room,
                        .msg_controllen = sizeof room };
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    int fd = 2;
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    if (sendmsg(3, &m, MSG_NOSIGNAL) < 0)
        _exit(9);
}

static void misbehave(struct state *s)
{
    if (does(s, "crash")) {
        fputs("about to crash\n", stderr);
        signal(SIGSEGV, SIG_DFL); /* a sanitizer has a handler of its own */
        raise(SIGSEGV);
    } else if (does(s, "abort")) {
        abort();
    } else if (does(s, "exit")) {
        exit(7);
    } else if (does(s, "leave")) {
        shutdown(3, SHUT_RDWR);
        close(3);
        nap(60000);
    } else if (does(s, "hang")) {
        for (;;)
            nap(60000);
    } else if (does(s, "wait")) {
        while (!atomic_load(&s->interrupted))
            nap(5);
    } else if (does(s, "poll")) {
        while (!s->host->cancelled(s->host))
            nap(5);
    } else if (does(s, "stop")) {
        raise(SIGSTOP);
    } else if (does(s, "eat")) {
        eat();
    } else if (does(s, "spin")) {
        spin();
    } else if (does(s, "junk")) {
        send_raw(0, 0, UINT32_MAX, "junk", 4);
    } else if (does(s, "kind")) {
        send_raw(999, 0, 0, NULL, 0);
    } else if (does(s, "reply")) {
        send_raw(64, 4711, 4, "\0\0\0\0", 4);
    } else if (does(s, "descriptor")) {
        send_descriptor();
    } else if (does(s, "slot")) {
        send_raw(65, 0, 0, NULL, 0);
    } else if (does(s, "member")) {
        send_raw(74, 0, 9, "\0\0\0\0\1\0\0\0a", 9);
    } else if (does(s, "flood")) {
        for (int i = 0; i < 100000; i++)
            s->host->log(s->host, ORCH_LOG_ERROR, "flood", "water");
    } else if (does(s, "print")) {
        for (int i = 0; i < 100000; i++)
            fputs("a line for nobody to read, longer than it need be\n", stderr);
    }
}

static orch_status at(struct state *s, const char *where, orch_error *err)
{
    if (strcmp(text_of(s, "where"), where) != 0 || s->made + s->written < number_of(s, "after"))
        return ORCH_OK;
    if (does(s, "fail")) {
        orch_error_set(err, ORCH_EIO, "cannot %s", where);
        orch_error_detail(err, "as told");
        orch_error_hint(err, "tell it otherwise");
        return ORCH_EIO;
    }
    misbehave(s);
    if (atomic_load(&s->interrupted) || s->host->cancelled(s->host))
        return orch_error_set(err, ORCH_ECANCELLED, "stopped on request");
    return ORCH_OK;
}

/* ---- both roles ---------------------------------------------------------------------------- */

static orch_status open_any(const orch_host *host, struct state **out, orch_error *err)
{
    struct state *s = calloc(1, sizeof *s);
    if (s == NULL)
        return ORCH_ENOMEM;
    s->host = host;
    atomic_init(&s->interrupted, false);
    orch_status st = at(s, "open", err);
    if (st == ORCH_OK)
        *out = s;
    else
        free(s);
    return st;
}

static void close_any(struct state *s)
{
    (void)at(s, "close", NULL);
    if (s->kept.release != NULL)
        s->kept.release(&s->kept);
    free(s);
}

static orch_status make_schema(struct ArrowSchema *out)
{
    orch_status st = orch_schema_init(out);
    if (st == ORCH_OK)
        st = orch_schema_add(out, "n", ORCH_FORMAT_INT64);
    if (st == ORCH_OK)
        st = orch_schema_add(out, "t", ORCH_FORMAT_UTF8);
    return st;
}

/* ---- source -------------------------------------------------------------------------------- */

static orch_status source_open(const orch_host *host, orch_source **out, orch_error *err)
{
    return open_any(host, (struct state **)out, err);
}

static void source_close(orch_source *source)
{
    close_any((struct state *)source);
}

static orch_status source_describe(orch_source *source, const char *stream,
                                   struct ArrowSchema *out, orch_error *err)
{
    (void)stream;
    orch_status st = at((struct state *)source, "describe", err);
    return st == ORCH_OK ? make_schema(out) : st;
}

static orch_status source_streams(orch_source *source, struct ArrowSchema *schema,
                                  struct ArrowArray *batch, orch_error *err)
{
    orch_builder *b = NULL;
    (void)source, (void)err;
    orch_status st = orch_schema_init(schema);
    if (st == ORCH_OK)
        st = orch_schema_add(schema, "name", ORCH_FORMAT_UTF8);
    if (st == ORCH_OK)
        st = orch_builder_new(schema, &b);
    if (st == ORCH_OK)
        st = orch_builder_text(b, 0, "only", 4);
    if (st == ORCH_OK)
        st = orch_builder_row(b);
    if (st == ORCH_OK)
        st = orch_builder_take(b, batch);
    orch_builder_free(b);
    return st;
}

static orch_status source_read(orch_source *source, const orch_read_request *request,
                               orch_reader **out, orch_error *err)
{
    (void)request;
    orch_status st = at((struct state *)source, "read", err);
    if (st == ORCH_OK)
        *out = (orch_reader *)source;
    return st;
}

static orch_status reader_schema(orch_reader *reader, struct ArrowSchema *out, orch_error *err)
{
    (void)reader, (void)err;
    return make_schema(out);
}

static orch_status fill(struct state *s, orch_builder *b, int64_t rows)
{
    orch_status st = ORCH_OK;
    int64_t width = number_of(s, "width");
    char *text = malloc((size_t)width + 1);
    if (text == NULL)
        return ORCH_ENOMEM;
    memset(text, 'x', (size_t)width);
    for (int64_t i = 0; i < rows && st == ORCH_OK; i++) {
        st = orch_builder_int(b, 0, s->made + i);
        if (st == ORCH_OK && (s->made + i) % 5 != 4)
            st = orch_builder_text(b, 1, text, (size_t)width);
        if (st == ORCH_OK)
            st = orch_builder_row(b);
    }
    free(text);
    return st;
}

/* Spoils a good batch. Its memory is the builder's: what is changed here is as large as before. */
static void spoil(const struct state *s, struct ArrowArray *batch)
{
    struct ArrowArray *numbers = batch->children[0], *texts = batch->children[1];
    int32_t *offsets = (int32_t *)(uintptr_t)texts->buffers[1];
    if (does(s, "lie_nulls"))
        numbers->null_count = 2;
    else if (does(s, "lie_length"))
        numbers->length++;
    else if (does(s, "lie_buffers"))
        texts->n_buffers = 2;
    else if (does(s, "lie_fall"))
        offsets[1] = offsets[batch->length] + 1;
    else if (does(s, "lie_negative"))
        offsets[0] = -1;
    else if (does(s, "lie_utf8"))
        ((char *)(uintptr_t)texts->buffers[2])[0] = (char)0xFF;
    else if (does(s, "lie_null_buffer"))
        numbers->buffers[1] = NULL;
}

static orch_status lie_about_reject(struct state *s)
{
    orch_reject reject = { .struct_size = sizeof reject, .input = 99, .record = 1, .offset = -1,
                           .rule = "lie", .message = "an input that does not exist" };
    return s->host->reject(s->host, &reject);
}

static orch_status tell_reject(struct state *s)
{
    static const char raw[] = "a;raw\xFF;row";
    orch_reject reject = { .struct_size = sizeof reject, .record = s->made + 1, .line = 7,
                           .offset = 100, .field = "t", .rule = "told", .message = "as told",
                           .raw = raw, .raw_len = sizeof raw - 1 };
    orch_status st = ORCH_OK;
    for (int64_t i = number_of(s, "rejects"); i > 0 && st == ORCH_OK; i--)
        st = s->host->reject(s->host, &reject);
    return st;
}

static orch_status reader_next(orch_reader *reader, struct ArrowArray *out, orch_batch_info *info,
                               orch_error *err)
{
    struct state *s = (struct state *)reader;
    struct ArrowSchema schema = { 0 };
    orch_builder *b = NULL;
    int64_t rows = number_of(s, "rows"), left = number_of(s, "total") - s->made;
    orch_status st = at(s, "next", err);
    if (st == ORCH_OK && does(s, "lie_reject"))
        st = lie_about_reject(s);
    if (st == ORCH_OK && tell_reject(s) != ORCH_OK)
        st = orch_error_set(err, ORCH_ECANCELLED, "too many rejects");
    if (st == ORCH_OK && left <= 0)
        return ORCH_END;
    if (st == ORCH_OK)
        st = make_schema(&schema);
    if (st == ORCH_OK)
        st = orch_builder_new(&schema, &b);
    if (st == ORCH_OK)
        st = fill(s, b, rows < left ? rows : left);
    if (st == ORCH_OK)
        st = orch_builder_take(b, out);
    orch_builder_free(b);
    if (schema.release != NULL)
        schema.release(&schema);
    if (st != ORCH_OK)
        return st;
    info->first_record = does(s, "lie_record") ? -5 : s->made + 1;
    info->input = does(s, "lie_input") ? 12 : 0;
    s->made += out->length;
    info->source_bytes = s->made;
    info->state = "{\"at\":1}";
    info->state_len = 8;
    if (s->made >= number_of(s, "after"))
        spoil(s, out);
    return ORCH_OK;
}

static void reader_end(orch_reader *reader)
{
    (void)at((struct state *)reader, "end", NULL);
}

static void source_interrupt(orch_source *source)
{
    atomic_store(&((struct state *)source)->interrupted, true);
}

static const orch_source_ops source_ops = {
    .struct_size = sizeof source_ops,
    .open = source_open,
    .close = source_close,
    .streams = source_streams,
    .describe = source_describe,
    .read = source_read,
    .schema = reader_schema,
    .next = reader_next,
    .end = reader_end,
    .interrupt = source_interrupt,
};

/* ---- destination --------------------------------------------------------------------------- */

static orch_status sink_open(const orch_host *host, orch_destination **out, orch_error *err)
{
    return open_any(host, (struct state **)out, err);
}

static void sink_close(orch_destination *d)
{
    close_any((struct state *)d);
}

static orch_status sink_begin(orch_destination *d, const orch_write_request *request,
                              const struct ArrowSchema *schema, orch_writer **out, orch_error *err)
{
    struct state *s = (struct state *)d;
    orch_status st = at(s, "begin", err);
    if (st == ORCH_OK && schema != NULL && schema->n_children != 2)
        st = orch_error_set(err, ORCH_ESCHEMA, "%lld columns", (long long)schema->n_children);
    if (st == ORCH_OK && (request->n_keys > 0 && strcmp(request->keys[0], "n") != 0))
        st = orch_error_set(err, ORCH_ESCHEMA, "another key");
    s->written = 0;
    if (st == ORCH_OK)
        *out = (orch_writer *)d;
    return st;
}

static orch_status sink_recover(orch_destination *d, const orch_ledger_query *query,
                                struct ArrowSchema *schema, struct ArrowArray *batch,
                                orch_error *err)
{
    struct state *s = (struct state *)d;
    orch_builder *b = NULL;
    orch_status st = at(s, "recover", err);
    if (st == ORCH_OK)
        st = make_schema(schema);
    if (st == ORCH_OK)
        st = orch_builder_new(schema, &b);
    if (st == ORCH_OK)
        st = fill(s, b, query->limit);
    if (st == ORCH_OK)
        st = orch_builder_take(b, batch);
    orch_builder_free(b);
    return st;
}

static orch_status sink_write(orch_writer *writer, struct ArrowArray *batch, orch_error *err)
{
    struct state *s = (struct state *)writer;
    orch_status st = at(s, "write", err);
    if (st != ORCH_OK)
        return st;
    if (does(s, "slow"))
        nap(2);
    const int64_t *numbers = batch->children[0]->buffers[1];
    for (int64_t i = 0; i < batch->length; i++)
        if (numbers[i] != s->written + i)
            return orch_error_set(err, ORCH_EDATA, "row %lld has %lld",
                                  (long long)(s->written + i), (long long)numbers[i]);
    s->written += batch->length;
    if (s->kept.release != NULL)
        s->kept.release(&s->kept);
    s->kept.release = NULL;
    if (does(s, "keep"))
        s->kept = *batch;
    else
        batch->release(batch);
    batch->release = NULL;
    return ORCH_OK;
}

static orch_status sink_finish(orch_writer *writer, orch_write_counts *counts, orch_error *err)
{
    struct state *s = (struct state *)writer;
    orch_status st = at(s, "finish", err);
    counts->inserted = does(s, "lie_counts") ? -1 : s->written;
    return st;
}

static orch_status sink_ledger(orch_writer *writer, const char *table,
                               const struct ArrowSchema *schema, struct ArrowArray *batch,
                               orch_error *err)
{
    orch_status st = at((struct state *)writer, "ledger", err);
    if (st == ORCH_OK && (schema->n_children != 2 || strcmp(table, "orchestra_run") != 0))
        st = orch_error_set(err, ORCH_ESCHEMA, "another ledger");
    if (st == ORCH_OK)
        batch->release(batch);
    return st;
}

static orch_status sink_commit(orch_writer *writer, const orch_commit *commit, orch_error *err)
{
    (void)commit;
    return at((struct state *)writer, "commit", err);
}

static void sink_end(orch_writer *writer)
{
    (void)at((struct state *)writer, "end", NULL);
}

static void sink_interrupt(orch_destination *d)
{
    atomic_store(&((struct state *)d)->interrupted, true);
}

static const orch_destination_ops sink_ops = {
    .struct_size = sizeof sink_ops,
    .open = sink_open,
    .close = sink_close,
    .begin = sink_begin,
    .recover = sink_recover,
    .write = sink_write,
    .finish = sink_finish,
    .ledger = sink_ledger,
    .commit = sink_commit,
    .end = sink_end,
    .interrupt = sink_interrupt,
};

/* ---- description --------------------------------------------------------------------------- */

#define OPTION(variable, option_type, option_name, option_default)                                 \
    static const orch_option variable = { .struct_size = sizeof(orch_option),                      \
                                          .type = option_type,                                     \
                                          .name = option_name,                                     \
                                          .summary = "For tests.",                                 \
                                          .default_text = option_default }

OPTION(how, ORCH_OPT_STRING, "how", NULL);
OPTION(where, ORCH_OPT_STRING, "where", NULL);
OPTION(after, ORCH_OPT_INT, "after", "0");
OPTION(rows, ORCH_OPT_INT, "rows", "10");
OPTION(total, ORCH_OPT_INT, "total", "100");
OPTION(width, ORCH_OPT_INT, "width", "8");
OPTION(rejects, ORCH_OPT_INT, "rejects", "0");
OPTION(password, ORCH_OPT_STRING, "password", NULL);

static const orch_option *const options[] = { &how,   &where, &after,   &rows,
                                              &total, &width, &rejects, &password };

static const orch_connector connector = {
    .struct_size = sizeof connector,
    .threading = ORCH_THREADS_ONE_PER_STREAM,
    .capabilities = ORCH_CAP_APPEND | ORCH_CAP_REPLACE,
    .name = "misbehaving",
    .summary = "Misbehaves on demand.",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .source = &source_ops,
    .destination = &sink_ops,
};

static const orch_connector *const list[] = { &connector };
HOSTILE_PLUGIN(list)
