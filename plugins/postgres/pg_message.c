/* SPDX-License-Identifier: Apache-2.0 */
/* What a COPY sends, taken apart; nothing here calls libpq. The server is a stranger: nothing is
 * read past a message, whatever its lengths say. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "orch/utf8.h"

#include "pg_bytes.h"
#include "pg_scan.h"
#include "pg_text.h"

#define SIGNATURE "PGCOPY\n\377\r\n" /* and its NUL */
#define HEADER_BYTES 19              /* signature, flags, length of the extension */
#define RAW_MOST 65536               /* of a value in a reject */

orch_status pg_scan_malformed(struct pg_scan *scan, orch_error *err)
{
    scan->ended = true;
    orch_error_set(err, ORCH_EIO, "cannot read %s", scan->shown);
    orch_error_detail(err, "row %" PRId64 " is not as PostgreSQL describes it",
                      scan->records + 1);
    orch_error_hint(err, "something between here and the server changes what it sends");
    return ORCH_EIO;
}

orch_status pg_scan_schema(struct pg_scan *scan, orch_error *err)
{
    orch_status st = orch_schema_init(&scan->schema);

    for (size_t i = 0; i < scan->n_columns && st == ORCH_OK; i++)
        st = orch_schema_add(&scan->schema, scan->columns[i].name,
                             scan->columns[i].as_text ? ORCH_FORMAT_UTF8
                                                      : pg_kind_format(scan->columns[i].kind));
    if (st == ORCH_OK)
        st = orch_builder_new(&scan->schema, &scan->builder);
    return st == ORCH_OK ? ORCH_OK : orch_error_set(err, st, "cannot make columns for %s",
                                                    scan->shown);
}

/* Why a value cannot be had; without a rule: it can. */
struct objection {
    const char *rule, *message, *raw;
    const char *text; /* instead of raw: bytes of the message that are not UTF-8 */
    size_t text_len;
};

static const struct objection infinite = {
    .rule = "infinity", .message = "infinity has no date", .raw = "infinity"};
static const struct objection too_far = {
    .rule = "range", .message = "outside the years that can be kept", .raw = ""};

static orch_status value_date(struct pg_scan *scan, size_t i, const unsigned char *p,
                              struct objection *why)
{
    int32_t days = (int32_t)pg_get32(p);
    int32_t since_1970;

    if (days == INT32_MAX || days == INT32_MIN)
        *why = infinite;
    else if (__builtin_add_overflow(days, PG_EPOCH_DAYS, &since_1970))
        *why = too_far;
    return why->rule ? ORCH_OK : orch_builder_date(scan->builder, i, since_1970);
}

static orch_status value_timestamp(struct pg_scan *scan, size_t i, const unsigned char *p,
                                   struct objection *why)
{
    int64_t us = (int64_t)pg_get64(p);
    int64_t since_1970;

    if (us == INT64_MAX || us == INT64_MIN)
        *why = infinite;
    else if (__builtin_add_overflow(us, PG_EPOCH_US, &since_1970))
        *why = too_far;
    return why->rule ? ORCH_OK : orch_builder_timestamp(scan->builder, i, since_1970);
}

static orch_status value_text(struct pg_scan *scan, size_t i, const char *text, size_t len,
                              struct objection *why)
{
    if (orch_utf8_valid(text, len) == len)
        return orch_builder_text(scan->builder, i, text, len);
    *why = (struct objection){.rule = "encoding", .text = text, .text_len = len};
    return ORCH_OK;
}

static orch_status value_float(struct pg_scan *scan, size_t i, const unsigned char *p, size_t len)
{
    double value;
    float narrow;
    uint64_t bits = len == 8 ? pg_get64(p) : 0;
    uint32_t narrow_bits = len == 4 ? pg_get32(p) : 0;

    memcpy(&value, &bits, sizeof value);
    memcpy(&narrow, &narrow_bits, sizeof narrow);
    return orch_builder_float(scan->builder, i, len == 8 ? value : (double)narrow);
}

/* Bytes of a value of fixed size; 0: any. */
static size_t kind_bytes(const struct pg_scan_column *column)
{
    if (column->as_text)
        return 0;
    switch (column->kind) {
    case PG_BOOL:
        return 1;
    case PG_INT2:
        return 2;
    case PG_INT4:
    case PG_FLOAT4:
    case PG_DATE:
        return 4;
    case PG_INT8:
    case PG_FLOAT8:
    case PG_TIMESTAMP:
    case PG_TIMESTAMPTZ:
        return 8;
    default:
        return 0;
    }
}

static orch_status value_take(struct pg_scan *scan, size_t i, const unsigned char *p, size_t len,
                              struct objection *why)
{
    switch (scan->columns[i].as_text ? PG_TEXT : scan->columns[i].kind) {
    case PG_BOOL:
        return orch_builder_bool(scan->builder, i, p[0] != 0);
    case PG_INT2:
        return orch_builder_int(scan->builder, i, (int16_t)pg_get16(p));
    case PG_INT4:
        return orch_builder_int(scan->builder, i, (int32_t)pg_get32(p));
    case PG_INT8:
        return orch_builder_int(scan->builder, i, (int64_t)pg_get64(p));
    case PG_FLOAT4:
    case PG_FLOAT8:
        return value_float(scan, i, p, len);
    case PG_DATE:
        return value_date(scan, i, p, why);
    case PG_TIMESTAMP:
    case PG_TIMESTAMPTZ:
        return value_timestamp(scan, i, p, why);
    case PG_BYTEA:
        return orch_builder_binary(scan->builder, i, p, len);
    default:
        return value_text(scan, i, (const char *)p, len, why);
    }
}

static void encoding_tell(struct pg_scan *scan)
{
    const orch_host *host = scan->session->host;

    if (scan->told)
        return;
    scan->told = true;
    host->log(host, ORCH_LOG_WARN, "pg.encoding",
              "the database sends texts that are not UTF-8, their rows are rejected; a query can "
              "convert them: convert_from(convert(convert_to(NAME, 'SQL_ASCII'), 'LATIN1', "
              "'UTF8'), 'SQL_ASCII')");
}

/* Fills in what an objection to a text leaves open; `raw` has RAW_MOST bytes. */
static void encoding_explain(const struct objection *why, orch_reject *reject, char *message,
                             size_t size, char *raw)
{
    snprintf(message, size, "the text is not UTF-8 from byte %zu on",
             orch_utf8_valid(why->text, why->text_len) + 1);
    reject->message = message;
    reject->raw = raw;
    reject->raw_len = pg_text_show(raw, RAW_MOST, why->text, why->text_len);
}

static orch_status row_reject(struct pg_scan *scan, size_t i, const struct objection *why,
                              orch_error *err)
{
    const orch_host *host = scan->session->host;
    char message[80];
    char *raw = NULL;
    orch_reject reject = {.struct_size = sizeof reject,
                          .record = scan->records,
                          .offset = -1,
                          .field = scan->columns[i].name,
                          .rule = why->rule,
                          .message = why->message,
                          .raw = why->raw,
                          .raw_len = why->raw ? strlen(why->raw) : 0};

    orch_builder_abandon(scan->builder);
    scan->cut = true;
    if (why->text) {
        raw = malloc(RAW_MOST);
        if (!raw)
            return orch_error_set(err, ORCH_ENOMEM, "out of memory");
        encoding_tell(scan);
        encoding_explain(why, &reject, message, sizeof message, raw);
    }
    orch_status st = host->reject(host, &reject);
    free(raw);
    if (st == ORCH_OK)
        return ORCH_OK;
    return orch_error_set(err, ORCH_ECANCELLED, "too many rows of %s were rejected", scan->shown);
}

/* One row at *p; moves *p behind it. */
static orch_status row_take(struct pg_scan *scan, const unsigned char **p,
                            const unsigned char *end, orch_error *err)
{
    struct objection why = {0};
    size_t bad = 0;
    orch_status st = ORCH_OK;

    scan->records++;
    for (size_t i = 0; i < scan->n_columns && st == ORCH_OK; i++) {
        if (end - *p < 4)
            return pg_scan_malformed(scan, err);
        uint32_t len = pg_get32(*p);
        size_t fixed = kind_bytes(&scan->columns[i]);
        *p += 4;
        if (len == UINT32_MAX)
            continue; /* null: the builder fills it in */
        if (len > (size_t)(end - *p) || (fixed && len != fixed))
            return pg_scan_malformed(scan, err);
        if (!why.rule) {
            st = value_take(scan, i, *p, len, &why);
            bad = i;
        }
        *p += len;
    }
    if (st == ORCH_OK && why.rule)
        return row_reject(scan, bad, &why, err);
    if (st == ORCH_OK && orch_builder_rows(scan->builder) == 0)
        scan->first = scan->records;
    if (st == ORCH_OK)
        st = orch_builder_row(scan->builder);
    return st == ORCH_OK ? st : orch_error_set(err, st, "cannot keep a row of %s", scan->shown);
}

orch_status pg_scan_message(struct pg_scan *scan, const unsigned char *p, size_t len,
                            orch_error *err)
{
    const unsigned char *end = p + len;

    scan->bytes += (int64_t)len;
    if (!scan->started) {
        if (len < HEADER_BYTES || memcmp(p, SIGNATURE, sizeof SIGNATURE) != 0)
            return pg_scan_malformed(scan, err);
        uint32_t extension = pg_get32(p + HEADER_BYTES - 4);
        if (extension > len - HEADER_BYTES)
            return pg_scan_malformed(scan, err);
        p += HEADER_BYTES + extension;
        scan->started = true;
    }
    while (end - p >= 2) {
        uint16_t n = pg_get16(p);
        p += 2;
        if (n == UINT16_MAX)
            return ORCH_OK;
        if (n != scan->n_columns)
            return pg_scan_malformed(scan, err);
        orch_status st = row_take(scan, &p, end, err);
        if (st != ORCH_OK)
            return st;
    }
    return p == end ? ORCH_OK : pg_scan_malformed(scan, err);
}
