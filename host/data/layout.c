/* SPDX-License-Identifier: Apache-2.0 */
#include "data/layout.h"

struct known {
    const char *format;
    struct orch_layout layout;
};

static const struct known known_formats[] = {
    { "u", { ORCH_TYPE_TEXT, ORCH_LAYOUT_BYTES, 4, 3 } },
    { "l", { ORCH_TYPE_INTEGER, ORCH_LAYOUT_INT64, 8, 2 } },
    { "g", { ORCH_TYPE_NUMBER, ORCH_LAYOUT_FLOAT64, 8, 2 } },
    { "b", { ORCH_TYPE_BOOLEAN, ORCH_LAYOUT_BITS, 1, 2 } },
    { "z", { ORCH_TYPE_BINARY, ORCH_LAYOUT_BYTES, 4, 3 } },
    { "tdD", { ORCH_TYPE_DATE, ORCH_LAYOUT_INT32, 4, 2 } },
    { "c", { ORCH_TYPE_INTEGER, ORCH_LAYOUT_INT8, 1, 2 } },
    { "C", { ORCH_TYPE_INTEGER, ORCH_LAYOUT_UINT8, 1, 2 } },
    { "s", { ORCH_TYPE_INTEGER, ORCH_LAYOUT_INT16, 2, 2 } },
    { "S", { ORCH_TYPE_INTEGER, ORCH_LAYOUT_UINT16, 2, 2 } },
    { "i", { ORCH_TYPE_INTEGER, ORCH_LAYOUT_INT32, 4, 2 } },
    { "I", { ORCH_TYPE_INTEGER, ORCH_LAYOUT_UINT32, 4, 2 } },
    { "L", { ORCH_TYPE_INTEGER, ORCH_LAYOUT_UINT64, 8, 2 } },
    { "f", { ORCH_TYPE_NUMBER, ORCH_LAYOUT_FLOAT32, 4, 2 } },
};

/* "tsu:Europe/Paris": the values are instants in UTC whatever the zone says. Without a zone they
 * would be the readings of some wall clock, which no conversion can place: not accepted. */
static bool timestamp_layout(const char *format, struct orch_layout *out)
{
    static const char units[] = "smun";
    static const enum orch_layout_kind kinds[] = { ORCH_LAYOUT_SECONDS, ORCH_LAYOUT_MILLISECONDS,
                                                   ORCH_LAYOUT_INT64, ORCH_LAYOUT_NANOSECONDS };
    const char *unit = format[2] ? strchr(units, format[2]) : NULL;
    if (!unit || format[3] != ':' || !format[4])
        return false;
    *out = (struct orch_layout){ ORCH_TYPE_TIMESTAMP, kinds[unit - units], 8, 2 };
    return true;
}

bool orch_layout_of_format(const char *format, struct orch_layout *out)
{
    if (!format)
        return false;
    if (format[0] == 't' && format[1] == 's')
        return timestamp_layout(format, out);
    for (size_t i = 0; i < sizeof known_formats / sizeof known_formats[0]; i++) {
        if (strcmp(known_formats[i].format, format) == 0) {
            *out = known_formats[i].layout;
            return true;
        }
    }
    return false;
}
