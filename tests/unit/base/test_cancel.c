/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "base/cancel.h"
#include "base/clock.h"

static void *cancel_soon(void *ctx)
{
    (void)ctx;
    nanosleep(&(struct timespec){ .tv_nsec = 60000000 }, NULL);
    orch_cancel_now(SIGTERM);
    return NULL;
}

/* The flag is never cleared: this comes last. */
static void a_sleep_ends_when_the_work_is_cancelled(void **state)
{
    pthread_t thread;
    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, NULL), 0);
    int64_t began = orch_clock_monotonic_us();
    assert_false(orch_cancel_sleep(60000));
    assert_true(orch_clock_monotonic_us() - began < 10000000);
    pthread_join(thread, NULL);
    assert_int_equal(orch_cancel_signal(), SIGTERM);
    assert_false(orch_cancel_sleep(60000));
}

static void a_sleep_lasts_as_long_as_asked(void **state)
{
    (void)state;
    int64_t began = orch_clock_monotonic_us();
    assert_true(orch_cancel_sleep(120));
    assert_true(orch_clock_monotonic_us() - began >= 120000);
    assert_true(orch_cancel_sleep(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sleep_lasts_as_long_as_asked),
        cmocka_unit_test(a_sleep_ends_when_the_work_is_cancelled),
    };
    return cmocka_run_group_tests_name("cancel", tests, NULL, NULL);
}
