/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/vec.h"

static void pieces_are_aligned_and_apart(void **state)
{
    (void)state;
    struct orch_arena a = { 0 };
    unsigned char *last = NULL;
    for (size_t size = 0; size < 200; size++) {
        unsigned char *p = orch_arena_alloc(&a, size);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 16, 0);
        assert_true(p != last);
        memset(p, 0xAB, size);
        last = p;
    }
    orch_arena_release(&a);
    assert_null(a.blocks);
}

static void a_piece_larger_than_a_block_fits(void **state)
{
    (void)state;
    struct orch_arena a = { 0 };
    size_t size = 20u << 20;
    unsigned char *p = orch_arena_zalloc(&a, size);
    assert_non_null(p);
    assert_int_equal(p[0] | p[size - 1], 0);
    orch_arena_release(&a);
}

static void reset_keeps_the_blocks(void **state)
{
    (void)state;
    struct orch_arena a = { 0 };
    for (int i = 0; i < 100; i++)
        assert_non_null(orch_arena_alloc(&a, 5000));
    assert_non_null(orch_arena_alloc(&a, 3u << 20));
    orch_arena_reset(&a);
    assert_int_equal(a.total_bytes, 0);
    orch_alloc_fail_at(1);
    /* The large piece first: it takes the block that it had, the small ones theirs. */
    assert_non_null(orch_arena_alloc(&a, 3u << 20));
    for (int i = 0; i < 100; i++)
        assert_non_null(orch_arena_alloc(&a, 5000));
    assert_int_equal(orch_alloc_count(), 0);
    orch_alloc_fail_at(0);
    orch_arena_release(&a);
}

static void the_cap_holds_until_reset(void **state)
{
    (void)state;
    struct orch_arena a = { .cap = 1000 };
    assert_non_null(orch_arena_alloc(&a, 600));
    assert_null(orch_arena_alloc(&a, 600));
    assert_null(orch_arena_alloc(&a, SIZE_MAX));
    assert_non_null(orch_arena_alloc(&a, 100));
    orch_arena_reset(&a);
    assert_non_null(orch_arena_alloc(&a, 600));
    orch_arena_release(&a);
}

static void sizes_that_overflow_are_refused(void **state)
{
    (void)state;
    struct orch_arena a = { 0 };
    size_t product;
    assert_null(orch_arena_alloc(&a, SIZE_MAX));
    assert_null(orch_arena_alloc(&a, SIZE_MAX - 8));
    assert_null(orch_arena_array(&a, SIZE_MAX / 2, 3));
    assert_false(orch_mul_size(SIZE_MAX, 2, &product));
    orch_arena_release(&a);
}

static void texts_are_copied_with_their_nul(void **state)
{
    (void)state;
    struct orch_arena a = { 0 };
    char source[] = "abc";
    char *copy = orch_arena_strdup(&a, source);
    struct orch_str part = orch_arena_str(&a, (struct orch_str){ source, 2 });
    source[0] = 'X';
    assert_string_equal(copy, "abc");
    assert_string_equal(part.ptr, "ab");
    assert_string_equal(orch_arena_str(&a, (struct orch_str){ NULL, 0 }).ptr, "");
    assert_string_equal(orch_arena_printf(&a, "%s-%d", copy, 7), "abc-7");
    int64_t *numbers = orch_arena_array(&a, 100, sizeof *numbers);
    for (int i = 0; i < 100; i++)
        assert_int_equal(numbers[i], 0);
    orch_arena_release(&a);
}

static void exactly_the_chosen_call_fails(void **state)
{
    (void)state;
    orch_alloc_fail_at(2);
    void *first = orch_alloc(8);
    void *second = orch_zalloc(2, 8);
    void *third = orch_realloc(first, 100);
    char *fourth = orch_strdup("x");
    assert_null(second);
    assert_non_null(third);
    assert_string_equal(fourth, "x");
    assert_int_equal(orch_alloc_count(), 4);
    orch_alloc_fail_at(0);
    free(third);
    free(fourth);
    void *none = orch_alloc(0);
    assert_non_null(none);
    free(none);
}

static void a_vector_grows_and_survives_failure(void **state)
{
    (void)state;
    ORCH_VEC(int) v = { 0 };
    for (int i = 0; i < 8; i++)
        assert_true(orch_vec_push(&v, i));
    orch_alloc_fail_at(1);
    assert_false(orch_vec_push(&v, 8));
    orch_alloc_fail_at(0);
    assert_int_equal(v.len, 8);
    assert_true(orch_vec_push(&v, 8));
    for (int i = 0; i < 9; i++)
        assert_int_equal(v.items[i], i);
    assert_false(orch_vec_reserve(&v, SIZE_MAX / 2));
    assert_int_equal(v.len, 9);
    orch_vec_release(&v);
    assert_int_equal(v.cap, 0);
}

static void an_arena_without_memory_gives_null_and_leaks_nothing(void **state)
{
    (void)state;
    bool done = false;
    for (long n = 1; !done; n++) {
        struct orch_arena a = { 0 };
        orch_alloc_fail_at(n);
        done = orch_arena_alloc(&a, 10) && orch_arena_printf(&a, "%070000d", 1) &&
               orch_arena_str(&a, ORCH_STR("x")).ptr && orch_arena_zalloc(&a, 1u << 20);
        orch_alloc_fail_at(0);
        assert_true(n < 10);
        orch_arena_release(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_aligned_and_apart),
        cmocka_unit_test(a_piece_larger_than_a_block_fits),
        cmocka_unit_test(reset_keeps_the_blocks),
        cmocka_unit_test(the_cap_holds_until_reset),
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(texts_are_copied_with_their_nul),
        cmocka_unit_test(exactly_the_chosen_call_fails),
        cmocka_unit_test(a_vector_grows_and_survives_failure),
        cmocka_unit_test(an_arena_without_memory_gives_null_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
