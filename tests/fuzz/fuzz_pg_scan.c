/* SPDX-License-Identifier: Apache-2.0 */
/* What a PostgreSQL server sends in a binary COPY. The input: how many columns (bit 7: the header
 * has been), a kind for each (bit 7: as text), then messages with their length in two bytes. */
#include <stdlib.h>

#include "../../plugins/postgres/pg_scan.h"
#include "base/str.h"
#include "bytes.h"
#include "data/batch_check.h"
#include "whole_batch.h"

enum { COLUMNS_MOST = 8, REJECTS_MOST = 100 };

static char names[COLUMNS_MOST][3] = { "c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7" };
static int rejects;

static orch_status note_reject(const orch_host *host, const orch_reject *r)
{
    (void)host;
    if (r->record <= 0 || r->field == NULL || r->rule == NULL || r->message == NULL ||
        (r->raw_len > 0 && r->raw == NULL))
        fuzz_broken("a reject does not say what was rejected");
    if (orch_utf8_valid(r->raw, r->raw_len) != r->raw_len)
        fuzz_broken("a reject shows bytes that are not UTF-8");
    return ++rejects > REJECTS_MOST ? ORCH_ECANCELLED : ORCH_OK;
}

static void note_nothing(const orch_host *host, int level, const char *event, const char *text)
{
    (void)host;
    (void)level;
    (void)event;
    (void)text;
}

static void check_error(const orch_error *err, orch_status st)
{
    if ((st != ORCH_EIO && st != ORCH_ECANCELLED) || err->code != st || err->message[0] == '\0')
        fuzz_broken("status %d: %s", st, err->message);
}

static void read_columns(struct fuzz_bytes *in, struct pg_scan *scan,
                         struct pg_scan_column columns[COLUMNS_MOST])
{
    uint8_t shape = fuzz_byte(in);

    scan->started = (shape & 0x80) != 0;
    scan->n_columns = (shape & 0x7F) % (COLUMNS_MOST + 1);
    scan->columns = columns;
    for (size_t i = 0; i < scan->n_columns; i++) {
        uint8_t kind = fuzz_byte(in);
        columns[i].name = names[i];
        columns[i].kind = (enum pg_kind)((kind & 0x7F) % PG_GEOMETRY); /* which is read as text */
        columns[i].as_text = (kind & 0x80) != 0 || columns[i].kind == PG_OTHER;
    }
}

static orch_status take_message(struct pg_scan *scan, struct fuzz_bytes *in, orch_error *err)
{
    size_t len = (size_t)fuzz_byte(in) << 8;

    len |= fuzz_byte(in);
    len = len < in->left ? len : in->left;
    unsigned char *message = malloc(len + (len == 0)); /* of its size: reading on is seen */
    if (message == NULL)
        abort();
    if (len > 0)
        memcpy(message, in->at, len);
    in->at += len;
    in->left -= len;
    orch_status st = pg_scan_message(scan, message, len, err);
    free(message);
    return st;
}

/* Whatever the server sent: what is kept is as the host wants it. */
static void check_rows(struct pg_scan *scan)
{
    struct ArrowArray batch = { 0 };
    int64_t rows = orch_builder_rows(scan->builder);
    if (rows + rejects != scan->records)
        fuzz_broken("%lld rows and %d rejects of %lld records", (long long)rows, rejects,
                    (long long)scan->records);
    if (rows == 0)
        return;
    if (orch_builder_take(scan->builder, &batch) != ORCH_OK)
        abort();
    orch_error err = ORCH_ERROR_INIT;
    if (orch_batch_check(&scan->schema, &batch, &err) != ORCH_OK)
        fuzz_broken("a batch is refused: %s", err.detail);
    fuzz_batch_whole(&scan->schema, &batch);
    batch.release(&batch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_bytes in = { data, size };
    const orch_host host = { .struct_size = sizeof host, .log = note_nothing,
                             .reject = note_reject };
    struct pg_session session = { .host = &host };
    struct pg_scan scan = { .session = &session, .shown = "a table" };
    struct pg_scan_column columns[COLUMNS_MOST] = { { 0 } };
    orch_error err = ORCH_ERROR_INIT;

    rejects = 0;
    read_columns(&in, &scan, columns);
    if (pg_scan_schema(&scan, &err) != ORCH_OK)
        abort();
    orch_status st = ORCH_OK;
    while (st == ORCH_OK && in.left > 0)
        st = take_message(&scan, &in, &err);
    if (st == ORCH_OK)
        check_rows(&scan);
    else
        check_error(&err, st);
    orch_builder_free(scan.builder);
    scan.schema.release(&scan.schema);
    return 0;
}
