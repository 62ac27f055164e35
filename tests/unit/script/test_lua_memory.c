/* SPDX-License-Identifier: Apache-2.0 */
/* Every allocation may fail, and every limit may be the one that is hit: what is left is a clean
 * error and no leak (the sanitizers watch). */
#include "script_test.h"

#include "base/arena.h"

#define DATA TEST_SOURCE_DIR "/tests/data/scripts/"

static const char *const params[] = { "year=2025" };

static orch_status load(struct orch_limits limits, struct orch_script **s, orch_error *err)
{
    struct orch_script_request request = { .path = DATA "traffic.lua",
                                           .territory = DATA "territory.lua",
                                           .params = params, .n_params = 1, .limits = limits };

    *s = NULL;
    *err = (orch_error)ORCH_ERROR_INIT;
    return orch_script_load(&request, s, err);
}

/* The text library and the collector may live on after one refusal: a load that succeeds will
 * do. */
static void a_failed_allocation_is_a_clean_error(void **state)
{
    struct orch_script *s;
    orch_error err;
    long failures = 0;
    long total;

    (void)state;
    orch_alloc_fail_at(0);
    long before = orch_alloc_count();
    assert_int_equal(load((struct orch_limits){ 0 }, &s, &err), ORCH_OK);
    total = orch_alloc_count() - before;
    orch_script_free(s);
    for (long n = 1; n <= total; n++) {
        orch_alloc_fail_at(n);
        orch_status st = load((struct orch_limits){ 0 }, &s, &err);
        orch_alloc_fail_at(0);
        if (st != ORCH_OK) {
            if (st != ORCH_ENOMEM)
                fail_msg("allocation %ld: %s | %s", n, err.message, err.detail);
            failures++;
        }
        orch_script_free(s);
    }
    assert_true(failures > 10);
}

static void every_memory_limit_is_a_clean_error(void **state)
{
    struct orch_script *s;
    orch_error err;
    orch_status st = ORCH_ECONFIG;
    size_t limit = 100;

    (void)state;
    for (; st != ORCH_OK && limit < (1 << 20); limit += limit < 40000 ? 61 : 997) {
        st = load((struct orch_limits){ limit, 0, 0 }, &s, &err);
        if (st != ORCH_OK && st != ORCH_ENOMEM && !strstr(err.detail, "script needs more than"))
            fail_msg("limit %zu: %s | %s", limit, err.message, err.detail);
        orch_script_free(s);
    }
    assert_int_equal(st, ORCH_OK);
    print_message("loads with %zu bytes\n", limit);
}

static void every_instruction_limit_is_a_clean_error(void **state)
{
    struct orch_script *s;
    orch_error err;

    (void)state;
    for (int64_t limit = 1; limit < 3000; limit += 97) {
        orch_status st = load((struct orch_limits){ 0, limit, 0 }, &s, &err);
        if (st != ORCH_OK && !strstr(err.detail, "instructions"))
            fail_msg("limit %lld: %s | %s", (long long)limit, err.message, err.detail);
        orch_script_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failed_allocation_is_a_clean_error),
        cmocka_unit_test(every_memory_limit_is_a_clean_error),
        cmocka_unit_test(every_instruction_limit_is_a_clean_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
