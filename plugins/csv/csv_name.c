/* SPDX-License-Identifier: Apache-2.0 */
#include "csv_name.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEAR_BYTES 128

/* ---- white space ------------------------------------------------------------------------- */

static const char *const spaces[] = {
    " ", "\t", "\r", "\n", "\v", "\f", "\xc2\xa0", "\xe2\x80\xaf", "\xef\xbb\xbf",
};

/* Bytes of the white space at the beginning (or the end) of a text; 0 if there is none. */
static size_t space_at(const char *text, size_t len, bool end)
{
    for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++) {
        size_t n = strlen(spaces[i]);
        if (n <= len && memcmp(end ? text + len - n : text, spaces[i], n) == 0)
            return n;
    }
    return 0;
}

void csv_name_trim(const char **text, size_t *len)
{
    size_t n;

    while ((n = space_at(*text, *len, false)) > 0) {
        *text += n;
        *len -= n;
    }
    while ((n = space_at(*text, *len, true)) > 0)
        *len -= n;
}

/* ---- equal names ------------------------------------------------------------------------- */

/* What is known of a name; hashes keep the comparison of some thousand names short. */
struct entry {
    uint64_t hash;
    size_t next; /* the suffix its next equal gets */
};

static uint64_t hash_text(const char *text)
{
    uint64_t hash = 14695981039346656037u;

    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    return hash;
}

/* The index below `n` of an equal name, or n. */
static size_t find(char *const *names, const struct entry *entries, size_t n, const char *name)
{
    uint64_t hash = hash_text(name);

    for (size_t i = 0; i < n; i++) {
        if (entries[i].hash == hash && strcmp(names[i], name) == 0)
            return i;
    }
    return n;
}

/* Gives names[i], equal to names[first], a name that none of the `n` names has. */
static bool add_suffix(char **names, struct entry *entries, size_t n, size_t i, size_t first)
{
    size_t size = strlen(names[first]) + 24;
    char *name = malloc(size);

    if (!name)
        return false;
    do {
        snprintf(name, size, "%s_%zu", names[first], entries[first].next++);
    } while (find(names, entries, n, name) < n);
    free(names[i]);
    names[i] = name;
    entries[i].hash = hash_text(name);
    return true;
}

bool csv_names_distinguish(char **names, size_t n)
{
    struct entry *entries = calloc(n ? n : 1, sizeof *entries);
    bool ok = entries != NULL;

    for (size_t i = 0; ok && i < n; i++)
        entries[i] = (struct entry) { hash_text(names[i]), 2 };
    for (size_t i = 1; ok && i < n; i++) {
        size_t first = find(names, entries, i, names[i]);
        if (first < i)
            ok = add_suffix(names, entries, n, i, first);
    }
    free(entries);
    return ok;
}

/* ---- near names -------------------------------------------------------------------------- */

static char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Insertions, deletions and replacements between two texts, of which only a beginning counts. */
static size_t distance(const char *a, const char *b)
{
    size_t n = strnlen(b, NEAR_BYTES);
    size_t m = strnlen(a, NEAR_BYTES);
    size_t row[NEAR_BYTES + 1];

    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 1; i <= m; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t best = diagonal + (fold(a[i - 1]) != fold(b[j - 1]));
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[n];
}

const char *csv_names_nearest(char *const *names, size_t n, const char *wanted)
{
    size_t best = strlen(wanted) / 3 + 2;
    const char *nearest = NULL;

    for (size_t i = 0; i < n; i++) {
        size_t d = distance(names[i], wanted);
        if (d < best) {
            best = d;
            nearest = names[i];
        }
    }
    return nearest;
}
