/* SPDX-License-Identifier: Apache-2.0 */
/* Reads dates and times by a compiled pattern. */
#include "engine/time_format.h"

enum { NAME_BYTES = 12, OFFSET_LIMIT = 18 * 3600 };

struct cursor {
    const char *p;
    const char *end;
};

/* ---- digits ------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
    return (unsigned char)(c - '0') <= 9;
}

/* Between least and most digits, as many as there are. */
static bool take_number(struct cursor *c, int least, int most, int *out)
{
    int value = 0;
    int n = 0;

    while (n < most && c->p < c->end && is_digit(*c->p)) {
        value = value * 10 + (*c->p++ - '0');
        n++;
    }
    *out = value;
    return n >= least;
}

static bool take_byte(struct cursor *c, char byte)
{
    if (c->p == c->end || *c->p != byte)
        return false;
    c->p++;
    return true;
}

/* Up to nine digits; what is below the microsecond is cut. */
static bool take_fraction(struct cursor *c, int *microsecond)
{
    int value = 0;
    int n = 0;

    for (; n < 9 && c->p < c->end && is_digit(*c->p); n++, c->p++) {
        if (n < 6)
            value = value * 10 + (*c->p - '0');
    }
    for (int i = n; i < 6; i++)
        value *= 10;
    *microsecond = value;
    return n > 0;
}

/* Z, +01, +0100, +01:00 */
static bool take_offset(struct cursor *c, struct orch_time_fields *t)
{
    int hours = 0;
    int minutes = 0;

    t->has_offset = true;
    t->offset = 0;
    if (take_byte(c, 'Z') || take_byte(c, 'z'))
        return true;
    bool west = take_byte(c, '-');
    if (!west && !take_byte(c, '+'))
        return false;
    if (!take_number(c, 2, 2, &hours))
        return false;
    bool colon = take_byte(c, ':');
    if ((colon || (c->p < c->end && is_digit(*c->p))) && !take_number(c, 2, 2, &minutes))
        return false;
    int offset = hours * 3600 + minutes * 60;
    t->offset = west ? -offset : offset;
    return minutes < 60 && offset <= OFFSET_LIMIT;
}

/* ---- names of months ---------------------------------------------------------------------- */

static const struct name {
    const char *name;
    int month;
} names[] = {
    { "janvier", 1 },   { "janv", 1 },     { "jan", 1 },       { "january", 1 },
    { "fevrier", 2 },   { "fevr", 2 },     { "fev", 2 },       { "february", 2 },
    { "feb", 2 },       { "mars", 3 },     { "mar", 3 },       { "march", 3 },
    { "avril", 4 },     { "avr", 4 },      { "april", 4 },     { "apr", 4 },
    { "mai", 5 },       { "may", 5 },      { "juin", 6 },      { "june", 6 },
    { "jun", 6 },       { "juillet", 7 },  { "juil", 7 },      { "july", 7 },
    { "jul", 7 },       { "aout", 8 },     { "aou", 8 },       { "august", 8 },
    { "aug", 8 },       { "septembre", 9 }, { "september", 9 }, { "sept", 9 },
    { "sep", 9 },       { "octobre", 10 }, { "october", 10 },  { "oct", 10 },
    { "novembre", 11 }, { "november", 11 }, { "nov", 11 },      { "decembre", 12 },
    { "december", 12 }, { "dec", 12 },
};

/* One letter in lower case without its accent (only those of the names); 0: no letter. */
static char take_letter(struct cursor *c)
{
    char letter = *c->p;

    if ((letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z')) {
        c->p++;
        return (char)(letter | 0x20);
    }
    if (c->end - c->p < 2 || (unsigned char)letter != 0xC3)
        return 0;
    switch ((unsigned char)c->p[1] | 0x20) {
    case 0xA9: /* e acute */
        letter = 'e';
        break;
    case 0xBB: /* u circumflex */
        letter = 'u';
        break;
    default:
        return 0;
    }
    c->p += 2;
    return letter;
}

static bool take_name(struct cursor *c, int *month)
{
    char word[NAME_BYTES];
    size_t len = 0;

    while (c->p < c->end && len < NAME_BYTES) {
        char letter = take_letter(c);
        if (letter == 0)
            break;
        word[len++] = letter;
    }
    if (c->p < c->end && *c->p == '.')
        c->p++;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strlen(names[i].name) == len && memcmp(names[i].name, word, len) == 0) {
            *month = names[i].month;
            return true;
        }
    }
    return false;
}

/* ---- possible dates ----------------------------------------------------------------------- */

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int month_days(int year, int month)
{
    static const int8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

    return days[month - 1] + (month == 2 && is_leap(year));
}

static bool is_possible(const struct orch_time_fields *t)
{
    if (t->year < 1 || t->month < 1 || t->month > 12 || t->day < 1 || t->day > 31)
        return false;
    if (t->day > 28 && t->day > month_days(t->year, t->month))
        return false;
    if (t->minute > 59 || t->second > 59 || t->hour > 24)
        return false;
    return t->hour < 24 || (t->minute == 0 && t->second == 0 && t->microsecond == 0);
}

/* Month and day of the day of a year. */
static bool set_year_day(struct orch_time_fields *t, int day)
{
    if (day < 1 || day > 365 + is_leap(t->year))
        return false;
    t->month = 1;
    while (day > month_days(t->year, t->month))
        day -= month_days(t->year, t->month++);
    t->day = day;
    return true;
}

/* ---- digits at fixed places --------------------------------------------------------------- */

static int two(const char *p, unsigned *bad)
{
    unsigned tens = (unsigned char)p[0] - (unsigned)'0';
    unsigned ones = (unsigned char)p[1] - (unsigned)'0';

    *bad |= (unsigned)(tens > 9) | (unsigned)(ones > 9);
    return (int)(tens * 10 + ones);
}

static int two_at(const char *p, int8_t at, unsigned *bad)
{
    return at < 0 ? 0 : two(p + at, bad);
}

static bool parse_fixed(const struct orch_time_format *f, const char *p,
                        struct orch_time_fields *t)
{
    unsigned bad = 0;

    for (size_t i = 0; i < f->n_literals; i++)
        bad |= (unsigned)(p[f->literals[i].at] != f->literals[i].byte);
    t->year = two(p + f->year_at, &bad) * 100 + two(p + f->year_at + 2, &bad);
    t->month = two(p + f->month_at, &bad);
    t->day = two(p + f->day_at, &bad);
    t->hour = two_at(p, f->hour_at, &bad);
    t->minute = two_at(p, f->minute_at, &bad);
    t->second = two_at(p, f->second_at, &bad);
    t->microsecond = 0;
    t->has_offset = false;
    t->offset = 0;
    return bad == 0;
}

/* ---- ISO 8601 and RFC 3339 ---------------------------------------------------------------- */

static bool parse_iso(struct orch_str s, struct orch_time_fields *t)
{
    struct cursor c = { s.ptr, s.ptr + s.len };

    *t = (struct orch_time_fields){ 0 };
    if (!take_number(&c, 4, 4, &t->year) || !take_byte(&c, '-') ||
        !take_number(&c, 2, 2, &t->month) || !take_byte(&c, '-') ||
        !take_number(&c, 2, 2, &t->day))
        return false;
    if (!take_byte(&c, 'T') && !take_byte(&c, ' ') && !take_byte(&c, 't'))
        return false;
    if (!take_number(&c, 2, 2, &t->hour) || !take_byte(&c, ':') ||
        !take_number(&c, 2, 2, &t->minute))
        return false;
    if (take_byte(&c, ':')) {
        if (!take_number(&c, 2, 2, &t->second))
            return false;
        if ((take_byte(&c, '.') || take_byte(&c, ',')) && !take_fraction(&c, &t->microsecond))
            return false;
    }
    if (c.p < c.end && !take_offset(&c, t))
        return false;
    return c.p == c.end && is_possible(t);
}

/* ---- any pattern -------------------------------------------------------------------------- */

size_t orch_time_blank(const char *s, size_t len)
{
    if (len >= 1 && (*s == ' ' || *s == '\t'))
        return 1;
    if (len >= 2 && memcmp(s, "\xC2\xA0", 2) == 0)
        return 2;
    return len >= 3 && memcmp(s, "\xE2\x80\xAF", 3) == 0 ? 3 : 0;
}

static bool take_blanks(struct cursor *c)
{
    const char *start = c->p;
    size_t n = 0;

    while ((n = orch_time_blank(c->p, (size_t)(c->end - c->p))) > 0)
        c->p += n;
    return c->p > start;
}

static bool take_item(struct cursor *c, const struct orch_time_item *item,
                      struct orch_time_fields *t, int *year_day)
{
    int least = item->padded ? 2 : 1;

    switch (item->kind) {
    case ORCH_TIME_LITERAL:
        return take_byte(c, item->byte);
    case ORCH_TIME_BLANK:
        return take_blanks(c);
    case ORCH_TIME_YEAR:
        return take_number(c, 4, 4, &t->year);
    case ORCH_TIME_YEAR2:
        if (!take_number(c, 2, 2, &t->year))
            return false;
        t->year += t->year <= 68 ? 2000 : 1900;
        return true;
    case ORCH_TIME_MONTH:
        return take_number(c, least, 2, &t->month);
    case ORCH_TIME_DAY:
        return take_number(c, least, 2, &t->day);
    case ORCH_TIME_YEAR_DAY:
        return take_number(c, 3, 3, year_day);
    case ORCH_TIME_NAME:
        return take_name(c, &t->month);
    case ORCH_TIME_HOUR:
        return take_number(c, least, 2, &t->hour);
    case ORCH_TIME_MINUTE:
        return take_number(c, least, 2, &t->minute);
    case ORCH_TIME_SECOND:
        return take_number(c, least, 2, &t->second);
    case ORCH_TIME_FRACTION:
        return take_fraction(c, &t->microsecond);
    case ORCH_TIME_OFFSET:
        return take_offset(c, t);
    }
    return false;
}

static bool parse_items(const struct orch_time_format *f, struct orch_str s,
                        struct orch_time_fields *t)
{
    struct cursor c = { s.ptr, s.ptr + s.len };
    int year_day = 0;

    *t = (struct orch_time_fields){ .month = 1, .day = 1 };
    for (size_t i = 0; i < f->n; i++) {
        if (!take_item(&c, &f->items[i], t, &year_day))
            return false;
    }
    if (c.p != c.end)
        return false;
    if (orch_time_format_sees(f, ORCH_TIME_YEAR_DAY) && !set_year_day(t, year_day))
        return false;
    return is_possible(t);
}

bool orch_time_parse(const struct orch_time_format *f, struct orch_str s,
                     struct orch_time_fields *out)
{
    if (f->iso)
        return parse_iso(s, out);
    if (f->width != 0 && s.len == f->width && parse_fixed(f, s.ptr, out))
        return is_possible(out);
    return parse_items(f, s, out);
}
