/* SPDX-License-Identifier: Apache-2.0 */
#include "conversion_fixture.h"

static void usual_words_are_known_in_any_case(void **state)
{
    const char *const words[] = { "true", "VRAI", " Oui ", "yes", "O", "y", "1", "X",
                                  "FALSE", "faux", "Non", "no", "n", "N", "0", NULL };
    struct fixture f;

    (void)state;
    fixture_open(&f, "boolean", ORCH_TYPE_TEXT);
    fixture_accept(&f);
    fixture_run_texts(&f, words);
    for (int64_t i = 0; i < 15; i++) {
        fixture_present(&f, i);
        assert_int_equal(f.out.of.boolean[i], i < 8);
    }
    fixture_close(&f);
}

static void blank_is_null_and_other_words_fail(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open(&f, "boolean", ORCH_TYPE_TEXT);
    fixture_accept(&f);
    fixture_run_texts(&f, (const char *const[]){ "\xC2\xA0", "peut-\xC3\xAAtre", "2", NULL });
    assert_true(fixture_is_null(&f, 0));
    fixture_failed(&f, 1, "boolean", "not a boolean: \"peut-\xC3\xAAtre\"");
    fixture_failed(&f, 2, "boolean", "not a boolean: \"2\"");
    fixture_close(&f);
}

static void own_words_replace_the_usual_ones(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open(&f, "boolean", ORCH_TYPE_TEXT);
    fixture_list(&f, "yes", "ouvert|Activ\xC3\xA9");
    fixture_list(&f, "no", "ferm\xC3\xA9");
    fixture_accept(&f);
    fixture_run_texts(&f, (const char *const[]){ "OUVERT", "activ\xC3\x89", "FERM\xC3\x89", "oui",
                                                 NULL });
    fixture_present(&f, 1);
    fixture_present(&f, 2);
    assert_true(f.out.of.boolean[0] && f.out.of.boolean[1] && !f.out.of.boolean[2]);
    fixture_failed(&f, 3, "boolean", "not a boolean: \"oui\"");
    fixture_close(&f);
}

static void a_word_may_not_mean_both(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open(&f, "boolean", ORCH_TYPE_TEXT);
    fixture_list(&f, "yes", "Non");
    fixture_refuse(&f, "boolean: \"non\" means both yes and no");
    fixture_close(&f);
}

static void options_are_checked(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open(&f, "boolean", ORCH_TYPE_TEXT);
    fixture_list(&f, "true_words", "ja");
    fixture_refuse(&f, "boolean has no parameter \"true_words\"");
    fixture_close(&f);
    fixture_open(&f, "boolean", ORCH_TYPE_TEXT);
    fixture_flag(&f, "yes", true);
    fixture_refuse(&f, "boolean: yes must hold words, not boolean");
    fixture_close(&f);
    fixture_open(&f, "boolean", ORCH_TYPE_NUMBER);
    fixture_refuse(&f, "boolean needs text or an integer, not number");
    fixture_close(&f);
}

static void integers_zero_and_one_convert(void **state)
{
    static const int64_t values[] = { 0, 1, 2 };
    struct fixture f;

    (void)state;
    fixture_open(&f, "boolean", ORCH_TYPE_INTEGER);
    fixture_accept(&f);
    fixture_run(&f, values, NULL, 3);
    fixture_present(&f, 0);
    fixture_present(&f, 1);
    assert_true(!f.out.of.boolean[0] && f.out.of.boolean[1]);
    fixture_failed(&f, 2, "boolean", "not a boolean: 2");
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usual_words_are_known_in_any_case),
        cmocka_unit_test(blank_is_null_and_other_words_fail),
        cmocka_unit_test(own_words_replace_the_usual_ones),
        cmocka_unit_test(a_word_may_not_mean_both),
        cmocka_unit_test(options_are_checked),
        cmocka_unit_test(integers_zero_and_one_convert),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
