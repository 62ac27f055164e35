/* SPDX-License-Identifier: Apache-2.0 */
/* shift: a count of units added to a timestamp or a date.
 *
 * A day of a timestamp is 24 hours whatever the clocks do. A month added to a date keeps the day
 * of the month, or takes the last one where the month is shorter. */
#include "engine/kernel_time.h"

#include "base/clock.h"
#include "orch/error.h"

static const struct unit {
    const char *one;
    const char *many;
    int64_t microseconds; /* of timestamps; 0: not theirs */
    int days;             /* of dates; 0: not theirs */
    int months;
} units[] = {
    { "second", "seconds", ORCH_SECOND_US, 0, 0 },
    { "minute", "minutes", 60 * ORCH_SECOND_US, 0, 0 },
    { "hour", "hours", 3600 * ORCH_SECOND_US, 0, 0 },
    { "day", "days", ORCH_DAY_SECONDS * ORCH_SECOND_US, 1, 0 },
    { "month", "months", 0, 0, 1 },
    { "year", "years", 0, 0, 12 },
};

enum { UNITS = sizeof units / sizeof units[0] };

/* ---- check -------------------------------------------------------------------------------- */

static const struct unit *find_unit(struct orch_str name)
{
    for (size_t i = 0; i < UNITS; i++) {
        if (orch_str_equal(name, orch_str_from(units[i].one)) ||
            orch_str_equal(name, orch_str_from(units[i].many)))
            return &units[i];
    }
    return NULL;
}

static orch_status check_unit(struct orch_expr *e, bool date, orch_error *err)
{
    const char *hint = date ? "units of a date are \"days\", \"months\", \"years\""
                            : "units of a timestamp are \"seconds\", \"minutes\", \"hours\", "
                              "\"days\"";
    struct orch_str name = { NULL, 0 };
    orch_status st = orch_expr_text_param(e, 0, &name, err);

    if (st != ORCH_OK)
        return st;
    const struct unit *unit = find_unit(name);
    if (unit != NULL && (date ? unit->days + unit->months > 0 : unit->microseconds > 0)) {
        e->state = (void *)(uintptr_t)unit;
        return ORCH_OK;
    }
    if (name.ptr == NULL)
        st = orch_error_set(err, ORCH_ECONFIG, "shift needs a unit");
    else
        st = orch_conversion_refuse_text(
            e, date ? "a date has no unit " : "a timestamp has no unit ", name, "", err);
    orch_error_hint(err, "%s", hint);
    return st;
}

orch_status orch_time_shift_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    enum orch_type type = e->args[0]->type;
    enum orch_type count = e->args[1]->type;

    (void)c;
    if (type != ORCH_TYPE_DATE && type != ORCH_TYPE_TIMESTAMP && type != ORCH_TYPE_NULL)
        return orch_conversion_refuse(e, "a date or a timestamp", err);
    if (count != ORCH_TYPE_INTEGER && count != ORCH_TYPE_NUMBER && count != ORCH_TYPE_NULL)
        return orch_error_set(err, ORCH_ECONFIG, "shift needs an integer or a number, not %s",
                              orch_type_name(count));
    e->type = type == ORCH_TYPE_DATE ? ORCH_TYPE_DATE : ORCH_TYPE_TIMESTAMP;
    return check_unit(e, type == ORCH_TYPE_DATE, err);
}

/* ---- evaluation --------------------------------------------------------------------------- */

static bool fits_integer(double value)
{
    return value >= -9223372036854775808.0 && value < 9223372036854775808.0;
}

/* The count times the unit in microseconds, rounded to a whole one. */
static bool span_of(const struct unit *unit, const struct orch_vector *count, int64_t row,
                    int64_t *span)
{
    if (count->type == ORCH_TYPE_INTEGER)
        return !__builtin_mul_overflow(count->of.integer[row], unit->microseconds, span);
    double product = count->of.number[row] * (double)unit->microseconds;
    product += product < 0 ? -0.5 : 0.5;
    if (!fits_integer(product))
        return false;
    *span = (int64_t)product;
    return true;
}

static bool whole_count(const struct orch_vector *count, int64_t row, int64_t *out)
{
    if (count->type == ORCH_TYPE_INTEGER) {
        *out = count->of.integer[row];
        return true;
    }
    double value = count->of.number[row];
    if (!fits_integer(value) || (double)(int64_t)value != value)
        return false;
    *out = (int64_t)value;
    return true;
}

static bool add_months(int64_t days, int64_t months, int64_t *out)
{
    int64_t year = 0;
    int month = 0;
    int day = 0;

    orch_civil_from_days(days, &year, &month, &day);
    int64_t total = year * 12 + (month - 1) + months;
    int64_t first = orch_days_from_civil(orch_floor_div(total, 12),
                                         (int)orch_floor_mod(total, 12) + 1, 1);
    int64_t next = orch_days_from_civil(orch_floor_div(total + 1, 12),
                                        (int)orch_floor_mod(total + 1, 12) + 1, 1);
    *out = first + day - 1 < next ? first + day - 1 : next - 1;
    return *out >= INT32_MIN && *out <= INT32_MAX;
}

/* Dates are days in 32 bits wherever they go from here. */
static bool shift_date(const struct unit *unit, int64_t date, int64_t count, int64_t *out)
{
    if (count < -INT64_C(5000000000) || count > INT64_C(5000000000) || date < INT32_MIN ||
        date > INT32_MAX)
        return false;
    if (unit->months > 0)
        return add_months(date, count * unit->months, out);
    *out = date + count;
    return *out >= INT32_MIN && *out <= INT32_MAX;
}

static bool fail(struct orch_conversion *c, const struct orch_vector *count, int64_t row,
                 bool whole)
{
    const char *rule = orch_type_name(c->e->type);
    const char *after = whole ? " leads out of range" : " is no whole count";

    if (count->type == ORCH_TYPE_INTEGER)
        return orch_conversion_fail_integer(c, row, rule, count->of.integer[row], "a shift by ",
                                            after);
    return orch_conversion_fail_number(c, row, rule, count->of.number[row], "a shift by ", after);
}

orch_status orch_time_shift_eval(const struct orch_expr *e, struct orch_eval *ev,
                                 const struct orch_vector *args, struct orch_vector *out)
{
    const struct unit *unit = e->state;
    const struct orch_vector *count = &args[1];
    struct orch_conversion c;

    int64_t *values = orch_conversion_begin(&c, e, ev, args, out);
    if (values == NULL)
        return ORCH_ENOMEM;
    for (int64_t row = 0; row < ev->rows; row++) {
        int64_t n = 0;
        bool whole = true;
        bool fits = false;
        if (!orch_conversion_wanted(&c, row))
            continue;
        if (e->type == ORCH_TYPE_DATE) {
            whole = whole_count(count, row, &n);
            fits = whole && shift_date(unit, args[0].of.integer[row], n, &values[row]);
        } else {
            fits = span_of(unit, count, row, &n) &&
                   !__builtin_add_overflow(args[0].of.integer[row], n, &values[row]);
        }
        if (!fits && !fail(&c, count, row, whole))
            return ORCH_ENOMEM;
    }
    return ORCH_OK;
}
