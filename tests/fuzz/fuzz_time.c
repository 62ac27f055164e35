/* SPDX-License-Identifier: Apache-2.0 */
/* Dates, timestamps, patterns and zone files. The first byte chooses: a known pattern and a text; a
 * pattern out of the input (up to a line feed) and a text; or a zone file. Checked: what is read
 * is a possible date, and written and read again it is the same. */
#include <stdlib.h>

#include "engine/time_format.h"
#include "engine/zone.h"
#include "orch/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const patterns[] = {
    "iso", "yyyy-mm-dd", "dd/mm/yyyy", "dd/mm/yy", "yyyymmdd", "%d/%m/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S", "%Y%m%d%H%M%S", "%d %B %Y", "%b-%y", "%Y%j", "%Y-%m-%dT%H:%M:%S.%f%z",
};

enum { PATTERNS = sizeof patterns / sizeof patterns[0] };

static void check_possible(const struct orch_time_fields *t)
{
    if (t->year < 1 || t->year > 9999 || t->month < 1 || t->month > 12 || t->day < 1 ||
        t->day > 31 || t->hour < 0 || t->hour > 24 || t->minute < 0 || t->minute > 59 ||
        t->second < 0 || t->second > 59 || t->microsecond < 0 || t->microsecond > 999999)
        abort();
    if (t->has_offset && (t->offset < -64800 || t->offset > 64800))
        abort();
}

static bool same(const struct orch_time_fields *a, const struct orch_time_fields *b)
{
    return a->year == b->year && a->month == b->month && a->day == b->day && a->hour == b->hour &&
           a->minute == b->minute && a->second == b->second && a->offset == b->offset;
}

static void check_text(struct orch_arena *a, struct orch_str pattern, enum orch_time_use use,
                       struct orch_str text)
{
    struct orch_time_format *f = NULL, *writer = NULL;
    struct orch_time_fields t, again;
    orch_error err = ORCH_ERROR_INIT;

    if (orch_time_format_new(a, pattern, use, &f, &err) != ORCH_OK ||
        !orch_time_parse(f, text, &t))
        return;
    check_possible(&t);
    if (orch_time_format_new(a, pattern, ORCH_TIME_WRITE, &writer, &err) != ORCH_OK)
        return;
    char *out = malloc(orch_time_width(writer));
    if (out == NULL)
        return;
    size_t len = orch_time_write(writer, &t, t.year, out);
    if (len > orch_time_width(writer))
        abort();
    if (use == ORCH_TIME_READ_TIMESTAMP &&
        (!orch_time_parse(f, orch_str_trim((struct orch_str){ out, len }), &again) ||
         !same(&t, &again)))
        abort();
    free(out);
}

static void check_zone(struct orch_str file)
{
    struct orch_zone z = { .repeat_from = INT64_MAX };
    struct orch_zone_span span = { 0 };
    int64_t utc[2];

    if (orch_zone_decode(&z, file) == ORCH_OK) {
        for (int64_t at = -4000000000; at < 40000000000; at += 777777777) {
            int32_t offset = orch_zone_offset_at(&z, at, &span);
            int found = orch_zone_to_utc(&z, at + offset, &span, utc);
            if (found < 1 || (utc[0] > at && found == 1))
                abort();
        }
    }
    free(z.transitions);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct orch_arena a = { 0 };

    if (size < 1)
        return 0;
    struct orch_str rest = { (const char *)data + 1, size - 1 };
    enum orch_time_use use = (data[0] & 1) != 0 ? ORCH_TIME_READ_DATE : ORCH_TIME_READ_TIMESTAMP;
    unsigned choice = data[0] >> 1;
    if (choice == 127) {
        check_zone(rest);
    } else if (choice < PATTERNS) {
        check_text(&a, orch_str_from(patterns[choice]), use, rest);
    } else if (rest.len > 0) {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        size_t n = end != NULL ? (size_t)(end - rest.ptr) : rest.len;
        size_t skipped = end != NULL ? n + 1 : n;
        check_text(&a, (struct orch_str){ rest.ptr, n }, use,
                   (struct orch_str){ rest.ptr + skipped, rest.len - skipped });
    }
    orch_arena_release(&a);
    return 0;
}
