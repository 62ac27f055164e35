/* SPDX-License-Identifier: Apache-2.0 */
#include "build.h"

#define NBSP "\xC2\xA0"
#define NARROW "\xE2\x80\xAF"
#define BOM "\xEF\xBB\xBF"
#define EM_SPACE "\xE2\x80\x83"

/* Column "t" of the given texts under an operation without parameters. */
static struct orch_vector over(struct build *b, const char *op, const char *const *texts)
{
    build_text(b, "t", texts);
    return run(b, call(b, op, col(b, "t"), NULL));
}

static void trim_takes_unicode_white_space(void **state)
{
    struct build b;
    struct orch_vector v;
    (void)state;

    build_open(&b, 8);
    v = over(&b, "trim", (const char *[]){ " a b ", BOM NBSP "é" NARROW "\t", "", NULL, NBSP,
                                           "\xE3\x80\x80x" EM_SPACE "y" EM_SPACE,
                                           "\xC2\x85\xE1\x9A\x80z\xE2\x81\x9F", "à" });
    is_text(&v, 0, "a b");
    is_text(&v, 1, "é");
    is_text(&v, 2, "");
    is_null(&v, 3);
    is_text(&v, 4, "");
    is_text(&v, 5, "x" EM_SPACE "y");
    is_text(&v, 6, "z");
    is_text(&v, 7, "à");
    build_close(&b);
}

static void squeeze_leaves_one_blank(void **state)
{
    struct build b;
    struct orch_vector v;
    (void)state;

    build_open(&b, 5);
    v = over(&b, "squeeze", (const char *[]){ "  rue \t de" NBSP "la  Soif ", "a b", "a\nb", "  ",
                                              "é  è" });
    is_text(&v, 0, "rue de la Soif");
    is_text(&v, 1, "a b");
    assert_ptr_equal(v.of.text[1].ptr, b.columns[0].of.text[1].ptr);
    is_text(&v, 2, "a b");
    is_text(&v, 3, "");
    is_text(&v, 4, "é è");
    build_close(&b);
}

static void case_changes_letters_of_all_scripts(void **state)
{
    struct build b;
    struct orch_vector v;
    const char *const texts[] = { "abc-09Z", "Hôtel de l'Éveil", "œuvre", "ɐ", "",
                                  "\xF0\x90\x90\xA8", NULL };
    (void)state;

    build_open(&b, 7);
    v = over(&b, "upper", texts);
    is_text(&v, 0, "ABC-09Z");
    is_text(&v, 1, "HÔTEL DE L'ÉVEIL");
    is_text(&v, 2, "ŒUVRE");
    is_text(&v, 3, "Ɐ"); /* two bytes become three */
    is_text(&v, 4, "");
    is_text(&v, 5, "\xF0\x90\x90\x80");
    is_null(&v, 6);
    v = run(&b, call(&b, "lower", col(&b, "t"), NULL));
    is_text(&v, 0, "abc-09z");
    is_text(&v, 1, "hôtel de l'éveil");
    build_close(&b);
}

static void empty_null_also_takes_blank_text(void **state)
{
    struct build b;
    struct orch_vector v;
    (void)state;

    build_open(&b, 4);
    v = over(&b, "empty_null", (const char *[]){ "", NBSP " ", " x ", NULL });
    is_null(&v, 0);
    is_null(&v, 1);
    is_text(&v, 2, " x ");
    is_null(&v, 3);
    build_close(&b);
}

static void length_counts_characters(void **state)
{
    struct build b;
    struct orch_vector v;
    (void)state;

    build_open(&b, 3);
    v = over(&b, "length", (const char *[]){ "été", "", "\xF0\x9F\x9A\xB2" });
    is_int(&v, 0, 3);
    is_int(&v, 1, 0);
    is_int(&v, 2, 1);
    build_close(&b);
}

static void starts_ends_contains(void **state)
{
    struct build b;
    struct orch_vector v;
    (void)state;

    build_open(&b, 4);
    build_text(&b, "t", (const char *[]){ "PDL-12", "12-PDL", "", NULL });
    v = run(&b, with_text(&b, call(&b, "starts", col(&b, "t"), NULL), "PDL"));
    is_bool(&v, 0, true);
    is_bool(&v, 1, false);
    is_bool(&v, 2, false);
    is_null(&v, 3);
    v = run(&b, with_text(&b, call(&b, "ends", col(&b, "t"), NULL), "PDL"));
    is_bool(&v, 0, false);
    is_bool(&v, 1, true);
    v = run(&b, with_text(&b, call(&b, "contains", col(&b, "t"), NULL), "-"));
    is_bool(&v, 1, true);
    is_bool(&v, 2, false);
    v = run(&b, with_text(&b, call(&b, "contains", col(&b, "t"), NULL), ""));
    is_bool(&v, 2, true);
    refuse(&b, with_int(&b, call(&b, "starts", col(&b, "t"), NULL), 3),
           "starts needs a text as parameter 1, not an integer", "test.lua:3", NULL);
    build_close(&b);
}

static void sub_counts_as_lua_does_in_characters(void **state)
{
    static const struct {
        int64_t first, last;
        const char *expect;
    } cases[] = {
        { 1, 2, "Éc" },  { 2, -1, "cole" }, { -2, -1, "le" }, { 0, 1, "É" },   { 3, 2, "" },
        { 9, 12, "" },   { -99, 1, "É" },   { 5, 99, "e" },   { 1, -99, "" },  { 2, 2, "c" },
    };
    struct build b;
    struct orch_vector v;
    (void)state;

    build_open(&b, 2);
    build_text(&b, "t", (const char *[]){ "École", "Ecole" });
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        v = run(&b, with_int(&b, with_int(&b, call(&b, "sub", col(&b, "t"), NULL),
                                          cases[i].first), cases[i].last));
        is_text(&v, 0, cases[i].expect);
    }
    is_text(&v, 1, "c");
    v = run(&b, with_int(&b, call(&b, "sub", col(&b, "t"), NULL), 4));
    is_text(&v, 0, "le");
    is_text(&v, 1, "le");
    build_close(&b);
}

static void split_part_gives_null_past_the_last(void **state)
{
    struct build b;
    struct orch_vector v;
    (void)state;

    build_open(&b, 4);
    build_text(&b, "t", (const char *[]){ "a::b::c", "a", "", "::x" });
    v = run(&b, with_int(&b, with_text(&b, call(&b, "split_part", col(&b, "t"), NULL), "::"), 2));
    is_text(&v, 0, "b");
    is_null(&v, 1);
    is_null(&v, 2);
    is_text(&v, 3, "x");
    v = run(&b, with_int(&b, with_text(&b, call(&b, "split_part", col(&b, "t"), NULL), "::"), 1));
    is_text(&v, 0, "a");
    is_text(&v, 2, "");
    is_text(&v, 3, "");
    refuse(&b, with_int(&b, with_text(&b, call(&b, "split_part", col(&b, "t"), NULL), ";"), 0),
           "parameter 2 of split_part is 0, allowed is 1 to 1000000000", "test.lua:3", NULL);
    build_close(&b);
}

static void replace_takes_every_occurrence_as_plain_text(void **state)
{
    struct build b;
    struct orch_vector v;
    (void)state;

    build_open(&b, 4);
    build_text(&b, "t", (const char *[]){ "a.b.c", "...", "abc", NULL });
    v = run(&b, with_text(&b, with_text(&b, call(&b, "replace", col(&b, "t"), NULL), "."), "··"));
    is_text(&v, 0, "a··b··c");
    is_text(&v, 1, "······");
    is_text(&v, 2, "abc");
    is_null(&v, 3);
    v = run(&b, with_text(&b, with_text(&b, call(&b, "replace", col(&b, "t"), NULL), "."), ""));
    is_text(&v, 0, "abc");
    is_text(&v, 1, "");
    refuse(&b, with_text(&b, with_text(&b, call(&b, "replace", col(&b, "t"), NULL), ""), "x"),
           "replace needs a text to look for, not an empty one", "test.lua:3", NULL);
    build_close(&b);
}

static void replace_does_not_grow_without_bound(void **state)
{
    struct build b;
    struct orch_vector v;
    char *many = malloc(100001), *wide = malloc(100001);
    (void)state;

    memset(many, 'a', 100000);
    memset(wide, 'b', 100000);
    many[100000] = wide[100000] = '\0';
    build_open(&b, 1);
    build_text(&b, "t", (const char *[]){ many });
    v = run(&b, with_text(&b, with_text(&b, call(&b, "replace", col(&b, "t"), NULL), "a"), wide));
    is_failed(&b, &v, 0, "length", "replace would make a text of more than 16 MiB");
    build_close(&b);
    free(many);
    free(wide);
}

static void pad_counts_characters_and_takes_a_side(void **state)
{
    struct build b;
    struct orch_vector v;
    struct orch_expr *e;
    (void)state;

    build_open(&b, 4);
    build_text(&b, "t", (const char *[]){ "é", "12345678", "", NULL });
    v = run(&b, with_int(&b, call(&b, "pad", col(&b, "t"), NULL), 3));
    is_text(&v, 0, "  é");
    is_text(&v, 1, "12345678");
    is_text(&v, 2, "   ");
    is_null(&v, 3);
    e = with_text(&b, with_text(&b, with_int(&b, call(&b, "pad", col(&b, "t"), NULL), 3), "·"),
                  "right");
    v = run(&b, e);
    is_text(&v, 0, "é··");
    refuse(&b, with_text(&b, with_int(&b, call(&b, "pad", col(&b, "t"), NULL), 3), "ab"),
           "pad fills with one character, not \"ab\"", "test.lua:3", NULL);
    e = with(&b, with_int(&b, call(&b, "pad", col(&b, "t"), NULL), 3), val_nil());
    refuse(&b, with_text(&b, e, "middle"), "pad has no side \"middle\"", "test.lua:3",
           "\"left\" or \"right\"");
    build_close(&b);
}

static void concat_is_null_when_one_part_is(void **state)
{
    struct build b;
    struct orch_vector v;
    (void)state;

    build_open(&b, 3);
    build_text(&b, "a", (const char *[]){ "é", NULL, "" });
    build_text(&b, "b", (const char *[]){ "2", "2", "" });
    build_any(&b, "n", ORCH_TYPE_INTEGER, (int64_t[]){ 1, 2, 3 });
    v = run(&b, call(&b, "concat", col(&b, "a"), lit(&b, val_text("-")), col(&b, "b"), NULL));
    is_text(&v, 0, "é-2");
    is_null(&v, 1);
    is_text(&v, 2, "-");
    refuse(&b, call(&b, "concat", col(&b, "a"), col(&b, "n"), NULL),
           "concat needs text, not integer", "test.lua:3: column \"n\"", "add :text()");
    build_close(&b);
}

static void digits_restores_zeros_and_refuses_the_rest(void **state)
{
    struct build b;
    struct orch_vector v;
    (void)state;

    build_open(&b, 7);
    build_text(&b, "insee", (const char *[]){ "35238", "1004", " 35238 ", "352380", "2A004", "",
                                              NULL });
    v = run(&b, with_int(&b, call(&b, "digits", col(&b, "insee"), NULL), 5));
    is_text(&v, 0, "35238");
    is_text(&v, 1, "01004");
    is_text(&v, 2, "35238");
    is_failed(&b, &v, 3, "digits", "not 5 digits: \"352380\"");
    is_failed(&b, &v, 4, "digits", "not 5 digits: \"2A004\"");
    is_failed(&b, &v, 5, "digits", "not 5 digits: \"\"");
    is_null(&v, 6);
    assert_string_equal(b.ev.failures.items[0].column, "insee");
    assert_int_equal(b.ev.failures.items[0].raw.len, 6);
    build_close(&b);
}

static void every_type_but_binary_becomes_text(void **state)
{
    struct build b;
    struct orch_vector v;
    (void)state;

    build_open(&b, 2);
    build_any(&b, "i", ORCH_TYPE_INTEGER, (int64_t[]){ INT64_MIN, 0 });
    build_any(&b, "n", ORCH_TYPE_NUMBER, (double[]){ 0.1, 1e300 });
    build_any(&b, "b", ORCH_TYPE_BOOLEAN, (uint8_t[]){ 1, 0 });
    build_any(&b, "d", ORCH_TYPE_DATE, (int64_t[]){ 0, 19723 });
    build_any(&b, "t", ORCH_TYPE_TIMESTAMP, (int64_t[]){ 0, 1500000 });
    build_any(&b, "g", ORCH_TYPE_BINARY, (struct orch_str[]){ { "a", 1 }, { "", 0 } });
    build_null(&b, "d", 0);
    v = run(&b, call(&b, "text", col(&b, "i"), NULL));
    is_text(&v, 0, "-9223372036854775808");
    v = run(&b, call(&b, "text", col(&b, "n"), NULL));
    is_text(&v, 0, "0.1");
    is_text(&v, 1, "1e+300");
    v = run(&b, call(&b, "text", col(&b, "b"), NULL));
    is_text(&v, 0, "true");
    v = run(&b, call(&b, "text", col(&b, "d"), NULL));
    is_null(&v, 0);
    is_text(&v, 1, "2024-01-01");
    v = run(&b, call(&b, "text", col(&b, "t"), NULL));
    is_text(&v, 0, "1970-01-01T00:00:00Z");
    is_text(&v, 1, "1970-01-01T00:00:01.500000Z");
    refuse(&b, call(&b, "text", col(&b, "g"), NULL), "text cannot be made of binary", "test.lua:3",
           NULL);
    build_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trim_takes_unicode_white_space),
        cmocka_unit_test(squeeze_leaves_one_blank),
        cmocka_unit_test(case_changes_letters_of_all_scripts),
        cmocka_unit_test(empty_null_also_takes_blank_text),
        cmocka_unit_test(length_counts_characters),
        cmocka_unit_test(starts_ends_contains),
        cmocka_unit_test(sub_counts_as_lua_does_in_characters),
        cmocka_unit_test(split_part_gives_null_past_the_last),
        cmocka_unit_test(replace_takes_every_occurrence_as_plain_text),
        cmocka_unit_test(replace_does_not_grow_without_bound),
        cmocka_unit_test(pad_counts_characters_and_takes_a_side),
        cmocka_unit_test(concat_is_null_when_one_part_is),
        cmocka_unit_test(digits_restores_zeros_and_refuses_the_rest),
        cmocka_unit_test(every_type_but_binary_becomes_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
