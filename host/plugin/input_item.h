/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the input layer share: the set's inside, and streams on one of its inputs. */
#ifndef ORCH_PLUGIN_INPUT_ITEM_H
#define ORCH_PLUGIN_INPUT_ITEM_H

#include "base/vec.h"
#include "plugin/decode.h"
#include "plugin/input_set.h"
#include "plugin/unpack.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#define ORCH_INPUT_BUFFER_BYTES (512 * 1024)

struct orch_input_item {
    struct orch_input_file file;
    const char *name; /* for messages: the path, or "standard input" */
    uint64_t device;
    int spool;        /* descriptor of the temporary file; -1 for files with a path */
    size_t index;
    const struct orch_input_lender *lender; /* of an adopted input, else NULL */
    enum orch_packed packed;
};

struct orch_input_part {
    struct orch_input_item *item;
    size_t index;
    const char *name;     /* for messages: that of the file, and for a member its label */
    const char *label;    /* of a member; "" for that of a compressed file; NULL: the file itself */
    const struct orch_unpack_place *place; /* NULL in the process that does not read it */
    const char *encoding; /* decided at the first text open; NULL before */
    char encoding_name[ORCH_ENCODING_NAME_SIZE];
};

struct orch_input_member {
    struct orch_input_item *item;
    const char *label;
    const struct orch_unpack_place *place;
};

/* How far the inputs have been hashed: the thread's while it runs, but for what the lock guards. */
struct orch_input_hashing {
    pthread_t thread;
    bool tried, runs;
    pthread_mutex_t lock;
    pthread_cond_t due;
    int64_t upto; /* how far to go: guarded */
    atomic_bool stop;

    struct orch_sha256 *hash; /* NULL: nothing is under way */
    size_t first;   /* all before it are hashed ... */
    int64_t before; /* ... and have so many bytes */
    size_t index;
    int64_t offset;
    int fd;
    bool owned;
};

struct orch_inputs {
    struct orch_arena arena;
    ORCH_VEC(struct orch_input_item *) items; /* streams keep pointers: items never move */
    ORCH_VEC(struct orch_input_part *) parts; /* nor do these */
    ORCH_VEC(struct orch_input_member) members; /* as they are told, until the parts are made */
    struct orch_unpack *idle; /* a way through a file that no stream uses at the moment ... */
    const struct orch_input_item *idle_of; /* ... this one */
    const orch_host *host;    /* of the instance that reads, NULL before */
    struct orch_encoding wanted;
    bool automatic;
    struct orch_input_hashing hashing;
    struct orch_input_lender lender;
};

/* Paths that match a pattern, unsorted; a path that exists as it is written matches itself. */
struct orch_matches {
    ORCH_VEC(const char *) paths;
};
orch_status orch_input_match(struct orch_arena *a, const char *pattern, struct orch_matches *out,
                             orch_error *err);

/* Copies standard input into a file without a name. */
orch_status orch_input_spool(int *fd, orch_error *err);

/* A new item at the end of the set, with a part that is all of it; NULL: out of memory. */
struct orch_input_item *orch_input_add(struct orch_inputs *in, const char *path);
/* The encoding that the option of that name means; `name` NULL or "auto": by content. */
orch_status orch_input_wanted(struct orch_inputs *in, const char *name, orch_error *err);
/* The encoding of a part, whose first time counts. */
void orch_input_decide(struct orch_input_part *part, const char *encoding, bool detected);
/* "traffic.zip: january.csv", or the file's name. */
const char *orch_input_part_name(const struct orch_input_part *part);
/* Ends the thread of orch_inputs_hash_ahead; what it has hashed stays. */
void orch_input_hashing_stop(struct orch_inputs *in);
/* Forgets what is half hashed. */
void orch_input_hashing_end(struct orch_inputs *in);

/* Looks at the first bytes of a file to tell whether it is packed. */
void orch_input_sniff(struct orch_input_item *item);
/* A member of the item, after those that were added before; the place is copied, NULL allowed.
 * ORCH_ECONFIG: there are too many. */
orch_status orch_input_member_add(struct orch_inputs *in, struct orch_input_item *item,
                                  const char *label, const struct orch_unpack_place *place,
                                  orch_error *err);

/* A fresh descriptor with a position of its own; *owned tells whether to close it. ORCH_EIO also
 * when the file is no longer the one that was found. */
orch_status orch_input_reopen(const struct orch_input_item *item, bool own, int *fd, bool *owned,
                              orch_error *err);
void orch_input_stamp(struct orch_input_item *item, const struct stat *info);
bool orch_input_is(const struct orch_input_item *item, const struct stat *info);
/* Fills the buffer from the file at `offset` as far as there are bytes. */
orch_status orch_input_pread(const struct orch_input_item *item, int fd, void *buffer, size_t size,
                             int64_t offset, size_t *n, orch_error *err);

orch_status orch_stream_open(struct orch_inputs *in, size_t index, uint32_t mode,
                             orch_input_stream **out, orch_error *err);
orch_status orch_stream_read(orch_input_stream *s, void *buffer, size_t capacity, size_t *n,
                             orch_error *err);
int64_t orch_stream_consumed(const orch_input_stream *s);
void orch_stream_close(orch_input_stream *s); /* NULL allowed */

#endif
