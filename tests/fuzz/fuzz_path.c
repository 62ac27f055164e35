/* SPDX-License-Identifier: Apache-2.0 */
/* Paths of the xml connector: each line is a setting ("record=…", "fields=name=path",
 * "explode=…"), read against one document. */
#include "memory_source.h"

static const char document[] =
    "<?xml version=\"1.0\"?>\n"
    "<r:root xmlns:r=\"urn:r\" made=\"2026\"><head><id>7</id></head>\n"
    "<a k=\"1\"><b>one</b><b>two</b><c><d r:e=\"x\">deep</d></c>"
    "<l><m>1</m></l><l><m>2</m></l></a>\n"
    "<a k=\"2\"><b/><c><d>deeper<a><b>inner</b></a></d></c>text</a>\n"
    "<list><a><b>three</b></a></list><late>L</late></r:root>\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct orch_loaded *xml;
    struct fuzz_bytes b = { data, size };
    struct fuzz_settings settings = { 0 };
    struct fuzz_reading reading = { .input = { document, sizeof document - 1 }, .seed = 3 };

    if (xml == NULL)
        xml = fuzz_connector("xml");
    fuzz_settings_parse(&settings, fuzz_rest(&b), '\n');
    (void)fuzz_settings_take(&settings, "path", 0);
    fuzz_settings_add(&settings, ORCH_STR("path"), ORCH_STR("input"));
    fuzz_read_both(xml, &settings, reading);
    fuzz_settings_release(&settings);
    return 0;
}
