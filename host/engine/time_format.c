/* SPDX-License-Identifier: Apache-2.0 */
/* Compiles patterns, and writes by them; time_parse.c reads by them. */
#include "engine/time_format.h"

#include <stdio.h>

#include "orch/error.h"

static const struct letter {
    char letter;
    enum orch_time_item_kind kind;
    uint8_t width;
} letters[] = {
    { 'Y', ORCH_TIME_YEAR, 4 },   { 'y', ORCH_TIME_YEAR2, 2 },    { 'm', ORCH_TIME_MONTH, 2 },
    { 'd', ORCH_TIME_DAY, 2 },    { 'j', ORCH_TIME_YEAR_DAY, 3 }, { 'b', ORCH_TIME_NAME, 0 },
    { 'B', ORCH_TIME_NAME, 0 },   { 'H', ORCH_TIME_HOUR, 2 },     { 'M', ORCH_TIME_MINUTE, 2 },
    { 'S', ORCH_TIME_SECOND, 2 }, { 'f', ORCH_TIME_FRACTION, 0 }, { 'z', ORCH_TIME_OFFSET, 0 },
};

static const struct word {
    const char *word;
    const char *pattern;
} words[] = {
    { "yyyy-mm-dd", "%Y-%m-%d" },
    { "dd/mm/yyyy", "%d/%m/%Y" },
    { "dd/mm/yy", "%d/%m/%y" },
    { "yyyymmdd", "%Y%m%d" },
};

enum { LETTERS = sizeof letters / sizeof letters[0], WORDS = sizeof words / sizeof words[0] };

static bool sees(const struct orch_time_format *f, enum orch_time_item_kind kind)
{
    return orch_time_format_sees(f, kind);
}

/* ---- items -------------------------------------------------------------------------------- */

static const struct letter *find_letter(char c)
{
    for (size_t i = 0; i < LETTERS; i++) {
        if (letters[i].letter == c)
            return &letters[i];
    }
    return NULL;
}

static orch_status add_item(struct orch_time_format *f, enum orch_time_item_kind kind, char byte,
                            orch_error *err)
{
    if (f->n == ORCH_TIME_ITEMS)
        return orch_error_set(err, ORCH_ECONFIG, "the format has more than %d parts",
                              ORCH_TIME_ITEMS);
    if (kind == ORCH_TIME_BLANK && f->n > 0 && f->items[f->n - 1].kind == ORCH_TIME_BLANK)
        return ORCH_OK;
    f->items[f->n++] = (struct orch_time_item){ kind, byte, true };
    return ORCH_OK;
}

static orch_status add_letter(struct orch_time_format *f, char c, orch_error *err)
{
    const struct letter *letter = find_letter(c);

    if (c == '%')
        return add_item(f, ORCH_TIME_LITERAL, '%', err);
    if (letter == NULL) {
        bool printable = c > ' ' && c < 0x7F;
        orch_error_set(err, ORCH_ECONFIG, "the format has no letter %%%c", printable ? c : '?');
        orch_error_hint(err, "letters are %%Y %%y %%m %%d %%j %%b %%B %%H %%M %%S %%f %%z");
        return ORCH_ECONFIG;
    }
    if (sees(f, letter->kind))
        return orch_error_set(err, ORCH_ECONFIG, "the format says %%%c twice", c);
    f->seen |= 1u << letter->kind;
    return add_item(f, letter->kind, 0, err);
}

static orch_status add_pattern(struct orch_time_format *f, struct orch_str p, orch_error *err)
{
    orch_status st = ORCH_OK;

    for (size_t i = 0; i < p.len && st == ORCH_OK;) {
        size_t blank = orch_time_blank(p.ptr + i, p.len - i);
        if (blank > 0) {
            st = add_item(f, ORCH_TIME_BLANK, ' ', err);
            i += blank;
        } else if (p.ptr[i] == '%') {
            st = add_letter(f, i + 1 < p.len ? p.ptr[i + 1] : 0, err);
            i += 2;
        } else {
            st = add_item(f, ORCH_TIME_LITERAL, p.ptr[i++], err);
        }
    }
    return st;
}

/* ---- what the parts need of each other ---------------------------------------------------- */

static bool is_number(const struct orch_time_format *f, size_t i)
{
    enum orch_time_item_kind kind = f->items[i].kind;

    if (kind == ORCH_TIME_LITERAL)
        return f->items[i].byte >= '0' && f->items[i].byte <= '9';
    return kind != ORCH_TIME_BLANK && kind != ORCH_TIME_NAME && kind != ORCH_TIME_OFFSET;
}

/* Nothing says where a fraction ends before digits. */
static bool has_endless_fraction(const struct orch_time_format *f)
{
    for (size_t i = 0; i + 1 < f->n; i++) {
        if (f->items[i].kind == ORCH_TIME_FRACTION && is_number(f, i + 1))
            return true;
    }
    return false;
}

static orch_status check_reading(const struct orch_time_format *f, orch_error *err)
{
    bool month = sees(f, ORCH_TIME_MONTH) || sees(f, ORCH_TIME_NAME);
    const char *missing = NULL;

    if (!sees(f, ORCH_TIME_YEAR) && !sees(f, ORCH_TIME_YEAR2))
        missing = "has no year (%Y or %y)";
    else if (sees(f, ORCH_TIME_YEAR) && sees(f, ORCH_TIME_YEAR2))
        missing = "has two years (%Y and %y)";
    else if (sees(f, ORCH_TIME_MONTH) && sees(f, ORCH_TIME_NAME))
        missing = "has two months (%m and %b)";
    else if (sees(f, ORCH_TIME_YEAR_DAY) && (month || sees(f, ORCH_TIME_DAY)))
        missing = "has %j beside month or day";
    else if (sees(f, ORCH_TIME_DAY) && !month)
        missing = "has a day but no month (%m or %b)";
    else if (sees(f, ORCH_TIME_HOUR) && !sees(f, ORCH_TIME_DAY) && !sees(f, ORCH_TIME_YEAR_DAY))
        missing = "has an hour but no day (%d or %j)";
    else if (sees(f, ORCH_TIME_MINUTE) && !sees(f, ORCH_TIME_HOUR))
        missing = "has minutes but no hour (%H)";
    else if (sees(f, ORCH_TIME_SECOND) && !sees(f, ORCH_TIME_MINUTE))
        missing = "has seconds but no minutes (%M)";
    else if (sees(f, ORCH_TIME_FRACTION) && !sees(f, ORCH_TIME_SECOND))
        missing = "has a fraction but no seconds (%S)";
    else if (has_endless_fraction(f))
        missing = "has digits behind the fraction (%f)";
    return missing == NULL ? ORCH_OK : orch_error_set(err, ORCH_ECONFIG, "the format %s", missing);
}

static orch_status check_writing(const struct orch_time_format *f, orch_error *err)
{
    if (!sees(f, ORCH_TIME_NAME))
        return ORCH_OK;
    orch_error_set(err, ORCH_ECONFIG, "the format cannot write names of months");
    orch_error_hint(err, "write the month as %%m");
    return ORCH_ECONFIG;
}

/* A leading zero may be missing where the digits end by themselves. */
static void loosen(struct orch_time_format *f)
{
    if (f->items[0].kind == ORCH_TIME_YEAR)
        return;
    for (size_t i = 0; i < f->n; i++) {
        enum orch_time_item_kind kind = f->items[i].kind;
        bool may = kind == ORCH_TIME_DAY || kind == ORCH_TIME_MONTH || kind == ORCH_TIME_HOUR;
        bool beside = (i > 0 && is_number(f, i - 1)) || (i + 1 < f->n && is_number(f, i + 1));
        f->items[i].padded = !may || beside;
    }
}

static int8_t *place_of(struct orch_time_format *f, enum orch_time_item_kind kind)
{
    switch (kind) {
    case ORCH_TIME_YEAR:
        return &f->year_at;
    case ORCH_TIME_MONTH:
        return &f->month_at;
    case ORCH_TIME_DAY:
        return &f->day_at;
    case ORCH_TIME_HOUR:
        return &f->hour_at;
    case ORCH_TIME_MINUTE:
        return &f->minute_at;
    case ORCH_TIME_SECOND:
        return &f->second_at;
    default:
        return NULL;
    }
}

/* The layout of the quick path, when the pattern has one. */
static void lay_out(struct orch_time_format *f)
{
    int at = 0;

    f->year_at = f->month_at = f->day_at = f->hour_at = f->minute_at = f->second_at = -1;
    for (size_t i = 0; i < f->n; i++) {
        int8_t *place = place_of(f, f->items[i].kind);
        if (place != NULL) {
            *place = (int8_t)at;
            at += f->items[i].kind == ORCH_TIME_YEAR ? 4 : 2;
            continue;
        }
        if (f->items[i].kind != ORCH_TIME_LITERAL && f->items[i].kind != ORCH_TIME_BLANK)
            return;
        f->literals[f->n_literals].at = (uint8_t)at++;
        f->literals[f->n_literals++].byte = f->items[i].byte;
    }
    if (f->year_at >= 0 && f->month_at >= 0 && f->day_at >= 0)
        f->width = (uint8_t)at;
}

/* ---- life --------------------------------------------------------------------------------- */

static orch_status refuse_word(struct orch_str pattern, orch_error *err)
{
    const char *names[WORDS + 1] = { "iso" };
    struct orch_text word = { .cap = 64 };
    struct orch_text quoted = { 0 };

    for (size_t i = 0; i < WORDS; i++)
        names[i + 1] = words[i].word;
    orch_text_add(&word, pattern.ptr, pattern.len);
    orch_text_quote(&quoted, pattern, 64);
    const char *nearest = orch_str_nearest(orch_text_z(&word), names, WORDS + 1);
    orch_error_set(err, ORCH_ECONFIG, "unknown format %s", orch_text_z(&quoted));
    if (nearest != NULL)
        orch_error_hint(err, "did you mean \"%s\"? Letters go behind %%: \"%%d/%%m/%%Y %%H:%%M\"",
                        nearest);
    else
        orch_error_hint(err, "letters go behind %%: \"%%d/%%m/%%Y %%H:%%M\"");
    orch_text_release(&word);
    orch_text_release(&quoted);
    return ORCH_ECONFIG;
}

static struct orch_str pattern_of_word(struct orch_str pattern, enum orch_time_use use)
{
    if (orch_str_equal(pattern, ORCH_STR("iso")))
        return use == ORCH_TIME_READ_DATE ? ORCH_STR("%Y-%m-%d")
                                          : ORCH_STR("%Y-%m-%dT%H:%M:%S%z");
    for (size_t i = 0; i < WORDS; i++) {
        if (orch_str_equal(pattern, orch_str_from(words[i].word)))
            return orch_str_from(words[i].pattern);
    }
    return pattern;
}

orch_status orch_time_format_new(struct orch_arena *a, struct orch_str pattern,
                                 enum orch_time_use use, struct orch_time_format **out,
                                 orch_error *err)
{
    struct orch_str meant = pattern_of_word(pattern, use);

    if (use != ORCH_TIME_WRITE)
        meant = orch_str_trim(meant); /* as the text will be */
    if (meant.len == 0 || memchr(meant.ptr, '%', meant.len) == NULL)
        return refuse_word(pattern, err);
    struct orch_time_format *f = orch_arena_zalloc(a, sizeof *f);
    if (f == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    orch_status st = add_pattern(f, meant, err);
    if (st != ORCH_OK)
        return st;
    f->iso = use == ORCH_TIME_READ_TIMESTAMP && orch_str_equal(pattern, ORCH_STR("iso"));
    st = use == ORCH_TIME_WRITE ? check_writing(f, err) : check_reading(f, err);
    if (st != ORCH_OK)
        return st;
    loosen(f);
    lay_out(f);
    *out = f;
    return ORCH_OK;
}

bool orch_time_format_has_offset(const struct orch_time_format *f)
{
    return !f->iso && sees(f, ORCH_TIME_OFFSET);
}

bool orch_time_format_may_have_offset(const struct orch_time_format *f)
{
    return sees(f, ORCH_TIME_OFFSET);
}

/* ---- writing ------------------------------------------------------------------------------ */

size_t orch_time_width(const struct orch_time_format *f)
{
    size_t width = 0;

    for (size_t i = 0; i < f->n; i++)
        width += f->items[i].kind <= ORCH_TIME_BLANK ? 1 : 10;
    return width + 16; /* years of 292 thousand, and the end */
}

static char *put(char *p, int value, int digits)
{
    for (int i = digits - 1; i >= 0; i--) {
        p[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return p + digits;
}

static char *put_year(char *p, int64_t year)
{
    if (year >= 0 && year <= 9999)
        return put(p, (int)year, 4);
    return p + snprintf(p, 16, "%lld", (long long)year);
}

static char *put_offset(char *p, int offset)
{
    int minutes = (offset < 0 ? -offset : offset) / 60;

    *p++ = offset < 0 ? '-' : '+';
    p = put(p, minutes / 60, 2);
    *p++ = ':';
    return put(p, minutes % 60, 2);
}

static int year_day(const struct orch_time_fields *t, int64_t year)
{
    static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return before[t->month - 1] + t->day + (leap && t->month > 2);
}

static char *put_item(char *p, const struct orch_time_item *item, const struct orch_time_fields *t,
                      int64_t year)
{
    switch (item->kind) {
    case ORCH_TIME_YEAR:
        return put_year(p, year);
    case ORCH_TIME_YEAR2:
        return put(p, (int)((year % 100 + 100) % 100), 2);
    case ORCH_TIME_MONTH:
        return put(p, t->month, 2);
    case ORCH_TIME_DAY:
        return put(p, t->day, 2);
    case ORCH_TIME_YEAR_DAY:
        return put(p, year_day(t, year), 3);
    case ORCH_TIME_HOUR:
        return put(p, t->hour, 2);
    case ORCH_TIME_MINUTE:
        return put(p, t->minute, 2);
    case ORCH_TIME_SECOND:
        return put(p, t->second, 2);
    case ORCH_TIME_FRACTION:
        return put(p, t->microsecond, 6);
    case ORCH_TIME_OFFSET:
        return put_offset(p, t->offset);
    default:
        *p = item->byte;
        return p + 1;
    }
}

size_t orch_time_write(const struct orch_time_format *f, const struct orch_time_fields *t,
                       int64_t year, char *out)
{
    char *p = out;

    for (size_t i = 0; i < f->n; i++)
        p = put_item(p, &f->items[i], t, year);
    return (size_t)(p - out);
}
