/* SPDX-License-Identifier: Apache-2.0 */
#include "lite_instant.h"

#define DAYS_OF_400_YEARS 146097
#define DAYS_TO_1970 719468 /* from 0000-03-01: years that begin in March end with the leap day */
#define DAY_US 86400000000

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static void civil_of(int64_t days, int64_t *year, int *month, int *day)
{
    int64_t shifted = days + DAYS_TO_1970;
    int64_t era = floor_div(shifted, DAYS_OF_400_YEARS);
    int64_t in_era = shifted - era * DAYS_OF_400_YEARS;
    int64_t y = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int64_t in_year = in_era - (365 * y + y / 4 - y / 100);
    int64_t m = (5 * in_year + 2) / 153; /* months from March: 31 30 31 30 31 days, repeated */
    *day = (int)(in_year - (153 * m + 2) / 5) + 1;
    *month = (int)(m < 10 ? m + 3 : m - 9);
    *year = y + era * 400 + (*month <= 2);
}

static int64_t days_of(int64_t year, int month, int day)
{
    int64_t y = year - (month <= 2);
    int64_t era = floor_div(y, 400);
    int64_t of_era = y - era * 400;
    int64_t m = month > 2 ? month - 3 : month + 9;
    int64_t in_year = (153 * m + 2) / 5 + day - 1;
    return era * DAYS_OF_400_YEARS + 365 * of_era + of_era / 4 - of_era / 100 + in_year -
           DAYS_TO_1970;
}

static char *put_digits(char *out, int64_t value, int width)
{
    for (int i = width - 1; i >= 0; i--) {
        out[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return out + width;
}

size_t lite_date_write(char *out, int64_t days)
{
    int64_t year;
    int month, day;
    civil_of(days, &year, &month, &day);
    if (year < 0 || year > 9999)
        return 0;
    out = put_digits(out, year, 4);
    *out++ = '-';
    out = put_digits(out, month, 2);
    *out++ = '-';
    put_digits(out, day, 2);
    return LITE_DATE_LEN;
}

static char *put_fraction(char *p, int64_t us, enum lite_fraction fraction)
{
    if (fraction == LITE_SHORTEST && us == 0)
        return p;
    *p++ = '.';
    bool fine = fraction == LITE_SHORTEST && us % 1000 != 0;
    return put_digits(p, fine ? us : us / 1000, fine ? 6 : 3);
}

size_t lite_instant_write(char *out, int64_t microseconds, enum lite_fraction fraction)
{
    int64_t days = floor_div(microseconds, DAY_US);
    if (lite_date_write(out, days) == 0)
        return 0;
    int64_t in_day = microseconds - days * DAY_US;
    int64_t seconds = in_day / 1000000;
    char *p = out + LITE_DATE_LEN;
    *p++ = 'T';
    p = put_digits(p, seconds / 3600, 2);
    *p++ = ':';
    p = put_digits(p, seconds / 60 % 60, 2);
    *p++ = ':';
    p = put_digits(p, seconds % 60, 2);
    p = put_fraction(p, in_day % 1000000, fraction);
    *p++ = 'Z';
    return (size_t)(p - out);
}

/* ---- reading ------------------------------------------------------------------------------- */

static bool digits_at(const char *text, int n, int64_t *out)
{
    int64_t value = 0;
    for (int i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (text[i] - '0');
    }
    *out = value;
    return true;
}

bool lite_date_parse(const char *text, size_t len, int32_t *days)
{
    static const int lengths[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int64_t year, month, day;
    if (len != LITE_DATE_LEN || text[4] != '-' || text[7] != '-' ||
        !digits_at(text, 4, &year) || !digits_at(text + 5, 2, &month) ||
        !digits_at(text + 8, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > lengths[month - 1])
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (month == 2 && day == 29 && !leap)
        return false;
    *days = (int32_t)days_of(year, (int)month, (int)day);
    return true;
}

/* ".25" at text[*at]: moves past it. */
static bool fraction_parse(const char *text, size_t len, size_t *at, int64_t *us)
{
    *us = 0;
    if (*at >= len || text[*at] != '.')
        return true;
    int64_t scale = 100000;
    size_t start = ++*at;
    for (; *at < len && text[*at] >= '0' && text[*at] <= '9'; scale /= 10)
        *us += (text[(*at)++] - '0') * scale;
    return *at > start && *at - start <= 9;
}

static bool zone_parse(const char *text, size_t len, int64_t *minutes)
{
    int64_t hours, rest;
    *minutes = 0;
    if (len == 1)
        return text[0] == 'Z';
    if (len != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':' ||
        !digits_at(text + 1, 2, &hours) || !digits_at(text + 4, 2, &rest) || hours > 14 ||
        rest > 59)
        return false;
    *minutes = (hours * 60 + rest) * (text[0] == '-' ? -1 : 1);
    return true;
}

bool lite_instant_parse(const char *text, size_t len, int64_t *microseconds)
{
    int32_t days;
    int64_t hour, minute, second, us, zone;
    size_t at = 19;
    if (len < 20 || !lite_date_parse(text, LITE_DATE_LEN, &days) ||
        (text[10] != 'T' && text[10] != ' ') || text[13] != ':' || text[16] != ':' ||
        !digits_at(text + 11, 2, &hour) || !digits_at(text + 14, 2, &minute) ||
        !digits_at(text + 17, 2, &second) || hour > 23 || minute > 59 || second > 59)
        return false;
    if (!fraction_parse(text, len, &at, &us) || !zone_parse(text + at, len - at, &zone))
        return false;
    int64_t seconds = (int64_t)days * 86400 + hour * 3600 + minute * 60 + second - zone * 60;
    *microseconds = seconds * 1000000 + us;
    return true;
}
