/* SPDX-License-Identifier: Apache-2.0 */
/* Time zones of the system's database (TZif files, RFC 8536), read from TZDIR or
 * /usr/share/zoneinfo. Files are checked as hostile. "UTC" needs no file.
 *
 * A zone is immutable; any number of threads may ask it, each with a span of its own. Instants are
 * seconds since 1970-01-01T00:00Z, local times seconds since 1970-01-01T00:00 on the clocks of the
 * zone. Beyond the table of the file its rule holds for ever. */
#ifndef ORCH_ENGINE_ZONE_H
#define ORCH_ENGINE_ZONE_H

#include "base/arena.h"
#include "base/str.h"

struct orch_zone;

/* The interval from <= instant < until in which an offset holds. {0} is empty, to start with. */
struct orch_zone_span {
    int64_t from;
    int64_t until;
    int32_t offset; /* seconds east of UTC */
};

/* ORCH_ECONFIG for a name that is malformed or unknown (the hint proposes the nearest known one),
 * and for a file that is no time zone. */
orch_status orch_zone_load(struct orch_str name, struct orch_zone **out, orch_error *err);
void orch_zone_free(struct orch_zone *z); /* NULL allowed */
const char *orch_zone_name(const struct orch_zone *z);

/* The span of the zone that holds `utc`. */
void orch_zone_find(const struct orch_zone *z, int64_t utc, struct orch_zone_span *span);

/* The instants of a local time, earlier first. 0: the clocks jump over it, and utc[0] is the
 * instant of the jump. 2: it occurs twice, when clocks are set back. */
int orch_zone_to_utc(const struct orch_zone *z, int64_t local, struct orch_zone_span *span,
                     int64_t utc[2]);

/* Offset at an instant; `span` remembers the last answer, which neighbours in time share. */
static inline int32_t orch_zone_offset_at(const struct orch_zone *z, int64_t utc,
                                          struct orch_zone_span *span)
{
    if (utc < span->from || utc >= span->until)
        orch_zone_find(z, utc, span);
    return span->offset;
}

/* ---- for the files of the zone only ------------------------------------------------------- */

enum {
    ORCH_ZONE_OFFSET_LIMIT = 93600,  /* no offset is 26 hours or more (RFC 8536, 3.2) */
    ORCH_ZONE_TRANSITIONS = 8192
};

struct orch_zone_transition {
    int64_t at;
    int32_t offset; /* from then on */
};

struct orch_zone {
    char name[64];
    int32_t first_offset; /* before the first transition */
    struct orch_zone_transition *transitions;
    size_t n;
    size_t cap;
    int64_t repeat_from; /* from then on all repeats every 400 years; INT64_MAX: nothing does */
};

/* Appends a transition; one at or before the last replaces it. ORCH_ENOMEM, ORCH_EDATA. */
orch_status orch_zone_add(struct orch_zone *z, int64_t at, int32_t offset);
/* Fills the zone from the bytes of a TZif file; false when they are no time zone. */
orch_status orch_zone_decode(struct orch_zone *z, struct orch_str file);
/* Adds what the rule at the end of a file (POSIX TZ) says for 400 years behind the table. */
orch_status orch_zone_extend(struct orch_zone *z, struct orch_str rule);

#endif
