/* SPDX-License-Identifier: Apache-2.0 */
#include "files_wkt.h"

#include "files_number.h"

#define MAX_DEPTH 16

struct walk {
    const uint8_t *at;
    const uint8_t *end;
    struct files_sink *sink;
    bool little;
    size_t dimensions;
};

static const char *const names[] = {
    "", "POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON",
    "GEOMETRYCOLLECTION",
};

static const char *const suffixes[] = { "", " Z", " M", " ZM" };

static void put(struct walk *w, const char *text)
{
    files_sink_put(w->sink, text, strlen(text));
}

static uint64_t load(struct walk *w, size_t n)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++)
        value = value << 8 | w->at[w->little ? n - 1 - i : i];
    w->at += n;
    return value;
}

static bool left(const struct walk *w, size_t n)
{
    return (size_t)(w->end - w->at) >= n;
}

static bool is_finite(double value)
{
    return value - value == 0;
}

/* false: not a finite number; *empty: an empty point, all of whose ordinates are NaN */
static bool position(struct walk *w, bool *empty)
{
    double ordinates[4];
    size_t finite = 0;
    if (!left(w, 8 * w->dimensions))
        return false;
    for (size_t i = 0; i < w->dimensions; i++) {
        uint64_t bits = load(w, 8);
        memcpy(&ordinates[i], &bits, sizeof bits);
        finite += is_finite(ordinates[i]);
    }
    if (finite == 0 && empty != NULL) {
        *empty = true;
        return true;
    }
    for (size_t i = 0; finite == w->dimensions && i < w->dimensions; i++) {
        char *out = files_sink_room(w->sink, FILES_NUMBER_MAX + 1);
        size_t n = i > 0;
        out[0] = ' ';
        n += files_double_write(out + n, ordinates[i]);
        files_sink_add(w->sink, n);
    }
    return finite == w->dimensions;
}

static bool point(struct walk *w)
{
    bool empty = false;
    /* the brackets come first; an empty point has none */
    const uint8_t *start = w->at;
    if (!left(w, 8))
        return false;
    uint64_t bits = load(w, 8);
    double first;
    memcpy(&first, &bits, sizeof first);
    w->at = start;
    bool bracket = is_finite(first);
    put(w, bracket ? "(" : "EMPTY");
    if (!position(w, bracket ? NULL : &empty) || bracket == empty)
        return false;
    put(w, bracket ? ")" : "");
    return true;
}

static bool members(struct walk *w, uint32_t type, int depth);

/* One tagged geometry; inside a MULTI type without its name. */
static bool geometry(struct walk *w, uint32_t parent, int depth)
{
    if (depth > MAX_DEPTH || !left(w, 5) || w->at[0] > 1)
        return false;
    w->little = *w->at++ == 1;
    uint32_t code = (uint32_t)load(w, 4), type = code % 1000, dimensions = code / 1000;
    if (type < 1 || type > 7 || dimensions > 3)
        return false;
    if (parent >= 4 && parent <= 6 && type != parent - 3)
        return false;
    w->dimensions = dimensions == 0 ? 2 : dimensions == 3 ? 4 : 3;
    if (parent == 0 || parent == 7) {
        put(w, names[type]);
        put(w, suffixes[dimensions]);
        put(w, " ");
    }
    return type == 1 ? point(w) : members(w, type, depth);
}

static bool member(struct walk *w, uint32_t type, int depth)
{
    switch (type) {
    case 2:
        return position(w, NULL);
    case 3:
        return members(w, 2, depth);
    default:
        return geometry(w, type, depth + 1);
    }
}

/* A counted list in brackets: positions, rings or geometries. */
static bool members(struct walk *w, uint32_t type, int depth)
{
    if (!left(w, 4))
        return false;
    uint32_t count = (uint32_t)load(w, 4);
    if (count == 0) {
        put(w, "EMPTY");
        return true;
    }
    put(w, "(");
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            put(w, ", ");
        if (!member(w, type, depth))
            return false;
    }
    put(w, ")");
    return true;
}

bool files_wkt_put(struct files_sink *sink, const void *wkb, size_t len)
{
    struct walk w = { .at = wkb, .end = (const uint8_t *)wkb + len, .sink = sink };
    return geometry(&w, 0, 0) && w.at == w.end;
}
