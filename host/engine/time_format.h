/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled patterns of dates and times.
 *
 * A pattern is text with letters behind '%':
 *   %Y year, four digits      %m month     %d day          %j day of the year, three digits
 *   %y year, two digits: 69 to 99 mean 1969 to 1999, 00 to 68 mean 2000 to 2068 (POSIX)
 *   %b %B name of a month, French or English, whole or short, accents and final dot optional
 *   %H hour    %M minute    %S second    %f fraction of a second, one to nine digits
 *   %z offset from UTC: Z, +01, +0100, +01:00    %% the sign itself
 * A blank stands for one or more blanks; every other byte stands for itself. Day, month and hour
 * may lack their leading zero where no digit stands beside them, unless the pattern begins with
 * the year. What a pattern leaves out is its least: "%m/%Y" gives the first day of the month.
 *
 * Words: "iso", "dd/mm/yyyy", "dd/mm/yy", "yyyymmdd", "yyyy-mm-dd". */
#ifndef ORCH_ENGINE_TIME_FORMAT_H
#define ORCH_ENGINE_TIME_FORMAT_H

#include "base/arena.h"

/* A date and a time of day as written; the parser gives valid ones only: years 1 to 9999, days
 * that exist, no leap seconds. 24:00:00 is the end of its day. */
struct orch_time_fields {
    int year;
    int month;
    int day;
    int hour;
    int minute;
    int second;
    int microsecond;
    bool has_offset;
    int offset; /* seconds east of UTC */
};

enum orch_time_use {
    ORCH_TIME_READ_DATE,      /* "iso" is YYYY-MM-DD */
    ORCH_TIME_READ_TIMESTAMP, /* "iso" is YYYY-MM-DDTHH:MM[:SS[.f]][offset], the T may be a blank */
    ORCH_TIME_WRITE           /* names of months have no language here: %b %B are refused */
};

struct orch_time_format;

/* Compiles a pattern into the arena. ORCH_ECONFIG says what is wrong with it. */
orch_status orch_time_format_new(struct orch_arena *a, struct orch_str pattern,
                                 enum orch_time_use use, struct orch_time_format **out,
                                 orch_error *err);
/* Does every text of the format carry an offset (%z), may some (iso)? */
bool orch_time_format_has_offset(const struct orch_time_format *f);
bool orch_time_format_may_have_offset(const struct orch_time_format *f);

/* False unless the whole of s, trimmed by the caller, is a possible date by the format. */
bool orch_time_parse(const struct orch_time_format *f, struct orch_str s,
                     struct orch_time_fields *out);

/* Bytes that orch_time_write may need. */
size_t orch_time_width(const struct orch_time_format *f);
/* Writes the fields, whose year may be any; returns the length. */
size_t orch_time_write(const struct orch_time_format *f, const struct orch_time_fields *t,
                       int64_t year, char *out);

/* ---- for the two files of the format only ------------------------------------------------- */

enum { ORCH_TIME_ITEMS = 48 };

enum orch_time_item_kind {
    ORCH_TIME_LITERAL,
    ORCH_TIME_BLANK,
    ORCH_TIME_YEAR,
    ORCH_TIME_YEAR2,
    ORCH_TIME_MONTH,
    ORCH_TIME_DAY,
    ORCH_TIME_YEAR_DAY,
    ORCH_TIME_NAME,
    ORCH_TIME_HOUR,
    ORCH_TIME_MINUTE,
    ORCH_TIME_SECOND,
    ORCH_TIME_FRACTION,
    ORCH_TIME_OFFSET
};

struct orch_time_item {
    enum orch_time_item_kind kind;
    char byte;    /* of a literal */
    bool padded;  /* the leading zero must be there */
};

struct orch_time_literal {
    uint8_t at;
    char byte;
};

struct orch_time_format {
    bool iso; /* the timestamp grammar: the items are for writing only */
    size_t n;
    struct orch_time_item items[ORCH_TIME_ITEMS];
    uint32_t seen; /* bit per kind */
    /* Where all is digits at fixed places: the length of the text and where each field stands,
     * -1 when it does not. `width` 0: no such layout. */
    uint8_t width;
    int8_t year_at, month_at, day_at, hour_at, minute_at, second_at;
    uint8_t n_literals;
    struct orch_time_literal literals[ORCH_TIME_ITEMS];
};

/* Bytes of the blank at s: U+0020, tab, U+00A0, U+202F; 0 if none stands there. */
size_t orch_time_blank(const char *s, size_t len);

static inline bool orch_time_format_sees(const struct orch_time_format *f,
                                         enum orch_time_item_kind kind)
{
    return (f->seen >> kind & 1) != 0;
}

#endif
