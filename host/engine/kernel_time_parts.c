/* SPDX-License-Identifier: Apache-2.0 */
/* Out of dates and timestamps: their parts, differences, and text. */
#include "engine/kernel_time.h"

#include "base/clock.h"
#include "orch/error.h"

/* ---- year, month, day, hour, minute, weekday ---------------------------------------------- */

enum part { YEAR, MONTH, DAY, HOUR, MINUTE, WEEKDAY };

static const char *const part_names[] = { "year", "month", "day", "hour", "minute", "weekday" };

struct part_state {
    enum part part;
    const struct orch_zone *zone; /* of a timestamp; NULL for a date */
};

static enum part part_of_name(const char *name)
{
    size_t i = 0;

    while (i < WEEKDAY && strcmp(part_names[i], name) != 0)
        i++;
    return (enum part)i;
}

static orch_status refuse_zone(const struct orch_expr *e, size_t position, orch_error *err)
{
    struct orch_str zone = { NULL, 0 };
    orch_status st = orch_expr_text_param(e, position, &zone, err);

    if (st != ORCH_OK || zone.ptr == NULL)
        return st;
    return orch_error_set(err, ORCH_ECONFIG, "%s: a date has no zone", e->op->name);
}

orch_status orch_time_part_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    enum orch_type type = e->args[0]->type;

    e->type = ORCH_TYPE_INTEGER;
    struct part_state *state = orch_arena_zalloc(c->arena, sizeof *state);
    if (state == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    e->state = state;
    state->part = part_of_name(e->op->name);
    bool of_day = state->part != HOUR && state->part != MINUTE;
    if (type == ORCH_TYPE_DATE && of_day)
        return refuse_zone(e, 0, err);
    if (type == ORCH_TYPE_TIMESTAMP || type == ORCH_TYPE_NULL)
        return orch_time_zone_or_utc(e, 0, c, &state->zone, err);
    return orch_conversion_refuse(e, of_day ? "a date or a timestamp" : "a timestamp", err);
}

static int64_t part_of_days(enum part part, int64_t days)
{
    int64_t year = 0;
    int month = 0;
    int day = 0;

    if (part == WEEKDAY)
        return orch_floor_mod(days + 3, 7) + 1;
    orch_civil_from_days(days, &year, &month, &day);
    return part == YEAR ? year : part == MONTH ? month : day;
}

/* Neighbours in time share their day: it is taken apart once. */
struct day_memory {
    int64_t days;
    int64_t part;
};

static int64_t part_of_local(enum part part, int64_t local, struct day_memory *memory)
{
    if (part == HOUR)
        return orch_floor_mod(local, ORCH_DAY_SECONDS) / 3600;
    if (part == MINUTE)
        return orch_floor_mod(local, 3600) / 60;
    int64_t days = orch_floor_div(local, ORCH_DAY_SECONDS);
    if (days != memory->days) {
        memory->days = days;
        memory->part = part_of_days(part, days);
    }
    return memory->part;
}

orch_status orch_time_part_eval(const struct orch_expr *e, struct orch_eval *ev,
                                const struct orch_vector *args, struct orch_vector *out)
{
    const struct part_state *state = e->state;
    struct orch_zone_span span = { 0 };
    struct day_memory memory = { INT64_MIN, 0 };
    struct orch_conversion c;

    int64_t *values = orch_conversion_begin(&c, e, ev, args, out);
    if (values == NULL)
        return ORCH_ENOMEM;
    const int64_t *in = args[0].of.integer;
    bool date = args[0].type == ORCH_TYPE_DATE;
    for (int64_t row = 0; row < ev->rows; row++) {
        if (!orch_conversion_wanted(&c, row))
            continue;
        if (date) {
            values[row] = part_of_days(state->part, in[row]);
            continue;
        }
        int64_t utc = orch_floor_div(in[row], ORCH_SECOND_US);
        int64_t local = utc + orch_zone_offset_at(state->zone, utc, &span);
        values[row] = part_of_local(state->part, local, &memory);
    }
    return ORCH_OK;
}

/* ---- minutes_between, seconds_between ----------------------------------------------------- */

orch_status orch_time_between_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    double *unit = orch_arena_alloc(c->arena, sizeof *unit);

    e->type = ORCH_TYPE_NUMBER;
    if (unit == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    *unit = strcmp(e->op->name, "minutes_between") == 0 ? 60e6 : 1e6;
    e->state = unit;
    orch_status st = orch_expr_need(e, 0, ORCH_TYPE_TIMESTAMP, err);
    return st == ORCH_OK ? orch_expr_need(e, 1, ORCH_TYPE_TIMESTAMP, err) : st;
}

orch_status orch_time_between_eval(const struct orch_expr *e, struct orch_eval *ev,
                                   const struct orch_vector *args, struct orch_vector *out)
{
    const double *unit = e->state;
    struct orch_conversion c;

    double *values = orch_conversion_begin(&c, e, ev, args, out);
    if (values == NULL)
        return ORCH_ENOMEM;
    for (int64_t row = 0; row < ev->rows; row++) {
        int64_t difference = 0;
        if (!orch_conversion_wanted(&c, row))
            continue;
        int64_t from = args[0].of.integer[row];
        int64_t to = args[1].of.integer[row];
        if (__builtin_sub_overflow(to, from, &difference))
            values[row] = ((double)to - (double)from) / *unit;
        else
            values[row] = (double)difference / *unit;
    }
    return ORCH_OK;
}

/* ---- format_time -------------------------------------------------------------------------- */

struct text_state {
    struct orch_time_format *format;
    const struct orch_zone *zone; /* of a timestamp; NULL for a date */
};

static orch_status check_date_format(const struct orch_time_format *f, orch_error *err)
{
    static const enum orch_time_item_kind of_time[] = { ORCH_TIME_HOUR, ORCH_TIME_MINUTE,
                                                        ORCH_TIME_SECOND, ORCH_TIME_FRACTION,
                                                        ORCH_TIME_OFFSET };

    for (size_t i = 0; i < sizeof of_time / sizeof of_time[0]; i++) {
        if (orch_time_format_sees(f, of_time[i]))
            return orch_error_set(err, ORCH_ECONFIG, "format_time: a date has no time of day");
    }
    return ORCH_OK;
}

orch_status orch_time_text_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    enum orch_type type = e->args[0]->type;
    struct orch_str pattern = ORCH_STR("iso");

    e->type = ORCH_TYPE_TEXT;
    if (type != ORCH_TYPE_DATE && type != ORCH_TYPE_TIMESTAMP && type != ORCH_TYPE_NULL)
        return orch_conversion_refuse(e, "a date or a timestamp", err);
    struct text_state *state = orch_arena_zalloc(c->arena, sizeof *state);
    if (state == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    e->state = state;
    orch_status st = orch_expr_text_param(e, 0, &pattern, err);
    if (st != ORCH_OK)
        return st;
    if (type == ORCH_TYPE_DATE && orch_str_equal(pattern, ORCH_STR("iso")))
        pattern = ORCH_STR("yyyy-mm-dd");
    st = orch_time_format_new(c->arena, pattern, ORCH_TIME_WRITE, &state->format, err);
    if (st != ORCH_OK)
        return st;
    if (type == ORCH_TYPE_DATE) {
        st = refuse_zone(e, 1, err);
        return st == ORCH_OK ? check_date_format(state->format, err) : st;
    }
    return orch_time_zone_or_utc(e, 1, c, &state->zone, err);
}

/* The fields of an instant or a date; returns the year, which fields may be too small for. */
static int64_t take_apart(const struct text_state *state, bool date, int64_t value,
                          struct orch_zone_span *span, struct orch_time_fields *t)
{
    int64_t days = value;
    int64_t year = 0;

    *t = (struct orch_time_fields){ 0 };
    if (!date) {
        int64_t utc = orch_floor_div(value, ORCH_SECOND_US);
        t->offset = orch_zone_offset_at(state->zone, utc, span);
        int64_t local = utc + t->offset;
        int second = (int)orch_floor_mod(local, ORCH_DAY_SECONDS);
        days = orch_floor_div(local, ORCH_DAY_SECONDS);
        t->microsecond = (int)orch_floor_mod(value, ORCH_SECOND_US);
        t->hour = second / 3600;
        t->minute = second / 60 % 60;
        t->second = second % 60;
    }
    orch_civil_from_days(days, &year, &t->month, &t->day);
    return year;
}

orch_status orch_time_text_eval(const struct orch_expr *e, struct orch_eval *ev,
                                const struct orch_vector *args, struct orch_vector *out)
{
    const struct text_state *state = e->state;
    struct orch_zone_span span = { 0 };
    struct orch_time_fields t;
    struct orch_conversion c;

    struct orch_str *values = orch_conversion_begin(&c, e, ev, args, out);
    if (values == NULL)
        return ORCH_ENOMEM;
    bool date = args[0].type == ORCH_TYPE_DATE;
    size_t width = orch_time_width(state->format);
    for (int64_t row = 0; row < ev->rows; row++) {
        values[row] = ORCH_STR("");
        if (!orch_conversion_wanted(&c, row))
            continue;
        char *text = orch_arena_alloc(ev->arena, width);
        if (text == NULL)
            return ORCH_ENOMEM;
        int64_t year = take_apart(state, date, args[0].of.integer[row], &span, &t);
        values[row] = (struct orch_str){ text, orch_time_write(state->format, &t, year, text) };
    }
    return ORCH_OK;
}
