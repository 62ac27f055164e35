/* SPDX-License-Identifier: Apache-2.0 */
/* The xml connector: records of an XML document as rows, read with libxml2's push parser. */
#include "xml_source.h"

#define OPTION(...) { .struct_size = sizeof(orch_option), __VA_ARGS__ }

static const orch_option option_record =
    OPTION(.type = ORCH_OPT_STRING, .flags = ORCH_OPT_REQUIRED, .name = "record",
           .summary = "Path of the element that makes a row; a leading / anchors it at the root.",
           .example = "PRM/Donnees_Releve/PDC");
static const orch_option option_fields =
    OPTION(.type = ORCH_OPT_PAIR, .flags = ORCH_OPT_REPEATED, .name = "fields",
           .summary = "Columns and their paths from the record: elements, @attributes, and .. for "
                      "values of elements above. Without any, the first records tell.",
           .example = "meter=../../Id_PRM");
static const orch_option option_explode =
    OPTION(.type = ORCH_OPT_STRING, .name = "explode",
           .summary = "Path from the record of a repeated element: one row for each of them.",
           .example = "titulaires/titulaire");
static const orch_option option_join =
    OPTION(.type = ORCH_OPT_STRING, .name = "join", .default_text = "; ",
           .summary = "What stands between the values of a field that occurs several times.",
           .example = " | ");
static const orch_option option_trim =
    OPTION(.type = ORCH_OPT_BOOL, .name = "trim", .default_text = "true",
           .summary = "Take white space off both ends of a text.", .example = "false");
static const orch_option option_max_text =
    OPTION(.type = ORCH_OPT_BYTES, .name = "max_text", .default_text = "1MiB", .unit = "bytes",
           .summary = "A record with a longer field is rejected.", .example = "16MiB", .min = 1,
           .max = 1 << 30);
static const orch_option option_max_depth =
    OPTION(.type = ORCH_OPT_INT, .name = "max_depth", .default_text = "100", .unit = "elements",
           .summary = "A document that nests deeper is refused.", .example = "20", .min = 1,
           .max = 250);

static const orch_option *const options[] = { &option_record, &option_fields,   &option_explode,
                                              &option_join,   &option_trim,     &option_max_text,
                                              &option_max_depth };

static const orch_connector connector = {
    .struct_size = sizeof connector,
    .threading = ORCH_THREADS_ONE_PER_INSTANCE,
    .capabilities = ORCH_CAP_INPUT,
    .name = "xml",
    .summary = "Records of XML documents, streamed; fields by path, values of elements above.",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .source = &xml_source_ops,
};

static const orch_connector *const connectors[] = { &connector };

static const orch_plugin plugin = {
    .struct_size = sizeof plugin,
    .abi_major = ORCH_ABI_MAJOR,
    .abi_minor = 0,
    .name = "xml",
    .version = "0.1.0",
    .license = "Apache-2.0",
    .connectors = connectors,
    .n_connectors = 1,
};

ORCH_EXPORT const orch_plugin *orch_plugin_entry(uint16_t host_major, uint16_t host_minor);

const orch_plugin *orch_plugin_entry(uint16_t host_major, uint16_t host_minor)
{
    (void)host_minor;
    return host_major == ORCH_ABI_MAJOR ? &plugin : NULL;
}
