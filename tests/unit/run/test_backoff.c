/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "run/backoff.h"

static const int64_t ample = INT64_MAX;

static void each_wait_is_twice_the_one_before_up_to_half_a_minute(void **state)
{
    static const int64_t middle[] = { 1000, 2000, 4000, 8000, 16000 };
    (void)state;
    for (uint32_t n = 1; n <= 5; n++)
        assert_int_equal(orch_backoff_ms(n, (uint32_t)middle[n - 1] / 8, ample), middle[n - 1]);
    assert_int_equal(orch_backoff_ms(6, 4000, ample), 30000);
    assert_int_equal(orch_backoff_ms(UINT32_MAX, UINT32_MAX, ample), 30000);
}

static void chance_moves_a_wait_by_an_eighth_at_most(void **state)
{
    (void)state;
    assert_int_equal(orch_backoff_ms(1, 0, ample), 875);
    assert_int_equal(orch_backoff_ms(1, 250, ample), 1125);
    for (uint32_t random = 0; random < 5000; random++) {
        int64_t wait = orch_backoff_ms(3, random * 858993459u, ample);
        assert_in_range(wait, 3500, 4500);
    }
}

static void a_wait_never_exceeds_what_is_left(void **state)
{
    (void)state;
    assert_int_equal(orch_backoff_ms(4, 0, 300), 300);
    assert_int_equal(orch_backoff_ms(1, 0, 0), 0);
    assert_int_equal(orch_backoff_ms(1, 0, -5), 0);
    assert_int_equal(orch_backoff_ms(0, 125, ample), 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_wait_is_twice_the_one_before_up_to_half_a_minute),
        cmocka_unit_test(chance_moves_a_wait_by_an_eighth_at_most),
        cmocka_unit_test(a_wait_never_exceeds_what_is_left),
    };
    return cmocka_run_group_tests_name("backoff", tests, NULL, NULL);
}
