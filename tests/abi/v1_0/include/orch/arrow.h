/* SPDX-License-Identifier: Apache-2.0 */
/* The two structs of the Arrow C Data Interface: names, order and meaning of the members are
 * those of its specification (arrow.apache.org/docs/format/CDataInterface.html), so that a
 * batch can be handed to any Arrow library without a copy.
 *
 * Invariants: a struct whose `release` is NULL is empty (never filled, moved away or released).
 * Moving is a bytewise copy followed by setting the source's `release` to NULL. The consumer
 * calls `release` exactly once, on any thread; children are released by their parent. */
#ifndef ORCH_ARROW_H
#define ORCH_ARROW_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

#endif /* ARROW_C_DATA_INTERFACE */

/* The profile of City Orchestra: a batch is a struct array ("+s") whose children have one of
 * these formats. Sources may produce any of them, destinations must accept all of them. */
#define ORCH_FORMAT_STRUCT "+s"
#define ORCH_FORMAT_BOOL "b"
#define ORCH_FORMAT_INT64 "l"
#define ORCH_FORMAT_FLOAT64 "g"
#define ORCH_FORMAT_UTF8 "u"
#define ORCH_FORMAT_BINARY "z"           /* geometry: ISO WKB with the key orch.geometry */
#define ORCH_FORMAT_DATE32 "tdD"         /* days since 1970-01-01 */
#define ORCH_FORMAT_TIMESTAMP "tsu:UTC"  /* microseconds since 1970-01-01T00:00Z */

/* Keys of field metadata. */
#define ORCH_META_ROLE "orch.role"          /* "record", "line", "offset": see below */
#define ORCH_META_COMMENT "orch.comment"    /* one sentence for the column's description */
#define ORCH_META_GEOMETRY "orch.geometry"  /* geometry type name: "POINT", "GEOMETRY", ... */
#define ORCH_META_CRS "orch.crs"            /* EPSG code as text: "2154" */
#define ORCH_META_PERSONAL "orch.personal"  /* "1": the column identifies a person */

/* A source may append int64 fields, marked by ORCH_META_ROLE, that say where each row stood.
 *   record  1-based number of the record in its input
 *   line    1-based line of the input on which the record begins
 *   offset  byte offset of the record in the decoded input
 * They are never columns of the data: scripts do not see them, rejects quote them. */
#define ORCH_ROLE_RECORD "record"
#define ORCH_ROLE_LINE "line"
#define ORCH_ROLE_OFFSET "offset"

#ifdef __cplusplus
}
#endif
#endif
