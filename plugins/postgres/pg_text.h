/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of the server: a database without an encoding (SQL_ASCII) sends any bytes. */
#ifndef PG_TEXT_H
#define PG_TEXT_H

#include <stddef.h>

/* How many bytes from the start on are UTF-8; `len`: all. */
size_t pg_text_valid(const unsigned char *p, size_t len);
/* Writes the text as UTF-8, each other byte as \xE9, never a part of either; returns the bytes
 * written, `size` at most. */
size_t pg_text_show(char *out, size_t size, const unsigned char *p, size_t len);

#endif
