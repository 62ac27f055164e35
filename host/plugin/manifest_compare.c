/* SPDX-License-Identifier: Apache-2.0 */
/* Two manifests in the form that is compared: equal texts are all that is looked at in a run where
 * nothing is wrong. What differs is looked for only to tell it. */
#include "plugin/manifest.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/json_read.h"
#include "orch/error.h"

enum { PLACE_BYTES = 256, VALUE_BYTES = 120 };

struct difference {
    char place[PLACE_BYTES]; /* "connectors[csv].options[delimiter].default" */
    struct orch_text planned, found;
};

static void show(struct orch_text *out, const json_t *value)
{
    char *text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;

    if (text)
        orch_text_escape(out, orch_str_from(text), VALUE_BYTES);
    else
        orch_text_puts(out, "nothing");
    free(text);
}

/* Entries that have a name are told by it: their number says little. */
static void enter(char *place, size_t len, const char *key, const json_t *entry, size_t index)
{
    const char *name = json_string_value(json_object_get(entry, "name"));

    if (key)
        snprintf(place + len, PLACE_BYTES - len, "%s%s", len > 0 ? "." : "", key);
    else if (name)
        snprintf(place + len, PLACE_BYTES - len, "[%s]", name);
    else
        snprintf(place + len, PLACE_BYTES - len, "[%zu]", index);
}

static bool differs(const json_t *planned, const json_t *found, struct difference *d);

static bool members_differ(const json_t *planned, const json_t *found, struct difference *d)
{
    size_t len = strlen(d->place);
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)planned, key, value) {
        enter(d->place, len, key, NULL, 0);
        if (differs(value, json_object_get(found, key), d))
            return true;
    }
    json_object_foreach((json_t *)(uintptr_t)found, key, value) {
        enter(d->place, len, key, NULL, 0);
        if (!json_object_get(planned, key) && differs(NULL, value, d))
            return true;
    }
    d->place[len] = '\0';
    return false;
}

static bool entries_differ(const json_t *planned, const json_t *found, struct difference *d)
{
    size_t len = strlen(d->place), n = json_array_size(planned), m = json_array_size(found);

    for (size_t i = 0; i < n || i < m; i++) {
        const json_t *one = json_array_get(planned, i), *other = json_array_get(found, i);
        enter(d->place, len, NULL, one ? one : other, i);
        if (differs(one, other, d))
            return true;
    }
    d->place[len] = '\0';
    return false;
}

/* Goes down to the first value that differs and keeps it. */
static bool differs(const json_t *planned, const json_t *found, struct difference *d)
{
    if (json_is_object(planned) && json_is_object(found))
        return members_differ(planned, found, d);
    if (json_is_array(planned) && json_is_array(found))
        return entries_differ(planned, found, d);
    if (json_equal(planned, found))
        return false;
    show(&d->planned, planned);
    show(&d->found, found);
    return true;
}

static void find(struct difference *d, const char *planned, const char *found)
{
    json_t *one = NULL, *other = NULL;
    (void)orch_json_read((struct orch_str){ planned, strlen(planned) }, 0, &one, NULL);
    (void)orch_json_read((struct orch_str){ found, strlen(found) }, 0, &other, NULL);

    if (!one || !other || !differs(one, other, d))
        snprintf(d->place, sizeof d->place, "its description");
    json_decref(one);
    json_decref(other);
}

orch_status orch_manifest_compare(const char *library, const char *planned, const char *found,
                                  orch_error *err)
{
    struct difference d = { .place = "" };
    const char *name = orch_path_name(library);

    if (!planned)
        return orch_error_set(err, ORCH_EINVAL, "library \"%s\" was never described", name);
    if (strcmp(planned, found) == 0)
        return ORCH_OK;
    find(&d, planned, found);
    orch_error_set(err, ORCH_ECONFIG, "library \"%s\" is not what its manifest says: %s differs",
                   name, d.place);
    orch_error_detail(err, "manifest: %s; library: %s; %s", d.planned.len ? d.planned.ptr : "?",
                      d.found.len ? d.found.ptr : "?", library);
    orch_manifest_hint(library, err);
    orch_text_release(&d.planned);
    orch_text_release(&d.found);
    return ORCH_ECONFIG;
}
