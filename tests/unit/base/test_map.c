/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"

static struct orch_str key_of(int i, char buffer[32])
{
    int n = snprintf(buffer, 32, "key-%d", i);
    return (struct orch_str){ buffer, (size_t)n };
}

static void what_was_put_is_got(void **state)
{
    (void)state;
    struct orch_map m = { 0 };
    char buffer[32];
    size_t value;
    assert_false(orch_map_get(&m, ORCH_STR("x"), &value));
    for (int i = 0; i < 5000; i++)
        assert_true(orch_map_put(&m, key_of(i, buffer), (size_t)i));
    for (int i = 0; i < 5000; i += 3)
        assert_true(orch_map_put(&m, key_of(i, buffer), (size_t)i * 2));
    assert_int_equal(m.len, 5000);
    for (int i = 0; i < 5000; i++) {
        assert_true(orch_map_get(&m, key_of(i, buffer), &value));
        assert_int_equal(value, i % 3 == 0 ? i * 2 : i);
    }
    assert_false(orch_map_get(&m, ORCH_STR("key-5000"), &value));
    orch_map_release(&m);
    assert_int_equal(m.len, 0);
}

static void keys_are_bytes_of_a_length(void **state)
{
    (void)state;
    struct orch_map m = { 0 };
    size_t value;
    assert_true(orch_map_put(&m, (struct orch_str){ NULL, 0 }, 1));
    assert_true(orch_map_put(&m, (struct orch_str){ "\0", 1 }, 2));
    assert_true(orch_map_put(&m, (struct orch_str){ "\0\0", 2 }, 3));
    assert_true(orch_map_get(&m, ORCH_STR(""), &value) && value == 1);
    assert_true(orch_map_get(&m, (struct orch_str){ "\0", 1 }, &value) && value == 2);
    assert_true(orch_map_get(&m, (struct orch_str){ "\0\0", 2 }, &value) && value == 3);
    orch_map_release(&m);
}

static void hashes_are_stable_and_spread(void **state)
{
    (void)state;
    static int seen[1024];
    char buffer[32];
    int most = 0;
    assert_true(orch_hash64("abc", 3) == orch_hash64("abc", 3));
    assert_true(orch_hash64("abc", 3) != orch_hash64("abc", 2));
    for (int i = 0; i < 10240; i++) {
        struct orch_str key = key_of(i, buffer);
        int *bucket = &seen[orch_hash64(key.ptr, key.len) & 1023];
        if (++*bucket > most)
            most = *bucket;
    }
    assert_in_range(most, 10, 40); /* ten are due in each */
}

static void without_memory_the_map_stays_whole(void **state)
{
    (void)state;
    bool done = false;
    for (long n = 1; !done; n++) {
        struct orch_map m = { 0 };
        char buffer[32];
        size_t value, put = 0;
        orch_alloc_fail_at(n);
        while (put < 40 && orch_map_put(&m, key_of((int)put, buffer), put))
            put++;
        done = put == 40;
        orch_alloc_fail_at(0);
        assert_int_equal(m.len, put);
        for (size_t i = 0; i < put; i++)
            assert_true(orch_map_get(&m, key_of((int)i, buffer), &value) && value == i);
        assert_true(n < 100);
        orch_map_release(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_got),
        cmocka_unit_test(keys_are_bytes_of_a_length),
        cmocka_unit_test(hashes_are_stable_and_spread),
        cmocka_unit_test(without_memory_the_map_stays_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
