/* SPDX-License-Identifier: Apache-2.0 */
/* The host extension "orch.input/1": the bytes of a connector's inputs, already fetched, unpacked
 * and, when asked as text, decoded to UTF-8 without a byte order mark. A connector that declares
 * ORCH_CAP_INPUT needs neither the file system nor the network. */
#ifndef ORCH_INPUT_H
#define ORCH_INPUT_H

#include "orch/connector.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ORCH_INPUT_EXTENSION "orch.input/1"

typedef struct orch_input_stream orch_input_stream;

typedef struct orch_input_info {
    uint32_t struct_size;
    uint32_t reserved0;
    const char *name;      /* as people know it: path or URL, and the member's; until close */
    const char *encoding;  /* "UTF-8", "windows-1252", ...; NULL before the first text open */
    int64_t size_bytes;    /* as stored; -1 if unknown, as for a member of an archive */
    int64_t modified_us;   /* since 1970-01-01T00:00Z; 0 if unknown */
} orch_input_info;

enum {
    ORCH_INPUT_TEXT = 1, /* UTF-8, checked; a byte that does not decode is ORCH_EDATA */
    ORCH_INPUT_RAW       /* the bytes as they are (XML declares its own encoding) */
};

typedef struct orch_input {
    uint32_t struct_size;
    uint32_t reserved0;
    /* Number of inputs, at least 1: files ordered by name, members of an archive in its order.
     * [any] */
    size_t (*count)(const orch_host *);
    /* Fills *out. ORCH_EINVAL past the last. [control] */
    orch_status (*info)(const orch_host *, size_t index, orch_input_info *out);
    /* Opens input `index`; an input may be opened more than once, one stream at a time. Of an
     * archive the next member is at hand, one before may mean to unpack anew. [control,reader] */
    orch_status (*open)(const orch_host *, size_t index, uint32_t mode, orch_input_stream **out,
                        orch_error *);
    /* Up to `capacity` bytes into `buffer`; *n 0 at the end. Text is cut between code points;
     * capacity is at least 16. [reader] */
    orch_status (*read)(orch_input_stream *, void *buffer, size_t capacity, size_t *n,
                        orch_error *);
    /* The whole input in memory when it is already plain UTF-8 (or opened raw) in a file, else
     * ORCH_ENOTSUP; borrowed until close. [reader] */
    orch_status (*map)(orch_input_stream *, const void **data, size_t *len, orch_error *);
    /* Bytes of the input consumed so far; of what is packed, unpacked bytes. [reader] */
    int64_t (*consumed)(const orch_input_stream *);
    /* An open, seekable descriptor for a connector built on a library that wants a file; the
     * connector closes it. ORCH_ENOTSUP for what is packed. [control] */
    orch_status (*descriptor)(const orch_host *, size_t index, int *fd, orch_error *);
    void (*close)(orch_input_stream *); /* [reader] */
} orch_input;

#ifdef __cplusplus
}
#endif
#endif
