/* SPDX-License-Identifier: Apache-2.0 */
/* A file of the zone database, or (first byte 'R') the rule at its end alone. Checked: offsets stay
 * within a day, spans follow on each other, and local times come back. */
#include <stdlib.h>

#include "bytes.h"
#include "engine/zone.h"

static void check_span(const struct orch_zone *z, int64_t at)
{
    struct orch_zone_span span = { 0 };
    orch_zone_find(z, at, &span);
    if (at < span.from || at >= span.until)
        fuzz_broken("the span of %lld is %lld to %lld", (long long)at, (long long)span.from,
                    (long long)span.until);
    if (span.offset <= -ORCH_ZONE_OFFSET_LIMIT || span.offset >= ORCH_ZONE_OFFSET_LIMIT)
        fuzz_broken("an offset of %d seconds", span.offset);
    int64_t utc[2];
    struct orch_zone_span other = { 0 };
    int n = orch_zone_to_utc(z, at, &other, utc);
    for (int i = 0; i < n; i++)
        if (utc[i] + orch_zone_offset_at(z, utc[i], &span) != at)
            fuzz_broken("local time %lld is not its own", (long long)at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t instants[] = { 0, 1, -1, 1700000000, -2000000000, 4102444800, 253402300799,
                                        -62135596800, 32503680000, 1792713600 };
    struct orch_zone z = { .repeat_from = INT64_MAX };
    struct fuzz_bytes b = { data, size };
    bool rule = size > 0 && data[0] == 'R';
    if (rule)
        (void)fuzz_byte(&b);
    orch_status st = rule ? orch_zone_extend(&z, fuzz_rest(&b))
                          : orch_zone_decode(&z, fuzz_rest(&b));
    for (size_t i = 0; st == ORCH_OK && i < sizeof instants / sizeof instants[0]; i++)
        check_span(&z, instants[i]);
    for (size_t i = 0; st == ORCH_OK && i < z.n; i += 97)
        if (z.transitions[i].at > -62135596800 && z.transitions[i].at < 253402300799)
            check_span(&z, z.transitions[i].at);
    free(z.transitions);
    return 0;
}
