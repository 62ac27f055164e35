/* SPDX-License-Identifier: Apache-2.0 */
/* The host's own full-size copies of a plugin's tables: sizes honoured, slots and options checked,
 * absent optional slots filled. Errors are refusals: ORCH_ECONFIG with a message that completes
 * 'library "x.so" is refused: ...'. */
#ifndef ORCH_PLUGIN_ADOPT_H
#define ORCH_PLUGIN_ADOPT_H

#include "base/arena.h"
#include "plugin/registry.h"

/* What a plugin may declare at most; more is a defect, not a plugin. */
#define ORCH_CONNECTORS_CAP 64
#define ORCH_OPTIONS_CAP 256
#define ORCH_NAME_CAP 63
#define ORCH_TEXT_CAP 4096 /* bytes of any other text */

/* Copies the smaller of the two sizes into zeroed memory; false when the struct does not even
 * hold its head of 8 bytes. */
bool orch_adopt_struct(void *to, size_t to_size, const void *from);

/* Lower-case letters, digits and underscores, a letter first, at most ORCH_NAME_CAP. */
bool orch_adopt_name(const char *name);

/* UTF-8 of at most ORCH_TEXT_CAP bytes, without control characters when it is a `line`, which is
 * shown to people as it stands. */
bool orch_adopt_text(const char *text, bool line);

/* Can this host work with a library built for that version of the ABI? */
orch_status orch_adopt_version(unsigned major, unsigned minor, orch_error *err);

/* All connectors of the library at `path` (copied) from its description, which may be NULL. */
orch_status orch_adopt_plugin(struct orch_arena *a, const char *path, const orch_plugin *from,
                              struct orch_loaded **items, size_t *n, orch_error *err);

/* Turns the reason in `err` into the refusal of the library that people read; gives its code. */
orch_status orch_adopt_refused(const char *path, orch_error *err);

/* Fills *out (its `library` and `plugin` are set) from the plugin's description. */
orch_status orch_adopt_connector(struct orch_arena *a, const orch_connector *from,
                                 struct orch_loaded *out, orch_error *err);

/* Replaces connector->options by checked full-size copies. */
orch_status orch_adopt_options(struct orch_arena *a, orch_connector *connector, orch_error *err);

#endif
