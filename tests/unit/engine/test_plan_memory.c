/* SPDX-License-Identifier: Apache-2.0 */
#include "plan_build.h"

#include "engine/step.h"

/* A plan with something of everything, over four_rows. */
struct everything {
    struct build b;
    struct orch_output first[6], second[2];
    struct orch_expr *arg;
    struct orch_step steps[4];
};

static void everything_open(struct everything *e)
{
    static const int64_t numbers[] = { 1, 2, 9, INT64_MAX };
    const struct orch_value keys[] = { val_text("b"), val_text("d") };
    struct build *b = &e->b;

    build_open(b, 4);
    build_text(b, "name", (const char *[]){ " é ", "b", NULL, "d" });
    build_any(b, "n", ORCH_TYPE_INTEGER, numbers);
    e->first[0] = (struct orch_output){
        "n", call(b, "between", col(b, "n"), lit(b, val_num(2)), lit(b, val_num(30)), NULL)
    };
    e->first[1] = (struct orch_output){
        "k", call(b, "default", with_list(b, call(b, "map", col(b, "name"), NULL), keys, keys, 2),
                  lit(b, val_text("d")), NULL)
    };
    e->first[2] = (struct orch_output){
        "g", with_text(b, with_text(b, call(b, "gsub", col(b, "name"), NULL), "\\s"), "_")
    };
    e->first[3] = (struct orch_output){ "u", call(b, "upper", col(b, "name"), NULL) };
    e->first[4] = (struct orch_output){
        "c", call(b, "case", call(b, "gt", col(b, "n"), lit(b, val_int(5)), NULL),
                  call(b, "or_null", call(b, "add", col(b, "n"), lit(b, val_int(1)), NULL), NULL),
                  NULL)
    };
    e->first[5] = (struct orch_output){
        "p", with_int(b, call(b, "pad", call(b, "squeeze", col(b, "name"), NULL), NULL), 8)
    };
    e->second[0] = (struct orch_output){ "n", call(b, "text", col(b, "n"), NULL) };
    e->second[1] = (struct orch_output){
        "t", call(b, "concat", col(b, "t"), call(b, "lower", lit(b, val_text("X")), NULL), NULL)
    };
    e->arg = col(b, "n");
    e->steps[0] = select_step(e->first, 6);
    e->steps[1] = where_step(with_list(b, call(b, "is_in", col(b, "k"), NULL), NULL, keys, 2));
    e->steps[2] = each_step(&e->arg, 1);
    e->steps[3] = select_step(e->second, 2);
}

static void every_allocation_may_fail(void **state)
{
    struct everything e;
    orch_status st;
    long n = 0, calls;
    (void)state;

    everything_open(&e);
    do {
        struct orch_plan *p = NULL;
        struct orch_plan_result r;

        orch_alloc_fail_at(++n);
        st = orch_plan_new(&e.b.fields, e.steps, 4, NULL, &p, &e.b.err);
        if (st == ORCH_OK)
            st = plan_try(&e.b, p, &r);
        calls = orch_alloc_count();
        orch_alloc_fail_at(0);
        assert_true(st == ORCH_OK || (st == ORCH_ENOMEM && e.b.err.code == ORCH_ENOMEM));
        orch_plan_free(p);
    } while (calls >= n); /* what a message quotes may be lost: ORCH_OK alone is not the end */
    assert_true(n > 30);
    build_close(&e.b);
}

/* Arenas take memory in large blocks: their own limit fails every single piece. */
static void every_piece_of_a_batch_may_be_missing(void **state)
{
    struct everything e;
    struct orch_plan *p;
    struct orch_plan_result r;
    size_t failed = 0;
    orch_status st;
    (void)state;

    everything_open(&e);
    p = plan_of(&e.b, e.steps, 4);
    for (size_t cap = 16;; cap += 16) {
        p->batch.cap = cap;
        st = plan_try(&e.b, p, &r);
        if (st == ORCH_OK && p->batch.total_bytes + 256 < cap)
            break;
        assert_true(st == ORCH_OK || (st == ORCH_ENOMEM && e.b.err.code == ORCH_ENOMEM));
        failed += st != ORCH_OK;
    }
    assert_true(failed > 100);
    assert_int_equal(r.frame.rows + (int64_t)r.n_rejects + r.filtered, 4 + r.added);
    orch_plan_free(p);
    build_close(&e.b);
}

static orch_status clone_and_check(struct everything *e, size_t cap)
{
    struct orch_arena arena = { .cap = cap };
    struct orch_check check = { .arena = &arena, .fields = &e->b.fields };
    struct orch_map done = {0};
    orch_status st = ORCH_OK;

    for (size_t i = 0; i < 6 && st == ORCH_OK; i++) {
        struct orch_expr *copy;
        st = orch_expr_clone(&arena, &done, e->first[i].expr, &copy, &e->b.err);
        if (st == ORCH_OK)
            st = orch_expr_check(copy, &check, &e->b.err);
    }
    for (size_t i = 0; i < check.cleanups.len; i++)
        check.cleanups.items[i].free(check.cleanups.items[i].what);
    orch_vec_release(&check.cleanups);
    orch_map_release(&done);
    orch_arena_release(&arena);
    return st;
}

static void every_piece_of_a_plan_may_be_missing(void **state)
{
    struct everything e;
    size_t cap = 16;
    orch_status st;
    (void)state;

    everything_open(&e);
    while ((st = clone_and_check(&e, cap)) != ORCH_OK) {
        assert_int_equal(st, ORCH_ENOMEM);
        assert_int_equal(e.b.err.code, ORCH_ENOMEM);
        cap += 16;
    }
    assert_true(cap > 1024);
    build_close(&e.b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(every_piece_of_a_batch_may_be_missing),
        cmocka_unit_test(every_piece_of_a_plan_may_be_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
