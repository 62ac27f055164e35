/* SPDX-License-Identifier: Apache-2.0 */
#include "gpkg_geometry.h"

#include <math.h>
#include <string.h>

#define MAX_DEPTH 16
#define FLAG_LITTLE 0x01
#define FLAG_EMPTY 0x10
#define FLAG_EXTENDED 0x20

const struct gpkg_box gpkg_box_nothing = { INFINITY, -INFINITY, INFINITY, -INFINITY };

bool gpkg_box_is_nothing(const struct gpkg_box *box)
{
    return box->min_x > box->max_x;
}

void gpkg_box_join(struct gpkg_box *box, const struct gpkg_box *other)
{
    if (other->min_x < box->min_x)
        box->min_x = other->min_x;
    if (other->max_x > box->max_x)
        box->max_x = other->max_x;
    if (other->min_y < box->min_y)
        box->min_y = other->min_y;
    if (other->max_y > box->max_y)
        box->max_y = other->max_y;
}

/* ---- WKB ----------------------------------------------------------------------------------- */

struct scan {
    const uint8_t *at;
    const uint8_t *end;
    bool little;
    size_t dimensions;
    struct gpkg_shape *shape;
    const char *problem;
};

static bool fail(struct scan *s, const char *problem)
{
    s->problem = problem;
    return false;
}

static size_t left(const struct scan *s)
{
    return (size_t)(s->end - s->at);
}

static uint64_t load(const uint8_t *p, size_t n, bool little)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++)
        value = value << 8 | p[little ? n - 1 - i : i];
    return value;
}

static double load_double(const uint8_t *p, bool little)
{
    uint64_t bits = load(p, 8, little);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static bool scan_count(struct scan *s, size_t least_bytes, uint32_t *count)
{
    if (left(s) < 4)
        return fail(s, "the geometry ends too early");
    *count = (uint32_t)load(s->at, 4, s->little);
    s->at += 4;
    return *count <= left(s) / least_bytes || fail(s, "the geometry ends too early");
}

static bool scan_position(struct scan *s, bool may_be_empty)
{
    if (left(s) < 8 * s->dimensions)
        return fail(s, "the geometry ends too early");
    double x = load_double(s->at, s->little), y = load_double(s->at + 8, s->little);
    s->at += 8 * s->dimensions;
    if (may_be_empty && isnan(x) && isnan(y))
        return true;
    if (!isfinite(x) || !isfinite(y))
        return fail(s, "a coordinate is not a finite number");
    gpkg_box_join(&s->shape->box, &(struct gpkg_box){ x, x, y, y });
    return true;
}

static bool scan_positions(struct scan *s)
{
    uint32_t count;
    if (!scan_count(s, 8 * s->dimensions, &count))
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!scan_position(s, false))
            return false;
    return true;
}

static bool scan_rings(struct scan *s)
{
    uint32_t count;
    if (!scan_count(s, 4, &count))
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!scan_positions(s))
            return false;
    return true;
}

static bool scan_geometry(struct scan *s, uint32_t parent, int depth);

static bool scan_members(struct scan *s, uint32_t type, int depth)
{
    uint32_t count;
    if (!scan_count(s, 9, &count))
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!scan_geometry(s, type, depth + 1))
            return false;
    return true;
}

static bool scan_type(struct scan *s, uint32_t *type, uint32_t parent)
{
    if (left(s) < 5)
        return fail(s, "the geometry ends too early");
    if (s->at[0] > 1)
        return fail(s, "the byte order is neither 0 nor 1");
    s->little = s->at[0] == 1;
    uint32_t code = (uint32_t)load(s->at + 1, 4, s->little);
    s->at += 5;
    if (code % 1000 < 1 || code % 1000 > 17 || code >= 4000)
        return fail(s, "the type is none of ISO WKB");
    bool z = code / 1000 == 1 || code / 1000 == 3, m = code / 1000 >= 2;
    if (parent != 0 && (z != s->shape->has_z || m != s->shape->has_m))
        return fail(s, "a member has other dimensions than the whole");
    s->shape->has_z = z;
    s->shape->has_m = m;
    s->dimensions = 2 + (size_t)z + (size_t)m;
    *type = code % 1000;
    if (parent >= 4 && parent <= 6 && *type != parent - 3)
        return fail(s, "a member is of another type than the whole");
    return true;
}

static bool scan_geometry(struct scan *s, uint32_t parent, int depth)
{
    uint32_t type = 0;
    if (depth > MAX_DEPTH)
        return fail(s, "collections are nested too deeply");
    if (!scan_type(s, &type, parent))
        return false;
    if (parent == 0)
        s->shape->type = type;
    s->shape->curved |= type >= 8 && type <= 12;
    switch (type) {
    case 1:
        return scan_position(s, true);
    case 2:
    case 8:
        return scan_positions(s);
    case 3:
    case 17:
        return scan_rings(s);
    case 13:
    case 14:
        return fail(s, "the type is an abstract one");
    default:
        return scan_members(s, type, depth);
    }
}

bool gpkg_wkb_scan(const void *wkb, size_t len, struct gpkg_shape *out, const char **problem)
{
    struct gpkg_shape shape = { .box = gpkg_box_nothing };
    struct scan s = { .at = wkb, .end = (const uint8_t *)wkb + len, .shape = &shape };
    if (scan_geometry(&s, 0, 0) && s.at != s.end)
        fail(&s, "bytes follow the geometry");
    if (s.problem != NULL) {
        *problem = s.problem;
        return false;
    }
    *out = shape;
    return true;
}

/* ---- header -------------------------------------------------------------------------------- */

static void store_little(uint8_t *out, uint64_t value, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(value >> (8 * i));
}

static void store_double(uint8_t *out, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    store_little(out, bits, sizeof bits);
}

size_t gpkg_header_write(uint8_t out[GPKG_HEADER_MAX], int32_t srs_id,
                         const struct gpkg_shape *shape)
{
    bool empty = gpkg_box_is_nothing(&shape->box);
    bool envelope = !empty && shape->type != 1;
    out[0] = 'G';
    out[1] = 'P';
    out[2] = 0;
    out[3] = (uint8_t)(FLAG_LITTLE | (envelope ? 1 << 1 : 0) | (empty ? FLAG_EMPTY : 0));
    store_little(out + 4, (uint32_t)srs_id, 4);
    if (!envelope)
        return 8;
    store_double(out + 8, shape->box.min_x);
    store_double(out + 16, shape->box.max_x);
    store_double(out + 24, shape->box.min_y);
    store_double(out + 32, shape->box.max_y);
    return GPKG_HEADER_MAX;
}

bool gpkg_blob_parse(const void *blob, size_t len, struct gpkg_blob *out)
{
    static const size_t envelope_bytes[] = { 0, 32, 48, 48, 64 };
    const uint8_t *p = blob;
    if (len < 8 || p[0] != 'G' || p[1] != 'P' || p[2] != 0 || (p[3] & FLAG_EXTENDED) != 0)
        return false;
    size_t code = (p[3] >> 1) & 7;
    bool little = (p[3] & FLAG_LITTLE) != 0;
    if (code > 4 || len < 8 + envelope_bytes[code])
        return false;
    struct gpkg_blob parsed = { .empty = (p[3] & FLAG_EMPTY) != 0, .has_box = code > 0 };
    parsed.srs_id = (int32_t)(uint32_t)load(p + 4, 4, little);
    if (code > 0)
        parsed.box = (struct gpkg_box){ load_double(p + 8, little), load_double(p + 16, little),
                                        load_double(p + 24, little), load_double(p + 32, little) };
    parsed.wkb = p + 8 + envelope_bytes[code];
    parsed.wkb_len = len - 8 - envelope_bytes[code];
    *out = parsed;
    return true;
}
