/* SPDX-License-Identifier: Apache-2.0 */
/* A destination with every slot of 1.0. It keeps nothing but counts, in the order of a
 * transaction, and fails when the order is broken. */
#include "hand_made.h"

ORCH_EXPORT const orch_plugin *orch_plugin_entry(uint16_t host_major, uint16_t host_minor);

enum step { BEGUN, FINISHED, COMMITTED };

struct orch_destination {
    const orch_host *host;
    int64_t committed; /* rows of all commits */
    int64_t rolled_back;
    bool held; /* the lock */
};

struct orch_writer {
    orch_destination *destination;
    enum step step;
    int64_t rows, ledger_rows;
};

static orch_status destination_open(const orch_host *host, orch_destination **out, orch_error *err)
{
    const char *name = host->option(host, "name", 0, NULL);

    if (!name || strcmp(name, "drain") != 0)
        return hand_error(err, ORCH_ECONFIG, "the only sink is the drain", "name = drain", 0);
    orch_destination *d = calloc(1, sizeof *d);
    if (!d)
        return ORCH_ENOMEM;
    d->host = host;
    *out = d;
    return ORCH_OK;
}

static void destination_close(orch_destination *d)
{
    free(d);
}

static orch_status destination_check(orch_destination *d, orch_error *err)
{
    (void)d, (void)err;
    return ORCH_OK;
}

static orch_status destination_begin(orch_destination *d, const orch_write_request *request,
                                     const struct ArrowSchema *schema, orch_writer **out,
                                     orch_error *err)
{
    if (d->held)
        return hand_error(err, ORCH_EBUSY, "another writer holds the drain", "", 0);
    if (schema && strcmp(schema->format, ORCH_FORMAT_STRUCT) != 0)
        return hand_error(err, ORCH_ESCHEMA, "a schema is a struct", "", 0);
    if (request->mode != ORCH_WRITE_UPSERT || request->n_keys != 1 || !request->pipeline ||
        !request->run)
        return hand_error(err, ORCH_ECONFIG, "the request is another one", "", 0);
    orch_writer *w = calloc(1, sizeof *w);
    if (!w)
        return ORCH_ENOMEM;
    w->destination = d;
    d->held = true;
    *out = w;
    return ORCH_OK;
}

/* One row: what was committed and what was taken back, so that a test can ask. */
static orch_status destination_recover(orch_destination *d, const orch_ledger_query *query,
                                       struct ArrowSchema *schema, struct ArrowArray *batch,
                                       orch_error *err)
{
    static const char *const names[] = { "committed", "rolled_back" };
    static const char *const formats[] = { ORCH_FORMAT_INT64, ORCH_FORMAT_INT64 };
    const int64_t numbers[] = { d->committed, d->rolled_back };
    struct ArrowSchema s = { 0 };
    struct ArrowArray b = { 0 };

    if (strcmp(query->table, "orchestra_run") != 0)
        return hand_error(err, ORCH_EINVAL, "no such table", "", 0);
    orch_status st = hand_schema(&s, 2, names, formats);
    if (st == ORCH_OK)
        st = hand_batch(&b, 1, 2);
    for (int64_t i = 0; st == ORCH_OK && i < 2; i++) {
        int64_t *value = malloc(sizeof *value);
        if (value)
            *value = numbers[i];
        hand_column(&b, i, NULL, 0, value, NULL);
        st = value ? ORCH_OK : ORCH_ENOMEM;
    }
    if (st == ORCH_OK) {
        *schema = s;
        *batch = b;
        return ORCH_OK;
    }
    if (b.release)
        b.release(&b);
    if (s.release)
        s.release(&s);
    return st;
}

static orch_status take(orch_writer *w, struct ArrowArray *batch, int64_t *rows, orch_error *err)
{
    const orch_host *host = w->destination->host;

    if (host->cancelled(host))
        return hand_error(err, ORCH_ECANCELLED, "writing was cancelled", "", 0);
    *rows += batch->length;
    batch->release(batch);
    return ORCH_OK;
}

static orch_status writer_write(orch_writer *w, struct ArrowArray *batch, orch_error *err)
{
    if (w->step != BEGUN)
        return hand_error(err, ORCH_EINVAL, "rows after the end of rows", "", 0);
    return take(w, batch, &w->rows, err);
}

static orch_status writer_finish(orch_writer *w, orch_write_counts *counts, orch_error *err)
{
    if (w->step != BEGUN || counts->struct_size < sizeof *counts)
        return hand_error(err, ORCH_EINVAL, "finished twice", "", 0);
    w->step = FINISHED;
    counts->inserted = w->rows;
    return ORCH_OK;
}

static orch_status writer_ledger(orch_writer *w, const char *table,
                                 const struct ArrowSchema *schema, struct ArrowArray *batch,
                                 orch_error *err)
{
    (void)table, (void)schema;
    return take(w, batch, &w->ledger_rows, err);
}

static orch_status writer_commit(orch_writer *w, const orch_commit *commit, orch_error *err)
{
    if (w->step != FINISHED || commit->sequence == 0 || w->ledger_rows == 0)
        return hand_error(err, ORCH_EINVAL, "a commit without ledger", "", 0);
    w->step = COMMITTED;
    w->destination->committed += w->rows;
    return ORCH_OK;
}

static void writer_end(orch_writer *w)
{
    if (w->step != COMMITTED)
        w->destination->rolled_back += w->rows;
    w->destination->held = false;
    free(w);
}

static void destination_interrupt(orch_destination *d)
{
    (void)d;
}

static const orch_destination_ops ops = {
    .struct_size = sizeof(orch_destination_ops),
    .open = destination_open,
    .close = destination_close,
    .check = destination_check,
    .begin = destination_begin,
    .recover = destination_recover,
    .write = writer_write,
    .finish = writer_finish,
    .ledger = writer_ledger,
    .commit = writer_commit,
    .end = writer_end,
    .interrupt = destination_interrupt,
};

static const orch_option name_option = {
    .struct_size = sizeof(orch_option),
    .type = ORCH_OPT_STRING,
    .flags = ORCH_OPT_FOR_DESTINATION | ORCH_OPT_REQUIRED,
    .name = "name",
    .summary = "Which sink.",
    .example = "drain",
};

static const orch_option *const options[] = { &name_option };

static const void *extension(const char *id)
{
    return strcmp(id, "test.nothing/1") == 0 ? &ops : NULL;
}

static const orch_connector sink = {
    .struct_size = sizeof(orch_connector),
    .threading = ORCH_THREADS_ONE_PER_INSTANCE,
    .capabilities = ORCH_CAP_TRANSACTIONAL | ORCH_CAP_UPSERT,
    .name = "sink",
    .summary = "Counts and forgets.",
    .options = options,
    .n_options = 1,
    .destination = &ops,
    .extension = extension,
};

static const orch_connector *const connectors[] = { &sink };

static const orch_plugin plugin = {
    .struct_size = sizeof(orch_plugin),
    .abi_major = 1,
    .abi_minor = 0,
    .name = "sink",
    .version = "1.0",
    .connectors = connectors,
    .n_connectors = 1,
};

const orch_plugin *orch_plugin_entry(uint16_t host_major, uint16_t host_minor)
{
    (void)host_minor;
    return host_major == 1 ? &plugin : NULL;
}
