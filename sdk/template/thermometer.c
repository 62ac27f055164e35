/* SPDX-License-Identifier: Apache-2.0 */
/* A connector to copy: it reads what a thermometer logger writes, lines "key;value".
 *
 *     logger;TL-0042
 *     place;Town hall, attic
 *     unit;C
 *     2025-10-01T00:00;18.4
 *
 * Make it yours in five steps.
 *  1. Copy this folder, build it untouched and run its tests (README.md): they must pass.
 *  2. Rename: "thermometer" in file names, symbols, CMakeLists.txt, Makefile and test/preview.sh
 *     becomes the name of your connector, which is also what scripts say: o.source.NAME { ... }.
 *     Build and test again.
 *  3. Put an export of your software into sample/, with every oddity that you know of and no real
 *     person in it, and write what should be read into sample/expected.txt.
 *  4. Change the option table below, then thermometer_parse.c (what a line means), then the
 *     columns in thermometer_source.c. The other files hold nothing about thermometers.
 *  5. Work through the list at the end of docs/sdk.md and regenerate thermometer.orch.json.
 *
 * This file describes the plugin; it is all that the host reads when it loads it. */
#include "thermometer_source.h"

ORCH_EXPORT const orch_plugin *orch_plugin_entry(uint16_t host_major, uint16_t host_minor);

/* ---- options: the host parses, checks and documents them -------------------------------- */

static const char *const decimal_choices[] = { "point", "comma", NULL };

static const orch_option decimal = {
    .struct_size = sizeof(orch_option),
    .type = ORCH_OPT_ENUM,
    .flags = ORCH_OPT_FOR_SOURCE,
    .name = "decimal",
    .summary = "What stands between the whole degrees and their fraction.",
    .default_text = "point",
    .example = "comma",
    .choices = decimal_choices,
};

static const orch_option missing = {
    .struct_size = sizeof(orch_option),
    .type = ORCH_OPT_STRING,
    .flags = ORCH_OPT_FOR_SOURCE | ORCH_OPT_REPEATED,
    .name = "missing",
    .summary = "Words that stand for a reading that failed; they become null.",
    .example = "ERR",
};

static const orch_option *const options[] = { &decimal, &missing };

/* ---- description ------------------------------------------------------------------------ */

static const orch_connector thermometer = {
    .struct_size = sizeof(orch_connector),
    /* Two instances share nothing, one instance is used by one thread at a time. Start here; a
     * wider level is a promise that has to be tested. */
    .threading = ORCH_THREADS_ONE_PER_INSTANCE,
    .capabilities = ORCH_CAP_INPUT, /* the host adds the options path and encoding */
    .needs = 0,                     /* neither network nor files: bytes come from the host */
    .name = "thermometer",
    .summary = "Reads the key;value lines that temperature loggers export.",
    .personal = NULL, /* "owner,phone" if columns identified people */
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .source = &thermometer_source_ops,
};

static const orch_connector *const connectors[] = { &thermometer };

static const orch_plugin plugin = {
    .struct_size = sizeof(orch_plugin),
    .abi_major = ORCH_ABI_MAJOR,
    .abi_minor = 0, /* the oldest minor that has all we use, so that older hosts load it too */
    .name = "thermometer",
    .version = "1.0.0",
    .license = "Apache-2.0",
    .home = NULL, /* where its source and its issues live */
    .connectors = connectors,
    .n_connectors = sizeof connectors / sizeof connectors[0],
};

const orch_plugin *orch_plugin_entry(uint16_t host_major, uint16_t host_minor)
{
    (void)host_minor; /* nothing newer than 1.0 of the host is used */
    return host_major == ORCH_ABI_MAJOR ? &plugin : NULL;
}
