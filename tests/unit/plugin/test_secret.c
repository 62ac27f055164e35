/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin_support.h"

#include "plugin/secret.h"

static orch_status resolve(const char *text, struct orch_text *out, bool *secret, orch_error *err)
{
    orch_text_reset(out);
    return orch_secret_resolve(text, out, secret, err);
}

static void texts_without_reference_stay_and_are_no_secret(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "", "" },      { "plain", "plain" }, { "$", "$" },           { "a$b", "a$b" },
        { "$$", "$$" },  { "{x}", "{x}" },     { "$${x}", "${x}" },    { "a$$${x}b", "a$${x}b" },
    };
    struct orch_text out = { 0 };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool secret = true;
        assert_int_equal(resolve(cases[i][0], &out, &secret, NULL), ORCH_OK);
        assert_string_equal(orch_text_z(&out), cases[i][1]);
        assert_false(secret);
    }
    orch_text_release(&out);
}

static void variables_are_resolved_and_secret(void **state)
{
    (void)state;
    struct orch_text out = { 0 };
    bool secret = false;

    setenv("ORCH_TEST_SECRET", "hunter2", 1);
    setenv("ORCH_TEST_EMPTY", "", 1);
    assert_int_equal(resolve("a ${env:ORCH_TEST_SECRET} b", &out, &secret, NULL), ORCH_OK);
    assert_string_equal(out.ptr, "a hunter2 b");
    assert_true(secret);
    assert_int_equal(resolve("<${env:ORCH_TEST_EMPTY}>", &out, &secret, NULL), ORCH_OK);
    assert_string_equal(out.ptr, "<>");
    assert_true(secret);
    orch_text_release(&out);
}

static void files_are_resolved_without_their_line_end(void **state)
{
    (void)state;
    static const struct {
        const char *content;
        size_t len;
        const char *value;
    } cases[] = {
        { "hunter2\n", 8, "hunter2" }, { "hunter2\r\n", 9, "hunter2" }, { "hunter2", 7, "hunter2" },
        { "two\nlines\n", 10, "two\nlines" }, { "", 0, "" }, { "\n", 1, "" },
    };
    struct folder f = folder_new();
    struct orch_text out = { 0 };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[600];
        bool secret = false;
        orch_error err = ORCH_ERROR_INIT;
        const char *path = folder_write(&f, "secret", cases[i].content, cases[i].len);
        snprintf(text, sizeof text, "[${file:%s}]", path);
        assert_int_equal(resolve(text, &out, &secret, &err), ORCH_OK);
        out.ptr[out.len - 1] = '\0';
        assert_string_equal(out.ptr + 1, cases[i].value);
        assert_true(secret);
    }
    orch_text_release(&out);
    folder_remove(&f);
}

static void what_cannot_be_resolved_is_named(void **state)
{
    (void)state;
    struct orch_text out = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    bool secret;

    assert_int_equal(resolve("${env:ORCH_NO_SUCH}", &out, &secret, &err), ORCH_ECONFIG);
    assert_error(&err, ORCH_ECONFIG, "environment variable \"ORCH_NO_SUCH\" is not set", "",
                 "set ORCH_NO_SUCH before the run, or correct \"${env:ORCH_NO_SUCH}\"");
    assert_int_equal(resolve("${file:/no/such/file}", &out, &secret, &err), ORCH_ECONFIG);
    assert_error(&err, ORCH_ECONFIG, "cannot read \"/no/such/file\"", "No such file or directory",
                 "\"${file:/no/such/file}\" takes the secret from this file");
    assert_int_equal(resolve("${vault:x}", &out, &secret, &err), ORCH_ECONFIG);
    assert_error(&err, ORCH_ECONFIG, "unknown reference \"${vault:x}\"", "",
                 "known are ${env:NAME} and ${file:PATH}; write $${ for a plain ${");
    assert_int_equal(resolve("${env:}", &out, &secret, &err), ORCH_ECONFIG);
    assert_string_equal(err.message, "unknown reference \"${env:}\"");
    assert_int_equal(resolve("${}", &out, &secret, &err), ORCH_ECONFIG);
    assert_int_equal(resolve("a ${env:X", &out, &secret, &err), ORCH_ECONFIG);
    assert_error(&err, ORCH_ECONFIG, "a reference \"${\" is not closed by \"}\"", "",
                 "write $${ for a plain ${");
    assert_int_equal(resolve("a ${env:X", &out, &secret, NULL), ORCH_ECONFIG);
    assert_int_equal(resolve("${file:/no/such/file}", &out, &secret, NULL), ORCH_ECONFIG);
    orch_text_release(&out);
}

static void a_file_with_a_zero_byte_is_no_secret(void **state)
{
    (void)state;
    struct folder f = folder_new();
    struct orch_text out = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    bool secret;
    char text[600];

    snprintf(text, sizeof text, "${file:%s}", folder_write(&f, "secret", "a\0b", 3));
    assert_int_equal(resolve(text, &out, &secret, &err), ORCH_ECONFIG);
    assert_non_null(strstr(err.message, "holds a zero byte"));
    orch_text_release(&out);
    folder_remove(&f);
}

static void redacted(const struct orch_secrets *s, const char *from, const char *to)
{
    char text[200];

    snprintf(text, sizeof text, "%s", from);
    orch_secrets_redact(s, text);
    assert_string_equal(text, to);
}

static void longer_secrets_are_struck_out_first(void **state)
{
    (void)state;
    struct orch_secrets s = { 0 };

    assert_true(orch_secrets_add(&s, ORCH_STR("key")));
    assert_true(orch_secrets_add(&s, ORCH_STR("keyring-of-mine")));
    assert_true(orch_secrets_add(&s, ORCH_STR("x")));
    assert_true(orch_secrets_add(&s, ORCH_STR("key")));
    assert_true(orch_secrets_add(&s, ORCH_STR("")));
    assert_int_equal(s.len, 3);
    redacted(&s, "the keyring-of-mine and the key", "the *** and the ***");
    redacted(&s, "axb", "a*b");
    redacted(&s, "keykey", "******");
    redacted(&s, "", "");
    redacted(&s, "nothing", "nothing");
    orch_secrets_release(&s);
    redacted(&s, "key", "key");
}

/* Errors hold question marks for what is no text, and end where their field does. */
static void secrets_are_struck_out_of_texts_that_were_changed(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "refused: ab?cd ef", "refused: ***" },
        { "refused: ab\x01" "cd\nef", "refused: ***" },
        { "refused: abXcd ef", "refused: abXcd ef" },
        { "host a user b password hunter2-lon\xE2\x80\xA6",
          "host a user b password ***\xE2\x80\xA6" },
        { "password hunt\xE2\x80\xA6", "password ***\xE2\x80\xA6" },
        { "the hun\xE2\x80\xA6", "the hun\xE2\x80\xA6" },
        { "\xE2\x80\xA6", "\xE2\x80\xA6" },
        { "hunter2-long", "***" },
    };
    struct orch_secrets s = { 0 };

    assert_true(orch_secrets_add(&s, ORCH_STR("ab\x01" "cd\nef")));
    assert_true(orch_secrets_add(&s, ORCH_STR("hunter2-long")));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[80];
        snprintf(text, sizeof text, "%s", cases[i][0]);
        orch_secrets_redact(&s, text);
        assert_string_equal(text, cases[i][1]);
    }
    orch_secrets_release(&s);
}

static void passwords_of_urls_are_secrets(void **state)
{
    (void)state;
    struct orch_secrets s = { 0 };

    assert_true(orch_secrets_add_url(&s, ORCH_STR("postgres://me:p%40ss@host:5432/db")));
    redacted(&s, "p%40ss, p@ss, 5432", "***, ***, 5432");
    orch_secrets_release(&s);
    assert_true(orch_secrets_add_url(&s, ORCH_STR("https://host:80/a@b:c")));
    assert_true(orch_secrets_add_url(&s, ORCH_STR("https://me@host/")));
    assert_true(orch_secrets_add_url(&s, ORCH_STR("https://")));
    assert_true(orch_secrets_add_url(&s, ORCH_STR("")));
    assert_int_equal(s.len, 0);
    assert_true(orch_secrets_add_url(&s, ORCH_STR("x://u:50%@h")));
    redacted(&s, "50%", "***");
    orch_secrets_release(&s);
}

static void passwords_that_are_written_out_are_known(void **state)
{
    (void)state;
    static const char *const url[] = { "postgres://me:p%40ss@host/db", "x://u:a@b@h" };
    static const char *const word[] = { "host=h password=x", "password = 'x y'",
                                        "postgres://h/db?user=a&password=x" };
    static const char *const neither[] = {
        "", "postgres://me@host:5432/db", "postgres://me:@host/db",
        "postgres://me:${env:P}@host/db",
        "postgres://me:${file:/run/p}@host/db", "${file:/run/uri}", "host=h password=${env:P}",
        "password=", "password=''", "host=h nopassword=x", "passwords=x", "the password of x",
    };
    for (size_t i = 0; i < sizeof url / sizeof *url; i++)
        assert_true(orch_secret_is_written(url[i], false));
    for (size_t i = 0; i < sizeof word / sizeof *word; i++) {
        assert_true(orch_secret_is_written(word[i], true));
        assert_false(orch_secret_is_written(word[i], false));
    }
    for (size_t i = 0; i < sizeof neither / sizeof *neither; i++)
        assert_false(orch_secret_is_written(neither[i], true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_without_reference_stay_and_are_no_secret),
        cmocka_unit_test(variables_are_resolved_and_secret),
        cmocka_unit_test(files_are_resolved_without_their_line_end),
        cmocka_unit_test(what_cannot_be_resolved_is_named),
        cmocka_unit_test(a_file_with_a_zero_byte_is_no_secret),
        cmocka_unit_test(longer_secrets_are_struck_out_first),
        cmocka_unit_test(secrets_are_struck_out_of_texts_that_were_changed),
        cmocka_unit_test(passwords_of_urls_are_secrets),
        cmocka_unit_test(passwords_that_are_written_out_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
