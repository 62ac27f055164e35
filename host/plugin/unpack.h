/* SPDX-License-Identifier: Apache-2.0 */
/* A way through a packed file: compressed, an archive, or archives within an archive. Everything
 * streams from the file's descriptor; nothing is written anywhere, and the names of members are
 * labels only. What a file holds is hostile, so all of it is bounded:
 *
 *   - an archive has at most ORCH_UNPACK_ENTRIES entries, a file ORCH_UNPACK_ENTRIES_ALL in all its
 *     archives;
 *   - archives lie in one another at most ORCH_UNPACK_DEPTH deep (a compressed tar is one);
 *   - what comes out of any archive is at most ORCH_UNPACK_RATIO times the size of the file, once
 *     it is more than ORCH_UNPACK_FREE_BYTES, and never more than ORCH_UNPACK_OUTPUT_BYTES: real
 *     XML is packed to a sixtieth, and a text of one repeated line by deflate to a thousandth;
 *   - an archive within an archive that must be read with a way to seek (zip, 7z) is held in memory
 *     while it is read, up to ORCH_UNPACK_HELD_BYTES. */
#ifndef ORCH_PLUGIN_UNPACK_H
#define ORCH_PLUGIN_UNPACK_H

#include "orch/connector.h"
#include "plugin/packed.h"

enum {
    ORCH_UNPACK_ENTRIES = 10000,
    ORCH_UNPACK_ENTRIES_ALL = 100000,
    ORCH_UNPACK_DEPTH = 3,
    ORCH_UNPACK_LEVELS = 6, /* of readers: each archive may be compressed */
    ORCH_UNPACK_RATIO = 1000,
    ORCH_UNPACK_NAME_SHOWN = 200 /* bytes of the name of one member */
};

#define ORCH_UNPACK_FREE_BYTES ((int64_t)64 << 20)
#define ORCH_UNPACK_OUTPUT_BYTES ((int64_t)1 << 40)
#define ORCH_UNPACK_HELD_BYTES ((size_t)256 << 20)

/* Where a member is: the number of the entry on each level, from outside to inside. */
struct orch_unpack_place {
    uint32_t n;
    uint32_t at[ORCH_UNPACK_LEVELS];
};

struct orch_input_item;
struct orch_unpack;

/* Opens the file, whose `packed` says what it is. `host` (may be NULL) tells whether the run was
 * cancelled; both are borrowed. Errors of all functions: ORCH_EDATA for what cannot be unpacked or
 * should not be, naming file, member and place; ORCH_EIO when the file cannot be read;
 * ORCH_ECANCELLED. After one, only close. */
orch_status orch_unpack_open(const struct orch_input_item *item, const orch_host *host,
                             struct orch_unpack **out, orch_error *err);
void orch_unpack_close(struct orch_unpack *u); /* NULL allowed */

/* Walks to the next thing that is neither a folder nor packed itself: a file, a link, something
 * encrypted; ORCH_END after the last. What is walked over whole has its check sums looked at. */
orch_status orch_unpack_next(struct orch_unpack *u, orch_error *err);
/* Goes to a place where a walk has been, and to its beginning. Costs nothing for what lies ahead
 * in the order of the archive but what is passed over; what lies behind means to begin anew with
 * the innermost archive that can be begun anew: the file, or one that is held. */
orch_status orch_unpack_go(struct orch_unpack *u, const struct orch_unpack_place *place,
                           orch_error *err);
/* The next bytes of where it stands; *n 0 at the end. */
orch_status orch_unpack_read(struct orch_unpack *u, void *buffer, size_t capacity, size_t *n,
                             orch_error *err);

#endif
