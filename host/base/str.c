/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

/* Bytes of the blank that begins at s, 0 if none does. */
static size_t blank_first(const char *s, size_t len)
{
    unsigned char c = (unsigned char)s[0];
    if (c == ' ' || (c >= '\t' && c <= '\r'))
        return 1;
    if (c < 0xC2)
        return 0;
    if (len >= 2 && memcmp(s, "\xC2\xA0", 2) == 0)
        return 2;
    if (len >= 3 && (memcmp(s, "\xE2\x80\xAF", 3) == 0 || memcmp(s, "\xEF\xBB\xBF", 3) == 0))
        return 3;
    return 0;
}

/* Bytes of the blank that ends at s + len, 0 if none does. */
static size_t blank_last(const char *s, size_t len)
{
    unsigned char c = (unsigned char)s[len - 1];
    if (c < 0x80)
        return blank_first(s + len - 1, 1);
    if (len >= 2 && blank_first(s + len - 2, 2) == 2)
        return 2;
    return len >= 3 && blank_first(s + len - 3, 3) == 3 ? 3 : 0;
}

struct orch_str orch_str_trim(struct orch_str s)
{
    size_t n;
    while (s.len > 0 && (n = blank_first(s.ptr, s.len)) > 0) {
        s.ptr += n;
        s.len -= n;
    }
    while (s.len > 0 && (n = blank_last(s.ptr, s.len)) > 0)
        s.len -= n;
    return s;
}

bool orch_str_starts(struct orch_str s, struct orch_str prefix)
{
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

/* ---- likeness ------------------------------------------------------------------------------ */

/* Names are compared, not texts: beyond this many bytes two words are simply far apart. */
#define WORD_MOST 128

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* One row of the table of edits; `above` and `two_above` are the rows before it. */
static size_t distance_row(struct orch_str a, struct orch_str b, size_t i, size_t *row,
                           const size_t *above, const size_t *two_above)
{
    size_t smallest = row[0] = i;
    for (size_t j = 1; j <= b.len; j++) {
        char x = lower(a.ptr[i - 1]), y = lower(b.ptr[j - 1]);
        row[j] = least(above[j - 1] + (x != y), least(above[j], row[j - 1]) + 1);
        if (i > 1 && j > 1 && x == lower(b.ptr[j - 2]) && lower(a.ptr[i - 2]) == y)
            row[j] = least(row[j], two_above[j - 2] + 1);
        smallest = least(smallest, row[j]);
    }
    return smallest;
}

size_t orch_str_distance(struct orch_str a, struct orch_str b, size_t cap)
{
    size_t rows[3][WORD_MOST + 1];

    if (a.len > WORD_MOST || b.len > WORD_MOST)
        return orch_str_equal(a, b) ? 0 : cap;
    for (size_t j = 0; j <= b.len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        size_t smallest = distance_row(a, b, i, row, above, two_above);
        /* Exact: a swap adds to a cell two rows up, whose lower neighbour was no dearer. */
        if (smallest > cap)
            return cap;
    }
    return least(rows[a.len % 3][b.len], cap);
}

const char *orch_str_nearest(const char *word, const char *const *candidates, size_t n)
{
    struct orch_str w = orch_str_from(word);
    const char *nearest = NULL;
    /* A third of the word may be wrong, three letters at most, never all of it. */
    size_t limit = w.len < 6 ? 1 : w.len < 9 ? 2 : 3;
    size_t best = least(limit + 1, w.len);

    for (size_t i = 0; i < n; i++) {
        size_t d = orch_str_distance(w, orch_str_from(candidates[i]), best);
        if (d < best) {
            best = d;
            nearest = candidates[i];
        }
    }
    return nearest;
}
