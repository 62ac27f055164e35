/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/unopened.h"

#include "orch/error.h"

static orch_status unopened(orch_error *err)
{
    return orch_error_set(err, ORCH_EINTERNAL,
                          "a connector was called whose library is not open");
}

static void nothing(const void *handle)
{
    (void)handle;
}

/* ---- source ------------------------------------------------------------------------------- */

static orch_status source_open(const orch_host *host, orch_source **out, orch_error *err)
{
    (void)host, (void)out;
    return unopened(err);
}

static void source_close(orch_source *source)
{
    nothing(source);
}

static orch_status source_describe(orch_source *source, const char *stream,
                                   struct ArrowSchema *out, orch_error *err)
{
    (void)source, (void)stream, (void)out;
    return unopened(err);
}

static orch_status source_read(orch_source *source, const orch_read_request *request,
                               orch_reader **out, orch_error *err)
{
    (void)source, (void)request, (void)out;
    return unopened(err);
}

static orch_status source_schema(orch_reader *reader, struct ArrowSchema *out, orch_error *err)
{
    (void)reader, (void)out;
    return unopened(err);
}

static orch_status source_next(orch_reader *reader, struct ArrowArray *out, orch_batch_info *info,
                               orch_error *err)
{
    (void)reader, (void)out, (void)info;
    return unopened(err);
}

static void source_end(orch_reader *reader)
{
    nothing(reader);
}

const orch_source_ops orch_unopened_source = {
    .struct_size = sizeof orch_unopened_source,
    .open = source_open,
    .close = source_close,
    .describe = source_describe,
    .read = source_read,
    .schema = source_schema,
    .next = source_next,
    .end = source_end,
};

/* ---- destination -------------------------------------------------------------------------- */

static orch_status destination_open(const orch_host *host, orch_destination **out,
                                    orch_error *err)
{
    (void)host, (void)out;
    return unopened(err);
}

static void destination_close(orch_destination *destination)
{
    nothing(destination);
}

static orch_status destination_begin(orch_destination *destination,
                                     const orch_write_request *request,
                                     const struct ArrowSchema *schema, orch_writer **out,
                                     orch_error *err)
{
    (void)destination, (void)request, (void)schema, (void)out;
    return unopened(err);
}

static orch_status destination_recover(orch_destination *destination,
                                       const orch_ledger_query *query, struct ArrowSchema *schema,
                                       struct ArrowArray *batch, orch_error *err)
{
    (void)destination, (void)query, (void)schema, (void)batch;
    return unopened(err);
}

static orch_status destination_write(orch_writer *writer, struct ArrowArray *batch,
                                     orch_error *err)
{
    (void)writer, (void)batch;
    return unopened(err);
}

static orch_status destination_finish(orch_writer *writer, orch_write_counts *counts,
                                      orch_error *err)
{
    (void)writer, (void)counts;
    return unopened(err);
}

static orch_status destination_ledger(orch_writer *writer, const char *table,
                                      const struct ArrowSchema *schema, struct ArrowArray *batch,
                                      orch_error *err)
{
    (void)writer, (void)table, (void)schema, (void)batch;
    return unopened(err);
}

static orch_status destination_commit(orch_writer *writer, const orch_commit *commit,
                                      orch_error *err)
{
    (void)writer, (void)commit;
    return unopened(err);
}

static void destination_end(orch_writer *writer)
{
    nothing(writer);
}

const orch_destination_ops orch_unopened_destination = {
    .struct_size = sizeof orch_unopened_destination,
    .open = destination_open,
    .close = destination_close,
    .begin = destination_begin,
    .recover = destination_recover,
    .write = destination_write,
    .finish = destination_finish,
    .ledger = destination_ledger,
    .commit = destination_commit,
    .end = destination_end,
};
