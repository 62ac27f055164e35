/* SPDX-License-Identifier: Apache-2.0 */
/* Is an input packed? Told by its first bytes, never by its name. */
#ifndef ORCH_PLUGIN_PACKED_H
#define ORCH_PLUGIN_PACKED_H

#include "plugin/unpack_module.h"

#define ORCH_PACKED_HEAD 512 /* as many bytes as there are, at most so many, tell it */

/* Documents that are zip files inside (.xlsx, .ods, .docx) are what they are: NONE. */
enum orch_packed orch_packed_find(const uint8_t *head, size_t n);
/* "gzip", "zip", ... */
const char *orch_packed_name(enum orch_packed kind);
/* One file made smaller, in contrast to an archive of many. */
bool orch_packed_is_single(enum orch_packed kind);
/* Can it be read only with a way to seek? */
bool orch_packed_seeks(enum orch_packed kind);

#endif
