/* SPDX-License-Identifier: Apache-2.0 */
/* gzip by zlib itself: libarchive reads it as well, but looks at no check sum. */
#ifndef ORCH_MODULE_UNPACK_GZIP_H
#define ORCH_MODULE_UNPACK_GZIP_H

#include "plugin/unpack_module.h"

struct unpack_gzip;

struct unpack_gzip *unpack_gzip_open(const struct orch_unpack_source *source); /* NULL: no memory */
void unpack_gzip_close(struct unpack_gzip *g); /* NULL allowed */
enum orch_unpack_result unpack_gzip_read(struct unpack_gzip *g, void *buffer, size_t capacity,
                                         size_t *n);
const char *unpack_gzip_reason(const struct unpack_gzip *g);

#endif
