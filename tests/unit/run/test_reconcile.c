/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "run/reconcile.h"

static struct orch_books balanced(void)
{
    return (struct orch_books){ .read = 100, .added = 5, .filtered = 20, .rejected = 3,
                                .written = 82,
                                .counts = { .inserted = 40, .updated = 30, .unchanged = 10,
                                            .merged = 2 } };
}

static void books_that_balance_pass(void **state)
{
    (void)state;
    struct orch_books books = balanced(), empty = { 0 };
    assert_int_equal(orch_reconcile(&books, NULL), ORCH_OK);
    assert_int_equal(orch_reconcile(&empty, NULL), ORCH_OK);
    assert_int_equal(orch_books_loaded(&books), 80);
}

/* Whichever count is wrong by one, the books do not balance. */
static void every_count_is_part_of_the_balance(void **state)
{
    (void)state;
    for (size_t i = 0; i < 9; i++) {
        struct orch_books books = balanced();
        int64_t *const counts[] = {
            &books.read,           &books.added,         &books.filtered,
            &books.rejected,       &books.written,       &books.counts.inserted,
            &books.counts.updated, &books.counts.unchanged, &books.counts.merged,
        };
        orch_error err = ORCH_ERROR_INIT;
        ++*counts[i];
        assert_int_equal(orch_reconcile(&books, &err), ORCH_EINTERNAL);
        assert_string_equal(err.message, "the books do not balance; nothing was committed");
        assert_string_not_equal(err.hint, "");
    }
}

static void the_error_tells_every_count(void **state)
{
    (void)state;
    struct orch_books books = balanced();
    orch_error err = ORCH_ERROR_INIT;
    books.read = 101;
    assert_int_equal(orch_reconcile(&books, &err), ORCH_EINTERNAL);
    assert_string_equal(err.detail,
                        "read 101 + added 5 but inserted 40 + updated 30 + unchanged 10 + merged 2 "
                        "+ filtered 20 + rejected 3; written 82");
}

/* What is lost at one end and made up at the other is seen by what was written. */
static void errors_that_cancel_out_are_found(void **state)
{
    (void)state;
    struct orch_books books = balanced();
    books.counts.inserted--;
    books.filtered++;
    assert_int_equal(orch_reconcile(&books, NULL), ORCH_EINTERNAL);
}

static void absurd_counts_of_a_destination_are_refused(void **state)
{
    static const orch_write_counts counts[] = {
        { .inserted = INT64_MAX, .updated = INT64_MAX },
        { .inserted = INT64_MAX, .updated = 2, .unchanged = INT64_MAX, .merged = INT64_MAX },
        { .inserted = -1, .updated = 83 },
        { .inserted = INT64_MIN, .merged = INT64_MIN },
    };
    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct orch_books books = balanced();
        books.counts = counts[i];
        assert_int_equal(orch_reconcile(&books, NULL), ORCH_EINTERNAL);
        (void)orch_books_loaded(&books);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(absurd_counts_of_a_destination_are_refused),
        cmocka_unit_test(books_that_balance_pass),
        cmocka_unit_test(every_count_is_part_of_the_balance),
        cmocka_unit_test(the_error_tells_every_count),
        cmocka_unit_test(errors_that_cancel_out_are_found),
    };
    return cmocka_run_group_tests_name("reconcile", tests, NULL, NULL);
}
