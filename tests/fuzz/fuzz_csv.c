/* SPDX-License-Identifier: Apache-2.0 */
/* The csv connector. The first line holds settings, blanks between them ("header=false quote=no"),
 * the rest is the export. "cut", "every" and "rows" are for the reading, see memory_source.h. */
#include "memory_source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct orch_loaded *csv;
    struct fuzz_bytes b = { data, size };
    struct fuzz_settings settings = { 0 };
    struct fuzz_reading reading = { 0 };

    if (csv == NULL)
        csv = fuzz_connector("csv");
    fuzz_settings_parse(&settings, fuzz_until(&b, '\n'), ' ');
    reading.seed = fuzz_settings_take(&settings, "cut", 7);
    reading.every = fuzz_settings_take(&settings, "every", 0) % 8;
    reading.rows = fuzz_settings_take(&settings, "rows", 0) % 64;
    fuzz_settings_add(&settings, ORCH_STR("path"), ORCH_STR("input"));
    reading.input = fuzz_rest(&b);
    fuzz_read_both(csv, &settings, reading);
    fuzz_settings_release(&settings);
    return 0;
}
