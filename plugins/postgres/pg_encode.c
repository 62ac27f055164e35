/* SPDX-License-Identifier: Apache-2.0 */
#include "pg_encode.h"

#include <stdlib.h>
#include <string.h>

#include "pg_bytes.h"
#include "pg_numeric.h"

#define EWKB_SRID 0x20

/* The most a value of fixed size takes, its length word included. */
#define FIXED_MAX PG_NUMERIC_MAX

/* What the row loop needs of a column, side by side. */
struct cell {
    enum pg_encoding encoding;
    uint32_t srid;
    const uint8_t *validity;
    const void *values;
    const int32_t *offsets;
    const char *bytes;
};

static inline bool bit(const uint8_t *bits, int64_t row)
{
    return (bits[row >> 3] >> (row & 7)) & 1;
}

static inline uint8_t *put_double(uint8_t *p, double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    return pg_put64(pg_put32(p, 8), bits);
}

static inline uint8_t *put_real(uint8_t *p, double value)
{
    float narrow = (float)value;
    uint32_t bits;

    memcpy(&bits, &narrow, sizeof bits);
    return pg_put32(pg_put32(p, 4), bits);
}

static inline uint8_t *put_bytes(uint8_t *p, const char *bytes, size_t len)
{
    p = pg_put32(p, (uint32_t)len);
    memcpy(p, bytes, len);
    return p + len;
}

/* ISO WKB as PostGIS wants it: a flag in the highest byte of the type, and the SRID between the
 * type and the rest, both in the byte order of the value. */
static uint8_t *put_geometry(uint8_t *p, const char *wkb, size_t len, uint32_t srid)
{
    bool little = wkb[0] == 1;
    size_t highest = little ? 4 : 1;

    if (srid == 0 || (wkb[highest] & EWKB_SRID))
        return put_bytes(p, wkb, len);
    p = pg_put32(p, (uint32_t)len + 4);
    memcpy(p, wkb, 5);
    p[highest] |= EWKB_SRID;
    p = pg_put32(p + 5, little ? __builtin_bswap32(srid) : srid);
    memcpy(p, wkb + 5, len - 5);
    return p + len - 5;
}

static inline uint8_t *put_value(uint8_t *p, const struct cell *c, int64_t row)
{
    if (c->validity && !bit(c->validity, row))
        return pg_put32(p, UINT32_MAX);
    switch (c->encoding) {
    case PG_ENCODE_BYTES:
        return put_bytes(p, c->bytes + c->offsets[row],
                         (size_t)(c->offsets[row + 1] - c->offsets[row]));
    case PG_ENCODE_INT8:
        return pg_put64(pg_put32(p, 8), (uint64_t)((const int64_t *)c->values)[row]);
    case PG_ENCODE_FLOAT8:
        return put_double(p, ((const double *)c->values)[row]);
    case PG_ENCODE_TIMESTAMP:
        return pg_put64(pg_put32(p, 8),
                        (uint64_t)(((const int64_t *)c->values)[row] - PG_EPOCH_US));
    case PG_ENCODE_DATE:
        return pg_put32(pg_put32(p, 4),
                        (uint32_t)(((const int32_t *)c->values)[row] - PG_EPOCH_DAYS));
    case PG_ENCODE_BOOL:
        p = pg_put32(p, 1);
        *p = bit(c->values, row);
        return p + 1;
    case PG_ENCODE_INT4:
        return pg_put32(pg_put32(p, 4), (uint32_t)((const int64_t *)c->values)[row]);
    case PG_ENCODE_INT2:
        return pg_put16(pg_put32(p, 2), (uint16_t)((const int64_t *)c->values)[row]);
    case PG_ENCODE_INT_FLOAT8:
        return put_double(p, (double)((const int64_t *)c->values)[row]);
    case PG_ENCODE_FLOAT4:
        return put_real(p, ((const double *)c->values)[row]);
    case PG_ENCODE_INT_NUMERIC:
        return pg_numeric_put_int(p, ((const int64_t *)c->values)[row]);
    case PG_ENCODE_FLOAT_NUMERIC:
        return pg_numeric_put_float(p, ((const double *)c->values)[row]);
    case PG_ENCODE_GEOMETRY:
        return put_geometry(p, c->bytes + c->offsets[row],
                            (size_t)(c->offsets[row + 1] - c->offsets[row]), c->srid);
    case PG_ENCODE_NONE:
        break;
    }
    return pg_put32(p, UINT32_MAX);
}

static void cells_fill(struct cell *cells, const struct pg_column *columns, const orch_view *view)
{
    for (size_t i = 0; i < view->n_columns; i++) {
        const orch_view_column *v = &view->columns[i];

        cells[i] = (struct cell){columns[i].encoding, columns[i].srid, v->validity,
                                 v->values,           v->offsets,      v->bytes};
    }
}

/* The most the row can take: texts by their length, all else by the longest value. */
static inline size_t row_bound(const struct cell *cells, size_t n, int64_t row)
{
    size_t bytes = 2 + n * FIXED_MAX;

    for (size_t i = 0; i < n; i++)
        if (cells[i].offsets)
            bytes += (size_t)(cells[i].offsets[row + 1] - cells[i].offsets[row]);
    return bytes;
}

static orch_status rows_encode(struct pg_copy *copy, const struct cell *cells, size_t n,
                               int64_t rows, orch_error *err)
{
    for (int64_t row = 0; row < rows; row++) {
        orch_status st = pg_copy_reserve(copy, row_bound(cells, n, row), err);
        if (st != ORCH_OK)
            return st;
        uint8_t *p = pg_put16(copy->buffer + copy->used, (uint16_t)n);
        for (size_t i = 0; i < n; i++)
            p = put_value(p, &cells[i], row);
        copy->used = (size_t)(p - copy->buffer);
    }
    return ORCH_OK;
}

orch_status pg_batch_encode(struct pg_copy *copy, const struct pg_column *columns,
                            const orch_view *view, orch_error *err)
{
    struct cell *cells = calloc(view->n_columns ? view->n_columns : 1, sizeof *cells);

    if (!cells)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    cells_fill(cells, columns, view);
    orch_status st = rows_encode(copy, cells, view->n_columns, view->rows, err);
    free(cells);
    return st;
}
