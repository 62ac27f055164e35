/* SPDX-License-Identifier: Apache-2.0 */
/* ISO WKB as well-known text: "POINT (351000 6788000)". */
#ifndef FILES_WKT_H
#define FILES_WKT_H

#include "files_sink.h"

/* false: the bytes are not one whole geometry of the types point to collection. Something may
 * have been written already. */
bool files_wkt_put(struct files_sink *sink, const void *wkb, size_t len);

#endif
