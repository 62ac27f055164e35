/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/zone.h"

#include <stdlib.h>

#include "base/file.h"
#include "orch/error.h"

#define REPEAT_SECONDS (INT64_C(146097) * 86400) /* 400 years: the calendar's period */
enum { FILE_BYTES = 256 * 1024, OFFSET_SPREAD = 2 * ORCH_ZONE_OFFSET_LIMIT };

/* What a mistyped name may have meant. */
static const char *const common[] = {
    "UTC",
    "Europe/Paris",
    "America/Guadeloupe",
    "America/Martinique",
    "America/Cayenne",
    "America/Miquelon",
    "America/Marigot",
    "America/St_Barthelemy",
    "Indian/Reunion",
    "Indian/Mayotte",
    "Indian/Kerguelen",
    "Pacific/Noumea",
    "Pacific/Tahiti",
    "Pacific/Marquesas",
    "Pacific/Gambier",
    "Pacific/Wallis",
    "Europe/Amsterdam",
    "Europe/Andorra",
    "Europe/Athens",
    "Europe/Berlin",
    "Europe/Brussels",
    "Europe/Dublin",
    "Europe/Lisbon",
    "Europe/London",
    "Europe/Luxembourg",
    "Europe/Madrid",
    "Europe/Monaco",
    "Europe/Prague",
    "Europe/Rome",
    "Europe/Vienna",
    "Europe/Warsaw",
    "Europe/Zurich",
    "Africa/Algiers",
    "Africa/Casablanca",
    "Africa/Dakar",
    "Africa/Tunis",
    "America/Montreal",
    "America/New_York",
};

enum { COMMON = sizeof common / sizeof common[0] };

/* ---- transitions -------------------------------------------------------------------------- */

orch_status orch_zone_add(struct orch_zone *z, int64_t at, int32_t offset)
{
    if (offset <= -ORCH_ZONE_OFFSET_LIMIT || offset >= ORCH_ZONE_OFFSET_LIMIT)
        return ORCH_EDATA;
    while (z->n > 0 && z->transitions[z->n - 1].at >= at)
        z->n--;
    if (z->n == z->cap) {
        size_t cap = z->cap == 0 ? 256 : z->cap * 2;
        if (cap > ORCH_ZONE_TRANSITIONS)
            return ORCH_EDATA;
        struct orch_zone_transition *grown = orch_realloc(z->transitions, cap * sizeof *grown);
        if (grown == NULL)
            return ORCH_ENOMEM;
        z->transitions = grown;
        z->cap = cap;
    }
    z->transitions[z->n++] = (struct orch_zone_transition){ at, offset };
    return ORCH_OK;
}

/* ---- loading ------------------------------------------------------------------------------ */

static bool is_name(struct orch_str name)
{
    if (name.len == 0 || name.len >= sizeof((struct orch_zone *)0)->name || name.ptr[0] == '/' ||
        name.ptr[name.len - 1] == '/')
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '/' && c != '_' && c != '+' && c != '-')
            return false;
        if (c == '/' && i > 0 && name.ptr[i - 1] == '/')
            return false;
    }
    return true;
}

static const char *zone_folder(void)
{
    const char *folder = getenv("TZDIR");

    return folder != NULL && folder[0] != '\0' ? folder : "/usr/share/zoneinfo";
}

/* "Paris" is near to "Europe/Paris" only for people. */
static const char *nearest_name(const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < COMMON; i++) {
        const char *city = strrchr(common[i], '/');
        if (city != NULL && len >= 3 &&
            orch_str_distance(orch_str_from(city + 1), orch_str_from(name), 2) <= (len > 5))
            return common[i];
    }
    return orch_str_nearest(name, common, COMMON);
}

static orch_status refuse_name(struct orch_str name, orch_error *err)
{
    struct orch_text quoted = { 0 };

    orch_text_quote(&quoted, name, 64);
    orch_error_set(err, ORCH_ECONFIG, "%s is no name of a time zone", orch_text_z(&quoted));
    orch_error_hint(err, "names look like \"Europe/Paris\" or \"UTC\"");
    orch_text_release(&quoted);
    return ORCH_ECONFIG;
}

static orch_status refuse_unknown(const char *name, const orch_error *cause, orch_error *err)
{
    const char *folder = zone_folder();

    if (!orch_file_exists(folder)) {
        orch_error_set(err, ORCH_ECONFIG, "cannot load time zone \"%s\"", name);
        orch_error_detail(err, "there is no folder %s", folder);
        orch_error_hint(err, "install tzdata, or let TZDIR name the folder of the time zones");
        return ORCH_ECONFIG;
    }
    const char *nearest = nearest_name(name);
    orch_error_set(err, ORCH_ECONFIG, "unknown time zone \"%s\"", name);
    orch_error_detail(err, "%s", cause->message);
    if (nearest != NULL)
        orch_error_hint(err, "did you mean \"%s\"?", nearest);
    else
        orch_error_hint(err, "names look like \"Europe/Paris\"; %s holds them all", folder);
    return ORCH_ECONFIG;
}

static orch_status read_zone(struct orch_zone *z, orch_error *err)
{
    struct orch_text path = { .cap = 4096 };
    struct orch_text file = { 0 };
    orch_error cause = ORCH_ERROR_INIT;
    orch_status st = ORCH_OK;

    if (!orch_text_printf(&path, "%s/%s", zone_folder(), z->name)) {
        st = orch_error_set(err, ORCH_ENOMEM, "out of memory");
        goto done;
    }
    st = orch_file_read(path.ptr, FILE_BYTES, &file, &cause);
    if (st != ORCH_OK) {
        st = st == ORCH_ENOMEM ? orch_error_set(err, st, "out of memory")
                               : refuse_unknown(z->name, &cause, err);
        goto done;
    }
    st = orch_zone_decode(z, (struct orch_str){ file.ptr, file.len });
    if (st == ORCH_ENOMEM) {
        orch_error_set(err, st, "out of memory");
    } else if (st != ORCH_OK) {
        st = orch_error_set(err, ORCH_ECONFIG, "cannot load time zone \"%s\"", z->name);
        orch_error_detail(err, "%s is not a file of a time zone (TZif)", path.ptr);
        orch_error_hint(err, "install tzdata again, or choose another zone");
    }

done:
    orch_text_release(&path);
    orch_text_release(&file);
    return st;
}

orch_status orch_zone_load(struct orch_str name, struct orch_zone **out, orch_error *err)
{
    orch_status st = ORCH_OK;

    if (!is_name(name))
        return refuse_name(name, err);
    struct orch_zone *z = orch_zalloc(1, sizeof *z);
    if (z == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    memcpy(z->name, name.ptr, name.len);
    z->repeat_from = INT64_MAX;
    if (!orch_str_equal(name, ORCH_STR("UTC")))
        st = read_zone(z, err);
    if (st != ORCH_OK) {
        orch_zone_free(z);
        return st;
    }
    *out = z;
    return ORCH_OK;
}

void orch_zone_free(struct orch_zone *z)
{
    if (z == NULL)
        return;
    free(z->transitions);
    free(z);
}

const char *orch_zone_name(const struct orch_zone *z)
{
    return z->name;
}

/* ---- asking ------------------------------------------------------------------------------- */

/* Index of the last transition at or before utc, plus one. */
static size_t count_before(const struct orch_zone *z, int64_t utc)
{
    size_t low = 0;
    size_t high = z->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (z->transitions[middle].at <= utc)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void orch_zone_find(const struct orch_zone *z, int64_t utc, struct orch_zone_span *span)
{
    int64_t shift = 0;

    if (z->repeat_from != INT64_MAX && utc >= z->repeat_from + REPEAT_SECONDS)
        shift = (utc - z->repeat_from) / REPEAT_SECONDS * REPEAT_SECONDS;
    utc -= shift;
    size_t i = count_before(z, utc);
    span->offset = i == 0 ? z->first_offset : z->transitions[i - 1].offset;
    span->from = i == 0 ? INT64_MIN : z->transitions[i - 1].at + shift;
    span->until = i == z->n ? INT64_MAX : z->transitions[i].at + shift;
}

/* Spans one after another from the one before all candidates; there are few in two days. */
static int search(const struct orch_zone *z, int64_t local, struct orch_zone_span *span,
                  int64_t utc[2])
{
    struct orch_zone_span at;
    int found = 0;
    bool jumped = false;

    orch_zone_find(z, local - ORCH_ZONE_OFFSET_LIMIT, &at);
    for (;;) {
        int64_t candidate = local - at.offset;
        if (candidate < at.from) {
            if (found == 0 && !jumped)
                utc[0] = at.from;
            jumped = true;
        } else if (candidate < at.until) {
            utc[found++] = candidate;
            *span = at;
        }
        if (found == 2 || at.until > local + ORCH_ZONE_OFFSET_LIMIT)
            return found;
        orch_zone_find(z, at.until, &at);
    }
}

int orch_zone_to_utc(const struct orch_zone *z, int64_t local, struct orch_zone_span *span,
                     int64_t utc[2])
{
    int64_t candidate = local - span->offset;

    /* so far inside the span no other offset can give the same local time */
    bool inside = span->until > span->from &&
                  (span->from == INT64_MIN || candidate >= span->from + OFFSET_SPREAD) &&
                  (span->until == INT64_MAX || candidate < span->until - OFFSET_SPREAD);
    if (!inside)
        return search(z, local, span, utc);
    utc[0] = candidate;
    return 1;
}
