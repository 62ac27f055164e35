/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests: what a library says of itself, as a file beside it (NAME.orch.json beside NAME.so), so
 * that a host can plan with its connectors without opening it. One JSON object:
 *
 *   manifest       1, the version of this format; another one is refused
 *   abi            { major, minor } of the connector ABI the library needs
 *   platform       "x86_64-linux-gnu": where it runs
 *   plugin, version, license, home    of the library; the last two may be null
 *   connectors     1 to 64, each with name, summary, roles, write_modes, needs, inputs, resume,
 *                  transactional, threading, personal, state_version, options; an option has name,
 *                  type, summary, roles, required, repeated, secret, deprecated, default, example,
 *                  unit, choices, min, max
 *
 * A field that a reader does not know is passed over: later versions add some. What a reader has to
 * know to be right is refused when it does not: a need, a threading level, the type of an option.
 * A field that is absent is as one that is null, false or empty. What is read passes through the
 * same checks as the tables of a library (plugin/adopt.h). */
#ifndef ORCH_PLUGIN_MANIFEST_H
#define ORCH_PLUGIN_MANIFEST_H

#include "base/json.h"
#include "plugin/registry.h"

#define ORCH_MANIFEST_FORMAT 1
#define ORCH_MANIFEST_BYTES_MOST (512 << 10)
#define ORCH_MANIFEST_SUFFIX ".orch.json"

/* The platform of this program, and thus of a library that it has opened. */
const char *orch_manifest_platform(void);

/* ---- writing ---------------------------------------------------------------------------- */

/* Appends the manifest of a library's connectors. With an indent of 0 it is one line: the form in
 * which two are compared. false: memory or the cap of `out` is used up. */
bool orch_manifest_print(const struct orch_loaded *items, size_t n, int indent,
                         struct orch_text *out);
/* Its parts: all before the connectors, with the object and their array open; one connector; one
 * option of one. */
void orch_manifest_begin(struct orch_json *j, const orch_plugin *plugin);
void orch_manifest_connector(struct orch_json *j, const struct orch_loaded *c);
void orch_manifest_option(struct orch_json *j, const struct orch_loaded *c, const orch_option *o);
/* Is the option for that role (ORCH_OPT_FOR_...), and does the connector offer it? */
bool orch_option_for_role(const struct orch_loaded *c, const orch_option *o, uint32_t role);

/* Says in `err` how the manifest of a library is written. */
void orch_manifest_hint(const char *library, orch_error *err);

/* ---- reading ---------------------------------------------------------------------------- */

/* The connectors of the library at `library`, described and not opened. `file` is the manifest's
 * path; NULL: the library has said this itself. ORCH_ECONFIG: it is none, or is refused; the
 * message names the file and the field. */
orch_status orch_manifest_read(struct orch_arena *a, const char *library, const char *file,
                               struct orch_str text, struct orch_loaded **items, size_t *n,
                               orch_error *err);

/* Is what was found in a library what was planned from? Both are orch_loaded.manifest.
 * ORCH_ECONFIG: the message names the library and what differs first. */
orch_status orch_manifest_compare(const char *library, const char *planned, const char *found,
                                  orch_error *err);

#endif
