/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <pthread.h>

#include "base/arena.h"
#include "base/channel.h"

#define MANY 20000

struct item {
    int number;
    char padding[20];
};

static void *push_many(void *arg)
{
    struct orch_channel *c = arg;
    for (int i = 0; i < MANY; i++) {
        struct item item = { .number = i };
        if (!orch_channel_push(c, &item))
            return NULL;
    }
    orch_channel_close(c);
    return arg;
}

static void items_arrive_in_order_and_all(void **state)
{
    (void)state;
    struct orch_channel *c = orch_channel_new(sizeof(struct item), 3);
    pthread_t thread;
    struct item item;
    void *finished;
    int next = 0;
    assert_int_equal(pthread_create(&thread, NULL, push_many, c), 0);
    while (orch_channel_pop(c, &item))
        assert_int_equal(item.number, next++);
    pthread_join(thread, &finished);
    assert_int_equal(next, MANY);
    assert_non_null(finished);
    orch_channel_free(c);
}

static void closing_wakes_a_full_pusher(void **state)
{
    (void)state;
    struct orch_channel *c = orch_channel_new(sizeof(struct item), 2);
    pthread_t thread;
    struct item item;
    void *finished = &item;
    assert_int_equal(pthread_create(&thread, NULL, push_many, c), 0);
    assert_true(orch_channel_pop(c, &item));
    orch_channel_close(c);
    pthread_join(thread, &finished);
    assert_null(finished);
    orch_channel_free(c);
}

static void *pop_one(void *arg)
{
    struct item item;
    return orch_channel_pop(arg, &item) ? arg : NULL;
}

static void closing_wakes_an_empty_popper(void **state)
{
    (void)state;
    struct orch_channel *c = orch_channel_new(sizeof(struct item), 2);
    pthread_t thread;
    void *got;
    assert_int_equal(pthread_create(&thread, NULL, pop_one, c), 0);
    orch_channel_close(c);
    pthread_join(thread, &got);
    assert_null(got);
    orch_channel_free(c);
}

static void what_is_left_is_given_after_closing(void **state)
{
    (void)state;
    struct orch_channel *c = orch_channel_new(sizeof(int), 4);
    int value = 1;
    assert_true(orch_channel_push(c, &value));
    value = 2;
    assert_true(orch_channel_push(c, &value));
    orch_channel_close(c);
    assert_false(orch_channel_push(c, &value));
    assert_true(orch_channel_pop(c, &value));
    assert_int_equal(value, 1);
    assert_true(orch_channel_pop(c, &value));
    assert_int_equal(value, 2);
    assert_false(orch_channel_pop(c, &value));
    orch_channel_free(c);
}

static void a_channel_that_cannot_be_is_null(void **state)
{
    (void)state;
    assert_null(orch_channel_new(SIZE_MAX, 2));
    orch_alloc_fail_at(1);
    assert_null(orch_channel_new(8, 2));
    orch_alloc_fail_at(0);
    orch_channel_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_arrive_in_order_and_all),
        cmocka_unit_test(closing_wakes_a_full_pusher),
        cmocka_unit_test(closing_wakes_an_empty_popper),
        cmocka_unit_test(what_is_left_is_given_after_closing),
        cmocka_unit_test(a_channel_that_cannot_be_is_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
