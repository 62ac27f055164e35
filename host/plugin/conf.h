/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration file: sections of keys and values, checked against tables of options.
 *
 *     # a comment, on a line of its own
 *     [section]
 *     key = value
 *     [section name]
 *     key = "a value with a # or blanks at its ends"
 *
 * UTF-8; at most 1 MiB, a line at most 4096 bytes; no control byte but the tab. A value is read as
 * that of a connector's option of the same type (plugin/option_value.h). A section may come in
 * parts; a key stands in it once, unless its option is ORCH_OPT_REPEATED. What is not known is
 * refused, never passed over. */
#ifndef ORCH_PLUGIN_CONF_H
#define ORCH_PLUGIN_CONF_H

#include "base/arena.h"

struct orch_conf_section {
    const char *name;
    bool named; /* stands before the name of a connector: [connector csv] */
    const orch_option *keys;
    size_t n_keys;
};

struct orch_conf_value {
    const char *section;
    const char *name;  /* "" unless the section is named */
    const char *key;
    const char *value; /* canonical, see orch_option_value */
    const char *place; /* "FILE:LINE" */
};

/* {0} is an empty one. */
struct orch_conf {
    struct orch_arena arena;
    struct orch_conf_value *items; /* in the order of the file */
    size_t len, cap;
};

/* Reads `text`, which stands in the file `path`. `known` lasts as long as *out.
 * ORCH_ECONFIG: message says what is wrong, detail where (FILE:LINE), hint the nearest name or what
 * is taken. ORCH_ENOMEM. On failure *out is as it was. */
orch_status orch_conf_parse(struct orch_conf *out, const char *path, struct orch_str text,
                            const struct orch_conf_section *known, size_t n_known,
                            orch_error *err);
/* The same from the file. It must be a regular file of root's or of this account's that nobody else
 * may write to: ORCH_ECONFIG otherwise, and when it cannot be read. */
orch_status orch_conf_read(struct orch_conf *out, const char *path,
                           const struct orch_conf_section *known, size_t n_known,
                           orch_error *err);
void orch_conf_release(struct orch_conf *c);

/* The value number `index` of a key; NULL past the last. */
const struct orch_conf_value *orch_conf_get(const struct orch_conf *c, const char *section,
                                            const char *name, const char *key, size_t index);

#endif
