/* SPDX-License-Identifier: Apache-2.0 */
#include "build.h"

#include <math.h>

static struct orch_vector both(struct build *b, const char *op, const char *x, const char *y)
{
    return run(b, call(b, op, col(b, x), col(b, y), NULL));
}

static void integers_stay_integers_and_numbers_spread(void **state)
{
    struct build b;
    struct orch_vector v;
    (void)state;

    build_open(&b, 1);
    build_any(&b, "i", ORCH_TYPE_INTEGER, (int64_t[]){ 7 });
    build_any(&b, "j", ORCH_TYPE_INTEGER, (int64_t[]){ 2 });
    build_any(&b, "n", ORCH_TYPE_NUMBER, (double[]){ 0.5 });
    v = both(&b, "add", "i", "j");
    is_int(&v, 0, 9);
    v = both(&b, "subtract", "j", "i");
    is_int(&v, 0, -5);
    v = both(&b, "multiply", "i", "j");
    is_int(&v, 0, 14);
    v = both(&b, "divide", "i", "j");
    is_num(&v, 0, 3.5);
    v = both(&b, "add", "i", "n");
    is_num(&v, 0, 7.5);
    v = both(&b, "multiply", "n", "j");
    is_num(&v, 0, 1);
    build_close(&b);
}

static void whole_division_rounds_down_as_lua_does(void **state)
{
    struct build b;
    struct orch_vector v;
    const int64_t quotients[] = { 3, -4, -4, 3, INT64_MAX, 0 };
    const int64_t rests[] = { 1, 1, -1, -1, 0, 0 };
    (void)state;

    build_open(&b, 6);
    build_any(&b, "a", ORCH_TYPE_INTEGER, (int64_t[]){ 7, -7, 7, -7, -INT64_MAX, INT64_MIN });
    build_any(&b, "b", ORCH_TYPE_INTEGER, (int64_t[]){ 2, 2, -2, -2, -1, -1 });
    build_any(&b, "x", ORCH_TYPE_NUMBER, (double[]){ 7, -7, 7, -7, 5.5, -5.5 });
    build_any(&b, "y", ORCH_TYPE_NUMBER, (double[]){ 2, 2, -2, -2, 2, 2 });
    v = both(&b, "floor_divide", "a", "b");
    for (int64_t r = 0; r < 5; r++)
        is_int(&v, r, quotients[r]);
    is_failed(&b, &v, 5, "arithmetic", "the result is too large: -9223372036854775808 // -1");
    v = both(&b, "modulo", "a", "b");
    for (int64_t r = 0; r < 6; r++)
        is_int(&v, r, rests[r]);
    v = both(&b, "floor_divide", "x", "y");
    for (int64_t r = 0; r < 4; r++)
        is_num(&v, r, (double)quotients[r]);
    is_num(&v, 4, 2);
    is_num(&v, 5, -3);
    v = both(&b, "modulo", "x", "y");
    for (int64_t r = 0; r < 4; r++)
        is_num(&v, r, (double)rests[r]);
    is_num(&v, 5, 0.5);
    build_close(&b);
}

static void integer_overflow_fails_its_row_only(void **state)
{
    struct build b;
    struct orch_vector v;
    (void)state;

    build_open(&b, 3);
    build_any(&b, "a", ORCH_TYPE_INTEGER, (int64_t[]){ INT64_MAX, 1, INT64_MIN });
    build_any(&b, "b", ORCH_TYPE_INTEGER, (int64_t[]){ 1, 1, 2 });
    build_null(&b, "a", 2);
    v = both(&b, "add", "a", "b");
    is_failed(&b, &v, 0, "arithmetic", "the result is too large: 9223372036854775807 + 1");
    is_int(&v, 1, 2);
    is_null(&v, 2); /* what stands behind a null does not count */
    v = both(&b, "multiply", "a", "b");
    is_int(&v, 0, INT64_MAX);
    is_null(&v, 2);
    v = both(&b, "subtract", "a", "b");
    is_int(&v, 0, INT64_MAX - 1);
    build_close(&b);
}

static void division_by_zero_and_infinity_fail(void **state)
{
    struct build b;
    struct orch_vector v;
    (void)state;

    build_open(&b, 3);
    build_any(&b, "a", ORCH_TYPE_INTEGER, (int64_t[]){ 1, 0, 6 });
    build_any(&b, "z", ORCH_TYPE_INTEGER, (int64_t[]){ 0, 0, 3 });
    build_any(&b, "x", ORCH_TYPE_NUMBER, (double[]){ 1e308, NAN, 1 });
    build_any(&b, "y", ORCH_TYPE_NUMBER, (double[]){ 10, 1, 0 });
    v = both(&b, "divide", "a", "z");
    is_failed(&b, &v, 0, "arithmetic", "division by zero: 1 / 0");
    is_failed(&b, &v, 1, "arithmetic", "division by zero: 0 / 0");
    is_num(&v, 2, 2);
    v = both(&b, "floor_divide", "a", "z");
    is_failed(&b, &v, 0, "arithmetic", "division by zero: 1 // 0");
    v = both(&b, "modulo", "a", "z");
    is_failed(&b, &v, 1, "arithmetic", "division by zero: 0 % 0");
    is_int(&v, 2, 0);
    v = both(&b, "multiply", "x", "y");
    is_failed(&b, &v, 0, "arithmetic", "the result is too large: 1e+308 * 10");
    assert_true(v.fail[1] != 0);
    is_num(&v, 2, 0);
    v = both(&b, "modulo", "x", "y");
    is_failed(&b, &v, 2, "arithmetic", "division by zero: 1 % 0");
    build_close(&b);
}

static void negate_and_abs(void **state)
{
    struct build b;
    struct orch_vector v;
    (void)state;

    build_open(&b, 3);
    build_any(&b, "i", ORCH_TYPE_INTEGER, (int64_t[]){ -3, 4, INT64_MIN });
    build_any(&b, "n", ORCH_TYPE_NUMBER, (double[]){ -3.5, 4, 0 });
    v = run(&b, call(&b, "negate", col(&b, "i"), NULL));
    is_int(&v, 0, 3);
    is_int(&v, 1, -4);
    is_failed(&b, &v, 2, "arithmetic",
              "the result is too large: negate of -9223372036854775808");
    v = run(&b, call(&b, "abs", col(&b, "i"), NULL));
    is_int(&v, 0, 3);
    is_int(&v, 1, 4);
    is_failed(&b, &v, 2, "arithmetic", "the result is too large: abs of -9223372036854775808");
    v = run(&b, call(&b, "negate", col(&b, "n"), NULL));
    is_num(&v, 0, 3.5);
    v = run(&b, call(&b, "abs", col(&b, "n"), NULL));
    is_num(&v, 0, 3.5);
    is_num(&v, 1, 4);
    build_close(&b);
}

static void round_takes_a_half_away_from_zero(void **state)
{
    struct build b;
    struct orch_vector v;
    const double two[] = { 1.01, -1.01, 2.68, 0.5, 1e300, 1234.5 };
    const double none[] = { 1, -1, 3, 1, 1e300, 1235 };
    (void)state;

    build_open(&b, 6);
    build_any(&b, "n", ORCH_TYPE_NUMBER,
              (double[]){ 1.005, -1.005, 2.675, 0.5, 1e300, 1234.5 });
    v = run(&b, with_int(&b, call(&b, "round", col(&b, "n"), NULL), 2));
    for (int64_t r = 0; r < 6; r++)
        is_num(&v, r, two[r]);
    v = run(&b, call(&b, "round", col(&b, "n"), NULL));
    for (int64_t r = 0; r < 6; r++)
        is_num(&v, r, none[r]);
    v = run(&b, with_int(&b, call(&b, "round", col(&b, "n"), NULL), -2));
    is_num(&v, 5, 1200);
    refuse(&b, with_int(&b, call(&b, "round", col(&b, "n"), NULL), 16),
           "parameter 1 of round is 16, allowed is -15 to 15", "test.lua:3", NULL);
    build_close(&b);
}

static void integers_round_to_tens(void **state)
{
    struct build b;
    struct orch_vector v;
    (void)state;

    build_open(&b, 5);
    build_any(&b, "i", ORCH_TYPE_INTEGER, (int64_t[]){ 1234, 1250, -1250, 1249, INT64_MAX });
    v = run(&b, with_int(&b, call(&b, "round", col(&b, "i"), NULL), -2));
    is_int(&v, 0, 1200);
    is_int(&v, 1, 1300);
    is_int(&v, 2, -1300);
    is_int(&v, 3, 1200);
    is_int(&v, 4, 9223372036854775800);
    v = run(&b, with_int(&b, call(&b, "round", col(&b, "i"), NULL), -1));
    is_failed(&b, &v, 4, "arithmetic", "the result is too large: round of 9223372036854775807");
    v = run(&b, with_int(&b, call(&b, "round", col(&b, "i"), NULL), 2));
    is_int(&v, 0, 1234);
    build_close(&b);
}

static void integer_part_is_an_integer(void **state)
{
    struct build b;
    struct orch_vector v;
    (void)state;

    build_open(&b, 4);
    build_any(&b, "n", ORCH_TYPE_NUMBER, (double[]){ 2.9, -2.9, 1e19, NAN });
    v = run(&b, call(&b, "integer_part", col(&b, "n"), NULL));
    is_int(&v, 0, 2);
    is_int(&v, 1, -2);
    is_failed(&b, &v, 2, "arithmetic", "too large for an integer: 1e+19");
    assert_true(v.fail[3] != 0);
    build_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_stay_integers_and_numbers_spread),
        cmocka_unit_test(whole_division_rounds_down_as_lua_does),
        cmocka_unit_test(integer_overflow_fails_its_row_only),
        cmocka_unit_test(division_by_zero_and_infinity_fail),
        cmocka_unit_test(negate_and_abs),
        cmocka_unit_test(round_takes_a_half_away_from_zero),
        cmocka_unit_test(integers_round_to_tens),
        cmocka_unit_test(integer_part_is_an_integer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
