/* SPDX-License-Identifier: Apache-2.0 */
/* date and timestamp, and the table of all operations on them. */
#include "engine/kernel_time.h"

#include "base/clock.h"
#include "orch/error.h"

/* ---- shared ------------------------------------------------------------------------------- */

int64_t orch_time_days(const struct orch_time_fields *t)
{
    return orch_days_from_civil(t->year, t->month, t->day) + (t->hour == 24);
}

int64_t orch_time_seconds(const struct orch_time_fields *t)
{
    return orch_days_from_civil(t->year, t->month, t->day) * ORCH_DAY_SECONDS + t->hour * 3600 +
           t->minute * 60 + t->second;
}

static void free_zone(void *zone)
{
    orch_zone_free(zone);
}

/* A zone this plan has loaded already: it stands among the states to free. */
static const struct orch_zone *find_zone(const struct orch_check *c, struct orch_str name)
{
    for (size_t i = 0; i < c->cleanups.len; i++) {
        if (c->cleanups.items[i].free != free_zone)
            continue;
        const struct orch_zone *zone = c->cleanups.items[i].what;
        if (orch_str_equal(orch_str_from(orch_zone_name(zone)), name))
            return zone;
    }
    return NULL;
}

static orch_status zone_by_name(struct orch_str name, struct orch_check *c,
                                const struct orch_zone **out, orch_error *err)
{
    struct orch_zone *zone = NULL;

    *out = find_zone(c, name);
    if (*out != NULL)
        return ORCH_OK;
    orch_status st = orch_zone_load(name, &zone, err);
    if (st != ORCH_OK)
        return st;
    if (!orch_check_cleanup(c, free_zone, zone)) {
        orch_zone_free(zone);
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    }
    *out = zone;
    return ORCH_OK;
}

orch_status orch_time_zone(const struct orch_expr *e, size_t position, struct orch_check *c,
                           const struct orch_zone **out, orch_error *err)
{
    struct orch_str name = { NULL, 0 };
    orch_status st = orch_expr_text_param(e, position, &name, err);

    *out = NULL;
    if (st != ORCH_OK || name.ptr == NULL)
        return st;
    return zone_by_name(name, c, out, err);
}

orch_status orch_time_zone_or_utc(const struct orch_expr *e, size_t position, struct orch_check *c,
                                  const struct orch_zone **out, orch_error *err)
{
    orch_status st = orch_time_zone(e, position, c, out, err);

    if (st != ORCH_OK || *out != NULL)
        return st;
    return zone_by_name(ORCH_STR("UTC"), c, out, err);
}

/* ---- date --------------------------------------------------------------------------------- */

struct date_state {
    struct orch_time_format *format; /* of text */
    const struct orch_zone *zone;    /* of timestamps */
};

static orch_status date_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    static const char *const allowed[] = { NULL };
    struct orch_str pattern = ORCH_STR("iso");
    orch_status st = orch_expr_params_allowed(e, allowed, err);

    e->type = ORCH_TYPE_DATE;
    if (st != ORCH_OK)
        return st;
    struct date_state *state = orch_arena_zalloc(c->arena, sizeof *state);
    if (state == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    e->state = state;
    switch (e->args[0]->type) {
    case ORCH_TYPE_DATE:
    case ORCH_TYPE_NULL:
        return ORCH_OK;
    case ORCH_TYPE_TEXT:
        st = orch_expr_text_param(e, 0, &pattern, err);
        if (st != ORCH_OK)
            return st;
        return orch_time_format_new(c->arena, pattern, ORCH_TIME_READ_DATE, &state->format, err);
    case ORCH_TYPE_TIMESTAMP:
        st = orch_time_zone(e, 0, c, &state->zone, err);
        if (st == ORCH_OK && state->zone == NULL) {
            st = orch_error_set(err, ORCH_ECONFIG, "date of a timestamp needs a zone");
            orch_error_hint(err, "say whose day it is: :date(\"Europe/Paris\")");
        }
        return st;
    default:
        return orch_conversion_refuse(e, "text or a timestamp", err);
    }
}

static orch_status date_of_text(struct orch_conversion *c, const struct orch_str *text,
                                int64_t *values)
{
    const struct date_state *state = c->e->state;
    struct orch_time_fields t = { 0 };
    int64_t day = -1; /* year, month and day of the last row in one number, and its days */
    int64_t days = 0;

    for (int64_t row = 0; row < c->ev->rows; row++) {
        if (!orch_conversion_wanted(c, row))
            continue;
        struct orch_str s = orch_conversion_trim(text[row]);
        if (s.len == 0) {
            if (!orch_conversion_null(c, row))
                return ORCH_ENOMEM;
            continue;
        }
        if (!orch_time_parse(state->format, s, &t)) {
            if (!orch_conversion_fail(c, row, "date", s, "not a date: ", ""))
                return ORCH_ENOMEM;
            continue;
        }
        int64_t this_day = ((int64_t)t.year * 16 + t.month) * 32 + t.day;
        if (this_day != day) {
            day = this_day;
            days = orch_days_from_civil(t.year, t.month, t.day);
        }
        values[row] = days + (t.hour == 24);
    }
    return ORCH_OK;
}

static orch_status date_of_timestamp(struct orch_conversion *c, const int64_t *in, int64_t *values)
{
    const struct date_state *state = c->e->state;
    struct orch_zone_span span = { 0 };

    for (int64_t row = 0; row < c->ev->rows; row++) {
        if (!orch_conversion_wanted(c, row))
            continue;
        int64_t utc = orch_floor_div(in[row], ORCH_SECOND_US);
        int64_t local = utc + orch_zone_offset_at(state->zone, utc, &span);
        values[row] = orch_floor_div(local, ORCH_DAY_SECONDS);
    }
    return ORCH_OK;
}

static orch_status date_eval(const struct orch_expr *e, struct orch_eval *ev,
                             const struct orch_vector *args, struct orch_vector *out)
{
    struct orch_conversion c;

    if (args[0].type == ORCH_TYPE_DATE) {
        *out = args[0];
        return ORCH_OK;
    }
    int64_t *values = orch_conversion_begin(&c, e, ev, args, out);
    if (values == NULL)
        return ORCH_ENOMEM;
    if (args[0].type == ORCH_TYPE_TEXT)
        return date_of_text(&c, args[0].of.text, values);
    if (args[0].type == ORCH_TYPE_TIMESTAMP)
        return date_of_timestamp(&c, args[0].of.integer, values);
    return ORCH_OK;
}

/* ---- timestamp ---------------------------------------------------------------------------- */

/* Which of the two instants of a local time that occurs twice. */
enum ambiguous { REJECT, FIRST, SECOND, SEQUENCE };

struct timestamp_state {
    struct orch_time_format *format;
    const struct orch_zone *zone; /* or NULL */
    enum ambiguous ambiguous;
    const char *twice;            /* ends of messages */
    const char *never;
    /* The instant before in the order of the rows, over all batches: with SEQUENCE a time that
     * occurs twice is the second one unless that goes backwards. */
    int64_t previous;
};

static orch_status read_ambiguous(const struct orch_expr *e, enum ambiguous *out, orch_error *err)
{
    static const char *const names[] = { "reject", "first", "second", "sequence" };
    struct orch_str text;
    orch_status st = orch_conversion_text(e, "ambiguous", &text, err);

    if (st != ORCH_OK || text.ptr == NULL)
        return st;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (orch_str_equal(text, orch_str_from(names[i]))) {
            *out = (enum ambiguous)i;
            return ORCH_OK;
        }
    }
    st = orch_conversion_refuse_text(e, "unknown ambiguous = ", text, "", err);
    orch_error_hint(err, "use \"reject\", \"first\", \"second\" or \"sequence\"");
    return st;
}

static orch_status prepare_messages(struct timestamp_state *state, struct orch_arena *a,
                                    orch_error *err)
{
    if (state->zone == NULL)
        return ORCH_OK;
    const char *zone = orch_zone_name(state->zone);
    state->twice = orch_arena_printf(a,
                                     " occurs twice in %s, as clocks go back: say ambiguous = "
                                     "\"first\", \"second\" or \"sequence\"",
                                     zone);
    state->never = orch_arena_printf(a, " does not exist in %s: the clocks jump over it", zone);
    if (state->twice == NULL || state->never == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    return ORCH_OK;
}

static orch_status check_zone_known(const struct timestamp_state *state, struct orch_str pattern,
                                    orch_error *err)
{
    if (state->zone != NULL || orch_time_format_may_have_offset(state->format))
        return ORCH_OK;
    struct orch_text quoted = { 0 };
    orch_text_quote(&quoted, pattern, 64);
    orch_error_set(err, ORCH_ECONFIG, "timestamp: the format has no offset and no zone is named");
    orch_error_hint(err, "name the zone of the clocks: :timestamp(%s, \"Europe/Paris\")",
                    orch_text_z(&quoted));
    orch_text_release(&quoted);
    return ORCH_ECONFIG;
}

static orch_status timestamp_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    static const char *const allowed[] = { "ambiguous", NULL };
    struct orch_str pattern = ORCH_STR("iso");
    orch_status st = orch_expr_params_allowed(e, allowed, err);

    e->type = ORCH_TYPE_TIMESTAMP;
    if (st != ORCH_OK)
        return st;
    switch (e->args[0]->type) {
    case ORCH_TYPE_TEXT:
    case ORCH_TYPE_TIMESTAMP:
    case ORCH_TYPE_NULL:
        break;
    default:
        return orch_conversion_refuse(e, "text", err);
    }
    struct timestamp_state *state = orch_arena_zalloc(c->arena, sizeof *state);
    if (state == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    e->state = state;
    state->previous = INT64_MIN;
    st = orch_expr_text_param(e, 0, &pattern, err);
    if (st != ORCH_OK)
        return st;
    st = orch_time_format_new(c->arena, pattern, ORCH_TIME_READ_TIMESTAMP, &state->format, err);
    if (st == ORCH_OK)
        st = orch_time_zone(e, 1, c, &state->zone, err);
    if (st == ORCH_OK)
        st = read_ambiguous(e, &state->ambiguous, err);
    if (st == ORCH_OK)
        st = prepare_messages(state, c->arena, err);
    return st == ORCH_OK ? check_zone_known(state, pattern, err) : st;
}

static bool takes_second(const struct timestamp_state *state, int64_t first_us)
{
    return state->ambiguous == SECOND ||
           (state->ambiguous == SEQUENCE && first_us <= state->previous);
}

/* The instant of a time on the clocks of the zone; a message's end when there is none. */
static const char *place_in_zone(const struct timestamp_state *state,
                                 const struct orch_time_fields *t, int64_t local,
                                 struct orch_zone_span *span, int64_t *us)
{
    int64_t utc[2];
    int found = orch_zone_to_utc(state->zone, local, span, utc);

    if (found == 0)
        return state->never;
    if (found == 2 && state->ambiguous == REJECT)
        return state->twice;
    *us = utc[0] * ORCH_SECOND_US + t->microsecond;
    if (found == 2 && takes_second(state, *us))
        *us = utc[1] * ORCH_SECOND_US + t->microsecond;
    return NULL;
}

static bool refuse_timestamp(struct orch_conversion *c, int64_t row, struct orch_str s,
                             const char *reason)
{
    return orch_conversion_fail(c, row, "timestamp", s, "", reason);
}

/* Days of the last row: a load curve has many rows a day. */
struct day_memory {
    int64_t key;
    int64_t seconds;
};

static int64_t local_seconds(const struct orch_time_fields *t, struct day_memory *memory)
{
    int64_t key = ((int64_t)t->year * 16 + t->month) * 32 + t->day;

    if (key != memory->key) {
        memory->key = key;
        memory->seconds = orch_days_from_civil(t->year, t->month, t->day) * ORCH_DAY_SECONDS;
    }
    return memory->seconds + t->hour * 3600 + t->minute * 60 + t->second;
}

static orch_status timestamp_of_text(struct orch_conversion *c, const struct orch_str *text,
                                     int64_t *values)
{
    struct timestamp_state *state = c->e->state;
    struct orch_zone_span span = { 0 };
    struct day_memory memory = { -1, 0 };
    struct orch_time_fields t = { 0 };

    for (int64_t row = 0; row < c->ev->rows; row++) {
        if (!orch_conversion_wanted(c, row))
            continue;
        struct orch_str s = orch_conversion_trim(text[row]);
        const char *reason = NULL;
        bool done = true;
        if (s.len == 0) {
            done = orch_conversion_null(c, row);
        } else if (!orch_time_parse(state->format, s, &t)) {
            done = orch_conversion_fail(c, row, "timestamp", s, "not a timestamp: ", "");
        } else if (t.has_offset) {
            int64_t utc = local_seconds(&t, &memory) - t.offset;
            state->previous = values[row] = utc * ORCH_SECOND_US + t.microsecond;
        } else if (state->zone == NULL) {
            done = orch_conversion_fail(c, row, "timestamp", s, "no offset in ",
                                        ": name a zone, :timestamp(\"iso\", \"Europe/Paris\")");
        } else {
            reason = place_in_zone(state, &t, local_seconds(&t, &memory), &span, &values[row]);
            if (reason == NULL)
                state->previous = values[row];
            else
                done = refuse_timestamp(c, row, s, reason);
        }
        if (!done)
            return ORCH_ENOMEM;
    }
    return ORCH_OK;
}

static orch_status timestamp_eval(const struct orch_expr *e, struct orch_eval *ev,
                                  const struct orch_vector *args, struct orch_vector *out)
{
    struct orch_conversion c;

    if (args[0].type == ORCH_TYPE_TIMESTAMP) {
        *out = args[0];
        return ORCH_OK;
    }
    int64_t *values = orch_conversion_begin(&c, e, ev, args, out);
    if (values == NULL)
        return ORCH_ENOMEM;
    if (args[0].type == ORCH_TYPE_TEXT)
        return timestamp_of_text(&c, args[0].of.text, values);
    return ORCH_OK;
}

/* ---- table -------------------------------------------------------------------------------- */

const struct orch_op orch_ops_time[] = {
    { "date", "?p",
      "Converts text by a format (default \"%Y-%m-%d\"), or a timestamp by a zone, to a date.",
      date_check, date_eval },
    { "timestamp", "?ppt",
      "Converts text by a format (default ISO 8601) and, where it has no offset, by a zone; option "
      "ambiguous.",
      timestamp_check, timestamp_eval },
    { "year", "?p", "The year of a date, or of a timestamp in a zone (default UTC).",
      orch_time_part_check, orch_time_part_eval },
    { "month", "?p", "The month, 1 to 12.", orch_time_part_check, orch_time_part_eval },
    { "day", "?p", "The day of the month, 1 to 31.", orch_time_part_check, orch_time_part_eval },
    { "hour", "?p", "The hour of a timestamp in a zone (default UTC), 0 to 23.",
      orch_time_part_check, orch_time_part_eval },
    { "minute", "?p", "The minute of a timestamp in a zone (default UTC), 0 to 59.",
      orch_time_part_check, orch_time_part_eval },
    { "weekday", "?p", "The day of the week, 1 = Monday to 7 = Sunday.", orch_time_part_check,
      orch_time_part_eval },
    { "floor", "?pp",
      "The start of the \"15 minutes\", \"1 day\" ... that a timestamp falls in, in a zone "
      "(default UTC); of a number the integer below.",
      orch_time_floor_check, orch_time_floor_eval },
    { "ceil", "", "The integer above a number.", orch_time_ceil_check, orch_time_floor_eval },
    { "shift", "vp",
      "Adds a count of \"seconds\", \"minutes\", \"hours\" or \"days\" to a timestamp, "
      "of \"days\", \"months\" or \"years\" to a date.",
      orch_time_shift_check, orch_time_shift_eval },
    { "minutes_between", "v", "Minutes from this timestamp to another one.",
      orch_time_between_check, orch_time_between_eval },
    { "seconds_between", "v", "Seconds from this timestamp to another one.",
      orch_time_between_check, orch_time_between_eval },
    { "format_time", "p?p", "Writes a date, or a timestamp in a zone (default UTC), by a format.",
      orch_time_text_check, orch_time_text_eval },
    { 0 }
};
