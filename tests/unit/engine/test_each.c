/* SPDX-License-Identifier: Apache-2.0 */
#include "plan_build.h"

static void each_keeps_the_books(void **state)
{
    struct build b;
    struct orch_plan *p;
    struct orch_plan_result r;
    struct orch_expr *arg;
    (void)state;

    build_open(&b, 6);
    build_any(&b, "n", ORCH_TYPE_INTEGER, (int64_t[]){ 1, 4, 3, 2, 99, 5 });
    /* 99 fails as an argument, 3 emits and is rejected, 4 emits nothing, 2 emits two */
    arg = call(&b, "between", col(&b, "n"), lit(&b, val_int(0)), lit(&b, val_int(9)), NULL);
    p = plan_of(&b, STEPS(each_step(&arg, 1)));
    assert_int_equal(orch_plan_fields(p)->items[0].type, ORCH_TYPE_NUMBER);
    for (int batch = 0; batch < 2; batch++) {
        r = plan_run(&b, p);
        assert_int_equal(r.frame.rows, 4);
        assert_int_equal(r.added, 1);
        assert_int_equal(r.filtered, 1);
        assert_int_equal(r.n_rejects, 2);
        is_reject(&r.rejects[0], 4, "between", "99 is not between 0 and 9", "n");
        is_reject(&r.rejects[1], 2, "each", "three is too many", NULL);
        is_num(&r.frame.columns[0], 0, 1);
        is_num(&r.frame.columns[0], 2, 2);
        is_text(&r.frame.columns[1], 1, "t0");
        is_null(&r.frame.columns[1], 2);
        assert_int_equal(r.frame.source_row[0], 0);
        assert_int_equal(r.frame.source_row[1], 3);
        assert_int_equal(r.frame.source_row[2], 3);
        assert_int_equal(r.frame.source_row[3], 5);
    }
    orch_plan_free(p);
    build_close(&b);
}

static void steps_behind_an_each_reject_in_terms_of_the_source(void **state)
{
    struct build b;
    struct orch_plan *p;
    struct orch_plan_result r;
    struct orch_expr *arg;
    struct orch_output output;
    (void)state;

    build_open(&b, 3);
    build_any(&b, "n", ORCH_TYPE_INTEGER, (int64_t[]){ 4, 2, 1 });
    arg = col(&b, "n");
    output = (struct orch_output){ "x", call(&b, "required", col(&b, "t"), NULL) };
    p = plan_of(&b, STEPS(each_step(&arg, 1), select_step(&output, 1)));
    r = plan_run(&b, p);
    assert_int_equal(r.frame.rows, 2);
    assert_int_equal(r.n_rejects, 1);
    is_reject(&r.rejects[0], 1, "required", "a value is required", "t");
    orch_plan_free(p);
    build_close(&b);
}

/* What the row function does with its first row. */
static struct orch_value odd[2];
static int64_t odd_row;
static int64_t odd_times;

static orch_status emit_odd(void *ctx, struct orch_eval *ev, const struct orch_vector *args,
                            size_t n_args, int64_t rows, struct orch_emit *emit, orch_error *err)
{
    orch_status st = ORCH_OK;

    (void)ctx;
    (void)ev;
    (void)args;
    (void)n_args;
    (void)rows;
    for (int64_t i = 0; i < odd_times && st == ORCH_OK; i++)
        st = orch_emit_row(emit, odd_row, odd, err);
    return st;
}

static void values_that_do_not_fit_are_named(void **state)
{
    struct build b;
    struct orch_plan *p;
    struct orch_plan_result r;
    struct orch_step step;
    (void)state;

    build_open(&b, 1);
    build_any(&b, "n", ORCH_TYPE_INTEGER, (int64_t[]){ 1 });
    step = each_step(NULL, 0);
    step.function.run = emit_odd;
    p = plan_of(&b, &step, 1);
    odd_times = 1;
    odd_row = 0;
    odd[0] = val_text("1");
    odd[1] = val_nil();
    assert_int_equal(plan_try(&b, p, &r), ORCH_EINVAL);
    assert_string_equal(b.err.message, "output \"n\" needs a number, not text");
    odd[0] = val_int(1);
    odd_row = 1;
    assert_int_equal(plan_try(&b, p, &r), ORCH_EINVAL);
    assert_string_equal(b.err.message, "row 1 is outside the batch of 1 rows");
    odd_row = 0;
    odd[0] = val_num(0.0 / odd_row);
    r = plan_run(&b, p);
    is_reject(&r.rejects[0], 0, "arithmetic", "output \"n\" is not a finite number", "n");
    odd[0] = val_num(1);
    odd[1] = val_text("\xC3");
    r = plan_run(&b, p);
    is_reject(&r.rejects[0], 0, "encoding", "output \"t\" is not valid UTF-8", "t");
    odd[1] = val_text("a");
    odd[1].text.len = 2;
    r = plan_run(&b, p);
    is_reject(&r.rejects[0], 0, "nul",
              "output \"t\" holds a zero byte; take it out with gsub(\"\\0\", \"\")", "t");
    odd[1] = val_nil();
    odd_times = (1 << 20) + 1;
    assert_int_equal(plan_try(&b, p, &r), ORCH_ECONFIG);
    assert_string_equal(b.err.message,
                        "a row function gives more than 1048576 rows for one batch");
    orch_plan_free(p);
    build_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_keeps_the_books),
        cmocka_unit_test(steps_behind_an_each_reject_in_terms_of_the_source),
        cmocka_unit_test(values_that_do_not_fit_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
