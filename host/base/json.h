/* SPDX-License-Identifier: Apache-2.0 */
/* Write JSON (RFC 8259) into an orch_text. The writer puts the commas; the caller keeps objects
 * and arrays balanced. Text that is not UTF-8 is written with U+FFFD in place of each bad byte. */
#ifndef ORCH_BASE_JSON_H
#define ORCH_BASE_JSON_H

#include "base/str.h"

struct orch_json {
    struct orch_text *out;
    int indent;    /* 0: one line */
    int depth;
    bool first;
};

void orch_json_begin(struct orch_json *j, struct orch_text *out, int indent);
/* '{' or '['; the key of any value is NULL in arrays. */
void orch_json_open(struct orch_json *j, const char *key, char bracket);
void orch_json_close(struct orch_json *j, char bracket);                  /* '}' or ']' */
void orch_json_text(struct orch_json *j, const char *key, const char *value); /* NULL value: null */
void orch_json_str(struct orch_json *j, const char *key, struct orch_str value);
void orch_json_int(struct orch_json *j, const char *key, int64_t value);
void orch_json_float(struct orch_json *j, const char *key, double value); /* not finite: null */
void orch_json_bool(struct orch_json *j, const char *key, bool value);
void orch_json_null(struct orch_json *j, const char *key);
/* The escaped string with its quotes. */
void orch_json_quote(struct orch_text *out, struct orch_str value);

#endif
