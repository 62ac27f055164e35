/* SPDX-License-Identifier: Apache-2.0 */
/* Options of one connector instance: parsed from settings against the connector's table, defaults
 * applied, checked, secrets resolved, redacted. */
#ifndef ORCH_PLUGIN_OPTIONS_H
#define ORCH_PLUGIN_OPTIONS_H

#include "base/json.h"
#include "plugin/registry.h"
#include "plugin/setting.h"

enum orch_role { ORCH_ROLE_SOURCE = 1, ORCH_ROLE_DESTINATION };

struct orch_options;

/* Errors (ORCH_ECONFIG): unknown option with the nearest one, missing required one, wrong type
 * with value and expectation, out of range, not a choice, role that does not take it. Detail: the
 * setting's place. A connector with ORCH_CAP_INPUT as a source also gets the host's own options
 * path (required, repeated), encoding ("auto" or a name ICU knows), see orch_input_options.
 * Of several settings with one name the last counts (the command line follows the script). Values
 * are copied; the connector's table must outlive the options. */
orch_status orch_options_parse(const struct orch_loaded *c, enum orch_role role,
                               const struct orch_setting *settings, size_t n,
                               struct orch_options **out, orch_error *err);
void orch_options_free(struct orch_options *o); /* wipes secrets */

/* Canonical value; NULL past the last. */
const char *orch_options_get(const struct orch_options *o, const char *name, size_t index,
                             size_t *len);
/* Where the option was set, as orch_setting.place; NULL for a default. */
const char *orch_options_place(const struct orch_options *o, const char *name);
/* name = value lines as people may see them: secrets as ***. */
bool orch_options_print(const struct orch_options *o, struct orch_text *out);
/* Replaces every secret value that occurs in text by *** (for messages of libraries). */
void orch_options_redact(const struct orch_options *o, char *text);

/* The host's own options for sources that read inputs; NULL-terminated. */
extern const orch_option *const orch_input_options[];

/* Resolves a text that holds "${env:NAME}" or "${file:PATH}" parts. *secret tells whether any
 * was there. Missing: ORCH_ECONFIG naming the variable or file. */
orch_status orch_secret_resolve(const char *text, struct orch_text *out, bool *secret,
                                orch_error *err);

/* Describes a connector for people or, indented JSON, for machines. */
bool orch_describe_text(const struct orch_loaded *c, struct orch_text *out);
bool orch_describe_json(const struct orch_loaded *c, struct orch_text *out);
/* That JSON object, left open for who has more to say in it: a manifest of this connector alone,
 * with what a manifest cannot know: where the library lies, and the options that the host adds. */
void orch_describe_begin(const struct orch_loaded *c, struct orch_json *j);

#endif
