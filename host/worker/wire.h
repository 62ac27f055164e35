/* SPDX-License-Identifier: Apache-2.0 */
/* Values in the body of a control frame. Both ends are the same program on the same machine: the
 * byte order is the machine's. What is read is hostile: a reader that meets anything it does not
 * expect turns `bad` and gives zeros from then on, so that a run of reads needs one check. */
#ifndef ORCH_WORKER_WIRE_H
#define ORCH_WORKER_WIRE_H

#include "base/arena.h"
#include "orch/arrow.h"

#define ORCH_WIRE_BYTES_MOST (1u << 20) /* of a body */

struct orch_wire {
    const char *at;
    size_t left;
    bool bad;
};

/* ---- writing: appends to a body, whose cap is ORCH_WIRE_BYTES_MOST ------------------------- */

void orch_wire_put_u32(struct orch_text *body, uint32_t value);
void orch_wire_put_i64(struct orch_text *body, int64_t value);
void orch_wire_put_str(struct orch_text *body, struct orch_str text);
void orch_wire_put_z(struct orch_text *body, const char *text); /* NULL arrives as NULL */
void orch_wire_put_error(struct orch_text *body, orch_status st, const orch_error *err);
/* Children of children are left out: no column has them, and who reads refuses their format. */
void orch_wire_put_schema(struct orch_text *body, const struct ArrowSchema *schema);

/* ---- reading ------------------------------------------------------------------------------ */

struct orch_wire orch_wire_of(const struct orch_text *body);
uint32_t orch_wire_u32(struct orch_wire *w);
int64_t orch_wire_i64(struct orch_wire *w);
/* Borrowed from the body, with a NUL behind it. */
struct orch_str orch_wire_str(struct orch_wire *w);
/* The same for text without NUL inside, NULL when it was NULL. */
const char *orch_wire_z(struct orch_wire *w);
/* As orch_wire_z; what is not UTF-8 is bad. */
const char *orch_wire_text(struct orch_wire *w);
/* A status and, in *err, its error, every text in one line of UTF-8. A status that the ABI does
 * not know is bad. */
orch_status orch_wire_error(struct orch_wire *w, orch_error *err);
/* A schema that owns its memory; ORCH_EINVAL when it is malformed, ORCH_ENOMEM. */
orch_status orch_wire_schema(struct orch_wire *w, struct ArrowSchema *out);
/* All was read, and nothing was bad. */
bool orch_wire_done(const struct orch_wire *w);

#endif
