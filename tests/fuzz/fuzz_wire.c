/* SPDX-License-Identifier: Apache-2.0 */
/* A schema and a batch as a worker sends them: one byte each for the count of columns and, per
 * column, its type and name; or, when the first byte is 255, the bytes of a schema as they are.
 * Behind them the description of the batch (two bytes with its length before it), then the shared
 * memory. Checked: whatever is accepted lies inside that memory, and what passes the check can be
 * read, imported and exported. */
#include <stdlib.h>

#include "bytes.h"
#include "data/batch_check.h"
#include "orch/builder.h"
#include "orch/error.h"
#include "whole_batch.h"
#include "worker/parcel.h"

enum { RAW = 255, COLUMNS = 8, NAMES = 4 };

static const char *const formats[] = { ORCH_FORMAT_BOOL, ORCH_FORMAT_INT64, ORCH_FORMAT_FLOAT64,
                                       ORCH_FORMAT_UTF8, ORCH_FORMAT_BINARY, ORCH_FORMAT_DATE32,
                                       ORCH_FORMAT_TIMESTAMP };
static const char *const names[NAMES] = { "a", "", "\xC3\xA9", "orch.record" };

/* The schema as its sender would put it, so that most inputs get as far as the batch. */
static void put_schema(struct fuzz_bytes *b, uint8_t columns, struct orch_text *body)
{
    struct ArrowSchema schema;
    if (orch_schema_init(&schema) != ORCH_OK)
        abort();
    for (uint8_t i = 0; i < columns % COLUMNS; i++) {
        uint8_t how = fuzz_byte(b);
        if (orch_schema_add(&schema, names[how / 16 % NAMES],
                            formats[how % (sizeof formats / sizeof formats[0])]) != ORCH_OK)
            abort();
    }
    orch_wire_put_schema(body, &schema);
    schema.release(&schema);
}

static void release_bytes(void *bytes)
{
    free(bytes);
}

/* `memory` as large as the parcel says: a read behind it is seen. */
static void try_batch(const struct ArrowSchema *schema, const struct orch_parcel *p,
                      struct orch_str memory)
{
    struct ArrowArray batch = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    char *bytes = malloc(p->bytes > 0 ? p->bytes : 1);
    if (bytes == NULL)
        abort();
    memset(bytes, 0, p->bytes);
    if (memory.len > 0)
        memcpy(bytes, memory.ptr, memory.len < p->bytes ? memory.len : p->bytes);
    if (orch_parcel_unpack(p, bytes, release_bytes, bytes, &batch) != ORCH_OK) {
        free(bytes);
        return;
    }
    orch_status st = orch_batch_check(schema, &batch, &err);
    if (st != ORCH_OK && err.detail[0] == '\0')
        fuzz_broken("a batch is refused with %d and without a word", st);
    if (st == ORCH_OK)
        fuzz_batch_whole(schema, &batch);
    batch.release(&batch);
}

/* What was read and is put again is read as the same. */
static void put_again(const struct ArrowSchema *schema)
{
    struct orch_text first = { .cap = ORCH_WIRE_BYTES_MOST }, second = first;
    struct ArrowSchema again = { 0 };
    orch_wire_put_schema(&first, schema);
    struct orch_wire w = orch_wire_of(&first);
    if (first.failed || orch_wire_schema(&w, &again) != ORCH_OK || !orch_wire_done(&w))
        fuzz_broken("a schema that was read cannot be put and read again");
    orch_wire_put_schema(&second, &again);
    if (first.len != second.len || memcmp(first.ptr, second.ptr, first.len) != 0)
        fuzz_broken("a schema has changed on its way");
    again.release(&again);
    orch_text_release(&first);
    orch_text_release(&second);
}

static void read_parcel(const struct ArrowSchema *schema, struct fuzz_bytes *b)
{
    size_t due = (size_t)(uint16_t)fuzz_int16(b);
    struct orch_str told = { (const char *)b->at, due < b->left ? due : b->left };
    struct orch_wire w = { told.ptr, told.len, false };
    struct orch_parcel parcel;
    b->at += told.len;
    b->left -= told.len;
    struct orch_str memory = fuzz_rest(b);
    if (orch_parcel_get(&parcel, schema, &w, 1 << 16) != ORCH_OK)
        return;
    if (parcel.bytes > 1 << 16)
        fuzz_broken("a parcel of %zu bytes is accepted", parcel.bytes);
    if (orch_wire_done(&w))
        try_batch(schema, &parcel, memory);
    orch_parcel_release(&parcel);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_bytes b = { data, size };
    struct orch_text body = { .cap = ORCH_WIRE_BYTES_MOST };
    struct ArrowSchema schema = { 0 };
    uint8_t columns = fuzz_byte(&b);

    if (columns == RAW)
        (void)orch_text_add(&body, (const char *)b.at, b.left);
    else
        put_schema(&b, columns, &body);
    struct orch_wire w = orch_wire_of(&body);
    if (orch_wire_schema(&w, &schema) == ORCH_OK) {
        if (columns == RAW) {
            b.at += b.left - w.left;
            b.left = w.left;
        }
        put_again(&schema);
        read_parcel(&schema, &b);
        schema.release(&schema);
    }
    orch_text_release(&body);
    return 0;
}
