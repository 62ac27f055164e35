/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as people write them: "1 234,56 €", "(45,00)", "1'234.5".
 *
 * Nothing is guessed. A value must be a number as a whole; marks between thousands must stand
 * before groups of exactly three digits and be of one kind within a value; "NaN", "inf" and texts
 * of more than 400 bytes are no numbers. Results are the nearest double, and -0 becomes 0. */
#ifndef ORCH_ENGINE_NUMBER_SYNTAX_H
#define ORCH_ENGINE_NUMBER_SYNTAX_H

#include "base/str.h"

enum { ORCH_NUMBER_MARKS = 16, ORCH_NUMBER_BYTES = 400 };

struct orch_number_mark {
    char bytes[4];
    uint8_t len;
    uint8_t family; /* marks of one family may stand together in a value: the kinds of blank */
};

struct orch_number_syntax {
    char decimal;    /* '.', ',' or 0: either, where the value leaves no doubt */
    bool accounting; /* "(45)" and "45-" are negative */
    bool scientific; /* "1.5E3" is allowed */
    struct orch_number_mark marks[ORCH_NUMBER_MARKS]; /* between thousands */
    size_t n_marks;
    const struct orch_str *units; /* each may follow the number; borrowed */
    size_t n_units;
};

enum orch_number_result {
    ORCH_NUMBER_OK,
    ORCH_NUMBER_BLANK,     /* nothing but white space */
    ORCH_NUMBER_BAD,
    ORCH_NUMBER_AMBIGUOUS, /* "1,234" when either mark may be the decimal one */
    ORCH_NUMBER_RANGE,     /* a number, but too large for the type */
    ORCH_NUMBER_EXPONENT   /* a number with an exponent, where none is allowed */
};

/* Adds the mark at the start of `text` and returns its bytes; 0: there is no room, or a digit, a
 * sign, an ASCII letter or bad UTF-8 stands there. */
size_t orch_number_syntax_mark(struct orch_number_syntax *f, struct orch_str text);
/* Adds the blanks that stand between thousands: U+0020, U+00A0, U+202F, U+2009. */
bool orch_number_syntax_blanks(struct orch_number_syntax *f);

/* *out is set only with ORCH_NUMBER_OK. The text need not be trimmed, nor valid UTF-8. */
enum orch_number_result orch_number_parse(const struct orch_number_syntax *f, struct orch_str s,
                                          double *out);
/* Takes a sign, digits and what the format says of marks, unit and accounting; no decimal mark. */
enum orch_number_result orch_integer_parse(const struct orch_number_syntax *f, struct orch_str s,
                                           int64_t *out);

#endif
