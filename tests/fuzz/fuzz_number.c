/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers under every kind of syntax, chosen by the first two bytes. Checked: a number is finite,
 * an integer is the same as a number, and a plain number means the same whatever marks are
 * allowed. */
#include <math.h>
#include <stdlib.h>

#include "engine/number_syntax.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct orch_str units[] = { { "kVA", 3 }, { "\xE2\x82\xAC", 3 }, { "%", 1 } };

static struct orch_number_syntax choose(uint8_t a, uint8_t b)
{
    static const char decimals[] = { '.', ',', 0, '.' };
    struct orch_number_syntax f = { .decimal = decimals[a & 3],
                                    .accounting = (a & 4) != 0,
                                    .scientific = (a & 8) != 0 };

    if ((a & 16) != 0)
        orch_number_syntax_blanks(&f);
    if ((a & 32) != 0)
        orch_number_syntax_mark(&f, ORCH_STR("'"));
    if ((a & 64) != 0 && f.decimal == ',')
        orch_number_syntax_mark(&f, ORCH_STR("."));
    if ((b & 1) != 0) {
        f.units = units;
        f.n_units = sizeof units / sizeof units[0];
    }
    return f;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const struct orch_number_syntax plain = { .decimal = '.' };
    struct orch_number_syntax f = choose(data[0], data[1]);
    struct orch_str s = { (const char *)data + 2, size - 2 };
    double number = 0, again = 0;
    int64_t integer = 0;

    orch_number_syntax_mark(&f, s);
    enum orch_number_result n = orch_number_parse(&f, s, &number);
    enum orch_number_result i = orch_integer_parse(&f, s, &integer);
    if (n == ORCH_NUMBER_OK && (!isfinite(number) || (number == 0 && signbit(number))))
        abort();
    if (n == ORCH_NUMBER_OK && i == ORCH_NUMBER_OK && (double)integer != number)
        abort();
    if (n == ORCH_NUMBER_OK && f.decimal == '.' &&
        orch_number_parse(&plain, s, &again) == ORCH_NUMBER_OK && again != number)
        abort();
    return 0;
}
