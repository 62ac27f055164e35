/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

#define US_PER_SECOND 1000000
#define US_PER_DAY (86400ll * US_PER_SECOND)

/* ---- calendar ------------------------------------------------------------------------------ */

/* An era is 400 years, after which the calendar repeats. A year is taken from March to February,
 * so that the leap day is its last; day 0 of era 0 is 0000-03-01. */
#define DAYS_PER_ERA 146097
#define DAYS_BEFORE_1970 719468 /* from 0000-03-01 */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int64_t orch_days_from_civil(int64_t year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = floor_div(y, 400);
    int64_t year_of_era = y - era * 400;
    int months = month > 2 ? month - 3 : month + 9;
    int64_t day_of_year = (153 * months + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - DAYS_BEFORE_1970;
}

void orch_civil_from_days(int64_t days, int64_t *year, int *month, int *day)
{
    /* The shift to March 0000 is made in parts: no value of `days` overflows. */
    int64_t era = floor_div(days, DAYS_PER_ERA);
    int64_t day_of_era = days % DAYS_PER_ERA;
    if (day_of_era < 0)
        day_of_era += DAYS_PER_ERA;
    day_of_era += DAYS_BEFORE_1970 % DAYS_PER_ERA;
    era += DAYS_BEFORE_1970 / DAYS_PER_ERA;
    if (day_of_era >= DAYS_PER_ERA) {
        day_of_era -= DAYS_PER_ERA;
        era++;
    }
    int64_t leap_days = day_of_era / 1460 - day_of_era / 36524 + day_of_era / 146096;
    int64_t year_of_era = (day_of_era - leap_days) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int months = (int)((5 * day_of_year + 2) / 153);
    *day = (int)(day_of_year - (153 * months + 2) / 5 + 1);
    *month = months < 10 ? months + 3 : months - 9;
    *year = year_of_era + era * 400 + (*month <= 2);
}

/* ---- text ---------------------------------------------------------------------------------- */

static char *put_digits(char *p, uint64_t value, int digits)
{
    for (int i = digits - 1; i >= 0; i--) {
        p[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return p + digits;
}

/* Four digits; years outside 0000 to 9999 with their sign and as many as they need. */
static char *put_year(char *p, int64_t year)
{
    uint64_t value = year < 0 ? (uint64_t)-year : (uint64_t)year;
    if (year < 0 || year > 9999)
        *p++ = year < 0 ? '-' : '+';
    int digits = 4;
    for (uint64_t rest = value / 10000; rest > 0; rest /= 10)
        digits++;
    return put_digits(p, value, digits);
}

static char *put_date(char *p, int64_t days)
{
    int64_t year;
    int month, day;
    orch_civil_from_days(days, &year, &month, &day);
    p = put_year(p, year);
    *p++ = '-';
    p = put_digits(p, (uint64_t)month, 2);
    *p++ = '-';
    return put_digits(p, (uint64_t)day, 2);
}

size_t orch_format_date(int64_t days, char out[16])
{
    if (days < INT32_MIN || days > INT32_MAX) { /* no date32: its year would not fit */
        memcpy(out, "out of range", 13);
        return 12;
    }
    char *end = put_date(out, days);
    *end = '\0';
    return (size_t)(end - out);
}

size_t orch_format_timestamp(int64_t us, char out[40])
{
    int64_t days = floor_div(us, US_PER_DAY);
    uint64_t in_day = (uint64_t)us - (uint64_t)days * (uint64_t)US_PER_DAY;
    uint64_t seconds = in_day / US_PER_SECOND, fraction = in_day % US_PER_SECOND;

    char *p = put_date(out, days);
    *p++ = 'T';
    p = put_digits(p, seconds / 3600, 2);
    *p++ = ':';
    p = put_digits(p, seconds / 60 % 60, 2);
    *p++ = ':';
    p = put_digits(p, seconds % 60, 2);
    if (fraction > 0) {
        *p++ = '.';
        p = put_digits(p, fraction, 6);
    }
    *p++ = 'Z';
    *p = '\0';
    return (size_t)(p - out);
}

/* ---- clocks -------------------------------------------------------------------------------- */

static bool take_number(const char **p, int digits, int least, int most, int *out)
{
    int value = 0;
    for (int i = 0; i < digits; i++, (*p)++) {
        if (**p < '0' || **p > '9')
            return false;
        value = value * 10 + (**p - '0');
    }
    *out = value;
    return value >= least && value <= most;
}

static bool take_char(const char **p, char c)
{
    return **p == c && *(*p)++;
}

/* Up to six digits behind a point. */
static bool take_fraction(const char **p, int *us)
{
    int unit = US_PER_SECOND;
    *us = 0;
    if (!take_char(p, '.'))
        return true;
    for (; **p >= '0' && **p <= '9' && unit > 1; (*p)++) {
        unit /= 10;
        *us += (**p - '0') * unit;
    }
    return unit < US_PER_SECOND;
}

/* "2026-11-24T15:00:00Z" */
static bool parse_instant(const char *text, int64_t *us)
{
    int year, month, day, hour, minute, second, fraction;
    const char *p = text;
    bool good = take_number(&p, 4, 0, 9999, &year) && take_char(&p, '-') &&
                take_number(&p, 2, 1, 12, &month) && take_char(&p, '-') &&
                take_number(&p, 2, 1, 31, &day) && take_char(&p, 'T') &&
                take_number(&p, 2, 0, 23, &hour) && take_char(&p, ':') &&
                take_number(&p, 2, 0, 59, &minute) && take_char(&p, ':') &&
                take_number(&p, 2, 0, 59, &second) && take_fraction(&p, &fraction) &&
                take_char(&p, 'Z') && *p == '\0';
    if (!good)
        return false;
    int64_t days = orch_days_from_civil(year, month, day), same_year;
    int same_month, same_day;
    orch_civil_from_days(days, &same_year, &same_month, &same_day);
    if (same_day != day) /* no such day in that month */
        return false;
    *us = days * US_PER_DAY + ((hour * 60 + minute) * 60ll + second) * US_PER_SECOND + fraction;
    return true;
}

static int64_t clock_us(clockid_t id)
{
    struct timespec t = { 0 };
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * US_PER_SECOND + t.tv_nsec / 1000;
}

int64_t orch_clock_now_us(void)
{
    static atomic_flag warned = ATOMIC_FLAG_INIT;
    const char *frozen = getenv("ORCHESTRA_NOW");
    int64_t us;

    if (!frozen || !*frozen)
        return clock_us(CLOCK_REALTIME);
    if (parse_instant(frozen, &us))
        return us;
    if (!atomic_flag_test_and_set(&warned)) /* first: the log asks for the time */
        orch_log(ORCH_LOG_WARN, "clock.now", "ORCHESTRA_NOW", ORCH_LOG_S(frozen), "wanted",
                 ORCH_LOG_S("2026-11-24T15:00:00Z"), NULL);
    return clock_us(CLOCK_REALTIME);
}

int64_t orch_clock_monotonic_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

int64_t orch_clock_cpu_us(void)
{
    return clock_us(CLOCK_PROCESS_CPUTIME_ID);
}

int64_t orch_clock_thread_us(void)
{
    return clock_us(CLOCK_THREAD_CPUTIME_ID);
}

/* VmHWM of a status file of /proc in kB, 0 when it cannot be read. getrusage has one too, but
 * its maximum is inherited from before exec. */
static int64_t high_water_kib(const char *path)
{
    static const char key[] = "VmHWM:";
    char text[4096];
    ssize_t n = -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        n = read(fd, text, sizeof text - 1);
        close(fd);
    }
    text[n > 0 ? n : 0] = '\0';
    const char *line = strstr(text, key);
    return line ? strtoll(line + sizeof key - 1, NULL, 10) : 0;
}

int64_t orch_clock_peak_bytes(void)
{
    int64_t kib = high_water_kib("/proc/self/status");
    struct rusage usage;
    if (kib <= 0 && getrusage(RUSAGE_SELF, &usage) == 0)
        kib = usage.ru_maxrss;
    return kib * 1024;
}

void orch_clock_of_process(int pid, int64_t *cpu_us, int64_t *peak_bytes)
{
    char path[48];
    clockid_t clock;
    struct timespec t = { 0 };
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    *peak_bytes = high_water_kib(path) * 1024;
    if (clock_getcpuclockid(pid, &clock) == 0)
        (void)clock_gettime(clock, &t);
    *cpu_us = (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}
