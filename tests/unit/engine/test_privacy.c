/* SPDX-License-Identifier: Apache-2.0 */
#include "conversion_fixture.h"

#include "orch/error.h"

static const char *secret_value; /* what "${env:KEY}" stands for; NULL: unset */
static size_t secret_len;

static orch_status give_secret(const char *reference, struct orch_text *out, orch_error *err)
{
    assert_string_equal(reference, "${env:KEY}");
    if (secret_value == NULL)
        return orch_error_set(err, ORCH_ECONFIG, "environment variable KEY is not set");
    return orch_text_add(out, secret_value, secret_len) ? ORCH_OK : ORCH_ENOMEM;
}

static void open_pseudonym(struct fixture *f, const char *key, size_t len, int64_t digits)
{
    secret_value = key;
    secret_len = len;
    fixture_open(f, "pseudonym", ORCH_TYPE_TEXT);
    f->check.secret = give_secret;
    fixture_text(f, "key", "${env:KEY}");
    if (digits != 0)
        fixture_int(f, "length", digits);
}

static void check_digits(const struct fixture *f, int64_t row, const char *digits)
{
    fixture_present(f, row);
    assert_int_equal(f->out.of.text[row].len, strlen(digits));
    assert_memory_equal(f->out.of.text[row].ptr, digits, strlen(digits));
}

/* RFC 4231, test cases 1, 2 and 6; our keys have 16 bytes at least, so that the short key of case
 * 2 is padded with zero bytes, which HMAC does too. */
static void published_vectors_come_out(void **state)
{
    char key[131];
    struct fixture f;

    (void)state;
    memset(key, 0x0b, 20);
    open_pseudonym(&f, key, 20, 64);
    fixture_accept(&f);
    fixture_run_text(&f, "Hi There");
    check_digits(&f, 0, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    fixture_close(&f);

    memset(key, 0, 16);
    memcpy(key, "Jefe", 4);
    open_pseudonym(&f, key, 16, 64);
    fixture_accept(&f);
    fixture_run_text(&f, "what do ya want for nothing?");
    check_digits(&f, 0, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    fixture_close(&f);

    memset(key, 0xaa, 131);
    open_pseudonym(&f, key, 131, 64);
    fixture_accept(&f);
    fixture_run_text(&f, "Test Using Larger Than Block-Size Key - Hash Key First");
    check_digits(&f, 0, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    fixture_close(&f);
}

static void one_meter_keeps_one_name(void **state)
{
    struct orch_str first;
    struct fixture f;

    (void)state;
    open_pseudonym(&f, "0123456789abcdef\n", 17, 0);
    fixture_accept(&f);
    fixture_run_texts(&f, (const char *const[]){ "22516914714270", "22516914714270",
                                                 "  22516914714270\xC2\xA0", "22516914714271",
                                                 "22516914714270", " ", NULL });
    first = f.out.of.text[0];
    assert_int_equal(first.len, 32);
    for (int64_t i = 1; i < 5; i++)
        assert_int_equal(orch_str_equal(f.out.of.text[i], first), i != 3);
    assert_true(fixture_is_null(&f, 5));
    fixture_close(&f);
}

static void many_meters_and_long_texts_agree_with_themselves(void **state)
{
    enum { N = 3000 };
    static struct orch_str rows[N];
    static char texts[N][100];
    static char digits[N][32];
    struct fixture f;

    (void)state;
    open_pseudonym(&f, "0123456789abcdef", 16, 0);
    fixture_accept(&f);
    for (int i = 0; i < N; i++) {
        int width = i % 5 == 0 ? 90 : 14;
        rows[i] = (struct orch_str){
            texts[i], (size_t)snprintf(texts[i], sizeof texts[i], "%0*d", width, i)
        };
    }
    fixture_run(&f, rows, NULL, N);
    for (int i = 0; i < N; i++)
        memcpy(digits[i], f.out.of.text[i].ptr, 32);
    for (int i = 0; i < N / 2; i++) {
        struct orch_str swap = rows[i];
        rows[i] = rows[N - 1 - i];
        rows[N - 1 - i] = swap;
    }
    fixture_run(&f, rows, NULL, N);
    for (int i = 0; i < N; i++)
        assert_memory_equal(digits[i], f.out.of.text[N - 1 - i].ptr, 32);
    fixture_close(&f);
}

static void a_key_must_be_secret_and_long_enough(void **state)
{
    const char *make = "make one with: openssl rand -hex 32, and keep it: under another key every "
                       "meter gets another name. Then key = \"${env:ORCHESTRA_PSEUDONYM_KEY}\"";
    struct fixture f;

    (void)state;
    fixture_open(&f, "pseudonym", ORCH_TYPE_TEXT);
    fixture_refuse(&f, "pseudonym needs a key");
    assert_string_equal(f.err.hint, make);
    fixture_close(&f);

    fixture_open(&f, "pseudonym", ORCH_TYPE_TEXT);
    f.check.secret = give_secret;
    fixture_text(&f, "key", "correct horse battery staple");
    fixture_refuse(&f, "pseudonym: the key is written in the script");
    assert_null(strstr(f.err.detail, "horse"));
    assert_null(strstr(f.err.hint, "horse"));
    fixture_close(&f);

    open_pseudonym(&f, NULL, 0, 0);
    fixture_refuse(&f, "pseudonym: the key ${env:KEY} cannot be read");
    assert_string_equal(f.err.detail, "test.lua:1: environment variable KEY is not set");
    assert_string_equal(f.err.hint, make);
    fixture_close(&f);

    open_pseudonym(&f, "0123456789abcde\r\n", 17, 0);
    fixture_refuse(&f, "pseudonym: the key ${env:KEY} has less than 16 bytes");
    assert_null(strstr(f.err.detail, "0123"));
    fixture_close(&f);
}

static void length_and_type_are_checked(void **state)
{
    struct fixture f;

    (void)state;
    open_pseudonym(&f, "0123456789abcdef", 16, 15);
    fixture_refuse(&f, "pseudonym: length must be 16 to 64");
    fixture_close(&f);
    open_pseudonym(&f, "0123456789abcdef", 16, 65);
    fixture_refuse(&f, "pseudonym: length must be 16 to 64");
    fixture_close(&f);
    fixture_open(&f, "pseudonym", ORCH_TYPE_INTEGER);
    assert_int_equal(orch_expr_check(f.e, &f.check, &f.err), ORCH_ECONFIG);
    fixture_close(&f);
}

static void a_lack_of_memory_is_reported_wherever_it_comes(void **state)
{
    (void)state;
    for (long n = 1;; n++) {
        struct fixture f;
        open_pseudonym(&f, "0123456789abcdef", 16, 0);
        bool starved = fixture_starve(&f, n, (const char *const[]){ "22516914714270", " ", NULL });
        fixture_close(&f);
        if (!starved)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_vectors_come_out),
        cmocka_unit_test(one_meter_keeps_one_name),
        cmocka_unit_test(many_meters_and_long_texts_agree_with_themselves),
        cmocka_unit_test(a_key_must_be_secret_and_long_enough),
        cmocka_unit_test(length_and_type_are_checked),
        cmocka_unit_test(a_lack_of_memory_is_reported_wherever_it_comes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
