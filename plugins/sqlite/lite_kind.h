/* SPDX-License-Identifier: Apache-2.0 */
/* Declared column types of SQLite and GeoPackage, and the Arrow formats they stand for. */
#ifndef LITE_KIND_H
#define LITE_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lite_kind {
    LITE_UNKNOWN = 0, /* no declared type: an expression, or a column without one */
    LITE_BOOL,
    LITE_INT,
    LITE_FLOAT,
    LITE_TEXT,
    LITE_BLOB,
    LITE_DATE,
    LITE_DATETIME,
    LITE_GEOMETRY
};

/* Of a declared type, case and a length in brackets aside; any unknown word is text. */
enum lite_kind lite_kind_declared(const char *declared);
/* The length in TEXT(20) or BLOB(20); 0 if none. */
int64_t lite_kind_length(const char *declared);
/* Bytes of the integers a declared type holds: 1, 2, 4 or 8. */
int lite_kind_width(const char *declared);
/* Of an Arrow format; LITE_UNKNOWN outside what orch/view.h reads. */
enum lite_kind lite_kind_format(const char *format);
/* The format of the profile, the word for CREATE TABLE; NULL for LITE_UNKNOWN. */
const char *lite_format(enum lite_kind kind);
const char *lite_declaration(enum lite_kind kind);

/* Is it a geometry type's name ("POINT", "multipolygon")? *code is its ISO WKB number, 0 for
 * GEOMETRY. Len of the word only: a suffix " Z" is left to the caller. */
bool lite_geometry_code(const char *word, size_t len, uint32_t *code);
const char *lite_geometry_name(uint32_t code); /* NULL if there is none */

#endif
