/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernels of dates and timestamps share: zones of a plan, calendar arithmetic.
 *
 * Zones are loaded once a plan. A parameter that names a zone may be left out where the default
 * is UTC. */
#ifndef ORCH_ENGINE_KERNEL_TIME_H
#define ORCH_ENGINE_KERNEL_TIME_H

#include "engine/conversion.h"
#include "engine/time_format.h"
#include "engine/zone.h"

#define ORCH_SECOND_US INT64_C(1000000)
#define ORCH_DAY_SECONDS INT64_C(86400)

/* Quotient rounded down, and its remainder, which is never negative; b > 0. */
static inline int64_t orch_floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return a % b < 0 ? q - 1 : q;
}

static inline int64_t orch_floor_mod(int64_t a, int64_t b)
{
    int64_t r = a % b;
    return r < 0 ? r + b : r;
}

/* Seconds between midnight of 1970-01-01 and the fields, both on the same clock. */
int64_t orch_time_seconds(const struct orch_time_fields *t);
/* Days since 1970-01-01 of the fields; 24:00 belongs to the day after. */
int64_t orch_time_days(const struct orch_time_fields *t);

/* The zone that a positional parameter names, NULL when it is left out. */
orch_status orch_time_zone(const struct orch_expr *e, size_t position, struct orch_check *c,
                           const struct orch_zone **out, orch_error *err);
/* The same, UTC when it is left out. */
orch_status orch_time_zone_or_utc(const struct orch_expr *e, size_t position, struct orch_check *c,
                                  const struct orch_zone **out, orch_error *err);

/* ---- operations, by file; the table is in kernel_time.c ----------------------------------- */

/* kernel_time_parts.c */
orch_status orch_time_part_check(struct orch_expr *e, struct orch_check *c, orch_error *err);
orch_status orch_time_part_eval(const struct orch_expr *e, struct orch_eval *ev,
                                const struct orch_vector *args, struct orch_vector *out);
orch_status orch_time_between_check(struct orch_expr *e, struct orch_check *c, orch_error *err);
orch_status orch_time_between_eval(const struct orch_expr *e, struct orch_eval *ev,
                                   const struct orch_vector *args, struct orch_vector *out);
orch_status orch_time_text_check(struct orch_expr *e, struct orch_check *c, orch_error *err);
orch_status orch_time_text_eval(const struct orch_expr *e, struct orch_eval *ev,
                                const struct orch_vector *args, struct orch_vector *out);
/* kernel_time_round.c */
orch_status orch_time_floor_check(struct orch_expr *e, struct orch_check *c, orch_error *err);
orch_status orch_time_floor_eval(const struct orch_expr *e, struct orch_eval *ev,
                                 const struct orch_vector *args, struct orch_vector *out);
orch_status orch_time_ceil_check(struct orch_expr *e, struct orch_check *c, orch_error *err);
/* kernel_time_shift.c */
orch_status orch_time_shift_check(struct orch_expr *e, struct orch_check *c, orch_error *err);
orch_status orch_time_shift_eval(const struct orch_expr *e, struct orch_eval *ev,
                                 const struct orch_vector *args, struct orch_vector *out);

#endif
