/* SPDX-License-Identifier: Apache-2.0 */
/* Reads TZif (RFC 8536): the header, the 64-bit table of version 2 and later, and the POSIX rule
 * behind it. Every count is checked against the bytes that are there. */
#include "engine/zone.h"

#include "base/clock.h"

enum { HEADER_BYTES = 44, TYPES = 256, DAY = 86400, RULE_YEARS = 402 };

static const int64_t far_past = -(INT64_C(1) << 59); /* marks "since ever" in files */
static const int64_t far_future = INT64_C(1) << 55;

/* ---- the table ---------------------------------------------------------------------------- */

struct block {
    uint32_t isutcnt, isstdcnt, leapcnt, timecnt, typecnt, charcnt;
    const uint8_t *data;
    size_t bytes;
    size_t time_size;
};

static uint32_t big32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t big_time(const uint8_t *p, size_t size)
{
    if (size == 4)
        return (int32_t)big32(p);
    return (int64_t)((uint64_t)big32(p) << 32 | big32(p + 4));
}

/* The header and block at *rest, which moves behind them. */
static bool take_block(struct orch_str *rest, size_t time_size, struct block *b, uint8_t *version)
{
    const uint8_t *p = (const uint8_t *)rest->ptr;

    if (rest->len < HEADER_BYTES || memcmp(p, "TZif", 4) != 0)
        return false;
    *version = p[4];
    *b = (struct block){ big32(p + 20), big32(p + 24), big32(p + 28),        big32(p + 32),
                         big32(p + 36), big32(p + 40), p + HEADER_BYTES, 0, time_size };
    if (b->timecnt > ORCH_ZONE_TRANSITIONS || b->typecnt > TYPES || b->charcnt > 4096 ||
        b->leapcnt > 1024 || b->isstdcnt > TYPES || b->isutcnt > TYPES)
        return false;
    b->bytes = b->timecnt * (time_size + 1) + b->typecnt * 6 + b->charcnt +
               b->leapcnt * (time_size + 4) + b->isstdcnt + b->isutcnt;
    if (rest->len - HEADER_BYTES < b->bytes)
        return false;
    rest->ptr += HEADER_BYTES + b->bytes;
    rest->len -= HEADER_BYTES + b->bytes;
    return true;
}

static bool type_offset(const struct block *b, size_t type, int32_t *offset)
{
    const uint8_t *types = b->data + b->timecnt * (b->time_size + 1);

    if (type >= b->typecnt)
        return false;
    *offset = (int32_t)big32(types + type * 6);
    return *offset > -ORCH_ZONE_OFFSET_LIMIT && *offset < ORCH_ZONE_OFFSET_LIMIT;
}

/* Leap seconds would make instants mean something else: such zones ("right/...") are refused. */
static orch_status read_table(struct orch_zone *z, const struct block *b)
{
    const uint8_t *types = b->data + b->timecnt * b->time_size;
    int64_t last = INT64_MIN;

    if (b->typecnt == 0 || b->leapcnt != 0 || !type_offset(b, 0, &z->first_offset))
        return ORCH_EDATA;
    for (size_t i = 0; i < b->timecnt; i++) {
        int64_t at = big_time(b->data + i * b->time_size, b->time_size);
        int32_t offset = 0;
        if ((i > 0 && at <= last) || at > far_future || !type_offset(b, types[i], &offset))
            return ORCH_EDATA;
        last = at;
        orch_status st = orch_zone_add(z, at < far_past ? far_past : at, offset);
        if (st != ORCH_OK)
            return st;
    }
    return ORCH_OK;
}

orch_status orch_zone_decode(struct orch_zone *z, struct orch_str file)
{
    struct orch_str rest = file;
    struct block b;
    uint8_t version = 0;

    if (!take_block(&rest, 4, &b, &version))
        return ORCH_EDATA;
    if (version == 0)
        return read_table(z, &b);
    if (!take_block(&rest, 8, &b, &version))
        return ORCH_EDATA;
    orch_status st = read_table(z, &b);
    if (st != ORCH_OK)
        return st;
    if (rest.len < 2 || rest.ptr[0] != '\n' || rest.ptr[rest.len - 1] != '\n')
        return ORCH_EDATA;
    return orch_zone_extend(z, (struct orch_str){ rest.ptr + 1, rest.len - 2 });
}

/* ---- the rule ----------------------------------------------------------------------------- */

struct change {
    char form; /* 'M' month.week.day, 'J' day 1 to 365 without 29 February, 'n' day 0 to 365 */
    int month, week, day;
    int time; /* seconds from midnight, may be beyond the day */
};

struct rule {
    int32_t standard, summer;
    bool has_summer;
    struct change start, end;
};

static bool take(struct orch_str *s, char c)
{
    if (s->len == 0 || s->ptr[0] != c)
        return false;
    s->ptr++;
    s->len--;
    return true;
}

static bool take_int(struct orch_str *s, int most, int *out)
{
    int value = 0;
    size_t n = 0;

    while (n < s->len && n < 3 && s->ptr[n] >= '0' && s->ptr[n] <= '9')
        value = value * 10 + (s->ptr[n++] - '0');
    s->ptr += n;
    s->len -= n;
    *out = value;
    return n > 0 && value <= most;
}

/* "CET" or "<+0330>" */
static bool take_label(struct orch_str *s)
{
    bool angle = take(s, '<');
    size_t n = 0;

    while (n < s->len) {
        char c = s->ptr[n];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool sign = (c >= '0' && c <= '9') || c == '+' || c == '-';
        if (!letter && !(angle && sign))
            break;
        n++;
    }
    s->ptr += n;
    s->len -= n;
    return n >= 3 && (!angle || take(s, '>'));
}

/* [+-]hh[:mm[:ss]] */
static bool take_time(struct orch_str *s, int most_hours, int *seconds)
{
    int h = 0, m = 0, sec = 0;
    bool negative = take(s, '-');

    if (!negative)
        take(s, '+');
    if (!take_int(s, most_hours, &h))
        return false;
    if (take(s, ':') && (!take_int(s, 59, &m) || (take(s, ':') && !take_int(s, 59, &sec))))
        return false;
    *seconds = h * 3600 + m * 60 + sec;
    if (negative)
        *seconds = -*seconds;
    return true;
}

static bool take_change(struct orch_str *s, struct change *c)
{
    bool ok = false;

    c->time = 2 * 3600;
    if (take(s, 'M')) {
        c->form = 'M';
        ok = take_int(s, 12, &c->month) && take(s, '.') && take_int(s, 5, &c->week) &&
             take(s, '.') && take_int(s, 6, &c->day) && c->month >= 1 && c->week >= 1;
    } else if (take(s, 'J')) {
        c->form = 'J';
        ok = take_int(s, 365, &c->day) && c->day >= 1;
    } else {
        c->form = 'n';
        ok = take_int(s, 365, &c->day);
    }
    return ok && (!take(s, '/') || take_time(s, 167, &c->time));
}

static bool parse_rule(struct orch_str s, struct rule *r)
{
    int west = 0;

    *r = (struct rule){ 0 };
    if (!take_label(&s) || !take_time(&s, 24, &west))
        return false;
    r->standard = -west;
    if (s.len == 0)
        return true;
    r->has_summer = true;
    r->summer = r->standard + 3600;
    if (!take_label(&s))
        return false;
    if (s.len > 0 && s.ptr[0] != ',') {
        if (!take_time(&s, 24, &west))
            return false;
        r->summer = -west;
    }
    return take(&s, ',') && take_change(&s, &r->start) && take(&s, ',') &&
           take_change(&s, &r->end) && s.len == 0;
}

/* The day of the change in a year, as days since 1970. */
static int64_t change_day(const struct change *c, int64_t year)
{
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    int64_t january = orch_days_from_civil(year, 1, 1);

    if (c->form == 'J')
        return january + c->day - 1 + (leap && c->day >= 60);
    if (c->form == 'n')
        return january + c->day;
    int64_t first = orch_days_from_civil(year, c->month, 1);
    int64_t next = c->month == 12 ? orch_days_from_civil(year + 1, 1, 1)
                                  : orch_days_from_civil(year, c->month + 1, 1);
    int64_t weekday = ((first + 4) % 7 + 7) % 7; /* 0 = Sunday */
    int64_t day = first + (c->day - weekday + 7) % 7 + 7 * (c->week - 1);
    return day >= next ? day - 7 : day;
}

/* Both changes of a year in their order, those of the table left out. */
static orch_status add_year(struct orch_zone *z, const struct rule *r, int64_t year, int64_t after)
{
    struct orch_zone_transition two[2] = {
        { change_day(&r->start, year) * DAY + r->start.time - r->standard, r->summer },
        { change_day(&r->end, year) * DAY + r->end.time - r->summer, r->standard },
    };
    size_t first = two[0].at > two[1].at;
    orch_status st = ORCH_OK;

    for (size_t i = 0; i < 2 && st == ORCH_OK; i++) {
        const struct orch_zone_transition *t = &two[i == 0 ? first : !first];
        if (t->at > after)
            st = orch_zone_add(z, t->at, t->offset);
    }
    return st;
}

orch_status orch_zone_extend(struct orch_zone *z, struct orch_str rule)
{
    struct rule r;
    int64_t year = 1970;
    int64_t after = z->n > 0 ? z->transitions[z->n - 1].at : INT64_MIN;
    int month = 0, day = 0;
    orch_status st = ORCH_OK;

    if (rule.len == 0)
        return ORCH_OK;
    if (!parse_rule(rule, &r))
        return ORCH_EDATA;
    if (!r.has_summer) {
        int32_t last = z->n > 0 ? z->transitions[z->n - 1].offset : z->first_offset;
        return last == r.standard ? ORCH_OK : ORCH_EDATA;
    }
    if (z->n > 0 && after > far_past)
        orch_civil_from_days(after / DAY, &year, &month, &day);
    for (int64_t y = year; y <= year + RULE_YEARS && st == ORCH_OK; y++)
        st = add_year(z, &r, y, after);
    /* the year before the first repeated one is by the rule already */
    z->repeat_from = orch_days_from_civil(year + 2, 1, 1) * DAY;
    return st;
}
