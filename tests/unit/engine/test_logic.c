/* SPDX-License-Identifier: Apache-2.0 */
#include "build.h"

/* false, true, null, failed */
enum { F, T, N, X };

static void three_valued_column(struct build *b, const char *name, const int *states)
{
    uint8_t *values = orch_arena_array(&b->plan, (size_t)b->frame.rows, 1);

    build_any(b, name, ORCH_TYPE_BOOLEAN, values);
    for (int64_t r = 0; r < b->frame.rows; r++) {
        values[r] = states[r] == T;
        if (states[r] == N)
            build_null(b, name, r);
        if (states[r] == X)
            build_fail(b, name, r);
    }
}

static void is_state(const struct orch_vector *v, int64_t row, int expect)
{
    if (expect == X)
        assert_true(v->fail != NULL && v->fail[row]);
    else if (expect == N)
        is_null(v, row);
    else
        is_bool(v, row, expect == T);
}

static void and_or_follow_the_table(void **state)
{
    static const int a[] = { F, F, F, F, T, T, T, T, N, N, N, N, X, X, X, X };
    static const int b_[] = { F, T, N, X, F, T, N, X, F, T, N, X, F, T, N, X };
    static const int both[] = { F, F, F, F, F, T, N, X, F, N, N, X, F, X, X, X };
    static const int either[] = { F, T, N, X, T, T, T, T, N, T, N, X, X, T, X, X };
    struct build b;
    struct orch_vector v;
    (void)state;

    build_open(&b, 16);
    three_valued_column(&b, "a", a);
    three_valued_column(&b, "b", b_);
    v = run(&b, call(&b, "and", col(&b, "a"), col(&b, "b"), NULL));
    for (int64_t r = 0; r < 16; r++)
        is_state(&v, r, both[r]);
    v = run(&b, call(&b, "or", col(&b, "a"), col(&b, "b"), NULL));
    for (int64_t r = 0; r < 16; r++)
        is_state(&v, r, either[r]);
    build_close(&b);
}

static void not_and_is_null(void **state)
{
    static const int a[] = { F, T, N, X };
    static const int turned[] = { T, F, N, X };
    static const int missing[] = { F, F, T, X };
    struct build b;
    struct orch_vector v;
    (void)state;

    build_open(&b, 4);
    three_valued_column(&b, "a", a);
    v = run(&b, call(&b, "not", col(&b, "a"), NULL));
    for (int64_t r = 0; r < 4; r++)
        is_state(&v, r, turned[r]);
    v = run(&b, call(&b, "is_null", col(&b, "a"), NULL));
    for (int64_t r = 0; r < 4; r++)
        is_state(&v, r, missing[r]);
    build_close(&b);
}

static void logic_needs_booleans(void **state)
{
    struct build b;
    (void)state;

    build_open(&b, 1);
    build_text(&b, "t", (const char *[]){ "x" });
    refuse(&b, call(&b, "not", col(&b, "t"), NULL), "not needs a boolean, not text",
           "test.lua:3: column \"t\"", "add :boolean() or compare, as in :eq(\"x\")");
    build_close(&b);
}

static void case_takes_the_first_true_condition(void **state)
{
    static const int a[] = { T, F, N, F };
    static const int c[] = { T, T, T, F };
    struct build b;
    struct orch_vector v;
    (void)state;

    build_open(&b, 4);
    three_valued_column(&b, "a", a);
    three_valued_column(&b, "c", c);
    v = run(&b, call(&b, "case", col(&b, "a"), lit(&b, val_int(1)), col(&b, "c"),
                     lit(&b, val_num(2.5)), lit(&b, val_int(3)), NULL));
    is_num(&v, 0, 1);
    is_num(&v, 1, 2.5);
    is_num(&v, 2, 2.5); /* null is not true */
    is_num(&v, 3, 3);
    v = run(&b, call(&b, "case", col(&b, "a"), lit(&b, val_text("é")), NULL));
    is_text(&v, 0, "é");
    is_null(&v, 3);
    v = run(&b, call(&b, "case", col(&b, "a"), lit(&b, val_nil()), col(&b, "c"), NULL));
    is_null(&v, 0);
    is_bool(&v, 1, true);
    build_close(&b);
}

static void case_counts_failures_only_of_what_it_tried(void **state)
{
    static const int a[] = { T, F, X, F };
    static const int c[] = { X, X, T, T };
    struct build b;
    struct orch_vector v;
    (void)state;

    build_open(&b, 4);
    three_valued_column(&b, "a", a);
    three_valued_column(&b, "c", c);
    build_any(&b, "v", ORCH_TYPE_INTEGER, (int64_t[]){ 10, 11, 12, 13 });
    build_any(&b, "w", ORCH_TYPE_INTEGER, (int64_t[]){ 20, 21, 22, 23 });
    build_fail(&b, "w", 0); /* not taken */
    build_fail(&b, "v", 1); /* not taken */
    build_fail(&b, "w", 3); /* taken */
    v = run(&b, call(&b, "case", col(&b, "a"), col(&b, "v"), col(&b, "c"), col(&b, "w"), NULL));
    is_int(&v, 0, 10);
    is_failed(&b, &v, 1, "broken", "broken c");
    is_failed(&b, &v, 2, "broken", "broken a");
    is_failed(&b, &v, 3, "broken", "broken w");
    build_close(&b);
}

static void case_refuses_branches_that_disagree(void **state)
{
    struct build b;
    (void)state;

    build_open(&b, 1);
    build_any(&b, "a", ORCH_TYPE_BOOLEAN, (uint8_t[]){ 1 });
    refuse(&b, call(&b, "case", col(&b, "a"), lit(&b, val_int(1)), lit(&b, val_text("x")), NULL),
           "case needs values of one type, not integer and text", "test.lua:3",
           "add :integer() to the text");
    refuse(&b, call(&b, "case", col(&b, "a"), lit(&b, val_nil()), NULL),
           "case gives nil in every branch", "test.lua:3", NULL);
    refuse(&b, call(&b, "case", col(&b, "a"), NULL), "case needs a condition and a value",
           "test.lua:3", NULL);
    refuse(&b, call(&b, "case", lit(&b, val_int(1)), lit(&b, val_int(1)), NULL),
           "case needs a boolean, not integer", "test.lua:3", NULL);
    build_close(&b);
}

static void greatest_and_least_are_strict(void **state)
{
    struct build b;
    struct orch_vector v;
    (void)state;

    build_open(&b, 3);
    build_any(&b, "i", ORCH_TYPE_INTEGER, (int64_t[]){ 3, 1, 5 });
    build_any(&b, "j", ORCH_TYPE_INTEGER, (int64_t[]){ 2, 4, 6 });
    build_any(&b, "n", ORCH_TYPE_NUMBER, (double[]){ 2.5, 2.5, 2.5 });
    build_text(&b, "t", (const char *[]){ "é", "a", "b" });
    build_null(&b, "j", 2);
    v = run(&b, call(&b, "greatest", col(&b, "i"), col(&b, "j"), NULL));
    is_int(&v, 0, 3);
    is_int(&v, 1, 4);
    is_null(&v, 2);
    v = run(&b, call(&b, "least", col(&b, "i"), col(&b, "n"), NULL));
    is_num(&v, 0, 2.5);
    is_num(&v, 1, 1);
    v = run(&b, call(&b, "least", col(&b, "t"), lit(&b, val_text("az")), NULL));
    is_text(&v, 0, "az");
    is_text(&v, 1, "a");
    build_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(and_or_follow_the_table),
        cmocka_unit_test(not_and_is_null),
        cmocka_unit_test(logic_needs_booleans),
        cmocka_unit_test(case_takes_the_first_true_condition),
        cmocka_unit_test(case_counts_failures_only_of_what_it_tried),
        cmocka_unit_test(case_refuses_branches_that_disagree),
        cmocka_unit_test(greatest_and_least_are_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
