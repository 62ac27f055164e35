/* SPDX-License-Identifier: Apache-2.0 */
/* Text: orch_str is a borrowed view (not NUL-terminated), orch_text a growing buffer with a cap.
 * Both hold UTF-8 unless their user says otherwise. */
#ifndef ORCH_BASE_STR_H
#define ORCH_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "orch/connector.h"
#include "orch/utf8.h"

struct orch_str {
    const char *ptr;
    size_t len;
};

#define ORCH_STR(literal) ((struct orch_str){ (literal), sizeof(literal) - 1 })
#define ORCH_STR_ARG(s) (int)(s).len, (s).ptr /* for "%.*s" */

static inline struct orch_str orch_str_from(const char *z)
{
    return (struct orch_str){ z, z ? strlen(z) : 0 };
}

static inline bool orch_str_equal(struct orch_str a, struct orch_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

struct orch_str orch_str_trim(struct orch_str s); /* ASCII white space, U+00A0, U+202F, U+FEFF */
bool orch_str_starts(struct orch_str s, struct orch_str prefix);

/* Whole-text numbers, locale-free: false on empty, trailing junk or overflow. */
bool orch_str_to_int(struct orch_str s, int64_t *out);
bool orch_str_to_float(struct orch_str s, double *out);
/* The fewest digits that read back as the same double ("inf", "nan"); returns the length. */
size_t orch_format_float(double value, char out[32]);

/* Damerau-Levenshtein distance, capped at `cap`; compares ASCII letters without case. */
size_t orch_str_distance(struct orch_str a, struct orch_str b, size_t cap);
/* The candidate nearest to `word`, or NULL when none is near enough to propose. */
const char *orch_str_nearest(const char *word, const char *const *candidates, size_t n);

/* Decodes one code point of valid UTF-8; returns its length in bytes. */
size_t orch_utf8_decode(const char *s, size_t len, uint32_t *code);
size_t orch_utf8_encode(uint32_t code, char out[4]);
/* Number of code points in valid UTF-8. */
size_t orch_utf8_count(const char *s, size_t len);

/* A growing, NUL-terminated buffer. {0} is a valid empty value with no cap (set `cap` to bound
 * it). After a failed append the text is unchanged and `failed` stays set, so that a run of
 * appends needs one check at the end. */
struct orch_text {
    char *ptr;
    size_t len;
    size_t size;
    size_t cap;
    bool failed;
};

void orch_text_release(struct orch_text *t);
void orch_text_reset(struct orch_text *t); /* length 0, memory kept */
bool orch_text_add(struct orch_text *t, const char *bytes, size_t len);
bool orch_text_puts(struct orch_text *t, const char *z);
bool orch_text_putc(struct orch_text *t, char c);
bool orch_text_printf(struct orch_text *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The value as people read it in messages: quoted, control bytes escaped, cut at `max` bytes. */
bool orch_text_quote(struct orch_text *t, struct orch_str s, size_t max);
/* The same without quotes: one line of a terminal or a log, whatever s holds. */
bool orch_text_escape(struct orch_text *t, struct orch_str s, size_t max);
/* "1 234 567": thousands by a narrow blank (U+202F). */
bool orch_text_count(struct orch_text *t, int64_t n);
/* ptr or "" */
const char *orch_text_z(const struct orch_text *t);

#endif
