/* SPDX-License-Identifier: Apache-2.0 */
/* floor and ceil: of timestamps to the start of a step, of numbers to an integer.
 *
 * Steps up to an hour are counted from the full hour on the clocks, so that the two hours of the
 * autumn change stay apart. Longer ones begin at a local time (midnight, Monday, the first): where
 * that occurs twice at its first instant, where the clocks jump over it at the jump. */
#include "engine/kernel_time.h"

#include <math.h>

#include "base/clock.h"
#include "orch/error.h"

enum unit { SECOND, MINUTE, HOUR, DAY, WEEK, MONTH, YEAR };

static const struct unit_name {
    const char *one;
    const char *many;
    int whole; /* a count must divide it, so that steps begin anew with the unit above */
} units[] = {
    { "second", "seconds", 60 }, { "minute", "minutes", 60 }, { "hour", "hours", 24 },
    { "day", "days", 1 },        { "week", "weeks", 1 },      { "month", "months", 12 },
    { "year", "years", 1 },
};

struct floor_state {
    enum unit unit;
    int count;
    const struct orch_zone *zone;
    double (*round)(double); /* of numbers */
};

/* ---- check -------------------------------------------------------------------------------- */

static orch_status refuse_step(const struct orch_expr *e, struct orch_str text, orch_error *err)
{
    orch_status st = orch_conversion_refuse_text(e, "", text, " is no step", err);
    orch_error_hint(err, "use \"15 minutes\", \"1 hour\", \"1 day\", \"1 week\", \"1 month\", "
                         "\"1 year\"; a count must divide the unit above");
    return st;
}

/* "15 minutes" */
static orch_status parse_step(const struct orch_expr *e, struct orch_str text,
                              struct floor_state *state, orch_error *err)
{
    size_t p = 0;
    int count = 0;

    while (p < text.len && p < 4 && text.ptr[p] >= '0' && text.ptr[p] <= '9')
        count = count * 10 + (text.ptr[p++] - '0');
    if (p == 0 || p == text.len || text.ptr[p] != ' ')
        return refuse_step(e, text, err);
    struct orch_str name = { text.ptr + p + 1, text.len - p - 1 };
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (!orch_str_equal(name, orch_str_from(units[i].one)) &&
            !orch_str_equal(name, orch_str_from(units[i].many)))
            continue;
        if (count == 0 || units[i].whole % count != 0)
            return refuse_step(e, text, err);
        state->unit = (enum unit)i;
        state->count = count;
        return ORCH_OK;
    }
    return refuse_step(e, text, err);
}

static orch_status check_number(struct orch_expr *e, struct floor_state *state, orch_error *err)
{
    e->type = ORCH_TYPE_INTEGER;
    state->round = strcmp(e->op->name, "ceil") == 0 ? ceil : floor;
    if (orch_expr_param_at(e, 0) != NULL)
        return orch_error_set(err, ORCH_ECONFIG, "%s of a number takes no step", e->op->name);
    return ORCH_OK;
}

static orch_status check_timestamp(struct orch_expr *e, struct orch_check *c,
                                   struct floor_state *state, orch_error *err)
{
    struct orch_str step = { NULL, 0 };
    orch_status st = orch_expr_text_param(e, 0, &step, err);

    e->type = ORCH_TYPE_TIMESTAMP;
    if (st != ORCH_OK)
        return st;
    if (step.ptr == NULL) {
        st = orch_error_set(err, ORCH_ECONFIG, "floor of a timestamp needs a step");
        orch_error_hint(err, "say :floor(\"15 minutes\") or :floor(\"1 day\", \"Europe/Paris\")");
        return st;
    }
    st = parse_step(e, step, state, err);
    return st == ORCH_OK ? orch_time_zone_or_utc(e, 1, c, &state->zone, err) : st;
}

static struct floor_state *new_state(struct orch_expr *e, struct orch_check *c)
{
    e->state = orch_arena_zalloc(c->arena, sizeof(struct floor_state));
    return e->state;
}

orch_status orch_time_floor_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    struct floor_state *state = new_state(e, c);

    if (state == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    switch (e->args[0]->type) {
    case ORCH_TYPE_TIMESTAMP:
        return check_timestamp(e, c, state, err);
    case ORCH_TYPE_NULL:
        if (orch_expr_param_at(e, 0) != NULL)
            return check_timestamp(e, c, state, err);
        return check_number(e, state, err);
    case ORCH_TYPE_NUMBER:
    case ORCH_TYPE_INTEGER:
        return check_number(e, state, err);
    default:
        return orch_conversion_refuse(e, "a timestamp or a number", err);
    }
}

orch_status orch_time_ceil_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    struct floor_state *state = new_state(e, c);
    enum orch_type type = e->args[0]->type;

    if (state == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    if (type != ORCH_TYPE_NUMBER && type != ORCH_TYPE_INTEGER && type != ORCH_TYPE_NULL)
        return orch_conversion_refuse(e, "a number", err);
    return check_number(e, state, err);
}

/* ---- timestamps --------------------------------------------------------------------------- */

/* The local start of the step that a local time falls in; steps of days and above. */
static int64_t start_of_days(const struct floor_state *state, int64_t local)
{
    int64_t days = orch_floor_div(local, ORCH_DAY_SECONDS);
    int64_t year = 0;
    int month = 0;
    int day = 0;

    if (state->unit == WEEK)
        days -= orch_floor_mod(days + 3, 7);
    if (state->unit >= MONTH) {
        orch_civil_from_days(days, &year, &month, &day);
        month = state->unit == YEAR ? 1 : (month - 1) / state->count * state->count + 1;
        days = orch_days_from_civil(year, month, 1);
    }
    return days * ORCH_DAY_SECONDS;
}

static int64_t floor_instant(const struct floor_state *state, int64_t utc,
                             struct orch_zone_span *span)
{
    static const int seconds[] = { 1, 60, 3600 };
    int64_t local = utc + orch_zone_offset_at(state->zone, utc, span);
    int64_t start = 0;
    int64_t instants[2];

    if (state->unit <= HOUR) {
        int64_t step = (int64_t)seconds[state->unit] * state->count;
        int64_t into = orch_floor_mod(local, step);
        if (step <= 3600)
            return utc - into;
        start = local - into;
    } else {
        start = start_of_days(state, local);
    }
    orch_zone_to_utc(state->zone, start, span, instants);
    return instants[0];
}

static orch_status floor_timestamps(struct orch_conversion *c, const int64_t *in, int64_t *values)
{
    const struct floor_state *state = c->e->state;
    struct orch_zone_span span = { 0 };

    for (int64_t row = 0; row < c->ev->rows; row++) {
        if (!orch_conversion_wanted(c, row))
            continue;
        int64_t utc = orch_floor_div(in[row], ORCH_SECOND_US);
        int64_t start = floor_instant(state, utc, &span);
        if (__builtin_mul_overflow(start, ORCH_SECOND_US, &values[row]) &&
            !orch_conversion_fail_integer(c, row, "timestamp", in[row], "not a timestamp: ",
                                          " has no start of its step in range"))
            return ORCH_ENOMEM;
    }
    return ORCH_OK;
}

/* ---- numbers ------------------------------------------------------------------------------ */

static orch_status round_numbers(struct orch_conversion *c, const double *in, int64_t *values)
{
    const struct floor_state *state = c->e->state;

    for (int64_t row = 0; row < c->ev->rows; row++) {
        if (!orch_conversion_wanted(c, row))
            continue;
        double value = state->round(in[row]);
        if (value >= -9223372036854775808.0 && value < 9223372036854775808.0)
            values[row] = (int64_t)value;
        else if (!orch_conversion_fail_number(c, row, "integer", in[row], "not an integer: ",
                                              " is out of range"))
            return ORCH_ENOMEM;
    }
    return ORCH_OK;
}

orch_status orch_time_floor_eval(const struct orch_expr *e, struct orch_eval *ev,
                                 const struct orch_vector *args, struct orch_vector *out)
{
    struct orch_conversion c;

    if (args[0].type == ORCH_TYPE_INTEGER) {
        *out = args[0];
        return ORCH_OK;
    }
    int64_t *values = orch_conversion_begin(&c, e, ev, args, out);
    if (values == NULL)
        return ORCH_ENOMEM;
    if (args[0].type == ORCH_TYPE_TIMESTAMP)
        return floor_timestamps(&c, args[0].of.integer, values);
    if (args[0].type == ORCH_TYPE_NUMBER)
        return round_numbers(&c, args[0].of.number, values);
    return ORCH_OK;
}
