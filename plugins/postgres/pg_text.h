/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of the server: a database without an encoding (SQL_ASCII) sends any bytes. */
#ifndef PG_TEXT_H
#define PG_TEXT_H

#include <stddef.h>

/* Writes the text as UTF-8, each other byte as \xE9, never a part of either; returns the bytes
 * written, `size` at most. */
size_t pg_text_show(char *out, size_t size, const char *text, size_t len);

#endif
